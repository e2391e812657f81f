#include "msg_server/groups/group_cache.h"

#include <gmock/gmock.h>

#include <string>

namespace talkbeat {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A cache on a store that answers when the test says so.
class GroupCacheTest : public testing::Test {
 protected:
  struct Pending {
    GroupId group;
    std::function<void(GroupCache::Loaded)> done;
  };

  static GroupMembers group(GroupId id, uint32_t version, std::vector<UserId> users) {
    GroupMembers members{id, version, {}};
    for (const UserId user : users) members.all.push_back({user, 0});
    return members;
  }
  /// What is asked for shows in `served`, by name, with the version that it was served from.
  void use(const std::string& name, GroupId id, uint32_t version, size_t bytes = 1) {
    const size_t before = served.size();
    const bool at_once = cache.with_members(id, version, bytes, [this, name](const GroupCache::Found& found) {
      served.push_back(name + (found.ok() ? " v" + std::to_string(found.value()->version)
                                          : std::string(" ") + to_string(found.error())));
    });
    EXPECT_EQ(at_once, served.size() > before);
  }
  void answer(GroupCache::Loaded loaded) {
    ASSERT_FALSE(pending.empty());
    const Pending first = std::move(pending.front());
    pending.erase(pending.begin());
    first.done(std::move(loaded));
  }
  void answer(GroupMembers members) { answer(std::optional(std::move(members))); }
  std::string refused(StoreError error) { return std::string(" ") + to_string(error); }

