#include "tests/sim/trace.h"

#include <cstring>
#include <utility>

namespace talkbeat::sim {

void Trace::name(Host host, std::string name) {
  if (names_.size() <= host) names_.resize(host + 1);
  names_[host] = std::move(name);
}

void Trace::mix(std::string_view bytes) {
  while (bytes.size() >= sizeof(uint64_t)) {
    uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    mix(value);
    bytes.remove_prefix(sizeof value);
  }
  uint64_t rest = bytes.size();
  for (const char byte : bytes) rest = rest << 8 | static_cast<unsigned char>(byte);
  mix(rest);
}

void Trace::note(std::string_view what, Host host, uint64_t first, uint64_t second, std::string_view text) {
  mix(what);
  mix(static_cast<uint64_t>(scheduler_.now()) << 16 ^ host);
  mix(first);
  mix(second);
  if (!text.empty()) mix(text);
  if (lines_ == nullptr) return;
  std::string line = std::to_string(first);
  if (second != 0) line += " " + std::to_string(second);
  if (!text.empty()) line.append(" ").append(text);
  say(what, host, line);
}

void Trace::say(std::string_view what, Host host, std::string_view text) const {
  if (lines_ == nullptr) return;
  const Tick now = scheduler_.now();
  std::fprintf(lines_, "%6lld.%03lld %-14s %-14.*s %.*s\n", static_cast<long long>(now / 1000),
               static_cast<long long>(now % 1000), host < names_.size() ? names_[host].c_str() : "-",
               static_cast<int>(what.size()), what.data(), static_cast<int>(text.size()), text.data());
}

}  // namespace talkbeat::sim
