#include "base/cluster_auth.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace talkbeat {
namespace {

/// A key file that goes with the test.
class KeyFile {
 public:
  explicit KeyFile(std::string_view text, mode_t mode = 0600) {
    const int fd = ::mkstemp(path_.data());
    EXPECT_GE(fd, 0);
    EXPECT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    EXPECT_EQ(::fchmod(fd, mode), 0);
    ::close(fd);
  }
  ~KeyFile() { ::unlink(path_.c_str()); }
  KeyFile(const KeyFile&) = delete;
  KeyFile& operator=(const KeyFile&) = delete;
  Result<ClusterKey> load() const { return ClusterKey::load(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/cluster_key_XXXXXX";
};

const std::string kHex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1F";

ClusterKey key_of(unsigned char first) {
  ClusterKey key;
  key.bytes.fill(7);
  key.bytes[0] = first;
  return key;
}

class ClusterAuthTest : public ::testing::Test {
 protected:
  const ClusterAuth ours{key_of(1)};
  const ClusterAuth again{key_of(1)};
  const ClusterAuth stranger{key_of(2)};
  const std::string server_nonce = std::string(ClusterAuth::kNonceSize, 's');
  const std::string client_nonce = std::string(ClusterAuth::kNonceSize, 'c');
};

TEST_F(ClusterAuthTest, who_holds_the_key_proves_it) {
  const std::string proof = ours.prove_msg_server(server_nonce, client_nonce, 5, "msg_server_0");
  EXPECT_EQ(proof.size(), ClusterAuth::kMacSize);
  EXPECT_TRUE(ClusterAuth::same(proof, again.prove_msg_server(server_nonce, client_nonce, 5, "msg_server_0")));
  EXPECT_TRUE(ClusterAuth::same(ours.prove_login_server(server_nonce, client_nonce),
                                again.prove_login_server(server_nonce, client_nonce)));
}

TEST_F(ClusterAuthTest, another_key_proves_nothing) {
  EXPECT_FALSE(ClusterAuth::same(ours.prove_msg_server(server_nonce, client_nonce, 5, "a"),
                                 stranger.prove_msg_server(server_nonce, client_nonce, 5, "a")));
  EXPECT_FALSE(ClusterAuth::same(ours.prove_login_server(server_nonce, client_nonce),
                                 stranger.prove_login_server(server_nonce, client_nonce)));
}

TEST_F(ClusterAuthTest, every_altered_field_changes_the_proof) {
  const std::string proof = ours.prove_msg_server(server_nonce, client_nonce, 5, "a");
  const std::string other(ClusterAuth::kNonceSize, 'o');
  EXPECT_NE(proof, ours.prove_msg_server(other, client_nonce, 5, "a"));
  EXPECT_NE(proof, ours.prove_msg_server(server_nonce, other, 5, "a"));
  EXPECT_NE(proof, ours.prove_msg_server(server_nonce, client_nonce, 6, "a"));
  EXPECT_NE(proof, ours.prove_msg_server(server_nonce, client_nonce, uint64_t{5} << 56, "a"));
  EXPECT_NE(proof, ours.prove_msg_server(server_nonce, client_nonce, 5, "b"));
  EXPECT_NE(proof, ours.prove_msg_server(client_nonce, server_nonce, 5, "a"));
  const std::string answer = ours.prove_login_server(server_nonce, client_nonce);
  EXPECT_NE(answer, ours.prove_login_server(other, client_nonce));
  EXPECT_NE(answer, ours.prove_login_server(server_nonce, other));
}

TEST_F(ClusterAuthTest, a_proof_of_one_side_is_none_of_the_other) {
  EXPECT_NE(ours.prove_login_server(server_nonce, client_nonce),
            ours.prove_msg_server(server_nonce, client_nonce, 0, ""));
  EXPECT_NE(ours.prove_login_server(server_nonce, client_nonce), ours.prove_login_server(client_nonce, server_nonce));
}

TEST_F(ClusterAuthTest, bytes_moved_from_one_field_to_the_next_change_the_proof) {
  const std::string proof = ours.prove_msg_server(server_nonce, client_nonce, 5, "a");
  EXPECT_NE(proof, ours.prove_msg_server(server_nonce + client_nonce.substr(0, 1), client_nonce.substr(1), 5, "a"));
  const std::string epoch("\5\0\0\0\0\0\0\0", 8);
  const uint64_t a_and_zeros = 'a';
  EXPECT_NE(ours.prove_msg_server(server_nonce, client_nonce + epoch, a_and_zeros, ""),
            ours.prove_msg_server(server_nonce, client_nonce, 5, std::string("a\0\0\0\0\0\0\0", 8)));
  EXPECT_NE(ours.prove_login_server("ab", "c"), ours.prove_login_server("b", "ca"));
}

TEST_F(ClusterAuthTest, same_compares_the_whole) {
  EXPECT_TRUE(ClusterAuth::same("abc", "abc"));
  EXPECT_FALSE(ClusterAuth::same("abc", "abd"));
  EXPECT_FALSE(ClusterAuth::same("abc", "ab"));
  EXPECT_FALSE(ClusterAuth::same("", "a"));
}

TEST_F(ClusterAuthTest, nonces_are_fresh) {
  SystemRng rng;
  EXPECT_EQ(ClusterAuth::make_nonce(rng).size(), ClusterAuth::kNonceSize);
  EXPECT_NE(ClusterAuth::make_nonce(rng), ClusterAuth::make_nonce(rng));
}

TEST(ClusterKeyFile, hex_with_white_space_around_is_read) {
  for (const std::string& text : {kHex, kHex + "\n", "  " + kHex + "\r\n\n"}) {
    const Result<ClusterKey> key = KeyFile(text).load();
    ASSERT_TRUE(key.ok()) << key.message();
    for (size_t i = 0; i < 32; ++i) EXPECT_EQ(key.value().bytes[i], i);
  }
}

TEST(ClusterKeyFile, anything_else_is_refused_by_the_files_name) {
  for (const std::string& text : {std::string(), kHex.substr(1), kHex.substr(2), kHex + "00", kHex + "0",
                                  "g" + kHex.substr(1), kHex + " x", std::string(32, '\1')}) {
    const KeyFile file(text);
    const Result<ClusterKey> key = file.load();
    ASSERT_FALSE(key.ok()) << text;
    EXPECT_EQ(key.message(), file.path() + ": not a cluster key: 64 hex digits are expected");
  }
}

TEST(ClusterKeyFile, a_file_that_others_can_reach_is_refused) {
  for (const mode_t mode : {0640, 0604, 0620, 0602, 0666, 0777}) {
    const Result<ClusterKey> key = KeyFile(kHex, mode).load();
    ASSERT_FALSE(key.ok());
    EXPECT_NE(key.message().find("chmod 600"), std::string::npos);
  }
  EXPECT_TRUE(KeyFile(kHex, 0400).load().ok());
}

TEST(ClusterKeyFile, a_missing_file_or_a_directory_is_refused) {
  EXPECT_NE(ClusterKey::load("/nonexistent/cluster.key").message().find("no such file"), std::string::npos);
  std::string directory = "/tmp/cluster_key_XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const Result<ClusterKey> key = ClusterKey::load(directory);
  ASSERT_FALSE(key.ok());
  EXPECT_NE(key.message().find("regular file"), std::string::npos);
  ::rmdir(directory.c_str());
}

}  // namespace
}  // namespace talkbeat
