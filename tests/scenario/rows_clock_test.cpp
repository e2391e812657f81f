// P8: the wall clock jumps. (At the seam: EventLoopTest.the_wall_clock_moves_no_timer.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <fstream>
#include <optional>

#include "tests/scenario/environment.h"
#include "tests/scenario/figures.h"
#include "tests/scenario/requests.h"
#include "tests/scenario/sockets.h"

namespace talkbeat::scenario {
namespace {

using testing::IsEmpty;

constexpr const char* kFaketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
constexpr int64_t kDay = 24 * 3600;

// A cluster whose wall clock the test sets; its timeouts are short, so that any of them that followed the wall clock
// would fire.
class P8 : public testing::Test {
 protected:
  P8() {
    if (!std::filesystem::exists(kFaketime)) {
      throw Unexpected(std::string(kFaketime) + " is missing: `tools/deps.sh tests` installs it");
    }
    set_wall_clock("+0");
    ClusterOptions options;
    options.settings = {"client.idle_timeout=10s", "client.min_ping_interval=0", "cluster.heartbeat_interval=500ms",
                        "cluster.silence_timeout=10s", "client.handshake_timeout=10s"};
    const Environment library("LD_PRELOAD", kFaketime);
    const Environment told_by("FAKETIME_TIMESTAMP_FILE", file().string());
    const Environment at_once("FAKETIME_NO_CACHE", "1");
    const Environment wall_clock_only("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    cluster.emplace(options);
  }

  std::filesystem::path file() const { return scratch.path() / "wall_clock"; }
  void set_wall_clock(const std::string& offset) const {
    // Renamed into its place: nobody reads half of it.
    const auto next = scratch.path() / "next";
    std::ofstream(next) << offset << "\n";
    std::filesystem::rename(next, file());
  }

  ScratchDirectory scratch;
  std::optional<Cluster> cluster;
};

int64_t server_time(WireClient& client) {
  return client.ask<IM::Message::IMClientTimeRsp>(IM::Message::IMClientTimeReq()).server_time();
}

TEST_F(P8, a_day_forward_and_back_fires_no_timeout_and_ids_stay_in_order) {
  WireClient alice(cluster->client_port("msg_server_0"));
  WireClient bob(cluster->client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob");
  await_online(alice, bob.user_id());
  const Closings clients_0(*cluster, "msg_server_0");
  const Closings clients_1(*cluster, "msg_server_1");
  const Closings links(*cluster, "login_server_0", "server_link");

  uint32_t said = 0;
  for (const auto& [offset, days] : {std::pair{"+1d", 1}, std::pair{"-1d", -1}, std::pair{"+0", 0}}) {
    set_wall_clock(offset);
    EXPECT_NEAR(static_cast<double>(server_time(alice)), static_cast<double>(std::time(nullptr) + days * kDay), 60);
    // Long enough for every timer of the servers that is due within two seconds to run.
    const Deadline watched(2s);
    while (!watched.passed()) {
      EXPECT_EQ(alice.tell(bob.user_id(), std::to_string(said + 1)).msg_id(), said + 1);
      ++said;
      EXPECT_EQ(bob.expect<IM::Message::IMMsgData>().msg_id(), said);
      bob.send(IM::Other::IMHeartBeat());
      std::this_thread::sleep_for(50ms);
    }
    WireClient mobile(cluster->client_port("msg_server_1"));
    mobile.log_in("alice", kMobile);
    leave(mobile);
    EXPECT_EQ(registered_servers(*cluster), 2u);
  }
  EXPECT_EQ(latest_id_of(bob, alice.user_id()), said);
  EXPECT_EQ(ids_of(page_of(bob, alice.user_id(), 0, 3)), (std::vector<uint32_t>{said, said - 1, said - 2}));
  EXPECT_THAT(clients_0.so_far(), IsEmpty());
  EXPECT_THAT(clients_1.so_far(), testing::ElementsAre(testing::Pair("logged_out", 3)));
  EXPECT_THAT(links.so_far(), IsEmpty());
}

}  // namespace
}  // namespace talkbeat::scenario
