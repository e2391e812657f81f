// Reading messages and users back, and that nobody reads what is not his.
#include <gtest/gtest.h>

#include <ctime>
#include <map>
#include <numeric>

#include "tests/scenario/oracle.h"
#include "tests/scenario/requests.h"
#include "tests/scenario/sockets.h"

namespace talkbeat::scenario {
namespace {

using IM::Buddy::IMAllUserReq;
using IM::Buddy::IMAllUserRsp;
using IM::Buddy::IMUsersInfoReq;
using IM::Buddy::IMUsersInfoRsp;
using IM::Message::IMGetLatestMsgIdReq;
using IM::Message::IMGetLatestMsgIdRsp;
using IM::Message::IMGetMsgByIdReq;
using IM::Message::IMGetMsgByIdRsp;
using IM::Message::IMGetMsgListReq;
using IM::Message::IMGetMsgListRsp;
using IM::Message::IMMsgDataAck;
using Ids = std::vector<uint32_t>;

// first, first - 1, …, last
Ids counting_down(uint32_t first, uint32_t last) {
  Ids ids(first - last + 1);
  std::iota(ids.rbegin(), ids.rend(), last);
  return ids;
}

IMGetMsgByIdRsp by_id(WireClient& client, uint32_t peer, const Ids& ids) {
  auto request = about<IMGetMsgByIdReq>(client, peer);
  for (const uint32_t id : ids) request.add_msg_id_list(id);
  return client.ask<IMGetMsgByIdRsp>(request);
}

TEST(History, is_read_in_pages_newest_first_from_either_server) {
  Cluster cluster;
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob");
  constexpr uint32_t kAll = 520;
  for (uint32_t i = 1; i <= kAll; ++i) alice.send_text(bob.user_id(), "message " + std::to_string(i));
  for (uint32_t i = 1; i <= kAll; ++i) EXPECT_EQ(alice.expect<IMMsgDataAck>().msg_id(), i);

  const uint32_t peer = alice.user_id();
  const auto newest = page_of(bob, peer, 0, 1000);
  EXPECT_EQ(ids_of(newest), counting_down(kAll, kAll - 499)) << "never more than 500";
  EXPECT_EQ(newest.user_id(), bob.user_id());
  EXPECT_EQ(newest.session_id(), peer);
  EXPECT_EQ(newest.msg_id_begin(), 0u);
  for (const auto& message : newest.msg_list()) {
    EXPECT_EQ(message.msg_data(), "message " + std::to_string(message.msg_id()));
    EXPECT_EQ(message.from_session_id(), alice.user_id());
  }
  EXPECT_EQ(ids_of(page_of(bob, peer, 20, 500)), counting_down(20, 1));
  EXPECT_EQ(ids_of(page_of(bob, peer, 5, 2)), (Ids{5, 4}));
  EXPECT_EQ(ids_of(page_of(bob, peer, 1, 10)), (Ids{1}));
  EXPECT_EQ(ids_of(page_of(bob, peer, 0xffffffff, 2)), (Ids{kAll, kAll - 1}));
  EXPECT_EQ(ids_of(page_of(bob, peer, 5, 0xffffffff)), counting_down(5, 1));
  EXPECT_EQ(ids_of(page_of(bob, peer, 0, 0)), Ids{});
  EXPECT_EQ(ids_of(page_of(alice, bob.user_id(), 3, 17)), (Ids{3, 2, 1}));

  EXPECT_EQ(latest_id_of(bob, peer), kAll);
  EXPECT_EQ(latest_id_of(alice, bob.user_id()), kAll);
  EXPECT_EQ(ids_of(by_id(bob, peer, {kAll, 7, 7, 1, 0, kAll + 1, 0xffffffff})), (Ids{1, 7, kAll}));
  EXPECT_EQ(ids_of(by_id(bob, peer, {})), Ids{});
  Ids full(500);
  std::iota(full.begin(), full.end(), 1u);
  EXPECT_EQ(ids_of(by_id(bob, peer, full)), full);
  auto too_many = about<IMGetMsgByIdReq>(bob, peer);
  for (uint32_t id = 1; id <= 501; ++id) too_many.add_msg_id_list(id);
  bob.expect_error(ERROR_INVALID_ARGUMENT, bob.send(too_many));
}

TEST(History, an_answer_that_would_pass_1_mib_has_fewer_messages_and_goes_on_from_the_lowest) {
  Cluster cluster;
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob");
  for (const char letter : {'a', 'b', 'c'}) alice.tell(bob.user_id(), std::string(600 << 10, letter));
  Ids got;
  uint32_t begin = 0;
  for (int pages = 0; pages < 3; ++pages) {
    const auto page = page_of(bob, alice.user_id(), begin, 10);
    ASSERT_GE(page.msg_list_size(), 1);
    EXPECT_LE(page.ByteSizeLong(), size_t{1 << 20});
    for (const uint32_t id : ids_of(page)) got.push_back(id);
    begin = got.back() - 1;
  }
  EXPECT_EQ(got, (Ids{3, 2, 1}));
}

TEST(A5, nobody_reads_or_changes_what_is_not_his_whatever_ids_he_writes) {
  RowCluster cluster({}, 2);
  cluster.add_user("mallory");
  Oracle oracle(cluster);
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  WireClient mallory(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  bob.log_in("bob");
  mallory.log_in("mallory");
  for (const char* text : {"a secret", "another"}) alice.tell(bob.user_id(), text);

  const uint32_t a = alice.user_id();
  const uint32_t b = bob.user_id();
  const Ids users{a, b, mallory.user_id(), 0, 0x80000000, 0xffffffff, a << 16 | b, b << 16 | a};
  for (const uint32_t as : users) {
    for (const uint32_t session : users) {
      for (const auto type : {IM::BaseDefine::SESSION_TYPE_SINGLE, IM::BaseDefine::SESSION_TYPE_GROUP}) {
        const auto forge = [&](auto request) {
          request.set_user_id(as);
          request.set_session_id(session);
          request.set_session_type(type);
          return request;
        };
        auto list = forge(IMGetMsgListReq());
        list.set_msg_id_begin(0);
        list.set_msg_cnt(500);
        auto ids = forge(IMGetMsgByIdReq());
        for (const uint32_t id : {0u, 1u, 2u, 0xffffffffu}) ids.add_msg_id_list(id);
        if (type == IM::BaseDefine::SESSION_TYPE_SINGLE) {
          EXPECT_EQ(mallory.ask<IMGetMsgListRsp>(list).msg_list_size(), 0);
          EXPECT_EQ(mallory.ask<IMGetMsgByIdRsp>(ids).msg_list_size(), 0);
          EXPECT_EQ(mallory.ask<IMGetLatestMsgIdRsp>(forge(IMGetLatestMsgIdReq())).latest_msg_id(), 0u);
        } else {
          mallory.expect_error(ERROR_NOT_MEMBER, mallory.send(list));
          mallory.expect_error(ERROR_NOT_MEMBER, mallory.send(ids));
          mallory.expect_error(ERROR_NOT_MEMBER, mallory.send(forge(IMGetLatestMsgIdReq())));
        }
        auto read = forge(IM::Message::IMMsgDataReadAck());
        read.set_msg_id(2);
        mallory.expect_error(type == IM::BaseDefine::SESSION_TYPE_SINGLE ? ERROR_INVALID_ARGUMENT : ERROR_NOT_MEMBER,
                             mallory.send(read));
        mallory.expect_error(type == IM::BaseDefine::SESSION_TYPE_SINGLE ? ERROR_INVALID_ARGUMENT : ERROR_NOT_MEMBER,
                             mallory.send(forge(IM::Buddy::IMRemoveSessionReq())));
      }
    }
    IM::Message::IMUnreadMsgCntReq unread;
    unread.set_user_id(as);
    const auto counts = mallory.ask<IM::Message::IMUnreadMsgCntRsp>(unread);
    EXPECT_EQ(counts.user_id(), mallory.user_id());
    EXPECT_EQ(counts.total_cnt(), 0u);
    IM::Buddy::IMRecentContactSessionReq recent;
    recent.set_user_id(as);
    recent.set_latest_update_time(0);
    EXPECT_EQ(mallory.ask<IM::Buddy::IMRecentContactSessionRsp>(recent).contact_session_list_size(), 0);
  }
  EXPECT_EQ(unread_of(bob).total_cnt(), 2u);
  EXPECT_EQ(recent_peers_of(bob), (Ids{a}));
  EXPECT_EQ(recent_peers_of(alice), (Ids{b}));
  EXPECT_EQ(latest_id_of(alice, b), 2u);
  leave(alice);
  leave(mallory);
  oracle.expect_unharmed({{"logged_out", 2}});
}

IMAllUserRsp users_since(WireClient& client, uint32_t since) {
  IMAllUserReq request;
  request.set_user_id(client.user_id());
  request.set_latest_update_time(since);
  return client.ask<IMAllUserRsp>(request);
}

TEST(History, profiles_are_told_of_those_who_are_asked_for_and_of_those_who_changed) {
  ClusterOptions options;
  options.users = {"alice", "bob", "carol"};
  Cluster cluster(options);
  ASSERT_EQ(cluster.talkctl({"user", "add", "dave", "--password", "x", "--nick", "Dave D."}).exit_code, 0);
  WireClient alice(cluster.client_port("msg_server_0"));
  const auto me = alice.log_in("alice").user_info();

  const auto all = users_since(alice, 0);
  ASSERT_EQ(all.user_list_size(), 4);
  std::map<std::string, IM::BaseDefine::UserInfo> by_name;
  for (const auto& user : all.user_list()) by_name[user.user_domain()] = user;
  EXPECT_EQ(by_name["dave"].user_nick_name(), "Dave D.");
  EXPECT_EQ(by_name["alice"].SerializeAsString(), me.SerializeAsString());

  IMUsersInfoReq some;
  some.set_user_id(alice.user_id());
  for (const uint32_t id : {by_name["dave"].user_id(), 0u, 4'000'000u, alice.user_id()}) some.add_user_id_list(id);
  std::map<std::string, IM::BaseDefine::UserInfo> told;
  const auto profiles = alice.ask<IMUsersInfoRsp>(some);
  EXPECT_EQ(profiles.user_info_list_size(), 2) << "unknown ones are left out";
  for (const auto& user : profiles.user_info_list()) told[user.user_domain()] = user;
  EXPECT_EQ(told["dave"].SerializeAsString(), by_name["dave"].SerializeAsString());
  EXPECT_EQ(told["alice"].SerializeAsString(), me.SerializeAsString());

  // One asks again with about the time that the last answer named: what changed lately comes twice.
  ASSERT_EQ(cluster.talkctl({"user", "disable", "carol"}).exit_code, 0);
  const auto changed = users_since(alice, all.latest_update_time() - 1);
  EXPECT_GT(changed.latest_update_time(), all.latest_update_time() - 1);
  std::map<std::string, uint32_t> status_of;
  for (const auto& user : changed.user_list()) status_of[user.user_domain()] = user.status();
  ASSERT_TRUE(status_of.contains("carol"));
  EXPECT_NE(status_of["carol"], 0u) << "not usable any more";
  EXPECT_NEAR(alice.ask<IM::Message::IMClientTimeRsp>(IM::Message::IMClientTimeReq()).server_time(),
              static_cast<double>(std::time(nullptr)), 60);
}

}  // namespace
}  // namespace talkbeat::scenario
