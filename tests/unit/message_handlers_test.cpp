#include "tests/unit/msg_server_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

using IM::Buddy::IMRecentContactSessionReq;
using IM::Buddy::IMRecentContactSessionRsp;
using IM::Message::IMUnreadMsgCntReq;
using IM::Message::IMUnreadMsgCntRsp;

class MessageTest : public MsgServerTest {
 protected:
  void write_from_many(int senders, size_t size) {
    ASSERT_TRUE(database->begin_batch().ok());
    for (int i = 0; i < senders; ++i) {
      const UserId sender = database->add_user({"sender" + std::to_string(i), "x", "x"}, 1).value();
      const NewMessage sent{
          sender, {ConversationKind::kSingle, alice}, 1, std::string(size, 'x'), clock.unix_seconds(), std::nullopt};
      ASSERT_TRUE(database->append(sent).ok());
    }
    ASSERT_TRUE(database->commit_batch().ok());
  }
  IMUnreadMsgCntRsp ask_unread(TestClient& client) {
    IMUnreadMsgCntReq request;
    request.set_user_id(0);
    client.send(request);
    return expect<IMUnreadMsgCntRsp>(client);
  }

  UserId alice = add_user("alice");
  UserId bob = add_user("bob");
};

TEST_F(MessageTest, what_cannot_be_delivered_is_refused_each_with_its_reason) {
  const auto client = log_in("alice");
  client->send(message(bob, ""));
  expect_error(*client, ERROR_EMPTY_MESSAGE);
  client->send(message(alice, "hello"));
  expect_error(*client, ERROR_MESSAGE_TO_SELF);
  client->send(message(999, "hello"));
  expect_error(*client, ERROR_UNKNOWN_USER);
  auto to_group = message(1, "hello");
  to_group.set_msg_type(MSG_TYPE_GROUP_TEXT);
  client->send(to_group);
  expect_error(*client, ERROR_NOT_MEMBER);
}

TEST_F(MessageTest, acks_come_in_the_order_of_sending) {
  const auto client = log_in("alice");
  for (int i = 0; i < 9; ++i) client->send(message(bob, std::to_string(i)));
  for (uint32_t id = 1; id <= 9; ++id) EXPECT_EQ(expect<IMMsgDataAck>(*client).msg_id(), id);
}

TEST_F(MessageTest, when_the_store_has_too_much_to_do_a_message_is_refused_as_busy) {
  const auto client = log_in("alice");
  hold_store = true;
  // The first one goes to the worker at once, and leaves the queue to the others.
  const size_t room = config.store.limits.max_queued_writes + 1;
  for (size_t i = 0; i <= room; ++i) client->send(message(bob, "hello"));
  const auto error = expect<TbError>(*client);
  EXPECT_EQ(error.code(), ERROR_BUSY);
  EXPECT_GT(error.retry_after_ms(), 0u);
  EXPECT_EQ(client->waiting<IMMsgDataAck>(), 0u);
  hold_store = false;
  for (uint32_t id = 1; id <= config.store.limits.max_queued_writes; ++id) {
    EXPECT_EQ(expect<IMMsgDataAck>(*client).msg_id(), id);
  }
}

TEST_F(MessageTest, when_too_many_requests_wait_to_be_read_one_more_is_refused_as_busy) {
  const auto client = log_in("alice");
  while (reads.try_submit([] { return Task(); })) {
  }
  hold_store = true;
  IMUnreadMsgCntReq request;
  request.set_user_id(0);
  client->send(request);
  expect_error(*client, ERROR_BUSY);
}

TEST_F(MessageTest, one_client_that_asks_for_much_leaves_the_stores_queue_to_the_others) {
  config.client.max_pending_requests = 3;
  const auto client = log_in("alice");
  hold_store = true;
  IMUnreadMsgCntReq request;
  request.set_user_id(0);
  for (int i = 0; i < 5; ++i) client->send(request);
  for (int i = 0; i < 2; ++i) {
    const auto error = expect<TbError>(*client);
    EXPECT_EQ(error.code(), ERROR_BUSY);
    EXPECT_GT(error.retry_after_ms(), 0u);
  }
  hold_store = false;
  for (int i = 0; i < 3; ++i) expect<IMUnreadMsgCntRsp>(*client);
  for (int i = 0; i < 5; ++i) ask_unread(*client);  // what was answered counts no more
}

