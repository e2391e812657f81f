#include "msg_server/session_token.h"

#include <gtest/gtest.h>

#include <set>

namespace talkbeat {
namespace {

constexpr int64_t kNow = 1'699'000'000;

ClusterKey key_of(unsigned char first) {
  ClusterKey key;
  for (size_t i = 0; i < key.bytes.size(); ++i) key.bytes[i] = static_cast<unsigned char>(first + i);
  return key;
}

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    text.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return text;
}

class SessionTokenTest : public ::testing::Test {
 protected:
  void expect_forged(const std::string& token_given, const std::string& name = "alice") const {
    const auto checked = tokens.verify(token_given, name, kNow);
    ASSERT_TRUE(std::holds_alternative<TokenFault>(checked)) << hex(token_given) << " of " << name;
    EXPECT_EQ(std::get<TokenFault>(checked), TokenFault::kForged);
  }

  const TokenClaims claims{0x01020304, ClientClass::kMobile, 7, 1'700'000'000};
  const SessionTokens tokens{key_of(0)};
  const std::string token = tokens.issue("alice", claims);
};

TEST_F(SessionTokenTest, a_token_says_what_it_was_made_of_on_every_server_with_the_key) {
  for (const SessionTokens& server : {tokens, SessionTokens(key_of(0))}) {
    const auto checked = server.verify(token, "alice", kNow);
    ASSERT_TRUE(std::holds_alternative<TokenClaims>(checked));
    EXPECT_EQ(std::get<TokenClaims>(checked), claims);
  }
}

// Worked out with another implementation of BLAKE2b: tokens that clients hold must outlive an upgrade.
TEST_F(SessionTokenTest, the_bytes_are_these) {
  EXPECT_EQ(hex(token), "0101040302010700000000f1536539dc005f3fb9f2b0368ea92eb8e7576351967d2534e5ff08cd4d8c252ecd7718");
  EXPECT_EQ(token.size(), SessionTokens::kSize);
}

TEST_F(SessionTokenTest, every_altered_bit_is_noticed) {
  for (size_t at = 0; at < token.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string altered = token;
      altered[at] = static_cast<char>(altered[at] ^ 1 << bit);
      expect_forged(altered);
    }
  }
}

TEST_F(SessionTokenTest, every_other_length_is_refused) {
  for (size_t length = 0; length < token.size(); ++length) expect_forged(token.substr(0, length));
  for (const size_t more : {1u, 32u, 16'000u}) expect_forged(token + std::string(more, '\0'));
  expect_forged(token + token);
  expect_forged(std::string(SessionTokens::kSize, '\0'));
}

TEST_F(SessionTokenTest, it_is_worth_nothing_under_another_name) {
  for (const std::string& name : {std::string("bob"), std::string("Alice"), std::string("alice "), std::string(),
                                  std::string("alic"), std::string("alice\0", 6)}) {
    expect_forged(token, name);
  }
}

TEST_F(SessionTokenTest, it_is_worth_nothing_to_another_cluster) {
  const auto checked = SessionTokens(key_of(1)).verify(token, "alice", kNow);
  ASSERT_TRUE(std::holds_alternative<TokenFault>(checked));
  EXPECT_EQ(std::get<TokenFault>(checked), TokenFault::kForged);
}

TEST_F(SessionTokenTest, it_ends_in_the_second_that_it_says) {
  EXPECT_TRUE(std::holds_alternative<TokenClaims>(tokens.verify(token, "alice", claims.expires - INT64_C(1))));
  for (const int64_t late : {INT64_C(0), INT64_C(1), INT64_C(1) << 32, INT64_C(1) << 62}) {
    const auto checked = tokens.verify(token, "alice", claims.expires + late);
    ASSERT_TRUE(std::holds_alternative<TokenFault>(checked));
    EXPECT_EQ(std::get<TokenFault>(checked), TokenFault::kExpired);
  }
}

TEST_F(SessionTokenTest, whatever_differs_in_it_makes_another_token) {
  std::set<std::string> all{token, tokens.issue("bob", claims)};
  TokenClaims other = claims;
  other.user = 1;
  all.insert(tokens.issue("alice", other));
  other = claims;
  other.client_class = ClientClass::kPc;
  all.insert(tokens.issue("alice", other));
  other = claims;
  other.token_version = 8;
  all.insert(tokens.issue("alice", other));
  other = claims;
  other.expires += 1;
  all.insert(tokens.issue("alice", other));
  EXPECT_EQ(all.size(), 6u);
}

}  // namespace
}  // namespace talkbeat
