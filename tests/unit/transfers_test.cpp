#include "msg_server/files/transfers.h"

#include "tests/unit/transfer_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

class TransfersTest : public TransferTest {};

TEST_F(TransfersTest, a_file_login_needs_a_task_and_one_of_its_parties_in_its_role) {
  constexpr uint32_t kUnknown = FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN;
  constexpr uint32_t kWrong = FILE_SERVER_ERRNO_INVALID_USER_FOR_TASK;
  const UserId eve = add_user("eve");
  const std::string online = offered(10, FILE_TYPE_ONLINE);
  const std::string offline = offered(10, FILE_TYPE_OFFLINE);
  for (const std::string& task : {std::string(), std::string("x"), std::string("../../etc/passwd"),
                                  std::string(32, 'a'), std::string(10'000, 'a')}) {
    expect_end(*open(alice_id, task, CLIENT_REALTIME_SENDER, kUnknown));
  }
  expect_end(*open(eve, online, CLIENT_REALTIME_SENDER, kWrong));
  expect_end(*open(eve, offline, CLIENT_OFFLINE_DOWNLOAD, kWrong));
  expect_end(*open(bob_id, online, CLIENT_REALTIME_SENDER, kWrong));
  expect_end(*open(alice_id, online, CLIENT_REALTIME_RECVER, kWrong));
  expect_end(*open(alice_id, online, CLIENT_OFFLINE_UPLOAD, kWrong));
  expect_end(*open(bob_id, offline, CLIENT_OFFLINE_UPLOAD, kWrong));
  expect_end(*open(alice_id, offline, CLIENT_REALTIME_SENDER, kWrong));
  expect_end(*open(bob_id, offline, CLIENT_OFFLINE_DOWNLOAD, kWrong));
  open_sender(online);
}

// A protobuf `string` that is no UTF-8 makes readers in other languages refuse the whole answer.
TEST_F(TransfersTest, a_task_that_is_no_text_is_not_repeated) {
  auto client = connect();
  IMFileLoginReq request;
  request.set_user_id(alice_id);
  request.set_task_id("task \xff");
  request.set_file_role(CLIENT_REALTIME_SENDER);
  client->send(request);
  EXPECT_EQ(expect<IMFileLoginRsp>(*client).task_id(), "");
  auto sender = open_sender(offered(10, FILE_TYPE_ONLINE));
  sender->send(pull("task \xff", 0, 1));
  EXPECT_EQ(expect<IMFilePullDataRsp>(*sender).task_id(), "");
}

TEST_F(TransfersTest, task_ids_are_not_guessed_often) {
  const std::string task = offered(10, FILE_TYPE_ONLINE);
  for (int64_t i = 0; i < config.password.throttle.failures_per_address; ++i) {
    open(alice_id, std::string(32, 'a'), CLIENT_OFFLINE_UPLOAD, FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN);
  }
  auto client = open(alice_id, task, CLIENT_REALTIME_SENDER, FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN);
  expect_error(*client, ERROR_RATE_LIMITED);
  log_in("alice");  // nobody's password was guessed at
  run_for(config.password.throttle.forget_after_ms);
  open_sender(task);
}

TEST_F(TransfersTest, each_connection_has_its_commands) {
  const std::string task = offered(10, FILE_TYPE_ONLINE);
  auto client = open_sender(task);
  client->send(message(bob_id, "hello"));
  expect_error(*client, ERROR_NOT_ALLOWED);
  sync(*client);
  client->send(login("alice"));
  expect_error(*client, ERROR_ALREADY_LOGGED_IN);
  alice->send(state(task, CLIENT_FILE_CANCEL));
  expect_error(*alice, ERROR_NOT_ALLOWED);
  auto fresh = connect();
  fresh->send(pull(task, 0, 1));
  expect_error(*fresh, ERROR_NOT_LOGGED_IN);
}

TEST_F(TransfersTest, a_connection_with_a_file_is_no_session) {
  const std::string task = offered(10, FILE_TYPE_ONLINE);
  auto client = open_sender(task);
  EXPECT_EQ(users.local_users(), 2u);
  client->close();
  sync(*alice);
  EXPECT_EQ(users.local_users(), 2u);
}

TEST_F(TransfersTest, no_user_opens_more_than_the_limit) {
  config.files.max_transfers_per_user = 2;
  offered(1, FILE_TYPE_ONLINE);
  const std::string second = offered(1, FILE_TYPE_ONLINE);
  const auto refused = offer(*alice, offer_to(bob_id, 1, FILE_TYPE_ONLINE));
  EXPECT_EQ(refused.result_code(), static_cast<uint32_t>(ERROR_LIMIT_REACHED));
  EXPECT_EQ(refused.task_id(), "");
  EXPECT_EQ(offer(*bob, offer_to(alice_id, 1, FILE_TYPE_ONLINE)).result_code(), 0u) << "of each user";
  auto sender = open_sender(second);
  auto receiver = open_receiver(second);
  receiver->send(state(second, CLIENT_FILE_REFUSE));
  expect_state(*sender, CLIENT_FILE_PEER_READY);
  expect_state(*sender, CLIENT_FILE_REFUSE);
  offered(1, FILE_TYPE_ONLINE);
}

TEST_F(TransfersTest, no_server_opens_more_than_the_limit) {
  config.files.max_transfers = 1;
  offered(1, FILE_TYPE_ONLINE);
  EXPECT_EQ(offer(*bob, offer_to(alice_id, 1, FILE_TYPE_ONLINE)).result_code(),
            static_cast<uint32_t>(ERROR_LIMIT_REACHED));
  const std::string task = offered(1, FILE_TYPE_OFFLINE);
  open(alice_id, task, CLIENT_OFFLINE_UPLOAD, FILE_SERVER_ERRNO_CREATE_TASK_ERROR);
}

TEST_F(TransfersTest, a_connection_with_a_file_that_is_silent_is_closed_as_others_are) {
  const std::string task = offered(10, FILE_TYPE_ONLINE);
  auto client = open_sender(task);
  run_for(config.client.liveness.silence_timeout_ms + 1'000);
  expect_end(*client);
}

TEST_F(TransfersTest, the_task_ids_are_random) {
  EXPECT_TRUE(is_task_id(transfers.new_task_id()));
  EXPECT_NE(transfers.new_task_id(), transfers.new_task_id());
}

}  // namespace
}  // namespace talkbeat::msg_server_test
