#include "msg_server/drain.h"

#include <gmock/gmock.h>

#include "tests/unit/msg_server_fixture.h"
#include "tests/unit/tls_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

using testing::HasSubstr;

TbPlace place(const std::string& ip, uint32_t port, uint32_t clients) {
  TbPlace result;
  result.set_ip(ip);
  result.set_port(port);
  result.set_clients(clients);
  return result;
}

class DrainTest : public MsgServerTest {
 protected:
  DrainTest() { config.drain = {.spread_ms = 1'000, .timeout_ms = 5'000}; }

  void find_places(uint32_t clients, PlaceFinder::Callback done) {
    asked.push_back(clients);
    if (hold_places) {
      unanswered = std::move(done);
    } else {
      done(places);
    }
  }
  void pass(Tick ms) {
    for (const Tick end = clock.now() + ms; clock.now() < end;) {
      run_for(10);
      step();
    }
  }
  std::vector<std::unique_ptr<TestClient>> log_in_many(int count) {
    std::vector<std::unique_ptr<TestClient>> clients;
    for (int i = 0; i < count; ++i) {
      add_user("user" + std::to_string(i));
      clients.push_back(log_in("user" + std::to_string(i)));
    }
    return clients;
  }
  size_t closed_as(const std::string& reason) {
    const std::string series = "reason=\"" + reason + "\",role=\"client\"} ";
    const std::string page = metrics.render();
    const size_t at = page.find(series);
    return at == std::string::npos ? 0 : std::stoul(page.substr(at + series.size()));
  }
  bool refuses_connections(const Address& address) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const SocketAddress raw = address.to_sockaddr();
    const bool refused = ::connect(fd, raw.get(), raw.length) != 0;
    ::close(fd);
    return refused;
  }

  TbPlacesRsp places;
  bool hold_places = false;
  std::vector<uint32_t> asked;
  PlaceFinder::Callback unanswered;
  int announced = 0;
  int gone = 0;
  Drain drain{
      parts,
      port,
      metrics,
      {.announce =
           [this] {
             EXPECT_TRUE(drain.begun());
             ++announced;
           },
       .find_places = [this](uint32_t clients, PlaceFinder::Callback done) { find_places(clients, std::move(done)); },
       .gone = [this] { ++gone; }}};
};

TEST_F(DrainTest, it_is_announced_and_the_port_is_closed_at_once) {
  const auto client = log_in_many(1);
  const Address address = port.address();
  EXPECT_FALSE(drain.begun());
  drain.begin();
  drain.begin();
  EXPECT_EQ(announced, 1);
  EXPECT_TRUE(refuses_connections(address));
  EXPECT_THAT(metrics.render(), HasSubstr("talkbeat_draining 1"));
}

