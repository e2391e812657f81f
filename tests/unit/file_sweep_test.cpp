#include "msg_server/files/file_sweep.h"

#include "tests/unit/transfer_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

class FileSweepTest : public TransferTest {
 protected:
  void sweep_all() {
    for (int i = 0; i < 17; ++i) {
      run_for(config.files.sweep_interval_ms);
      until([&] { return disk.pending() == 0 && reads.pending() == 0 && writes.pending() == 0; });
      step();
    }
  }
};

TEST_F(FileSweepTest, what_has_expired_is_deleted_row_and_bytes) {
  config.files.keep_ms = 3'600'000;
  const std::string task = uploaded("abc");
  sweep_all();
  EXPECT_EQ(files_on_disk(), 1u);
  run_for(config.files.keep_ms);
  sweep_all();
  EXPECT_FALSE(database->find_file(task).value());
  EXPECT_EQ(files_on_disk(), 0u);
}

TEST_F(FileSweepTest, what_is_not_all_there_in_time_is_deleted_and_what_is_stays) {
  config.files.keep_incomplete_ms = 3'600'000;
  const std::string whole = uploaded("abc");
  const std::string never_begun = offered(10, FILE_TYPE_OFFLINE);
  run_for(config.files.keep_incomplete_ms);
  sweep_all();
  EXPECT_FALSE(database->find_file(never_begun).value());
  EXPECT_TRUE(database->find_file(whole).value());
  EXPECT_EQ(files_on_disk(), 1u);
}

TEST_F(FileSweepTest, bytes_without_a_row_are_deleted_and_others_are_not) {
  const std::string known = uploaded("abc");
  const FileDisk on_disk = transfers.shelf().disk();
  for (const char digit : {'0', '7', 'f'}) {
    FileDisk::close(on_disk.open_upload(std::string(32, digit), 10, 0).fd);
  }
  EXPECT_EQ(files_on_disk(), 4u);
  sweep_all();
  EXPECT_EQ(files_on_disk(), 1u);
  EXPECT_EQ(on_disk.read(known, 0, 3).bytes, "abc");
}

TEST_F(FileSweepTest, an_upload_that_is_under_way_is_left_alone) {
  const std::string task = offered(10, FILE_TYPE_OFFLINE);
  auto client = open_upload(task);
  const FileDisk on_disk = transfers.shelf().disk();
  EXPECT_EQ(on_disk.task_ids(task[0]).size(), 1u);
  config.files.peer_timeout_ms = 100 * config.files.sweep_interval_ms;
  sweep_all();
  EXPECT_EQ(on_disk.task_ids(task[0]).size(), 1u);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
