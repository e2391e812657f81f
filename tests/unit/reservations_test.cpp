#include "login_server/reservations.h"

#include <gtest/gtest.h>

namespace talkbeat::login {
namespace {

constexpr Tick kWindow = 1'000;

TEST(Reservations, each_address_has_a_share_and_an_ipv6_network_is_one) {
  Reservations reservations;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(reservations.take("192.0.2.1", 0, kWindow, 3));
  EXPECT_FALSE(reservations.take("192.0.2.1", 0, kWindow, 3));
  EXPECT_TRUE(reservations.take("192.0.2.2", 0, kWindow, 3));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(reservations.take("2001:db8::" + std::to_string(i), 0, kWindow, 3));
  }
  EXPECT_FALSE(reservations.take("2001:db8::ffff", 0, kWindow, 3));
}

TEST(Reservations, come_back_when_the_places_are_kept_no_more) {
  Reservations reservations;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(reservations.take("192.0.2.1", 0, kWindow, 3));
  EXPECT_FALSE(reservations.take("192.0.2.1", kWindow, kWindow, 3)) << "the window before counts, too";
  EXPECT_TRUE(reservations.take("192.0.2.1", 2 * kWindow, kWindow, 3));
}

TEST(Reservations, remember_a_bounded_number_of_addresses) {
  Reservations reservations;
  for (size_t i = 0; i < Reservations::kMaxAddresses + 10; ++i) {
    EXPECT_EQ(reservations.take("address " + std::to_string(i), 0, kWindow, 3), i < Reservations::kMaxAddresses) << i;
  }
  EXPECT_TRUE(reservations.take("address 0", 0, kWindow, 3)) << "a known one keeps its share";
  EXPECT_EQ(reservations.addresses(), Reservations::kMaxAddresses);
  EXPECT_TRUE(reservations.take("another", 5 * kWindow, kWindow, 3));
  EXPECT_EQ(reservations.addresses(), 1u);
}

}  // namespace
}  // namespace talkbeat::login
