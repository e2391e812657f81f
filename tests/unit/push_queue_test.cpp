#include "msg_server/push/push_queue.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

PushNotice notice(uint32_t msg_id) {
  PushNotice push;
  push.msg_id = msg_id;
  return push;
}

std::vector<uint32_t> ids(const std::vector<PushNotice>& pushes) {
  std::vector<uint32_t> result;
  for (const PushNotice& push : pushes) result.push_back(push.msg_id);
  return result;
}

using Ids = std::vector<uint32_t>;
constexpr PushQueue::Limits kLimits{.max_queued = 5, .max_batch = 3, .gather_ms = 200};

TEST(PushQueue, a_batch_is_due_when_its_oldest_push_has_waited_long_enough) {
  PushQueue queue(kLimits);
  EXPECT_EQ(queue.due(), TimerList::kNever);
  queue.add(notice(1), 1'000);
  queue.add(notice(2), 1'100);
  EXPECT_EQ(queue.due(), 1'200);
  EXPECT_EQ(ids(queue.take_batch()), (Ids{1, 2}));
  EXPECT_EQ(queue.due(), TimerList::kNever);
}

TEST(PushQueue, a_full_batch_is_due_at_once_and_the_rest_keeps_its_own_time) {
  PushQueue queue(kLimits);
  for (uint32_t id = 1; id <= 4; ++id) queue.add(notice(id), 1'000 + id);
  EXPECT_LE(queue.due(), 1'003);
  EXPECT_EQ(ids(queue.take_batch()), (Ids{1, 2, 3}));
  EXPECT_EQ(queue.due(), 1'204);
}

TEST(PushQueue, past_the_bound_the_oldest_go_and_are_counted) {
  PushQueue queue(kLimits);
  for (uint32_t id = 1; id <= 5; ++id) EXPECT_EQ(queue.add(notice(id), 0), 0u);
  EXPECT_EQ(queue.add(notice(6), 0), 1u);
  EXPECT_EQ(queue.add(notice(7), 0), 1u);
  EXPECT_EQ(queue.size(), 5u);
  EXPECT_EQ(ids(queue.take_batch()), (Ids{3, 4, 5}));
  EXPECT_EQ(ids(queue.take_batch()), (Ids{6, 7}));
  EXPECT_TRUE(queue.take_batch().empty());
}

TEST(PushQueue, a_smaller_bound_counts_from_the_next_push_on) {
  PushQueue queue(kLimits);
  for (uint32_t id = 1; id <= 5; ++id) queue.add(notice(id), 0);
  queue.set_limits({.max_queued = 2, .max_batch = 3, .gather_ms = 200});
  EXPECT_EQ(queue.add(notice(6), 0), 4u);
  EXPECT_EQ(ids(queue.take_batch()), (Ids{5, 6}));
}

}  // namespace
}  // namespace talkbeat
