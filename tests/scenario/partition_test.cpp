// N4: login_servers that are cut off from the msg_servers. Who is online hardly notices.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/figures.h"
#include "tests/scenario/full.h"
#include "tests/scenario/network.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr milliseconds kMargin = 5s;
const milliseconds kSilence = in_full<milliseconds>(3s, 30s);
const milliseconds kHealed = in_full<milliseconds>(500ms + 1s + kMargin, 35s);  // reconnect_max, connect_timeout
const std::vector<std::string> kMsgServers{"msg_server_0", "msg_server_1"};

ClusterOptions impatient(int login_servers) {
  ClusterOptions options;
  options.login_servers = login_servers;
  options.users = {"alice", "bob", "carol"};
  options.settings = {"client.idle_timeout=10m", "tcp.server_user_timeout=1m"};
  if (in_full()) return options;  // a cluster as one gets it
  options.settings.insert(options.settings.end(), {"cluster.heartbeat_interval=500ms", "cluster.silence_timeout=3s",
                                                   "cluster.connect_timeout=1s", "cluster.reconnect_first=50ms",
                                                   "cluster.reconnect_max=500ms"});
  return options;
}

std::vector<std::string> heard_by(WireClient& client) {
  std::vector<std::string> texts;
  client.sync();
  while (client.waiting<IM::Message::IMMsgData>() > 0) {
    texts.push_back(client.expect<IM::Message::IMMsgData>().msg_data());
  }
  return texts;
}

void await_heard(WireClient& client, size_t count, milliseconds timeout = kPatience) {
  wait_until(
      std::to_string(count) + " messages are heard",
      [&] {
        client.sync();
        return client.waiting<IM::Message::IMMsgData>() >= count;
      },
      timeout);
}

// alice and carol on one msg_server, bob on the other one.
struct Cut {
  explicit Cut(int login_servers)
      : cluster(impatient(login_servers)),
        alice(cluster.client_port("msg_server_0")),
        carol(cluster.client_port("msg_server_0")),
        bob(cluster.client_port("msg_server_1")) {
    alice.log_in("alice");
    carol.log_in("carol");
    bob.log_in("bob");
    await_online(alice, bob.user_id());
  }

  void await_lost(const std::string& login_server) {
    wait_until(
        "both ends have noticed",
        [&] {
          return registered_servers(cluster, login_server) == 0 && links_0.so_far("silent") == 1 &&
                 links_1.so_far("silent") == 1;
        },
        kSilence + kMargin);
    EXPECT_EQ(users_online(cluster, login_server), 0u);
    EXPECT_EQ(allocated_port(cluster, login_server), 0);  // no client is sent to a server that may be dead
  }
  void await_whole(const std::string& login_server) {
    wait_until(
        "all are known again",
        [&] { return registered_servers(cluster, login_server) == 2 && users_online(cluster, login_server) == 3; },
        kHealed);
    for (const std::string& name : kMsgServers) EXPECT_EQ(cluster.get(name, "/readyz").status, 200);
  }
  void expect_nobody_closed() {
    EXPECT_THAT(clients_0.so_far(), IsEmpty());
    EXPECT_THAT(clients_1.so_far(), IsEmpty());
  }

  Network network;
  Cluster cluster;
  Closings clients_0{cluster, "msg_server_0"};
  Closings clients_1{cluster, "msg_server_1"};
  Closings links_0{cluster, "msg_server_0", "server_link"};
  Closings links_1{cluster, "msg_server_1", "server_link"};
  WireClient alice;
  WireClient carol;
  WireClient bob;
};

