#include "msg_server/login_throttle.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

constexpr LoginThrottle::Limits kLimits{
    .failures_per_account = 3, .failures_per_address = 5, .forget_after_ms = 1'000, .max_entries = 4};

TEST(LoginThrottle, an_account_without_failures_does_not_wait) {
  LoginThrottle throttle(kLimits);
  EXPECT_EQ(throttle.wait_ms("alice", "192.0.2.1", 0), 0);
  EXPECT_EQ(throttle.entries(), 0u);
}

TEST(LoginThrottle, an_account_waits_after_its_last_allowed_failure_whatever_the_address) {
  LoginThrottle throttle(kLimits);
  throttle.failed("alice", "192.0.2.1", 0);
  throttle.failed("alice", "192.0.2.2", 0);
  EXPECT_EQ(throttle.wait_ms("alice", "192.0.2.9", 0), 0);
  throttle.failed("alice", "192.0.2.3", 100);
  EXPECT_EQ(throttle.wait_ms("alice", "192.0.2.9", 100), 1'000);
  EXPECT_EQ(throttle.wait_ms("bob", "192.0.2.9", 100), 0);
}

TEST(LoginThrottle, an_address_waits_after_failures_for_many_accounts) {
  LoginThrottle throttle({.failures_per_account = 3, .failures_per_address = 5, .forget_after_ms = 1'000});
  for (int i = 0; i < 5; ++i) throttle.failed("user" + std::to_string(i), "192.0.2.1", 0);
  EXPECT_EQ(throttle.wait_ms("alice", "192.0.2.1", 0), 1'000);
  EXPECT_EQ(throttle.wait_ms("alice", "192.0.2.2", 0), 0);
}

TEST(LoginThrottle, failures_at_what_is_no_account_count_for_the_address_alone) {
  LoginThrottle throttle({.failures_per_account = 1, .failures_per_address = 2, .forget_after_ms = 1'000});
  throttle.address_failed("192.0.2.1", 0);
  EXPECT_EQ(throttle.entries(), 1u);
  EXPECT_EQ(throttle.address_wait_ms("192.0.2.1", 0), 0);
  throttle.address_failed("192.0.2.1", 0);
  EXPECT_EQ(throttle.address_wait_ms("192.0.2.1", 0), 1'000);
  EXPECT_EQ(throttle.address_wait_ms("192.0.2.2", 0), 0);
}

TEST(LoginThrottle, all_addresses_of_an_ipv6_network_wait_together) {
  LoginThrottle throttle({.failures_per_account = 100, .failures_per_address = 5, .forget_after_ms = 1'000});
  for (int i = 0; i < 5; ++i) throttle.failed("user", "2001:db8::" + std::to_string(i), 0);
  EXPECT_EQ(throttle.wait_ms("alice", "2001:db8::ffff:1", 0), 1'000);
  EXPECT_EQ(throttle.wait_ms("alice", "2001:db8:0:1::1", 0), 0);
}

TEST(LoginThrottle, the_wait_shrinks_and_then_the_count_begins_anew) {
  LoginThrottle throttle(kLimits);
  for (int i = 0; i < 3; ++i) throttle.failed("alice", "192.0.2.1", 0);
  EXPECT_EQ(throttle.wait_ms("alice", "192.0.2.2", 999), 1);
  EXPECT_EQ(throttle.wait_ms("alice", "192.0.2.2", 1'000), 0);
  throttle.failed("alice", "192.0.2.1", 1'000);
  EXPECT_EQ(throttle.wait_ms("alice", "192.0.2.2", 1'000), 0);
}

TEST(LoginThrottle, a_success_clears_the_account_and_not_the_address) {
  LoginThrottle throttle({.failures_per_account = 3, .failures_per_address = 3, .forget_after_ms = 1'000});
  for (int i = 0; i < 3; ++i) throttle.failed("alice", "192.0.2.1", 0);
  throttle.succeeded("alice");
  EXPECT_EQ(throttle.wait_ms("alice", "192.0.2.2", 0), 0);
  EXPECT_EQ(throttle.wait_ms("alice", "192.0.2.1", 0), 1'000);
}

TEST(LoginThrottle, an_account_named_like_an_address_is_not_taken_for_it) {
  LoginThrottle throttle({.failures_per_account = 100, .failures_per_address = 1, .forget_after_ms = 1'000});
  throttle.failed("192.0.2.9", "192.0.2.1", 0);
  EXPECT_EQ(throttle.wait_ms("alice", "192.0.2.9", 0), 0);
}

TEST(LoginThrottle, the_entries_that_failed_longest_ago_make_room) {
  LoginThrottle throttle(kLimits);
  for (int i = 0; i < 3; ++i) throttle.failed("alice", "192.0.2.1", 0);
  throttle.failed("bob", "192.0.2.1", 1);
  throttle.failed("carol", "192.0.2.1", 2);
  EXPECT_EQ(throttle.entries(), 4u);
  throttle.failed("dave", "192.0.2.1", 3);
  EXPECT_EQ(throttle.entries(), 4u);
  EXPECT_EQ(throttle.wait_ms("alice", "192.0.2.2", 3), 0);
}

TEST(LoginThrottle, new_limits_count_at_once) {
  LoginThrottle throttle(kLimits);
  throttle.failed("alice", "192.0.2.1", 0);
  throttle.set_limits({.failures_per_account = 1, .failures_per_address = 5, .forget_after_ms = 500});
  EXPECT_EQ(throttle.wait_ms("alice", "192.0.2.2", 0), 500);
}

}  // namespace
}  // namespace talkbeat
