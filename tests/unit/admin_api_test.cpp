#include "msg_server/admin/api.h"

#include <gmock/gmock.h>

#include "tests/unit/admin_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

using testing::HasSubstr;

using AdminApiTest = AdminTest;

TEST_F(AdminApiTest, without_the_key_nothing_is_answered) {
  const std::vector<std::string> wrong{"",
                                       "Authorization: Bearer " + std::string(64, 'b') + "\r\n",
                                       "Authorization: Bearer\r\n",
                                       "Authorization: Basic " + key + "\r\n",
                                       "Authorization: Bearer " + key + "0\r\n",
                                       "X-Key: " + key + "\r\n"};
  for (const std::string& headers : wrong) {
    const Answer answer = ask_raw("GET", "/api/users", headers);
    EXPECT_EQ(answer.status, 401) << headers;
    EXPECT_THAT(answer.head, HasSubstr("WWW-Authenticate: Bearer"));
    EXPECT_EQ(error_of(answer), "the administration's key is needed");
  }
  EXPECT_EQ(ask_raw("GET", "/api/no_such_page", "").status, 401) << "strangers are not told what there is";
  EXPECT_EQ(ask("GET", "/api/users").status, 200);
}

TEST_F(AdminApiTest, health_and_metrics_ask_for_no_key) {
  EXPECT_EQ(ask_raw("GET", "/healthz", "").status, 200);
  EXPECT_EQ(ask_raw("GET", "/readyz", "").status, 200);
  EXPECT_EQ(ask_raw("GET", "/metrics", "").status, 200);
  EXPECT_EQ(ask_raw("POST", "/metrics", "").status, 405);
  EXPECT_EQ(ask_raw("GET", "/", "").status, 404);
}

TEST_F(AdminApiTest, whoever_asks_through_a_proxy_is_refused) {
  const Answer answer =
      ask_raw("GET", "/api/users", "Authorization: Bearer " + key + "\r\nX-Forwarded-For: 10.0.0.1\r\n");
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(error_of(answer), "the administration API is for programs on this machine");
}

TEST_F(AdminApiTest, wrong_paths_and_methods_are_told_apart) {
  EXPECT_EQ(ask("GET", "/api/nothing").status, 404);
  const Answer answer = ask("PUT", "/api/users");
  EXPECT_EQ(answer.status, 405);
  EXPECT_THAT(answer.head, HasSubstr("Allow: GET, POST"));
}

TEST_F(AdminApiTest, a_body_has_to_be_json_of_a_sensible_size) {
  const std::string bearer = "Authorization: Bearer " + key + "\r\n";
  EXPECT_EQ(ask_raw("POST", "/api/users", bearer, "name=alice").status, 415);
  const std::string json = bearer + "Content-Type: application/json\r\n";
  const Answer broken = ask_raw("POST", "/api/users", json, "{");
  EXPECT_EQ(broken.status, 400);
  EXPECT_EQ(error_of(broken), "the body is not JSON");
  const Answer large = ask_raw("POST", "/api/users", json, std::string(5 << 10, ' '));
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(error_of(large), "the body is longer than 4096 bytes");
}

TEST_F(AdminApiTest, a_user_is_added_shown_and_changed) {
  const Answer added =
      ask("POST", "/api/users", {{"name", "carol"}, {"password", "pw"}, {"nick", "Carol"}, {"email", "c@example.org"}});
  ASSERT_EQ(added.status, 201) << added.json;
  const auto client = connect();
  client->send(login("carol", CLIENT_TYPE_WINDOWS, "no"));
  EXPECT_NE(expect<IMLoginRes>(*client).result_code(), REFUSE_REASON_NONE);

  const std::string path = "/api/users/" + added.json["id"].dump();
  EXPECT_EQ(ask("PATCH", path, {{"nick", "C."}, {"gender", 2}}).status, 200);
  const Json user = ask("GET", "/api/users/carol").json;
  EXPECT_EQ(user["nick"], "C.");
  EXPECT_EQ(user["gender"], 2);
  EXPECT_EQ(user["email"], "c@example.org");
  EXPECT_EQ(user["disabled"], false);
  EXPECT_EQ(ask("GET", "/api/users?name=carol").json, user);
  EXPECT_EQ(ask("GET", path).json, user);
}

