#include "base/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace talkbeat {
namespace {

class KeyFileTest : public ::testing::Test {
 protected:
  KeyFileTest() {
    const int fd = ::mkstemp(path_.data());
    EXPECT_GE(fd, 0);
    ::close(fd);
  }
  ~KeyFileTest() override { ::unlink(path_.c_str()); }

  Result<KeyBytes> load(const std::string& text, mode_t mode = 0600) {
    std::ofstream(path_) << text;
    EXPECT_EQ(::chmod(path_.c_str(), mode), 0);
    return load_key_file(path_, "admin key");
  }
  std::string path_ = testing::TempDir() + "key-XXXXXX";
};

TEST_F(KeyFileTest, sixty_four_hex_digits_are_a_key) {
  const auto key = load(" " + std::string(62, '0') + "1f\n");
  ASSERT_TRUE(key.ok()) << key.message();
  EXPECT_EQ(key.value()[31], 0x1f);
}

TEST_F(KeyFileTest, what_others_can_read_is_refused) {
  EXPECT_EQ(load(std::string(64, 'a'), 0640).message(),
            path_ + ": others can read the admin key; run chmod 600 " + path_);
}

TEST_F(KeyFileTest, anything_else_is_no_key) {
  for (const std::string& text : {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(66, 'a'),
                                  std::string(63, 'a') + "g", std::string(100'000, 'a')}) {
    EXPECT_EQ(load(text).message(), path_ + ": not an admin key: 64 hex digits are expected");
  }
  EXPECT_EQ(load_key_file("/nowhere/admin.key", "admin key").message(),
            "/nowhere/admin.key: there is no such file with the admin key; tools/start.sh makes one");
  EXPECT_EQ(load_key_file("/proc/self", "admin key").ok(), false);
}

TEST(SameBytes, compares_lengths_and_bytes) {
  EXPECT_TRUE(same_bytes("", ""));
  EXPECT_TRUE(same_bytes("key", "key"));
  EXPECT_FALSE(same_bytes("key", "kex"));
  EXPECT_FALSE(same_bytes("key", "keys"));
  EXPECT_FALSE(same_bytes("", "k"));
}

}  // namespace
}  // namespace talkbeat
