// B1 to B3: who does not read, and who sends heartbeats without end. (B4 is in group_load_test.cpp, B5 in
// message_test.cpp.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/client_process.h"
#include "tests/scenario/oracle.h"
#include "tests/scenario/requests.h"
#include "tests/scenario/sockets.h"

namespace talkbeat::scenario {
namespace {

constexpr size_t kTextSize = 100'000;
constexpr long kPduKib = 1 << 10;  // the longest
constexpr long kHardLimitKib = 4 << 10;

// The store's pages are memory as well, and not what is meant here.
std::vector<std::string> with(std::vector<std::string> settings) {
  settings.push_back("store.page_cache=256KiB");
  return settings;
}

// Writes to a user who does not read until that one is closed. Returns how many messages it has sent. Where time closes
// him, a pause between them keeps a fast machine from gathering more than the sanitizer gives back.
uint32_t flood(const Cluster& cluster, const Oracle& oracle, uint32_t reader, milliseconds pause = 0ms) {
  constexpr uint32_t kMost = 600;
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  const std::string text(kTextSize, 't');
  uint32_t sent = 0;
  while (oracle.closings().so_far("slow_consumer") == 0 && sent < kMost) {
    EXPECT_EQ(alice.tell(reader, text).msg_id(), ++sent);
    std::this_thread::sleep_for(pause);
  }
  oracle.closings().await("slow_consumer", 1);
  leave(alice);
  return sent;
}

void expect_the_rest_in_the_history(const Cluster& cluster, uint32_t sent) {
  WireClient bob(cluster.client_port(kServer));
  bob.log_in("bob");
  EXPECT_EQ(unread_of(bob).total_cnt(), sent);
  leave(bob);
}

TEST(B1, a_slow_reader_is_closed_at_the_hard_limit_and_finds_the_rest_in_the_history) {
  RowCluster cluster(with({"client.out_soft_time=1h"}));
  Oracle oracle(cluster);
  WireClient bob(cluster.client_port(kServer));
  keep_little_room(bob.socket());
  bob.log_in("bob");
  const uint32_t sent = flood(cluster, oracle, bob.user_id());
  EXPECT_GT(sent * kTextSize, kHardLimitKib << 10);
  oracle.expect_growth_below(kHardLimitKib + kPduKib + (4 << 10) + kPasswordCheckKib);
  expect_the_rest_in_the_history(cluster, sent);
  oracle.expect_unharmed({{"logged_out", 2}, {"slow_consumer", 1}});
}

TEST(B1, a_slow_reader_is_closed_when_it_stays_above_the_soft_limit) {
  RowCluster cluster(with({"client.out_soft_limit=16KiB", "client.out_soft_time=1s", "client.out_hard_limit=1GiB"}));
  Oracle oracle(cluster);
  WireClient bob(cluster.client_port(kServer));
  keep_little_room(bob.socket());
  bob.log_in("bob");
  expect_the_rest_in_the_history(cluster, flood(cluster, oracle, bob.user_id(), 20ms));
  oracle.expect_unharmed({{"logged_out", 2}, {"slow_consumer", 1}});
}

TEST(B1, a_client_that_is_stopped_is_a_slow_reader) {
  RowCluster cluster(with({"client.out_soft_time=1h", "client.idle_timeout=10m", "client.min_ping_interval=0"}));
  ClientProcess bob({.options = quick_client("bob", {"127.0.0.1", cluster.client_port(kServer)})});
  bob.await("online");
  Oracle oracle(cluster);
  bob.signal(SIGSTOP);
  WireClient asker(cluster.client_port(kServer));
  asker.log_in("alice", kMobile);
  IM::Buddy::IMAllUserReq all;
  all.set_user_id(asker.user_id());
  all.set_latest_update_time(0);
  uint32_t bobs_id = 0;
  const auto users = asker.ask<IM::Buddy::IMAllUserRsp>(all);
  for (const auto& user : users.user_list()) bobs_id = user.user_domain() == "bob" ? user.user_id() : bobs_id;
  leave(asker);
  const uint32_t sent = flood(cluster, oracle, bobs_id);
  oracle.expect_growth_below(kHardLimitKib + kPduKib + (4 << 10) + kPasswordCheckKib);
  expect_the_rest_in_the_history(cluster, sent);
  oracle.expect_unharmed({{"logged_out", 3}, {"slow_consumer", 1}});
}

TEST(B2, a_stranger_who_never_reads_its_errors_is_closed_at_4_kib_queued) {
  RowCluster cluster({"client.handshake_timeout=10m"});
  Oracle oracle(cluster);
  RawSocket stranger(cluster.client_port(kServer));
  keep_little_room(stranger);
  std::string bytes;
  for (uint16_t seq = 0; seq < 50; ++seq) bytes += encode(IM::Message::IMClientTimeReq(), seq);
  // The kernel's buffers take megabytes of errors first.
  wait_until("the stranger is closed", [&] {
    for (int i = 0; i < 100; ++i) {
      if (!stranger.try_write(bytes, Deadline(kPatience))) return true;
    }
    return oracle.closings().so_far("slow_consumer") > 0;
  });
  oracle.closings().await("slow_consumer", 1);
  oracle.expect_growth_below(2 << 10);
  oracle.expect_unharmed({{"slow_consumer", 1}});
}

TEST(B3, ten_thousand_heartbeats_a_second_are_ended_at_once) {
  RowCluster cluster;
  Oracle oracle(cluster);
  std::string second_of_flood;
  for (uint16_t i = 0; i < 10'000; ++i) second_of_flood += encode(IM::Other::IMHeartBeat(), i);
  for (const bool logged_in : {false, true}) {
    WireClient flooder(cluster.client_port(kServer));
    if (logged_in) flooder.log_in("alice");
    flooder.socket().try_write(second_of_flood, Deadline(kPatience));
    const FairTime time(oracle.machine());
    flooder.expect_close();
    EXPECT_LE(time.taken(), 1s);
    ASSERT_FALSE(flooder.inbox().empty());
    EXPECT_EQ(flooder.waiting<IM::Other::IMHeartBeat>(), 3u);
    EXPECT_EQ(flooder.expect<TbGoAway>().reason(), GO_AWAY_TOO_MANY_PINGS);
  }
  oracle.expect_unharmed({{"too_many_pings", 2}});
}

}  // namespace
}  // namespace talkbeat::scenario
