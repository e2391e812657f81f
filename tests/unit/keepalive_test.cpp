#include <deque>
#include <random>

#include "base/timer_list.h"
#include "tests/unit/keepalive_fixture.h"

namespace talkbeat {
namespace {

TEST_F(KeepaliveTest, silence_closes_exactly_at_the_timeout) {
  Liveness rule({.silence_timeout_ms = 60'000});
  rule.join(a, 0);
  EXPECT_EQ(rule.next_due(), 60'000);
  EXPECT_EQ(check_at(rule, 59'999), "");
  rule.received(a, 59'999);
  EXPECT_EQ(rule.silence(a, 60'009), 10);
  EXPECT_EQ(check_at(rule, 119'998), "");
  EXPECT_EQ(check_at(rule, 119'999), "silent:a ");
  EXPECT_EQ(a.liveness(), nullptr);
  EXPECT_EQ(rule.next_due(), TimerList::kNever);
}

TEST_F(KeepaliveTest, only_what_is_received_proves_life) {
  Liveness rule({.silence_timeout_ms = 60'000});
  rule.join(a, 0);
  for (Tick at = 0; at < 60'000; at += 1'000) rule.sent(a, at, Traffic::kData);
  EXPECT_EQ(check_at(rule, 60'000), "silent:a ");
}

TEST_F(KeepaliveTest, a_heartbeat_is_sent_only_where_our_side_was_silent) {
  Liveness rule({.heartbeat_interval_ms = 5'000});
  rule.join(a, 0);
  rule.join(b, 0);
  rule.sent(a, 3'000, Traffic::kData);
  rule.received(b, 4'000);  // what comes does not count
  EXPECT_EQ(check_at(rule, 4'999), "");
  EXPECT_EQ(check_at(rule, 5'000), "beat:b ");
  EXPECT_EQ(check_at(rule, 5'000), "");
  EXPECT_EQ(check_at(rule, 8'000), "beat:a ");
  EXPECT_EQ(rule.next_due(), 10'000);
}

TEST_F(KeepaliveTest, a_handshake_has_its_deadline_whatever_is_received) {
  Liveness rule({.silence_timeout_ms = 60'000, .handshake_timeout_ms = 15'000});
  rule.join(a, 0);
  rule.join(b, 0);
  rule.handshake_done(b, 0);
  for (Tick at = 0; at < 15'000; at += 1'000) rule.received(a, at);
  EXPECT_EQ(check_at(rule, 14'999), "");
  EXPECT_EQ(check_at(rule, 15'000), "handshake_timeout:a ");
  EXPECT_EQ(check_at(rule, 59'999), "");
}

TEST_F(KeepaliveTest, dripping_bytes_do_not_move_the_pdu_deadline) {
  Liveness rule({.silence_timeout_ms = 60'000, .pdu_timeout_ms = 30'000});
  rule.join(a, 0);
  for (Tick at = 1'000; at <= 30'000; at += 1'000) {
    rule.received(a, at);
    rule.partial(a, true, at);
    EXPECT_EQ(check_at(rule, at), "");
  }
  EXPECT_EQ(check_at(rule, 30'999), "");
  EXPECT_EQ(check_at(rule, 31'000), "pdu_timeout:a ");
}

TEST_F(KeepaliveTest, a_complete_pdu_ends_its_deadline_and_the_next_one_has_its_own) {
  Liveness rule({.pdu_timeout_ms = 30'000});
  rule.join(a, 0);
  rule.partial(a, true, 1'000);
  rule.partial(a, false, 20'000);
  EXPECT_EQ(rule.next_due(), TimerList::kNever);
  rule.partial(a, true, 25'000);
  EXPECT_EQ(check_at(rule, 54'999), "");
  EXPECT_EQ(check_at(rule, 55'000), "pdu_timeout:a ");
}

TEST_F(KeepaliveTest, zero_switches_a_rule_off) {
  Liveness rule(LivenessPolicy{});
  rule.join(a, 0);
  rule.partial(a, true, 0);
  EXPECT_EQ(rule.next_due(), TimerList::kNever);
  EXPECT_EQ(check_at(rule, 1'000'000'000), "");
}

TEST_F(KeepaliveTest, without_checks_nobody_is_closed_but_heartbeats_go_on) {
  Liveness rule({.heartbeat_interval_ms = 5'000,
                 .silence_timeout_ms = 6'000,
                 .handshake_timeout_ms = 6'000,
                 .pdu_timeout_ms = 6'000,
                 .check_enabled = false});
  rule.join(a, 0);
  rule.partial(a, true, 0);
  EXPECT_EQ(rule.next_due(), 5'000);
  EXPECT_EQ(check_at(rule, 100'000), "beat:a ");
}

TEST_F(KeepaliveTest, a_stall_of_our_own_moves_every_deadline) {
  Liveness rule({.heartbeat_interval_ms = 50'000,
                 .silence_timeout_ms = 60'000,
                 .handshake_timeout_ms = 15'000,
                 .pdu_timeout_ms = 30'000});
  for (KeepaliveNode* node : {&a, &b, &c}) rule.join(*node, 0);
  rule.handshake_done(b, 0);
  rule.handshake_done(c, 0);
  rule.partial(b, true, 0);
  rule.stalled(100'000, 100'000);
  EXPECT_EQ(rule.next_due(), 115'000);
  EXPECT_EQ(check_at(rule, 114'999), "");
  EXPECT_EQ(check_at(rule, 115'000), "handshake_timeout:a ");
  EXPECT_EQ(check_at(rule, 129'999), "");
  EXPECT_EQ(check_at(rule, 130'000), "pdu_timeout:b ");
  EXPECT_EQ(check_at(rule, 150'000), "beat:c ");
  EXPECT_EQ(rule.silence(c, 150'000), 50'000);
  EXPECT_EQ(check_at(rule, 159'999), "");
  EXPECT_EQ(check_at(rule, 160'000), "silent:c ");
}

TEST_F(KeepaliveTest, a_stall_does_not_lengthen_the_deadline_of_who_is_read_after_it) {
  Liveness rule({.silence_timeout_ms = 60'000});
  rule.join(a, 0);
  rule.join(b, 0);
  rule.stalled(40'000, 40'000);
  rule.received(a, 41'000);
  EXPECT_EQ(check_at(rule, 99'999), "");
  EXPECT_EQ(check_at(rule, 100'000), "silent:b ");
  EXPECT_EQ(check_at(rule, 101'000), "silent:a ");
}

TEST_F(KeepaliveTest, the_one_that_is_longest_silent_is_judged_first) {
  Liveness rule({.silence_timeout_ms = 1'000});
  rule.join(a, 0);
  rule.join(b, 10);
  rule.join(c, 20);
  rule.received(a, 30);
  EXPECT_EQ(rule.next_due(), 1'010);
  EXPECT_EQ(check_at(rule, 5'000), "silent:b silent:c silent:a ");
}

TEST_F(KeepaliveTest, only_those_that_are_due_are_looked_at) {
  Liveness rule({.heartbeat_interval_ms = 20'000, .silence_timeout_ms = 60'000});
  std::deque<KeepaliveNode> nodes;
  for (int i = 0; i < 10'000; ++i) rule.join(nodes.emplace_back('x'), i);
  for (int i = 10; i < 10'000; ++i) rule.sent(nodes[static_cast<size_t>(i)], 15'000, Traffic::kData);
  EXPECT_EQ(rule.next_due(), 20'000);
  check_at(rule, 20'000);
  EXPECT_EQ(decisions.visits, 1);
  check_at(rule, 20'009);
  EXPECT_EQ(decisions.visits, 10);
}

TEST_F(KeepaliveTest, a_node_in_another_rule_obeys_only_that_one) {
  Liveness strict({.silence_timeout_ms = 10'000, .handshake_timeout_ms = 10'000, .pdu_timeout_ms = 10'000});
  Liveness mild({.silence_timeout_ms = 300'000});
  strict.join(a, 0);
  strict.partial(a, true, 0);
  mild.join(a, 5'000);
  EXPECT_EQ(a.liveness(), &mild);
  EXPECT_EQ(strict.next_due(), TimerList::kNever);
  EXPECT_EQ(check_at(strict, 1'000'000), "");
  EXPECT_EQ(check_at(mild, 304'999), "");
  EXPECT_EQ(check_at(mild, 305'000), "silent:a ");
}

TEST_F(KeepaliveTest, a_new_policy_holds_for_those_who_have_joined_already) {
  Liveness rule({.silence_timeout_ms = 300'000});
  rule.join(a, 0);
  rule.set_policy({.silence_timeout_ms = 60'000});
  EXPECT_EQ(rule.next_due(), 60'000);
  EXPECT_EQ(check_at(rule, 60'000), "silent:a ");
}

TEST_F(KeepaliveTest, a_rule_that_was_off_counts_for_those_who_are_there_from_what_was_last_received) {
  Liveness rule({.silence_timeout_ms = 300'000});
  rule.join(a, 0);
  rule.join(b, 0);
  rule.received(a, 20'000);
  rule.partial(a, true, 20'000);  // it has a place of its own already
  rule.received(b, 10'000);
  rule.active(b, 10'000);
  rule.set_policy({.heartbeat_interval_ms = 90'000, .silence_timeout_ms = 300'000, .max_idle_ms = 60'000});
  EXPECT_EQ(rule.next_due(), 70'000);
  EXPECT_EQ(check_at(rule, 70'000), "idle:b ");
  EXPECT_EQ(check_at(rule, 79'999), "");
  rule.active(a, 79'999);
  EXPECT_EQ(check_at(rule, 110'000), "beat:a ");
  rule.set_policy({.silence_timeout_ms = 300'000});
  EXPECT_EQ(check_at(rule, 319'999), "");
}

TEST_F(KeepaliveTest, a_pdu_that_is_complete_is_forgotten_whether_other_rules_are_on_or_not) {
  for (const Tick heartbeat : {0, 100'000}) {
    Liveness rule({.heartbeat_interval_ms = heartbeat, .pdu_timeout_ms = 30'000});
    rule.join(a, 0);
    rule.partial(a, true, 1'000);
    EXPECT_EQ(rule.next_due(), 31'000);
    rule.partial(a, false, 2'000);
    EXPECT_EQ(rule.next_due(), heartbeat == 0 ? TimerList::kNever : heartbeat);
    rule.leave(a);
  }
}

TEST_F(KeepaliveTest, a_destroyed_node_is_forgotten) {
  Liveness rule({.heartbeat_interval_ms = 1, .silence_timeout_ms = 1, .handshake_timeout_ms = 1, .pdu_timeout_ms = 1});
  {
    KeepaliveNode gone('g');
    rule.join(gone, 0);
    rule.partial(gone, true, 0);
  }
  EXPECT_EQ(rule.next_due(), TimerList::kNever);
  EXPECT_EQ(check_at(rule, 1'000), "");
}

TEST_F(KeepaliveTest, an_action_that_closes_its_neighbours_is_safe) {
  struct CloseAll final : LivenessActions {
    void send_heartbeat(LivenessNode& node) override { close_dead(node, CloseReason::kKicked); }
    void close_dead(LivenessNode&, CloseReason) override {
      for (LivenessNode* node : nodes) rule->leave(*node);
      ++calls;
    }
    void tell_to_leave(LivenessNode& node, CloseReason) override { close_dead(node, CloseReason::kMaxAge); }
    Liveness* rule = nullptr;
    std::vector<LivenessNode*> nodes;
    int calls = 0;
  } actions;
  Liveness rule({.heartbeat_interval_ms = 10, .silence_timeout_ms = 10, .handshake_timeout_ms = 10});
  actions.rule = &rule;
  actions.nodes = {&a, &b, &c};
  for (LivenessNode* node : actions.nodes) rule.join(*node, 0);
  rule.check(1'000, actions);
  EXPECT_EQ(actions.calls, 1);
}

// Against the plain rule: each node by itself, looked at every millisecond.
TEST_F(KeepaliveTest, many_nodes_at_random_are_closed_when_each_ones_own_time_is_up) {
  std::mt19937_64 random(3);
  Liveness rule({.silence_timeout_ms = 100});
  std::deque<KeepaliveNode> nodes;
  std::vector<Tick> last_received;
  for (int i = 0; i < 50; ++i) {
    rule.join(nodes.emplace_back('x'), 0);
    last_received.push_back(0);
  }
  for (Tick at = 1; at < 3'000; ++at) {
    const size_t chosen = random() % nodes.size();
    if (nodes[chosen].liveness() != nullptr) rule.received(nodes[chosen], last_received[chosen] = at);
    ASSERT_TRUE(rule.next_due() >= at);
    check_at(rule, at);
    for (size_t i = 0; i < nodes.size(); ++i) {
      const bool alive = nodes[i].liveness() != nullptr;
      if (alive) {
        ASSERT_LT(at - last_received[i], 100);
      } else {
        ASSERT_GE(at - last_received[i], 100);
      }
    }
  }
}

}  // namespace
}  // namespace talkbeat
