// SIGTERM to a msg_server: its clients are asked to go, served until they have, and nothing that was acked is lost.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>

#include "tests/scenario/figures.h"
#include "tests/scenario/joined_server.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using IM::Message::IMMsgData;
using IM::Message::IMMsgDataAck;
using testing::HasSubstr;
using testing::Not;

using Clients = std::vector<std::unique_ptr<WireClient>>;

// What has come is in the inbox after this, also where the server has closed.
void collect(WireClient& client) {
  try {
    client.expect_close(0ms);
  } catch (const Unexpected&) {
    // It has not closed.
  }
}

size_t times(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

// A line of /metrics.
bool says(const JoinedServer& server, const std::string& line) {
  return server.get("/metrics").body.find("\n" + line + "\n") != std::string::npos;
}

struct Told {
  std::map<uint32_t, size_t> ports;
  std::set<std::string> ips;
  milliseconds took{};  // from the first one to the last one
};

Told await_notices(const Clients& clients) {
  Told told;
  std::set<const WireClient*> waiting;
  for (const auto& client : clients) waiting.insert(client.get());
  std::optional<std::chrono::steady_clock::time_point> first;
  wait_until("everybody is told to go", [&] {
    for (const auto& client : clients) {
      if (!waiting.contains(client.get())) continue;
      collect(*client);
      if (client->waiting<TbGoAway>() == 0) continue;
      waiting.erase(client.get());
      const auto notice = client->expect<TbGoAway>();
      EXPECT_EQ(notice.reason(), GO_AWAY_DRAIN);
      ++told.ports[notice.port()];
      told.ips.insert(notice.ip());
      const auto now = std::chrono::steady_clock::now();
      first = first.value_or(now);
      told.took = std::chrono::duration_cast<milliseconds>(now - *first);
    }
    return waiting.empty();
  });
  return told;
}

/// Three msg_servers; user1, user2, … on one of them.
class DrainScenario : public testing::Test {
 protected:
  static ClusterOptions shape(int msg_servers) {
    ClusterOptions options;
    options.msg_servers = msg_servers;
    options.settings = {"drain.spread=1s", "cluster.heartbeat_interval=300ms"};
    return options;
  }
  static void add_users(const Cluster& cluster, int count) {
    const Outcome added = cluster.talkctl({"user", "add-many", "--prefix", "user", "--count", std::to_string(count),
                                           "--password", std::string(kPassword)});
    ASSERT_EQ(added.exit_code, 0) << added.err;
  }
  static Clients log_in(uint16_t port, int first, int count) {
    Clients clients;
    for (int i = first; i < first + count; ++i) {
      clients.push_back(std::make_unique<WireClient>(port));
      clients.back()->log_in("user" + std::to_string(i));
    }
    return clients;
  }
  static void set_timeout(const Cluster& cluster, const std::string& server, const std::string& time) {
    const auto path = cluster.directory() / "conf/msg_server.toml";
    std::string text = contents(path);
    const size_t section = text.find("\n[drain]");
    ASSERT_NE(section, std::string::npos);
    const size_t at = text.find("\ntimeout = \"", section) + 12;
    text.replace(at, text.find('"', at) - at, time);
    std::ofstream(path) << text;
    kill(cluster.pid(server), SIGHUP);
  }
};

TEST_F(DrainScenario, clients_are_told_over_time_to_go_where_there_is_room_and_are_served_until_the_timeout) {
  Cluster cluster(shape(3));
  add_users(cluster, 16);
  const uint16_t port = cluster.client_port("msg_server_0");
  const Clients staying = log_in(port, 1, 10);
  const Clients elsewhere = log_in(cluster.client_port("msg_server_1"), 11, 6);
  wait_until("the load of both is known", [&] {
    const std::string body = cluster.get("login_server_0", "/api/cluster").body;
    return body.find(R"("connections":10,)") != std::string::npos &&
           body.find(R"("connections":6,)") != std::string::npos;
  });

  cluster.signal("msg_server_0", SIGTERM);
  const Told told = await_notices(staying);
  EXPECT_GE(told.took, 300ms) << "all at once";
  EXPECT_EQ(told.ips, std::set<std::string>{"127.0.0.1"});
  EXPECT_EQ(told.ports, (std::map<uint32_t, size_t>{{cluster.client_port("msg_server_1"), 2},
                                                    {cluster.client_port("msg_server_2"), 8}}));

  EXPECT_THROW(WireClient{port}, Unexpected) << "the port still takes clients";
  for (int i = 0; i < 30; ++i) EXPECT_NE(allocated_port(cluster), port);
  EXPECT_EQ(cluster.get("msg_server_0", "/readyz").status, 503);
  EXPECT_THAT(cluster.get("msg_server_0", "/healthz").body, HasSubstr(R"("status":"draining")"));
  EXPECT_THAT(cluster.get("msg_server_0", "/healthz").body, HasSubstr(R"("clients_left":10,"clients_told":10)"));
  EXPECT_EQ(figure(cluster, "msg_server_0", "talkbeat_draining"), 1);

  staying[0]->tell(staying[1]->user_id(), "still here");
  EXPECT_EQ(staying[1]->expect<IMMsgData>().msg_data(), "still here");
  staying[0]->tell(elsewhere[0]->user_id(), "and you?");
  EXPECT_EQ(elsewhere[0]->expect<IMMsgData>().msg_data(), "and you?");
  elsewhere[0]->tell(staying[0]->user_id(), "I hear you");
  EXPECT_EQ(staying[0]->expect<IMMsgData>().msg_data(), "I hear you");

  set_timeout(cluster, "msg_server_0", "1500ms");
  for (const auto& client : staying) {
    client->expect_close();
    EXPECT_EQ(client->waiting<TbGoAway>(), 0u) << "told twice";
  }
  wait_until("it is gone", [&] { return !cluster.running("msg_server_0"); });
  const std::string log = cluster.log_of("msg_server_0");
  EXPECT_EQ(times(log, "reason=drained"), 10u);
  EXPECT_THAT(log, HasSubstr("drain_begins clients=10"));
  EXPECT_THAT(log, HasSubstr("drained told=10 closed=10 unfinished_writes=0"));
}

TEST_F(DrainScenario, a_server_ends_when_its_last_client_has_left) {
  Cluster cluster(shape(2));
  add_users(cluster, 4);
  JoinedServer server(cluster, {"drain.spread=300ms", "drain.timeout=10m"});
  Clients clients = log_in(server.client_port(), 1, 4);
  WireClient stranger(server.client_port());
  wait_until("all are there", [&] { return says(server, "talkbeat_client_connections 5"); });
  server.signal(SIGTERM);
  EXPECT_FALSE(stranger.expect<TbGoAway>().has_ip());
  await_notices(clients);
  clients.clear();
  stranger.socket().reset();
  EXPECT_EQ(server.exit_code(), 0);
  EXPECT_THAT(server.log(), HasSubstr("told=5 closed=0"));
  wait_until("login_server knows why",
             [&] { return times(cluster.log_of("login_server_0"), "msg_server_leaves") == 1; });
}

TEST_F(DrainScenario, without_a_login_server_clients_are_told_to_go_but_not_where) {
  Cluster cluster(shape(2));
  cluster.kill9("login_server_0");
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  cluster.signal("msg_server_0", SIGTERM);
  EXPECT_FALSE(alice.expect<TbGoAway>().has_ip());
}

/// One writes without waiting for acks, to somebody on another server.
class Burst {
 public:
  Burst(const Cluster& cluster, uint16_t port, std::string name)
      : cluster_(cluster), name_(std::move(name)), alice_(port), bob_(other_port()) {
    alice_.log_in("alice");
    bob_.log_in("bob");
  }
  void write(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string text = name_ + std::to_string(i);
      texts_[alice_.send_text(bob_.user_id(), text)] = text;
    }
  }
  WireClient& alice() { return alice_; }

  /// When the server has closed: what was acked is stored, once, as it was sent, and reaches bob.
  size_t check_acked() {
    alice_.expect_close();
    std::map<uint32_t, std::string> acked;
    for (const Pdu& pdu : alice_.inbox()) {
      IMMsgDataAck ack;
      if (pdu.header.command_id != kCommandOf<IMMsgDataAck>) continue;
      EXPECT_TRUE(ack.ParseFromString(pdu.body));
      EXPECT_TRUE(acked.emplace(ack.msg_id(), texts_.at(pdu.header.seq_num)).second) << "two acks with one msg_id";
    }
    WireClient again(other_port());
    again.log_in("alice");
    std::map<std::string, size_t> stored;
    const auto page = page_of(again, bob_.user_id(), 0, 900);
    for (const auto& message : page.msg_list()) {
      if (message.msg_data().starts_with(name_)) ++stored[message.msg_data()];
      const auto found = acked.find(message.msg_id());
      if (found != acked.end()) {
        EXPECT_EQ(message.msg_data(), found->second);
      }
    }
    for (const auto& [id, text] : acked) EXPECT_EQ(stored[text], 1u) << text;
    wait_until("bob has heard everything", [&] {
      bob_.sync();
      return bob_.waiting<IMMsgData>() >= stored.size();
    });
    EXPECT_EQ(bob_.waiting<IMMsgData>(), stored.size());
    return acked.size();
  }

 private:
  uint16_t other_port() const { return cluster_.client_port("msg_server_0"); }

  const Cluster& cluster_;
  const std::string name_;
  WireClient alice_;
  WireClient bob_;
  std::map<uint16_t, std::string> texts_;
};

