// P4 and P5: the store stalls, or has no room; and two servers want it at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/scenario/figures.h"
#include "tests/scenario/frozen_thread.h"
#include "tests/scenario/full.h"
#include "tests/scenario/load.h"
#include "tests/scenario/loop_lag.h"
#include "tests/scenario/machine_watch.h"
#include "tests/scenario/requests.h"
#include "tests/scenario/small_disk.h"

namespace talkbeat::scenario {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::map<uint32_t, std::string> history(WireClient& client, uint32_t peer) {
  IM::Message::IMGetMsgListReq request;
  request.set_user_id(client.user_id());
  request.set_session_type(IM::BaseDefine::SESSION_TYPE_SINGLE);
  request.set_session_id(peer);
  request.set_msg_id_begin(0);
  request.set_msg_cnt(500);
  std::map<uint32_t, std::string> all;
  const auto answer = client.ask<IM::Message::IMGetMsgListRsp>(request);
  for (const auto& message : answer.msg_list()) all[message.msg_id()] = message.msg_data();
  return all;
}

/// One who writes to bob, and knows what was acked.
class Writer {
 public:
  explicit Writer(const Cluster& cluster)
      : alice_(cluster.client_port("msg_server_0")), bob_(cluster.client_port("msg_server_0")) {
    alice_.log_in("alice");
    bob_.log_in("bob");
  }

