#include "base/address_counts.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

TEST(AddressGroup, an_ipv4_address_is_one_host_and_an_ipv6_address_its_network) {
  EXPECT_EQ(address_group("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(address_group("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_group("2001:db8:1:2::"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_group("::1"), "::/64");
  EXPECT_NE(address_group("2001:db8:1:2::1"), address_group("2001:db8:1:3::1"));
}

TEST(AddressGroup, what_is_no_address_stands_for_itself) {
  for (const char* text : {"", "nobody", ":", "1:2:3", "2001:db8::1%eth0"}) EXPECT_EQ(address_group(text), text);
}

TEST(AddressCounts, count_what_comes_and_forget_what_has_gone) {
  AddressCounts counts;
  EXPECT_EQ(counts.add("192.0.2.1"), 1u);
  EXPECT_EQ(counts.add("192.0.2.1"), 2u);
  EXPECT_EQ(counts.add("192.0.2.2"), 1u);
  counts.remove("192.0.2.1");
  EXPECT_EQ(counts.of("192.0.2.1"), 1u);
  counts.remove("192.0.2.1");
  counts.remove("192.0.2.2");
  EXPECT_EQ(counts.groups(), 0u);
}

TEST(AddressCounts, all_addresses_of_an_ipv6_network_are_one) {
  AddressCounts counts;
  EXPECT_EQ(counts.add("2001:db8::1"), 1u);
  EXPECT_EQ(counts.add("2001:db8::ffff:1"), 2u);
  EXPECT_EQ(counts.add("2001:db8:0:1::1"), 1u);
  counts.remove("2001:db8::1");
  EXPECT_EQ(counts.of("2001:db8::2"), 1u);
}

TEST(AddressCountsDeathTest, removing_what_was_not_added_is_a_bug) {
  AddressCounts counts;
  EXPECT_DEATH(counts.remove("192.0.2.1"), "CHECK");
}

}  // namespace
}  // namespace talkbeat
