// KEEPALIVE: a client that is gone without a word (N1, N2), and what it finds when it comes back.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <sstream>

#include "tests/scenario/client_process.h"
#include "tests/scenario/figures.h"
#include "tests/scenario/full.h"
#include "tests/scenario/machine_watch.h"
#include "tests/scenario/network.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr milliseconds kMargin = 5s;
// N1's, where the timeouts are those of the row; what the machine takes is not counted.
const milliseconds kIdleMargin = in_full<milliseconds>(kMargin, 1s);
// What the peer had sent just before the cable was pulled may have been on its way for a moment.
constexpr milliseconds kShortBefore = 500ms;

ClusterOptions with_patience_for_mobiles(std::vector<std::string> settings) {
  settings.insert(settings.end(), {"client.idle_timeout_mobile=10m", "client.min_ping_interval=0"});
  return one_msg_server(std::move(settings));
}

WireClient connect_from(const RemoteHost& host, const Cluster& cluster) {
  return host.inside([&] { return WireClient(cluster.client_port("msg_server_0"), host.home()); });
}

Address address_from(const RemoteHost& host, const Cluster& cluster) {
  return {host.home(), cluster.client_port("msg_server_0")};
}

// Mobile: it may be silent for as long as it likes.
void log_in_patient(WireClient& client, const std::string& name) {
  client.log_in(name, kMobile);
}

milliseconds since(steady_clock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
}

TEST(N1, an_idle_client_whose_cable_is_pulled_is_silent_and_offline_for_the_others) {
  const milliseconds kTimeout = in_full<milliseconds>(3s, 60s);
  Network network;
  RemoteHost far(network);
  Cluster cluster(with_patience_for_mobiles({in_full("client.idle_timeout=3s", "client.idle_timeout=60s")}));
  const Closings closings(cluster, "msg_server_0");
  WireClient bob(cluster.client_port("msg_server_0"));
  bob.log_in("bob");
  WireClient alice = connect_from(far, cluster);
  alice.log_in("alice");
  await_online(bob, alice.user_id());

  alice.sync();
  const MachineWatch machine(cluster.directory(), cluster.pid("msg_server_0"));
  far.unplug();
  const auto unplugged = steady_clock::now();
  const FairTime time(machine);
  wait_until(
      "alice is closed",
      [&] {
        bob.sync();  // keeps him alive
        return !closings.so_far().empty();
      },
      kTimeout + kPatience);
  EXPECT_LE(time.taken(), kTimeout + kIdleMargin);
  EXPECT_GE(since(unplugged), kTimeout - kShortBefore);
  EXPECT_THAT(closings.so_far(), ElementsAre(Pair("silent", 1)));
  const auto news = bob.expect<IM::Buddy::IMUserStatNotify>().user_stat();
  EXPECT_EQ(news.user_id(), alice.user_id());
  EXPECT_EQ(news.status(), IM::BaseDefine::USER_STATUS_OFFLINE);
  EXPECT_EQ(status_of(bob, alice.user_id()), IM::BaseDefine::USER_STATUS_OFFLINE);
  wait_until("only bob is known to be online", [&] { return users_online(cluster) == 1; });
}

// How long it takes until a client is closed whose cable is pulled before something is sent to it.
milliseconds time_to_close_with_data_in_flight(const std::string& user_timeout) {
  Network network;
  RemoteHost far(network);
  Cluster cluster(with_patience_for_mobiles({"client.idle_timeout=10m", "tcp.client_user_timeout=" + user_timeout}));
  const Closings closings(cluster, "msg_server_0");
  WireClient bob(cluster.client_port("msg_server_0"));
  bob.log_in("bob");
  WireClient alice = connect_from(far, cluster);
  alice.log_in("alice");
  far.unplug();
  const auto begin = steady_clock::now();
  bob.tell(alice.user_id(), "are you there?");
  wait_until(
      "alice is closed",
      [&] {
        bob.send(IM::Other::IMHeartBeat());
        return closings.so_far("unacknowledged") == 1;
      },
      5 * kPatience);
  const milliseconds taken = since(begin);
  EXPECT_THAT(closings.so_far(), ElementsAre(Pair("unacknowledged", 1)));
  wait_until("alice is known to be offline",
             [&] { return status_of(bob, alice.user_id()) == IM::BaseDefine::USER_STATUS_OFFLINE; });
  return taken;
}

TEST(N2, a_client_that_acknowledges_nothing_is_closed_by_tcp_user_timeout) {
  const milliseconds soon = time_to_close_with_data_in_flight("2s");
  EXPECT_GE(soon, 2s);
  EXPECT_LE(soon, 2s + kMargin);
}