TEST_F(AdminApiTest, what_is_wrong_with_a_user_is_said) {
  add("alice");
  const Answer taken = ask("POST", "/api/users", {{"name", "alice"}, {"password", "pw"}});
  EXPECT_EQ(taken.status, 409);
  EXPECT_EQ(error_of(taken), "the name is taken");
  EXPECT_EQ(ask("POST", "/api/users", {{"name", "bob"}}).json["field"], "password");
  EXPECT_EQ(ask("POST", "/api/users", {{"name", std::string(65, 'x')}, {"password", "p"}}).json["field"], "name");
  EXPECT_EQ(ask("POST", "/api/users", {{"name", "b\no"}, {"password", "p"}}).json["field"], "name");
  EXPECT_EQ(ask("POST", "/api/users", {{"name", "bob"}, {"password", "p"}, {"department", 9}}).status, 422);
  EXPECT_EQ(ask("GET", "/api/users/bob").status, 404) << "nothing of the refused ones was stored";
  EXPECT_EQ(ask("PATCH", "/api/users/999", {{"nick", "x"}}).status, 404);
  EXPECT_EQ(ask("PATCH", "/api/users/alice", {{"name", "x"}}).json["field"], "name");
}

TEST_F(AdminApiTest, users_come_in_pages) {
  std::vector<UserId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(add("user" + std::to_string(i)));
  std::vector<UserId> seen;
  std::string page = "/api/users?limit=2";
  for (int pages_seen = 0; pages_seen < 10; ++pages_seen) {
    const Json list = ask("GET", page).json;
    EXPECT_LE(list["users"].size(), 2u);
    for (const Json& user : list["users"]) seen.push_back(user["id"]);
    if (list["next"].is_null()) break;
    page = "/api/users?limit=2&after=" + list["next"].dump();
  }
  EXPECT_EQ(seen, ids);
  EXPECT_EQ(ask("GET", "/api/users?limit=1001").json["field"], "limit");
  EXPECT_EQ(ask("GET", "/api/users?page=1").json["field"], "page");
}

TEST_F(AdminApiTest, who_is_disabled_is_out_and_stays_out) {
  const UserId alice = add_user("alice");
  const auto client = log_in("alice");
  const Answer disabled = ask("POST", "/api/users/alice/disable");
  EXPECT_EQ(disabled.json["sessions_ended_here"], 1);
  expect_end(*client);
  ASSERT_EQ(bus.ends.size(), 2u) << "one a class of client";
  EXPECT_EQ(bus.ends[0].user, alice);
  EXPECT_EQ(bus.ends[0].reason, EndReason::kRevoked);
  const auto again = connect();
  again->send(login("alice"));
  EXPECT_NE(expect<IMLoginRes>(*again).result_code(), REFUSE_REASON_NONE);
  EXPECT_EQ(ask("POST", "/api/users/alice/enable").status, 200);
  log_in("alice");
  EXPECT_EQ(ask("POST", "/api/users/nobody/enable").status, 404);
}

TEST_F(AdminApiTest, a_new_password_and_a_revocation_end_the_sessions) {
  add_user("alice");
  const auto client = log_in("alice");
  EXPECT_EQ(ask("POST", "/api/users/alice/revoke").json["sessions_ended_here"], 1);
  expect_end(*client);
  const auto second = log_in("alice");
  EXPECT_EQ(ask("POST", "/api/users/alice/password", {{"password", "new"}}).json["sessions_ended_here"], 1);
  expect_end(*second);
  const auto third = connect();
  third->send(login("alice"));
  EXPECT_NE(expect<IMLoginRes>(*third).result_code(), REFUSE_REASON_NONE) << "the old one is good no more";
  EXPECT_EQ(ask("POST", "/api/users/alice/password", {{"password", ""}}).json["field"], "password");
}

TEST_F(AdminApiTest, too_many_logins_leave_no_room_for_another_hash) {
  hold_hashing = true;
  while (hashing.try_submit([]() -> Task { return [] {}; })) continue;
  const Answer answer = ask("POST", "/api/users", {{"name", "bob"}, {"password", "p"}});
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.head, HasSubstr("Retry-After: 1"));
}

