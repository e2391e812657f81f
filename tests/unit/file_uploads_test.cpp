#include "msg_server/files/file_uploads.h"

#include "tests/unit/transfer_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

class FileUploadsTest : public TransferTest {
 protected:
  std::optional<OfflineFile> row(const std::string& task) { return database->find_file(task).value(); }
  /// Serves until `written` bytes are on the disk.
  void serve_until(TestClient& client, const std::string& task, const std::string& content, size_t written) {
    const std::string part = config.files.path + "/" + task.substr(0, 2) + "/" + task + ".part";
    EXPECT_TRUE(until([&] {
      serve_one(client, task, content);
      return std::filesystem::exists(part) && std::filesystem::file_size(part) >= written;
    }));
  }
};

TEST_F(FileUploadsTest, the_server_pulls_the_file_says_done_and_tells_the_receiver) {
  const std::string content = some_bytes(10'000);
  const std::string task = offered(10'000, FILE_TYPE_OFFLINE);
  sync(*bob);
  EXPECT_EQ(bob->waiting<IMFileNotify>(), 0u) << "there is nothing to fetch yet";
  upload(task, content);
  EXPECT_TRUE(row(task)->complete);
  const auto notify = expect<IMFileNotify>(*bob);
  EXPECT_EQ(notify.task_id(), task);
  EXPECT_EQ(notify.offline_ready(), 1u);
  EXPECT_EQ(notify.trans_mode(), FILE_TYPE_OFFLINE);
  EXPECT_EQ(notify.ip_addr_list_size(), 1);
  EXPECT_EQ(files_on_disk(), 1u);
}

TEST_F(FileUploadsTest, pieces_are_asked_for_ahead_but_no_more_than_may_be_under_way) {
  const std::string task = offered(100'000, FILE_TYPE_OFFLINE);
  auto client = open_upload(task);
  sync(*client);
  EXPECT_EQ(client->waiting<IMFilePullDataReq>(), config.files.max_pulls);
  hold_disk = true;
  for (size_t i = 0; i < config.files.max_pulls; ++i) serve_one(*client, task, some_bytes(100'000));
  sync(*client);
  EXPECT_EQ(client->waiting<IMFilePullDataReq>(), 0u) << "nothing is written";
  hold_disk = false;
  expect<IMFilePullDataReq>(*client);
}

TEST_F(FileUploadsTest, an_interrupted_upload_goes_on_where_the_disk_ends) {
  const std::string content = some_bytes(50'000);
  const std::string task = offered(50'000, FILE_TYPE_OFFLINE);
  auto client = open_upload(task);
  serve_until(*client, task, content, 20'000);
  client->close();
  until([&] { return connections.size() == 2; });
  client = open_upload(task);
  EXPECT_GE(expect<IMFilePullDataReq>(*client).offset(), 20'000u);
  client->close();
  until([&] { return connections.size() == 2; });
  upload(task, content);
  EXPECT_EQ(transfers.shelf().disk().read(task, 0, 50'000).bytes, content);
}

TEST_F(FileUploadsTest, a_second_connection_takes_the_place_of_the_first) {
  const std::string content = some_bytes(50'000);
  const std::string task = offered(50'000, FILE_TYPE_OFFLINE);
  auto first = open_upload(task);
  serve_one(*first, task, content);
  auto second = open_upload(task);
  expect_end(*first);
  EXPECT_TRUE(until([&] {
    serve_one(*second, task, content);
    return second->waiting<IMFileState>() > 0;
  }));
  EXPECT_EQ(transfers.shelf().disk().read(task, 0, 50'000).bytes, content);
}

TEST_F(FileUploadsTest, an_empty_file_is_done_at_once) {
  upload(offered(0, FILE_TYPE_OFFLINE), "");
  EXPECT_EQ(expect<IMFileNotify>(*bob).file_size(), 0u);
}

TEST_F(FileUploadsTest, a_complete_file_is_done_again_and_nobody_is_told_twice) {
  const std::string content = some_bytes(100);
  const std::string task = uploaded(content);
  expect<IMFileNotify>(*bob);
  upload(task, content);
  sync(*bob);
  EXPECT_EQ(bob->waiting<IMFileNotify>(), 0u);
}

TEST_F(FileUploadsTest, where_the_server_died_before_it_told_the_store_it_is_told_now) {
  const std::string task = offered(3, FILE_TYPE_OFFLINE);
  const FileDisk on_disk = transfers.shelf().disk();
  const auto written = on_disk.open_upload(task, 3, 0);
  EXPECT_EQ(FileDisk::write(written.fd, 0, {"abc"}), DiskFault::kNone);
  EXPECT_EQ(on_disk.finish_upload(written.fd, task), DiskFault::kNone);
  FileDisk::close(written.fd);
  upload(task, "abc");
  EXPECT_TRUE(row(task)->complete);
  expect<IMFileNotify>(*bob);
}

TEST_F(FileUploadsTest, bytes_that_were_not_asked_for_close_the_connection_and_what_is_written_stays) {
  const std::string task = offered(10'000, FILE_TYPE_OFFLINE);
  auto client = open_upload(task);
  expect<IMFilePullDataReq>(*client);
  client->send(data(task, 4'096, "out of order"));
  expect_error(*client, ERROR_NOT_ALLOWED);
  expect_end(*client);
  upload(task, some_bytes(10'000));
}

TEST_F(FileUploadsTest, a_file_that_another_process_writes_has_to_wait) {
  const std::string task = offered(10, FILE_TYPE_OFFLINE);
  const auto other_process = transfers.shelf().disk().open_upload(task, 10, 0);
  auto client = open(alice_id, task, CLIENT_OFFLINE_UPLOAD, FILE_SERVER_ERRNO_PULL_DATA_OPEN_FILE_ERROR);
  expect_end(*client);
  FileDisk::close(other_process.fd);
  upload(task, "0123456789");
}

TEST_F(FileUploadsTest, where_there_is_no_room_it_has_to_wait) {
  const std::string task = offered(10, FILE_TYPE_OFFLINE);
  config.files.min_free = 1ULL << 50;
  auto client = open(alice_id, task, CLIENT_OFFLINE_UPLOAD, FILE_SERVER_ERRNO_PULL_DATA_OPEN_FILE_ERROR);
  expect_end(*client);
  config.files.min_free = 0;
  upload(task, "0123456789");
}

TEST_F(FileUploadsTest, where_others_have_taken_the_room_meanwhile_it_ends_and_goes_on_later) {
  const std::string content = some_bytes(50'000);
  const std::string task = offered(50'000, FILE_TYPE_OFFLINE);
  auto client = open_upload(task);
  serve_until(*client, task, content, 4'000);
  config.files.min_free = 1ULL << 50;
  EXPECT_TRUE(until([&] {
    serve_one(*client, task, content);
    return client->waiting<IMFileState>() > 0;
  }));
  expect_error(*client, ERROR_UNAVAILABLE);
  expect_state(*client, CLIENT_FILE_CANCEL);
  expect_end(*client);
  config.files.min_free = 0;
  upload(task, content);
}

TEST_F(FileUploadsTest, the_sender_may_take_it_back_on_the_way) {
  const std::string content = some_bytes(50'000);
  const std::string task = offered(50'000, FILE_TYPE_OFFLINE);
  auto client = open_upload(task);
  serve_until(*client, task, content, 4'000);
  client->send(state(task, CLIENT_FILE_CANCEL));
  expect_end(*client);
  EXPECT_TRUE(until([&] { return !row(task) && files_on_disk() == 0; }));
  open(alice_id, task, CLIENT_OFFLINE_UPLOAD, FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN);
}

TEST_F(FileUploadsTest, a_file_that_was_deleted_on_its_way_is_cancelled_and_leaves_nothing) {
  const std::string task = offered(10'000, FILE_TYPE_OFFLINE);
  auto client = open_upload(task);
  serve_one(*client, task, some_bytes(10'000));
  EXPECT_TRUE(database->begin_batch().ok());
  EXPECT_TRUE(database->delete_file(task).value());
  EXPECT_TRUE(database->commit_batch().ok());
  EXPECT_TRUE(until([&] {
    serve_one(*client, task, some_bytes(10'000));
    return client->waiting<IMFileState>() > 0;
  }));
  expect_state(*client, CLIENT_FILE_CANCEL);
  EXPECT_TRUE(until([&] { return files_on_disk() == 0; }));
}

TEST_F(FileUploadsTest, an_uploader_that_cannot_read_its_file_may_come_again) {
  const std::string task = offered(10, FILE_TYPE_OFFLINE);
  auto client = open_upload(task);
  expect<IMFilePullDataReq>(*client);
  client->send(data(task, 0, "", 8));
  expect_end(*client);
  upload(task, "0123456789");
}

TEST_F(FileUploadsTest, what_is_not_an_uploaders_to_say_is_refused) {
  const std::string task = offered(10, FILE_TYPE_OFFLINE);
  auto client = open_upload(task);
  client->send(state(task, CLIENT_FILE_DONE));
  expect_error(*client, ERROR_NOT_ALLOWED);
  client->send(pull(task, 0, 1));
  expect_refused_pull(*client, FILE_SERVER_ERRNO_PULL_DATA_ILLIEAGE_USER);
}

TEST_F(FileUploadsTest, an_uploader_that_answers_nothing_is_let_go_and_may_come_again) {
  const std::string task = offered(10, FILE_TYPE_OFFLINE);
  auto client = open_upload(task);
  for (Tick waited = 0; waited <= config.files.peer_timeout_ms; waited += 20'000) {
    run_for(20'000);
    client->send(IMHeartBeat());
    step();
  }
  expect_state(*client, CLIENT_FILE_CANCEL);
  expect_end(*client);
  upload(task, "0123456789");
}

TEST_F(FileUploadsTest, a_client_that_goes_while_its_file_is_opened_leaves_it_free) {
  const std::string task = offered(10, FILE_TYPE_OFFLINE);
  hold_disk = true;
  {
    auto client = connect();
    IMFileLoginReq request;
    request.set_user_id(alice_id);
    request.set_task_id(task);
    request.set_file_role(CLIENT_OFFLINE_UPLOAD);
    client->send(request);
    EXPECT_TRUE(until([&] { return disk.pending() > 0; }));
  }
  EXPECT_TRUE(until([&] { return connections.size() == 2; }));
  hold_disk = false;
  upload(task, "0123456789");
}

}  // namespace
}  // namespace talkbeat::msg_server_test
