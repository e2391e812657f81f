// A whole login_server on loopback sockets, on a clock that the test moves, against msg_servers that the test plays.
#include "login_server/login_server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <map>
#include <nlohmann/json.hpp>

#include "base/epoll_transport.h"

namespace talkbeat {
namespace {

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
using testing::HasSubstr;

class ManualClock final : public Clock {
 public:
  Tick now() const override { return now_; }
  int64_t unix_seconds() const override { return 1'700'000'000; }
  void advance(Tick by) { now_ += by; }

 private:
  Tick now_ = 1'000'000;
};

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
    framer_.feed(std::as_bytes(std::span(bytes)), [] { return size_t{1} << 24; },
                 [this](const PduHeader& header, std::span<const std::byte> body) {
                   pdus_.push_back({header, {reinterpret_cast<const char*>(body.data()), body.size()}});
                   return true;
                 });
  }
  // Takes the first PDU of this type out of what has come.
  template <class Message>
  std::optional<Message> take(PduHeader* header = nullptr) {
    const auto found = std::ranges::find_if(
        pdus_, [](const Pdu& pdu) { return pdu.header.command_id == kCommandOf<Message>; });
    if (found == pdus_.end()) return std::nullopt;
    Message message;
    EXPECT_TRUE(message.ParseFromString(found->body));
    if (header != nullptr) *header = found->header;
    pdus_.erase(found);
    return message;
  }
  template <class Message>
  size_t count() const {
    return static_cast<size_t>(std::ranges::count_if(
        pdus_, [](const Pdu& pdu) { return pdu.header.command_id == kCommandOf<Message>; }));
  }
  bool closed() const { return socket_.closed(); }
  void close() { socket_.close(); }

 private:
  Socket socket_;
  PduFramer framer_;
  std::deque<Pdu> pdus_;
};

ClusterKey key_of(unsigned char first) {
  ClusterKey key;
  key.bytes[0] = first;
  return key;
}

IMMsgServInfo info(uint32_t port = 8200, uint32_t max = 1'000, uint32_t current = 0) {
  IMMsgServInfo result;
  result.set_ip1("192.0.2.1");
  result.set_ip2("198.51.100.1");
  result.set_port(port);
  result.set_max_conn_cnt(max);
  result.set_cur_conn_cnt(current);
  result.set_host_name("host");
  return result;
}

IMUserStatusUpdate status(uint32_t user, IM::BaseDefine::UserStatType what, uint64_t stamp,
                          IM::BaseDefine::ClientType type = CLIENT_TYPE_WINDOWS) {
  IMUserStatusUpdate update;
  update.set_user_status(what);
  update.set_user_id(user);
  update.set_client_type(type);
  update.set_login_stamp(stamp);
  return update;
}

void add_user(IMOnlineUserInfo& users, uint32_t user, uint64_t stamp,
              IM::BaseDefine::ClientType type = CLIENT_TYPE_WINDOWS) {
  auto& stat = *users.add_user_stat_list();
  stat.set_user_id(user);
  stat.set_status(USER_STATUS_ONLINE);
  stat.set_client_type(type);
  stat.set_login_stamp(stamp);
}

// "7+ 8-": who has come and gone, in the order of ids.
std::string shown(const std::optional<IMOnlineUserInfo>& users) {
  if (!users) return "nothing";
  std::map<uint32_t, bool> all;
  for (const auto& stat : users->user_stat_list()) all[stat.user_id()] = stat.status() == USER_STATUS_ONLINE;
  std::string text;
  for (const auto& [user, online] : all) text += (text.empty() ? "" : " ") + std::to_string(user) + (online ? "+" : "-");
  return text;
}

class LoginServerTest : public testing::Test {
 protected:
  LoginServerTest() {
    config_.client.listen = config_.client.http_listen = config_.cluster.listen = {"127.0.0.1", 0};
    config_.client.discovery = "http://192.0.2.9/";
    start();
  }

