#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace talkbeat {

/// Where a socket listens or whom it talks to: a numeric IPv4 or IPv6 address and a port. Names are not resolved (that
/// blocks), but for "localhost", which is 127.0.0.1. A plain value: any thread.
///
///   Result<Address> where = Address::parse("[::1]:8008");
///   if (!where.ok()) return Error{where.message()};
///   SocketAddress raw = where.value().to_sockaddr();
///   bind(fd, raw.get(), raw.length);
struct Address {
  std::string ip;
  uint16_t port = 0;

  /// "1.2.3.4:80", "[::1]:80" or "localhost:80". The ip comes out in its shortest form, so that equal addresses compare
  /// equal however they were written.
  static Result<Address> parse(std::string_view text);
  /// Empty where it is neither AF_INET nor AF_INET6, or cut short. An IPv4 address inside IPv6 (::ffff:1.2.3.4), as a
  /// listener on [::] sees its IPv4 clients, comes out as IPv4: limits per address count one host once.
  static std::optional<Address> from_sockaddr(const sockaddr* raw, socklen_t length);

  /// The inverse of parse().
  std::string to_string() const;
  /// CHECKs that ip is numeric, as it is in everything that parse() and from_sockaddr() return.
  struct SocketAddress to_sockaddr() const;

  bool operator==(const Address&) const = default;
};

/// An Address in the form that the kernel takes.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

/// An Address in few bytes, for what there are many of. Keeps the addresses that parse() and from_sockaddr() return,
/// and the empty one; of any other only the port.
class CompactAddress {
 public:
  explicit CompactAddress(const Address& address);
  Address address() const;

 private:
  std::array<unsigned char, 16> bytes_{};
  uint16_t port_;
  sa_family_t family_ = AF_UNSPEC;
};

/// This machine itself: 127.0.0.0/8 or ::1.
bool is_loopback(std::string_view ip);

/// The address in its shortest form ("::1" for "0:0:0:0:0:0:0:1"), or empty where it is not numeric.
std::optional<std::string> normal_ip(std::string_view text);

}  // namespace talkbeat
