#pragma once

#include <gmock/gmock.h>

#include <map>
#include <memory>

#include "msg_server/bus/login_server_bus.h"
#include "proto/server.pb.h"
#include "tests/unit/loop_fixture.h"
#include "tests/unit/whole_pdu.h"

// The msg_server's end of its links, and login_servers that the test plays.
namespace talkbeat::login_bus_test {

inline ClusterKey key_of(unsigned char first) {
  ClusterKey key;
  key.bytes[0] = first;
  return key;
}

/// Writes down what comes from the other msg_servers.
class RecordingListener final : public BusListener {
 public:
  std::vector<std::string> heard;
  UserDirectory users;
  OwnLoad load{.connections = 3, .max_connections = 100, .users = 2};

  void on_relay(const TbRelay& relay) override { heard.push_back("relay " + relay.pdu()); }
  void on_relay_to(std::span<const UserId>, std::span<const std::byte> pdu, std::optional<ClientClass>) override {
    heard.push_back("relay " + std::string(reinterpret_cast<const char*>(pdu.data()), pdu.size()));
  }
  void on_sweep(uint64_t after) override { heard.push_back("sweep " + std::to_string(after)); }
  void on_kick(UserId user, ClientClass, IM::BaseDefine::KickReasonType, uint64_t stamp) override {
    heard.push_back("kick " + std::to_string(user) + " below " + std::to_string(stamp));
  }
  void on_end_session(UserId user, ClientClass client_class, EndReason reason, uint64_t stamp) override {
    heard.push_back("end " + std::to_string(user) + " class " + std::to_string(static_cast<int>(client_class)) +
                    " for " + std::to_string(static_cast<int>(reason)) + " up to " + std::to_string(stamp));
  }
  void on_remote_online(size_t source, UserId user, ClientClass, const SessionInfo&) override {
    heard.push_back("online " + std::to_string(user) + " from " + std::to_string(source));
  }
  void on_remote_offline(size_t source, UserId user, ClientClass) override {
    heard.push_back("offline " + std::to_string(user) + " from " + std::to_string(source));
  }
  void on_source_lost(size_t source) override { heard.push_back("lost " + std::to_string(source)); }
  OwnLoad own_load() override { return load; }
  const UserDirectory& directory() override { return users; }
};

/// A login_server's cluster port, and the end of the link that connected last.
class FakeLoginServer {
 public:
  explicit FakeLoginServer(EpollTransport& transport)
      : transport_(transport), listener_(transport.listen({"127.0.0.1", 0}, {}).value()) {}
  ~FakeLoginServer() { transport_.close(listener_); }

  Address address() { return transport_.local_address(listener_); }
  bool accept() {
    const Accepted accepted = transport_.accept(listener_, {});
    if (accepted.socket == kNoSocket) return false;
    peer_ = std::make_unique<Peer>(accepted.socket);
    framer_ = {};
    pdus_.clear();
    return true;
  }
  template <class M>
  void send(const M& message, uint16_t seq_num = 0) {
    peer_->send(text_of(encode_pdu(message, seq_num).bytes()));
  }
  void challenge() {
    TbChallenge challenge;
    challenge.set_nonce(std::string(ClusterAuth::kNonceSize, 'n'));
    send(challenge);
  }
  void accept_proof(const TbServerAuth& proof, const ClusterKey& key) {
    TbServerAuthResult result;
    result.set_accepted(true);
    result.set_mac(ClusterAuth(key).prove_login_server(std::string(ClusterAuth::kNonceSize, 'n'), proof.nonce()));
    send(result);
  }
  template <class M>
  std::optional<M> take() {
    const std::string bytes = peer_->receive();
    framer_.feed(
        bytes_of(bytes), [] { return size_t{1} << 24; },
        [this](const PduHeader& header, std::span<const std::byte> body) {
          pdus_.emplace_back(header.command_id, text_of(body));
          return true;
        });
    for (size_t i = 0; i < pdus_.size(); ++i) {
      if (pdus_[i].first != kCommandOf<M>) continue;
      M message;
      EXPECT_TRUE(message.ParseFromString(pdus_[i].second));
      pdus_.erase(pdus_.begin() + static_cast<ptrdiff_t>(i));
      return message;
    }
    return std::nullopt;
  }
  bool ended() {
    peer_->receive();
    return peer_->ended() || peer_->error() != 0;
  }
  void close() { peer_->close(); }

 private:
  EpollTransport& transport_;
  SocketHandle listener_;
  std::unique_ptr<Peer> peer_;
  PduFramer framer_;
  std::vector<std::pair<uint16_t, std::string>> pdus_;
};

class LoginServerBusTest : public LoopTest {
 protected:
  void start(std::vector<Address> login_servers) {
    config.name = "msg_server_7";
    config.cluster.login_servers = std::move(login_servers);
    bus = std::make_unique<LoginServerBus>(connections, rng, config, key, 42, listener);
    bus->start({.plain = 8200, .tls = 8202});
  }
  void connect(FakeLoginServer& server) {
    bool accepted = false;
    ASSERT_TRUE(turn_until([&] {
      if (accepted) return true;
      clock.advance(10);
      return accepted = server.accept();
    }));
  }
  template <class M>
  M expect(FakeLoginServer& server) {
    std::optional<M> message;
    EXPECT_TRUE(turn_until([&] {
      if (!message) message = server.take<M>();
      return message.has_value();
    })) << M().GetTypeName();
    return message.value_or(M());
  }
  IM::Server::IMMsgServInfo register_with(FakeLoginServer& server) {
    connect(server);
    server.challenge();
    server.accept_proof(expect<TbServerAuth>(server), key);
    return expect<IM::Server::IMMsgServInfo>(server);
  }
  bool heard(const std::string& what) {
    return turn_until([&] { return std::ranges::find(listener.heard, what) != listener.heard.end(); });
  }

  EpollTransport servers_transport;
  FakeLoginServer first{servers_transport};
  FakeLoginServer second{servers_transport};
  SeededRng rng{1};
  ClusterKey key = key_of(1);
  MsgServerConfig config;
  RecordingListener listener;
  ConnectionTable connections{loop, [](const Connection&, CloseReason) {}};
  std::unique_ptr<LoginServerBus> bus;
};

}  // namespace talkbeat::login_bus_test
