// The rules that look at more than silence: probes, heartbeats that come too often, idleness, age. An hour costs a
// millisecond here.
#include <deque>
#include <set>

#include "base/timer_list.h"
#include "tests/unit/keepalive_fixture.h"

namespace talkbeat {
namespace {

constexpr Tick kSecond = 1'000;
constexpr Tick kHour = 3'600 * kSecond;

using KeepaliveRules = KeepaliveTest;

// --- Probes ----------------------------------------------------------------------------------------------------------

TEST_F(KeepaliveRules, the_silent_are_asked_and_closed_where_they_do_not_answer) {
  Liveness rule(
      {.silence_timeout_ms = 300 * kSecond, .probe_after_ms = 30 * kSecond, .probe_timeout_ms = 20 * kSecond});
  rule.join(a, 0);
  EXPECT_EQ(rule.next_due(), 30 * kSecond);
  EXPECT_EQ(check_at(rule, 30 * kSecond - 1), "");
  EXPECT_EQ(check_at(rule, 30 * kSecond), "beat:a ");
  EXPECT_EQ(rule.next_due(), 50 * kSecond);
  EXPECT_EQ(check_at(rule, 50 * kSecond - 1), "");
  EXPECT_EQ(check_at(rule, 50 * kSecond), "probe_unanswered:a ");
}

TEST_F(KeepaliveRules, who_answers_the_probe_is_asked_again_only_after_the_next_silence) {
  Liveness rule(
      {.silence_timeout_ms = 300 * kSecond, .probe_after_ms = 30 * kSecond, .probe_timeout_ms = 20 * kSecond});
  rule.join(a, 0);
  for (Tick at = 30 * kSecond; at < kHour; at += 31 * kSecond) {
    EXPECT_EQ(check_at(rule, at), "beat:a ");
    EXPECT_EQ(check_at(rule, at + 500), "");
    rule.received(a, at + kSecond);
  }
}

TEST_F(KeepaliveRules, a_probe_does_not_put_off_the_silence_timeout) {
  Liveness rule({.silence_timeout_ms = 40 * kSecond, .probe_after_ms = 30 * kSecond, .probe_timeout_ms = 20 * kSecond});
  rule.join(a, 0);
  EXPECT_EQ(check_at(rule, 30 * kSecond), "beat:a ");
  rule.sent(a, 30 * kSecond, Traffic::kHeartbeat);
  EXPECT_EQ(check_at(rule, 40 * kSecond), "silent:a ");
}

TEST_F(KeepaliveRules, a_stall_gives_the_probed_their_time_back) {
  Liveness rule(
      {.silence_timeout_ms = 300 * kSecond, .probe_after_ms = 30 * kSecond, .probe_timeout_ms = 20 * kSecond});
  rule.join(a, 0);
  check_at(rule, 30 * kSecond);
  rule.stalled(60 * kSecond, 100 * kSecond);
  EXPECT_EQ(check_at(rule, 110 * kSecond - 1), "");
  EXPECT_EQ(check_at(rule, 110 * kSecond), "probe_unanswered:a ");
}

TEST_F(KeepaliveRules, without_checks_the_silent_are_still_asked) {
  Liveness rule({.silence_timeout_ms = 60 * kSecond,
                 .probe_after_ms = 30 * kSecond,
                 .probe_timeout_ms = 20 * kSecond,
                 .check_enabled = false});
  rule.join(a, 0);
  EXPECT_EQ(check_at(rule, 30 * kSecond), "beat:a ");
  EXPECT_EQ(check_at(rule, kHour), "");
}

// --- Heartbeats that come too often ----------------------------------------------------------------------------------

class PingRule : public KeepaliveTest {
 protected:
  PingRule() { rule.join(a, 0); }

