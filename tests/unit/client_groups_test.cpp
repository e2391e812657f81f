// Groups through the client library: their messages in order and once, over reconnects and moves, with a history that
// begins at the joining; and what the server tells of groups, profiles and files.
#include "tests/unit/client_harness.h"

namespace talkbeat {
namespace {

using Texts = std::vector<std::string>;
using Ids = std::vector<uint32_t>;

constexpr ConversationId kTeam{IM::BaseDefine::SESSION_TYPE_GROUP, 7};

class ClientGroups : public ClientHarness {
 protected:
  static constexpr uint32_t kCarol = 3;

  FakeGroup& team() { return server.groups[kTeam.id]; }
  void fill_team(uint32_t count) {
    for (uint32_t i = 1; i <= count; ++i) server.deliver_to_group(kTeam.id, kBob, std::to_string(i), false);
  }
};

TEST_F(ClientGroups, a_text_goes_to_the_group_and_is_acked) {
  start();
  EXPECT_NE(client->send_text(kTeam, "hello all"), 0u);
  ASSERT_TRUE(until([&] { return heard.sent == Ids({1}); }));
  ASSERT_EQ(team().messages.size(), 1u);
  EXPECT_EQ(team().messages[0].body, "hello all");
  EXPECT_TRUE(server.stored[kTeam.id].empty());
}

TEST_F(ClientGroups, one_that_the_user_is_not_in_refuses_the_message_for_good) {
  team().member = false;
  start();
  client->send_text(kTeam, "hello");
  ASSERT_TRUE(until([&] { return heard.failed.size() == 1; }));
  EXPECT_EQ(client->info().unsent, 0u);
}

TEST_F(ClientGroups, a_user_and_a_group_with_one_number_are_two_conversations) {
  start();
  ASSERT_TRUE(until_synced());
  server.deliver_to_group(kTeam.id, kBob, "to all");
  server.deliver(kTeam.id, "to you");
  ASSERT_TRUE(until([&] { return heard.texts.size() == 2; }));
  EXPECT_EQ(heard.texts, Texts({"2:to all", "7:to you"}));
  EXPECT_EQ(heard.conversations, Texts({"group 7", "user 7"}));
}

TEST_F(ClientGroups, missed_messages_come_in_order_after_the_reconnect) {
  server.deliver_to_group(kTeam.id, kBob, "a", false);
  start();
  ASSERT_TRUE(until_synced());
  server.drop_client();
  server.deliver_to_group(kTeam.id, kCarol, "b", false);
  server.deliver_to_group(kTeam.id, kBob, "c", false);
  ASSERT_TRUE(until_synced(2));
  server.deliver_to_group(kTeam.id, kCarol, "d");
  ASSERT_TRUE(until([&] { return heard.texts.size() == 4; }));
  EXPECT_EQ(heard.texts, Texts({"2:a", "3:b", "2:c", "3:d"}));
}

TEST_F(ClientGroups, unacked_messages_are_sent_again_and_stored_once) {
  start();
  ASSERT_TRUE(until_synced());
  server.lose_acks = true;
  for (const char* text : {"a", "b"}) client->send_text(kTeam, text);
  ASSERT_TRUE(until([&] { return team().messages.size() == 1; }));
  server.lose_acks = false;
  server.drop_all();
  ASSERT_TRUE(until([&] { return heard.sent.size() == 2; }));
  EXPECT_EQ(heard.sent, Ids({1, 2}));
  EXPECT_EQ(heard.texts, Texts()) << "our own message came back as another session's";
}

TEST_F(ClientGroups, a_gap_between_live_messages_is_fetched) {
  start();
  ASSERT_TRUE(until_synced());
  server.deliver_to_group(kTeam.id, kBob, "a");
  server.deliver_to_group(kTeam.id, kBob, "b", false);
  server.deliver_to_group(kTeam.id, kBob, "c");
  ASSERT_TRUE(until([&] { return heard.texts.size() == 3; }));
  EXPECT_EQ(heard.texts, Texts({"2:a", "2:b", "2:c"}));
}

TEST_F(ClientGroups, the_history_before_the_joining_is_not_waited_for) {
  fill_team(40);
  team().joined_after = 38;
  start();
  ASSERT_TRUE(until_synced());
  EXPECT_EQ(heard.unread, 2u);
  EXPECT_EQ(heard.texts, Texts({"2:39", "2:40"}));
}

TEST_F(ClientGroups, one_joined_while_online_begins_with_its_first_live_message) {
  fill_team(40);
  team().joined_after = 40;
  start();
  ASSERT_TRUE(until_synced());
  server.deliver_to_group(kTeam.id, kBob, "welcome");
  ASSERT_TRUE(until([&] { return heard.texts.size() == 1; }));
  EXPECT_EQ(heard.texts, Texts({"2:welcome"}));
}

TEST_F(ClientGroups, joined_again_a_long_gap_costs_a_few_requests) {
  fill_team(10);
  start();
  ASSERT_TRUE(until_synced());
  ASSERT_EQ(heard.texts.size(), 10u);
  fill_team(50'000);
  team().joined_after = 50'005;
  server.pages = 0;
  server.drop_client();
  ASSERT_TRUE(until_synced(2));
  ASSERT_EQ(heard.texts.size(), 15u);
  EXPECT_EQ(heard.texts[10], "2:49996");
  EXPECT_EQ(heard.texts.back(), "2:50000");
  EXPECT_LE(server.pages, 8);
}

TEST_F(ClientGroups, not_being_a_member_any_more_ends_its_catching_up) {
  server.deliver_to_group(kTeam.id, kBob, "a", false);
  start();
  ASSERT_TRUE(until_synced());
  server.deliver_to_group(kTeam.id, kBob, "lost", false);
  server.deliver_to_group(kTeam.id, kBob, "c", false);
  team().member = false;
  const int before = server.pages;
  server.deliver_to_group(kTeam.id, kBob, "d");  // was on its way when the user was taken out
  ASSERT_TRUE(until([&] { return heard.texts.size() == 2; }));
  EXPECT_EQ(heard.texts, Texts({"2:a", "2:d"})) << "what has come is delivered, what will not come is not waited for";
  server.deliver(kBob, "still here");
  ASSERT_TRUE(until([&] { return heard.texts.size() == 3; }));
  EXPECT_EQ(server.pages, before + 1) << "it was not asked for again";
}

TEST_F(ClientGroups, taken_out_while_it_catches_up_nobody_waits) {
  server.deliver_to_group(kTeam.id, kBob, "a", false);
  start();
  ASSERT_TRUE(until_synced());
  bool held = false;
  server.intercept = [&](Connection&, const PduHeader& header, std::span<const std::byte>) {
    const bool page = header.command_id == IM::BaseDefine::CID_MSG_GET_BY_MSG_ID_REQ;
    held = held || page;
    return page;
  };
  server.deliver_to_group(kTeam.id, kBob, "b", false);
  server.deliver_to_group(kTeam.id, kBob, "c");
  ASSERT_TRUE(until([&] { return held; }));
  IM::Group::IMGroupChangeMemberNotify notify;
  notify.set_user_id(kBob);
  notify.set_change_type(IM::BaseDefine::GROUP_MODIFY_TYPE_DEL);
  notify.set_group_id(kTeam.id);
  notify.add_cur_user_id_list(kBob);
  notify.add_chg_user_id_list(FakeServer::kUser);
  server.send(notify);
  ASSERT_TRUE(until([&] { return heard.texts.size() == 2; }));
  EXPECT_EQ(heard.texts, Texts({"2:a", "2:c"}));
  EXPECT_EQ(heard.events, Texts({"group 7 by 2 removed 1 left 2"}));
}

TEST_F(ClientGroups, reading_marks_the_group) {
  server.deliver_to_group(kTeam.id, kBob, "a", false);
  start();
  ASSERT_TRUE(until_synced());
  client->mark_read(kTeam, 1);
  EXPECT_TRUE(until([&] { return team().read == 1; }));
  EXPECT_EQ(server.read.count(kTeam.id), 0u);
}

TEST_F(ClientGroups, what_the_server_tells_of_people_and_files_is_told) {
  start();
  ASSERT_TRUE(until_synced());
  IM::Buddy::IMAvatarChangedNotify avatar;
  avatar.set_changed_user_id(kBob);
  avatar.set_avatar_url("http://a/b.png");
  server.send(avatar);
  IM::Buddy::IMSignInfoChangedNotify sign;
  sign.set_changed_user_id(kBob);
  sign.set_sign_info("away");
  server.send(sign);
  IM::SwitchService::IMP2PCmdMsg typing;
  typing.set_from_user_id(kBob);
  typing.set_to_user_id(FakeServer::kUser);
  typing.set_cmd_msg_data("typing");
  server.send(typing);
  IM::File::IMFileNotify file;
  file.set_from_user_id(kBob);
  file.set_to_user_id(FakeServer::kUser);
  file.set_file_name("a.txt");
  file.set_file_size(17);
  file.set_task_id("t");
  file.set_trans_mode(IM::BaseDefine::FILE_TYPE_OFFLINE);
  file.set_offline_ready(1);
  auto* place = file.add_ip_addr_list();
  place->set_ip("127.0.0.1");
  place->set_port(8200);
  server.send(file);
  ASSERT_TRUE(until([&] { return heard.events.size() == 4; }));
  EXPECT_EQ(heard.events, Texts({"avatar 2 http://a/b.png", "sign 2 away", "p2p 2 typing",
                                 "file a.txt 17 from 2 task t at 127.0.0.1:8200 offline"}));
}

TEST_F(ClientGroups, a_refused_request_tells_the_code) {
  team().member = false;
  start();
  ASSERT_TRUE(until_synced());
  IM::Message::IMGetMsgListReq request;
  request.set_user_id(FakeServer::kUser);
  request.set_session_type(kTeam.type);
  request.set_session_id(kTeam.id);
  request.set_msg_id_begin(0);
  request.set_msg_cnt(1);
  std::optional<ErrorCode> code;
  client->request<IM::Message::IMGetMsgListReq, IM::Message::IMGetMsgListRsp>(
      request, [&](Answer<IM::Message::IMGetMsgListRsp> answer) { code = answer.code; });
  ASSERT_TRUE(until([&] { return code.has_value(); }));
  EXPECT_EQ(*code, ERROR_NOT_MEMBER);
}

TEST_F(ClientGroups, a_command_without_an_answer_is_told_only_while_online) {
  client = std::make_unique<Client>(network, options, heard);
  IM::SwitchService::IMP2PCmdMsg typing;
  typing.set_from_user_id(0);
  typing.set_to_user_id(kBob);
  typing.set_cmd_msg_data("typing");
  EXPECT_FALSE(client->tell(typing));
  int told = 0;
  server.intercept = [&](Connection&, const PduHeader& header, std::span<const std::byte>) {
    told += header.command_id == IM::BaseDefine::CID_SWITCH_P2P_CMD;
    return false;
  };
  client->start();
  ASSERT_TRUE(until_synced());
  EXPECT_TRUE(client->tell(typing));
  EXPECT_TRUE(until([&] { return told == 1; }));
}

}  // namespace
}  // namespace talkbeat
