#include "msg_server/files/transfer_online.h"

#include "tests/unit/transfer_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

class OnlineTransfersTest : public TransferTest {
 protected:
  void begin(uint32_t size) {
    task = offered(size, FILE_TYPE_ONLINE);
    sender = open_sender(task);
    receiver = open_receiver(task);
    expect_state(*sender, CLIENT_FILE_PEER_READY);
    expect_state(*receiver, CLIENT_FILE_PEER_READY);
  }

  std::string task;
  std::unique_ptr<TestClient> sender;
  std::unique_ptr<TestClient> receiver;
};

TEST_F(OnlineTransfersTest, an_offer_is_announced_to_all_sessions_of_the_receiver_with_where_to_connect) {
  auto mobile = log_in("bob", CLIENT_TYPE_IOS);
  const IMFileRsp response = offer(*alice, offer_to(bob_id, 5, FILE_TYPE_ONLINE));
  EXPECT_EQ(response.from_user_id(), alice_id);
  EXPECT_EQ(response.to_user_id(), bob_id);
  for (TestClient* client : {bob.get(), mobile.get()}) {
    const auto notify = expect<IMFileNotify>(*client);
    EXPECT_EQ(notify.from_user_id(), alice_id);
    EXPECT_EQ(notify.task_id(), response.task_id());
    EXPECT_EQ(notify.file_name(), "cat.png");
    EXPECT_EQ(notify.file_size(), 5u);
    EXPECT_EQ(notify.offline_ready(), 0u);
    ASSERT_EQ(notify.ip_addr_list_size(), 1);
    EXPECT_EQ(notify.ip_addr_list(0).ip(), "127.0.0.1");
    EXPECT_EQ(notify.ip_addr_list(0).port(), port.address().port);
  }
  ASSERT_FALSE(bus.relayed.empty());
  EXPECT_EQ(bus.relayed.back().users, std::vector<UserId>{bob_id}) << "and to those on other servers";
}

TEST_F(OnlineTransfersTest, pulls_reach_the_sender_and_its_bytes_the_receiver) {
  begin(10);
  PduHeader asked;
  const uint16_t seq_num = receiver->send(pull(task, 2, 3));
  const auto request = expect<IMFilePullDataReq>(*sender);
  EXPECT_EQ(request.offset(), 2u);
  EXPECT_EQ(request.data_size(), 3u);
  EXPECT_EQ(request.user_id(), bob_id);
  sender->send(data(task, 2, "abc"));
  const auto response = expect<IMFilePullDataRsp>(*receiver, &asked);
  EXPECT_EQ(asked.seq_num, seq_num);
  EXPECT_EQ(response.result_code(), 0u);
  EXPECT_EQ(response.offset(), 2u);
  EXPECT_EQ(response.file_data(), "abc");
  receiver->send(state(task, CLIENT_FILE_DONE));
  expect_state(*sender, CLIENT_FILE_DONE);
  expect_end(*sender);
  expect_end(*receiver);
  open(bob_id, task, CLIENT_REALTIME_RECVER, FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN);
}

TEST_F(OnlineTransfersTest, a_pull_that_comes_before_the_sender_waits_for_it) {
  task = offered(10, FILE_TYPE_ONLINE);
  receiver = open_receiver(task);
  receiver->send(pull(task, 0, 10));
  sync(*receiver);
  sender = open_sender(task);
  expect_state(*sender, CLIENT_FILE_PEER_READY);
  EXPECT_EQ(expect<IMFilePullDataReq>(*sender).data_size(), 10u);
}