TEST(N4, sessions_go_on_without_a_login_server_and_what_was_said_across_comes_after_the_heal) {
  Cut cut(1);
  cut.network.cut_port(cut.cluster.servers_port("login_server_0"));
  cut.alice.tell(cut.bob.user_id(), "just after the cut");
  cut.await_lost("login_server_0");
  for (const std::string& name : kMsgServers) EXPECT_EQ(cut.cluster.get(name, "/readyz").status, 503);

  cut.alice.tell(cut.carol.user_id(), "on the same server");
  EXPECT_EQ(cut.carol.expect<IM::Message::IMMsgData>().msg_data(), "on the same server");
  cut.alice.tell(cut.bob.user_id(), "while nobody rules");
  cut.bob.tell(cut.alice.user_id(), "and back");
  EXPECT_THAT(heard_by(cut.bob), IsEmpty());
  EXPECT_THAT(heard_by(cut.alice), IsEmpty());

  cut.network.heal();
  cut.await_whole("login_server_0");
  await_heard(cut.bob, 2);
  await_heard(cut.alice, 1);
  cut.alice.tell(cut.bob.user_id(), "all well");
  await_heard(cut.bob, 3);
  EXPECT_THAT(heard_by(cut.bob), UnorderedElementsAre("just after the cut", "while nobody rules", "all well"));
  EXPECT_THAT(heard_by(cut.alice), UnorderedElementsAre("and back"));
  cut.expect_nobody_closed();
}

TEST(N4, with_a_second_login_server_the_loss_of_one_is_not_heard) {
  Cut cut(2);
  cut.network.cut_port(cut.cluster.servers_port("login_server_0"));
  cut.alice.tell(cut.bob.user_id(), "1");
  await_heard(cut.bob, 1);
  cut.await_lost("login_server_0");
  EXPECT_EQ(registered_servers(cut.cluster, "login_server_1"), 2u);
  for (const std::string& name : kMsgServers) EXPECT_EQ(cut.cluster.get(name, "/readyz").status, 200);
  cut.alice.tell(cut.bob.user_id(), "2");
  await_heard(cut.bob, 2);
  EXPECT_EQ(status_of(cut.alice, cut.bob.user_id()), IM::BaseDefine::USER_STATUS_ONLINE);

  cut.network.heal();
  cut.await_whole("login_server_0");
  cut.alice.tell(cut.bob.user_id(), "3");
  await_heard(cut.bob, 3);
  EXPECT_THAT(heard_by(cut.bob), testing::ElementsAre("1", "2", "3"));
  cut.expect_nobody_closed();
}

// What one of them hears is no proof that it is heard: the other end ends the link.
TEST(N4, a_link_that_carries_one_way_only_is_closed_by_who_hears_nothing) {
  Cut cut(1);
  const uint16_t port = cut.cluster.servers_port("login_server_0");
  const Closings ends(cut.cluster, "login_server_0", "server_link");
  cut.network.cut_to_port(port);  // the msg_servers hear, and are not heard
  cut.alice.tell(cut.bob.user_id(), "to deaf ears");
  ends.await("silent", 2);
  EXPECT_EQ(registered_servers(cut.cluster), 0u);
  for (const std::string& name : kMsgServers) {
    wait_until(name + " knows it", [&] { return cut.cluster.get(name, "/readyz").status == 503; });
  }
  cut.network.heal();
  cut.await_whole("login_server_0");
  await_heard(cut.bob, 1);

  const size_t silent = cut.links_0.so_far("silent") + cut.links_1.so_far("silent");
  cut.network.cut_from_port(port);  // they are heard, and hear nothing
  cut.alice.tell(cut.bob.user_id(), "heard and passed on to nobody");
  wait_until(
      "the msg_servers have noticed",
      [&] { return cut.links_0.so_far("silent") + cut.links_1.so_far("silent") == silent + 2; }, kSilence + kMargin);
  wait_until("so has login_server", [&] { return registered_servers(cut.cluster) == 0; });
  cut.network.heal();
  cut.await_whole("login_server_0");
  await_heard(cut.bob, 2);
  EXPECT_THAT(heard_by(cut.bob), UnorderedElementsAre("to deaf ears", "heard and passed on to nobody"));
  cut.expect_nobody_closed();
}

}  // namespace
}  // namespace talkbeat::scenario