TEST_F(AdminApiTest, departments_are_a_tree) {
  const Json top = ask("POST", "/api/departments", {{"name", "Engineering"}}).json;
  const Json below = ask("POST", "/api/departments", {{"name", "Databases"}, {"parent", top["id"]}}).json;
  const std::string top_path = "/api/departments/" + top["id"].dump();
  const std::string below_path = "/api/departments/" + below["id"].dump();
  EXPECT_EQ(ask("PATCH", top_path, {{"parent", below["id"]}}).status, 422) << "a ring";
  EXPECT_EQ(ask("PATCH", top_path, {{"parent", top["id"]}}).status, 422);
  EXPECT_EQ(ask("PATCH", top_path, {{"parent", 99}}).status, 422);
  EXPECT_EQ(ask("DELETE", top_path).status, 409);
  EXPECT_EQ(ask("PATCH", below_path, {{"name", "Storage"}, {"priority", 3}}).status, 200);
  const Json list = ask("GET", "/api/departments").json["departments"];
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[1]["name"], "Storage");
  EXPECT_EQ(list[1]["parent"], top["id"]);
  EXPECT_EQ(ask("DELETE", below_path).status, 200);
  EXPECT_EQ(ask("DELETE", below_path).status, 404);
  EXPECT_EQ(ask("DELETE", top_path).status, 200);
  EXPECT_EQ(ask("GET", "/api/departments").json["departments"].size(), 0u);
  EXPECT_EQ(ask("PATCH", "/api/departments/x", {{"name", "y"}}).status, 404);
}

TEST_F(AdminApiTest, a_user_moves_into_a_department) {
  add_user("alice");
  const Json department = ask("POST", "/api/departments", {{"name", "Engineering"}}).json["id"];
  EXPECT_EQ(ask("PATCH", "/api/users/alice", {{"department", department}}).status, 200);
  EXPECT_EQ(ask("GET", "/api/users/alice").json["department"], department);
  EXPECT_EQ(ask("PATCH", "/api/users/alice", {{"department", 0}}).status, 200);
}

TEST_F(AdminApiTest, a_group_lives_and_ends) {
  const UserId alice = add_user("alice");
  const UserId bob = add_user("bob");
  add_user("carol");
  const Answer made = ask("POST", "/api/groups", {{"name", "all"}, {"members", {alice, "bob", bob}}});
  ASSERT_EQ(made.status, 201) << made.json;
  EXPECT_EQ(made.json["members"], 2);
  const std::string path = "/api/groups/" + made.json["id"].dump();
  const Answer changed = ask("POST", path + "/members", {{"add", {"carol", "bob"}}, {"remove", {"alice"}}});
  EXPECT_EQ(changed.json["added"].size(), 1u);
  EXPECT_EQ(changed.json["removed"], Json({alice}));
  EXPECT_EQ(ask("PATCH", path, {{"name", "the rest"}}).json["name"], "the rest");
  const Json shown = ask("GET", path).json;
  EXPECT_EQ(shown["kind"], "normal");
  ASSERT_EQ(shown["members"].size(), 2u);
  EXPECT_EQ(shown["members"][0]["name"], "bob");
  EXPECT_EQ(ask("GET", "/api/groups").json["groups"].size(), 1u);
  EXPECT_EQ(ask("DELETE", path).status, 200);
  EXPECT_EQ(ask("GET", path).status, 404);
  EXPECT_EQ(ask("DELETE", path).status, 404);
}

TEST_F(AdminApiTest, what_is_wrong_with_a_group_is_said) {
  const Answer unknown = ask("POST", "/api/groups", {{"name", "all"}, {"members", {"nobody", 77}}});
  EXPECT_EQ(unknown.status, 422);
  EXPECT_EQ(error_of(unknown), "members: no user nobody, user 77");
  EXPECT_EQ(ask("POST", "/api/groups", {{"name", ""}}).json["field"], "name");
  EXPECT_EQ(ask("POST", "/api/groups", {{"name", "x"}, {"kind", "secret"}}).json["field"], "kind");
  EXPECT_EQ(ask("POST", "/api/groups/7/members", Json::object()).json["field"], "add");
  add_user("alice");
  EXPECT_EQ(ask("POST", "/api/groups/7/members", {{"add", {"alice"}}}).status, 404);
  EXPECT_EQ(ask("PATCH", "/api/groups/7", {{"name", "x"}}).status, 404);
  EXPECT_EQ(ask("GET", "/api/groups/x").status, 404);
  config.groups.max_members = 2;
  add_user("bob");
  add_user("carol");
  EXPECT_EQ(ask("POST", "/api/groups", {{"name", "x"}, {"members", {"alice", "bob", "carol"}}}).json["field"],
            "members");
}

