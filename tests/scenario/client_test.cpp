// The client library against real servers that are killed, ask it to leave, or revoke its token: the conversation goes
// on, and each message arrives once.
#include "tools/client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "tests/scenario/figures.h"

namespace talkbeat::scenario {
namespace {

using enum ClientState;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Lt;

const std::vector<ClientState> kOnlineOnce = {kResolving, kConnecting, kLoggingIn, kOnline};

// A person with a client, who numbers what is said, and writes down what is heard and when.
struct Person final : ClientListener {
  Person(ClientLoop& in, const Cluster& cluster, const std::string& name) : loop(in) {
    options.login_servers = {{"127.0.0.1", cluster.client_port("login_server_0")}};
    options.user = name;
    options.password = kPassword;
    client = std::make_unique<Client>(loop.network, options, *this);
    client->start();
  }

  void on_state(ClientState state, const std::string& reason) override {
    states.push_back(state);
    why = reason;
    if (state == kDisconnected) lost_at = loop.clock.now();
    if (state == kOnline && lost_at != 0) offline_ms.push_back(loop.clock.now() - std::exchange(lost_at, 0));
  }
  void on_moved(const Address&, const std::string& reason) override { why_moved = reason; }
  // "NUMBER TIME"
  void on_message(const ReceivedMessage& message) override {
    if (message.mine) return;
    const size_t space = message.body.find(' ');
    heard.push_back(std::stoul(message.body.substr(0, space)));
    delays.push_back(loop.clock.now() - std::stol(message.body.substr(space + 1)));
  }
  void on_sent(uint64_t, uint32_t) override { ++stored; }
  void on_synced() override { ++synced; }

  void say(uint32_t to) { client->send_text(to, std::to_string(++said) + " " + std::to_string(loop.clock.now())); }
  uint32_t id() const { return client->info().user_id; }
  std::string figures() const {
    std::string missing;
    for (size_t i = 1, last = heard.empty() ? 0 : heard.back(); i <= last; ++i) {
      if (std::ranges::count(heard, i) != 1) missing += " " + std::to_string(i);
    }
    return "said " + std::to_string(said) + ", stored " + std::to_string(stored) + ", heard " +
           std::to_string(heard.size()) + " up to " + std::to_string(heard.empty() ? 0 : heard.back()) +
           ", of these not once:" + missing;
  }

  ClientLoop& loop;
  ClientOptions options;
  std::vector<ClientState> states;
  std::string why;
  std::string why_moved;
  Tick lost_at = 0;
  std::vector<Tick> offline_ms;  // each time
  std::vector<size_t> heard;
  std::vector<Tick> delays;
  size_t said = 0;
  size_t stored = 0;
  int synced = 0;
  std::unique_ptr<Client> client;
};

// Two of them, in the test's own thread, who talk to each other.
class Conversation {
 public:
  explicit Conversation(const Cluster& cluster) : alice_(loop_, cluster, "alice"), bob_(loop_, cluster, "bob") {
    turn_until("both are online", [&] { return alice_.synced > 0 && bob_.synced > 0; });
  }

  template <class Condition>
  void turn_until(const std::string& what, Condition condition, milliseconds timeout = 2 * kPatience) {
    const Deadline deadline(timeout);
    while (!condition()) {
      if (deadline.passed()) throw Unexpected("not in time: " + what);
      loop_.events.turn(5);
    }
  }
  // Each says something each 20 ms.
  template <class Condition>
  void talk_until(const std::string& what, Condition condition) {
    Tick next = 0;
    turn_until(what, [&] {
      if (loop_.clock.now() >= next) {
        next = loop_.clock.now() + 20;
        alice_.say(bob_.id());
        bob_.say(alice_.id());
      }
      return condition();
    });
  }
  void talk_for(milliseconds time) {
    const Deadline end(time);
    talk_until("some time has passed", [&] { return end.passed(); });
  }

  void expect_all_heard_once_and_in_order() {
    const auto all_is_heard = [&] {
      return alice_.stored == alice_.said && bob_.stored == bob_.said && alice_.heard.size() >= bob_.said &&
             bob_.heard.size() >= alice_.said;
    };
    try {
      turn_until("all is stored and heard", all_is_heard);
    } catch (const Unexpected& late) {
      throw Unexpected(late.what() + ("\nalice: " + alice_.figures() + "\nbob:   " + bob_.figures()));
    }
    for (const auto& [listener, speaker] : {std::pair{&alice_, &bob_}, std::pair{&bob_, &alice_}}) {
      std::vector<size_t> all(speaker->said);
      for (size_t i = 0; i < all.size(); ++i) all[i] = i + 1;
      EXPECT_EQ(listener->heard, all);
    }
  }

  Person& alice() { return alice_; }
  Person& bob() { return bob_; }
  uint16_t port_of(const Person& person) const { return person.client->info().server.port; }

