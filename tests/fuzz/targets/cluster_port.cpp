// Port 8100 of a login_server: what msg_servers that hold the key may say, in each phase of the link, and what becomes
// of it for the other ones. The special step proves the key, under the name argument % 3 in epoch argument / 64, and
// registers.

#include <map>

#include "base/check.h"
#include "login_server/server_routes.h"
#include "tests/fuzz/login_server_world.h"
#include "tests/fuzz/script_mutator.h"

namespace talkbeat::fuzz {
namespace {

class ClusterWorld final : public LoginServerWorld<PduWorld> {
 public:
  ClusterWorld() : LoginServerWorld(small_config().cluster.listen.port) {}

 private:
  void special(uint8_t number, uint8_t argument) override {
    connect(number);
    settle();
    const auto nonce = nonces_.find(number);
    if (nonce == nonces_.end()) return;
    prove(number, argument, nonce->second);
    register_server(number);
  }
  void prove(uint8_t number, uint8_t argument, const std::string& nonce) {
    TbServerAuth auth;
    auth.set_nonce(std::string(ClusterAuth::kNonceSize, 'm'));
    auth.set_epoch(argument / 64);
    auth.set_name("msg_server_" + std::to_string(argument % 3));
    auth.set_mac(ClusterAuth(key()).prove_msg_server(nonce, auth.nonce(), auth.epoch(), auth.name()));
    say(number, auth);
  }
  void register_server(uint8_t number) {
    IM::Server::IMMsgServInfo info;
    info.set_ip1("192.0.2.1");
    info.set_ip2("198.51.100.1");
    info.set_port(8200u + number);
    info.set_max_conn_cnt(100);
    info.set_cur_conn_cnt(0);
    info.set_host_name("host");
    say(number, info);
  }
  // Whatever the msg_servers have said, the pages about them can be made.
  void stop() override {
    for (const char* path : {"/msg_server", "/api/cluster", "/api/why?limit=5", "/metrics"}) {
      AnswerCheck check;
      check.asked("GET");
      const StreamPtr stream = network.dial(small_config().client.http_listen.port, "127.0.0.1");
      stream->to_server = std::string("GET ") + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
      settle();
      check.hear(stream->from_server);
      CHECK(check.answers() == 1);
    }
    LoginServerWorld::stop();
  }
  void heard(uint8_t number, const PduHeader& header, const std::string& body) override {
    if (header.command_id != kCommandOf<TbChallenge>) return;
    TbChallenge challenge;
    CHECK(challenge.ParseFromString(body));
    nonces_[number] = challenge.nonce();
  }

  std::map<uint8_t, std::string> nonces_;
};

constexpr auto kCommands = [] {
  std::array<uint16_t, login::kLinkRoutes.size()> commands{};
  std::ranges::transform(login::kLinkRoutes, commands.begin(), &decltype(login::kLinkRoutes)::value_type::command);
  return commands;
}();

}  // namespace

std::span<const uint16_t> script_commands() {
  return kCommands;
}

}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  talkbeat::fuzz::ClusterWorld().play({data, size});
  return 0;
}
