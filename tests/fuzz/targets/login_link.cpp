// What a login_server may do to a msg_server: connection 3 is the link that the msg_server has begun, the others are
// clients of its. The special step on the link is the next right step of the handshake, on a client's connection the
// login of argument % 3.

#include "base/check.h"
#include "msg_server/bus/login_link_handlers.h"
#include "tests/fuzz/msg_server_world.h"
#include "tests/fuzz/pdu_world.h"
#include "tests/fuzz/script_mutator.h"

namespace talkbeat::fuzz {
namespace {

using namespace IM::BaseDefine;

constexpr uint8_t kLink = 3;

class LinkWorld final : public PduWorld {
 public:
  LinkWorld() { CHECK(server_.start().ok()); }

 private:
  static MsgServerConfig config() {
    MsgServerConfig config = MsgServerGround::config();
    config.cluster.login_servers = {{"192.0.2.100", 8100}};
    config.cluster.link.max_pdu = 64 << 10;
    config.cluster.max_session_details = 10;
    return config;
  }

  StreamPtr open(uint8_t number) override {
    if (number != kLink) return network.dial(config_.client.listen.port);
    for (StreamPtr& stream : network.take_dialed()) link_ = std::move(stream);
    return std::exchange(link_, nullptr);
  }
  bool makes_own_pdus(uint8_t number) const override { return number == kLink; }  // clients get what is relayed
  void run_workers() override { ground_.run(); }
  void hold_workers(uint8_t bits) override { ground_.hold(bits); }
  void special(uint8_t number, uint8_t argument) override {
    if (number != kLink) return log_in(number, argument);
    if (proof_.empty()) {
      TbChallenge challenge;
      challenge.set_nonce(nonce_);
      say(kLink, challenge);
    } else {
      TbServerAuth proof;
      CHECK(proof.ParseFromString(proof_));
      TbServerAuthResult result;
      result.set_accepted(true);
      result.set_mac(ClusterAuth(MsgServerGround::key()).prove_login_server(nonce_, proof.nonce()));
      say(kLink, result);
      proof_.clear();
    }
  }
  void log_in(uint8_t number, uint8_t argument) {
    static constexpr std::array kNames{"alice", "bob", "carol"};
    IM::Login::IMLoginReq request;
    request.set_user_name(kNames[argument % kNames.size()]);
    request.set_password("secret");
    request.set_online_status(USER_STATUS_ONLINE);
    request.set_client_type(argument < 128 ? CLIENT_TYPE_WINDOWS : CLIENT_TYPE_ANDROID);
    say(number, request);
  }
  void heard(uint8_t number, const PduHeader& header, const std::string& body) override {
    if (number == kLink && header.command_id == kCommandOf<TbServerAuth>) proof_ = body;
  }
  void stop() override { server_.stop(); }
  bool stopped() const override { return server_.stopped(); }
  void check_end() override { CHECK(balanced(server_.ledger())); }

  const std::string nonce_ = std::string(ClusterAuth::kNonceSize, 'n');
  const MsgServerConfig config_ = config();
  StreamPtr link_;
  std::string proof_;  // what the msg_server has sent
  MsgServerGround ground_{loop, clock};
  MsgServer server_{loop,        ground_.store,   ground_.hashing, ground_.files,
                    ground_.rng, ground_.metrics, config_,         MsgServerGround::key()};
};

constexpr auto kCommands = [] {
  std::array<uint16_t, kLoginLinkRoutes.size() + 1> commands{};
  std::ranges::transform(kLoginLinkRoutes, commands.begin(), &decltype(kLoginLinkRoutes)::value_type::command);
  commands.back() = kCommandOf<IM::Message::IMMsgData>;
  return commands;
}();

}  // namespace

std::span<const uint16_t> script_commands() {
  return kCommands;
}

}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  talkbeat::fuzz::LinkWorld().play({data, size});
  return 0;
}
