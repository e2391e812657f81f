#include "tests/scenario/lying_server.h"

#include <memory>

#include "base/check.h"
#include "proto/command_of.h"

namespace talkbeat::scenario {

namespace {

template <class Message>
Message parsed(std::span<const std::byte> body) {
  Message message;
  CHECK(message.ParseFromArray(body.data(), static_cast<int>(body.size())));
  return message;
}

// load-17 is user 17.
uint32_t id_of(const std::string& name) {
  return static_cast<uint32_t>(std::stoul(name.substr(name.find_last_not_of("0123456789") + 1)));
}

}  // namespace

LyingServer::LyingServer(Lie lie)
    : lie_(lie), listener_(loop_, {}, [this](SocketHandle socket, const Address& peer) {
        connections_.adopt(socket, peer, *this).set_attachment(std::make_unique<PduPeer>());
      }) {
  CHECK(listener_.start({"127.0.0.1", 0}).ok());
  address_ = listener_.address();
  thread_ = std::thread([this] { loop_.run(); });
}

LyingServer::~LyingServer() {
  loop_.stop();
  thread_.join();
}

Verdict LyingServer::on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) {
  switch (header.command_id) {
    case kCommandOf<IM::Login::IMMsgServReq>: {
      IM::Login::IMMsgServRsp place;
      place.set_result_code(IM::BaseDefine::REFUSE_REASON_NONE);
      place.set_prior_ip(address_.ip);
      place.set_port(address_.port);
      send_pdu(connection, place, header.seq_num);
      break;
    }
    case kCommandOf<IM::Login::IMLoginReq>:
      log_in(connection, header, parsed<IM::Login::IMLoginReq>(body));
      break;
    case kCommandOf<IM::SwitchService::IMP2PCmdMsg>:
      pass_on(parsed<IM::SwitchService::IMP2PCmdMsg>(body));
      break;
    default:
      break;
  }
  return Verdict::handled();
}

void LyingServer::on_close(Connection& connection, CloseReason /*reason*/) {
  std::erase_if(users_, [&connection](const auto& user) { return user.second == connection.id(); });
}

void LyingServer::log_in(Connection& connection, const PduHeader& header, const IM::Login::IMLoginReq& request) {
  const uint32_t id = id_of(request.user_name());
  users_[id] = connection.id();
  IM::Login::IMLoginRes answer;
  answer.set_server_time(0);
  answer.set_result_code(IM::BaseDefine::REFUSE_REASON_NONE);
  auto& user = *answer.mutable_user_info();
  user.set_user_id(id);
  user.set_user_gender(0);
  user.set_department_id(0);
  user.set_status(0);
  user.set_user_nick_name("");
  user.set_avatar_url("");
  user.set_email("");
  user.set_user_real_name("");
  user.set_user_tel("");
  user.set_user_domain(request.user_name());
  send_pdu(connection, answer, header.seq_num);
}

void LyingServer::pass_on(const IM::SwitchService::IMP2PCmdMsg& command) {
  const bool lies = ++commands_ % kLieEvery == 0;
  if (lies && lie_ == Lie::kLose) return;
  if (lies && lie_ == Lie::kSwap) {
    held_.push_back(command);
    return;
  }
  deliver(command);
  if (lies && lie_ == Lie::kDouble) deliver(command);
  for (size_t i = 0; i < held_.size(); ++i) {
    if (held_[i].to_user_id() != command.to_user_id()) continue;
    deliver(held_[i]);
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
}

void LyingServer::deliver(const IM::SwitchService::IMP2PCmdMsg& command) {
  const auto found = users_.find(command.to_user_id());
  if (found == users_.end()) return;
  if (Connection* receiver = connections_.find(found->second)) send_pdu(*receiver, command);
}

}  // namespace talkbeat::scenario