  void start() {
    metrics_ = std::make_unique<Metrics>(clock_);
    loop_ = std::make_unique<EventLoop>(clock_, transport_);
    server_ = std::make_unique<LoginServer>(*loop_, rng_, *metrics_, config_, key_);
    ASSERT_TRUE(server_->start().ok());
  }

  // Turns the loop until the condition holds; false after two seconds.
  bool until(const std::function<bool()>& condition) {
    for (int turn = 0; turn < 400; ++turn) {
      if (condition()) return true;
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

  ManualClock clock_;
  EpollTransport transport_;
  SeededRng rng_{1};
  LoginServerConfig config_;
  ClusterKey key_ = key_of(1);
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<LoginServer> server_;
};

// --- who may speak on the cluster's port

TEST_F(LoginServerTest, AWrongKeyIsRefused) {
  Peer peer(server_->cluster_address());
  peer.send(proof(*wait_for<TbChallenge>(peer), "msg_server_0", 1, key_of(2)));
  const auto result = wait_for<TbServerAuthResult>(peer);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->accepted());
  EXPECT_FALSE(result->has_mac());
  EXPECT_TRUE(wait_closed(peer));
  EXPECT_THAT(metrics_->render(), HasSubstr(R"(closed_total{reason="auth_failed",role="server_link"} 1)"));
}

TEST_F(LoginServerTest, ARecordedHandshakeIsWorthNothing) {
  Peer first(server_->cluster_address());
  const TbServerAuth recorded = proof(*wait_for<TbChallenge>(first), "msg_server_0", 1, key_);
  first.send(recorded);
  ASSERT_TRUE(wait_for<TbServerAuthResult>(first)->accepted());
  Peer second(server_->cluster_address());
  ASSERT_TRUE(wait_for<TbChallenge>(second));
  second.send(recorded);
  EXPECT_FALSE(wait_for<TbServerAuthResult>(second)->accepted());
  EXPECT_TRUE(wait_closed(second));
}

TEST_F(LoginServerTest, AStrangersPdusHaveNoEffect) {
  auto victim = register_server("msg_server_0");
  victim->send(status(7, USER_STATUS_ONLINE, 1));
  settle(*victim);
  const auto expect_closed = [&](const auto& message) {
    Peer stranger(server_->cluster_address());
    ASSERT_TRUE(wait_for<TbChallenge>(stranger));
    stranger.send(message);
    EXPECT_TRUE(wait_closed(stranger));
    EXPECT_EQ(stranger.count<TbServerAuthResult>(), 0u);
  };
  TbRelay relay;
  relay.add_user_ids(7);
  relay.set_pdu("x");
  IMServerKickUser kick;
  kick.set_user_id(7);
  kick.set_client_type(CLIENT_TYPE_WINDOWS);
  kick.set_reason(1);
  expect_closed(info());
  expect_closed(relay);
  expect_closed(kick);
  expect_closed(IMHeartBeat());
  settle(*victim);
  EXPECT_EQ(victim->count<TbRelay>() + victim->count<IMServerKickUser>(), 0u);
  EXPECT_EQ(get_json("/api/cluster")["servers"].size(), 1u);
}

TEST_F(LoginServerTest, OneThatProvesNothingIsClosedInTime) {
  Peer peer(server_->cluster_address());
  ASSERT_TRUE(wait_for<TbChallenge>(peer));
  advance(config_.cluster.link.liveness.handshake_timeout_ms + 200);
  EXPECT_TRUE(wait_closed(peer));
}

TEST_F(LoginServerTest, LargePdusAreTakenOnlyFromProvenServers) {
  TbRelay relay;
  relay.add_user_ids(7);
  relay.set_pdu(std::string(20'000, 'x'));
  Peer stranger(server_->cluster_address());
  ASSERT_TRUE(wait_for<TbChallenge>(stranger));
  stranger.send(relay);
  EXPECT_TRUE(wait_closed(stranger));
  EXPECT_THAT(metrics_->render(), HasSubstr(R"(closed_total{reason="protocol_error",role="server_link"} 1)"));
  auto known = register_server("msg_server_0");
  known->send(relay);
  settle(*known);
}

// --- discovery

TEST_F(LoginServerTest, WithoutServersTheCodeIs1) {
  EXPECT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_NO_MSG_SERVER);
  EXPECT_EQ(get_json("/msg_server")["code"], 1);
}

TEST_F(LoginServerTest, AClientIsToldWhereToGoAndClosed) {
  auto peer = register_server("msg_server_0");
  Peer client(server_->client_address());
  client.send(IMMsgServReq(), 77);
  PduHeader header;
  const auto response = wait_for<IMMsgServRsp>(client, &header);
  ASSERT_TRUE(response);
  EXPECT_EQ(header.seq_num, 77);
  EXPECT_EQ(response->result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
  EXPECT_EQ(response->prior_ip(), "192.0.2.1");
  EXPECT_EQ(response->backip_ip(), "198.51.100.1");
  EXPECT_EQ(response->port(), 8200u);
  EXPECT_TRUE(wait_closed(client));
}

TEST_F(LoginServerTest, HttpAnswersAsTheContractSays) {
  auto peer = register_server("msg_server_0");
  EXPECT_THAT(get("/msg_server"),
              HasSubstr(R"({"code":0,"msg":"","priorIP":"192.0.2.1","backupIP":"198.51.100.1","msfsPrior":"",)"
                        R"("msfsBackup":"","discovery":"http://192.0.2.9/","port":"8200"})"));
}

TEST_F(LoginServerTest, FullAndDrainingServersMeanCode2) {
  auto full = register_server("msg_server_0", info(8200, 10, 10));
  IMMsgServInfo draining = info();
  draining.set_draining(true);
  auto leaving = register_server("msg_server_1", draining);
  EXPECT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);
  EXPECT_EQ(get_json("/msg_server")["code"], 2);
  leaving->send(info());
  settle(*leaving);
  EXPECT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
}

TEST_F(LoginServerTest, AServerWithoutAnAddressIsReachedWhereTheClientReachedUs) {
  IMMsgServInfo nameless = info();
  nameless.set_ip1("");
  nameless.set_ip2("");
  auto peer = register_server("msg_server_0", nameless);
  EXPECT_EQ(ask()->prior_ip(), "127.0.0.1");
  EXPECT_EQ(ask()->backip_ip(), "127.0.0.1");
}

TEST_F(LoginServerTest, ABurstOfAThousandIsSpreadEvenly) {
  auto first = register_server("msg_server_0", info(8200, 10'000));
  auto second = register_server("msg_server_1", info(8210, 10'000));
  std::map<uint32_t, int> by_port;
  for (int i = 0; i < 500; ++i) {
    const auto response = ask();
    ASSERT_TRUE(response);
    ++by_port[response->port()];
  }
  Socket keep_alive(server_->http_address());
  for (int i = 0; i < 500; ++i) {
    keep_alive.send("GET /msg_server HTTP/1.1\r\n\r\n");
    std::string answer;
    ASSERT_TRUE(until([&] {
      answer += keep_alive.receive();
      return answer.ends_with("}\n");
    }));
    ++by_port[answer.find(R"("port":"8200")") != std::string::npos ? 8200 : 8210];
  }
  EXPECT_NEAR(by_port[8200], 500, 10);
  EXPECT_NEAR(by_port[8210], 500, 10);
}

TEST_F(LoginServerTest, HeartbeatsCarryTheLoad) {
  auto peer = register_server("msg_server_0", info(8200, 100));
  IMHeartBeat heartbeat;
  auto& load = *heartbeat.mutable_load();
  load.set_connections(100);
  load.set_max_connections(100);
  load.set_users(90);
  load.set_draining(false);
  load.set_message_sequence(5);
  peer->send(heartbeat);
  settle(*peer);
  EXPECT_EQ(peer->count<IMHeartBeat>(), 0u) << "not answered";
  EXPECT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);
  EXPECT_EQ(get_json("/api/cluster")["servers"][0]["connections"], 100);
}

TEST_F(LoginServerTest, AClientThatDribblesIsClosedAtTheDeadline) {
  Peer client(server_->client_address());
  const SharedBytes request = encode_pdu(IMMsgServReq());
  for (size_t i = 0; i < 10; ++i) {
    client.send_raw(request.bytes().subspan(i, 1));
    advance(5'900);
  }
  client.receive();
  EXPECT_FALSE(client.closed());
  advance(2'000);
  EXPECT_TRUE(wait_closed(client));
}

TEST_F(LoginServerTest, OnlyOneRequestIsKnownOnTheClientPort) {
  Peer client(server_->client_address());
  for (int i = 0; i < 3; ++i) client.send(info());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(wait_for<TbError>(client)->code(), ERROR_UNKNOWN_COMMAND);
  EXPECT_TRUE(wait_closed(client));
}

TEST_F(LoginServerTest, OneClientTooManyIsToldSo) {
  config_.client.max_connections = 2;
  Peer first(server_->client_address());
  Peer second(server_->client_address());
  Peer third(server_->client_address());
  EXPECT_EQ(wait_for<IMMsgServRsp>(third)->result_code(), IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);
  EXPECT_TRUE(wait_closed(third));
  first.send(IMMsgServReq());
  EXPECT_EQ(wait_for<IMMsgServRsp>(first)->result_code(), IM::BaseDefine::REFUSE_REASON_NO_MSG_SERVER);
}

// --- HTTP for operators

TEST_F(LoginServerTest, PagesForOperators) {
  auto peer = register_server("msg_server_0", info(), {}, 0xabcdef);
  peer->send(status(7, USER_STATUS_ONLINE, 1));
  settle(*peer);
  const auto health = get_json("/healthz");
  EXPECT_EQ(health["status"], "ok");
  EXPECT_EQ(health["name"], "login_server_0");
  const auto cluster = get_json("/api/cluster");
  EXPECT_EQ(cluster["users_online"], 1);
  EXPECT_EQ(cluster["servers"][0]["name"], "msg_server_0");
  EXPECT_EQ(cluster["servers"][0]["epoch"], "0000000000abcdef");
  EXPECT_EQ(cluster["servers"][0]["users"], 1);
  const std::string figures = get("/metrics");
  EXPECT_THAT(figures, HasSubstr("talkbeat_msg_servers 1"));
  EXPECT_THAT(figures, HasSubstr("talkbeat_users_online 1"));
}

TEST_F(LoginServerTest, OtherPathsAndMethodsAreRefused) {
  EXPECT_THAT(get("/nothing"), HasSubstr("HTTP/1.1 404"));
  const std::string refused = http("POST /msg_server HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(refused, HasSubstr("HTTP/1.1 405"));
  EXPECT_THAT(refused, HasSubstr("Allow: GET, HEAD"));
}

TEST_F(LoginServerTest, BytesThatAreNoTextDoNotBreakThePages) {
  IMMsgServInfo odd = info();
  odd.set_ip1("\xff\"\n");
  auto peer = register_server("\x01\xfe", odd);
  EXPECT_EQ(get_json("/api/cluster")["servers"].size(), 1u);
  EXPECT_EQ(get_json("/msg_server")["code"], 0);
}

// --- registration

TEST_F(LoginServerTest, ALostServerIsNamedNoMore) {
  auto peer = register_server("msg_server_0");
  EXPECT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
  peer->close();
  ASSERT_TRUE(until([&] { return server_->connections().size() == 0; }));
  EXPECT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_NO_MSG_SERVER);
}

TEST_F(LoginServerTest, ANewLinkReplacesTheOldOneAndVoidsWhatItSaid) {
  auto old_link = register_server("msg_server_0");
  old_link->send(status(7, USER_STATUS_ONLINE, 1));
  settle(*old_link);
  auto new_link = register_server("msg_server_0", info(8210), {}, 2);
  EXPECT_TRUE(wait_closed(*old_link));
  const auto cluster = get_json("/api/cluster");
  ASSERT_EQ(cluster["servers"].size(), 1u);
  EXPECT_EQ(cluster["servers"][0]["port"], 8210);
  EXPECT_EQ(cluster["users_online"], 0);
  EXPECT_THAT(metrics_->render(), HasSubstr(R"(closed_total{reason="replaced",role="server_link"} 1)"));
}

TEST_F(LoginServerTest, NothingButTheRegistrationCountsBeforeIt) {
  auto peer = prove("msg_server_0");
  peer->send(status(7, USER_STATUS_ONLINE, 1));
  EXPECT_EQ(wait_for<TbError>(*peer)->code(), ERROR_NOT_ALLOWED);
  EXPECT_EQ(get_json("/api/cluster")["users_online"], 0);
}

TEST_F(LoginServerTest, ASilentLinkIsClosedAndABeatingOneIsNot) {
  auto silent = register_server("msg_server_0");
  auto beating = register_server("msg_server_1");
  for (int i = 0; i < 7; ++i) {
    advance(5'000);
    beating->send(IMHeartBeat());
    settle(*beating);
  }
  EXPECT_TRUE(wait_closed(*silent));
  EXPECT_GE(silent->count<IMHeartBeat>(), 5u) << "our own heartbeats";
  EXPECT_EQ(get_json("/api/cluster")["servers"].size(), 1u);
}

// --- presence, kicks, relays, sweeps

TEST_F(LoginServerTest, AServerLearnsWhoIsOnTheOthersAndThenTheNetChanges) {
  IMOnlineUserInfo users;
  add_user(users, 1, 10);
  add_user(users, 2, 10, CLIENT_TYPE_ANDROID);
  auto a = register_server("msg_server_a", info(), users);
  IMOnlineUserInfo own;
  add_user(own, 3, 10);
  auto b = register_server("msg_server_b", info(), own);
  advance(200);
  EXPECT_EQ(shown(wait_for<IMOnlineUserInfo>(*b)), "1+ 2+");
  EXPECT_EQ(shown(wait_for<IMOnlineUserInfo>(*a)), "3+");

  a->send(status(4, USER_STATUS_ONLINE, 11));
  a->send(status(1, USER_STATUS_OFFLINE, 10));
  a->send(status(5, USER_STATUS_ONLINE, 11));
  a->send(status(5, USER_STATUS_OFFLINE, 11));
  settle(*a);
  EXPECT_EQ(b->count<IMOnlineUserInfo>(), 0u) << "changes are gathered";
  advance(200);
  EXPECT_EQ(shown(wait_for<IMOnlineUserInfo>(*b)), "1- 4+");
  settle(*a);
  EXPECT_EQ(a->count<IMOnlineUserInfo>(), 0u) << "its own users are no news";

  a->close();
  ASSERT_TRUE(until([&] { return get_json("/api/cluster")["servers"].size() == 1; }));
  advance(200);
  EXPECT_EQ(shown(wait_for<IMOnlineUserInfo>(*b)), "2- 4-");
}

TEST_F(LoginServerTest, AUserThatMovesIsElsewhereForTheOldServerAndNoMoreForTheNewOne) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  a->send(status(7, USER_STATUS_ONLINE, 1));
  settle(*a);
  advance(200);
  EXPECT_EQ(shown(wait_for<IMOnlineUserInfo>(*b)), "7+");
  b->send(status(7, USER_STATUS_ONLINE, 2));
  settle(*b);
  advance(200);
  EXPECT_EQ(shown(wait_for<IMOnlineUserInfo>(*a)), "7+");
  EXPECT_EQ(shown(wait_for<IMOnlineUserInfo>(*b)), "7-");
}

TEST_F(LoginServerTest, ManyUsersComeInChunks) {
  config_.presence.chunk = 100;
  IMOnlineUserInfo users;
  for (uint32_t user = 1; user <= 250; ++user) add_user(users, user, 1);
  auto a = register_server("msg_server_a", info(), users);
  auto b = register_server("msg_server_b");
  advance(200);
  std::vector<int> sizes;
  while (sizes.size() < 3) {
    const auto chunk = wait_for<IMOnlineUserInfo>(*b);
    ASSERT_TRUE(chunk);
    sizes.push_back(chunk->user_stat_list_size());
  }
  EXPECT_EQ(sizes, (std::vector{100, 100, 50}));
}

TEST_F(LoginServerTest, OfTwoSessionsTheOlderOnesServerIsToldToKick) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  a->send(status(7, USER_STATUS_ONLINE, 20));
  settle(*a);
  b->send(status(7, USER_STATUS_ONLINE, 10));
  auto kick = wait_for<IMServerKickUser>(*b);
  ASSERT_TRUE(kick);
  EXPECT_EQ(kick->login_stamp(), 20u);
  b->send(status(7, USER_STATUS_ONLINE, 30));
  kick = wait_for<IMServerKickUser>(*a);
  ASSERT_TRUE(kick);
  EXPECT_EQ(kick->user_id(), 7u);
  EXPECT_EQ(kick->reason(), static_cast<uint32_t>(IM::BaseDefine::KICK_REASON_DUPLICATE_USER));
  EXPECT_EQ(kick->login_stamp(), 30u);
  settle(*b);
  EXPECT_EQ(b->count<IMServerKickUser>(), 0u);
}

TEST_F(LoginServerTest, AUserListIsResolvedLikeLogins) {
  IMOnlineUserInfo first;
  add_user(first, 7, 20);
  add_user(first, 8, 20);
  auto a = register_server("msg_server_a", info(), first);
  IMOnlineUserInfo second;
  add_user(second, 7, 10);
  add_user(second, 8, 30);
  auto b = register_server("msg_server_b", info(), second);
  EXPECT_EQ(wait_for<IMServerKickUser>(*b)->user_id(), 7u);
  EXPECT_EQ(wait_for<IMServerKickUser>(*a)->user_id(), 8u);
}

TEST_F(LoginServerTest, AKickReachesTheServerThatHoldsTheSession) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  auto c = register_server("msg_server_c");
  b->send(status(7, USER_STATUS_ONLINE, 1));
  settle(*b);
  IMServerKickUser kick;
  kick.set_user_id(7);
  kick.set_client_type(CLIENT_TYPE_WINDOWS);
  kick.set_reason(IM::BaseDefine::KICK_REASON_MOBILE_KICK);
  a->send(kick);
  EXPECT_EQ(wait_for<IMServerKickUser>(*b)->reason(), static_cast<uint32_t>(IM::BaseDefine::KICK_REASON_MOBILE_KICK));
  kick.set_client_type(CLIENT_TYPE_ANDROID);
  a->send(kick);
  b->send(kick);
  settle(*a);
  settle(*b);
  settle(*c);
  EXPECT_EQ(a->count<IMServerKickUser>() + b->count<IMServerKickUser>() + c->count<IMServerKickUser>(), 0u);
}

TEST_F(LoginServerTest, ARelayGoesOnceToEachOtherServerThatHasOneOfTheUsers) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  auto c = register_server("msg_server_c");
  auto d = register_server("msg_server_d");
  a->send(status(1, USER_STATUS_ONLINE, 1));
  b->send(status(2, USER_STATUS_ONLINE, 1));
  b->send(status(3, USER_STATUS_ONLINE, 1));
  c->send(status(3, USER_STATUS_ONLINE, 1, CLIENT_TYPE_ANDROID));
  for (Peer* peer : {a.get(), b.get(), c.get()}) settle(*peer);

  TbRelay relay;
  for (const uint32_t user : {1u, 2u, 3u, 99u}) relay.add_user_ids(user);
  relay.set_pdu(std::string("a whole pdu\0with zero", 21));
  relay.set_message_sequence(42);
  a->send(relay);
  for (Peer* peer : {b.get(), c.get()}) {
    const auto copy = wait_for<TbRelay>(*peer);
    ASSERT_TRUE(copy);
    EXPECT_EQ(copy->SerializeAsString(), relay.SerializeAsString());
  }
  relay.set_client_class(1);
  a->send(relay);
  EXPECT_TRUE(wait_for<TbRelay>(*c));
  TbRelay to_nobody;
  to_nobody.add_user_ids(99);
  to_nobody.set_pdu("x");
  a->send(to_nobody);
  for (Peer* peer : {a.get(), b.get(), c.get(), d.get()}) {
    settle(*peer);
    EXPECT_EQ(peer->count<TbRelay>(), 0u);
  }
  EXPECT_THAT(metrics_->render(), HasSubstr(R"(talkbeat_relays_total{result="forwarded"} 2)"));
  EXPECT_THAT(metrics_->render(), HasSubstr(R"(talkbeat_relays_total{result="dropped"} 1)"));
}

TEST_F(LoginServerTest, ALostServerMakesTheOthersSweep) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  IMHeartBeat heartbeat;
  auto& load = *heartbeat.mutable_load();
  load.set_connections(1);
  load.set_max_connections(100);
  load.set_users(1);
  load.set_draining(false);
  load.set_message_sequence(1234);
  a->send(heartbeat);
  settle(*a);
  a->close();
  EXPECT_EQ(wait_for<TbSweep>(*b)->after_sequence(), 1234u);
}

TEST_F(LoginServerTest, AServerThatMissedATimeMakesTheOthersSweepWhenItRegisters) {
  auto a = register_server("msg_server_a");
  IMMsgServInfo returning = info();
  returning.set_after_sequence(77);
  auto b = register_server("msg_server_b", returning);
  EXPECT_EQ(wait_for<TbSweep>(*a)->after_sequence(), 77u);
  EXPECT_EQ(b->count<TbSweep>(), 0u);
}

// --- the end

TEST_F(LoginServerTest, StoppingClosesEverythingAndSaysWhenItIsDone) {
  auto peer = register_server("msg_server_0");
  Peer client(server_->client_address());
  ASSERT_TRUE(until([&] { return server_->connections().size() == 2; }));
  bool stopped = false;
  server_->stop([&] { stopped = true; });
  EXPECT_TRUE(wait_closed(*peer));
  EXPECT_TRUE(wait_closed(client));
  peer->close();
  client.close();
  EXPECT_TRUE(until([&] { return stopped; }));
}

TEST_F(LoginServerTest, ATakenPortIsAnErrorAndLeavesNoneOpen) {
  LoginServerConfig second = config_;
  second.client.listen = {"127.0.0.1", 0};
  second.client.http_listen = server_->http_address();
  Metrics metrics(clock_);
  LoginServer other(*loop_, rng_, metrics, second, key_);
  const Status status = other.start();
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr(second.client.http_listen.to_string()));
}

TEST(LoginServerConfigTest, TheDefaultsAreAllowed) {
  LoginServerConfig config;
  OptionTable table;
  describe(table, config);
  EXPECT_TRUE(table.load("").ok());
  EXPECT_FALSE(table.set("server.name=").ok());
  EXPECT_FALSE(table.set("cluster.queue_hard=64KiB").ok());
  EXPECT_FALSE(table.set("cluster.silence_timeout=5s").ok());
}

}  // namespace
}  // namespace talkbeat