TEST_F(DrainTest, a_server_without_clients_is_gone_at_once) {
  drain.begin();
  EXPECT_EQ(gone, 1);
  pass(6'000);
  EXPECT_EQ(gone, 1);
}

TEST_F(DrainTest, clients_are_told_once_each_over_the_spread) {
  const auto clients = log_in_many(10);
  drain.begin();
  EXPECT_EQ(drain.told(), 1u);
  pass(500);
  EXPECT_NEAR(static_cast<double>(drain.told()), 5, 1);
  pass(600);
  EXPECT_EQ(drain.told(), 10u);
  pass(1'000);
  for (const auto& client : clients) {
    sync(*client);
    EXPECT_EQ(client->waiting<TbGoAway>(), 1u);
  }
  EXPECT_EQ(gone, 0);
}

TEST_F(DrainTest, each_is_told_another_place_as_long_as_there_are_some_and_a_moment_of_its_own) {
  const auto clients = log_in_many(4);
  config.drain.spread_ms = 1;
  *places.add_places() = place("192.0.2.1", 8210, 1);
  *places.add_places() = place("", 8220, 1);
  drain.begin();
  const auto first = expect<TbGoAway>(*clients[3]);
  EXPECT_EQ(first.reason(), GO_AWAY_DRAIN);
  EXPECT_EQ(first.reconnect_after_ms(), 0u);
  EXPECT_EQ(first.port(), 8210u);
  EXPECT_EQ(first.ip(), "192.0.2.1");
  pass(100);
  EXPECT_EQ(asked, (std::vector<uint32_t>{1, 3}));
  std::set<uint32_t> delays;
  std::multiset<std::string> where;
  for (size_t i = 0; i < 3; ++i) {
    const auto notice = expect<TbGoAway>(*clients[i]);
    delays.insert(notice.reconnect_after_ms());
    where.insert(notice.has_port() ? notice.ip() + ":" + std::to_string(notice.port()) : "ask");
  }
  EXPECT_EQ(delays, (std::set<uint32_t>{0, 33, 66}));
  EXPECT_EQ(where, (std::multiset<std::string>{"127.0.0.1:8220", "192.0.2.1:8210", "ask"}));
  EXPECT_THAT(metrics.render(), HasSubstr("talkbeat_drain_told_total{place=\"named\"} 3"));
  EXPECT_THAT(metrics.render(), HasSubstr("talkbeat_drain_told_total{place=\"none\"} 1"));
}

TEST_F(DrainTest, who_has_not_logged_in_is_told_as_well_and_takes_no_place) {
  const auto stranger = connect();
  ASSERT_TRUE(until([&] { return port.connections() == 1; }));
  *places.add_places() = place("192.0.2.1", 8210, 1);
  drain.begin();
  EXPECT_FALSE(expect<TbGoAway>(*stranger).has_ip());
  EXPECT_TRUE(asked.empty());
}

TEST_F(DrainTest, no_answer_is_waited_for_and_then_clients_are_told_without_a_place) {
  const auto clients = log_in_many(3);
  hold_places = true;
  drain.begin();
  pass(500);
  EXPECT_EQ(drain.told(), 0u);
  EXPECT_EQ(asked.size(), 1u);
  unanswered(std::nullopt);
  hold_places = false;
  pass(600);
  EXPECT_EQ(drain.told(), 3u);
  for (const auto& client : clients) EXPECT_FALSE(expect<TbGoAway>(*client).has_ip());
}

TEST_F(DrainTest, messages_go_on_in_both_directions_after_one_was_told) {
  const auto clients = log_in_many(2);
  config.drain.spread_ms = 1;
  drain.begin();
  pass(200);
  clients[0]->send(message(2, "still here"));
  expect<IMMsgDataAck>(*clients[0]);
  EXPECT_EQ(expect<IMMsgData>(*clients[1]).msg_data(), "still here");
}

class TlsDrainTest : public DrainTest {
 protected:
  TlsDrainTest() {
    port.stop_accepting();
    config.tls.files = files_.server();
    config.tls.handshakes = {.per_turn = 1, .rate = 1, .waiting = 100};
    config.tls_listen = {"127.0.0.1", 0};
    EXPECT_TRUE(port.start().ok());
  }
  struct Caller {
    explicit Caller(uint16_t port) : peer(connect(port)) {}
    static int connect(uint16_t port) {
      const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
      const SocketAddress raw = Address{"127.0.0.1", port}.to_sockaddr();
      EXPECT_EQ(::connect(fd, raw.get(), raw.length), 0);
      return fd;
    }
    void exchange() {
      peer.send(tls.said());
      tls.take(peer.receive());
    }
    Peer peer;
    TlsClient tls;
  };
  // The first one's handshake begins, and all others wait.
  std::vector<std::unique_ptr<Caller>> call(size_t count) {
    std::vector<std::unique_ptr<Caller>> callers;
    for (size_t i = 0; i < count; ++i) {
      callers.push_back(std::make_unique<Caller>(parts.ports.tls));
      callers.back()->exchange();
    }
    EXPECT_TRUE(until([&] { return connections.handshakes().waiting() == count - 1; }));
    return callers;
  }
  bool ends_with_goodbye(Caller& caller) {
    return until([&] {
             caller.tls.take(caller.peer.receive());
             return caller.peer.ended();
           }) &&
           caller.tls.heard_goodbye();
  }

  TlsFiles files_;
};

TEST_F(TlsDrainTest, who_waits_for_a_handshake_is_not_waited_for_and_hears_a_goodbye) {
  config.drain = {.spread_ms = 200, .timeout_ms = 60'000};
  const auto callers = call(3);
  callers[0]->peer.reset();
  drain.begin();
  pass(500);
  EXPECT_EQ(gone, 1);
  EXPECT_EQ(closed_as("drained"), 2u);
  for (const size_t waiting : {1u, 2u}) EXPECT_TRUE(ends_with_goodbye(*callers[waiting])) << waiting;
}

TEST_F(TlsDrainTest, while_the_store_finishes_no_handshake_begins_and_nothing_more_is_taken) {
  add_user("alice");
  const UserId bob = add_user("bob");
  const auto alice = log_in("alice");
  hold_store = true;
  alice->send(message(bob, "held"));
  const auto callers = call(2);
  EXPECT_TRUE(until([this] { return store.pending_writes() > 0; }));
  drain.leave_now();
  EXPECT_EQ(gone, 0) << "the store has not finished";
  EXPECT_TRUE(ends_with_goodbye(*callers[1]));
  EXPECT_EQ(connections.handshakes().begun(), 1u);
  hold_store = false;
  pass(100);
  EXPECT_EQ(gone, 1);
}

TEST_F(DrainTest, it_ends_when_the_last_client_has_left) {
  const auto clients = log_in_many(2);
  drain.begin();
  clients[0]->close();
  pass(500);
  EXPECT_EQ(gone, 0);
  clients[1]->close();
  pass(200);
  EXPECT_EQ(gone, 1);
  EXPECT_EQ(closed_as("drained"), 0u);
}

TEST_F(DrainTest, who_stays_is_closed_at_the_timeout) {
  const auto clients = log_in_many(2);
  drain.begin();
  pass(4'800);
  EXPECT_EQ(gone, 0);
  EXPECT_LE(drain.closes_in_ms(), 200);
  pass(400);
  EXPECT_EQ(gone, 1);
  EXPECT_EQ(closed_as("drained"), 2u);
  for (const auto& client : clients) {
    expect_end(*client);
    EXPECT_EQ(client->waiting<TbGoAway>(), 1u);
  }
}

TEST_F(DrainTest, the_times_may_be_changed_meanwhile) {
  const auto clients = log_in_many(2);
  drain.begin();
  config.drain.timeout_ms = 20'000;
  pass(10'000);
  EXPECT_EQ(gone, 0);
  config.drain.timeout_ms = 10'000;
  pass(200);
  EXPECT_EQ(gone, 1);
}

TEST_F(DrainTest, what_the_store_was_given_is_acked_before_the_close) {
  const auto clients = log_in_many(2);
  hold_store = true;
  for (int i = 0; i < 3; ++i) clients[0]->send(message(2, std::to_string(i)));
  drain.begin();
  pass(5'200);
  EXPECT_EQ(gone, 0);
  clients[0]->send(message(2, "too late"));
  hold_store = false;
  pass(200);
  EXPECT_EQ(gone, 1);
  expect_end(*clients[0]);
  EXPECT_EQ(clients[0]->waiting<IMMsgDataAck>(), 3u);
}

TEST_F(DrainTest, a_store_that_hangs_is_not_waited_for_without_end) {
  const auto clients = log_in_many(2);
  hold_store = true;
  clients[0]->send(message(2, "never stored"));
  pass(10);
  drain.begin();
  pass(5'000 + Drain::kFinishMs - 200);
  EXPECT_EQ(gone, 0);
  pass(400);
  EXPECT_EQ(gone, 1);
  expect_end(*clients[0]);
  EXPECT_EQ(clients[0]->waiting<IMMsgDataAck>(), 0u);
}

TEST_F(DrainTest, leaving_at_once_waits_for_no_client) {
  const auto clients = log_in_many(2);
  drain.leave_now();
  EXPECT_EQ(gone, 1);
  EXPECT_EQ(announced, 1);
  EXPECT_EQ(closed_as("server_stopping"), 2u);
  EXPECT_EQ(expect<TbGoAway>(*clients[0]).reason(), GO_AWAY_DRAIN);
  expect_end(*clients[0]);
}

TEST_F(DrainTest, leaving_at_once_in_the_middle_of_a_drain) {
  const auto clients = log_in_many(2);
  drain.begin();
  pass(200);
  drain.leave_now();
  EXPECT_EQ(gone, 1);
  EXPECT_EQ(announced, 1);
  EXPECT_EQ(closed_as("server_stopping"), 2u);
}

TEST_F(DrainTest, leaving_at_once_gives_the_store_a_moment_and_the_second_time_none) {
  const auto clients = log_in_many(2);
  hold_store = true;
  clients[0]->send(message(2, "on its way"));
  pass(10);
  drain.leave_now();
  pass(Drain::kFinishNowMs / 2);
  EXPECT_EQ(gone, 0);
  drain.leave_now();
  EXPECT_EQ(gone, 1);
  drain.leave_now();
  EXPECT_EQ(gone, 1);
}

TEST_F(DrainTest, a_client_that_logs_in_elsewhere_after_it_was_told_has_moved) {
  const auto clients = log_in_many(1);
  drain.begin();
  expect<TbGoAway>(*clients[0]);
  sessions.kicked_by_bus(1, ClientClass::kPc, KICK_REASON_DUPLICATE_USER,
                         users.local(1, ClientClass::kPc)->login_stamp + 1);
  expect<IMKickUser>(*clients[0]);
  pass(200);
  EXPECT_EQ(closed_as("moved"), 1u);
  EXPECT_EQ(gone, 1);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
