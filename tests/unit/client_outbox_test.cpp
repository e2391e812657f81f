#include "tools/client/outbox.h"

#include <gtest/gtest.h>

#include "base/timer_list.h"

namespace talkbeat {
namespace {

const ConversationId kBob{IM::BaseDefine::SESSION_TYPE_SINGLE, 2};
const ConversationId kCarol{IM::BaseDefine::SESSION_TYPE_SINGLE, 3};

void add(Outbox& outbox, uint64_t local_id, const ConversationId& to = kBob) {
  OutgoingMessage message;
  message.local_id = local_id;
  message.to = to;
  message.client_msg_key = 1000 + local_id;
  outbox.add(message);
}

TEST(Outbox, one_message_of_a_conversation_is_on_its_way_at_a_time) {
  Outbox outbox;
  add(outbox, 1);
  add(outbox, 2);
  ASSERT_EQ(outbox.due(0).size(), 1u);
  EXPECT_EQ(outbox.launch(kBob, 10).local_id, 1u);
  EXPECT_TRUE(outbox.due(0).empty());
  EXPECT_EQ(outbox.finish(10)->local_id, 1u);
  ASSERT_EQ(outbox.due(0).size(), 1u);
  EXPECT_EQ(outbox.launch(kBob, 11).local_id, 2u);
}

TEST(Outbox, conversations_do_not_wait_for_each_other_and_go_in_the_order_given) {
  Outbox outbox;
  add(outbox, 1, kCarol);
  add(outbox, 2, kBob);
  EXPECT_EQ(outbox.due(0), std::vector({kCarol, kBob}));
}

TEST(Outbox, a_postponed_message_keeps_its_place_and_its_key) {
  Outbox outbox;
  add(outbox, 1);
  add(outbox, 2);
  outbox.launch(kBob, 10);
  EXPECT_TRUE(outbox.postpone(10, 500));
  EXPECT_TRUE(outbox.due(499).empty());
  EXPECT_EQ(outbox.next_due(), 500);
  ASSERT_EQ(outbox.due(500).size(), 1u);
  const OutgoingMessage& again = outbox.launch(kBob, 11);
  EXPECT_EQ(again.local_id, 1u);
  EXPECT_EQ(again.client_msg_key, 1001u);
}

TEST(Outbox, a_lost_connection_brings_back_what_was_on_its_way) {
  Outbox outbox;
  add(outbox, 1);
  outbox.launch(kBob, 10);
  outbox.recall();
  EXPECT_FALSE(outbox.finish(10));
  EXPECT_TRUE(outbox.unsettled(kBob));
  EXPECT_EQ(outbox.launch(kBob, 1).local_id, 1u);
}

TEST(Outbox, only_what_was_sent_and_is_not_settled_is_unsettled) {
  Outbox outbox;
  add(outbox, 1);
  add(outbox, 2);
  EXPECT_FALSE(outbox.unsettled(kBob));
  outbox.launch(kBob, 10);
  outbox.postpone(10, 5);
  EXPECT_TRUE(outbox.unsettled(kBob));
  outbox.launch(kBob, 11);
  outbox.finish(11);
  EXPECT_FALSE(outbox.unsettled(kBob));
  EXPECT_EQ(outbox.size(), 1u);
}

TEST(Outbox, unknown_numbers_change_nothing) {
  Outbox outbox;
  EXPECT_FALSE(outbox.finish(1));
  EXPECT_FALSE(outbox.postpone(1, 5));
  EXPECT_EQ(outbox.next_due(), TimerList::kNever);
}

}  // namespace
}  // namespace talkbeat
