// The five group commands, and who hears of what they do.
#include "tests/unit/group_handlers_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

TEST_F(GroupHandlersTest, a_new_group_has_its_creator_as_a_member_and_all_members_hear_of_it) {
  const auto creator = log_in("alice");
  const auto creators_phone = log_in("alice", CLIENT_TYPE_ANDROID);
  const auto member = log_in("bob");
  const auto stranger = log_in("dave");
  auto request = creation("<b>Größe</b> \\ 群", {carol, bob, bob, alice});
  request.set_group_avatar("picture");
  request.set_user_id(dave);
  const auto created = create(*creator, request);
  EXPECT_EQ(created.result_code(), 0u);
  EXPECT_EQ(created.user_id(), alice) << "not whom the request names";
  EXPECT_EQ(created.group_name(), request.group_name());
  EXPECT_THAT(all_of(created.user_id_list()), ElementsAre(alice, bob, carol));
  for (TestClient* client : {creators_phone.get(), member.get()}) {
    const auto notify = expect<IMGroupChangeMemberNotify>(*client);
    EXPECT_EQ(notify.user_id(), alice);
    EXPECT_EQ(notify.change_type(), GROUP_MODIFY_TYPE_ADD);
    EXPECT_EQ(notify.group_id(), created.group_id());
    EXPECT_THAT(all_of(notify.cur_user_id_list()), ElementsAre(alice, bob, carol));
    EXPECT_THAT(all_of(notify.chg_user_id_list()), ElementsAre(alice, bob, carol));
  }
  EXPECT_EQ(notified(*creator), 0u) << "the answer says it";
  EXPECT_EQ(notified(*stranger), 0u);
  ASSERT_FALSE(bus.relayed.empty());
  EXPECT_THAT(bus.relayed.back().users, ElementsAre(alice, bob, carol));
  EXPECT_FALSE(bus.relayed.back().sequence);

  const auto group = info(*member, {{created.group_id(), 0}}).group_info_list(0);
  EXPECT_EQ(group.group_name(), request.group_name());
  EXPECT_EQ(group.group_avatar(), "picture");
  EXPECT_EQ(group.group_creator_id(), alice);
  EXPECT_EQ(group.group_type(), GROUP_TYPE_TMP);
  EXPECT_EQ(group.version(), 1u);
  EXPECT_EQ(group.shield_status(), 0u);
  EXPECT_THAT(all_of(group.group_member_list()), ElementsAre(alice, bob, carol));
}

TEST_F(GroupHandlersTest, a_group_of_its_creator_alone_is_one_too) {
  const auto creator = log_in("alice");
  const auto created = create(*creator, creation("just me", {}));
  EXPECT_EQ(created.result_code(), 0u);
  EXPECT_THAT(all_of(created.user_id_list()), ElementsAre(alice));
}

