#include "msg_server/user_directory.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace talkbeat {
namespace {

constexpr ClientClass kPc = ClientClass::kPc;
constexpr ClientClass kMobile = ClientClass::kMobile;

LocalSession session(uint64_t conn, uint64_t stamp = 1) {
  return {{1, stamp}, ConnId{conn}};
}

std::vector<UserId> reported_by(const UserDirectory& users, size_t source) {
  std::vector<UserId> reported;
  users.for_each_remote(source, [&reported](UserId user) { reported.push_back(user); });
  std::ranges::sort(reported);
  return reported;
}

TEST(UserDirectory, the_class_is_the_high_half_of_the_client_type) {
  EXPECT_EQ(class_of(0x01), kPc);
  EXPECT_EQ(class_of(0x02), kPc);
  EXPECT_EQ(class_of(0x11), kMobile);
  EXPECT_EQ(class_of(0x12), kMobile);
  EXPECT_EQ(class_of(0x21), std::nullopt);
}

TEST(UserDirectory, a_second_session_of_a_class_puts_the_first_out) {
  UserDirectory users;
  EXPECT_FALSE(users.add(7, kPc, session(1)));
  EXPECT_FALSE(users.add(7, kMobile, session(2)));
  const auto older = users.add(7, kPc, session(3));
  ASSERT_TRUE(older);
  EXPECT_EQ(older->conn, ConnId{1});
  EXPECT_EQ(users.local(7, kPc)->conn, ConnId{3});
  EXPECT_EQ(users.local_users(), 1u);
}

TEST(UserDirectory, only_the_connection_that_holds_a_place_gives_it_back) {
  UserDirectory users;
  users.add(7, kPc, session(1));
  EXPECT_FALSE(users.remove(7, kPc, ConnId{2}));
  EXPECT_FALSE(users.remove(7, kMobile, ConnId{1}));
  EXPECT_TRUE(users.remove(7, kPc, ConnId{1}));
  EXPECT_FALSE(users.remove(7, kPc, ConnId{1}));
  EXPECT_EQ(users.local_users(), 0u);
}

TEST(UserDirectory, a_user_is_online_while_any_source_says_so) {
  UserDirectory users;
  users.remote_online(1, 7, kPc, {});
  users.remote_online(0, 7, kPc, {});
  users.remote_offline(0, 7, kPc);
  EXPECT_TRUE(users.presence(7).pc);
  EXPECT_FALSE(users.presence(7).mobile);
  users.remote_offline(1, 7, kPc);
  EXPECT_FALSE(users.presence(7).online());
}

TEST(UserDirectory, what_a_lost_source_has_said_is_void) {
  UserDirectory users;
  users.add(7, kMobile, session(1));
  users.remote_online(1, 7, kPc, {});
  users.remote_online(1, 8, kPc, {});
  EXPECT_EQ(reported_by(users, 1), (std::vector<UserId>{7, 8}));
  users.forget_source(1);
  EXPECT_EQ(users.presence(7), (Presence{.pc = false, .mobile = true}));
  EXPECT_FALSE(users.presence(8).online());
  EXPECT_TRUE(reported_by(users, 1).empty());
}

TEST(UserDirectory, what_is_kept_of_a_lost_source_counts_until_it_is_forgotten) {
  UserDirectory users;
  users.remote_online(1, 7, kPc, {1, 9});
  users.keep_source(1);
  EXPECT_TRUE(reported_by(users, 1).empty());
  EXPECT_TRUE(users.presence(7).pc);
  EXPECT_FALSE(users.sure_presence(7).online());
  EXPECT_TRUE(users.elsewhere(7));
  EXPECT_EQ(users.online_after(0, 10), std::vector<UserId>{7});
  int sessions = 0;
  users.for_each_session(7, [&](ClientClass, const SessionInfo&, bool here) { sessions += here ? 0 : 1; });
  EXPECT_EQ(sessions, 1);
  users.forget_kept();
  EXPECT_TRUE(users.presence(7).online()) << "what was kept before the call before";
  EXPECT_TRUE(users.keeps_any());
  users.forget_kept();
  EXPECT_FALSE(users.keeps_any());
  EXPECT_FALSE(users.presence(7).online());
  EXPECT_FALSE(users.elsewhere(7));
  EXPECT_EQ(users.online_users(), 0u);
}

TEST(UserDirectory, what_is_newer_than_what_is_kept_ends_it_for_that_user_and_class) {
  UserDirectory users;
  for (const UserId user : {7u, 8u, 9u}) users.remote_online(1, user, kPc, {});
  users.remote_online(1, 9, kMobile, {});
  users.keep_source(1);
  users.remote_offline(5, 7, kPc);
  EXPECT_FALSE(users.presence(7).online());
  users.remote_online(0, 8, kPc, {});
  users.remote_offline(0, 8, kPc);
  EXPECT_FALSE(users.presence(8).online());
  users.add(9, kPc, session(1));
  users.remove(9, kPc, ConnId{1});
  EXPECT_EQ(users.presence(9), (Presence{.pc = false, .mobile = true}));
}

TEST(UserDirectory, of_those_who_are_here_nothing_is_kept) {
  UserDirectory users;
  users.remote_online(1, 7, kPc, {});
  users.remote_online(1, 7, kMobile, {});
  users.add(7, kPc, session(1));  // and the login_server cannot say any more that the other one has gone
  users.keep_source(1);
  users.remove(7, kPc, ConnId{1});
  EXPECT_EQ(users.presence(7), (Presence{.pc = false, .mobile = true}));
}

TEST(UserDirectory, what_nobody_has_said_can_be_taken_back_without_harm) {
  UserDirectory users;
  users.remote_offline(5, 7, kPc);
  users.forget_source(5);
  users.keep_source(5);
  EXPECT_TRUE(reported_by(users, 5).empty());
  EXPECT_EQ(users.online_users(), 0u);
}

TEST(UserDirectory, past_the_bound_of_details_it_is_known_of_a_session_that_it_is_there) {
  UserDirectory users(1);
  users.remote_online(0, 7, kPc, {1, 9});
  users.remote_online(0, 8, kPc, {2, 9});
  EXPECT_TRUE(users.presence(8).pc);
  EXPECT_EQ(users.online_users(), 2u);
  const auto stamps = [&users](UserId user) {
    std::vector<uint64_t> seen;
    users.for_each_session(user, [&](ClientClass, const SessionInfo& info, bool) { seen.push_back(info.login_stamp); });
    return seen;
  };
  EXPECT_EQ(stamps(7), std::vector<uint64_t>{9});
  EXPECT_EQ(stamps(8), std::vector<uint64_t>{0});
  users.remote_online(0, 7, kPc, {1, 10});  // whoever is known stays known
  EXPECT_EQ(stamps(7), std::vector<uint64_t>{10});
  users.remote_offline(0, 7, kPc);
  users.remote_online(0, 8, kPc, {2, 11});
  EXPECT_EQ(stamps(8), std::vector<uint64_t>{11});
}

TEST(UserDirectory, a_session_here_stands_before_one_elsewhere_of_which_nothing_is_known) {
  UserDirectory users(0);
  users.add(7, kPc, session(1));
  users.remote_online(0, 7, kPc, {1, 9});
  bool is_here = false;
  users.for_each_session(7, [&](ClientClass, const SessionInfo&, bool here) { is_here = here; });
  EXPECT_TRUE(is_here);
}

TEST(UserDirectory, a_user_with_two_sessions_here_counts_once) {
  UserDirectory users;
  users.add(7, kPc, session(1));
  users.add(7, kMobile, session(2));
  users.remove(7, kPc, ConnId{1});
  EXPECT_EQ(users.local_users(), 1u);
  EXPECT_EQ(users.presence(7), (Presence{.pc = false, .mobile = true}));
  users.remove(7, kMobile, ConnId{2});
  EXPECT_EQ(users.local_users(), 0u);
  EXPECT_EQ(users.online_users(), 0u);
}

TEST(UserDirectory, a_visit_may_remove_what_is_visited) {
  UserDirectory users;
  users.add(7, kPc, session(1));
  users.add(7, kMobile, session(2));
  int visits = 0;
  users.for_each_local(7, [&](ClientClass client_class, const LocalSession& local) {
    ++visits;
    users.remove(7, client_class, local.conn);
  });
  EXPECT_EQ(visits, 2);
  EXPECT_EQ(users.local_users(), 0u);
}

TEST(UserDirectory, the_sessions_of_a_user_here_are_counted) {
  UserDirectory users;
  EXPECT_EQ(users.sessions_here(7), 0u);
  users.add(7, ClientClass::kMobile, {{17, 1}, ConnId(1)});
  EXPECT_EQ(users.sessions_here(7), 1u);
  users.add(7, ClientClass::kPc, {{1, 1}, ConnId(2)});
  users.add(7, ClientClass::kPc, {{1, 2}, ConnId(3)});
  users.remote_online(0, 7, ClientClass::kPc, {1, 3});
  EXPECT_EQ(users.sessions_here(7), 2u);
  users.remove(7, ClientClass::kMobile, ConnId(1));
  EXPECT_EQ(users.sessions_here(7), 1u);
}

TEST(UserDirectory, all_local_sessions_are_visited_with_their_user_and_class) {
  UserDirectory users;
  users.add(7, kPc, session(1));
  users.add(8, kMobile, session(2));
  users.remote_online(0, 9, kPc, {});
  uint32_t sum = 0;
  users.for_all_local([&](UserId user, ClientClass client_class, const LocalSession&) {
    EXPECT_EQ(client_class, user == 7 ? kPc : kMobile);
    sum += user;
  });
  EXPECT_EQ(sum, 15u);
}

TEST(UserDirectory, sessions_are_listed_once_a_class_wherever_they_are) {
  UserDirectory users;
  users.add(7, kPc, session(1));
  users.remote_online(0, 7, kMobile, {0x11, 5});
  users.remote_online(1, 7, kMobile, {0x12, 6});  // the other login_server knows the newer one
  users.remote_online(0, 7, kPc, {0x01, 1'000});  // has just moved there
  std::vector<std::string> seen;
  users.for_each_session(7, [&](ClientClass client_class, const SessionInfo& info, bool here) {
    seen.push_back(std::to_string(static_cast<int>(client_class)) + " " + std::to_string(info.login_stamp) +
                   (here ? " here" : " elsewhere"));
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"0 1000 elsewhere", "1 6 elsewhere"}));
}

TEST(UserDirectory, users_online_come_in_pages_by_id) {
  UserDirectory users;
  for (const UserId user : {9u, 3u, 5u}) users.add(user, kPc, session(user));
  for (const UserId user : {5u, 4u, 8u}) users.remote_online(0, user, kMobile, {});
  for (const UserId user : {4u, 2u}) users.remote_online(1, user, kMobile, {});
  EXPECT_EQ(users.online_users(), 6u);
  EXPECT_EQ(users.online_after(0, 100), (std::vector<UserId>{2, 3, 4, 5, 8, 9}));
  EXPECT_EQ(users.online_after(0, 2), (std::vector<UserId>{2, 3}));
  EXPECT_EQ(users.online_after(3, 3), (std::vector<UserId>{4, 5, 8}));
  EXPECT_EQ(users.online_after(9, 3), std::vector<UserId>{});
}

}  // namespace
}  // namespace talkbeat
