#pragma once

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/scheduler.h"

namespace talkbeat::sim {

/// Everything that happens in a simulation, as one number: a running hash, equal for two runs of one seed or the
/// simulation depends on something that it does not control. With a file it writes a line an event as well: to be read
/// by people, it changes nothing.
///
///   trace.note("commit", host, sequence, count);
class Trace {
 public:
  using Host = uint32_t;
  static constexpr Host kNoHost = UINT32_MAX;

  /// `lines`: nullptr, or a file that outlives it.
  Trace(const Scheduler& scheduler, std::FILE* lines) : scheduler_(scheduler), lines_(lines) {}

  /// What a host is called in the lines.
  void name(Host host, std::string name);
  const std::string& name_of(Host host) const { return names_[host]; }
  void note(std::string_view what, Host host, uint64_t first = 0, uint64_t second = 0, std::string_view text = {});
  /// A line only.
  void say(std::string_view what, Host host, std::string_view text) const;
  void mix(std::string_view bytes);

  uint64_t hash() const { return hash_; }

 private:
  void mix(uint64_t value) {
    hash_ = (hash_ ^ value) * 0xff51afd7ed558ccdu;
    hash_ ^= hash_ >> 32;
  }

  const Scheduler& scheduler_;
  std::FILE* const lines_;
  uint64_t hash_ = 0x243F6A8885A308D3u;
  std::vector<std::string> names_;
};

}  // namespace talkbeat::sim