TEST_F(DrainScenario, SIGINT_and_a_second_SIGTERM_end_it_at_once_and_lose_nothing_acked) {
  Cluster cluster(shape(1));
  for (const bool after_a_drain : {false, true}) {
    JoinedServer server(cluster, {"drain.timeout=10m"});
    Burst burst(cluster, server.client_port(), after_a_drain ? "second " : "first ");
    if (after_a_drain) {
      server.signal(SIGTERM);
      burst.alice().expect<TbGoAway>();
    }
    burst.write(300);
    server.signal(after_a_drain ? SIGTERM : SIGINT);
    EXPECT_EQ(server.exit_code(), 0);
    burst.check_acked();
    EXPECT_THAT(server.log(), HasSubstr("reason=server_stopping"));
  }
}

/// While it lives, nobody can write to the cluster's database.
class BlockedStore {
 public:
  explicit BlockedStore(const Cluster& cluster)
      : fd_(open((cluster.directory() / "talkbeat.db.turnstile").c_str(), O_RDWR | O_CLOEXEC)) {
    struct flock all {};
    all.l_type = F_WRLCK;
    if (fcntl(fd_, F_OFD_SETLKW, &all) != 0) throw Unexpected("the store cannot be blocked");
  }
  ~BlockedStore() { close(fd_); }
  BlockedStore(const BlockedStore&) = delete;
  BlockedStore& operator=(const BlockedStore&) = delete;

 private:
  int fd_;
};

TEST_F(DrainScenario, what_waits_in_the_stores_queue_at_the_timeout_is_committed_and_acked) {
  Cluster cluster(shape(1));
  JoinedServer server(cluster, {"drain.spread=100ms", "drain.timeout=1s"});
  Burst burst(cluster, server.client_port(), "text ");
  {
    const BlockedStore blocked(cluster);
    burst.write(20);
    wait_until("all of them wait", [&] { return says(server, "talkbeat_store_pending_writes 20"); });
    server.signal(SIGTERM);
    wait_until("it is time",
               [&] { return server.get("/healthz").body.find(R"("closes_in_ms":0)") != std::string::npos; });
    EXPECT_THAT(server.log(), Not(HasSubstr("drained ")));
  }
  EXPECT_EQ(burst.check_acked(), 20u);
  EXPECT_EQ(server.exit_code(), 0);
  EXPECT_THAT(server.log(), HasSubstr("closed=1 unfinished_writes=0"));
}

}  // namespace
}  // namespace talkbeat::scenario
