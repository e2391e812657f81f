// The handshake between servers, with a peer that does not hold the key. The last byte says whether it plays a
// msg_server on login_server's port 8100, or the login_server that a msg_server has found. All is a script, whose
// special step is a proof that was right once: one of another connection, or one with a bit turned. Nothing of it may
// be accepted, and such a peer learns nothing but what the handshake itself says.

#include <map>
#include <optional>

#include "base/check.h"
#include "tests/fuzz/login_server_world.h"
#include "tests/fuzz/msg_server_world.h"
#include "tests/fuzz/script_mutator.h"

namespace talkbeat::fuzz {
namespace {

void turn_bit(std::string& bytes, uint8_t which) {
  if (bytes.empty()) return;
  char& byte = bytes[which / 8 % bytes.size()];
  byte = static_cast<char>(byte ^ 1 << which % 8);
}

/// Against login_server.
class ServerPortWorld final : public LoginServerWorld<PduWorld> {
 public:
  ServerPortWorld() : LoginServerWorld(small_config().cluster.listen.port) {}

 private:
  // Below 128: the proof that would be right on the connection with the oldest challenge of another number; else the
  // right one for this connection with one bit turned.
  void special(uint8_t number, uint8_t argument) override {
    connect(number);
    settle();
    const uint8_t of = argument < 128 ? static_cast<uint8_t>((number + 1u + argument % 3u) % kConnections) : number;
    const auto nonce = nonces_.find(of);
    if (nonce == nonces_.end()) return;
    TbServerAuth auth;
    auth.set_nonce(std::string(ClusterAuth::kNonceSize, 'm'));
    auth.set_epoch(1);
    auth.set_name("msg_server_0");
    std::string mac = ClusterAuth(key()).prove_msg_server(nonce->second, auth.nonce(), auth.epoch(), auth.name());
    if (of == number) turn_bit(mac, argument);
    auth.set_mac(mac);
    say(number, auth);
  }
  void heard(uint8_t number, const PduHeader& header, const std::string& body) override {
    if (header.command_id == kCommandOf<TbChallenge>) {
      TbChallenge challenge;
      CHECK(challenge.ParseFromString(body));
      nonces_[number] = challenge.nonce();
      return;
    }
    TbServerAuthResult result;
    CHECK(header.command_id == kCommandOf<TbServerAuthResult> && result.ParseFromString(body));
    CHECK(!result.accepted() && !result.has_mac());
  }

  std::map<uint8_t, std::string> nonces_;
};

/// Against msg_server.
class LinkWorld final : public PduWorld {
 public:
  LinkWorld() { CHECK(server_.start().ok()); }

 private:
  static MsgServerConfig config() {
    MsgServerConfig config = MsgServerGround::config();
    config.cluster.login_servers = {{"192.0.2.100", 8100}, {"192.0.2.101", 8100}};
    return config;
  }
  StreamPtr open(uint8_t /*number*/) override {
    for (StreamPtr& stream : network.take_dialed()) dialed_.push_back(std::move(stream));
    if (dialed_.empty()) return nullptr;
    StreamPtr first = std::move(dialed_.front());
    dialed_.pop_front();
    return first;
  }
  void run_workers() override { ground_.run(); }
  // Its own proof sent back to it, or the right answer with a bit turned.
  void special(uint8_t number, uint8_t argument) override {
    if (!proof_) return;
    TbServerAuthResult result;
    result.set_accepted(true);
    std::string mac = proof_->mac();
    if (argument >= 128) {
      mac = ClusterAuth(MsgServerGround::key()).prove_login_server(std::string(32, 'n'), proof_->nonce());
      turn_bit(mac, argument);
    }
    result.set_mac(mac);
    say(number, result);
  }
  void heard(uint8_t /*number*/, const PduHeader& header, const std::string& body) override {
    CHECK(header.command_id == kCommandOf<TbServerAuth>);
    const bool parsed = proof_.emplace().ParseFromString(body);
    CHECK(parsed);
  }
  void stop() override { server_.stop(); }
  bool stopped() const override { return server_.stopped(); }

  const MsgServerConfig config_ = config();
  std::deque<StreamPtr> dialed_;
  std::optional<TbServerAuth> proof_;
  MsgServerGround ground_{loop, clock};
  MsgServer server_{loop,        ground_.store,   ground_.hashing, ground_.files,
                    ground_.rng, ground_.metrics, config_,         MsgServerGround::key()};
};

}  // namespace

std::span<const uint16_t> script_commands() {
  static constexpr std::array kCommands{kCommandOf<TbServerAuth>,
                                        kCommandOf<TbChallenge>,
                                        kCommandOf<TbServerAuthResult>,
                                        kCommandOf<IM::Server::IMMsgServInfo>,
                                        kCommandOf<IM::Server::IMOnlineUserInfo>,
                                        kCommandOf<IM::Other::IMHeartBeat>};
  return kCommands;
}

}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace talkbeat::fuzz;
  // The last byte, so that the rest is a script for the mutator as well.
  if (size > 0 && data[size - 1] % 2 == 0) {
    ServerPortWorld().play({data, size});
  } else {
    LinkWorld().play({data, size});
  }
  return 0;
}
