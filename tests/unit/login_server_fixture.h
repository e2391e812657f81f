#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>

#include "base/epoll_transport.h"
#include "base/inline_executor.h"
#include "login_server/login_server.h"
#include "tests/unit/fake_transport.h"

/// A whole login_server on loopback sockets, on a clock that the test moves, against msg_servers that the test plays.
namespace talkbeat::login_server_test {

using namespace login;

using IM::BaseDefine::CLIENT_TYPE_ANDROID;
using IM::BaseDefine::CLIENT_TYPE_WINDOWS;
using IM::BaseDefine::USER_STATUS_OFFLINE;
using IM::BaseDefine::USER_STATUS_ONLINE;
using IM::Login::IMMsgServReq;
using IM::Login::IMMsgServRsp;
using IM::Other::IMHeartBeat;
using IM::Server::IMMsgServInfo;
using IM::Server::IMOnlineUserInfo;
using IM::Server::IMServerKickUser;
using IM::Server::IMUserCntUpdate;
using IM::Server::IMUserStatusUpdate;

// A non-blocking connection of the test's.
class Socket {
 public:
  explicit Socket(const Address& address) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const SocketAddress raw = address.to_sockaddr();
    if (::connect(fd_, raw.get(), raw.length) != 0) ADD_FAILURE() << "cannot connect";
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void send(std::span<const std::byte> bytes) { (void)!::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  void send(const std::string& text) { send(std::as_bytes(std::span(text))); }
  // What has come; sets closed() at the end of the stream.
  std::string receive() {
    std::string all;
    char block[4096];
    while (true) {
      const ssize_t count = ::read(fd_, block, sizeof block);
      if (count == 0) closed_ = true;
      if (count < 0 && errno != EAGAIN) closed_ = true;
      if (count <= 0) return all;
      all.append(block, static_cast<size_t>(count));
    }
  }
  bool closed() const { return closed_; }

 private:
  int fd_;
  bool closed_ = false;
};

struct Pdu {
  PduHeader header;
  std::string body;
};

// The test's end of a PDU connection.
class Peer {
 public:
  explicit Peer(const Address& address) : socket_(address) {}

  template <class Message>
  void send(const Message& message, uint16_t seq_num = 0) {
    const SharedBytes pdu = encode_pdu(message, seq_num);
    socket_.send(pdu.bytes());
  }
  void send_raw(std::span<const std::byte> bytes) { socket_.send(bytes); }
  void receive() {
    const std::string bytes = socket_.receive();
    framer_.feed(
        std::as_bytes(std::span(bytes)), [] { return size_t{1} << 24; },
        [this](const PduHeader& header, std::span<const std::byte> body) {
          pdus_.push_back({header, {reinterpret_cast<const char*>(body.data()), body.size()}});
          return true;
        });
  }
  // Takes the first PDU of this type out of what has come.
  template <class Message>
  std::optional<Message> take(PduHeader* header = nullptr) {
    const auto found =
        std::ranges::find_if(pdus_, [](const Pdu& pdu) { return pdu.header.command_id == kCommandOf<Message>; });
    if (found == pdus_.end()) return std::nullopt;
    Message message;
    EXPECT_TRUE(message.ParseFromString(found->body));
    if (header != nullptr) *header = found->header;
    pdus_.erase(found);
    return message;
  }
  template <class Message>
  size_t count() const {
    return static_cast<size_t>(
        std::ranges::count_if(pdus_, [](const Pdu& pdu) { return pdu.header.command_id == kCommandOf<Message>; }));
  }
  bool closed() const { return socket_.closed(); }
  void close() { socket_.close(); }

 private:
  Socket socket_;
  PduFramer framer_;
  std::deque<Pdu> pdus_;
};

inline ClusterKey key_of(unsigned char first) {
  ClusterKey key;
  key.bytes[0] = first;
  return key;
}

inline IMMsgServInfo info(uint32_t port = 8200, uint32_t max = 1'000, uint32_t current = 0) {
  IMMsgServInfo result;
  result.set_ip1("192.0.2.1");
  result.set_ip2("198.51.100.1");
  result.set_port(port);
  result.set_max_conn_cnt(max);
  result.set_cur_conn_cnt(current);
  result.set_host_name("host");
  return result;
}

inline IMUserStatusUpdate status(uint32_t user, IM::BaseDefine::UserStatType what, uint64_t stamp,
                                 IM::BaseDefine::ClientType type = CLIENT_TYPE_WINDOWS) {
  IMUserStatusUpdate update;
  update.set_user_status(what);
  update.set_user_id(user);
  update.set_client_type(type);
  update.set_login_stamp(stamp);
  return update;
}

inline void add_user(IMOnlineUserInfo& users, uint32_t user, uint64_t stamp,
                     IM::BaseDefine::ClientType type = CLIENT_TYPE_WINDOWS) {
  auto& stat = *users.add_user_stat_list();
  stat.set_user_id(user);
  stat.set_status(USER_STATUS_ONLINE);
  stat.set_client_type(type);
  stat.set_login_stamp(stamp);
}

// "7+ 8-": who has come and gone, in the order of ids.
inline std::string shown(const std::optional<IMOnlineUserInfo>& users) {
  if (!users) return "nothing";
  std::map<uint32_t, bool> all;
  for (const auto& stat : users->user_stat_list()) all[stat.user_id()] = stat.status() == USER_STATUS_ONLINE;
  std::string text;
  for (const auto& [user, online] : all)
    text += (text.empty() ? "" : " ") + std::to_string(user) + (online ? "+" : "-");
  return text;
}

class LoginServerTest : public testing::Test {
 protected:
  LoginServerTest() {
    transport_.waits_are_real = true;
    config_.client.listen = config_.client.http_listen = config_.cluster.listen = {"127.0.0.1", 0};
    config_.client.discovery = "http://192.0.2.9/";
    start();
  }

