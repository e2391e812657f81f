#include "base/event_loop.h"

#include <chrono>
#include <thread>

#include "tests/unit/loop_fixture.h"

namespace talkbeat {
namespace {

/// Notes what happens in which order, and does what a test asks for.
struct Watcher final : ReadyHandler {
  explicit Watcher(std::function<void(bool readable, bool writable)> what) : act(std::move(what)) {}
  void on_ready(bool readable, bool writable) override { act(readable, writable); }
  std::function<void(bool, bool)> act;
};

struct Turns final : TurnHandler {
  explicit Turns(std::string& notes) : order(notes) {}
  void on_turn_end() override { order += "end "; }
  void on_stall(Tick stalled) override {
    order += "stall ";
    last_stall = stalled;
  }
  std::string& order;
  Tick last_stall = 0;
};

class EventLoopTest : public LoopTest {
 protected:
  EventLoopTest() { loop.add_turn_handler(turns); }

  std::string order;
  Turns turns{order};
};

TEST_F(EventLoopTest, a_turn_runs_events_then_tasks_then_timers_then_its_end) {
  Pair pair = connect_pair();
  Watcher watcher([&](bool, bool) {
    order += "event ";
    std::array<std::byte, 16> block;
    (void)transport.read(pair.ours, block);
  });
  const WatchId id = loop.watch(pair.ours, Interest::kRead, watcher);
  Timer timer(loop.timers(), [&] { order += "timer "; });
  timer.start_once(1);
  clock.advance(1);
  loop.post([&] { order += "task "; });
  pair.peer.send("x");
  turn();
  EXPECT_EQ(order, "event task timer end ");
  loop.unwatch(pair.ours, id);
  transport.close(pair.ours);
}

TEST_F(EventLoopTest, tasks_run_in_the_order_of_posting) {
  for (int i = 0; i < 5; ++i) loop.post([&, i] { order += std::to_string(i); });
  turn();
  EXPECT_EQ(order, "01234end ");
}

TEST_F(EventLoopTest, a_task_that_a_task_posts_runs_in_the_next_turn_without_waiting) {
  loop.post([&] { loop.post([&] { order += "second "; }); });
  turn();
  EXPECT_EQ(order, "end ");
  const Tick before = clock.now();
  loop.turn(-1);
  EXPECT_EQ(order, "end second end ");
  EXPECT_EQ(clock.now(), before);
}

TEST_F(EventLoopTest, delays_count_from_the_turn_in_which_a_timer_is_armed) {
  Timer timer(loop.timers(), [&] { order += "timer "; });
  Pair pair = connect_pair();
  WatchId id{};
  Watcher watcher([&](bool, bool) {
    timer.start_once(100);
    loop.unwatch(pair.ours, id);
  });
  id = loop.watch(pair.ours, Interest::kRead, watcher);
  run_for(900);  // idle: the list of timers has nothing to do
  clock.advance(500);
  pair.peer.send("x");
  turn();
  EXPECT_EQ(order.find("timer"), std::string::npos);
  run_for(99);
  EXPECT_EQ(order.find("timer"), std::string::npos);
  run_for(1);
  EXPECT_NE(order.find("timer"), std::string::npos);
  transport.close(pair.ours);
}

TEST_F(EventLoopTest, an_event_for_a_socket_that_was_closed_in_the_same_turn_is_dropped) {
  Pair first = connect_pair();
  Pair second = connect_pair();
  std::array<WatchId, 2> ids{};
  int events = 0;
  const auto close_both = [&](bool, bool) {
    ++events;
    for (int i = 0; i < 2; ++i) {
      const SocketHandle socket = i == 0 ? first.ours : second.ours;
      loop.unwatch(socket, ids[static_cast<size_t>(i)]);
      transport.close(socket);
    }
  };
  Watcher watcher(close_both);
  ids[0] = loop.watch(first.ours, Interest::kRead, watcher);
  ids[1] = loop.watch(second.ours, Interest::kRead, watcher);
  first.peer.send("x");
  second.peer.send("x");
  turn();
  EXPECT_EQ(events, 1);
}

TEST_F(EventLoopTest, an_event_does_not_reach_the_new_owner_of_a_descriptor) {
  Pair first = connect_pair();
  Pair second = connect_pair();
  Pair fresh = connect_pair();
  int wrong = 0;
  Watcher newcomer([&](bool, bool) { ++wrong; });
  bool done = false;
  std::array<WatchId, 2> ids{};
  WatchId new_id{};
  SocketHandle reused = kNoSocket;
  const auto replace = [&](SocketHandle socket, WatchId id) {
    if (std::exchange(done, true)) return;
    loop.unwatch(socket, id);
    ASSERT_EQ(::dup2(fresh.ours, socket), socket);  // closes it: its number has a new owner
    new_id = loop.watch(socket, Interest::kRead, newcomer);
    reused = socket;
  };
  Watcher one([&](bool, bool) { replace(second.ours, ids[1]); });
  Watcher two([&](bool, bool) { replace(first.ours, ids[0]); });
  ids[0] = loop.watch(first.ours, Interest::kRead, one);
  ids[1] = loop.watch(second.ours, Interest::kRead, two);
  first.peer.send("x");
  second.peer.send("x");
  turn();
  EXPECT_TRUE(done);
  EXPECT_EQ(wrong, 0);
  fresh.peer.send("x");
  turn();
  EXPECT_EQ(wrong, 1);
  loop.unwatch(reused, new_id);
  const bool first_reused = reused == first.ours;
  loop.unwatch(first_reused ? second.ours : first.ours, ids[first_reused ? 1 : 0]);
  for (const SocketHandle socket : {first.ours, second.ours, fresh.ours}) transport.close(socket);
}

TEST_F(EventLoopTest, a_late_turn_moves_deadlines_then_reads_what_waits_then_runs_timers) {
  Pair pair = connect_pair();
  transport.max_read = 1;
  Watcher watcher([&](bool, bool) {
    std::array<std::byte, 16> block;
    const IoResult result = transport.read(pair.ours, block);
    if (result.bytes > 0) order += "read ";
  });
  const WatchId id = loop.watch(pair.ours, Interest::kRead, watcher);
  Timer timer(loop.timers(), [&] { order += "timer "; });
  timer.start_once(5'000);
  pair.peer.send("xyz");
  clock.advance(40'000);
  turn();
  EXPECT_EQ(order, "stall read read read timer end ");
  EXPECT_EQ(turns.last_stall, 40'000);
  EXPECT_EQ(loop.take_worst_lag(), 40'000);
  EXPECT_EQ(loop.take_worst_lag(), 0);
  loop.unwatch(pair.ours, id);
  transport.close(pair.ours);
}

TEST_F(EventLoopTest, a_sender_that_never_stops_does_not_hold_up_the_turn_after_a_stall) {
  Pair pair = connect_pair();
  int events = 0;
  Watcher watcher([&](bool, bool) { ++events; });  // leaves it readable
  const WatchId id = loop.watch(pair.ours, Interest::kRead, watcher);
  pair.peer.send("x");
  clock.advance(5'000);
  turn();
  EXPECT_EQ(order, "stall end ");
  EXPECT_LE(events, 100);
  loop.unwatch(pair.ours, id);
  transport.close(pair.ours);
}

TEST_F(EventLoopTest, waiting_long_is_no_stall) {
  Timer timer(loop.timers(), [&] { order += "timer "; });
  timer.start_once(3'600'000);
  run_for(3'600'000);
  EXPECT_NE(order.find("timer"), std::string::npos);
  EXPECT_EQ(order.find("stall"), std::string::npos);
  EXPECT_EQ(loop.take_worst_lag(), 0);
}

TEST_F(EventLoopTest, a_handler_that_takes_long_is_a_stall_of_the_next_turn) {
  loop.post([&] { clock.advance(EventLoop::kStallThreshold - 1); });
  turn();
  turn();
  EXPECT_EQ(order, "end end ");
  loop.post([&] { clock.advance(EventLoop::kStallThreshold); });
  turn();
  turn();
  EXPECT_EQ(order, "end end end stall end ");
}

TEST_F(EventLoopTest, the_wall_clock_moves_no_timer) {
  Timer timer(loop.timers(), [&] { order += "timer "; });
  timer.start_once(60'000);
  clock.set_wall_clock(clock.unix_seconds() + 86'400);
  run_for(59'999);
  EXPECT_EQ(order.find("timer"), std::string::npos);
  clock.set_wall_clock(clock.unix_seconds() - 2 * 86'400);
  run_for(1);
  EXPECT_NE(order.find("timer"), std::string::npos);
}

TEST(EventLoopThreads, a_post_from_another_thread_wakes_the_loop) {
  SystemClock clock;
  EpollTransport transport;
  EventLoop loop(clock, transport);
  int sum = 0;
  std::thread other([&] {
    for (int i = 1; i <= 1'000; ++i) loop.post([&sum, i] { sum += i; });
    loop.post([&loop] { loop.stop(); });
  });
  loop.run();  // without a timer or a socket: only the posts can wake it
  other.join();
  EXPECT_EQ(sum, 500'500);
}

TEST(EventLoopThreads, stop_from_another_thread_ends_a_waiting_loop) {
  SystemClock clock;
  EpollTransport transport;
  EventLoop loop(clock, transport);
  std::thread other([&] { loop.stop(); });
  loop.run();
  other.join();
}

TEST(EventLoopThreads, a_real_timer_is_neither_early_nor_forgotten) {
  SystemClock clock;
  EpollTransport transport;
  EventLoop loop(clock, transport);
  const Tick start = clock.now();
  Timer timer(loop.timers(), [&] { loop.stop(); });
  timer.start_once(30);
  loop.run();
  EXPECT_GE(clock.now() - start, 30);
}

}  // namespace
}  // namespace talkbeat
