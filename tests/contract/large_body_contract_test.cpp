#include "tests/contract/group_contract.h"

// What every database must do with bodies that are kept apart: nobody notices.
namespace talkbeat {
namespace {

class LargeBodyContract : public GroupContract {
 protected:
  static std::string body_of(size_t size) {
    std::string body(size, '\0');
    for (size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 7 + i / 256);
    return body;
  }
};
INSTANTIATE_TEST_SUITE_P(Each, LargeBodyContract, ::testing::ValuesIn(database_kinds()), kind_name);

TEST_P(LargeBodyContract, every_way_of_reading_gives_the_whole_body) {
  const GroupId id = create(alice_, {bob_});
  for (const size_t size : {kLargeBody - 1, kLargeBody, kLargeBody + 1, size_t{200'000}}) {
    const std::string body = body_of(size);
    const uint32_t msg_id = send(alice_, bob_, body).msg_id;
    const Appended in_group = say(alice_, id, body);
    EXPECT_TRUE(database_->messages_before(bob_, single(alice_), 0, 1).value().at(0).body == body);
    EXPECT_TRUE(database_->messages_before(bob_, group(id), 0, 1).value().at(0).body == body);
    EXPECT_TRUE(database_->messages_by_id(bob_, single(alice_), Ids{msg_id}).value().at(0).body == body);
    EXPECT_TRUE(database_->messages_after(in_group.sequence - 1, 1).value().at(0).message.body == body);
    for (const Conversation& conversation : database_->conversations(bob_, 0, 10).value()) {
      EXPECT_TRUE(conversation.latest.body == body);
    }
    for (const Unread& unread : database_->unread(bob_).value()) EXPECT_TRUE(unread.latest.body == body);
  }
}

TEST_P(LargeBodyContract, one_that_a_list_leaves_out_takes_no_memory) {
  const size_t size = kMaxLatestBytes * 3 / 4;
  send(alice_, bob_, body_of(size));
  say(alice_, create(alice_, {bob_}), body_of(size));
  const auto conversations = database_->conversations(bob_, 0, 10);
  const auto unread = database_->unread(bob_);
  ASSERT_EQ(conversations.value().size(), 2u);
  ASSERT_EQ(unread.value().size(), 2u);
  size_t listed_bytes = 0;
  size_t unread_bytes = 0;
  for (const Conversation& conversation : conversations.value()) listed_bytes += conversation.latest.body.capacity();
  for (const Unread& one : unread.value()) unread_bytes += one.latest.body.capacity();
  EXPECT_LT(listed_bytes, kMaxLatestBytes);
  EXPECT_LT(unread_bytes, kMaxLatestBytes);
}

TEST_P(LargeBodyContract, small_and_large_ones_stand_in_their_order) {
  send(alice_, bob_, "small");
  send(alice_, bob_, body_of(10'000));
  send(alice_, bob_, "small again");
  auto found = database_->messages_before(bob_, single(alice_), 0, 10);
  ASSERT_EQ(found.value().size(), 3u);
  EXPECT_EQ(found.value()[0].body, "small again");
  EXPECT_EQ(found.value()[1].body.size(), 10'000u);
  EXPECT_EQ(found.value()[2].body, "small");
}

TEST_P(LargeBodyContract, the_same_key_stores_it_once) {
  const std::string body = body_of(10'000);
  const Appended first = send(alice_, bob_, body, 1, 7);
  EXPECT_TRUE(send(alice_, bob_, body, 1, 7).duplicate);
  EXPECT_EQ(database_->latest_sequence().value(), first.sequence);
}

TEST_P(LargeBodyContract, rolled_back_with_its_message) {
  ASSERT_TRUE(database_->begin_batch().ok());
  ASSERT_TRUE(database_->append({alice_, single(bob_), 2, body_of(9'000), 1, std::nullopt}).ok());
  database_->rollback_batch();
  EXPECT_EQ(send(alice_, bob_, body_of(8'000)).msg_id, 1u);
  EXPECT_EQ(database_->messages_before(bob_, single(alice_), 0, 10).value().at(0).body.size(), 8'000u);
}

}  // namespace
}  // namespace talkbeat