TEST_F(AdminApiTest, who_is_online_is_listed_with_class_and_place) {
  const UserId alice = add_user("alice");
  const UserId bob = add_user("bob");
  const auto pc = log_in("alice");
  const auto phone = log_in("alice", CLIENT_TYPE_ANDROID);
  users.remote_online(0, bob, ClientClass::kMobile, {CLIENT_TYPE_IOS, 1'000'000ULL << 16});
  const Json online = ask("GET", "/api/online").json;
  ASSERT_EQ(online["users"].size(), 2u);
  EXPECT_EQ(online["users"][0]["id"], alice);
  EXPECT_EQ(online["users"][0]["name"], "alice");
  ASSERT_EQ(online["users"][0]["sessions"].size(), 2u);
  EXPECT_EQ(online["users"][0]["sessions"][1]["class"], "mobile");
  EXPECT_EQ(online["users"][0]["sessions"][1]["server"], config.name);
  EXPECT_EQ(online["users"][1]["sessions"][0]["server"], nullptr) << "elsewhere";
  EXPECT_EQ(online["users"][1]["sessions"][0]["since"], 1'000);
  EXPECT_EQ(ask("GET", "/api/online?limit=1").json["next"], alice);
  EXPECT_EQ(ask("GET", "/api/online?after=" + std::to_string(alice)).json["users"].size(), 1u);
  EXPECT_EQ(ask("GET", "/api/status").json["users_online"], 2);
}

TEST_F(AdminApiTest, the_ledger_has_each_entry_and_what_is_under_way) {
  add_user("alice");
  const UserId bob = add_user("bob");
  const auto pc = log_in("alice");
  pc->send(message(bob, "hello"));
  expect<IMMsgDataAck>(*pc);
  const Json page = ask("GET", "/api/ledger").json;
  EXPECT_EQ(page["server"], config.name);
  EXPECT_EQ(page["balanced"], true);
  EXPECT_EQ(page["entries"].size(), kLedgerEntries);
  EXPECT_EQ(page["entries"]["stored"], 1);
  EXPECT_EQ(page["in_store"], 0);
  EXPECT_EQ(page["waiting"], 0);
  EXPECT_EQ(page["began_at"], nullptr);
  ledger.begins_at(17);
  ledger.add(LedgerEntry::kAccepted);
  ledger_is_whole = false;
  const Json after = ask("GET", "/api/ledger").json;
  EXPECT_EQ(after["balanced"], false);
  EXPECT_EQ(after["began_at"], 16) << "one was stored before that";
  EXPECT_EQ(ask("GET", "/api/ledger?x=1").status, 400);
}

TEST_F(AdminApiTest, a_kick_ends_the_session_and_says_why) {
  const UserId alice = add_user("alice");
  const auto pc = log_in("alice");
  const auto phone = log_in("alice", CLIENT_TYPE_ANDROID);
  const Answer kicked = ask("POST", "/api/kick", {{"user", "alice"}, {"class", "mobile"}});
  EXPECT_EQ(kicked.json["was_online"], true);
  EXPECT_EQ(kicked.json["others_told"], true);
  EXPECT_EQ(expect<TbGoAway>(*phone).reason(), GO_AWAY_KICKED);
  expect<IMKickUser>(*phone);
  expect_end(*phone);
  ASSERT_EQ(bus.ends.size(), 1u);
  EXPECT_EQ(bus.ends[0].user, alice);
  EXPECT_EQ(bus.ends[0].client_class, ClientClass::kMobile);
  EXPECT_EQ(bus.ends[0].reason, EndReason::kKicked);
  sync(*pc);
  EXPECT_EQ(ask("POST", "/api/kick", {{"user", "alice"}, {"class", "tv"}}).json["field"], "class");
  EXPECT_EQ(ask("POST", "/api/kick", {{"user", "nobody"}}).status, 404);
  EXPECT_EQ(ask("POST", "/api/kick", {{"usr", "alice"}}).json["field"], "user");
}

TEST_F(AdminApiTest, the_older_calls_are_there) {
  add_user("alice");
  const auto client = log_in("alice");
  EXPECT_EQ(ask("POST", "/api/end_sessions?user=1").json["ended"], 1);
  EXPECT_EQ(ask("POST", "/api/end_sessions").json["field"], "user");
  EXPECT_TRUE(ask("GET", "/api/why?who=alice").json.contains("closed"));
  EXPECT_EQ(ask("POST", "/api/drain").json["draining"], true);
  EXPECT_TRUE(draining);
}

TEST_F(AdminApiTest, a_store_that_has_too_much_to_do_says_come_back) {
  hold_store = true;
  for (int i = 0; i < 20; ++i) store.write<Done>([](Database&) { return Done(); }, [](StoreResult<Done>) {});
  const Answer answer = ask("POST", "/api/users/alice/revoke");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.head, HasSubstr("Retry-After: 1"));
}

