// Groups: who may do what, who hears of it, and what a member sees. group_load_test.cpp has large ones and many
// changes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/cluster.h"
#include "tests/scenario/group_requests.h"

namespace talkbeat::scenario {
namespace {

using IM::Message::IMMsgData;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

ClusterOptions four_people(std::vector<std::string> settings = {}) {
  ClusterOptions options;
  options.users = {"alice", "bob", "carol", "dave"};
  options.settings = std::move(settings);
  return options;
}

// Crosswise on two servers; alice has a mobile on the other one.
struct FourPeople {
  explicit FourPeople(std::vector<std::string> settings = {}) : cluster(four_people(std::move(settings))) {
    alice.log_in("alice", kPc);
    alice_mobile.log_in("alice", kMobile);
    bob.log_in("bob", kPc);
    carol.log_in("carol", kPc);
    dave.log_in("dave", kPc);
    for (WireClient* client : {&alice, &dave}) {
      for (const uint32_t user : {bob.user_id(), carol.user_id()}) await_online(*client, user);
    }
    for (WireClient* client : {&bob, &carol}) {
      for (const uint32_t user : {alice.user_id(), dave.user_id()}) await_online(*client, user);
    }
  }
  std::vector<WireClient*> everybody() { return {&alice, &alice_mobile, &bob, &carol, &dave}; }

