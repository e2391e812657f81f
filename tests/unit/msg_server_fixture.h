#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/close_log.h"
#include "base/inline_executor.h"
#include "msg_server/client_port.h"
#include "msg_server/files/transfers.h"
#include "msg_server/ledger_check.h"
#include "msg_server/password.h"
#include "msg_server/push/push.h"
#include "msg_server/sessions.h"
#include "msg_server/store/sqlite_database.h"
#include "tests/unit/loop_fixture.h"

/// A msg_server on loopback sockets and a clock that the test moves, with a store in memory, workers that run when the
/// test says so, and a bus that only writes down what it would carry.
namespace talkbeat::msg_server_test {

using namespace IM::BaseDefine;
using IM::Buddy::IMPCLoginStatusNotify;
using IM::Buddy::IMUserStatNotify;
using IM::Login::IMKickUser;
using IM::Login::IMLoginReq;
using IM::Login::IMLoginRes;
using IM::Message::IMMsgData;
using IM::Message::IMMsgDataAck;
using IM::Other::IMHeartBeat;

class FakeBus final : public Bus {
 public:
  struct Relayed {
    std::vector<UserId> users;
    std::optional<uint64_t> sequence;
    std::optional<ClientClass> only;
  };
  struct Kick {
    UserId user;
    uint32_t client_type;
    uint64_t stamp;
  };
  struct GroupRelay {
    GroupId group;
    uint32_t version;
    std::optional<uint64_t> sequence;
    UserId except;
  };
  std::vector<Relayed> relayed;
  std::vector<GroupRelay> to_groups;
  std::vector<UserId> to_watchers_of;
  std::vector<UserId> online;
  std::vector<UserId> offline;
  struct End {
    UserId user;
    ClientClass client_class;
    EndReason reason;
    uint64_t stamp;
  };
  std::vector<Kick> kicks;
  std::vector<End> ends;

  void relay(std::span<const UserId> users, const SharedBytes&, std::optional<uint64_t> sequence,
             std::optional<ClientClass> only) override {
    relayed.push_back({{users.begin(), users.end()}, sequence, only});
  }
  void relay_to_group(GroupId group, uint32_t version, const SharedBytes&, std::optional<uint64_t> sequence,
                      UserId except) override {
    to_groups.push_back({group, version, sequence, except});
  }
  void relay_to_watchers(UserId about, const SharedBytes&) override { to_watchers_of.push_back(about); }
  void user_online(UserId user, const SessionInfo&) override { online.push_back(user); }
  void user_offline(UserId user, const SessionInfo&) override { offline.push_back(user); }
  void kick(UserId user, uint32_t client_type, KickReasonType, uint64_t stamp) override {
    kicks.push_back({user, client_type, stamp});
  }
  void end_session(UserId user, ClientClass client_class, EndReason reason, uint64_t stamp) override {
    ends.push_back({user, client_class, reason, stamp});
  }
  void note_sequence(uint64_t) override {}
  bool connected() const override { return true; }
};

/// The test's end of a client's connection.
class TestClient {
 public:
  explicit TestClient(const Address& server) : peer_(connect(server)) {}

  template <class M>
  uint16_t send(const M& message) {
    peer_.send(text_of(encode_pdu(message, ++seq_num_).bytes()));
    return seq_num_;
  }
  /// A PDU of any command, with a body as it is.
  uint16_t send_raw(uint16_t command, const std::string& body = "") {
    PduHeader header;
    header.length = static_cast<uint32_t>(kPduHeaderSize + body.size());
    header.service_id = service_of(command);
    header.command_id = command;
    header.seq_num = ++seq_num_;
    std::array<std::byte, kPduHeaderSize> bytes{};
    encode_header(header, bytes);
    peer_.send(text_of(bytes) + body);
    return seq_num_;
  }
  void receive() {
    const std::string bytes = peer_.receive();
    framer_.feed(
        bytes_of(bytes), [] { return size_t{1} << 24; },
        [this](const PduHeader& header, std::span<const std::byte> body) {
          pdus_.push_back({header, text_of(body)});
          return true;
        });
  }
  /// The first one that has come and was not taken yet.
  template <class M>
  std::optional<M> take(PduHeader* header = nullptr) {
    for (size_t i = 0; i < pdus_.size(); ++i) {
      if (pdus_[i].header.command_id != kCommandOf<M>) continue;
      M message;
      EXPECT_TRUE(message.ParseFromString(pdus_[i].body));
      if (header != nullptr) *header = pdus_[i].header;
      pdus_.erase(pdus_.begin() + static_cast<ptrdiff_t>(i));
      return message;
    }
    return std::nullopt;
  }
  template <class M>
  size_t waiting() const {
    size_t count = 0;
    for (const Pdu& pdu : pdus_) count += pdu.header.command_id == kCommandOf<M> ? 1 : 0;
    return count;
  }
  bool ended() const { return peer_.ended(); }
  void close() { peer_.close(); }

 private:
  struct Pdu {
    PduHeader header;
    std::string body;
  };

  static int connect(const Address& server) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const SocketAddress raw = server.to_sockaddr();
    EXPECT_EQ(::connect(fd, raw.get(), raw.length), 0);
    return fd;
  }

  Peer peer_;
  PduFramer framer_;
  std::vector<Pdu> pdus_;
  uint16_t seq_num_ = 0;
};

class MsgServerTest : public LoopTest {
 protected:
  MsgServerTest() {
    delivery.begin_at(0);
    EXPECT_TRUE(port.start().ok());
  }
  /// Whatever a test has done to the server, no message was lost or doubled in it.
  ~MsgServerTest() override {
    if (!ledger_is_whole) return;
    for (const LedgerAccount& account : ledger_accounts()) {
      const LedgerBalance result = balance(account, ledger_sheet(parts));
      EXPECT_TRUE(result.balanced()) << account.name << ": " << result.in << " in, " << result.out << " out";
    }
  }

