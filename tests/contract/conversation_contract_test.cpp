#include <algorithm>
#include <array>

#include "tests/contract/database_contract.h"

// What every database must do with the list of conversations, unread counts and read marks.
namespace talkbeat {
namespace {

class ConversationContract : public DatabaseContract {
 protected:
  void SetUp() override {
    DatabaseContract::SetUp();
    add_three_users();
  }

  std::vector<UserId> peers(UserId user, int64_t since = 0, size_t limit = 100) {
    std::vector<UserId> found;
    for (const auto& conversation : database_->conversations(user, since, limit).value()) {
      found.push_back(conversation.ref.peer);
    }
    return found;
  }
  StoreResult<Done> remove(UserId user, UserId peer) {
    return write([&](Database& db) { return db.remove_conversation(user, single(peer)); });
  }
};
INSTANTIATE_TEST_SUITE_P(Each, ConversationContract, ::testing::ValuesIn(database_kinds()), kind_name);

using Peers = std::vector<UserId>;

TEST_P(ConversationContract, the_list_names_each_peer_with_the_latest_message_newest_first) {
  send(bob_, alice_, "old", 100);
  send(bob_, carol_, "later", 200);
  send(alice_, bob_, "newest", 300);
  EXPECT_EQ(peers(bob_), (Peers{alice_, carol_}));
  EXPECT_EQ(peers(alice_), (Peers{bob_}));
  auto list = database_->conversations(carol_, 0, 10);
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list.value().size(), 1u);
  EXPECT_EQ(list.value()[0].ref, single(bob_));
  EXPECT_EQ(list.value()[0].updated_at, 200);
  EXPECT_EQ(list.value()[0].latest.body, "later");
  EXPECT_EQ(list.value()[0].latest.from, bob_);
}

TEST_P(ConversationContract, within_one_second_the_later_message_comes_first) {
  send(bob_, alice_, "1", 100);
  send(bob_, carol_, "2", 100);
  EXPECT_EQ(peers(bob_), (Peers{carol_, alice_}));
  send(alice_, bob_, "3", 100);
  EXPECT_EQ(peers(bob_), (Peers{alice_, carol_}));
}

TEST_P(ConversationContract, the_list_is_cut_by_time_and_by_limit) {
  send(bob_, alice_, "1", 100);
  send(bob_, carol_, "2", 200);
  EXPECT_EQ(peers(bob_, 100), (Peers{carol_}));
  EXPECT_EQ(peers(bob_, 200), (Peers{}));
  EXPECT_EQ(peers(bob_, 0, 1), (Peers{carol_}));
}

TEST_P(ConversationContract, a_conversations_time_does_not_move_back_with_the_clock) {
  send(bob_, alice_, "1", 1'000);
  send(bob_, alice_, "2", 10);
  auto list = database_->conversations(bob_, 999, 10);
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list.value().size(), 1u);
  EXPECT_EQ(list.value()[0].latest.body, "2");
}

TEST_P(ConversationContract, only_the_others_messages_are_unread) {
  send(alice_, bob_, "1");
  send(alice_, bob_, "2");
  send(bob_, alice_, "3");
  EXPECT_EQ(unread(bob_, alice_), 2u);
  EXPECT_EQ(unread(alice_, bob_), 1u);
  EXPECT_EQ(unread(carol_, alice_), 0u);
}

TEST_P(ConversationContract, the_unread_ones_of_all_conversations_are_counted) {
  EXPECT_EQ(database_->unread_total(bob_).value(), 0u);
  send(alice_, bob_, "1", 100);
  send(alice_, bob_, "2", 100);
  send(carol_, bob_, "3", 100);
  send(bob_, carol_, "4", 100);
  EXPECT_EQ(database_->unread_total(bob_).value(), 3u);
  EXPECT_EQ(database_->unread_total(carol_).value(), 1u);
  EXPECT_EQ(database_->unread_total(alice_).value(), 0u);
  ASSERT_TRUE(remove(bob_, alice_).ok());
  EXPECT_EQ(database_->unread_total(bob_).value(), 1u);
}

TEST_P(ConversationContract, unread_conversations_carry_their_latest_message) {
  send(alice_, bob_, "1");
  send(bob_, alice_, "2");
  auto list = database_->unread(bob_);
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list.value().size(), 1u);
  EXPECT_EQ(list.value()[0].ref, single(alice_));
  EXPECT_EQ(list.value()[0].count, 1u);
  EXPECT_EQ(list.value()[0].latest.body, "2");
}

