#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace talkbeat {

/// How fast a file goes, and how long it will take: what a progress bar shows. A pure core.
///
///   meter.note(now, bytes);
///   print(meter.bar(30));     // "[#########-----] 64%  3.2 MB/s  0:12 left"
class TransferMeter {
 public:
  explicit TransferMeter(uint32_t size) : size_(size) {}

  void note(Tick now, uint32_t bytes);
  /// `width`: of what stands between the brackets.
  std::string bar(size_t width) const;
  /// "64%  3.2 MB/s  0:12 left"
  std::string line() const;
  int percent() const;

 private:
  uint32_t size_;
  uint32_t bytes_ = 0;
  bool begun_ = false;
  Tick sampled_at_ = 0;
  uint32_t sampled_bytes_ = 0;
  double rate_ = 0;  // bytes a second, smoothed; 0: not known yet
};

/// "17 bytes", "3.2 MB": powers of 1000.
std::string size_text(uint64_t bytes);

}  // namespace talkbeat
