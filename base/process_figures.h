#pragma once

#include <functional>

#include "base/clock.h"
#include "base/file_handle.h"

namespace talkbeat {

/// What the kernel says of this process, for /metrics. A figure that cannot be read is 0.
struct ProcessFigures {
  double resident_bytes = 0;
  double open_descriptors = 0;
  double max_descriptors = 0;
  double cpu_seconds = 0;  // user and system
};

/// Reads them at a cost that does not grow with the descriptors that are open, also where no further one can be had:
/// that is when one wants to know. Owned by Metrics; the loop's thread only.
///
///   ProcessReader reader;
///   const ProcessFigures figures = reader.read(clock.now());
class ProcessReader {
 public:
  /// How many descriptors are open, as the kernel says it without being made to list them; 0: it does not.
  using DescriptorCount = std::function<double()>;

  ProcessReader();
  explicit ProcessReader(DescriptorCount count);

  ProcessFigures read(Tick now);

  /// A kernel that does not say the count (before Linux 6.2) is made to list them: 100,000 take it 0.1 s.
  static constexpr Tick kListEveryMs = 60'000;

 private:
  double open_descriptors(Tick now);

  DescriptorCount count_;
  FileHandle statm_;  // open from the beginning
  double listed_ = 0;
  Tick list_again_at_ = 0;
};

/// The first of them alone.
double resident_bytes();

}  // namespace talkbeat