  Liveness rule{{.min_ping_interval_ms = 5 * kSecond, .max_ping_strikes = 2}};
};

TEST_F(PingRule, an_obeying_pinger_is_kept_for_hours) {
  for (Tick at = 0; at < 3 * kHour; at += 5 * kSecond) ASSERT_TRUE(rule.ping(a, at)) << at;
}

TEST_F(PingRule, the_jitter_of_a_path_is_no_abuse) {
  for (Tick at = 0; at < kHour; at += 5 * kSecond) ASSERT_TRUE(rule.ping(a, at + (at % (3 * 5 * kSecond)) / 50)) << at;
}

TEST_F(PingRule, the_third_strike_ends_it) {
  EXPECT_TRUE(rule.ping(a, 1 * kSecond));  // the first one is never early
  EXPECT_TRUE(rule.ping(a, 2 * kSecond));
  EXPECT_TRUE(rule.ping(a, 3 * kSecond));
  EXPECT_FALSE(rule.ping(a, 4 * kSecond));
}

TEST_F(PingRule, early_means_a_tenth_earlier_than_the_interval) {
  EXPECT_TRUE(rule.ping(a, 0));
  for (int i = 1; i <= 100; ++i) ASSERT_TRUE(rule.ping(a, i * 4'500));
  EXPECT_TRUE(rule.ping(a, 450'000 + 4'499));
  EXPECT_TRUE(rule.ping(a, 450'000 + 2 * 4'499));
  EXPECT_FALSE(rule.ping(a, 450'000 + 3 * 4'499));
}

TEST_F(PingRule, a_heartbeat_in_time_does_not_clear_the_strikes) {
  for (const Tick at : {0, 1, 7, 8, 14}) EXPECT_TRUE(rule.ping(a, at * kSecond)) << at;
  EXPECT_FALSE(rule.ping(a, 15 * kSecond));
}

TEST_F(PingRule, another_pdu_either_way_clears_the_strikes_and_a_heartbeat_of_ours_does_not) {
  const auto two_strikes = [&](Tick from) {
    return rule.ping(a, from) && rule.ping(a, from + 1) && rule.ping(a, from + 2);
  };
  EXPECT_TRUE(two_strikes(0));
  rule.active(a, 10);
  EXPECT_TRUE(two_strikes(6 * kSecond));
  rule.sent(a, 6 * kSecond + 10, Traffic::kData);
  EXPECT_TRUE(two_strikes(12 * kSecond));
  rule.sent(a, 12 * kSecond + 10, Traffic::kHeartbeat);
  EXPECT_FALSE(rule.ping(a, 12 * kSecond + 20));
}

// A stop of ours or a cut of the path: what was sent meanwhile comes in one heap, over some turns, and the next beat
// right behind it.
TEST_F(PingRule, heartbeats_that_have_piled_up_are_no_strikes) {
  for (Tick at = 0; at < kHour; at += 200 * kSecond) {
    EXPECT_TRUE(rule.ping(a, at));
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(rule.ping(a, at + 50 * kSecond + i / 4));
    EXPECT_TRUE(rule.ping(a, at + 51 * kSecond));
  }
}

TEST_F(PingRule, also_those_before_which_there_was_none) {
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(rule.ping(a, 60 * kSecond));
}

TEST_F(PingRule, a_gap_pardons_as_many_as_have_their_place_in_it) {
  EXPECT_TRUE(rule.ping(a, 0));
  int taken = 0;
  while (rule.ping(a, 20 * kSecond) && taken < 100) ++taken;
  EXPECT_EQ(taken, 1 + 4 + 2);  // in time; 20 s at 4.5 s each; the strikes
}

TEST_F(PingRule, whoever_beats_thrice_within_a_short_timeout_is_no_abuser) {
  rule.set_policy({.silence_timeout_ms = 3 * kSecond, .min_ping_interval_ms = 5 * kSecond, .max_ping_strikes = 2});
  for (Tick at = 0; at < kHour; at += kSecond) ASSERT_TRUE(rule.ping(a, at));
  EXPECT_TRUE(rule.ping(a, kHour));
  EXPECT_TRUE(rule.ping(a, kHour + 500));
  EXPECT_FALSE(rule.ping(a, kHour + 1'000) && rule.ping(a, kHour + 1'500));
}

// A client that beats by a clock of its own, a moment after it has answered us.
TEST_F(PingRule, the_answer_to_a_probe_is_neither_early_nor_makes_the_next_one_so) {
  rule.set_policy({.silence_timeout_ms = 300 * kSecond,
                   .probe_after_ms = 30 * kSecond,
                   .min_ping_interval_ms = 5 * kSecond,
                   .max_ping_strikes = 2});
  for (Tick at = 31 * kSecond; at < kHour; at += 31 * kSecond) {
    ASSERT_EQ(check_at(rule, at - kSecond), "beat:a ");
    rule.received(a, at - 900);
    ASSERT_TRUE(rule.ping(a, at - 900));
    rule.received(a, at);
    ASSERT_TRUE(rule.ping(a, at));
  }
}

TEST_F(PingRule, without_checks_nobody_is_closed_for_it) {
  rule.set_policy({.min_ping_interval_ms = 5 * kSecond, .max_ping_strikes = 2, .check_enabled = false});
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(rule.ping(a, i));
}

TEST_F(PingRule, switched_off_it_counts_nothing) {
  rule.set_policy({.min_ping_interval_ms = 0, .max_ping_strikes = 0});
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(rule.ping(a, 0));
}

// --- Idle and old connections ----------------------------------------------------------------------------------------

TEST_F(KeepaliveRules, only_heartbeats_for_too_long_is_idle) {
  Liveness rule({.silence_timeout_ms = 60 * kSecond, .max_idle_ms = kHour});
  rule.join(a, 0);
  for (Tick at = 20 * kSecond; at < kHour; at += 20 * kSecond) {
    rule.received(a, at);
    ASSERT_TRUE(rule.ping(a, at));
    rule.sent(a, at, Traffic::kHeartbeat);
    ASSERT_EQ(check_at(rule, at), "");
  }
  rule.received(a, kHour - 1);
  EXPECT_EQ(check_at(rule, kHour - 1), "");
  EXPECT_EQ(check_at(rule, kHour), "idle:a ");
}

TEST_F(KeepaliveRules, traffic_either_way_keeps_a_connection_from_being_idle) {
  Liveness rule({.max_idle_ms = 10 * kSecond});
  rule.join(a, 0);
  rule.join(b, 0);
  for (Tick at = kSecond; at < kHour; at += 9 * kSecond) {
    rule.active(a, at);
    rule.sent(b, at, Traffic::kData);
    ASSERT_EQ(check_at(rule, at), "");
  }
}

class AgeRule : public KeepaliveTest {
 protected:
  Liveness rule{{.max_age_ms = 100 * kSecond, .age_grace_ms = 10 * kSecond}};
};

TEST_F(AgeRule, the_old_are_told_to_leave_and_closed_after_the_grace) {
  rule.join(a, 0);
  EXPECT_EQ(rule.next_due(), TimerList::kNever);  // it has not logged in: that has a deadline of its own
  rule.handshake_done(a, 5 * kSecond);
  const Tick told_at = rule.next_due();
  EXPECT_GE(told_at, 5 * kSecond + 90 * kSecond);
  EXPECT_LE(told_at, 5 * kSecond + 110 * kSecond);
  EXPECT_EQ(check_at(rule, told_at - 1), "");
  EXPECT_EQ(check_at(rule, told_at), "leave_max_age:a ");
  EXPECT_EQ(check_at(rule, told_at + 10 * kSecond - 1), "");
  EXPECT_EQ(check_at(rule, told_at + 10 * kSecond), "max_age:a ");
}

TEST_F(AgeRule, who_leaves_within_the_grace_is_forgotten) {
  rule.join(a, 0);
  rule.handshake_done(a, 0);
  EXPECT_EQ(check_at(rule, 110 * kSecond), "leave_max_age:a ");
  rule.leave(a);
  EXPECT_EQ(rule.next_due(), TimerList::kNever);
}

TEST_F(AgeRule, a_fleet_that_came_at_once_does_not_turn_at_once) {
  std::deque<KeepaliveNode> fleet;
  for (int i = 0; i < 2'100; ++i) {
    rule.join(fleet.emplace_back('x'), 0);
    rule.handshake_done(fleet.back(), 0);
  }
  std::set<Tick> moments;
  int told = 0;
  for (Tick at = 90 * kSecond; at <= 110 * kSecond; at += 100) {
    decisions.visits = 0;
    check_at(rule, at);
    told += decisions.visits > 0 && at <= 99 * kSecond ? decisions.visits : 0;
    if (decisions.visits > 0) moments.insert(at);
    EXPECT_LE(decisions.visits, 200) << at;  // of which 100 are closed at the end of their grace
  }
  EXPECT_EQ(told, 1'000);
  EXPECT_EQ(moments.size(), 21u);
}

TEST_F(AgeRule, without_checks_nobody_is_too_old_or_idle) {
  rule.set_policy({.max_idle_ms = kSecond, .max_age_ms = kSecond, .check_enabled = false});
  rule.join(a, 0);
  rule.handshake_done(a, 0);
  EXPECT_EQ(check_at(rule, kHour), "");
  EXPECT_EQ(rule.next_due(), TimerList::kNever);
}

TEST_F(AgeRule, a_fleet_that_a_new_setting_makes_too_old_is_told_a_part_at_a_time) {
  rule.set_policy({});
  std::deque<KeepaliveNode> fleet;
  for (int i = 0; i < 1'000; ++i) {
    rule.join(fleet.emplace_back('x'), 0);
    rule.handshake_done(fleet.back(), 0);
  }
  rule.set_policy({.max_age_ms = 100 * kSecond, .age_grace_ms = 10 * kSecond});
  const Tick begin = 24 * kHour;
  for (int i = 0; i < 10; ++i) {
    const Tick at = begin + i * Liveness::kTellAgainMs;
    EXPECT_LE(rule.next_due(), at);
    decisions.visits = 0;
    check_at(rule, at);
    EXPECT_EQ(decisions.visits, Liveness::kToldAtOnce);
    EXPECT_GT(rule.next_due(), at) << "it would ring without end";
  }
  EXPECT_EQ(check_at(rule, begin + 9 * kSecond), "");
}

TEST_F(AgeRule, a_rule_that_is_switched_on_counts_from_the_login) {
  rule.set_policy({});
  rule.join(a, 0);
  rule.handshake_done(a, 0);
  check_at(rule, 50 * kSecond);
  rule.set_policy({.max_age_ms = 100 * kSecond, .age_grace_ms = 10 * kSecond});
  EXPECT_EQ(check_at(rule, 110 * kSecond), "leave_max_age:a ");
}

// --- What else a policy says -----------------------------------------------------------------------------------------

TEST_F(KeepaliveRules, what_is_sent_counts_as_life_only_where_the_policy_says_so) {
  Liveness rule({.silence_timeout_ms = 60 * kSecond, .count_sent_as_activity = true});
  rule.join(a, 0);
  rule.join(b, 0);
  rule.sent(a, 50 * kSecond, Traffic::kData);
  rule.sent(b, 50 * kSecond, Traffic::kHeartbeat);
  EXPECT_EQ(check_at(rule, 60 * kSecond), "silent:b ");
  EXPECT_EQ(check_at(rule, 110 * kSecond), "silent:a ");
}

TEST_F(KeepaliveRules, two_policies_with_the_same_values_are_equal) {
  LivenessPolicy one{.silence_timeout_ms = 5, .probe_after_ms = 3};
  LivenessPolicy other = one;
  EXPECT_EQ(one, other);
  other.max_ping_strikes = 7;
  EXPECT_NE(one, other);
}

// --- The flight recorder ---------------------------------------------------------------------------------------------

std::string told(const std::vector<LivenessRecord>& history) {
  std::string text;
  for (const LivenessRecord& record : history) {
    text += std::to_string(record.at / kSecond) + ":" + to_string(record.event);
    if (record.count > 1) text += "*" + std::to_string(record.count);
    text += "(" + std::to_string(record.value) + ") ";
  }
  return text;
}

TEST_F(KeepaliveRules, the_history_tells_what_has_happened_in_order) {
  Liveness rule({.silence_timeout_ms = 300 * kSecond,
                 .probe_after_ms = 30 * kSecond,
                 .min_ping_interval_ms = 5 * kSecond,
                 .max_ping_strikes = 2});
  rule.join(a, 0);
  EXPECT_EQ(told(rule.history(a, 0)), "");
  rule.handshake_done(a, 1 * kSecond);
  rule.received(a, 20 * kSecond);
  EXPECT_TRUE(rule.ping(a, 20 * kSecond));
  rule.received(a, 40 * kSecond);
  EXPECT_TRUE(rule.ping(a, 40 * kSecond));
  check_at(rule, 70 * kSecond);
  rule.received(a, 71 * kSecond);
  EXPECT_TRUE(rule.ping(a, 71 * kSecond));
  rule.stalled(5 * kSecond, 80 * kSecond);
  EXPECT_TRUE(rule.ping(a, 90 * kSecond));
  EXPECT_TRUE(rule.ping(a, 96 * kSecond));
  EXPECT_TRUE(rule.ping(a, 97 * kSecond));
  rule.spared(a, 98 * kSecond, 16'000);
  rule.told_to_leave(a, 99 * kSecond, 10 * kSecond);
  EXPECT_EQ(told(rule.history(a, 0)),
            "1:handshake_done(1000) 40:heartbeat_in*2(20000) 70:probe(30000) 71:probe_answered(1000) 80:stall(5000) "
            "97:heartbeat_in*4(50000) 97:strike(1000) 98:spared(16000) 99:told_to_leave(10000) ");
  EXPECT_EQ(told(rule.history(b, 85 * kSecond)), "");
}

TEST_F(KeepaliveRules, a_stall_is_in_the_history_of_those_who_lived_through_it) {
  Liveness rule({.silence_timeout_ms = 60 * kSecond});
  rule.join(a, 0);
  rule.stalled(2 * kSecond, 10 * kSecond);
  rule.join(b, 20 * kSecond);
  EXPECT_EQ(told(rule.history(a, 0)), "10:stall(2000) ");
  EXPECT_EQ(told(rule.history(b, 20 * kSecond)), "");
}

TEST_F(KeepaliveRules, the_history_goes_along_from_one_rule_to_the_next) {
  Liveness fresh({.handshake_timeout_ms = 15 * kSecond});
  Liveness pc({.silence_timeout_ms = 60 * kSecond});
  fresh.join(a, 0);
  EXPECT_TRUE(fresh.ping(a, kSecond));
  pc.join(a, 2 * kSecond);
  EXPECT_EQ(told(pc.history(a, 0)), "1:heartbeat_in(0) ");
}

}  // namespace
}  // namespace talkbeat
