#include "login_server/presence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace talkbeat::login {
namespace {

constexpr uint32_t kWindows = 0x01;
constexpr uint32_t kMac = 0x02;
constexpr uint32_t kAndroid = 0x12;
constexpr ServerId kA{1};
constexpr ServerId kB{2};

class PresenceTest : public testing::Test {
 protected:
  PresenceTest() {
    presence_.add_server(kA, "msg_server_a");
    presence_.add_server(kB, "msg_server_b");
  }
  std::optional<KickVerdict> online(ServerId server, uint32_t user, uint64_t stamp, uint32_t type = kWindows) {
    return presence_.online({user, type, stamp, server});
  }
  ServerId holder(uint32_t user, ClientClass client_class = ClientClass::kPc) const {
    const Session* session = presence_.find(user, client_class);
    return session != nullptr ? session->server : ServerId::kNone;
  }

  Presence presence_;
};

TEST_F(PresenceTest, a_user_is_where_it_logged_in) {
  EXPECT_FALSE(online(kA, 7, 1));
  EXPECT_EQ(holder(7), kA);
  EXPECT_EQ(holder(7, ClientClass::kMobile), ServerId::kNone);
  EXPECT_EQ(presence_.users(), 1u);
}

TEST_F(PresenceTest, the_classes_do_not_disturb_each_other) {
  EXPECT_FALSE(online(kA, 7, 1, kWindows));
  EXPECT_FALSE(online(kB, 7, 2, kAndroid));
  EXPECT_EQ(holder(7, ClientClass::kPc), kA);
  EXPECT_EQ(holder(7, ClientClass::kMobile), kB);
  EXPECT_EQ(presence_.users(), 1u);
  EXPECT_EQ(presence_.sessions(), 2u);
}

TEST_F(PresenceTest, the_later_login_wins_and_the_older_server_is_told_to_kick) {
  online(kA, 7, 10);
  const auto verdict = online(kB, 7, 11, kMac);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->loser, kA);
  EXPECT_EQ(verdict->user_id, 7u);
  EXPECT_EQ(verdict->client_type, kWindows);
  EXPECT_EQ(verdict->before_stamp, 11u);
  EXPECT_EQ(holder(7), kB);
}

TEST_F(PresenceTest, a_newcomer_with_a_lower_stamp_is_the_one_to_kick) {
  online(kA, 7, 11);
  const auto verdict = online(kB, 7, 10);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->loser, kB);
  EXPECT_EQ(verdict->before_stamp, 11u);
  EXPECT_EQ(holder(7), kA);
}

TEST_F(PresenceTest, equal_stamps_are_decided_by_the_name_whatever_comes_first) {
  online(kA, 7, 10);
  auto verdict = online(kB, 7, 10);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->loser, kA);
  EXPECT_EQ(verdict->before_stamp, 11u) << "the loser's session must be below it";
  online(kB, 8, 10);
  verdict = online(kA, 8, 10);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->loser, kA);
  EXPECT_EQ(holder(8), kB);
}

TEST_F(PresenceTest, a_logout_counts_only_from_the_holder) {
  online(kA, 7, 10);
  online(kB, 7, 11);
  EXPECT_FALSE(presence_.offline(kA, 7, ClientClass::kPc, 10)) << "the kicked session's end";
  EXPECT_EQ(holder(7), kB);
  EXPECT_TRUE(presence_.offline(kB, 7, ClientClass::kPc, 11));
  EXPECT_EQ(holder(7), ServerId::kNone);
  EXPECT_EQ(presence_.users(), 0u);
}

TEST_F(PresenceTest, the_end_of_an_older_session_of_the_same_server_does_not_count) {
  online(kA, 7, 10);
  EXPECT_FALSE(online(kA, 7, 11));
  EXPECT_FALSE(presence_.offline(kA, 7, ClientClass::kPc, 10));
  EXPECT_EQ(presence_.find(7, ClientClass::kPc)->login_stamp, 11u);
}

TEST_F(PresenceTest, a_lost_servers_users_are_offline_at_once) {
  for (uint32_t user = 1; user <= 100; ++user) online(kA, user, 1);
  for (uint32_t user = 51; user <= 150; ++user) online(kB, user, 2);
  presence_.remove_server(kA);
  EXPECT_EQ(presence_.users(), 100u);
  EXPECT_EQ(holder(50), ServerId::kNone);
  EXPECT_EQ(holder(51), kB) << "it had moved";
  EXPECT_EQ(presence_.sessions_of(kB), 100u);
}

TEST_F(PresenceTest, only_net_changes_are_told) {
  online(kA, 1, 1);
  online(kA, 2, 1);
  EXPECT_EQ(presence_.take_changes().size(), 2u);
  EXPECT_FALSE(presence_.changed());

  presence_.offline(kA, 1, ClientClass::kPc, 1);  // goes and comes back as it was
  online(kA, 1, 1);
  online(kA, 3, 1);  // comes and goes
  presence_.offline(kA, 3, ClientClass::kPc, 1);
  online(kB, 2, 2);  // moves
  const auto changes = presence_.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].before->server, kA);
  EXPECT_EQ(changes[0].now->server, kB);
}

// Several login_servers hear the same logins in any order, and have to agree.
TEST_F(PresenceTest, the_order_of_arrival_does_not_change_the_outcome) {
  std::mt19937 random(17);
  for (int round = 0; round < 200; ++round) {
    std::vector<Session> logins;
    for (uint64_t server = 1; server <= 4; ++server) logins.push_back({1, kWindows, random() % 3, ServerId{server}});
    std::optional<ServerId> first_outcome;
    std::ranges::sort(logins, {}, &Session::server);
    do {
      Presence presence;
      for (uint64_t server = 1; server <= 4; ++server) {
        presence.add_server(ServerId{server}, std::string(1, static_cast<char>('a' + server)));
      }
      for (const Session& login : logins) presence.online(login);
      const ServerId outcome = presence.find(1, ClientClass::kPc)->server;
      if (!first_outcome) first_outcome = outcome;
      ASSERT_EQ(outcome, *first_outcome);
    } while (std::ranges::next_permutation(logins, {}, &Session::server).found);
  }
}

// Against a simple model, so that the places in the servers' lists stay right.
TEST_F(PresenceTest, many_random_steps_keep_the_counts_right) {
  std::mt19937 random(42);
  for (int step = 0; step < 20'000; ++step) {
    const ServerId server{1 + random() % 2};
    const auto user = static_cast<uint32_t>(random() % 50);
    const uint32_t type = random() % 2 != 0 ? kWindows : kAndroid;
    switch (random() % 20) {
      case 0:
        presence_.remove_server(server);
        presence_.add_server(server, server == kA ? "msg_server_a" : "msg_server_b");
        break;
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
      case 6:
        presence_.offline(server, user, class_of(type), random() % 100);
        break;
      default:
        presence_.online({user, type, random() % 100, server});
    }
    size_t users = 0;
    size_t on_a = 0;
    for (uint32_t id = 0; id < 50; ++id) {
      users += holder(id) != ServerId::kNone || holder(id, ClientClass::kMobile) != ServerId::kNone;
      on_a += holder(id) == kA;
      on_a += holder(id, ClientClass::kMobile) == kA;
    }
    ASSERT_EQ(presence_.users(), users);
    ASSERT_EQ(presence_.sessions_of(kA), on_a);
  }
}

}  // namespace
}  // namespace talkbeat::login