  static MsgServerConfig test_config() {
    MsgServerConfig result;
    result.client.listen = {"127.0.0.1", 0};
    result.store.limits.max_queued_writes = 10;
    return result;
  }

  UserId add_user(const std::string& name) {
    static const std::string hash = hash_password("secret", {.operations = 1, .memory_bytes = 64 << 10});
    EXPECT_TRUE(database->begin_batch().ok());
    const UserId user = database->add_user({name, hash, name}, clock.unix_seconds()).value();
    EXPECT_TRUE(database->commit_batch().ok());
    return user;
  }

  /// One turn, in which every worker that is not held back finishes what it has.
  void step() {
    turn();
    if (!hold_store) writes.run_all();
    if (!hold_store) reads.run_all();
    if (!hold_hashing) hashing.run_all();
    if (!hold_disk) disk.run_all();
  }
  template <class Condition>
  bool until(Condition condition) {
    return turn_until([&] {
      step();
      return condition();
    });
  }
  template <class M>
  M expect(TestClient& client, PduHeader* header = nullptr) {
    std::optional<M> message;
    EXPECT_TRUE(until([&] {
      client.receive();
      if (!message) message = client.take<M>(header);
      return message.has_value();
    })) << "no "
        << M().GetTypeName();
    return message.value_or(M());
  }
  void expect_error(TestClient& client, ErrorCode code) { EXPECT_EQ(expect<TbError>(client).code(), code); }
  void expect_end(TestClient& client) {
    EXPECT_TRUE(until([&] {
      client.receive();
      return client.ended();
    }));
  }
  /// Afterwards all that was sent to this client has come.
  void sync(TestClient& client) {
    client.send(IMHeartBeat());
    expect<IMHeartBeat>(client);
  }

  static IMLoginReq login(const std::string& name, ClientType type = CLIENT_TYPE_WINDOWS,
                          const std::string& secret = "secret") {
    IMLoginReq request;
    request.set_user_name(name);
    request.set_password(secret);
    request.set_online_status(USER_STATUS_ONLINE);
    request.set_client_type(type);
    return request;
  }
  std::unique_ptr<TestClient> connect() { return std::make_unique<TestClient>(port.address()); }
  std::unique_ptr<TestClient> log_in(const std::string& name, ClientType type = CLIENT_TYPE_WINDOWS) {
    auto client = connect();
    client->send(login(name, type));
    EXPECT_EQ(expect<IMLoginRes>(*client).result_code(), REFUSE_REASON_NONE);
    return client;
  }

  static IMMsgData message(UserId to, const std::string& text, std::optional<uint64_t> key = std::nullopt) {
    IMMsgData data;
    data.set_from_user_id(0);
    data.set_to_session_id(to);
    data.set_msg_id(0);
    data.set_create_time(0);
    data.set_msg_type(MSG_TYPE_SINGLE_TEXT);
    data.set_msg_data(text);
    if (key) data.set_client_msg_key(*key);
    return data;
  }

  static constexpr Tick kGatherMs = 200;
  static constexpr size_t kMaxWatchedUsers = 10'000;

  std::function<void(ConnId)> close_hook;
  bool ledger_is_whole = true;  // false: the test has made a part of the way itself
  bool hold_store = false;
  bool hold_hashing = false;
  bool hold_disk = false;
  MsgServerConfig config = test_config();
  std::unique_ptr<SqliteDatabase> database = std::move(SqliteDatabase::open({.path = ":memory:"}).value());
  InlineExecutor writes;
  InlineExecutor reads;
  InlineExecutor hashing{2};
  InlineExecutor disk;
  Store store{
      *database, writes, *database, reads, config.store.limits, [this](Task task) { loop.post(std::move(task)); }};
  SeededRng rng{1};
  Metrics metrics{clock};
  CloseLog close_log{metrics, 100};
  std::string decoy = hash_password("nobody", {.operations = 1, .memory_bytes = 64 << 10});
  ConnectionTable connections{loop, [this](const Connection& connection, CloseReason reason) {
                                close_log.observe(connection, reason);
                                if (close_hook) close_hook(connection.id());
                              }};
  UserDirectory users;
  LoginThrottle throttle{config.password.throttle};
  LoginParts logins{ClusterKey{}, metrics};
  ClientLiveness liveness{connections, config.client};
  FakeBus bus;
  Watchers watchers{kMaxWatchedUsers};
  GroupCache groups{group_loader(store), {}};
  Ledger ledger;
  Delivery delivery{connections, users, watchers, groups, store, bus, ledger};
  StatusNotifier status{connections, users, watchers, kGatherMs};
  Push push{loop, store, users, rng, metrics, config.push};
  MsgServerParts parts{.config = config,
                       .loop = loop,
                       .connections = connections,
                       .store = store,
                       .hashing = hashing,
                       .users = users,
                       .bus = bus,
                       .groups = groups,
                       .ledger = ledger,
                       .delivery = delivery,
                       .watchers = watchers,
                       .status = status,
                       .push = push,
                       .throttle = throttle,
                       .logins = logins,
                       .liveness = liveness,
                       .sessions = sessions,
                       .transfers = transfers,
                       .rng = rng,
                       .decoy_hash = decoy};
  Sessions sessions{parts};
  Transfers transfers{parts, disk, metrics};
  ClientPort port{parts};
};

}  // namespace talkbeat::msg_server_test
