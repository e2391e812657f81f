// Avatars, signatures and departments, with real processes on two servers.
#include <gtest/gtest.h>

#include "tests/scenario/cluster.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using IM::Buddy::IMAvatarChangedNotify;
using IM::Buddy::IMChangeAvatarReq;
using IM::Buddy::IMChangeAvatarRsp;
using IM::Buddy::IMChangeSignInfoReq;
using IM::Buddy::IMChangeSignInfoRsp;
using IM::Buddy::IMSignInfoChangedNotify;

IM::BaseDefine::UserInfo info_of(WireClient& client, uint32_t user) {
  IM::Buddy::IMUsersInfoReq request;
  request.set_user_id(client.user_id());
  request.add_user_id_list(user);
  const auto answer = client.ask<IM::Buddy::IMUsersInfoRsp>(request);
  if (answer.user_info_list_size() != 1) throw Unexpected("no info of user " + std::to_string(user));
  return answer.user_info_list(0);
}

IMChangeAvatarRsp change_avatar(WireClient& client, const std::string& url) {
  IMChangeAvatarReq request;
  request.set_user_id(4'711);  // whatever stands here, it is the session's user
  request.set_avatar_url(url);
  return client.ask<IMChangeAvatarRsp>(request);
}

IMChangeSignInfoRsp change_signature(WireClient& client, const std::string& text) {
  IMChangeSignInfoReq request;
  request.set_user_id(4'711);
  request.set_sign_info(text);
  return client.ask<IMChangeSignInfoRsp>(request);
}

template <class Notify>
void expect_none(WireClient& client) {
  client.sync();
  EXPECT_EQ(client.waiting<Notify>(), 0u);
}

ClusterOptions four_people() {
  ClusterOptions options;
  options.users = {"alice", "bob", "carol", "dave"};
  return options;
}

TEST(Profile, a_change_reaches_ones_other_sessions_and_who_is_interested_on_all_servers) {
  Cluster cluster(four_people());
  const uint16_t here = cluster.client_port("msg_server_0");
  const uint16_t there = cluster.client_port("msg_server_1");
  WireClient alice(here);
  WireClient alice_mobile(there);
  WireClient bob(there);
  WireClient carol_mobile(here);
  WireClient dave(there);
  alice.log_in("alice");
  alice_mobile.log_in("alice", kMobile);
  bob.log_in("bob");
  carol_mobile.log_in("carol", kMobile);
  dave.log_in("dave");
  const uint32_t id = alice.user_id();
  await_online(alice, bob.user_id());
  // One asks for the profile, one has asked for the status, one is indifferent.
  EXPECT_EQ(info_of(bob, id).avatar_url(), "");
  await_online(carol_mobile, id);

  const auto changed = change_avatar(alice, "http://files/a.png");
  EXPECT_EQ(changed.result_code(), 0u);
  EXPECT_EQ(changed.user_id(), id);
  for (WireClient* client : {&alice_mobile, &bob, &carol_mobile}) {
    const auto notify = client->expect<IMAvatarChangedNotify>();
    EXPECT_EQ(notify.changed_user_id(), id);
    EXPECT_EQ(notify.avatar_url(), "http://files/a.png");
  }
  const auto signed_with = change_signature(alice_mobile, "Grüße 🙂");
  EXPECT_EQ(signed_with.result_code(), 0u);
  EXPECT_EQ(signed_with.sign_info(), "Grüße 🙂");
  for (WireClient* client : {&alice, &bob, &carol_mobile}) {
    EXPECT_EQ(client->expect<IMSignInfoChangedNotify>().sign_info(), "Grüße 🙂");
  }
  for (WireClient* client : {&alice, &alice_mobile, &bob, &carol_mobile, &dave}) {
    expect_none<IMAvatarChangedNotify>(*client);
    expect_none<IMSignInfoChangedNotify>(*client);
  }
  EXPECT_EQ(info_of(dave, id).avatar_url(), "http://files/a.png");
  EXPECT_EQ(info_of(dave, id).sign_info(), "Grüße 🙂");
}

TEST(Profile, what_is_too_long_or_would_harm_a_reader_is_refused_and_changes_nothing) {
  ClusterOptions options;
  options.settings = {"profile.max_sign_info=32", "profile.max_avatar_url=32"};
  Cluster cluster(options);
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob");
  info_of(bob, alice.user_id());
  const auto refused = static_cast<uint32_t>(ERROR_INVALID_ARGUMENT);
  for (const std::string& bad : {std::string(33, 'x'), std::string("\xff\xfe"), std::string("two\nlines"),
                                 std::string("\x1b[2J"), std::string(1, '\0')}) {
    EXPECT_EQ(change_avatar(alice, bad).result_code(), refused);
    EXPECT_EQ(change_signature(alice, bad).result_code(), refused);
  }
  EXPECT_EQ(change_signature(alice, std::string(32, 'x')).result_code(), 0u);
  EXPECT_EQ(bob.expect<IMSignInfoChangedNotify>().sign_info(), std::string(32, 'x'));
  expect_none<IMSignInfoChangedNotify>(bob);
  expect_none<IMAvatarChangedNotify>(bob);
  EXPECT_EQ(info_of(bob, alice.user_id()).avatar_url(), "");
  // Before the login, and with a field missing.
  WireClient stranger(cluster.client_port("msg_server_0"));
  IMChangeAvatarReq request;
  request.set_user_id(alice.user_id());
  request.set_avatar_url("http://evil");
  stranger.expect_error(ERROR_NOT_LOGGED_IN, stranger.send(request));
  request.clear_avatar_url();
  alice.expect_error(ERROR_MALFORMED, alice.send(request));
}

TEST(Profile, changes_survive_a_restart_and_come_with_the_changed_users) {
  Cluster cluster;
  WireClient bob(cluster.client_port("msg_server_1"));
  bob.log_in("bob");
  {
    WireClient alice(cluster.client_port("msg_server_0"));
    alice.log_in("alice");
    EXPECT_EQ(change_signature(alice, "back soon").result_code(), 0u);
  }
  cluster.kill9("msg_server_0");
  cluster.start();
  WireClient again(cluster.client_port("msg_server_0"));
  const auto answer = again.log_in("alice");
  EXPECT_EQ(answer.user_info().sign_info(), "back soon");
  EXPECT_EQ(info_of(bob, again.user_id()).sign_info(), "back soon");
}

TEST(Profile, departments_are_listed_by_every_server_and_an_empty_list_has_an_end) {
  Cluster cluster;
  for (const char* server : {"msg_server_0", "msg_server_1"}) {
    WireClient alice(cluster.client_port(server));
    alice.log_in("alice");
    IM::Buddy::IMDepartmentReq request;
    request.set_user_id(alice.user_id());
    request.set_latest_update_time(0);
    const auto answer = alice.ask<IM::Buddy::IMDepartmentRsp>(request);
    EXPECT_EQ(answer.user_id(), alice.user_id());
    EXPECT_EQ(answer.dept_list_size(), 0);
    EXPECT_GT(answer.latest_update_time(), 0u);
    request.clear_latest_update_time();
    alice.expect_error(ERROR_MALFORMED, alice.send(request));
  }
}

}  // namespace
}  // namespace talkbeat::scenario
