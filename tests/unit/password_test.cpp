#include "msg_server/password.h"

#include <gtest/gtest.h>

#include "base/wire_password.h"

namespace talkbeat {
namespace {

constexpr PasswordCost kCheap{.operations = 1, .memory_bytes = 64 << 10};

TEST(PasswordTest, a_hash_knows_its_own_secret_and_no_other) {
  const std::string hash = hash_password("secret", kCheap);
  EXPECT_TRUE(hash.starts_with("$argon2id$"));
  EXPECT_TRUE(verify_password(hash, "secret"));
  EXPECT_FALSE(verify_password(hash, "Secret"));
  EXPECT_FALSE(verify_password(hash, ""));
}

TEST(PasswordTest, what_is_no_hash_knows_no_secret) {
  for (const char* none :
       {"", "secret", "$argon2id$", "$teamtalk$", "$teamtalk$$", "$teamtalk$zz$0123",
        "$teamtalk$3$5ebe2294ecd0e0f08eab7690d2a6ee69", "$teamtalk$5ebe2294ecd0e0f08eab7690d2a6ee69"}) {
    EXPECT_FALSE(verify_password(none, "secret"));
    EXPECT_FALSE(verify_password(none, ""));
  }
  EXPECT_FALSE(verify_password(std::string(1'000, '$'), "secret"));
}

// md5(md5("secret") + "ab12"), computed elsewhere.
TEST(PasswordTest, an_old_hash_is_the_md5_of_what_clients_send_and_the_salt) {
  const std::string secret = wire_password("secret");
  const auto hash = teamtalk_hash("c2daef79d17aede7189b283d47d6b92b", "ab12");
  ASSERT_TRUE(hash);
  EXPECT_EQ(*hash, "$teamtalk$61623132$c2daef79d17aede7189b283d47d6b92b");
  EXPECT_TRUE(verify_password(*hash, secret));
  EXPECT_FALSE(verify_password(*hash, wire_password("Secret")));
  EXPECT_FALSE(verify_password(*hash, secret + "ab12"));
  EXPECT_FALSE(verify_password(*teamtalk_hash("c2daef79d17aede7189b283d47d6b92b", "ab13"), secret));
}

TEST(PasswordTest, a_salt_may_have_any_bytes_or_none) {
  for (const std::string& salt :
       {std::string(), std::string("$a$\0", 4), std::string("\xff\n'\\"), std::string(300, 'x')}) {
    const auto hash = teamtalk_hash(wire_password("x" + salt), salt);
    ASSERT_TRUE(hash);
    EXPECT_TRUE(verify_password(*hash, "x"));
    EXPECT_FALSE(verify_password(*hash, "y"));
  }
}

TEST(PasswordTest, digits_in_capitals_are_the_same_and_what_is_no_md5_makes_no_hash) {
  EXPECT_EQ(teamtalk_hash("5EBE2294ECD0E0F08EAB7690D2A6EE69", "s"),
            teamtalk_hash("5ebe2294ecd0e0f08eab7690d2a6ee69", "s"));
  for (const char* none : {"", "5ebe2294ecd0e0f08eab7690d2a6ee6", "5ebe2294ecd0e0f08eab7690d2a6ee69a",
                           "5ebe2294ecd0e0f08eab7690d2a6ee6g", "plaintext"}) {
    EXPECT_FALSE(teamtalk_hash(none, "s"));
  }
}

TEST(PasswordTest, the_right_password_against_an_old_hash_gives_a_better_one) {
  const std::string decoy = hash_password("nobody", kCheap);
  const std::string old = *teamtalk_hash(wire_password("secret1234"), "1234");
  const PasswordCheck right = check_login_password(old, "secret", decoy, kCheap);
  EXPECT_TRUE(right.right);
  EXPECT_TRUE(right.better_hash.starts_with("$argon2id$"));
  EXPECT_TRUE(verify_password(right.better_hash, "secret"));
  const PasswordCheck wrong = check_login_password(old, "nobody", decoy, kCheap);
  EXPECT_FALSE(wrong.right);
  EXPECT_TRUE(wrong.better_hash.empty());
  const PasswordCheck modern = check_login_password(right.better_hash, "secret", decoy, kCheap);
  EXPECT_TRUE(modern.right);
  EXPECT_TRUE(modern.better_hash.empty());
}

}  // namespace
}  // namespace talkbeat
