#include "msg_server/files/file_downloads.h"

#include "tests/unit/transfer_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

class FileDownloadsTest : public TransferTest {
 protected:
  std::string content = some_bytes(10'000);
  std::string task = uploaded(content);
};

TEST_F(FileDownloadsTest, a_file_is_pulled_piece_by_piece_from_wherever_one_likes) {
  auto client = open_download(task);
  std::string got;
  while (got.size() < content.size()) {
    client->send(pull(task, static_cast<uint32_t>(got.size()), 1 << 20));
    const auto piece = expect<IMFilePullDataRsp>(*client);
    ASSERT_EQ(piece.result_code(), 0u);
    ASSERT_EQ(piece.offset(), got.size());
    ASSERT_LE(piece.file_data().size(), config.files.max_chunk);
    got += piece.file_data();
  }
  EXPECT_EQ(got, content);
  client->send(pull(task, 9'000, 100));
  EXPECT_EQ(expect<IMFilePullDataRsp>(*client).file_data(), content.substr(9'000, 100));
  client->send(state(task, CLIENT_FILE_DONE));
  expect_end(*client);
  EXPECT_EQ(files_on_disk(), 1u) << "it stays until it is deleted";
}

TEST_F(FileDownloadsTest, wrong_pulls_are_refused_each_with_its_code) {
  auto client = open_download(task);
  client->send(pull(task, 10'000, 1));
  expect_refused_pull(*client, FILE_SERVER_ERRNO_PULL_DATA_FINISHED);
  client->send(pull(task, 10'001, 1));
  expect_refused_pull(*client, FILE_SERVER_ERRNO_PULL_DATA_SEEK_OFFSET_ERROR);
  client->send(pull("another", 0, 1));
  expect_refused_pull(*client, FILE_SERVER_ERRNO_PULL_DATA_WITH_INVALID_TASK_ID);
}

TEST_F(FileDownloadsTest, several_devices_fetch_one_file) {
  auto first = open_download(task);
  auto second = open_download(task);
  first->send(pull(task, 0, 10));
  second->send(pull(task, 0, 10));
  EXPECT_EQ(expect<IMFilePullDataRsp>(*first).file_data(), content.substr(0, 10));
  EXPECT_EQ(expect<IMFilePullDataRsp>(*second).file_data(), content.substr(0, 10));
}

TEST_F(FileDownloadsTest, a_file_that_was_deleted_meanwhile_cannot_be_read) {
  auto client = open_download(task);
  transfers.shelf().disk().remove(task);
  client->send(pull(task, 0, 10));
  expect_refused_pull(*client, FILE_SERVER_ERRNO_PULL_DATA_OPEN_FILE_ERROR);
}

TEST_F(FileDownloadsTest, who_refuses_deletes) {
  auto client = open_download(task);
  client->send(state(task, CLIENT_FILE_REFUSE));
  expect_end(*client);
  EXPECT_TRUE(until([&] { return files_on_disk() == 0; }));
}

TEST_F(FileDownloadsTest, a_receiver_has_no_bytes_to_send) {
  auto client = open_download(task);
  client->send(data(task, 0, "abc"));
  expect_end(*client);
}

TEST_F(FileDownloadsTest, while_the_disk_is_busy_pulls_wait) {
  auto client = open_download(task);
  hold_disk = true;
  for (uint32_t i = 0; i < 5; ++i) client->send(pull(task, i, 1));
  expect_error(*client, ERROR_LIMIT_REACHED);
  EXPECT_EQ(disk.pending(), 1u) << "one piece at a time";
  hold_disk = false;
  for (uint32_t i = 0; i < 4; ++i) EXPECT_EQ(expect<IMFilePullDataRsp>(*client).offset(), i);
}

TEST_F(FileDownloadsTest, a_receiver_that_pulls_nothing_is_let_go) {
  auto client = open_download(task);
  for (Tick waited = 0; waited <= config.files.peer_timeout_ms; waited += 20'000) {
    run_for(20'000);
    client->send(IMHeartBeat());
    step();
  }
  expect_end(*client);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
