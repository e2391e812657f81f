#include "login_server/recent_relays.h"

#include <gtest/gtest.h>

#include <vector>

namespace talkbeat::login {
namespace {

constexpr auto kServer = ServerId{7};
using Users = std::vector<uint32_t>;

class RecentRelaysTest : public testing::Test {
 protected:
  // The sizes of what the user would get: each relay in a test has its own.
  std::vector<size_t> kept_for(uint32_t user, Tick now) {
    std::vector<size_t> sizes;
    recent.for_each(user, now, [&](ServerId from, const SharedBytes& pdu) {
      EXPECT_EQ(from, kServer);
      sizes.push_back(pdu.size());
    });
    return sizes;
  }
  void add(Tick now, const Users& users, size_t size) { recent.add(now, kServer, users, SharedBytes(size)); }

  RecentRelays recent{{.keep_ms = 1'000, .max_relays = 3, .max_bytes = 100}};
};

TEST_F(RecentRelaysTest, a_user_gets_what_names_them_oldest_first) {
  add(0, {1, 2}, 10);
  add(1, {3}, 11);
  add(2, {2, 3}, 12);
  EXPECT_EQ(kept_for(2, 5), (std::vector<size_t>{10, 12}));
  EXPECT_EQ(kept_for(1, 5), (std::vector<size_t>{10}));
  EXPECT_EQ(kept_for(9, 5), std::vector<size_t>());
}

TEST_F(RecentRelaysTest, what_is_older_than_a_moment_is_forgotten) {
  add(0, {1}, 10);
  add(500, {1}, 11);
  EXPECT_EQ(kept_for(1, 999).size(), 2u);
  EXPECT_EQ(kept_for(1, 1'000), (std::vector<size_t>{11}));
  EXPECT_EQ(kept_for(1, 1'500), std::vector<size_t>());
  EXPECT_EQ(recent.size(), 0u);
}

TEST_F(RecentRelaysTest, the_oldest_make_room) {
  for (size_t size = 10; size < 15; ++size) add(0, {1}, size);
  EXPECT_EQ(kept_for(1, 1), (std::vector<size_t>{12, 13, 14}));
  add(2, {1}, 90);
  EXPECT_EQ(kept_for(1, 3), (std::vector<size_t>{90}));
}

TEST_F(RecentRelaysTest, a_user_named_twice_gets_it_twice_and_it_is_forgotten_whole) {
  add(0, {1, 1}, 10);
  EXPECT_EQ(kept_for(1, 1).size(), 2u);
  EXPECT_EQ(kept_for(1, 1'000).size(), 0u);
}

}  // namespace
}  // namespace talkbeat::login