TEST_P(ConversationContract, reading_up_to_the_middle_leaves_the_rest_unread) {
  for (int i = 0; i < 3; ++i) {
    send(alice_, bob_, "a");
    send(bob_, alice_, "b");
  }
  EXPECT_TRUE(mark_read(bob_, alice_, 3).value());
  EXPECT_EQ(unread(bob_, alice_), 1u);  // of 4, 5, 6 only 5 is alice's
  EXPECT_EQ(unread(alice_, bob_), 3u);
  EXPECT_TRUE(mark_read(alice_, bob_, 4).value());
  EXPECT_EQ(unread(alice_, bob_), 1u);
  EXPECT_TRUE(mark_read(bob_, alice_, 6).value());
  EXPECT_EQ(unread(bob_, alice_), 0u);
  EXPECT_TRUE(database_->unread(bob_).value().empty());
}

TEST_P(ConversationContract, a_read_mark_never_moves_back_or_beyond_the_newest) {
  send(alice_, bob_, "1");
  send(alice_, bob_, "2");
  EXPECT_TRUE(mark_read(bob_, alice_, 4'000'000'000).value());
  EXPECT_FALSE(mark_read(bob_, alice_, 1).value());
  EXPECT_FALSE(mark_read(bob_, alice_, 2).value());
  EXPECT_FALSE(mark_read(bob_, alice_, 0).value());
  EXPECT_EQ(unread(bob_, alice_), 0u);
  send(alice_, bob_, "3");
  EXPECT_EQ(unread(bob_, alice_), 1u);
}

TEST_P(ConversationContract, a_removed_conversation_is_gone_for_one_side_until_the_next_message) {
  send(alice_, bob_, "1");
  ASSERT_TRUE(remove(bob_, alice_).ok());
  EXPECT_EQ(peers(bob_), (Peers{}));
  EXPECT_EQ(unread(bob_, alice_), 0u);
  EXPECT_EQ(peers(alice_), (Peers{bob_}));
  EXPECT_EQ(database_->messages_before(bob_, single(alice_), 0, 10).value().size(), 1u);
  send(alice_, bob_, "2");
  EXPECT_EQ(peers(bob_), (Peers{alice_}));
  EXPECT_EQ(unread(bob_, alice_), 1u);
}

TEST_P(ConversationContract, reading_after_removing_keeps_it_removed) {
  send(alice_, bob_, "1");
  ASSERT_TRUE(remove(bob_, alice_).ok());
  EXPECT_FALSE(mark_read(bob_, alice_, 1).value());
  EXPECT_EQ(peers(bob_), (Peers{}));
  send(alice_, bob_, "2");
  EXPECT_TRUE(mark_read(bob_, alice_, 2).value());
  EXPECT_EQ(peers(bob_), (Peers{alice_}));
}

TEST_P(ConversationContract, marking_what_does_not_exist_is_refused) {
  auto mark = mark_read(alice_, bob_, 1);
  ASSERT_FALSE(mark.ok());
  EXPECT_EQ(mark.error(), StoreError::kUnknownConversation);
  auto removed = remove(alice_, bob_);
  ASSERT_FALSE(removed.ok());
  EXPECT_EQ(removed.error(), StoreError::kUnknownConversation);
  auto of_group = write([&](Database& db) { return db.mark_read(alice_, group(1), 1); });
  ASSERT_FALSE(of_group.ok());
  EXPECT_EQ(of_group.error(), StoreError::kNotMember);
}

// Against a plain recount, after every step of a long random conversation.
TEST_P(ConversationContract, unread_counts_equal_a_recount) {
  std::vector<UserId> written;
  uint32_t read_by_alice = 0;
  uint32_t read_by_bob = 0;
  uint32_t random = 12'345;
  const auto next = [&random](uint32_t bound) {
    random = random * 1'664'525u + 1'013'904'223u;
    return (random >> 16) % bound;
  };
  const auto recount = [&written](UserId peer, uint32_t read) {
    return static_cast<uint32_t>(std::count(written.begin() + read, written.end(), peer));
  };
  for (int step = 0; step < 200; ++step) {
    const auto size = static_cast<uint32_t>(written.size());
    const uint32_t action = size == 0 ? 0 : next(4);
    if (action < 2) {
      const bool from_alice = next(3) != 0;
      send(from_alice ? alice_ : bob_, from_alice ? bob_ : alice_, "x");
      written.push_back(from_alice ? alice_ : bob_);
    } else {
      uint32_t& read = action == 2 ? read_by_alice : read_by_bob;
      const uint32_t target = 1 + next(size);
      EXPECT_TRUE(mark_read(action == 2 ? alice_ : bob_, action == 2 ? bob_ : alice_, target).ok());
      read = std::max(read, target);
    }
    ASSERT_EQ(unread(alice_, bob_), recount(bob_, read_by_alice)) << "step " << step;
    ASSERT_EQ(unread(bob_, alice_), recount(alice_, read_by_bob)) << "step " << step;
  }
}

}  // namespace
}  // namespace talkbeat
