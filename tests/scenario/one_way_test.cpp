// KEEPALIVE, N3: a path that carries one way only. Each end notices by itself, and nothing is lost or doubled.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/scenario/client_process.h"
#include "tests/scenario/figures.h"
#include "tests/scenario/network.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::Pair;

constexpr milliseconds kMargin = 5s;
constexpr int kSaid = 60;

std::vector<std::string> numbers(int count) {
  std::vector<std::string> all;
  for (int k = 1; k <= count; ++k) all.push_back(std::to_string(k));
  return all;
}

// Everybody else is at home, and may be silent: mobile.
ClusterOptions for_one_way(const std::string& idle_timeout, const std::string& user_timeout) {
  ClusterOptions options;
  options.msg_servers = 1;
  options.settings = {"client.idle_timeout=" + idle_timeout, "client.idle_timeout_mobile=10m",
                      "tcp.client_user_timeout=" + user_timeout, "client.min_ping_interval=0"};
  return options;
}

// alice, far away, speaks to bob all the time; bob, at home, listens.
struct Talk {
  Talk(const ClusterOptions& options, Tick response_timeout_ms)
      : cluster(options), closings(cluster, "msg_server_0"), bob(cluster.client_port("msg_server_0")) {
    bob.log_in("bob", kMobile);
    ClientOptions client = quick_client("alice", {far.home(), cluster.client_port("msg_server_0")});
    client.response_timeout_ms = response_timeout_ms;
    far.inside(
        [&] { alice.emplace(ClientProcess::Plan{.options = client, .say_to = bob.user_id(), .say_count = kSaid}); });
    alice->await("stored", 5);
    alice_id = bob.expect<IM::Message::IMMsgData>().from_user_id();
    heard.push_back("1");
  }

  // All that alice says, once and in order.
  void hear_all() {
    while (heard.size() < kSaid) heard.push_back(bob.expect<IM::Message::IMMsgData>().msg_data());
    bob.sync();
    EXPECT_EQ(bob.waiting<IM::Message::IMMsgData>(), 0u);
    EXPECT_THAT(heard, ElementsAreArray(numbers(kSaid)));
  }

  Network network;
  RemoteHost far{network};
  Cluster cluster;
  Closings closings;
  WireClient bob;
  uint32_t alice_id = 0;
  std::optional<ClientProcess> alice;
  std::vector<std::string> heard;
};

TEST(N3, a_client_that_hears_nothing_leaves_and_its_server_lets_it_go) {
  constexpr milliseconds kUserTimeout = 2s;
  constexpr milliseconds kResponseTimeout = 5s;
  Talk talk(for_one_way("10m", "2s"), kResponseTimeout.count());
  ClientProcess& alice = *talk.alice;

  talk.far.hear_nothing();
  const Deadline noticed(500ms + kResponseTimeout + kMargin);
  EXPECT_EQ(talk.bob.tell(talk.alice_id, "can you hear me?").session_id(), talk.alice_id);
  // What alice says still comes, and is answered: her system acknowledges nothing of that.
  wait_until(
      "the server has noticed", [&] { return !talk.closings.so_far().empty(); }, kUserTimeout + kMargin);
  EXPECT_THAT(talk.closings.so_far(), Contains(Pair("unacknowledged", 1)));
  alice.await("waiting", 1, noticed.left());
  EXPECT_THAT(alice.told("heard"), IsEmpty());

  talk.far.heal();
  alice.await("online", 2);
  alice.await("stored", kSaid);
  alice.await("heard");
  talk.hear_all();
  EXPECT_THAT(alice.told("heard"), ElementsAre(testing::EndsWith("can you hear me?")));
}

TEST(N3, a_client_that_is_not_heard_is_silent_and_finds_its_server_dead) {
  constexpr milliseconds kIdleTimeout = 4s;
  constexpr milliseconds kResponseTimeout = 2s;
  Talk talk(for_one_way("4s", "1m"), kResponseTimeout.count());
  ClientProcess& alice = *talk.alice;

  talk.far.be_unheard();
  const Deadline noticed(500ms + kResponseTimeout + kMargin);
  // It comes to her on the connection that is half dead, and must not come again on the next one.
  talk.bob.tell(talk.alice_id, "I hear you no more");
  alice.await("heard");
  alice.await("waiting", 1, noticed.left());
  wait_until(
      "the server has noticed", [&] { return !talk.closings.so_far().empty(); }, kIdleTimeout + kMargin);
  EXPECT_THAT(talk.closings.so_far(), ElementsAre(Pair("silent", 1)));

  talk.far.heal();
  alice.await("online", 2);
  alice.await("stored", kSaid);
  talk.hear_all();
  EXPECT_THAT(alice.told("heard"), ElementsAre(testing::EndsWith("I hear you no more")));
}

}  // namespace
}  // namespace talkbeat::scenario
