#include "msg_server/watchers.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace talkbeat {
namespace {

constexpr UserId kBob = 7;
constexpr UserId kCarol = 8;

ConnId conn(uint64_t number) {
  return ConnId{number};
}

/// In ascending order: they are visited in none.
std::vector<ConnId> watching(const Watchers& watchers, UserId about) {
  std::vector<ConnId> sessions;
  watchers.for_each(about, [&](ConnId id) { sessions.push_back(id); });
  std::ranges::sort(sessions);
  return sessions;
}

TEST(WatchersTest, each_session_that_watches_a_user_is_visited_once) {
  Watchers watchers(10);
  for (const uint64_t number : {3, 1, 2, 3, 1}) watchers.watch(conn(number), kBob);
  watchers.watch(conn(1), kCarol);
  EXPECT_EQ(watching(watchers, kBob), (std::vector{conn(1), conn(2), conn(3)}));
  EXPECT_EQ(watching(watchers, kCarol), (std::vector{conn(1)}));
  EXPECT_TRUE(watching(watchers, 9).empty());
}

TEST(WatchersTest, a_session_that_has_ended_watches_nobody) {
  Watchers watchers(10);
  for (const uint64_t number : {1, 2}) {
    watchers.watch(conn(number), kBob);
    watchers.watch(conn(number), kCarol);
  }
  watchers.forget(conn(1));
  watchers.forget(conn(1));
  EXPECT_EQ(watching(watchers, kBob), (std::vector{conn(2)}));
  watchers.forget(conn(2));
  EXPECT_FALSE(watchers.watched(kBob));
  EXPECT_EQ(watchers.watched_users(), 0u);
}

TEST(WatchersTest, a_session_watches_no_more_users_than_allowed) {
  Watchers watchers(2);
  for (UserId user = 5; user >= 1; --user) watchers.watch(conn(1), user);
  EXPECT_EQ(watchers.watched_users(), 2u);
  EXPECT_TRUE(watchers.watched(5));
  watchers.watch(conn(2), 1);
  EXPECT_EQ(watchers.watched_users(), 3u);
  watchers.forget(conn(1));
  EXPECT_EQ(watchers.watched_users(), 1u);
}

TEST(WatchersTest, sessions_may_be_forgotten_while_they_are_visited) {
  Watchers watchers(10);
  for (const uint64_t number : {1, 2, 3}) watchers.watch(conn(number), kBob);
  int visits = 0;
  watchers.for_each(kBob, [&](ConnId) {
    ++visits;
    for (const uint64_t number : {1, 2, 3}) watchers.forget(conn(number));
  });
  EXPECT_EQ(visits, 3);
  EXPECT_FALSE(watchers.watched(kBob));
}

TEST(WatchersTest, all_sessions_of_a_user_begin_to_watch_who_has_written_to_it) {
  Watchers watchers(10);
  UserDirectory users;
  users.add(kCarol, ClientClass::kPc, {{1, 1}, conn(1)});
  users.add(kCarol, ClientClass::kMobile, {{17, 1}, conn(2)});
  watchers.watch_by_all(users, kCarol, kBob);
  EXPECT_EQ(watching(watchers, kBob), (std::vector{conn(1), conn(2)}));
  watchers.watch_by_all(users, kCarol, kCarol);
  EXPECT_FALSE(watchers.watched(kCarol));
  watchers.watch_by_all(users, kBob, kCarol);  // who has no session here
  EXPECT_FALSE(watchers.watched(kCarol));
}

TEST(WatchersTest, many_sessions_that_watch_many_users_leave_in_any_order) {
  constexpr uint64_t kMany = 300;
  Watchers watchers(kMany);
  for (uint64_t number = 0; number < kMany; ++number) {
    for (UserId user = 0; user < kMany; ++user) watchers.watch(conn(number), user);
  }
  std::vector<ConnId> left;
  for (uint64_t number = 0; number < kMany; ++number) {
    if (number % 3 == 1) left.push_back(conn(number));
    if (number % 3 == 0) watchers.forget(conn(number));
  }
  for (uint64_t number = kMany; number-- > 0;) {
    if (number % 3 == 2) watchers.forget(conn(number));
  }
  for (UserId user = 0; user < kMany; ++user) ASSERT_EQ(watching(watchers, user), left);
  for (const ConnId id : left) watchers.forget(id);
  EXPECT_EQ(watchers.watched_users(), 0u);
}

// A naive table says what it has to be, over a long row of random changes.
TEST(WatchersTest, it_agrees_with_a_naive_table) {
  Watchers watchers(1'000);
  std::vector<std::vector<bool>> naive(20, std::vector<bool>(30));
  uint32_t seed = 1;
  const auto random = [&seed](uint32_t below) { return (seed = seed * 1'664'525 + 1'013'904'223) / 65'536 % below; };
  for (int step = 0; step < 5'000; ++step) {
    const uint32_t who = random(20);
    if (random(50) == 0) {
      watchers.forget(conn(who));
      naive[who].assign(30, false);
    } else {
      const uint32_t user = random(30);
      watchers.watch(conn(who), user);
      naive[who][user] = true;
    }
  }
  for (UserId user = 0; user < 30; ++user) {
    std::vector<ConnId> expected;
    for (uint32_t who = 0; who < 20; ++who) {
      if (naive[who][user]) expected.push_back(conn(who));
    }
    EXPECT_EQ(watching(watchers, user), expected);
  }
}

}  // namespace
}  // namespace talkbeat