TEST_F(OnlineTransfersTest, a_pull_is_cut_to_what_goes_in_one_piece) {
  begin(10'000);
  receiver->send(pull(task, 0, 4'000'000));
  EXPECT_EQ(expect<IMFilePullDataReq>(*sender).data_size(), 4'096u);
  receiver->send(pull(task, 9'000, 4'000'000));
  EXPECT_EQ(expect<IMFilePullDataReq>(*sender).data_size(), 1'000u);
}

TEST_F(OnlineTransfersTest, wrong_pulls_are_refused_each_with_its_code) {
  begin(10);
  receiver->send(pull(task, 10, 1));
  expect_refused_pull(*receiver, FILE_SERVER_ERRNO_PULL_DATA_FINISHED);
  receiver->send(pull(task, 11, 1));
  expect_refused_pull(*receiver, FILE_SERVER_ERRNO_PULL_DATA_SEEK_OFFSET_ERROR);
  receiver->send(pull(task, 0, 0));
  expect_refused_pull(*receiver, FILE_SERVER_ERRNO_PULL_DATA_SEEK_OFFSET_ERROR);
  receiver->send(pull("another", 0, 1));
  expect_refused_pull(*receiver, FILE_SERVER_ERRNO_PULL_DATA_WITH_INVALID_TASK_ID);
  sender->send(pull(task, 0, 1));
  expect_refused_pull(*sender, FILE_SERVER_ERRNO_PULL_DATA_ILLIEAGE_USER);
  sync(*sender);
  EXPECT_EQ(sender->waiting<IMFilePullDataReq>(), 0u);
}

TEST_F(OnlineTransfersTest, too_many_pulls_without_an_answer_are_refused_and_the_others_go_on) {
  begin(10'000);
  for (int i = 0; i < 5; ++i) receiver->send(pull(task, 0, 100));
  expect_error(*receiver, ERROR_LIMIT_REACHED);
  sync(*sender);
  EXPECT_EQ(sender->waiting<IMFilePullDataReq>(), 4u);
  for (int i = 0; i < 4; ++i) sender->send(data(task, 0, std::string(100, 'x')));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(expect<IMFilePullDataRsp>(*receiver).file_data().size(), 100u);
}

TEST_F(OnlineTransfersTest, bytes_that_nobody_asked_for_close_the_sender_and_cancel_the_transfer) {
  begin(10);
  sender->send(data(task, 0, "abc"));
  expect_error(*sender, ERROR_NOT_ALLOWED);
  expect_end(*sender);
  expect_state(*receiver, CLIENT_FILE_CANCEL);
  expect_end(*receiver);
}

TEST_F(OnlineTransfersTest, more_bytes_than_were_asked_for_are_bytes_that_nobody_asked_for) {
  begin(10);
  receiver->send(pull(task, 0, 3));
  expect<IMFilePullDataReq>(*sender);
  sender->send(data(task, 0, "abcd"));
  expect_end(*sender);
  expect_state(*receiver, CLIENT_FILE_CANCEL);
  EXPECT_EQ(receiver->waiting<IMFilePullDataRsp>(), 0u);
}

TEST_F(OnlineTransfersTest, a_receiver_has_no_bytes_to_send) {
  begin(10);
  receiver->send(data(task, 0, "abc"));
  expect_error(*receiver, ERROR_NOT_ALLOWED);
  expect_end(*receiver);
}

TEST_F(OnlineTransfersTest, what_the_sender_cannot_read_is_told_to_the_receiver) {
  begin(10);
  receiver->send(pull(task, 0, 3));
  expect<IMFilePullDataReq>(*sender);
  sender->send(data(task, 0, "", 8));
  expect_refused_pull(*receiver, FILE_SERVER_ERRNO_PULL_DATA_OPEN_FILE_ERROR);
}

TEST_F(OnlineTransfersTest, either_may_cancel_and_the_other_is_told) {
  begin(10);
  receiver->send(state(task, CLIENT_FILE_CANCEL));
  expect_state(*sender, CLIENT_FILE_CANCEL);
  expect_end(*receiver);
  begin(10);
  sender->send(state(task, CLIENT_FILE_CANCEL));
  expect_state(*receiver, CLIENT_FILE_CANCEL);
  expect_end(*sender);
}

TEST_F(OnlineTransfersTest, a_sender_who_comes_after_the_refusal_hears_of_it) {
  task = offered(10, FILE_TYPE_ONLINE);
  receiver = open_receiver(task);
  receiver->send(state(task, CLIENT_FILE_REFUSE));
  expect_end(*receiver);
  sender = open_sender(task);
  expect_state(*sender, CLIENT_FILE_REFUSE);
  expect_end(*sender);
}

TEST_F(OnlineTransfersTest, what_is_not_a_partys_to_say_is_refused) {
  begin(10);
  sender->send(state(task, CLIENT_FILE_DONE));
  expect_error(*sender, ERROR_NOT_ALLOWED);
  receiver->send(state(task, CLIENT_FILE_PEER_READY));
  expect_error(*receiver, ERROR_NOT_ALLOWED);
  receiver->send(state("another", CLIENT_FILE_DONE));
  expect_error(*receiver, ERROR_INVALID_ARGUMENT);
}

TEST_F(OnlineTransfersTest, when_the_sender_is_lost_the_receiver_hears_cancel) {
  begin(10);
  sender->close();
  expect_state(*receiver, CLIENT_FILE_CANCEL);
  expect_end(*receiver);
}

TEST_F(OnlineTransfersTest, a_receiver_that_was_lost_comes_back_and_goes_on_where_it_likes) {
  begin(10);
  receiver->send(pull(task, 0, 5));
  expect<IMFilePullDataReq>(*sender);
  receiver->close();
  run_for(config.files.resume_timeout_ms / 2);
  receiver = open_receiver(task);
  expect_state(*receiver, CLIENT_FILE_PEER_READY);
  expect_state(*sender, CLIENT_FILE_PEER_READY);
  receiver->send(pull(task, 5, 5));
  expect<IMFilePullDataReq>(*sender);
  sender->send(data(task, 0, "01234"));  // for the connection that was lost
  sender->send(data(task, 5, "56789"));
  EXPECT_EQ(expect<IMFilePullDataRsp>(*receiver).file_data(), "56789");
}

TEST_F(OnlineTransfersTest, a_receiver_that_comes_back_may_pull_while_its_old_pulls_have_no_answer) {
  begin(10);
  for (uint32_t i = 0; i < 4; ++i) {
    receiver->send(pull(task, i, 1));
    expect<IMFilePullDataReq>(*sender);
  }
  receiver->close();
  receiver = open_receiver(task);
  expect_state(*receiver, CLIENT_FILE_PEER_READY);
  for (uint32_t i = 4; i < 8; ++i) receiver->send(pull(task, i, 1));
  sync(*receiver);
  EXPECT_EQ(receiver->waiting<TbError>(), 0u);
  for (uint32_t i = 0; i < 4; ++i) sender->send(data(task, i, "x"));
  for (uint32_t i = 4; i < 8; ++i) {
    EXPECT_EQ(expect<IMFilePullDataReq>(*sender).offset(), i);
    sender->send(data(task, i, "y"));
    EXPECT_EQ(expect<IMFilePullDataRsp>(*receiver).offset(), i);
  }
}

TEST_F(OnlineTransfersTest, a_receiver_that_does_not_come_back_is_told_to_the_sender_in_the_end) {
  begin(10);
  receiver->close();
  for (Tick waited = 0; waited <= config.files.resume_timeout_ms; waited += 10'000) {
    run_for(10'000);
    sender->send(IMHeartBeat());
  }
  expect_state(*sender, CLIENT_FILE_CANCEL);
  expect_end(*sender);
}

TEST_F(OnlineTransfersTest, a_second_connection_of_a_party_takes_the_place_of_the_first) {
  begin(10);
  auto again = open_receiver(task);
  expect_end(*receiver);
  receiver = std::move(again);
  auto sender_again = open_sender(task);
  expect_end(*sender);
  receiver->send(pull(task, 0, 1));
  expect<IMFilePullDataReq>(*sender_again);
}

TEST_F(OnlineTransfersTest, an_offer_that_nobody_takes_ends) {
  task = offered(10, FILE_TYPE_ONLINE);
  run_for(config.files.peer_timeout_ms + kTransferTickMs);
  open(bob_id, task, CLIENT_REALTIME_RECVER, FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN);
}

TEST_F(OnlineTransfersTest, a_server_that_leaves_lets_go_of_those_who_wait_and_finishes_what_runs) {
  begin(10);
  const std::string waiting = offered(5, FILE_TYPE_ONLINE);
  auto alone = open_sender(waiting);
  transfers.take_no_more();
  expect_state(*alone, CLIENT_FILE_CANCEL);
  EXPECT_EQ(offer(*alice, offer_to(bob_id, 1, FILE_TYPE_ONLINE)).result_code(),
            static_cast<uint32_t>(ERROR_UNAVAILABLE));
  receiver->send(pull(task, 0, 10));
  expect<IMFilePullDataReq>(*sender);
  sender->send(data(task, 0, "0123456789"));
  EXPECT_EQ(expect<IMFilePullDataRsp>(*receiver).file_data().size(), 10u);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
