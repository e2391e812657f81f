#include <map>
#include <random>

#include "tests/contract/group_contract.h"

// Groups against a plain model that recounts everything, over long random histories.
namespace talkbeat {
namespace {

/// What a member may see and has read, kept the simple way.
struct ModelMember {
  uint32_t joined_after = 0;
  uint32_t read = 0;
  uint32_t hidden = 0;
};

struct ModelGroup {
  std::vector<UserId> writers;  ///< of message 1, 2, 3, …
  std::map<UserId, ModelMember> members;

  uint32_t last() const { return static_cast<uint32_t>(writers.size()); }
  uint32_t unread(UserId user) const {
    const ModelMember& member = members.at(user);
    const auto from = writers.begin() + std::max(member.joined_after, member.read);
    return static_cast<uint32_t>(std::count_if(from, writers.end(), [user](UserId writer) { return writer != user; }));
  }
};

class GroupModelContract : public GroupContract {
 protected:
  void SetUp() override {
    GroupContract::SetUp();
    users_ = {alice_, bob_, carol_, add_user("dave"), add_user("erin")};
    ids_ = {create(0, users_), create(0, {})};
    for (const UserId user : users_) model_[ids_[0]].members[user] = {};
    model_[ids_[1]] = {};
  }

  uint32_t below(size_t bound) { return static_cast<uint32_t>(random_() % bound); }

  void step() {
    const GroupId id = ids_[below(ids_.size())];
    const UserId user = users_[below(users_.size())];
    ModelGroup& group = model_[id];
    const bool inside = group.members.contains(user);
    const uint32_t action = below(10);
    if (!inside) {
      if (action < 3) return join(group, id, user);
      return expect_refused(try_say(user, id, "x"), StoreError::kNotMember);
    }
    if (action < 5) return write_message(group, id, user);
    if (action < 8) return mark(group, id, user);
    if (action < 9) return hide_conversation(group, id, user);
    ASSERT_TRUE(remove(0, id, {user}).ok());
    group.members.erase(user);
  }
  void join(ModelGroup& group, GroupId id, UserId user) {
    ASSERT_TRUE(add(0, id, {user}).ok());
    group.members[user] = {group.last(), group.last(), group.last()};
  }
  void write_message(ModelGroup& group, GroupId id, UserId user) {
    group.writers.push_back(user);
    EXPECT_EQ(say(user, id, "x").msg_id, group.last());
  }
  void mark(ModelGroup& group, GroupId id, UserId user) {
    const uint32_t wanted = below(group.last() + 3);
    const uint32_t read = std::min(wanted, group.last());
    ModelMember& member = group.members[user];
    EXPECT_EQ(read_up_to(user, id, wanted).value(), read > member.read);
    member.read = std::max(member.read, read);
  }
  void hide_conversation(ModelGroup& group, GroupId id, UserId user) {
    ASSERT_TRUE(hide(user, id).ok());
    group.members[user].read = group.last();
    group.members[user].hidden = group.last();
  }

  void compare(GroupId id, UserId user) {
    const ModelGroup& group = model_[id];
    if (!group.members.contains(user)) {
      EXPECT_EQ(unread_in(user, id), 0u);
      return;
    }
    const ModelMember& member = group.members.at(user);
    EXPECT_EQ(unread_in(user, id), group.unread(user));
    EXPECT_EQ(history(user, id, 0, 100'000).size(), group.last() - member.joined_after);
    const auto refs = listed(user);
    const bool in_list = std::find(refs.begin(), refs.end(), DatabaseContract::group(id)) != refs.end();
    EXPECT_EQ(in_list, group.last() > member.hidden);
  }

  std::mt19937 random_;
  Users users_;
  std::vector<GroupId> ids_;
  std::map<GroupId, ModelGroup> model_;
};
INSTANTIATE_TEST_SUITE_P(Each, GroupModelContract, ::testing::ValuesIn(database_kinds()), kind_name);

TEST_P(GroupModelContract, unread_counts_history_and_list_equal_a_recount) {
  constexpr uint32_t kSeed = 20'240'601;
  random_.seed(kSeed);
  for (int i = 0; i < 400 && !HasFailure(); ++i) {
    step();
    for (const GroupId id : ids_) {
      for (const UserId user : users_) compare(id, user);
    }
    ASSERT_FALSE(HasFailure()) << "seed " << kSeed << ", step " << i;
  }
  EXPECT_GT(model_[ids_[0]].last(), 50u);
  EXPECT_GT(model_[ids_[1]].last(), 20u);
}

}  // namespace
}  // namespace talkbeat
