#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace talkbeat {

/// Whom an address stands for, where something is counted or limited for each of them: an IPv4 address for itself, an
/// IPv6 address for its network of 64 bits ("2001:db8:1:2::/64"). Whoever has one IPv6 address has 2^64 of them, so
/// that a limit for each would be none. What is no address stands for itself. Pure; any thread.
std::string address_group(std::string_view ip);

/// How many connections, or whatever else comes and goes, each address group has. Holds those that have any: bounded by
/// what is counted. A pure core.
///
///   if (counts.add(peer.ip) > settings.max_connections_per_address) refuse();
///   counts.remove(peer.ip);  // when it has gone, refused or not
class AddressCounts {
 public:
  /// How many there are of this address group now, this one included.
  size_t add(std::string_view ip);
  /// CHECKs that one was added.
  void remove(std::string_view ip);
  size_t of(std::string_view ip) const;
  /// How many have any.
  size_t groups() const { return counts_.size(); }

 private:
  std::unordered_map<std::string, size_t> counts_;
};

}  // namespace talkbeat