TEST_F(AdminApiTest, a_busy_store_says_what_was_done_before) {
  const auto hint = [](const HttpResponse& response) { return Json::parse(response.body)["hint"]; };
  EXPECT_EQ(hint(admin::store_refusal(StoreError::kBusy)), "nothing was done: try again");
  const HttpResponse half = admin::store_refusal(StoreError::kUnavailable, "users were added: try again");
  EXPECT_EQ(half.status, 503);
  EXPECT_EQ(hint(half), "users were added: try again");
}

TEST_F(AdminApiTest, teamtalks_own_calls_without_the_key_count_as_unauthorized) {
  const auto counted = [this](const std::string& authorized) {
    return metrics
        .counter("talkbeat_admin_requests_total", "Requests to the administration API.", {{"authorized", authorized}})
        .value();
  };
  EXPECT_EQ(ask_raw("POST", "/query/CreateGroup", "", "{}").status, 401);
  EXPECT_EQ(ask_raw("POST", "/query/CreateGroup", "", R"({"app_key":"wrong"})").status, 401);
  EXPECT_EQ(ask_raw("POST", "/query/ChangeMembers", "", "nonsense").status, 401);
  EXPECT_EQ(counted("no"), 3);
  EXPECT_EQ(counted("yes"), 0);
  EXPECT_EQ(ask_raw("POST", "/query/CreateGroup", "", Json{{"app_key", key}}.dump()).json["error_code"], 1);
  EXPECT_EQ(counted("yes"), 1);
}

TEST_F(AdminApiTest, teamtalks_own_calls_work_with_the_key_in_the_body) {
  const UserId alice = add_user("alice");
  const UserId bob = add_user("bob");
  const Json create{{"app_key", key},  {"req_user_id", alice}, {"group_name", "all"},
                    {"group_type", 1}, {"group_avatar", ""},   {"user_id_list", {bob}}};
  const Answer made = ask_raw("POST", "/query/CreateGroup", "", create.dump());
  ASSERT_EQ(made.status, 200);
  EXPECT_EQ(made.json["error_code"], 0) << made.json;
  const GroupId group = made.json["group_id"];
  EXPECT_EQ(ask("GET", "/api/groups/" + std::to_string(group)).json["members"].size(), 2u);

  Json change{
      {"app_key", key}, {"req_user_id", alice}, {"group_id", group}, {"modify_type", 2}, {"user_id_list", {bob}}};
  EXPECT_EQ(ask_raw("POST", "/query/ChangeMembers", "", change.dump()).json["error_code"], 0);
  EXPECT_EQ(ask("GET", "/api/groups/" + std::to_string(group)).json["members"].size(), 1u);
  change["modify_type"] = 1;
  change.erase("app_key");
  EXPECT_EQ(ask("POST", "/query/ChangeMembers", change).json["error_code"], 0) << "the header's key is as good";
  EXPECT_EQ(ask_raw("POST", "/query/ChangeMembers", "", change.dump()).status, 401);
  change["app_key"] = "wrong";
  EXPECT_EQ(ask_raw("POST", "/query/ChangeMembers", "", change.dump()).json["error_code"], 4);
  change["app_key"] = key;
  change["group_id"] = 99;
  EXPECT_EQ(ask_raw("POST", "/query/ChangeMembers", "", change.dump()).json["error_msg"], "no such group");
  change["modify_type"] = 3;
  EXPECT_EQ(ask_raw("POST", "/query/ChangeMembers", "", change.dump()).json["error_code"], 1);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