  /// Sends number `number`, with its own text and key. False: refused, as it has to be.
  bool send(uint64_t number) {
    const uint16_t seq = alice_.send_text(bob_.user_id(), text(number), 1'000 + number);
    try {
      acked_[alice_.expect<IM::Message::IMMsgDataAck>(seq).msg_id()] = text(number);
      return true;
    } catch (const Unexpected& refused) {
      EXPECT_THAT(refused.what(), HasSubstr("ERROR_UNAVAILABLE"));
      return false;
    }
  }
  /// What was acked is what is stored is what bob has heard.
  void expect_consistent() {
    EXPECT_EQ(history(alice_, bob_.user_id()), acked_);
    EXPECT_EQ(acked_.rbegin()->first, acked_.size());
    bob_.sync();
    std::map<uint32_t, std::string> heard;
    while (bob_.waiting<IM::Message::IMMsgData>() > 0) {
      const auto message = bob_.expect<IM::Message::IMMsgData>();
      EXPECT_TRUE(heard.emplace(message.msg_id(), message.msg_data()).second) << "twice: " << message.msg_id();
    }
    heard_.merge(heard);
    EXPECT_THAT(heard, IsEmpty()) << "heard before, too";
    EXPECT_EQ(heard_, acked_);
  }

 private:
  static std::string text(uint64_t number) { return std::to_string(number) + std::string(20'000, 't'); }

  WireClient alice_;
  WireClient bob_;
  std::map<uint32_t, std::string> acked_;
  std::map<uint32_t, std::string> heard_;
};

template <class Fill, class MakeRoom>
void expect_refusals_without_room(const Cluster& cluster, Fill fill, MakeRoom make_room) {
  Writer writer(cluster);
  uint64_t next = 0;
  while (next < 5) EXPECT_TRUE(writer.send(next++));
  fill();
  // What the write-ahead log has room for is still written.
  while (next < 45 && writer.send(next)) ++next;
  ASSERT_LT(next, 45u) << "no write was refused";
  const uint64_t refused = next;
  for (; next < refused + 3; ++next) EXPECT_FALSE(writer.send(next));
  writer.expect_consistent();
  WireClient mobile(cluster.client_port("msg_server_0"));
  mobile.log_in("bob", IM::BaseDefine::CLIENT_TYPE_ANDROID);  // reading needs no room
  EXPECT_EQ(cluster.get("msg_server_0", "/healthz").status, 200);

  make_room();
  for (uint64_t number = refused; number < next; ++number) {
    wait_until("there is room again", [&] { return writer.send(number); });
  }
  while (next < refused + 10) EXPECT_TRUE(writer.send(next++));
  writer.expect_consistent();
}

TEST(P5, on_a_full_disk_nothing_is_acked_that_is_not_stored_and_room_is_all_it_needs) {
  SmallDisk disk;
  Cluster cluster(one_msg_server());
  const pid_t pid = cluster.pid("msg_server_0");
  expect_refusals_without_room(
      cluster, [&] { disk.fill(cluster); }, [&] { disk.make_room(cluster); });
  EXPECT_EQ(cluster.pid("msg_server_0"), pid);
}

TEST(P5, past_a_limit_of_file_sizes_writes_are_refused_and_nobody_dies) {
  Cluster cluster(one_msg_server());
  const pid_t pid = cluster.pid("msg_server_0");
  expect_refusals_without_room(
      cluster, [&] { limit_file_size(pid, 64 << 10); }, [&] { limit_file_size(pid, RLIM_INFINITY); });
  EXPECT_EQ(cluster.pid("msg_server_0"), pid);
}

constexpr size_t kQueue = 50;

// What became of messages that were sent while the store stalled.
struct Sent {
  std::map<uint16_t, uint64_t> waiting;  // seq_num → key
  std::vector<uint64_t> refused;
};

void take_refusals(WireClient& client, Sent& sent) {
  client.sync();
  while (client.waiting<TbError>() > 0) {
    const auto error = client.expect_error(ERROR_BUSY);
    EXPECT_GT(error.retry_after_ms(), 0u);
    const auto seq = static_cast<uint16_t>(error.seq_num());
    sent.refused.push_back(sent.waiting.at(seq));
    sent.waiting.erase(seq);
  }
}

milliseconds time_of_an_answer(WireClient& client, const MachineWatch& machine) {
  const FairTime time(machine);
  client.sync();
  return time.taken();
}

// Half of the answers take less while the store works.
milliseconds usual_time(WireClient& client, const MachineWatch& machine) {
  std::vector<milliseconds> taken(21);
  for (milliseconds& each : taken) each = time_of_an_answer(client, machine);
  std::ranges::sort(taken);
  return taken[taken.size() / 2];
}

// Sends all at once; then asks for the time, now and again, for as long. Returns how long these answers took, sorted,
// without what the machine took of that.
std::vector<milliseconds> stall(const Cluster& cluster, const MachineWatch& machine, WireClient& alice, uint32_t to,
                                size_t messages, Sent& sent) {
  const FrozenThread stalled(cluster.pid("msg_server_0"), "store_write");
  const Deadline over(in_full<milliseconds>(5s, 30s));
  for (uint64_t key = 1; key <= messages; ++key) sent.waiting[alice.send_text(to, std::to_string(key), key)] = key;
  std::vector<milliseconds> taken;
  while (!over.passed()) {
    taken.push_back(time_of_an_answer(alice, machine));
    EXPECT_LE(figure(cluster, "msg_server_0", "talkbeat_store_pending_writes"), kQueue);
    alice.send(IM::Other::IMHeartBeat());
    std::this_thread::sleep_for(20ms);
  }
  take_refusals(alice, sent);
  EXPECT_EQ(alice.waiting<IM::Message::IMMsgDataAck>(), 0u) << "an ack without a commit";
  std::ranges::sort(taken);
  return taken;
}

TEST(P4, while_the_store_stalls_the_loop_serves_the_queue_is_bounded_and_nothing_acked_is_lost) {
  constexpr size_t kMessages = 400;
  ClusterOptions options = one_msg_server();
  options.settings = {"store.max_queued_writes=" + std::to_string(kQueue), "client.min_ping_interval=0", kReportsOften};
  Cluster cluster(options);
  const Closings closings(cluster, "msg_server_0");
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_0"));
  alice.log_in("alice", kMobile);
  bob.log_in("bob", kMobile);
  bob.sync();
  Sent sent;
  const MachineWatch machine(cluster.directory(), cluster.pid("msg_server_0"));
  const milliseconds allowed = std::clamp(3 * usual_time(alice, machine), 20ms, 60ms);  // more under ThreadSanitizer
  LoopLag lag(cluster, machine);
  const std::vector<milliseconds> taken = stall(cluster, machine, alice, bob.user_id(), kMessages, sent);
  EXPECT_LT(lag.worst_ms(), static_cast<double>(allowed.count())) << "ms that the loop was late";
  ASSERT_GT(taken.size(), 5u);
  EXPECT_LE(taken[taken.size() - 2 - taken.size() / 100], allowed) << "of " << taken.size() << " answers";
  EXPECT_LE(taken.back(), 2s) << "no answer waits for the store";
  EXPECT_LE(sent.waiting.size(), kQueue + 8) << "the queue, and what was with the worker already";
  EXPECT_GE(sent.waiting.size(), 1u);

  // It goes on by itself: what waited is acked, and what was refused can be sent again.
  std::set<uint32_t> ids;
  for (const auto& [seq, key] : sent.waiting) ids.insert(alice.expect<IM::Message::IMMsgDataAck>(seq).msg_id());
  for (const uint64_t key : sent.refused) {
    ids.insert(alice.tell(bob.user_id(), std::to_string(key), key).msg_id());
  }
  EXPECT_EQ(ids.size(), kMessages);
  EXPECT_EQ(*ids.rbegin(), kMessages);
  for (size_t i = 0; i < kMessages; ++i) bob.expect<IM::Message::IMMsgData>();
  bob.sync();
  EXPECT_EQ(bob.waiting<IM::Message::IMMsgData>(), 0u);
  EXPECT_THAT(closings.so_far(), IsEmpty());
}

TEST(StoreFailure, two_msg_servers_that_write_as_fast_as_they_can_take_turns) {
  ClusterOptions options;
  options.settings = {"client.message_rate=1000000", "client.message_burst=1000000"};
  options.users.clear();
  Cluster cluster(options);
  const auto batches = [&](const char* server) { return figure(cluster, server, "talkbeat_store_batches"); };
  const double before_0 = batches("msg_server_0");
  const double before_1 = batches("msg_server_1");
  Load load(cluster, {.pairs = 4, .window = 50, .pause = 0ms});
  load.await_acks(2'000);
  const double by_0 = batches("msg_server_0") - before_0;
  const double by_1 = batches("msg_server_1") - before_1;
  EXPECT_THAT(load.finish(), IsEmpty());
  EXPECT_GT(by_0, by_1 / 4) << "msg_server_0 starved";
  EXPECT_GT(by_1, by_0 / 4) << "msg_server_1 starved";
}

}  // namespace
}  // namespace talkbeat::scenario