  // Again: with the settings as they are now.
  void start() {
    server_.reset();
    metrics_ = std::make_unique<Metrics>(clock_);
    loop_ = std::make_unique<EventLoop>(clock_, transport_);
    server_ = std::make_unique<LoginServer>(*loop_, disk_, rng_, *metrics_, config_, key_);
    ASSERT_TRUE(server_->start().ok());
  }

  // Turns the loop until the condition holds; false after two seconds.
  bool until(const std::function<bool()>& condition) {
    for (int turn = 0; turn < 400; ++turn) {
      if (condition()) return true;
      disk_.run_all();
      loop_->turn(5);
    }
    return condition();
  }
  // Time passes in steps that the loop does not take for a stall.
  void advance(Tick ms) {
    for (; ms > 0; ms -= 100) {
      clock_.advance(std::min<Tick>(ms, 100));
      loop_->turn(0);
      loop_->turn(0);
    }
  }
  template <class Message>
  std::optional<Message> wait_for(Peer& peer, PduHeader* header = nullptr) {
    std::optional<Message> message;
    until([&] {
      peer.receive();
      message = peer.take<Message>(header);
      return message.has_value() || peer.closed();
    });
    return message;
  }
  bool wait_closed(Peer& peer) {
    return until([&] {
      peer.receive();
      return peer.closed();
    });
  }
  // All that the peer has sent so far has been handled: links answer nothing, but a refused PDU is answered.
  void settle(Peer& peer) {
    peer.send(bad_count());
    ASSERT_TRUE(wait_for<TbError>(peer));
  }
  static IMUserCntUpdate bad_count() {
    IMUserCntUpdate update;
    update.set_user_action(99);
    update.set_user_id(1);
    return update;
  }

  TbServerAuth proof(const TbChallenge& challenge, const std::string& name, uint64_t epoch, const ClusterKey& key) {
    TbServerAuth auth;
    auth.set_nonce(ClusterAuth::make_nonce(rng_));
    auth.set_epoch(epoch);
    auth.set_name(name);
    auth.set_mac(ClusterAuth(key).prove_msg_server(challenge.nonce(), auth.nonce(), epoch, name));
    return auth;
  }
  std::unique_ptr<Peer> prove(const std::string& name, uint64_t epoch = 1) {
    auto peer = std::make_unique<Peer>(server_->cluster_address());
    const auto challenge = wait_for<TbChallenge>(*peer);
    EXPECT_TRUE(challenge);
    const TbServerAuth auth = proof(*challenge, name, epoch, key_);
    peer->send(auth);
    const auto result = wait_for<TbServerAuthResult>(*peer);
    EXPECT_TRUE(result && result->accepted());
    EXPECT_EQ(result->mac(), ClusterAuth(key_).prove_login_server(challenge->nonce(), auth.nonce()));
    return peer;
  }
  std::unique_ptr<Peer> register_server(const std::string& name, const IMMsgServInfo& what = info(),
                                        const IMOnlineUserInfo& users = {}, uint64_t epoch = 1) {
    auto peer = prove(name, epoch);
    peer->send(what);
    peer->send(users);
    settle(*peer);
    return peer;
  }
  std::optional<IMMsgServRsp> ask() {
    Peer client(server_->client_address());
    client.send(IMMsgServReq());
    return wait_for<IMMsgServRsp>(client);
  }
  std::string http(const std::string& request) {
    Socket socket(server_->http_address());
    socket.send(request);
    std::string answer;
    until([&] {
      answer += socket.receive();
      return socket.closed();
    });
    return answer;
  }
  std::string get(const std::string& path) { return http("GET " + path + " HTTP/1.1\r\nConnection: close\r\n\r\n"); }
  nlohmann::json get_json(const std::string& path) {
    const std::string answer = get(path);
    const size_t body = answer.find("\r\n\r\n");
    return nlohmann::json::parse(answer.substr(std::min(body, answer.size())), nullptr, false);
  }

  FakeClock clock_;
  FakeTransport transport_{clock_};
  InlineExecutor disk_;
  SeededRng rng_{1};
  LoginServerConfig config_;
  ClusterKey key_ = key_of(1);
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<LoginServer> server_;
};

}  // namespace talkbeat::login_server_test
