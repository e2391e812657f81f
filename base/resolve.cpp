#include "base/resolve.h"

#include <netdb.h>

namespace talkbeat {

Result<std::vector<Address>> resolve(const std::string& text) {
  if (const auto address = Address::parse(text); address.ok()) return std::vector<Address>{address.value()};
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return Error{"\"" + text + "\" is not HOST:PORT"};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(text.substr(0, colon).c_str(), text.substr(colon + 1).c_str(), &hints, &found);
  if (error != 0) return Error{"\"" + text + "\": " + ::gai_strerror(error)};
  std::vector<Address> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (auto address = Address::from_sockaddr(entry->ai_addr, entry->ai_addrlen)) addresses.push_back(*address);
  }
  ::freeaddrinfo(found);
  if (addresses.empty()) return Error{"\"" + text + "\" has no IP address"};
  return addresses;
}

}  // namespace talkbeat
