#include "base/address_counts.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace talkbeat {

std::string address_group(std::string_view ip) {
  std::string text(ip);
  if (ip.find(':') == std::string_view::npos) return text;
  in6_addr address{};
  if (::inet_pton(AF_INET6, text.c_str(), &address) != 1) return text;
  std::fill(std::begin(address.s6_addr) + 8, std::end(address.s6_addr), uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> network{};
  CHECK(::inet_ntop(AF_INET6, &address, network.data(), network.size()) != nullptr);
  return std::string(network.data()) + "/64";
}

size_t AddressCounts::add(std::string_view ip) {
  return ++counts_[address_group(ip)];
}

void AddressCounts::remove(std::string_view ip) {
  const auto found = counts_.find(address_group(ip));
  CHECK(found != counts_.end());
  if (--found->second == 0) counts_.erase(found);
}

size_t AddressCounts::of(std::string_view ip) const {
  const auto found = counts_.find(address_group(ip));
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace talkbeat
