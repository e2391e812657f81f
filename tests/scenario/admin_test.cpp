// The administration API of two msg_servers, and what clients on both notice of it.
#include <gmock/gmock.h>

#include <array>
#include <thread>

#include "proto/group.pb.h"
#include "tests/scenario/admin_calls.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using IM::Group::IMGroupChangeMemberNotify;
using IM::Login::IMKickUser;
using IM::Message::IMMsgData;
using testing::HasSubstr;

constexpr const char* kHere = "msg_server_0";
constexpr const char* kThere = "msg_server_1";

TEST(Admin, strangers_learn_and_change_nothing) {
  Cluster cluster;
  WireClient alice(cluster.client_port(kHere));
  alice.log_in("alice");
  const std::vector<std::string> wrong{"Authorization: Bearer " + std::string(64, '0') + "\r\n",
                                       "Authorization: Bearer " + admin_key(cluster).substr(0, 63) + "\r\n", ""};
  for (const std::string& headers : wrong) {
    for (const char* path : {"/api/users", "/api/why", "/api/online", "/api/no_such_page"}) {
      EXPECT_EQ(ask_api(cluster, kHere, "GET", path, headers).status, 401) << path;
    }
    EXPECT_EQ(ask_api(cluster, kHere, "POST", "/api/drain", headers).status, 401);
    EXPECT_EQ(ask_api(cluster, kHere, "POST", "/api/end_sessions?user=1", headers).status, 401);
  }
  const std::string proxy = bearer(cluster) + "X-Forwarded-For: 203.0.113.7\r\n";
  EXPECT_EQ(ask_api(cluster, kHere, "GET", "/api/users", proxy).status, 403);
  EXPECT_EQ(cluster.get(kHere, "/healthz").status, 200);
  EXPECT_EQ(cluster.get(kHere, "/readyz").status, 200);
  EXPECT_THAT(cluster.get(kHere, "/metrics").body, HasSubstr("talkbeat_admin_requests_total{authorized=\"no\"} 19\n"));
  alice.sync();
  EXPECT_THAT(cluster.log_of(kHere), HasSubstr("admin_refused"));
  EXPECT_THAT(cluster.log_of(kHere), HasSubstr("why=wrong_key"));
  EXPECT_THAT(cluster.log_of(kHere), testing::Not(HasSubstr(admin_key(cluster))));
}

