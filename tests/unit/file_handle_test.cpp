#include "base/file_handle.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/contract/temporary_directory.h"

namespace talkbeat {
namespace {

class FileHandleTest : public testing::Test {
 protected:
  FileHandle open(const std::string& name, int flags = O_RDWR | O_CREAT) const {
    return FileHandle(::open((directory.path() + "/" + name).c_str(), flags | O_CLOEXEC, 0600));
  }

  TemporaryDirectory directory;
};

TEST_F(FileHandleTest, what_is_written_at_an_offset_is_read_from_there) {
  const FileHandle file = open("file");
  size_t written = 0;
  EXPECT_EQ(write_fully(file.get(), "0123456789", 0, &written), 0);
  EXPECT_EQ(written, 10u);
  EXPECT_EQ(write_fully(file.get(), "abc", 4), 0);
  std::string bytes;
  EXPECT_EQ(read_fully(file.get(), 5, 3, bytes), 0);
  EXPECT_EQ(bytes, "3abc7");
}

TEST_F(FileHandleTest, reading_ends_where_the_file_does) {
  const FileHandle file = open("file");
  EXPECT_EQ(write_fully(file.get(), "0123", 0), 0);
  std::string bytes = "before";
  EXPECT_EQ(read_fully(file.get(), 100, 2, bytes), 0);
  EXPECT_EQ(bytes, "23");
  EXPECT_EQ(read_fully(file.get(), 100, 4, bytes), 0);
  EXPECT_EQ(bytes, "");
}

TEST_F(FileHandleTest, errors_are_the_systems_and_say_what_was_written) {
  const FileHandle full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  size_t written = 7;
  const int error = write_fully(full.get(), "0123", 0, &written);
  EXPECT_EQ(error, ENOSPC);
  EXPECT_TRUE(says_no_room(error));
  EXPECT_EQ(written, 0u);
  const FileHandle read_only = open("new", O_RDONLY | O_CREAT);
  EXPECT_EQ(write_fully(read_only.get(), "0123", 0), EBADF);
  EXPECT_FALSE(says_no_room(EBADF));
  std::string bytes;
  EXPECT_EQ(read_fully(full.get(), 1, 0, bytes), EBADF);
}

TEST_F(FileHandleTest, a_descriptor_has_one_owner) {
  FileHandle first = open("file");
  const int fd = first.get();
  FileHandle second = std::move(first);
  EXPECT_FALSE(first.valid());  // NOLINT: moved from, and empty
  EXPECT_EQ(second.release(), fd);
  EXPECT_FALSE(second.valid());
  FileHandle third(fd);
  EXPECT_EQ(third.close(), 0);
  EXPECT_FALSE(third.valid());
  EXPECT_EQ(::fcntl(fd, F_GETFD), -1) << "it is closed";
  EXPECT_FALSE(open("missing", O_RDONLY).valid());
  EXPECT_EQ(errno, ENOENT);
}

TEST_F(FileHandleTest, a_directory_is_synced_or_the_reason_given) {
  EXPECT_EQ(sync_directory(directory.path()), 0);
  EXPECT_EQ(sync_directory(directory.path() + "/none"), ENOENT);
}

}  // namespace
}  // namespace talkbeat
