#include "tools/client/password_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace talkbeat {
namespace {

class PasswordFile : public testing::Test {
 protected:
  ~PasswordFile() override { std::filesystem::remove(path_); }

  std::string read(const std::string& text) {
    std::ofstream(path_) << text;
    const auto password = read_password(path_);
    return password.ok() ? password.value() : "refused: " + password.message();
  }

  const std::string path_ = testing::TempDir() + "password." + std::to_string(::getpid());
};

TEST_F(PasswordFile, its_first_line_is_the_password) {
  EXPECT_EQ(read("secret"), "secret");
  EXPECT_EQ(read("secret\n"), "secret");
  EXPECT_EQ(read("secret\r\nanother line\n"), "secret");
  EXPECT_EQ(read(" with spaces \n"), " with spaces ");
  EXPECT_EQ(read(std::string(1'024, 'x')), std::string(1'024, 'x'));
}

TEST_F(PasswordFile, without_a_line_of_sensible_length_is_refused) {
  for (const std::string& text :
       {std::string(), std::string("\n"), std::string("\nsecret\n"), std::string(1'025, 'x')}) {
    EXPECT_THAT(read(text), testing::StartsWith("refused: " + path_)) << text.size();
  }
  EXPECT_THAT(read_password("/nowhere/password").message(), testing::HasSubstr("/nowhere/password"));
  EXPECT_FALSE(read_password("/").ok());
}

TEST_F(PasswordFile, of_the_standard_input_takes_one_line_and_leaves_the_rest) {
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(::pipe(pipe_ends.data()), 0);
  ASSERT_EQ(::write(pipe_ends[1], "secret\nrest", 11), 11);
  const int before = ::dup(STDIN_FILENO);
  ::dup2(pipe_ends[0], STDIN_FILENO);
  const auto password = read_password("-");
  std::array<char, 16> rest{};
  const ssize_t left = ::read(STDIN_FILENO, rest.data(), rest.size());
  ::dup2(before, STDIN_FILENO);
  for (const int fd : {pipe_ends[0], pipe_ends[1], before}) ::close(fd);
  ASSERT_TRUE(password.ok()) << password.message();
  EXPECT_EQ(password.value(), "secret");
  EXPECT_EQ(std::string(rest.data(), static_cast<size_t>(left)), "rest");
}

}  // namespace
}  // namespace talkbeat
