#include "tests/fuzz/client_world.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "msg_server/client_routes.h"
#include "tests/fuzz/placeholders.h"

namespace talkbeat::fuzz {

using namespace IM::BaseDefine;

namespace {

constexpr uint8_t kByToken = 192;

IM::Login::IMLoginReq login_of(uint8_t argument) {
  static constexpr std::array kNames{"alice", "bob", "carol"};
  static constexpr std::array kTypes{CLIENT_TYPE_WINDOWS, CLIENT_TYPE_ANDROID, CLIENT_TYPE_MAC, CLIENT_TYPE_IOS};
  IM::Login::IMLoginReq request;
  request.set_user_name(kNames[argument % kNames.size()]);
  request.set_password(argument < kByToken ? "secret" : "");
  if (argument >= kByToken) request.set_session_token(std::string(kTokenPlaceholder));
  request.set_online_status(USER_STATUS_ONLINE);
  request.set_client_type(kTypes[argument / kNames.size() % kTypes.size()]);
  return request;
}

}  // namespace

ClientWorld::ClientWorld(const MsgServerConfig& config)
    : config_(config),
      server_(loop, ground_.store, ground_.hashing, ground_.files, ground_.rng, ground_.metrics, config_,
              MsgServerGround::key()) {
  CHECK(server_.start().ok());
}

StreamPtr ClientWorld::open(uint8_t number) {
  return network.dial(config_.client.listen.port, "192.0.2." + std::to_string(number));
}

void ClientWorld::special(uint8_t number, uint8_t argument) {
  PduWorld::say(number, login_of(argument));
}

void ClientWorld::heard(uint8_t /*number*/, const PduHeader& header, const std::string& body) {
  if (header.command_id == kCommandOf<IM::Login::IMLoginRes>) {
    IM::Login::IMLoginRes answer;
    CHECK(answer.ParseFromString(body));
    if (answer.has_session_token()) token = answer.session_token();
  } else if (header.command_id == kCommandOf<IM::File::IMFileRsp>) {
    IM::File::IMFileRsp answer;
    CHECK(answer.ParseFromString(body));
    task_id = answer.task_id();
  }
}

std::span<const uint16_t> client_commands() {
  static constexpr auto kCommands = [] {
    std::array<uint16_t, kClientRoutes.size()> commands{};
    std::ranges::transform(kClientRoutes, commands.begin(), &decltype(kClientRoutes)::value_type::command);
    return commands;
  }();
  return kCommands;
}

}  // namespace talkbeat::fuzz