 private:
  ClientLoop loop_;
  Person alice_;
  Person bob_;
};

std::string server_at(const Cluster& cluster, uint16_t port) {
  return cluster.client_port("msg_server_0") == port ? "msg_server_0" : "msg_server_1";
}

double logins_with(const Cluster& cluster, const std::string& method) {
  double all = 0;
  for (const char* server : {"msg_server_0", "msg_server_1"}) {
    all += figure(cluster, server, "talkbeat_logins_total{method=\"" + method + "\",result=\"accepted\"}");
  }
  return all;
}

TEST(ClientLibrary, the_age_of_a_connection_costs_no_message_and_no_time) {
  ClusterOptions options;
  options.settings = {"client.max_connection_age=2s", "client.max_connection_age_grace=5s"};
  Cluster cluster(options);
  Conversation talk(cluster);
  talk.talk_until("both have moved three times",
                  [&] { return talk.alice().client->info().moves >= 3 && talk.bob().client->info().moves >= 3; });
  talk.expect_all_heard_once_and_in_order();
  for (Person* person : {&talk.alice(), &talk.bob()}) {
    EXPECT_EQ(person->states, kOnlineOnce) << "was offline";
    EXPECT_EQ(person->client->info().reconnects, 0);
    EXPECT_EQ(person->why_moved, "the server said: this connection is old: make a new one");
    EXPECT_THAT(person->delays, Each(Lt(5'000))) << "ms: waited for a timeout of some kind";
  }
  EXPECT_EQ(logins_with(cluster, "password"), 2);
  EXPECT_GE(logins_with(cluster, "token"), 6);
}

TEST(ClientLibrary, a_kill_of_its_msg_server_interrupts_a_conversation_for_a_moment) {
  ClusterOptions options;
  options.settings = {"cluster.reconnect_first=50ms", "cluster.reconnect_max=200ms"};
  Cluster cluster(options);
  Conversation talk(cluster);
  for (int round = 1; round <= 3; ++round) {
    talk.talk_for(1s);
    const std::string victim = server_at(cluster, talk.port_of(talk.alice()));
    cluster.kill9(victim);
    talk.talk_until("alice is back", [&] {
      return talk.alice().client->state() == kOnline && talk.alice().client->info().reconnects >= round;
    });
    talk.talk_for(500ms);
    EXPECT_NE(server_at(cluster, talk.port_of(talk.alice())), victim);
    cluster.start();
    wait_until("it is back", [&] { return registered_servers(cluster) == 2; });
  }
  talk.expect_all_heard_once_and_in_order();
  EXPECT_THAT(talk.alice().offline_ms, Each(Lt(5'000)));
}

// kill -9 takes the figures of a server with it: those of the other one tell.
TEST(ClientLibrary, a_reconnect_costs_no_password_check) {
  Cluster cluster;
  Conversation talk(cluster);
  EXPECT_EQ(logins_with(cluster, "password"), 2);
  const std::string first = server_at(cluster, talk.port_of(talk.alice()));
  const std::string second = first == "msg_server_0" ? "msg_server_1" : "msg_server_0";
  const auto figure_of = [&](const std::string& name) { return figure(cluster, second, name); };
  const double before = figure_of("talkbeat_logins_total{method=\"token\",result=\"accepted\"}");
  const double checks = figure_of("talkbeat_password_checks_total");
  cluster.kill9(first);
  talk.talk_until("alice is there", [&] {
    return talk.alice().client->state() == kOnline &&
           talk.alice().client->info().server.port == cluster.client_port(second);
  });
  talk.expect_all_heard_once_and_in_order();
  EXPECT_GT(figure_of("talkbeat_logins_total{method=\"token\",result=\"accepted\"}"), before);
  EXPECT_EQ(figure_of("talkbeat_password_checks_total"), checks);
}

TEST(ClientLibrary, a_revoked_session_comes_back_with_the_password_and_ends_with_it) {
  Cluster cluster;
  Conversation talk(cluster);
  ASSERT_EQ(cluster.talkctl({"user", "revoke", "alice"}).exit_code, 0);
  talk.talk_until("alice is back", [&] { return talk.alice().client->info().reconnects == 1; });
  talk.expect_all_heard_once_and_in_order();
  EXPECT_EQ(logins_with(cluster, "password"), 3);

  const Outcome changed = cluster.talkctl({"user", "passwd", "alice", "--password", "another"});
  ASSERT_EQ(changed.exit_code, 0) << changed.err;
  talk.turn_until("alice is told", [&] { return talk.alice().client->state() == kClosed; });
  EXPECT_EQ(talk.alice().client->info().closed_by, ClosedBy::kRefusal);
  EXPECT_EQ(talk.bob().client->state(), kOnline);
}

}  // namespace
}  // namespace talkbeat::scenario
