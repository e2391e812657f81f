#include "msg_server/push/push_deliveries.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

using Kind = PushOutcome::Kind;
using End = PushDeliveries::End;

constexpr PushOutcome kSent{Kind::kSent};
constexpr PushOutcome kRefused{Kind::kRefused};
constexpr PushOutcome kFailed{Kind::kFailed};

class PushDeliveriesTest : public testing::Test {
 protected:
  uint64_t start(Tick now) {
    const auto started = deliveries.start_next(now);
    EXPECT_TRUE(started.has_value());
    return started ? started->number : 0;
  }

  SeededRng rng{1};
  PushDeliveries deliveries{{.max_open = 2, .max_tries = 3, .backoff = {.first_ms = 1'000, .max_ms = 60'000}}};
};

TEST_F(PushDeliveriesTest, each_is_started_once_and_keeps_its_place_until_it_has_ended) {
  deliveries.open({"a", "body", {{7, "token"}}}, 0);
  deliveries.open({"b"}, 0);
  EXPECT_FALSE(deliveries.has_room());
  const auto first = deliveries.start_next(0);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->delivery->id, "a");
  start(0);
  EXPECT_FALSE(deliveries.start_next(0).has_value());
  EXPECT_EQ(deliveries.on_the_way(), 2u);
  EXPECT_EQ(deliveries.due(), TimerList::kNever);

  const auto ended = deliveries.finish(first->number, kSent, 10, rng);
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->end, End::kSent);
  EXPECT_EQ(ended->delivery.body, "body");
  EXPECT_EQ(ended->delivery.devices.front().second, "token");
  EXPECT_TRUE(deliveries.has_room());
}

TEST_F(PushDeliveriesTest, what_is_refused_is_not_tried_again) {
  deliveries.open({"a"}, 0);
  const auto ended = deliveries.finish(start(0), kRefused, 0, rng);
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->end, End::kRefused);
  EXPECT_EQ(deliveries.size(), 0u);
}

TEST_F(PushDeliveriesTest, what_failed_is_tried_again_with_the_same_id_until_the_tries_are_used_up) {
  deliveries.open({"a"}, 0);
  Tick now = 0;
  for (int failure = 0; failure < 2; ++failure) {
    EXPECT_FALSE(deliveries.finish(start(now), kFailed, now, rng).has_value());
    EXPECT_LE(deliveries.due(), now + (1'000 << failure));
    EXPECT_EQ(deliveries.on_the_way(), 0u);
    EXPECT_FALSE(deliveries.has_room() && deliveries.size() != 1);
    now = deliveries.due();
  }
  const auto last = deliveries.start_next(now);
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->delivery->id, "a");
  const auto ended = deliveries.finish(last->number, kFailed, now, rng);
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->end, End::kGaveUp);
}

TEST_F(PushDeliveriesTest, the_waits_are_spread_at_random_up_to_a_bound_that_doubles) {
  Tick longest_first = 0;
  Tick longest_second = 0;
  for (int round = 0; round < 300; ++round) {
    deliveries.open({"a"}, 0);
    (void)deliveries.finish(start(0), kFailed, 0, rng);
    const Tick first = deliveries.due();
    (void)deliveries.finish(start(first), kFailed, first, rng);
    longest_first = std::max(longest_first, first);
    longest_second = std::max(longest_second, deliveries.due() - first);
    (void)deliveries.finish(start(deliveries.due()), kSent, 0, rng);
  }
  EXPECT_GT(longest_first, 900);
  EXPECT_LE(longest_first, 1'000);
  EXPECT_GT(longest_second, 1'800);
  EXPECT_LE(longest_second, 2'000);
}

TEST_F(PushDeliveriesTest, what_the_gateway_asks_for_is_waited_but_no_longer_than_the_longest_wait) {
  deliveries.open({"a"}, 0);
  (void)deliveries.finish(start(0), {Kind::kFailed, 30'000}, 0, rng);
  EXPECT_EQ(deliveries.due(), 30'000);
  (void)deliveries.finish(start(30'000), {Kind::kFailed, 24 * 3'600'000}, 30'000, rng);
  EXPECT_EQ(deliveries.due(), 90'000);
}

TEST_F(PushDeliveriesTest, a_success_ends_the_waiting_of_the_others_but_of_those_that_were_told_to_wait) {
  PushDeliveries many{{.max_open = 3, .max_tries = 8, .backoff = {.first_ms = 50'000, .max_ms = 60'000}}};
  for (const char* id : {"fails", "is told to wait", "succeeds"}) many.open({id}, 0);
  const auto fails = many.start_next(0);
  const auto told = many.start_next(0);
  const auto succeeds = many.start_next(0);
  (void)many.finish(told->number, {Kind::kFailed, 60'000}, 0, rng);
  (void)many.finish(fails->number, kFailed, 0, rng);
  ASSERT_GT(many.due(), 100);
  (void)many.finish(succeeds->number, kSent, 100, rng);
  EXPECT_EQ(many.due(), 100);
  EXPECT_EQ(many.start_next(100)->delivery->id, "fails");
  EXPECT_EQ(many.due(), 60'000);
}

}  // namespace
}  // namespace talkbeat
