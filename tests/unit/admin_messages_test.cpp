// What the administration says to people: messages, and to groups.
#include <gmock/gmock.h>

#include "tests/unit/admin_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

using AdminMessagesTest = AdminTest;

TEST_F(AdminMessagesTest, a_message_comes_from_the_system_user) {
  add_user("alice");
  const auto alice = log_in("alice");
  const Answer sent = ask("POST", "/api/messages", {{"to", {{"user", "alice"}}}, {"text", "hello"}, {"key", "k1"}});
  ASSERT_EQ(sent.status, 200) << sent.json;
  EXPECT_EQ(sent.json["msg_id"], 1);
  const IMMsgData heard = expect<IMMsgData>(*alice);
  EXPECT_EQ(heard.msg_data(), "hello");
  EXPECT_EQ(heard.from_user_id(), ask("GET", "/api/users/system").json["id"].get<UserId>());
  const Answer again = ask("POST", "/api/messages", {{"to", {{"user", "alice"}}}, {"text", "hello"}, {"key", "k1"}});
  EXPECT_EQ(again.json["msg_id"], 1);
  EXPECT_EQ(again.json["duplicate"], true);
  sync(*alice);
  EXPECT_EQ(alice->waiting<IMMsgData>(), 0u);

  const auto system = connect();
  system->send(login("system", CLIENT_TYPE_WINDOWS, "!"));
  EXPECT_NE(expect<IMLoginRes>(*system).result_code(), REFUSE_REASON_NONE);
}

TEST_F(AdminMessagesTest, a_message_may_be_any_bytes_and_in_anybodys_name) {
  add_user("alice");
  const UserId bob = add_user("bob");
  const auto alice = log_in("alice");
  ASSERT_EQ(ask("POST", "/api/messages", {{"to", {{"user", "alice"}}}, {"data_base64", "AP8="}, {"from", bob}}).status,
            200);
  const IMMsgData heard = expect<IMMsgData>(*alice);
  EXPECT_EQ(heard.msg_data(), std::string("\0\xff", 2));
  EXPECT_EQ(heard.from_user_id(), bob);
}

TEST_F(AdminMessagesTest, the_system_user_joins_the_group_that_it_writes_to) {
  add_user("alice");
  add_user("bob");
  const auto alice = log_in("alice");
  const Json group = ask("POST", "/api/groups", {{"name", "all"}, {"members", {"alice"}}}).json["id"];
  const Answer sent = ask("POST", "/api/messages", {{"to", {{"group", group}}}, {"text", "hello"}});
  ASSERT_EQ(sent.status, 200) << sent.json;
  EXPECT_EQ(expect<IMMsgData>(*alice).msg_type(), IM::BaseDefine::MSG_TYPE_GROUP_TEXT);
  EXPECT_EQ(ask("GET", "/api/groups/" + group.dump()).json["members"].size(), 2u);
  const Answer bob = ask("POST", "/api/messages", {{"to", {{"group", group}}}, {"text", "hello"}, {"from", "bob"}});
  EXPECT_EQ(bob.status, 422) << "others have to be members";
}

TEST_F(AdminMessagesTest, the_system_user_takes_nobodys_place_in_a_full_group) {
  config.groups.max_members = 2;
  add_user("alice");
  add_user("bob");
  add_user("carol");
  const Json group = ask("POST", "/api/groups", {{"name", "all"}, {"members", {"alice", "bob"}}}).json["id"];
  const Answer sent = ask("POST", "/api/messages", {{"to", {{"group", group}}}, {"text", "hello"}});
  EXPECT_EQ(sent.status, 200) << sent.json;
  EXPECT_EQ(ask("GET", "/api/groups/" + group.dump()).json["members"].size(), 3u);
  EXPECT_EQ(ask("POST", "/api/groups/" + group.dump() + "/members", {{"add", {"carol"}}}).status, 422);
}

TEST_F(AdminMessagesTest, a_key_for_a_user_is_another_one_than_for_the_group_of_the_same_number) {
  const UserId alice = add_user("alice");
  const Json group = ask("POST", "/api/groups", {{"name", "all"}, {"members", {"alice"}}}).json["id"];
  ASSERT_EQ(group, alice);
  EXPECT_EQ(ask("POST", "/api/messages", {{"to", {{"user", alice}}}, {"text", "a"}, {"key", "k"}}).status, 200);
  const Json to_group{{"to", {{"group", group}}}, {"text", "b"}, {"key", "k"}};
  const Answer sent = ask("POST", "/api/messages", to_group);
  EXPECT_EQ(sent.status, 200);
  EXPECT_EQ(sent.json["duplicate"], false);
  EXPECT_EQ(ask("POST", "/api/messages", to_group).json["duplicate"], true);
}

TEST_F(AdminMessagesTest, what_is_wrong_with_a_message_is_said) {
  add_user("alice");
  const Json alice{{"user", "alice"}};
  EXPECT_EQ(ask("POST", "/api/messages", {{"to", alice}}).json["field"], "text");
  EXPECT_EQ(ask("POST", "/api/messages", {{"to", alice}, {"text", "a"}, {"data_base64", "AA=="}}).json["field"],
            "text");
  EXPECT_EQ(ask("POST", "/api/messages", {{"text", "a"}}).json["field"], "to");
  EXPECT_EQ(ask("POST", "/api/messages", {{"to", Json::object()}, {"text", "a"}}).json["field"], "to.user");
  EXPECT_EQ(ask("POST", "/api/messages", {{"to", {{"user", 1}, {"group", 1}}}, {"text", "a"}}).json["field"],
            "to.user");
  EXPECT_EQ(ask("POST", "/api/messages", {{"to", {{"user", "nobody"}}}, {"text", "a"}}).status, 404);
  EXPECT_EQ(ask("POST", "/api/messages", {{"to", alice}, {"text", "a"}, {"from", "nobody"}}).status, 422);
  EXPECT_EQ(ask("POST", "/api/messages", {{"to", alice}, {"text", "a"}, {"from", "alice"}}).status, 422);
  EXPECT_EQ(ask("POST", "/api/messages", {{"to", {{"group", 99}}}, {"text", "a"}}).status, 404);
}

TEST_F(AdminMessagesTest, a_person_who_has_the_system_users_name_is_not_spoken_for) {
  add_user("alice");
  add_user("system");
  EXPECT_EQ(ask("POST", "/api/messages", {{"to", {{"user", "alice"}}}, {"text", "a"}}).status, 409);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
