#include "msg_server/push/push_signature.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace talkbeat {
namespace {

class PushSignatureTest : public testing::Test {
 protected:
  ~PushSignatureTest() override { std::filesystem::remove(path); }

  void write(const std::string& text, mode_t mode = 0600) {
    std::filesystem::remove(path);
    std::ofstream(path) << text;
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }
  std::string refusal() {
    const auto loaded = PushSecret::load(path);
    return loaded.ok() ? "" : loaded.message();
  }

  const std::string path = testing::TempDir() + "push.secret." + std::to_string(::getpid());
};

// The values are another implementation's (Python's hmac).
TEST_F(PushSignatureTest, is_an_hmac_sha256_over_the_time_a_dot_and_the_body) {
  EXPECT_EQ(PushSecret("0123456789abcdef").sign("{\"a\":1}", 1'700'000'000),
            "t=1700000000,v1=9eb18f493f8ec135d9eb2dad817c369bb4e9cbfa818657897a7437c1cd8c3a23");
  EXPECT_EQ(PushSecret(std::string(200, 'k')).sign("", 0),
            "t=0,v1=76a82ba859636cc3081c72aa270fd66ac81a202f8182404e7752795c6e7ba88f");
}

TEST_F(PushSignatureTest, the_key_is_the_files_line_without_its_end) {
  for (const std::string end : {"", "\n", "\r\n", "\n\n"}) {
    write("0123456789abcdef" + end);
    const auto secret = PushSecret::load(path);
    ASSERT_TRUE(secret.ok()) << secret.message();
    EXPECT_EQ(secret.value().sign("x", 1), PushSecret("0123456789abcdef").sign("x", 1));
  }
}

TEST_F(PushSignatureTest, a_file_that_is_not_there_or_can_be_read_by_others_or_is_no_key_is_refused_by_name) {
  EXPECT_NE(refusal().find(path + ": there is no such file"), std::string::npos) << refusal();
  write("0123456789abcdef", 0640);
  EXPECT_NE(refusal().find("chmod 600"), std::string::npos) << refusal();
  for (const std::string& text : {std::string(), std::string("short"), std::string("\n\n\n"), std::string(1'025, 'k'),
                                  std::string("0123456789abcdef\n0123456789abcdef\n")}) {
    write(text);
    EXPECT_NE(refusal().find("16 to 1024"), std::string::npos) << text.size();
  }
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  ::chmod(path.c_str(), 0700);
  EXPECT_NE(refusal().find("regular file"), std::string::npos) << refusal();
}

}  // namespace
}  // namespace talkbeat
