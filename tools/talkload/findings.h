#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/talkload/counters.h"

namespace talkbeat::load {

/// What was not as it should be: counted, and the first ones named. One thread's.
///
///   findings.lost("message 17 of load-3 to load-4");
class Findings {
 public:
  explicit Findings(Counters& counters) : counters_(counters) {}

  void lost(const std::string& which) { note(counters_.lost, "lost: " + which); }
  void doubled(const std::string& which) { note(counters_.doubled, "delivered twice: " + which); }
  void misordered(const std::string& which) { note(counters_.misordered, "out of order: " + which); }
  void wrong(const std::string& what) { note(counters_.errors, what); }

  const std::vector<std::string>& named() const { return named_; }
  /// So many are named; the rest is only counted.
  static constexpr size_t kMostNamed = 20;

 private:
  void note(uint64_t& counter, const std::string& what) {
    ++counter;
    if (named_.size() < kMostNamed) named_.push_back(what);
  }

  Counters& counters_;
  std::vector<std::string> named_;
};

}  // namespace talkbeat::load
