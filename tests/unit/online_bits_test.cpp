#include "msg_server/online_bits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace talkbeat {
namespace {

constexpr ClientClass kPc = ClientClass::kPc;
constexpr ClientClass kMobile = ClientClass::kMobile;

std::vector<UserId> users_of(const OnlineBits& online) {
  std::vector<UserId> users;
  online.for_each([&users](UserId user) { users.push_back(user); });
  std::ranges::sort(users);
  return users;
}

TEST(OnlineBits, both_classes_of_a_user_are_told_apart) {
  OnlineBits online;
  online.set(7, kPc, true);
  online.set(8, kMobile, true);
  EXPECT_EQ(online.of(7), (Presence{.pc = true, .mobile = false}));
  EXPECT_EQ(online.of(8), (Presence{.pc = false, .mobile = true}));
  EXPECT_EQ(online.of(6), Presence{});
}

TEST(OnlineBits, the_ends_of_words_and_chunks_and_the_largest_id_are_places_like_others) {
  OnlineBits online;
  const std::vector<UserId> users{0, 63, 64, 255, 256, 1'000'000, UINT32_MAX};
  for (const UserId user : users) online.set(user, kPc, true);
  EXPECT_EQ(users_of(online), users);
  for (const UserId user : users) EXPECT_FALSE(online.of(user ^ 1).online());
}

TEST(OnlineBits, whoever_has_both_classes_is_visited_once) {
  OnlineBits online;
  online.set(7, kPc, true);
  online.set(7, kMobile, true);
  EXPECT_EQ(users_of(online), std::vector<UserId>{7});
}

TEST(OnlineBits, chunks_without_anybody_are_given_back) {
  OnlineBits online;
  online.set(7, kPc, true);
  online.set(9'999, kPc, true);
  EXPECT_EQ(online.chunks().size(), 2u);
  online.set(7, kPc, false);
  online.set(7, kMobile, false);
  online.set(123'456, kPc, false);
  EXPECT_EQ(online.chunks().size(), 1u);
}

TEST(OnlineBits, whoever_is_in_one_of_two_is_in_their_sum) {
  OnlineBits online;
  online.set(7, kPc, true);
  OnlineBits other;
  other.set(7, kMobile, true);
  other.set(9'999, kPc, true);
  online.add(other);
  EXPECT_EQ(users_of(online), (std::vector<UserId>{7, 9'999}));
  EXPECT_EQ(online.of(7), (Presence{.pc = true, .mobile = true}));
}

TEST(OnlineBits, whoever_is_in_the_other_one_is_taken_out_class_by_class) {
  OnlineBits online;
  online.set(7, kPc, true);
  online.set(7, kMobile, true);
  online.set(9'999, kPc, true);
  OnlineBits other;
  for (const UserId user : {7u, 300u, 9'999u}) other.set(user, kPc, true);
  online.remove(other);
  EXPECT_EQ(online.of(7), (Presence{.pc = false, .mobile = true}));
  EXPECT_EQ(online.chunks().size(), 1u);
}

TEST(OnlineBits, a_million_users_in_a_row_need_a_chunk_for_each_256_of_them) {
  OnlineBits online;
  for (UserId user = 0; user < 1'000'000; ++user) online.set(user, kPc, true);
  EXPECT_EQ(online.chunks().size(), 1'000'000u / 256 + 1);
  EXPECT_EQ(sizeof(OnlineBits::Chunk), 64u);
}

}  // namespace
}  // namespace talkbeat