  std::vector<Pending> pending;
  std::vector<std::string> served;
  GroupCache cache{[this](GroupId id, std::function<void(GroupCache::Loaded)> done) {
                     pending.push_back({id, std::move(done)});
                   },
                   {.members = 100, .waiting = 40, .waiting_bytes = 4'000}};
};

TEST_F(GroupCacheTest, those_who_wait_share_one_load_and_are_served_in_order) {
  use("a", 1, 1);
  use("b", 1, 1);
  use("c", 1, 0);
  EXPECT_THAT(served, IsEmpty());
  EXPECT_EQ(cache.waiting(), 3u);
  answer(group(1, 1, {5, 6}));
  EXPECT_THAT(served, ElementsAre("a v1", "b v1", "c v1"));
  EXPECT_THAT(pending, IsEmpty());
  EXPECT_EQ(cache.waiting(), 0u);
  EXPECT_EQ(cache.waiting_bytes(), 0u);
  use("d", 1, 1);
  EXPECT_EQ(served.back(), "d v1") << "at once, from memory";
  EXPECT_EQ(cache.stats().loads, 1u);
}

TEST_F(GroupCacheTest, a_newer_version_than_the_one_in_memory_is_loaded_first) {
  cache.put(group(1, 3, {5}));
  use("a", 1, 4);
  use("b", 1, 3);  // behind it, though what is known would do
  EXPECT_THAT(served, IsEmpty());
  answer(group(1, 5, {5, 6}));
  EXPECT_THAT(served, ElementsAre("a v5", "b v5"));
}

TEST_F(GroupCacheTest, what_a_load_may_not_have_seen_is_loaded_again_and_nothing_overtakes) {
  use("a", 1, 1);
  use("b", 1, 2);
  use("c", 1, 1);
  answer(group(1, 1, {5}));
  EXPECT_THAT(served, ElementsAre("a v1"));
  ASSERT_EQ(pending.size(), 1u);
  use("d", 1, 2);
  answer(group(1, 2, {5, 6}));
  EXPECT_THAT(served, ElementsAre("a v1", "b v2", "c v2", "d v2"));
  EXPECT_THAT(pending, IsEmpty());
}

TEST_F(GroupCacheTest, a_store_that_does_not_know_the_version_is_not_asked_for_ever) {
  use("a", 1, 9);
  use("b", 1, 9);
  answer(group(1, 1, {5}));
  EXPECT_THAT(served, ElementsAre("a v1")) << "asked for before the load: the store knows no better";
  answer(group(1, 1, {5}));
  EXPECT_THAT(served, ElementsAre("a v1", "b v1"));
  EXPECT_THAT(pending, IsEmpty());
}

TEST_F(GroupCacheTest, a_group_that_does_not_exist_and_a_store_that_fails_are_told_to_all_who_wait) {
  use("a", 1, 1);
  use("b", 1, 1);
  answer(std::optional<GroupMembers>());
  use("c", 2, 1);
  answer(StoreError::kUnavailable);
  EXPECT_THAT(served, ElementsAre("a" + refused(StoreError::kUnknownGroup), "b" + refused(StoreError::kUnknownGroup),
                                  "c" + refused(StoreError::kUnavailable)));
  EXPECT_EQ(cache.groups(), 0u);
  EXPECT_EQ(cache.stats().failed_loads, 1u);
  use("d", 2, 1);
  answer(group(2, 1, {5}));
  EXPECT_EQ(served.back(), "d v1") << "the next one tries again";
}

TEST_F(GroupCacheTest, one_groups_share_of_those_who_wait_is_bounded_in_number_and_bytes) {
  for (int i = 0; i < 11; ++i) use(std::to_string(i), 1, 1);
  EXPECT_THAT(served, ElementsAre("10" + refused(StoreError::kBusy)));
  use("large", 2, 1, 900);
  use("larger", 2, 1, 101);
  EXPECT_EQ(served.back(), "larger" + refused(StoreError::kBusy));
  EXPECT_EQ(cache.waiting(), 11u);
  EXPECT_EQ(cache.stats().refused, 2u);
  served.clear();
  answer(group(1, 1, {5}));
  EXPECT_EQ(served.size(), 10u);
  EXPECT_EQ(cache.waiting_bytes(), 900u);
}

TEST_F(GroupCacheTest, all_groups_together_are_bounded_too_and_a_refused_one_starts_no_load) {
  for (GroupId id = 1; id <= 41; ++id) use(std::to_string(id), id, 1);
  EXPECT_THAT(served, ElementsAre("41" + refused(StoreError::kBusy)));
  EXPECT_EQ(pending.size(), 40u);
}

TEST_F(GroupCacheTest, a_put_serves_those_who_wait_and_the_load_on_its_way_counts_no_more) {
  use("a", 1, 1);
  use("b", 1, 2);
  cache.put(group(1, 2, {5, 6}));
  EXPECT_THAT(served, ElementsAre("a v2", "b v2"));
  answer(group(1, 1, {5}));
  use("c", 1, 2);
  EXPECT_EQ(served.back(), "c v2");
  // Where somebody waits for a newer one, nobody is served out of turn.
  use("d", 1, 7);
  cache.put(group(1, 3, {5}));
  EXPECT_EQ(served.size(), 3u);
  answer(group(1, 7, {5}));
  EXPECT_EQ(served.back(), "d v7");
}

TEST_F(GroupCacheTest, an_older_state_never_takes_the_place_of_a_newer_one) {
  cache.put(group(1, 5, {5}));
  cache.put(group(1, 4, {5, 6}));
  use("a", 1, 5);
  EXPECT_THAT(served, ElementsAre("a v5"));
  EXPECT_EQ(cache.members(), 1 + GroupCache::kGroupCost);
}

TEST_F(GroupCacheTest, groups_that_were_used_longest_ago_make_room) {
  const std::vector<UserId> ten{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  for (GroupId id = 1; id <= 3; ++id) cache.put(group(id, 1, ten));
  use("first", 1, 1);
  cache.put(group(4, 1, ten));
  EXPECT_EQ(cache.groups(), 3u);
  EXPECT_EQ(cache.members(), 3 * (10 + GroupCache::kGroupCost));
  use("again", 1, 1);
  EXPECT_EQ(served.back(), "again v1");
  use("second", 2, 1);
  EXPECT_EQ(served.back(), "again v1") << "it has gone";
  EXPECT_EQ(pending.size(), 1u);
}

TEST_F(GroupCacheTest, a_group_larger_than_the_whole_cache_is_used_and_not_kept) {
  std::vector<UserId> many(200);
  for (size_t i = 0; i < many.size(); ++i) many[i] = static_cast<UserId>(i + 1);
  cache.put(group(1, 1, {5}));
  use("a", 2, 1);
  answer(group(2, 1, many));
  EXPECT_THAT(served, ElementsAre("a v1"));
  EXPECT_EQ(cache.groups(), 1u);
}

TEST_F(GroupCacheTest, a_deleted_group_is_forgotten_and_those_who_wait_are_told) {
  cache.put(group(1, 1, {5}));
  use("a", 2, 1);
  cache.forget(1);
  cache.forget(2);
  cache.forget(3);
  EXPECT_THAT(served, ElementsAre("a" + refused(StoreError::kUnknownGroup)));
  EXPECT_EQ(cache.groups(), 0u);
  EXPECT_EQ(cache.members(), 0u);
  answer(group(2, 1, {5}));
  EXPECT_EQ(cache.groups(), 0u);
}

TEST_F(GroupCacheTest, members_are_found_by_their_ids) {
  GroupState state;
  state.group.id = 7;
  state.group.version = 2;
  state.members = {{3, 10, true}, {5, 0, false}, {4'000'000'000, 1, false}};
  const GroupMembers members = members_of(state);
  EXPECT_EQ(members.version, 2u);
  ASSERT_NE(members.find(3), nullptr);
  EXPECT_EQ(members.find(3)->joined_after, 10u);
  ASSERT_NE(members.find(4'000'000'000), nullptr);
  for (const UserId nobody : {0u, 2u, 4u, 6u, 0xffffffffu}) EXPECT_EQ(members.find(nobody), nullptr);
}

}  // namespace
}  // namespace talkbeat