TEST_F(MessageTest, a_client_that_asks_for_more_history_than_it_reads_is_told_so_and_stays) {
  constexpr int kAsked = 40;
  write_from_many(1, 900'000);
  const auto client = log_in("alice");
  IM::Message::IMGetMsgListReq request;
  request.set_user_id(0);
  request.set_session_type(SESSION_TYPE_SINGLE);
  request.set_session_id(ask_unread(*client).unreadinfo_list(0).session_id());
  request.set_msg_id_begin(0);
  request.set_msg_cnt(10);
  for (int i = 0; i < kAsked; ++i) client->send(request);
  for (int i = 0; i < kAsked; ++i) step();  // all are answered before any is read
  int answered = 0;
  int told = 0;
  ASSERT_TRUE(until([&] {
    client->receive();
    while (client->take<IM::Message::IMGetMsgListRsp>()) ++answered;
    while (const auto error = client->take<TbError>()) {
      EXPECT_EQ(error->code(), ERROR_BUSY);
      ++told;
    }
    return client->ended() || answered + told == kAsked;
  }));
  EXPECT_FALSE(client->ended());
  EXPECT_GT(answered, 0);
  EXPECT_GT(told, 0);
}

TEST_F(MessageTest, messages_above_the_rate_are_refused_until_time_has_passed) {
  config.client.message_rate = 10;
  config.client.message_burst = 1;
  const auto client = log_in("alice");
  client->send(message(bob, "one"));
  expect<IMMsgDataAck>(*client);
  client->send(message(bob, "two"));
  const auto error = expect<TbError>(*client);
  EXPECT_EQ(error.code(), ERROR_RATE_LIMITED);
  EXPECT_EQ(error.retry_after_ms(), 100u);
  run_for(100);
  client->send(message(bob, "two"));
  EXPECT_EQ(expect<IMMsgDataAck>(*client).msg_id(), 2u);
}

TEST_F(MessageTest, lists_of_many_long_messages_stay_small) {
  write_from_many(8, 300'000);
  const auto client = log_in("alice");
  const auto unread = ask_unread(*client);
  EXPECT_EQ(unread.total_cnt(), 8u);
  EXPECT_EQ(unread.unreadinfo_list_size(), 8);
  EXPECT_LT(unread.ByteSizeLong(), kMaxLatestBytes + 10'000);
  EXPECT_EQ(unread.unreadinfo_list(0).latest_msg_data().size(), 300'000u);
  EXPECT_TRUE(unread.unreadinfo_list(7).latest_msg_data().empty());

  IMRecentContactSessionReq request;
  request.set_user_id(0);
  request.set_latest_update_time(0);
  client->send(request);
  const auto recent = expect<IMRecentContactSessionRsp>(*client);
  EXPECT_EQ(recent.contact_session_list_size(), 8);
  EXPECT_LT(recent.ByteSizeLong(), kMaxLatestBytes + 10'000);
}

TEST_F(MessageTest, a_list_of_unread_conversations_is_bounded_and_its_total_is_not) {
  config.client.max_list = 3;
  write_from_many(5, 10);
  const auto client = log_in("alice");
  const auto unread = ask_unread(*client);
  EXPECT_EQ(unread.total_cnt(), 5u);
  EXPECT_EQ(unread.unreadinfo_list_size(), 3);
}

TEST_F(MessageTest, a_read_ack_is_told_to_the_users_other_sessions_once) {
  write_from_many(1, 10);
  const auto pc = log_in("alice");
  const auto phone = log_in("alice", CLIENT_TYPE_ANDROID);
  const UserId sender = ask_unread(*pc).unreadinfo_list(0).session_id();
  IM::Message::IMMsgDataReadAck ack;
  ack.set_user_id(0);
  ack.set_session_id(sender);
  ack.set_msg_id(1);
  ack.set_session_type(SESSION_TYPE_SINGLE);
  pc->send(ack);
  pc->send(ack);
  const auto notify = expect<IM::Message::IMMsgDataReadNotify>(*phone);
  EXPECT_EQ(notify.user_id(), alice);
  EXPECT_EQ(notify.session_id(), sender);
  EXPECT_EQ(ask_unread(*pc).total_cnt(), 0u);
  sync(*phone);
  EXPECT_EQ(phone->waiting<IM::Message::IMMsgDataReadNotify>(), 0u);
}

TEST_F(MessageTest, a_read_ack_beyond_the_newest_message_is_told_as_one_of_the_newest) {
  write_from_many(1, 10);
  const auto pc = log_in("alice");
  const auto phone = log_in("alice", CLIENT_TYPE_ANDROID);
  IM::Message::IMMsgDataReadAck ack;
  ack.set_user_id(0);
  ack.set_session_id(ask_unread(*pc).unreadinfo_list(0).session_id());
  ack.set_msg_id(UINT32_MAX);
  ack.set_session_type(SESSION_TYPE_SINGLE);
  pc->send(ack);
  EXPECT_EQ(expect<IM::Message::IMMsgDataReadNotify>(*phone).msg_id(), 1u);
}

TEST_F(MessageTest, all_users_come_in_several_answers_of_which_the_last_names_a_new_time) {
  ASSERT_TRUE(database->begin_batch().ok());
  for (int i = 0; i < 4'500; ++i) {
    ASSERT_TRUE(database->add_user({"user" + std::to_string(i), "x", "x"}, 1'600'000'000).ok());
  }
  ASSERT_TRUE(database->commit_batch().ok());
  const auto client = log_in("alice");
  IM::Buddy::IMAllUserReq request;
  request.set_user_id(0);
  request.set_latest_update_time(0);
  client->send(request);
  int listed = 0;
  uint32_t complete_until = 0;
  while (complete_until == 0 && !HasFailure()) {
    const auto answer = expect<IM::Buddy::IMAllUserRsp>(*client);
    listed += answer.user_list_size();
    complete_until = answer.latest_update_time();
  }
  EXPECT_EQ(listed, 4'502);
  EXPECT_EQ(complete_until, clock.unix_seconds() - 60);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
