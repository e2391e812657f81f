#include "base/address.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

std::string round_trip(const std::string& text) {
  const Result<Address> address = Address::parse(text);
  return address.ok() ? address.value().to_string() : "error";
}

TEST(Address, parses_and_prints_both_families) {
  EXPECT_EQ(round_trip("1.2.3.4:80"), "1.2.3.4:80");
  EXPECT_EQ(round_trip("255.255.255.255:80"), "255.255.255.255:80");
  EXPECT_EQ(round_trip("0.0.10.100:80"), "0.0.10.100:80");
  EXPECT_EQ(round_trip("[::1]:65535"), "[::1]:65535");
  EXPECT_EQ(round_trip("[0:0:0:0:0:0:0:1]:1"), "[::1]:1");
  EXPECT_EQ(round_trip("localhost:0"), "127.0.0.1:0");
}

TEST(Address, refuses_what_is_not_numeric) {
  for (const char* text : {"", ":", ":80", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4:8x", "::1:80",
                           "[::1]", "[1.2.3.4]:80", "example.com:80", "1.2.3:80", "[]:80", " 1.2.3.4:80"}) {
    EXPECT_FALSE(Address::parse(text).ok()) << text;
  }
  EXPECT_NE(Address::parse("bananas").message().find("\"bananas\" is not an address"), std::string::npos);
}

TEST(Address, refuses_a_zero_byte_inside) {
  EXPECT_FALSE(Address::parse(std::string_view("1.2.3.4\0x:80", 12)).ok());
}

TEST(Address, survives_the_kernels_form) {
  for (const char* text : {"10.0.0.1:8008", "[fe80::1]:443"}) {
    const Address address = Address::parse(text).value();
    const SocketAddress raw = address.to_sockaddr();
    EXPECT_EQ(Address::from_sockaddr(raw.get(), raw.length), address);
  }
  EXPECT_EQ(Address::parse("[::1]:1").value().to_sockaddr().family(), AF_INET6);
}

TEST(Address, counts_an_ipv4_client_of_an_ipv6_listener_as_ipv4) {
  const SocketAddress raw = Address::parse("[::ffff:1.2.3.4]:80").value().to_sockaddr();
  EXPECT_EQ(Address::from_sockaddr(raw.get(), raw.length)->to_string(), "1.2.3.4:80");
}

TEST(Address, foreign_families_and_short_forms_are_empty) {
  SocketAddress raw = Address::parse("1.2.3.4:80").value().to_sockaddr();
  EXPECT_FALSE(Address::from_sockaddr(raw.get(), raw.length - 1).has_value());
  EXPECT_FALSE(Address::from_sockaddr(raw.get(), 0).has_value());
  raw.storage.ss_family = AF_UNIX;
  EXPECT_FALSE(Address::from_sockaddr(raw.get(), sizeof raw.storage).has_value());
}

TEST(CompactAddress, gives_back_what_it_was_made_of) {
  for (const char* text : {"1.2.3.4:80", "127.0.0.1:0", "[::1]:65535", "[2001:db8::5]:8008"}) {
    EXPECT_EQ(CompactAddress(Address::parse(text).value()).address(), Address::parse(text).value()) << text;
  }
  EXPECT_EQ(CompactAddress(Address{}).address(), Address{});
  EXPECT_EQ(sizeof(CompactAddress), 20u);
}

}  // namespace
}  // namespace talkbeat