// The timeout and nothing else: twice the time makes it twice as late.
TEST(N2, a_longer_tcp_user_timeout_waits_longer) {
  const milliseconds timeout = in_full<milliseconds>(8s, 60s);
  const milliseconds later = time_to_close_with_data_in_flight(in_full("8s", "60s"));
  EXPECT_GE(later, timeout);
  EXPECT_LE(later, timeout + kMargin);
}

// The connections to an address that a process here holds, and those that only the kernel still knows.
struct ConnectionsTo {
  size_t held = 0;
  size_t orphans = 0;
};

ConnectionsTo connections_to(const std::string& ip) {
  in_addr raw{};
  inet_pton(AF_INET, ip.c_str(), &raw);
  ConnectionsTo count;
  std::istringstream table(contents("/proc/thread-self/net/tcp"));
  std::string line;
  std::getline(table, line);  // the heading
  while (std::getline(table, line)) {
    std::istringstream row(line);
    std::array<std::string, 10> word;  // number, local, remote, state, queues, timer, retransmits, uid, timeout, inode
    for (std::string& each : word) row >> each;
    if (std::stoul(word[2].substr(0, word[2].find(':')), nullptr, 16) != raw.s_addr) continue;
    ++(word[9] == "0" ? count.orphans : count.held);
  }
  return count;
}

// The error number of the next read; 0 where there are bytes or an orderly end.
int error_of_next_read(WireClient& client) {
  pollfd one{client.socket().fd(), POLLIN, 0};
  if (poll(&one, 1, Deadline(kPatience).left_for_poll()) != 1) throw Unexpected("nothing came back");
  char byte = 0;
  return recv(one.fd, &byte, 1, MSG_PEEK) < 0 ? errno : 0;
}

TEST(HalfOpen, who_comes_back_after_being_declared_dead_gets_a_reset_and_nothing_stale) {
  Network network;
  RemoteHost far(network);
  Cluster cluster(with_patience_for_mobiles({"client.idle_timeout=2s", "tcp.client_user_timeout=1m"}));
  const Closings closings(cluster, "msg_server_0");
  WireClient bob(cluster.client_port("msg_server_0"));
  log_in_patient(bob, "bob");
  WireClient alice = connect_from(far, cluster);
  alice.log_in("alice");
  far.vanish();
  bob.tell(alice.user_id(), "into the void");
  closings.await("silent", 1);
  wait_until("the server has let go of the connection", [&] { return connections_to(far.address()).held == 0; });
  EXPECT_EQ(connections_to(far.address()).orphans, 0u);

  far.heal();
  // The kernel, where it still had something for her, would send it again now.
  EXPECT_THROW(alice.expect_close(3s), Unexpected);
  EXPECT_THAT(alice.inbox(), IsEmpty());
  alice.send(IM::Other::IMHeartBeat());
  EXPECT_EQ(error_of_next_read(alice), ECONNRESET);

  WireClient again = connect_from(far, cluster);
  again.log_in("alice");
  EXPECT_EQ(unread_of(again).total_cnt(), 1u);
  EXPECT_EQ(page_of(again, bob.user_id(), 0, 10).msg_list(0).msg_data(), "into the void");
}

TEST(HalfOpen, an_outage_shorter_than_the_timeouts_is_not_noticed) {
  Network network;
  RemoteHost far(network);
  Cluster cluster(with_patience_for_mobiles({"client.idle_timeout=10s", "tcp.client_user_timeout=10s"}));
  const Closings closings(cluster, "msg_server_0");
  WireClient bob(cluster.client_port("msg_server_0"));
  log_in_patient(bob, "bob");
  ClientOptions options = quick_client("alice", address_from(far, cluster));
  options.response_timeout_ms = 8'000;
  auto alice =
      far.inside([&] { return ClientProcess({.options = options, .say_to = bob.user_id(), .say_count = 40}); });
  alice.await("online");
  bob.expect<IM::Message::IMMsgData>();
  far.unplug();
  alice.await("said", std::min<size_t>(40, alice.times("said") + 8));  // in a gap well below every limit
  far.plug_in();
  alice.await("stored", 40);
  EXPECT_EQ(alice.times("online"), 1u);
  for (int k = 2; k <= 40; ++k) EXPECT_EQ(bob.expect<IM::Message::IMMsgData>().msg_data(), std::to_string(k));
  EXPECT_THAT(closings.so_far(), IsEmpty());
}

}  // namespace
}  // namespace talkbeat::scenario