TEST(Admin, the_key_is_for_its_owner_only) {
  Cluster cluster;
  const auto mode = std::filesystem::status(cluster.directory() / "admin.key").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(Admin, bad_requests_are_told_what_is_wrong_and_do_no_harm) {
  Cluster cluster;
  const std::string json = bearer(cluster) + "Content-Type: application/json\r\n";
  EXPECT_EQ(ask_api(cluster, kHere, "POST", "/api/users", json, "{\"name\":").status, 400);
  EXPECT_EQ(ask_api(cluster, kHere, "POST", "/api/users", json, std::string(1'000'000, '[')).status, 400);
  EXPECT_EQ(ask_api(cluster, kHere, "POST", "/api/users", bearer(cluster), "a=b").status, 415);
  EXPECT_EQ(ask_api(cluster, kHere, "PUT", "/api/users", bearer(cluster)).status, 405);
  EXPECT_EQ(ask_api(cluster, kHere, "POST", "/api/users", json, std::string(2 << 20, ' ')).status, 413);
  Json members = Json::array();
  for (uint32_t id = 1; id <= 10'001; ++id) members.push_back(id);
  const ApiAnswer huge = api(cluster, kHere, "POST", "/api/groups", {{"name", "huge"}, {"members", members}});
  EXPECT_EQ(huge.status, 400);
  EXPECT_EQ(huge.error(), "members: at most 10000 users are allowed");
  EXPECT_EQ(api(cluster, kHere, "POST", "/api/groups", {{"name", "x"}, {"members", {4'000'000'000}}}).status, 422);
  EXPECT_EQ(api(cluster, kHere, "GET", "/api/users/4000000000").status, 404);
  EXPECT_EQ(api(cluster, kHere, "GET", "/api/groups").json["groups"].size(), 0u);
  EXPECT_EQ(api(cluster, kHere, "GET", "/api/status").json["status"], "ok");
}

TEST(Admin, a_user_that_was_added_logs_in_on_any_server) {
  Cluster cluster;
  const Json carol =
      done(cluster, kHere, "POST", "/api/users", {{"name", "carol"}, {"password", kPassword}, {"nick", "Carol"}});
  WireClient client(cluster.client_port(kThere));
  const auto login = client.log_in("carol");
  EXPECT_EQ(login.user_info().user_id(), carol["id"].get<uint32_t>());
  EXPECT_EQ(login.user_info().user_nick_name(), "Carol");
  EXPECT_EQ(api(cluster, kThere, "POST", "/api/users", {{"name", "carol"}, {"password", "x"}}).status, 409);
}

TEST(Admin, who_is_disabled_on_one_server_loses_the_session_on_the_other) {
  Cluster cluster;
  WireClient alice(cluster.client_port(kThere));
  alice.log_in("alice");
  done(cluster, kHere, "POST", "/api/users/alice/disable");
  EXPECT_EQ(alice.expect<TbGoAway>().reason(), GO_AWAY_REVOKED);
  alice.expect_close();
  WireClient again(cluster.client_port(kThere));
  EXPECT_NE(again.try_log_in("alice", kPassword).result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
  done(cluster, kThere, "POST", "/api/users/alice/enable");
  WireClient enabled(cluster.client_port(kHere));
  enabled.log_in("alice");
}

TEST(Admin, a_new_password_ends_the_sessions_everywhere) {
  Cluster cluster;
  WireClient pc(cluster.client_port(kHere));
  WireClient phone(cluster.client_port(kThere));
  pc.log_in("alice");
  phone.log_in("alice", kMobile);
  done(cluster, kHere, "POST", "/api/users/alice/password", {{"password", "new"}});
  pc.expect_close();
  phone.expect_close();
  WireClient old(cluster.client_port(kThere));
  EXPECT_NE(old.try_log_in("alice", kPassword).result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
  WireClient fresh(cluster.client_port(kThere));
  fresh.log_in("alice", kPc, "new");
}

TEST(Admin, a_kick_reaches_the_session_wherever_it_is_and_the_user_may_come_back) {
  Cluster cluster;
  WireClient pc(cluster.client_port(kThere));
  WireClient phone(cluster.client_port(kHere));
  pc.log_in("alice");
  phone.log_in("alice", kMobile);
  done(cluster, kHere, "POST", "/api/kick", {{"user", "alice"}, {"class", "pc"}});
  EXPECT_EQ(pc.expect<TbGoAway>().reason(), GO_AWAY_KICKED);
  pc.expect<IMKickUser>();
  pc.expect_close();
  phone.sync();
  EXPECT_EQ(phone.waiting<IMKickUser>(), 0u);
  WireClient back(cluster.client_port(kThere));
  back.log_in("alice");
  back.sync();
  EXPECT_EQ(api(cluster, kHere, "POST", "/api/kick", {{"user", "nobody"}}).status, 404);
}

TEST(Admin, members_on_both_servers_hear_of_their_group) {
  Cluster cluster;
  WireClient alice(cluster.client_port(kHere));
  WireClient bob(cluster.client_port(kThere));
  alice.log_in("alice");
  bob.log_in("bob");
  const Json group = done(cluster, kHere, "POST", "/api/groups", {{"name", "all"}, {"members", {"alice"}}});
  EXPECT_EQ(alice.expect<IMGroupChangeMemberNotify>().group_id(), group["id"].get<uint32_t>());
  const std::string path = "/api/groups/" + group["id"].dump();
  const Json changed = done(cluster, kThere, "POST", path + "/members", {{"add", {"bob"}}});
  EXPECT_EQ(changed["added"], Json({bob.user_id()}));
  for (WireClient* client : {&alice, &bob}) {
    const auto notify = client->expect<IMGroupChangeMemberNotify>();
    EXPECT_EQ(notify.group_id(), group["id"].get<uint32_t>());
    EXPECT_EQ(notify.cur_user_id_list_size(), 2);
  }
  done(cluster, kHere, "POST", path + "/members", {{"remove", {"bob"}}});
  EXPECT_EQ(bob.expect<IMGroupChangeMemberNotify>().change_type(), IM::BaseDefine::GROUP_MODIFY_TYPE_DEL);
  EXPECT_EQ(done(cluster, kThere, "GET", path)["members"].size(), 1u);
  done(cluster, kThere, "DELETE", path);
  EXPECT_EQ(api(cluster, kHere, "GET", path).status, 404);
}

TEST(Admin, two_who_change_one_group_at_once_both_get_what_they_asked_for) {
  ClusterOptions options;
  for (int i = 0; i < 40; ++i) options.users.push_back("member" + std::to_string(i));
  Cluster cluster(options);
  const Json group = done(cluster, kHere, "POST", "/api/groups", {{"name", "all"}, {"members", {"alice"}}});
  const std::string path = "/api/groups/" + group["id"].dump();
  std::array<std::string, 2> faults;
  const auto add_some = [&](const char* server, int first, std::string& fault) {
    try {
      for (int i = first; i < 40; i += 2) {
        done(cluster, server, "POST", path + "/members", {{"add", {"member" + std::to_string(i)}}});
      }
    } catch (const Unexpected& unexpected) {
      fault = unexpected.what();
    }
  };
  std::thread one([&] { add_some(kHere, 0, faults[0]); });
  std::thread other([&] { add_some(kThere, 1, faults[1]); });
  one.join();
  other.join();
  EXPECT_EQ(faults[0], "");
  EXPECT_EQ(faults[1], "");
  const Json shown = done(cluster, kHere, "GET", path);
  EXPECT_EQ(shown["members"].size(), 41u);
  EXPECT_EQ(shown["version"], 41u) << "one a change";
}

TEST(Admin, messages_come_from_the_system_user_to_users_and_groups_on_both_servers) {
  Cluster cluster;
  WireClient alice(cluster.client_port(kHere));
  WireClient bob(cluster.client_port(kThere));
  alice.log_in("alice");
  bob.log_in("bob");
  const Json to_bob{{"to", {{"user", "bob"}}}, {"text", "hello bob"}, {"key", "greeting"}};
  EXPECT_EQ(done(cluster, kHere, "POST", "/api/messages", to_bob)["duplicate"], false);
  EXPECT_EQ(bob.expect<IMMsgData>().msg_data(), "hello bob");
  EXPECT_EQ(done(cluster, kThere, "POST", "/api/messages", to_bob)["duplicate"], true);
  bob.sync();
  EXPECT_EQ(bob.waiting<IMMsgData>(), 0u);

  const Json group = done(cluster, kHere, "POST", "/api/groups", {{"name", "all"}, {"members", {"alice", "bob"}}});
  done(cluster, kThere, "POST", "/api/messages", {{"to", {{"group", group["id"]}}}, {"text", "hello all"}});
  for (WireClient* client : {&alice, &bob}) {
    const auto heard = client->expect<IMMsgData>();
    EXPECT_EQ(heard.msg_data(), "hello all");
    EXPECT_EQ(heard.msg_type(), IM::BaseDefine::MSG_TYPE_GROUP_TEXT);
    EXPECT_EQ(heard.to_session_id(), group["id"].get<uint32_t>());
  }
  WireClient system(cluster.client_port(kHere));
  EXPECT_NE(system.try_log_in("system", "!").result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
}

TEST(Admin, a_profile_changed_by_the_operator_is_news_on_both_servers) {
  Cluster cluster;
  WireClient alice(cluster.client_port(kHere));
  WireClient bob(cluster.client_port(kThere));
  alice.log_in("alice");
  bob.log_in("bob");
  await_online(bob, alice.user_id());  // makes bob interested in alice
  done(cluster, kHere, "PATCH", "/api/users/alice", {{"sign_info", "on the road"}});
  EXPECT_EQ(bob.expect<IM::Buddy::IMSignInfoChangedNotify>().sign_info(), "on the road");
  EXPECT_EQ(alice.expect<IM::Buddy::IMSignInfoChangedNotify>().changed_user_id(), alice.user_id());
}

TEST(Admin, who_is_online_is_told_with_the_server) {
  Cluster cluster;
  WireClient alice(cluster.client_port(kHere));
  WireClient bob(cluster.client_port(kThere));
  alice.log_in("alice");
  bob.log_in("bob", kMobile);
  await_online(alice, bob.user_id());
  const Json online = done(cluster, kHere, "GET", "/api/online");
  ASSERT_EQ(online["users"].size(), 2u);
  EXPECT_EQ(online["users"][0]["name"], "alice");
  EXPECT_EQ(online["users"][0]["sessions"][0]["server"], kHere);
  EXPECT_EQ(online["users"][1]["sessions"][0]["class"], "mobile");
  EXPECT_EQ(online["users"][1]["sessions"][0]["server"], nullptr);
}

TEST(Admin, a_broadcast_that_is_repeated_after_a_kill_reaches_everybody_once) {
  ClusterOptions options;
  options.settings = {"admin.broadcast_batch=5", "admin.broadcast_pause=100ms"};
  for (int i = 0; i < 60; ++i) options.users.push_back("reader" + std::to_string(i));
  Cluster cluster(options);
  WireClient bob(cluster.client_port(kThere));
  bob.log_in("bob");
  const Json broadcast{{"id", "maintenance-1"}, {"text", "We are back."}};
  EXPECT_EQ(api(cluster, kHere, "POST", "/api/broadcast", broadcast).status, 202);
  wait_until("some have it",
             [&] { return done(cluster, kHere, "GET", "/api/broadcast/maintenance-1")["sent"].get<int>() >= 10; });
  cluster.kill9(kHere);
  EXPECT_EQ(api(cluster, kThere, "GET", "/api/broadcast/maintenance-1").status, 404);
  EXPECT_EQ(api(cluster, kThere, "POST", "/api/broadcast", broadcast).status, 202);
  const auto progress = [&] { return done(cluster, kThere, "GET", "/api/broadcast/maintenance-1"); };
  wait_until(
      "all have it", [&] { return progress()["state"] == "done"; }, 60s);
  EXPECT_GE(progress()["already"].get<int>(), 10);
  EXPECT_EQ(progress()["sent"].get<int>() + progress()["already"].get<int>(), 62);
  EXPECT_EQ(bob.expect<IMMsgData>().msg_data(), "We are back.");
  bob.sync();
  EXPECT_EQ(bob.waiting<IMMsgData>(), 0u);
  for (const char* name : {"alice", "reader0", "reader59"}) {
    WireClient reader(cluster.client_port(kThere));
    reader.log_in(name);
    EXPECT_EQ(unread_of(reader).total_cnt(), 1u) << name;
  }
}

TEST(Admin, teamtalks_callers_make_and_change_groups) {
  Cluster cluster;
  WireClient alice(cluster.client_port(kHere));
  WireClient bob(cluster.client_port(kThere));
  alice.log_in("alice");
  bob.log_in("bob");
  Json create{{"app_key", admin_key(cluster)},
              {"req_user_id", alice.user_id()},
              {"group_name", "all"},
              {"group_type", 1},
              {"group_avatar", ""},
              {"user_id_list", {bob.user_id()}}};
  const ApiAnswer made = ask_api(cluster, kHere, "POST", "/query/CreateGroup", "", create.dump());
  EXPECT_EQ(made.json["error_code"], 0) << made.json;
  EXPECT_EQ(bob.expect<IMGroupChangeMemberNotify>().group_id(), made.json["group_id"].get<uint32_t>());
  const Json change{{"app_key", admin_key(cluster)},
                    {"req_user_id", alice.user_id()},
                    {"group_id", made.json["group_id"]},
                    {"modify_type", 2},
                    {"user_id_list", {bob.user_id()}}};
  EXPECT_EQ(ask_api(cluster, kThere, "POST", "/query/ChangeMembers", "", change.dump()).json["error_code"], 0);
  EXPECT_EQ(bob.expect<IMGroupChangeMemberNotify>().change_type(), IM::BaseDefine::GROUP_MODIFY_TYPE_DEL);
  create["app_key"] = std::string(64, '0');
  EXPECT_EQ(ask_api(cluster, kHere, "POST", "/query/CreateGroup", "", create.dump()).status, 401);
}

}  // namespace
}  // namespace talkbeat::scenario
