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

TEST_F(FileDownloadsTest, a_fourth_connection_for_one_file_takes_the_place_of_the_first) {
  config.files.max_transfers = 3;
  auto first = open_download(task);
  auto second = open_download(task);
  auto third = open_download(task);
  auto fourth = open_download(task);
  expect_end(*first);
  for (TestClient* client : {second.get(), third.get(), fourth.get()}) {
    client->send(pull(task, 0, 10));
    EXPECT_EQ(expect<IMFilePullDataRsp>(*client).file_data(), content.substr(0, 10));
  }
}

TEST_F(FileDownloadsTest, what_is_fetched_counts_for_its_sender_and_takes_nobodys_places_for_sending) {
  const std::string other = uploaded("abc");
  config.files.max_transfers_per_user = 1;
  auto client = open_download(task);
  open(bob_id, other, CLIENT_OFFLINE_DOWNLOAD, FILE_SERVER_ERRNO_CREATE_TASK_ERROR);
  offered(1, FILE_TYPE_ONLINE);
  EXPECT_EQ(offer(*bob, offer_to(alice_id, 1, FILE_TYPE_ONLINE)).result_code(), 0u);
}

TEST_F(FileDownloadsTest, refused_pulls_are_paid_for) {
  auto client = open_download(task);
  config.client.request_burst = 2;
  config.client.request_rate = 1;
  port.settings_changed();
  client->send(pull(task, 10'000, 1));
  client->send(pull("another", 0, 1));
  client->send(pull(task, 10'001, 1));
  expect_refused_pull(*client, FILE_SERVER_ERRNO_PULL_DATA_FINISHED);
  expect_refused_pull(*client, FILE_SERVER_ERRNO_PULL_DATA_WITH_INVALID_TASK_ID);
  expect_error(*client, ERROR_RATE_LIMITED);
}

TEST_F(FileDownloadsTest, smaller_pieces_of_new_settings_do_not_close_what_runs) {
  config.files.max_chunk = 256 << 10;
  const std::string large_content = some_bytes(1 << 20);
  const std::string large = uploaded(large_content);
  auto client = open_download(large);
  for (uint32_t i = 0; i < config.files.max_pulls; ++i) client->send(pull(large, i << 18, 1 << 18));
  config.files.max_chunk = 4 << 10;
  port.settings_changed();
  for (uint32_t i = 0; i < config.files.max_pulls; ++i) {
    EXPECT_EQ(expect<IMFilePullDataRsp>(*client).file_data(), large_content.substr(i << 18, 1 << 18));
  }
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
