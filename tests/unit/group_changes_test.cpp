// What the administration does with groups, and who hears of it.
#include "tests/unit/group_handlers_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

TEST_F(GroupHandlersTest, an_edit_makes_members_look_at_the_version) {
  const GroupId group = add_group(alice, {bob});
  const auto member = log_in("bob");
  std::optional<StoreResult<GroupChanged>> edited;
  edit_group(parts, group, {.name = "new name", .avatar_url = {}},
             [&](const StoreResult<GroupChanged>& result) { edited = result; });
  const auto notify = expect<IMGroupChangeMemberNotify>(*member);
  EXPECT_EQ(notify.user_id(), 0u);
  EXPECT_EQ(notify.chg_user_id_list_size(), 0);
  EXPECT_THAT(all_of(notify.cur_user_id_list()), ElementsAre(alice, bob));
  ASSERT_TRUE(edited && edited->ok());
  EXPECT_EQ(info(*member, {{group, 1}}).group_info_list(0).group_name(), "new name");
  edit_group(parts, 999, {.name = "new name", .avatar_url = {}},
             [&](const StoreResult<GroupChanged>& result) { edited = result; });
  ASSERT_TRUE(until([&] { return !edited->ok(); }));
  EXPECT_EQ(edited->error(), StoreError::kUnknownGroup);
}

TEST_F(GroupHandlersTest, a_deleted_group_is_one_that_all_have_been_removed_from) {
  const GroupId group = add_group(alice, {bob});
  const auto creator = log_in("alice");
  const auto member = log_in("bob");
  creator->send(group_message(group, "hello"));
  expect<IMMsgDataAck>(*creator);
  EXPECT_EQ(groups.groups(), 1u);
  delete_group(parts, group, [](const StoreResult<GroupState>& last) { EXPECT_TRUE(last.ok()); });
  for (TestClient* client : {creator.get(), member.get()}) {
    const auto notify = expect<IMGroupChangeMemberNotify>(*client);
    EXPECT_EQ(notify.change_type(), GROUP_MODIFY_TYPE_DEL);
    EXPECT_EQ(notify.cur_user_id_list_size(), 0);
    EXPECT_THAT(all_of(notify.chg_user_id_list()), ElementsAre(alice, bob));
  }
  EXPECT_THAT(bus.relayed.back().users, ElementsAre(alice, bob));
  EXPECT_EQ(groups.groups(), 0u);
  creator->send(group_message(group, "hello?"));
  expect_error(*creator, ERROR_NOT_MEMBER);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
