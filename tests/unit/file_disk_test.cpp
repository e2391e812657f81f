#include "msg_server/files/file_disk.h"

#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/contract/temporary_directory.h"

namespace talkbeat {
namespace {

namespace fs = std::filesystem;

const std::string kTask = "0123456789abcdef0123456789abcdef";
const std::string kOther = "01ffffffffffffffffffffffffffffff";

class FileDiskTest : public ::testing::Test {
 protected:
  FileDiskTest() { EXPECT_TRUE(disk.prepare().ok()); }

  FileDisk::Upload open(uint32_t size, const std::string& task = kTask) { return disk.open_upload(task, size, 0); }
  void upload(const std::string& bytes, const std::string& task = kTask) {
    const auto upload = open(static_cast<uint32_t>(bytes.size()), task);
    ASSERT_GE(upload.fd, 0);
    EXPECT_EQ(FileDisk::write(upload.fd, 0, {bytes}), DiskFault::kNone);
    EXPECT_EQ(disk.finish_upload(upload.fd, task), DiskFault::kNone);
    FileDisk::close(upload.fd);
  }

  TemporaryDirectory directory;
  fs::path folder = directory.path();
  FileDisk disk{folder / "deep" / "files"};
};

TEST_F(FileDiskTest, a_file_is_written_finished_read_and_removed) {
  const auto upload = open(10);
  EXPECT_EQ(upload.offset, 0u);
  EXPECT_EQ(FileDisk::write(upload.fd, 0, {"01234", "56"}), DiskFault::kNone);
  EXPECT_EQ(FileDisk::write(upload.fd, 7, {"789"}), DiskFault::kNone);
  EXPECT_EQ(disk.read(kTask, 0, 10).fault, DiskFault::kGone) << "it is not complete";
  EXPECT_EQ(disk.finish_upload(upload.fd, kTask), DiskFault::kNone);
  FileDisk::close(upload.fd);
  EXPECT_EQ(disk.read(kTask, 0, 10).bytes, "0123456789");
  EXPECT_EQ(disk.read(kTask, 3, 4).bytes, "3456");
  EXPECT_EQ(disk.read(kTask, 3, 8).fault, DiskFault::kBroken) << "more than there is";
  disk.remove(kTask);
  EXPECT_EQ(disk.read(kTask, 0, 10).fault, DiskFault::kGone);
  disk.remove(kTask);
}

TEST_F(FileDiskTest, an_upload_goes_on_where_the_last_one_ended) {
  const auto first = open(10);
  EXPECT_EQ(FileDisk::write(first.fd, 0, {"0123"}), DiskFault::kNone);
  FileDisk::close(first.fd);
  const auto second = open(10);
  EXPECT_EQ(second.offset, 4u);
  FileDisk::close(second.fd);
}

TEST_F(FileDiskTest, what_is_longer_than_the_file_can_be_begins_again) {
  const auto first = open(10);
  EXPECT_EQ(FileDisk::write(first.fd, 0, {"0123456789"}), DiskFault::kNone);
  FileDisk::close(first.fd);
  const auto second = open(5);
  EXPECT_EQ(second.offset, 0u);
  FileDisk::close(second.fd);
}

TEST_F(FileDiskTest, one_file_is_written_by_one_at_a_time) {
  const auto first = open(10);
  EXPECT_EQ(open(10).fault, DiskFault::kInUse);
  FileDisk::close(first.fd);
  const auto second = open(10);
  EXPECT_EQ(second.fault, DiskFault::kNone);
  FileDisk::close(second.fd);
}

TEST_F(FileDiskTest, a_file_that_has_its_name_already_is_not_written_again) {
  upload("0123456789");
  const auto again = open(10);
  EXPECT_EQ(again.fault, DiskFault::kNone);
  EXPECT_EQ(again.fd, -1);
  EXPECT_EQ(again.offset, 10u);
  EXPECT_EQ(disk.task_ids('0'), std::vector<std::string>{kTask});
  EXPECT_EQ(disk.read(kTask, 0, 10).bytes, "0123456789");
}

TEST_F(FileDiskTest, an_empty_file_is_a_file) {
  upload("");
  EXPECT_EQ(open(0).fd, -1);
}

TEST_F(FileDiskTest, where_there_would_be_no_room_nothing_begins) {
  EXPECT_EQ(disk.open_upload(kTask, 10, UINT64_MAX / 2).fault, DiskFault::kNoRoom);
}

TEST_F(FileDiskTest, a_full_device_is_no_room) {
  const int full = ::open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  EXPECT_EQ(FileDisk::write(full, 0, {"x"}), DiskFault::kNoRoom);
  FileDisk::close(full);
}

TEST_F(FileDiskTest, a_file_that_was_deleted_meanwhile_cannot_be_finished) {
  const auto upload = open(1);
  disk.remove(kTask);
  EXPECT_EQ(disk.finish_upload(upload.fd, kTask), DiskFault::kGone);
  FileDisk::close(upload.fd);
}

TEST_F(FileDiskTest, no_file_can_be_read_by_others_and_no_link_is_followed) {
  upload("secret");
  struct stat found {};
  ASSERT_EQ(::stat((folder / "deep/files/01" / kTask).c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  fs::create_symlink("/etc/passwd", folder / "deep/files/01" / kOther);
  EXPECT_NE(disk.read(kOther, 0, 10).fault, DiskFault::kNone);
}

TEST_F(FileDiskTest, all_files_are_listed_complete_or_not_and_nothing_else) {
  upload("x");
  FileDisk::close(open(10, kOther).fd);
  std::ofstream(folder / "deep/files/01/readme.txt") << "x";
  std::ofstream(folder / "deep/files/lost+found") << "x";
  EXPECT_EQ(disk.task_ids('0'), (std::vector<std::string>{kTask, kOther}));
  EXPECT_TRUE(disk.task_ids('1').empty());
  EXPECT_GT(disk.free_bytes(), 0u);
}

TEST_F(FileDiskTest, a_directory_that_cannot_be_made_is_told_at_the_start) {
  std::ofstream(folder / "file") << "x";
  const Status status = FileDisk(folder / "file" / "files").prepare();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find("files.path"), std::string::npos);
  EXPECT_EQ(FileDisk(folder / "file").open_upload(kTask, 1, 0).fault, DiskFault::kNoDirectory);
}

TEST(TaskId, only_what_this_server_makes_is_one) {
  EXPECT_TRUE(is_task_id(kTask));
  for (const std::string& text :
       {std::string(), std::string("../../../../../../etc/passwd0000"), kTask + "0", kTask.substr(1),
        kTask.substr(1) + "G", kTask.substr(1) + "A", kTask.substr(1) + "/", kTask.substr(1) + std::string(1, '\0')}) {
    EXPECT_FALSE(is_task_id(text)) << text;
  }
}

}  // namespace
}  // namespace talkbeat
