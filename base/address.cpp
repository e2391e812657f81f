#include "base/address.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>

#include "base/check.h"

namespace talkbeat {
namespace {

// By hand: inet_ntop() goes through printf, and each connection's address is wanted as text several times.
std::string ip_text(const in_addr& raw) {
  std::array<unsigned char, sizeof raw> bytes{};
  std::memcpy(bytes.data(), &raw, sizeof raw);
  std::array<char, INET_ADDRSTRLEN> text{};
  char* at = text.data();
  for (const unsigned char byte : bytes) {
    if (at != text.data()) *at++ = '.';
    at = std::to_chars(at, text.data() + text.size(), unsigned{byte}).ptr;
  }
  return {text.data(), at};
}

std::string ip_text(const in6_addr& raw) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  CHECK(inet_ntop(AF_INET6, &raw, text.data(), text.size()) != nullptr);
  return text.data();
}

template <class Raw, class Bytes>
Raw first_bytes(const Bytes& bytes) {
  Raw raw{};
  static_assert(sizeof raw <= sizeof bytes);
  std::memcpy(&raw, bytes.data(), sizeof raw);
  return raw;
}

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

Error not_an_address(std::string_view text) {
  std::string message = "\"";
  message += text;
  return Error{message + "\" is not an address; allowed: 1.2.3.4:80, [::1]:80, localhost:80"};
}

/// What stands between the host and its port's colon, without the brackets of IPv6; empty where they don't match.
std::string_view host_part(std::string_view host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const bool has_colon = host.find(':') != std::string_view::npos;
  if (bracketed != has_colon) return {};
  return bracketed ? host.substr(1, host.size() - 2) : host;
}

Address from_v6(const sockaddr_in6& raw) {
  const uint16_t port = ntohs(raw.sin6_port);
  if (!IN6_IS_ADDR_V4MAPPED(&raw.sin6_addr)) return Address{ip_text(raw.sin6_addr), port};
  in_addr inner{};
  std::memcpy(&inner, &raw.sin6_addr.s6_addr[12], sizeof inner);
  return Address{ip_text(inner), port};
}

}  // namespace

CompactAddress::CompactAddress(const Address& address) : port_(address.port) {
  for (const sa_family_t family : {sa_family_t{AF_INET}, sa_family_t{AF_INET6}}) {
    if (::inet_pton(family, address.ip.c_str(), bytes_.data()) == 1) {
      family_ = family;
      return;
    }
  }
}

Address CompactAddress::address() const {
  if (family_ == AF_UNSPEC) return {"", port_};
  return {family_ == AF_INET ? ip_text(first_bytes<in_addr>(bytes_)) : ip_text(first_bytes<in6_addr>(bytes_)), port_};
}

bool is_loopback(std::string_view ip) {
  return ip.starts_with("127.") || ip == "::1";
}

std::optional<std::string> normal_ip(std::string_view text) {
  const std::string ip(text);
  if (ip.find('\0') != std::string::npos) return std::nullopt;
  in_addr v4{};
  if (inet_pton(AF_INET, ip.c_str(), &v4) == 1) return ip_text(v4);
  in6_addr v6{};
  if (inet_pton(AF_INET6, ip.c_str(), &v6) == 1) return ip_text(v6);
  return std::nullopt;
}

Result<Address> Address::parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return not_an_address(text);
  const std::string_view host = host_part(text.substr(0, colon));
  const auto port = parse_port(text.substr(colon + 1));
  const auto ip = normal_ip(host == "localhost" ? "127.0.0.1" : host);
  if (!ip || !port) return not_an_address(text);
  return Address{*ip, *port};
}

std::optional<Address> Address::from_sockaddr(const sockaddr* raw, socklen_t length) {
  if (length < sizeof(sa_family_t)) return std::nullopt;
  if (raw->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, raw, sizeof v4);
    return Address{ip_text(v4.sin_addr), ntohs(v4.sin_port)};
  }
  if (raw->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, raw, sizeof v6);
    return from_v6(v6);
  }
  return std::nullopt;
}

std::string Address::to_string() const {
  const bool v6 = ip.find(':') != std::string::npos;
  return (v6 ? "[" + ip + "]" : ip) + ":" + std::to_string(port);
}

SocketAddress Address::to_sockaddr() const {
  SocketAddress result;
  sockaddr_in v4{};
  if (inet_pton(AF_INET, ip.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.length = sizeof v4;
    return result;
  }
  sockaddr_in6 v6{};
  CHECK(inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr) == 1);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  std::memcpy(&result.storage, &v6, sizeof v6);
  result.length = sizeof v6;
  return result;
}

}  // namespace talkbeat