  Cluster cluster;
  WireClient alice{cluster.client_port("msg_server_0")};
  WireClient alice_mobile{cluster.client_port("msg_server_1")};
  WireClient bob{cluster.client_port("msg_server_1")};
  WireClient carol{cluster.client_port("msg_server_1")};
  WireClient dave{cluster.client_port("msg_server_0")};
};

void expect_notify(WireClient& client, const WireClient& actor, IM::BaseDefine::GroupModifyType type,
                   const Ids& current, const Ids& changed) {
  const auto notify = client.expect<IMGroupChangeMemberNotify>();
  EXPECT_EQ(notify.user_id(), actor.user_id());
  EXPECT_EQ(notify.change_type(), type);
  EXPECT_EQ(ids_in(notify.cur_user_id_list()), current);
  EXPECT_EQ(ids_in(notify.chg_user_id_list()), changed);
}

TEST(Group, all_sessions_of_all_members_on_all_servers_hear_who_comes_and_goes) {
  FourPeople people;
  const uint32_t a = people.alice.user_id();
  const uint32_t b = people.bob.user_id();
  const uint32_t c = people.carol.user_id();
  const uint32_t d = people.dave.user_id();
  const auto created =
      people.alice.ask<IM::Group::IMGroupCreateRsp>(new_group(people.alice, "<b>Größe</b> \\ 群", {b, b, a}));
  ASSERT_EQ(created.result_code(), 0u);
  EXPECT_EQ(created.group_name(), "<b>Größe</b> \\ 群");
  EXPECT_EQ(ids_in(created.user_id_list()), (Ids{a, b}));
  const uint32_t group = created.group_id();
  for (WireClient* client : {&people.alice_mobile, &people.bob}) {
    expect_notify(*client, people.alice, GROUP_MODIFY_TYPE_ADD, {a, b}, {a, b});
  }

  const auto added = add_members(people.bob, group, {c, d, a});
  EXPECT_EQ(added.result_code(), 0u);
  EXPECT_EQ(ids_in(added.cur_user_id_list()), (Ids{a, b, c, d}));
  EXPECT_EQ(ids_in(added.chg_user_id_list()), (Ids{c, d}));
  for (WireClient* client : {&people.alice, &people.alice_mobile, &people.carol, &people.dave}) {
    expect_notify(*client, people.bob, GROUP_MODIFY_TYPE_ADD, {a, b, c, d}, {c, d});
  }

  EXPECT_EQ(remove_members(people.alice, group, {c}).result_code(), 0u);
  for (WireClient* client : {&people.alice_mobile, &people.bob, &people.carol, &people.dave}) {
    expect_notify(*client, people.alice, GROUP_MODIFY_TYPE_DEL, {a, b, d}, {c});
  }
  EXPECT_EQ(remove_members(people.dave, group, {d}).result_code(), 0u);
  for (WireClient* client : {&people.alice, &people.alice_mobile, &people.bob}) {
    expect_notify(*client, people.dave, GROUP_MODIFY_TYPE_DEL, {a, b}, {d});
  }
  for (WireClient* client : people.everybody()) {
    client->sync();
    EXPECT_EQ(client->waiting<IMGroupChangeMemberNotify>(), 0u);
  }
  EXPECT_THAT(groups_of(people.bob), ElementsAre(Pair(group, 4u)));
  EXPECT_THAT(groups_of(people.carol), IsEmpty());
  const auto info = info_of(people.bob, group);
  EXPECT_EQ(info.group_name(), "<b>Größe</b> \\ 群");
  EXPECT_EQ(info.group_creator_id(), a);
  EXPECT_EQ(info.group_type(), IM::BaseDefine::GROUP_TYPE_TMP);
  EXPECT_EQ(ids_in(info.group_member_list()), (Ids{a, b}));
}

TEST(Group, a_message_comes_once_and_in_order_to_every_session_of_every_member_but_the_one_that_sent_it) {
  FourPeople people;
  const uint32_t group = create_group(people.alice, {people.bob.user_id(), people.carol.user_id()});
  constexpr uint32_t kEach = 50;
  for (uint32_t i = 0; i < kEach; ++i) {
    people.alice.send(text_to_group(people.alice, group, "a" + std::to_string(i)));
    people.bob.send(text_to_group(people.bob, group, "b" + std::to_string(i)));
  }
  std::set<uint32_t> acked;
  for (WireClient* client : {&people.alice, &people.bob}) {
    for (uint32_t i = 0; i < kEach; ++i) {
      const auto ack = client->expect<IM::Message::IMMsgDataAck>();
      EXPECT_EQ(ack.session_id(), group);
      EXPECT_EQ(ack.session_type(), IM::BaseDefine::SESSION_TYPE_GROUP);
      acked.insert(ack.msg_id());
    }
  }
  EXPECT_EQ(acked.size(), 2 * kEach);
  EXPECT_EQ(*acked.rbegin(), 2 * kEach) << "1, 2, 3, … without gaps, whoever writes";
  const auto expect_all_of = [&](WireClient& client, std::string senders) {
    std::map<char, uint32_t> next;
    for (size_t i = 0; i < senders.size() * kEach; ++i) {
      const auto heard = client.expect<IMMsgData>();
      EXPECT_EQ(heard.to_session_id(), group);
      EXPECT_EQ(heard.msg_type(), IM::BaseDefine::MSG_TYPE_GROUP_TEXT);
      const char sender = heard.msg_data()[0];
      EXPECT_EQ(heard.msg_data(), sender + std::to_string(next[sender]++));
    }
  };
  expect_all_of(people.alice, "b");
  expect_all_of(people.bob, "a");
  expect_all_of(people.alice_mobile, "ab");
  expect_all_of(people.carol, "ab");
  tell_group(people.carol, group, "the last one");
  for (WireClient* client : {&people.alice, &people.bob, &people.alice_mobile}) {
    EXPECT_EQ(client->expect<IMMsgData>().msg_data(), "the last one");
  }
  for (WireClient* client : people.everybody()) {
    client->sync();
    EXPECT_EQ(client->waiting<IMMsgData>(), 0u);
  }
}

TEST(A5, what_is_foreign_unknown_or_too_much_is_refused_and_changes_nothing) {
  FourPeople people({"groups.max_members=4", "groups.max_name=16", "client.max_list=10"});
  const uint32_t b = people.bob.user_id();
  const uint32_t c = people.carol.user_id();
  const uint32_t d = people.dave.user_id();
  const uint32_t group = create_group(people.alice, {b});

  const auto creation = [&](IM::Group::IMGroupCreateReq request) {
    const auto response = people.alice.ask<IM::Group::IMGroupCreateRsp>(request);
    EXPECT_FALSE(response.has_group_id());
    return static_cast<ErrorCode>(response.result_code());
  };
  auto normal = new_group(people.alice, "normal", {b});
  normal.set_group_type(IM::BaseDefine::GROUP_TYPE_NORMAL);
  EXPECT_EQ(creation(normal), ERROR_NOT_ALLOWED);
  EXPECT_EQ(creation(new_group(people.alice, "", {b})), ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(creation(new_group(people.alice, "\xff\n", {b})), ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(creation(new_group(people.alice, std::string(17, 'n'), {b})), ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(creation(new_group(people.alice, "name", {b, 4'000'000'000})), ERROR_UNKNOWN_USER);
  EXPECT_EQ(creation(new_group(people.alice, "name", Ids(11, b))), ERROR_LIMIT_REACHED);
  ASSERT_EQ(people.cluster.talkctl({"user", "add", "eve", "--password", std::string(kPassword)}).exit_code, 0);
  WireClient eve(people.cluster.client_port("msg_server_1"));
  eve.log_in("eve");
  EXPECT_EQ(creation(new_group(people.alice, "name", {b, c, d, eve.user_id()})), ERROR_LIMIT_REACHED);

  const auto code = [](const IM::Group::IMGroupChangeMemberRsp& response) {
    EXPECT_EQ(response.cur_user_id_list_size(), 0);
    return static_cast<ErrorCode>(response.result_code());
  };
  for (const uint32_t id : {group, group + 1, 0u, 0xffffffffu}) {
    EXPECT_EQ(code(add_members(people.dave, id, {d})), ERROR_NOT_MEMBER) << "whether it exists or not";
    EXPECT_EQ(code(remove_members(people.dave, id, {b})), ERROR_NOT_MEMBER);
    EXPECT_EQ(shield(people.dave, id, 1), ERROR_NOT_MEMBER);
    people.dave.expect_error(ERROR_NOT_MEMBER, people.dave.send(text_to_group(people.dave, id, "hello")));
  }
  EXPECT_EQ(code(remove_members(people.bob, group, {people.alice.user_id()})), ERROR_NOT_ALLOWED);
  EXPECT_EQ(code(add_members(people.bob, group, {c, d, eve.user_id()})), ERROR_LIMIT_REACHED);
  EXPECT_EQ(code(add_members(people.bob, group, {c, 4'000'000'000})), ERROR_UNKNOWN_USER);
  EXPECT_EQ(shield(people.bob, group, 2), ERROR_INVALID_ARGUMENT);

  EXPECT_THAT(groups_of(people.bob), ElementsAre(Pair(group, 1u)));
  EXPECT_THAT(groups_of(people.alice), ElementsAre(Pair(group, 1u)));
  EXPECT_THAT(groups_of(people.carol), IsEmpty());
  EXPECT_EQ(infos_of(people.dave, {{group, 0}}).group_info_list_size(), 0);
  EXPECT_EQ(tell_group(people.alice, group, "the first"), 1u);
}

TEST(A5, of_a_foreign_group_nothing_is_told) {
  FourPeople people;
  const uint32_t group = create_group(people.alice, {people.bob.user_id()});
  for (const char* text : {"one", "two", "three"}) tell_group(people.alice, group, text);
  WireClient& dave = people.dave;
  for (const uint32_t id : {group, group + 1}) {
    dave.expect_error(ERROR_NOT_MEMBER, dave.send(page_request(dave, id, 0, 10)));
    auto by_id = about_group<IM::Message::IMGetMsgByIdReq>(dave, id);
    by_id.add_msg_id_list(1);
    dave.expect_error(ERROR_NOT_MEMBER, dave.send(by_id));
    dave.expect_error(ERROR_NOT_MEMBER, dave.send(about_group<IM::Message::IMGetLatestMsgIdReq>(dave, id)));
    auto read = about_group<IM::Message::IMMsgDataReadAck>(dave, id);
    read.set_msg_id(3);
    dave.expect_error(ERROR_NOT_MEMBER, dave.send(read));
    dave.expect_error(ERROR_NOT_MEMBER, dave.send(about_group<IM::Buddy::IMRemoveSessionReq>(dave, id)));
  }
  EXPECT_EQ(unread_of(dave).total_cnt(), 0u);
  EXPECT_THAT(recent_peers_of(dave), IsEmpty());
  EXPECT_EQ(group_unread(people.bob, group), 3u);
}

TEST(Group, unread_counts_are_each_members_own_and_a_read_ack_is_told_to_the_members_other_sessions) {
  FourPeople people;
  const uint32_t group = create_group(people.bob, {people.alice.user_id(), people.carol.user_id()});
  for (int i = 0; i < 5; ++i) tell_group(people.bob, group, std::to_string(i));
  tell_group(people.carol, group, "carol's");
  EXPECT_EQ(group_unread(people.alice, group), 6u);
  EXPECT_EQ(group_unread(people.bob, group), 1u) << "one's own are never unread";
  EXPECT_EQ(group_unread(people.carol, group), 5u);
  const auto unread = unread_of(people.alice);
  ASSERT_EQ(unread.unreadinfo_list_size(), 1);
  EXPECT_EQ(unread.total_cnt(), 6u);
  EXPECT_EQ(unread.unreadinfo_list(0).latest_msg_id(), 6u);
  EXPECT_EQ(unread.unreadinfo_list(0).latest_msg_data(), "carol's");
  EXPECT_EQ(unread.unreadinfo_list(0).latest_msg_from_user_id(), people.carol.user_id());
  EXPECT_EQ(unread.unreadinfo_list(0).latest_msg_type(), IM::BaseDefine::MSG_TYPE_GROUP_TEXT);

  auto read = about_group<IM::Message::IMMsgDataReadAck>(people.alice, group);
  read.set_msg_id(99);
  people.alice.send(read);
  const auto notify = people.alice_mobile.expect<IM::Message::IMMsgDataReadNotify>();
  EXPECT_EQ(notify.session_id(), group);
  EXPECT_EQ(notify.session_type(), IM::BaseDefine::SESSION_TYPE_GROUP);
  EXPECT_EQ(notify.msg_id(), 6u) << "what does not exist yet is not read yet";
  EXPECT_EQ(group_unread(people.alice, group), 0u);
  EXPECT_EQ(group_unread(people.carol, group), 5u);
  tell_group(people.bob, group, "one more");
  EXPECT_EQ(group_unread(people.alice_mobile, group), 1u);

  EXPECT_THAT(recent_peers_of(people.alice), ElementsAre(group));
  const auto recent = recent_of(people.alice);
  EXPECT_EQ(recent.contact_session_list(0).session_type(), IM::BaseDefine::SESSION_TYPE_GROUP);
  EXPECT_EQ(recent.contact_session_list(0).latest_msg_data(), "one more");
  const auto removal = about_group<IM::Buddy::IMRemoveSessionReq>(people.alice, group);
  EXPECT_EQ(people.alice.ask<IM::Buddy::IMRemoveSessionRsp>(removal).result_code(), 0u);
  EXPECT_EQ(people.alice_mobile.expect<IM::Buddy::IMRemoveSessionNotify>().session_id(), group);
  EXPECT_THAT(recent_peers_of(people.alice), IsEmpty());
  EXPECT_THAT(recent_peers_of(people.bob), ElementsAre(group));
  tell_group(people.bob, group, "back again");
  EXPECT_THAT(recent_peers_of(people.alice), ElementsAre(group));
}

TEST(Group, a_group_and_a_user_of_the_same_number_are_two_conversations) {
  FourPeople people;
  uint32_t group = 0;
  while (group < people.bob.user_id()) group = create_group(people.alice, {people.bob.user_id()});
  ASSERT_EQ(group, people.bob.user_id());
  tell_group(people.alice, group, "to the group");
  EXPECT_EQ(people.alice.tell(people.bob.user_id(), "to bob").msg_id(), 1u);
  EXPECT_EQ(group_page(people.alice, group).msg_list(0).msg_data(), "to the group");
  EXPECT_EQ(page_of(people.alice, people.bob.user_id(), 0, 10).msg_list(0).msg_data(), "to bob");
}

TEST(Group, history_begins_at_the_joining_and_ends_at_the_leaving) {
  FourPeople people;
  WireClient& carol = people.carol;
  const uint32_t group = create_group(people.alice, {people.bob.user_id()});
  for (int i = 1; i <= 5; ++i) tell_group(people.alice, group, "before " + std::to_string(i));
  ASSERT_EQ(add_members(people.alice, group, {carol.user_id()}).result_code(), 0u);
  EXPECT_EQ(group_page(carol, group).msg_list_size(), 0);
  EXPECT_EQ(group_unread(carol, group), 0u);
  EXPECT_EQ(tell_group(people.bob, group, "welcome"), 6u);
  EXPECT_EQ(carol.expect<IMMsgData>().msg_id(), 6u);
  EXPECT_EQ(ids_of(group_page(carol, group)), (Ids{6}));
  EXPECT_EQ(ids_of(group_page(carol, group, 5)), Ids());
  EXPECT_EQ(group_unread(carol, group), 1u);
  auto by_id = about_group<IM::Message::IMGetMsgByIdReq>(carol, group);
  for (const uint32_t id : {1u, 5u, 6u, 7u}) by_id.add_msg_id_list(id);
  EXPECT_EQ(ids_of(carol.ask<IM::Message::IMGetMsgByIdRsp>(by_id)), (Ids{6}));

  ASSERT_EQ(remove_members(carol, group, {carol.user_id()}).result_code(), 0u);
  carol.expect_error(ERROR_NOT_MEMBER, carol.send(page_request(carol, group, 0, 10)));
  EXPECT_EQ(unread_of(carol).total_cnt(), 0u);
  EXPECT_THAT(recent_peers_of(carol), IsEmpty());
  EXPECT_EQ(tell_group(people.bob, group, "while she is away"), 7u);

  ASSERT_EQ(add_members(people.alice, group, {carol.user_id()}).result_code(), 0u);
  EXPECT_EQ(ids_of(group_page(carol, group)), Ids()) << "as if for the first time";
  EXPECT_EQ(tell_group(people.bob, group, "again"), 8u);
  EXPECT_EQ(carol.expect<IMMsgData>().msg_data(), "again") << "and not what came while she was away";
  EXPECT_EQ(ids_of(group_page(carol, group)), (Ids{8}));
  EXPECT_EQ(ids_of(group_page(people.bob, group)), (Ids{8, 7, 6, 5, 4, 3, 2, 1}));
}

TEST(Group, the_creators_role_passes_to_whoever_has_been_a_member_longest) {
  FourPeople people;
  const uint32_t group = create_group(people.alice, {people.carol.user_id()});
  ASSERT_EQ(add_members(people.alice, group, {people.bob.user_id(), people.dave.user_id()}).result_code(), 0u);
  EXPECT_EQ(remove_members(people.bob, group, {people.dave.user_id()}).result_code(), ERROR_NOT_ALLOWED);
  ASSERT_EQ(remove_members(people.alice, group, {people.alice.user_id()}).result_code(), 0u);
  EXPECT_EQ(info_of(people.bob, group).group_creator_id(), people.carol.user_id());
  EXPECT_EQ(remove_members(people.carol, group, {people.dave.user_id()}).result_code(), 0u);
  EXPECT_EQ(remove_members(people.carol, group, {people.bob.user_id()}).result_code(), 0u);
  EXPECT_EQ(tell_group(people.carol, group, "alone"), 1u);
  EXPECT_EQ(remove_members(people.carol, group, {people.carol.user_id()}).result_code(), 0u);
  people.carol.expect_error(ERROR_NOT_MEMBER, people.carol.send(text_to_group(people.carol, group, "nobody")));
  EXPECT_EQ(add_members(people.carol, group, {people.carol.user_id()}).result_code(), ERROR_NOT_MEMBER);
}

TEST(Group, where_the_setting_says_so_only_the_creator_adds_members) {
  FourPeople people({"groups.members_may_add=false"});
  const uint32_t group = create_group(people.alice, {people.bob.user_id()});
  EXPECT_EQ(add_members(people.bob, group, {people.carol.user_id()}).result_code(), ERROR_NOT_ALLOWED);
  EXPECT_EQ(add_members(people.alice, group, {people.carol.user_id()}).result_code(), 0u);
  EXPECT_EQ(remove_members(people.bob, group, {people.bob.user_id()}).result_code(), 0u);
}

TEST(Group, versions_say_what_to_fetch_and_all_of_it_outlives_the_servers) {
  FourPeople people;
  const uint32_t first = create_group(people.alice, {people.bob.user_id()}, "first");
  const uint32_t second = create_group(people.alice, {people.bob.user_id()}, "second");
  const auto held = groups_of(people.bob);
  EXPECT_THAT(held, ElementsAre(Pair(first, 1u), Pair(second, 1u)));
  EXPECT_THAT(groups_of(people.bob, false), IsEmpty()) << "no normal ones";
  EXPECT_EQ(infos_of(people.bob, held).group_info_list_size(), 0);
  EXPECT_EQ(shield(people.bob, second, 1), 0u);
  EXPECT_EQ(infos_of(people.bob, held).group_info_list_size(), 0) << "a shield moves no version";
  ASSERT_EQ(add_members(people.alice, second, {people.dave.user_id()}).result_code(), 0u);
  const auto changed = infos_of(people.bob, held);
  ASSERT_EQ(changed.group_info_list_size(), 1);
  EXPECT_EQ(changed.group_info_list(0).group_id(), second);
  EXPECT_EQ(changed.group_info_list(0).version(), 2u);
  tell_group(people.bob, second, "before");

  for (const char* name : {"msg_server_0", "msg_server_1"}) people.cluster.kill9(name);
  people.cluster.start();
  WireClient bob(people.cluster.client_port("msg_server_0"));
  bob.log_in("bob");
  EXPECT_THAT(groups_of(bob), ElementsAre(Pair(first, 1u), Pair(second, 2u)));
  const auto info = info_of(bob, second);
  EXPECT_EQ(info.group_name(), "second");
  EXPECT_EQ(info.shield_status(), 1u);
  EXPECT_EQ(ids_in(info.group_member_list()),
            (Ids{people.alice.user_id(), people.bob.user_id(), people.dave.user_id()}));
  WireClient dave(people.cluster.client_port("msg_server_1"));
  dave.log_in("dave");
  EXPECT_EQ(info_of(dave, second).shield_status(), 0u);
  EXPECT_EQ(shield(bob, second, 0), 0u);
  EXPECT_EQ(info_of(bob, second).shield_status(), 0u);
  EXPECT_EQ(tell_group(bob, second, "after"), 2u);
  EXPECT_EQ(dave.expect<IMMsgData>().msg_data(), "after");
}

TEST(Group, a_message_that_is_sent_again_with_its_key_is_stored_and_delivered_once) {
  FourPeople people;
  const uint32_t group = create_group(people.alice, {people.bob.user_id(), people.dave.user_id()});
  for (int i = 0; i < 5; ++i) {
    const auto message = text_to_group(people.alice, group, "once", 0xfedcba9876543210);
    EXPECT_EQ(people.alice.ask<IM::Message::IMMsgDataAck>(message).msg_id(), 1u);
    const auto from_mobile = text_to_group(people.alice_mobile, group, "once", 0xfedcba9876543210);
    EXPECT_EQ(people.alice_mobile.ask<IM::Message::IMMsgDataAck>(from_mobile).msg_id(), 1u);
  }
  EXPECT_EQ(tell_group(people.alice, group, "last"), 2u);
  for (WireClient* client : {&people.bob, &people.dave}) {
    EXPECT_THAT(next_texts(*client, 2), ElementsAre("once", "last"));
  }
}

}  // namespace
}  // namespace talkbeat::scenario
