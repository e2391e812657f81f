// P3: whoever is stopped or starved is at fault for nobody else's silence, and comes back to a clean state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "tests/scenario/client_process.h"
#include "tests/scenario/figures.h"
#include "tests/scenario/full.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;
using testing::Pair;

ClusterOptions with(std::vector<std::string> settings) {
  ClusterOptions options;
  options.msg_servers = 1;
  options.settings = std::move(settings);
  options.settings.insert(options.settings.end(), {"client.idle_timeout_mobile=10m", "client.min_ping_interval=0"});
  return options;
}

Address place_of(const Cluster& cluster) {
  return {"127.0.0.1", cluster.client_port("msg_server_0")};
}

TEST(P3, a_stopped_client_is_closed_and_gets_once_what_it_missed_when_it_goes_on) {
  Cluster cluster(with({in_full("client.idle_timeout=3s", "client.idle_timeout=40s")}));
  const Closings closings(cluster, "msg_server_0");
  WireClient bob(cluster.client_port("msg_server_0"));
  bob.log_in("bob", kMobile);
  ClientProcess alice({.options = quick_client("alice", place_of(cluster)), .say_to = bob.user_id(), .say_count = 1});
  alice.await("stored");
  const uint32_t alice_id = bob.expect<IM::Message::IMMsgData>().from_user_id();

  alice.signal(SIGSTOP);
  bob.tell(alice_id, "into her system's buffers");
  closings.await("silent", 1);
  EXPECT_THAT(closings.so_far(), ElementsAre(Pair("silent", 1)));
  wait_until("she is known to be offline", [&] { return users_online(cluster) == 1; });
  bob.tell(alice_id, "into the store");
  alice.signal(SIGCONT);
  alice.await("online", 2);
  alice.await("heard", 2);
  bob.tell(alice_id, "at last");
  alice.await("heard", 3);
  EXPECT_THAT(alice.told("heard"),
              ElementsAre(EndsWith("into her system's buffers"), EndsWith("into the store"), EndsWith("at last")));
}

TEST(P3, a_client_that_was_stopped_for_less_does_not_blame_its_server) {
  constexpr milliseconds kStopped = 4s;  // more than twice what it waits for an answer
  Cluster cluster(with({"client.idle_timeout=10m"}));
  const Closings closings(cluster, "msg_server_0");
  WireClient bob(cluster.client_port("msg_server_0"));
  bob.log_in("bob", kMobile);
  // It speaks all the time, so that an answer is due whenever it is stopped.
  ClientProcess alice({.options = quick_client("alice", place_of(cluster)), .say_to = bob.user_id(), .say_count = 30});
  alice.await("stored", 5);
  alice.signal(SIGSTOP);
  std::this_thread::sleep_for(kStopped);
  alice.signal(SIGCONT);
  alice.await("stored", 30);
  EXPECT_EQ(alice.times("online"), 1u);
  EXPECT_THAT(closings.so_far(), IsEmpty());
}

// Lets a process run for a moment only, now and then.
class Starver {
 public:
  Starver(const Cluster& cluster, const std::string& name) : pid_(cluster.pid(name)), thread_([this] { starve(); }) {}
  ~Starver() { end(); }
  Starver(const Starver&) = delete;
  Starver& operator=(const Starver&) = delete;

  void end() {
    ending_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  // Sometimes less than what counts as a stall, and sometimes more.
  void starve() {
    for (int round = 0; !ending_; ++round) {
      kill(pid_, SIGSTOP);
      std::this_thread::sleep_for(round % 2 == 0 ? 700ms : 1600ms);
      kill(pid_, SIGCONT);
      std::this_thread::sleep_for(50ms);
    }
  }

  const pid_t pid_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

TEST(P3, a_starved_msg_server_closes_no_client_that_kept_beating) {
  constexpr milliseconds kTimeout = 3s;
  Cluster cluster(with({"client.idle_timeout=3s", "cluster.heartbeat_interval=500ms", "cluster.silence_timeout=6s"}));
  const Closings closings(cluster, "msg_server_0");
  const Closings links(cluster, "login_server_0", "server_link");
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  Starver starver(cluster, "msg_server_0");
  const Deadline starved(4 * kTimeout);
  while (!starved.passed()) {
    alice.send(IM::Other::IMHeartBeat());
    std::this_thread::sleep_for(500ms);
  }
  starver.end();
  alice.sync();
  EXPECT_THAT(closings.so_far(), IsEmpty());
  EXPECT_THAT(links.so_far(), IsEmpty());
  EXPECT_EQ(registered_servers(cluster), 1u);

  // Its rules hold as before: who is silent now is closed.
  closings.await("silent", 1);
}

TEST(P3, a_starved_login_server_loses_no_msg_server) {
  ClusterOptions options;
  options.settings = {"cluster.heartbeat_interval=500ms", "cluster.silence_timeout=4s"};
  Cluster cluster(options);
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  WireClient bob(cluster.client_port("msg_server_1"));
  bob.log_in("bob");
  await_online(alice, bob.user_id());
  const Closings ends(cluster, "login_server_0", "server_link");
  const Closings links(cluster, "msg_server_0", "server_link");
  Starver starver(cluster, "login_server_0");
  const Deadline starved(10s);
  size_t said = 0;
  while (!starved.passed()) {
    alice.tell(bob.user_id(), std::to_string(++said));
    EXPECT_EQ(bob.expect<IM::Message::IMMsgData>().msg_data(), std::to_string(said));
  }
  starver.end();
  EXPECT_THAT(ends.so_far(), IsEmpty());
  EXPECT_THAT(links.so_far(), IsEmpty());
  EXPECT_EQ(registered_servers(cluster), 2u);
}

}  // namespace
}  // namespace talkbeat::scenario
