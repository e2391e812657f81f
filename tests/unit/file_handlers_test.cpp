#include "tests/unit/transfer_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

class FileHandlersTest : public TransferTest {
 protected:
  uint32_t code_of(const IMFileReq& request) {
    const IMFileRsp response = offer(*alice, request);
    EXPECT_EQ(response.task_id().empty(), response.result_code() != 0);
    EXPECT_EQ(response.file_name(), request.file_name());
    return response.result_code();
  }
  IMFileHasOfflineRsp list_of(TestClient& client) {
    IMFileHasOfflineReq request;
    request.set_user_id(0);
    client.send(request);
    return expect<IMFileHasOfflineRsp>(client);
  }
  static IMFileDelOfflineReq deletion(const std::string& task) {
    IMFileDelOfflineReq request;
    request.set_from_user_id(0);
    request.set_to_user_id(0);
    request.set_task_id(task);
    return request;
  }
  IMFileAddOfflineReq addition(const std::string& task) const {
    IMFileAddOfflineReq request;
    request.set_from_user_id(alice_id);
    request.set_to_user_id(bob_id);
    request.set_task_id(task);
    request.set_file_name("cat.png");
    request.set_file_size(3);
    return request;
  }
};

TEST_F(FileHandlersTest, an_offer_that_cannot_be_is_refused_with_its_code) {
  config.files.max_size = 1'000;
  for (const auto mode : {FILE_TYPE_ONLINE, FILE_TYPE_OFFLINE}) {
    EXPECT_EQ(code_of(offer_to(alice_id, 1, mode)), ERROR_MESSAGE_TO_SELF);
    EXPECT_EQ(code_of(offer_to(bob_id, 1'001, mode)), ERROR_LIMIT_REACHED);
    EXPECT_EQ(code_of(offer_to(bob_id, UINT32_MAX, mode)), ERROR_LIMIT_REACHED);
    EXPECT_EQ(code_of(offer_to(bob_id, 1, mode, "")), ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(code_of(offer_to(bob_id, 1, mode, std::string(config.files.max_name + 1, 'x'))), ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(code_of(offer_to(bob_id, 1'000, mode)), 0u);
  }
  EXPECT_EQ(code_of(offer_to(9'999, 1, FILE_TYPE_ONLINE)), ERROR_NOT_ONLINE);
  EXPECT_EQ(code_of(offer_to(9'999, 1, FILE_TYPE_OFFLINE)), ERROR_UNKNOWN_USER);
  const UserId carol = add_user("carol");
  EXPECT_EQ(code_of(offer_to(carol, 1, FILE_TYPE_ONLINE)), ERROR_NOT_ONLINE);
  users.remote_online(0, carol, ClientClass::kPc, {});
  users.keep_source(0);
  EXPECT_EQ(code_of(offer_to(carol, 1, FILE_TYPE_ONLINE)), ERROR_NOT_ONLINE) << "no login_server could tell her";
  config.files.quota_per_sender = 1'500;
  EXPECT_EQ(code_of(offer_to(bob_id, 501, FILE_TYPE_OFFLINE)), ERROR_LIMIT_REACHED);
  config.files.path = "";
  EXPECT_EQ(code_of(offer_to(bob_id, 1, FILE_TYPE_OFFLINE)), ERROR_NOT_SUPPORTED);
}

TEST_F(FileHandlersTest, a_name_is_any_text_and_is_passed_on_as_it_is) {
  for (const std::string& name : {std::string("../../etc/passwd"), std::string("a\0b", 3), std::string("\r\n\x1b[31m"),
                                  std::string("\xf0\x9f\x90\xb1 \xc3\xa9"), std::string(config.files.max_name, 'x')}) {
    EXPECT_EQ(code_of(offer_to(bob_id, 1, FILE_TYPE_ONLINE, name)), 0u);
    EXPECT_EQ(expect<IMFileNotify>(*bob).file_name(), name);
  }
}

TEST_F(FileHandlersTest, a_name_that_is_no_utf8_is_refused) {
  for (const std::string name : {"\xff", "cat\x80.png", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    const IMFileRsp response = offer(*alice, offer_to(bob_id, 1, FILE_TYPE_ONLINE, name));
    EXPECT_EQ(response.result_code(), static_cast<uint32_t>(ERROR_INVALID_ARGUMENT));
    EXPECT_EQ(response.file_name(), "") << "the answer has to be readable, too";
  }
}

TEST_F(FileHandlersTest, offline_files_are_listed_for_their_receiver_until_they_are_deleted) {
  const std::string first = uploaded("abc");
  const std::string second = uploaded("");
  offered(5, FILE_TYPE_OFFLINE);  // is not there yet
  const auto files = list_of(*bob);
  ASSERT_EQ(files.offline_file_list_size(), 2);
  EXPECT_EQ(files.offline_file_list(0).task_id(), first);
  EXPECT_EQ(files.offline_file_list(0).from_user_id(), alice_id);
  EXPECT_EQ(files.offline_file_list(0).file_name(), "cat.png");
  EXPECT_EQ(files.offline_file_list(0).file_size(), 3u);
  ASSERT_EQ(files.ip_addr_list_size(), 1);
  EXPECT_EQ(files.ip_addr_list(0).port(), port.address().port);
  EXPECT_EQ(list_of(*alice).offline_file_list_size(), 0);

  bob->send(deletion(first));
  EXPECT_TRUE(until([&] { return files_on_disk() == 1; }));
  EXPECT_EQ(list_of(*bob).offline_file_list_size(), 1);
  alice->send(deletion(second));  // takes it back
  EXPECT_TRUE(until([&] { return files_on_disk() == 0; }));
  EXPECT_EQ(list_of(*bob).offline_file_list_size(), 0);
}

TEST_F(FileHandlersTest, a_list_is_no_longer_than_an_answer_may_be) {
  config.client.max_pdu = 4 << 10;
  config.files.max_name = 2'000;
  for (int i = 0; i < 3; ++i) {
    const auto response = offer(*alice, offer_to(bob_id, 0, FILE_TYPE_OFFLINE, std::string(900, 'n')));
    upload(response.task_id(), "");
  }
  EXPECT_EQ(list_of(*bob).offline_file_list_size(), 2);
}

TEST_F(FileHandlersTest, nobody_deletes_the_files_of_others) {
  const std::string task = uploaded("abc");
  auto eve = (add_user("eve"), log_in("eve"));
  eve->send(deletion(task));
  expect_error(*eve, ERROR_INVALID_ARGUMENT);
  eve->send(deletion("../../etc/passwd"));
  expect_error(*eve, ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(files_on_disk(), 1u);
  EXPECT_EQ(list_of(*eve).offline_file_list_size(), 0);
}

TEST_F(FileHandlersTest, the_announcement_of_stock_clients_is_accepted_and_announces_nothing_again) {
  const std::string task = uploaded("abc");
  expect<IMFileNotify>(*bob);
  alice->send(addition(task));
  sync(*alice);
  sync(*bob);
  EXPECT_EQ(alice->waiting<TbError>(), 0u);
  EXPECT_EQ(bob->waiting<IMFileNotify>(), 0u);
  alice->send(addition(std::string(32, 'a')));
  expect_error(*alice, ERROR_INVALID_ARGUMENT);
  alice->send(addition(offered(3, FILE_TYPE_OFFLINE)));
  expect_error(*alice, ERROR_INVALID_ARGUMENT);
  bob->send(addition(task));
  expect_error(*bob, ERROR_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