TEST_F(GroupHandlersTest, a_creation_is_refused_each_with_its_reason_and_makes_no_group) {
  config.groups.max_members = 5;
  config.groups.max_name = 10;
  config.client.max_list = 20;
  config.profile.max_avatar_url = 20;
  const auto creator = log_in("alice");
  const auto refused = [&](const IMGroupCreateReq& request) {
    const auto response = create(*creator, request);
    EXPECT_FALSE(response.has_group_id());
    EXPECT_EQ(response.user_id_list_size(), 0);
    return static_cast<ErrorCode>(response.result_code());
  };
  EXPECT_EQ(refused(creation("normal", {bob}, GROUP_TYPE_NORMAL)), ERROR_NOT_ALLOWED);
  EXPECT_EQ(refused(creation("", {bob})), ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(refused(creation("12345678901", {bob})), ERROR_INVALID_ARGUMENT);
  // Other readers of protobuf would refuse all that such a name stands in.
  for (const std::string& name : {std::string("\xff"), std::string("a\nb"), std::string("\0", 1)}) {
    EXPECT_EQ(refused(creation(name, {bob})), ERROR_INVALID_ARGUMENT);
  }
  auto long_avatar = creation("name", {bob});
  long_avatar.set_group_avatar(std::string(21, 'a'));
  EXPECT_EQ(refused(long_avatar), ERROR_INVALID_ARGUMENT);
  for (const UserId nobody : {0u, 999u, 0xffffffffu}) {
    EXPECT_EQ(refused(creation("name", {bob, nobody})), ERROR_UNKNOWN_USER);
  }
  EXPECT_EQ(refused(creation("name", add_users(5))), ERROR_LIMIT_REACHED) << "and the creator";
  EXPECT_EQ(refused(creation("name", std::vector<UserId>(21, bob))), ERROR_LIMIT_REACHED);
  EXPECT_EQ(list(*creator, true).group_version_list_size(), 0);
  EXPECT_THAT(bus.relayed, testing::Each(testing::Field(&FakeBus::Relayed::users, ElementsAre(alice))));
  EXPECT_EQ(create(*creator, creation("1234567890", std::vector<UserId>(20, bob))).result_code(), 0u);
}

TEST_F(GroupHandlersTest, members_add_others_and_all_of_them_hear_of_it) {
  const auto creator = log_in("alice");
  const auto member = log_in("bob");
  const auto newcomer = log_in("dave");
  const GroupId group = create(*creator, creation("group", {bob})).group_id();
  expect<IMGroupChangeMemberNotify>(*member);
  const auto changed = change(*member, GROUP_MODIFY_TYPE_ADD, group, {dave, alice, carol, dave});
  EXPECT_EQ(changed.result_code(), 0u);
  EXPECT_EQ(changed.user_id(), bob);
  EXPECT_EQ(changed.group_id(), group);
  EXPECT_EQ(changed.change_type(), GROUP_MODIFY_TYPE_ADD);
  EXPECT_THAT(all_of(changed.cur_user_id_list()), ElementsAre(alice, bob, carol, dave));
  EXPECT_THAT(all_of(changed.chg_user_id_list()), ElementsAre(carol, dave));
  for (TestClient* client : {creator.get(), newcomer.get()}) {
    const auto notify = expect<IMGroupChangeMemberNotify>(*client);
    EXPECT_EQ(notify.user_id(), bob);
    EXPECT_EQ(notify.change_type(), GROUP_MODIFY_TYPE_ADD);
    EXPECT_THAT(all_of(notify.cur_user_id_list()), ElementsAre(alice, bob, carol, dave));
    EXPECT_THAT(all_of(notify.chg_user_id_list()), ElementsAre(carol, dave));
  }
  EXPECT_EQ(notified(*member), 0u);
  // Who is in it already changes nothing, and nobody hears of it.
  const auto again = change(*member, GROUP_MODIFY_TYPE_ADD, group, {dave});
  EXPECT_EQ(again.result_code(), 0u);
  EXPECT_THAT(all_of(again.chg_user_id_list()), IsEmpty());
  EXPECT_EQ(notified(*creator), 0u);
  EXPECT_EQ(list(*newcomer, true).group_version_list(0).version(), 2u);
}

TEST_F(GroupHandlersTest, the_creator_removes_members_who_hear_of_it_and_a_member_may_leave) {
  const auto creator = log_in("alice");
  const auto removed = log_in("bob");
  const auto leaver = log_in("carol");
  const auto leavers_phone = log_in("carol", CLIENT_TYPE_ANDROID);
  const GroupId group = create(*creator, creation("group", {bob, carol, dave})).group_id();
  for (TestClient* client : {removed.get(), leaver.get(), leavers_phone.get()}) {
    expect<IMGroupChangeMemberNotify>(*client);
  }
  const auto first = change(*creator, GROUP_MODIFY_TYPE_DEL, group, {bob});
  EXPECT_EQ(first.result_code(), 0u);
  EXPECT_THAT(all_of(first.cur_user_id_list()), ElementsAre(alice, carol, dave));
  EXPECT_THAT(all_of(first.chg_user_id_list()), ElementsAre(bob));
  for (TestClient* client : {removed.get(), leaver.get(), leavers_phone.get()}) {
    const auto notify = expect<IMGroupChangeMemberNotify>(*client);
    EXPECT_EQ(notify.change_type(), GROUP_MODIFY_TYPE_DEL);
    EXPECT_THAT(all_of(notify.cur_user_id_list()), ElementsAre(alice, carol, dave));
    EXPECT_THAT(all_of(notify.chg_user_id_list()), ElementsAre(bob));
  }
  EXPECT_EQ(change(*leaver, GROUP_MODIFY_TYPE_DEL, group, {carol}).result_code(), 0u);
  for (TestClient* client : {creator.get(), leavers_phone.get()}) {
    EXPECT_THAT(all_of(expect<IMGroupChangeMemberNotify>(*client).chg_user_id_list()), ElementsAre(carol));
  }
  EXPECT_EQ(notified(*leaver), 0u);
  EXPECT_EQ(notified(*removed), 0u);
}

TEST_F(GroupHandlersTest, a_change_is_refused_each_with_its_reason_and_changes_nothing) {
  config.groups.max_members = 4;
  config.client.max_list = 10;
  const auto creator = log_in("alice");
  const auto member = log_in("bob");
  const auto stranger = log_in("dave");
  const GroupId group = create(*creator, creation("group", {bob, carol})).group_id();
  const auto refused = [&](TestClient& client, GroupModifyType type, GroupId id, const std::vector<UserId>& whom) {
    const auto response = change(client, type, id, whom);
    EXPECT_EQ(response.group_id(), id);
    EXPECT_EQ(response.change_type(), type);
    EXPECT_EQ(response.cur_user_id_list_size() + response.chg_user_id_list_size(), 0);
    return static_cast<ErrorCode>(response.result_code());
  };
  for (const GroupModifyType type : {GROUP_MODIFY_TYPE_ADD, GROUP_MODIFY_TYPE_DEL}) {
    for (const GroupId id : {group, group + 1, 0u, 0xffffffffu}) {
      EXPECT_EQ(refused(*stranger, type, id, {dave}), ERROR_NOT_MEMBER) << "the same, whether it exists or not";
    }
  }
  EXPECT_EQ(refused(*member, GROUP_MODIFY_TYPE_DEL, group, {carol}), ERROR_NOT_ALLOWED);
  EXPECT_EQ(refused(*member, GROUP_MODIFY_TYPE_DEL, group, {bob, alice}), ERROR_NOT_ALLOWED);
  EXPECT_EQ(refused(*creator, GROUP_MODIFY_TYPE_ADD, group, {999}), ERROR_UNKNOWN_USER);
  EXPECT_EQ(refused(*creator, GROUP_MODIFY_TYPE_ADD, group, add_users(2)), ERROR_LIMIT_REACHED);
  EXPECT_EQ(refused(*creator, GROUP_MODIFY_TYPE_ADD, group, std::vector<UserId>(11, bob)), ERROR_LIMIT_REACHED);
  config.groups.members_may_add = false;
  EXPECT_EQ(refused(*member, GROUP_MODIFY_TYPE_ADD, group, {dave}), ERROR_NOT_ALLOWED);
  EXPECT_EQ(list(*member, true).group_version_list(0).version(), 1u);
  EXPECT_EQ(notified(*member), 1u) << "of the creation only";
  EXPECT_EQ(change(*creator, GROUP_MODIFY_TYPE_ADD, group, {dave}).result_code(), 0u);
}

TEST_F(GroupHandlersTest, an_unknown_kind_of_change_or_of_group_is_malformed) {
  const auto client = log_in("alice");
  // user_id 0, change_type 3, group_id 1
  client->send_raw(kCommandOf<IMGroupChangeMemberReq>, std::string("\x08\x00\x10\x03\x18\x01", 6));
  expect_error(*client, ERROR_MALFORMED);
}

TEST_F(GroupHandlersTest, the_list_has_the_normal_groups_and_the_temporary_ones_where_asked) {
  const GroupId normal = add_group(0, {alice, bob}, GroupKind::kNormal);
  const GroupId temporary = add_group(bob, {alice});
  add_group(bob, {carol}, GroupKind::kNormal);
  const auto client = log_in("alice");
  const auto some = list(*client, false);
  EXPECT_EQ(some.user_id(), alice);
  ASSERT_EQ(some.group_version_list_size(), 1);
  EXPECT_EQ(some.group_version_list(0).group_id(), normal);
  EXPECT_EQ(some.group_version_list(0).version(), 1u);
  const auto all = list(*client, true);
  ASSERT_EQ(all.group_version_list_size(), 2);
  EXPECT_EQ(all.group_version_list(1).group_id(), temporary);
}

TEST_F(GroupHandlersTest, infos_come_of_ones_own_groups_whose_version_has_moved) {
  const GroupId same = add_group(alice, {bob});
  const GroupId moved = add_group(alice, {bob});
  const GroupId foreign = add_group(carol, {dave});
  GroupTest::change(moved, true, {carol});
  const auto client = log_in("alice");
  const auto infos = info(*client, {{same, 1}, {moved, 1}, {foreign, 0}, {999, 0}, {0, 0}});
  ASSERT_EQ(infos.group_info_list_size(), 1);
  EXPECT_EQ(infos.group_info_list(0).group_id(), moved);
  EXPECT_EQ(infos.group_info_list(0).version(), 2u);
  EXPECT_EQ(info(*client, {}).group_info_list_size(), 0);
  EXPECT_EQ(info(*client, {{same, 7}}).group_info_list_size(), 1) << "a version from nowhere is another one, too";
}

TEST_F(GroupHandlersTest, infos_stop_at_about_512_kib_and_the_rest_is_asked_for_again) {
  const std::vector<UserId> many = add_users(9'000);
  std::vector<std::pair<GroupId, uint32_t>> wanted;
  for (int i = 0; i < 25; ++i) {
    std::vector<UserId> members = many;
    members.push_back(alice);
    wanted.emplace_back(add_group(0, members, GroupKind::kNormal), 0);
  }
  const auto client = log_in("alice");
  size_t answers = 0;
  while (!wanted.empty()) {
    const auto infos = info(*client, wanted);
    ASSERT_GT(infos.group_info_list_size(), 0);
    EXPECT_LE(infos.ByteSizeLong(), (512u << 10) + 1'000);
    for (const auto& group : infos.group_info_list()) {
      EXPECT_EQ(group.group_member_list_size(), 9'001);
      std::erase_if(wanted, [&](const auto& entry) { return entry.first == group.group_id(); });
    }
    ++answers;
  }
  EXPECT_GT(answers, 1u);
  EXPECT_LT(answers, 10u);
}

TEST_F(GroupHandlersTest, too_many_groups_in_one_request_are_refused) {
  config.client.max_list = 3;
  const auto client = log_in("alice");
  IMGroupInfoListReq request;
  request.set_user_id(0);
  for (GroupId id = 1; id <= 4; ++id) {
    auto& entry = *request.add_group_version_list();
    entry.set_group_id(id);
    entry.set_version(0);
  }
  client->send(request);
  expect_error(*client, ERROR_INVALID_ARGUMENT);
}

TEST_F(GroupHandlersTest, a_shield_is_each_members_own_and_moves_no_version) {
  const GroupId group = add_group(alice, {bob});
  const auto client = log_in("alice");
  const auto other = log_in("bob");
  EXPECT_EQ(shield(*client, group, 1), 0u);
  EXPECT_EQ(shield(*client, group, 1), 0u);
  EXPECT_EQ(info(*client, {{group, 0}}).group_info_list(0).shield_status(), 1u);
  EXPECT_EQ(info(*other, {{group, 0}}).group_info_list(0).shield_status(), 0u);
  EXPECT_EQ(list(*client, true).group_version_list(0).version(), 1u);
  EXPECT_EQ(shield(*client, group, 0), 0u);
  EXPECT_EQ(info(*client, {{group, 0}}).group_info_list(0).shield_status(), 0u);
}

TEST_F(GroupHandlersTest, a_shield_of_a_foreign_group_or_of_an_unknown_kind_is_refused) {
  const GroupId group = add_group(alice, {bob});
  const auto client = log_in("alice");
  const auto stranger = log_in("dave");
  for (const GroupId id : {group, group + 1, 0u}) EXPECT_EQ(shield(*stranger, id, 1), ERROR_NOT_MEMBER);
  EXPECT_EQ(shield(*client, group, 2), ERROR_INVALID_ARGUMENT);
}

TEST_F(GroupHandlersTest, changes_are_bounded_in_their_rate_and_the_rest_of_the_session_goes_on) {
  config.groups.change_burst = 2;
  const auto client = log_in("alice");
  ASSERT_EQ(create(*client, creation("one", {})).result_code(), 0u);
  const auto two = create(*client, creation("two", {}));
  ASSERT_EQ(two.result_code(), 0u);
  EXPECT_EQ(create(*client, creation("three", {})).result_code(), static_cast<uint32_t>(ERROR_RATE_LIMITED));
  EXPECT_EQ(change(*client, GROUP_MODIFY_TYPE_ADD, two.group_id(), {bob}).result_code(),
            static_cast<uint32_t>(ERROR_RATE_LIMITED));
  EXPECT_EQ(list(*client, true).group_version_list_size(), 2);
}

TEST_F(GroupHandlersTest, a_store_that_has_too_much_to_do_is_told_as_for_every_request) {
  const auto client = log_in("alice");
  hold_store = true;
  const size_t room = config.store.limits.max_queued_writes + 1;
  for (size_t i = 0; i <= room; ++i) client->send(creation("group", {bob}));
  expect_error(*client, ERROR_BUSY);
  EXPECT_EQ(client->waiting<IMGroupCreateRsp>(), 0u);
}

TEST_F(GroupHandlersTest, an_answer_comes_before_what_follows_from_it) {
  const auto creator = log_in("alice");
  const auto member = log_in("bob");
  const GroupId group = create(*creator, creation("group", {bob})).group_id();
  creator->send(changing(GROUP_MODIFY_TYPE_ADD, group, {carol}));
  creator->send(group_message(group, "welcome"));
  expect<IMGroupChangeMemberRsp>(*creator);
  expect<IMMsgDataAck>(*creator);
  EXPECT_EQ(texts_of(*member), std::vector<std::string>{"welcome"});
}

TEST_F(GroupHandlersTest, a_large_group_is_told_by_its_id_and_the_removed_by_name) {
  const std::vector<UserId> many = add_users(Delivery::kNamedMembers);
  const auto creator = log_in("alice");
  const auto member = log_in("bob");
  const auto removed = log_in("carol");
  const GroupId group = create(*creator, creation("group", {bob, carol})).group_id();
  EXPECT_EQ(change(*creator, GROUP_MODIFY_TYPE_ADD, group, many).result_code(), 0u);
  ASSERT_EQ(bus.to_groups.size(), 1u);
  EXPECT_EQ(bus.to_groups[0].group, group);
  EXPECT_EQ(bus.to_groups[0].version, 2u);
  EXPECT_FALSE(bus.to_groups[0].sequence);
  EXPECT_EQ(change(*creator, GROUP_MODIFY_TYPE_DEL, group, {carol}).result_code(), 0u);
  EXPECT_EQ(notified(*member), 3u);
  EXPECT_EQ(notified(*removed), 3u);
  EXPECT_THAT(bus.relayed.back().users, ElementsAre(carol));
}

}  // namespace
}  // namespace talkbeat::msg_server_test
