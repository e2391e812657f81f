#pragma once

#include <functional>

#include "base/event_loop.h"

namespace talkbeat {

/// Gives what was freed back to the system once a flood is over. The allocator keeps freed memory for what may come, so
/// that a server of 20 MB would look like one of 200 MB for ever after ten thousand strangers who stayed for a second.
/// Looks at the process's size every few seconds, and acts where it has grown by an eighth (and 4 MiB) and has stopped
/// to grow: a server that is busy, or as large as it needs to be, pays one look at a file. Where a size goes up and
/// down with the work, it is done once in a while at most, since it costs the loop some milliseconds. The loop's thread
/// only.
///
///   const MemoryReturn memory_return(loop);
class MemoryReturn {
 public:
  /// What the process takes of the memory, in bytes; 0: unknown.
  using Size = std::function<double()>;
  using GiveBack = std::function<void()>;

  explicit MemoryReturn(EventLoop& loop);
  MemoryReturn(EventLoop& loop, Size size, GiveBack give_back);

  static constexpr Tick kEveryMs = 5'000;
  static constexpr int kLooksBetween = 6;      // at least so many from one time to the next
  static constexpr double kWorthIt = 4 << 20;  // bytes

 private:
  void look();

  Size size_;
  GiveBack give_back_;
  double before_ = 0;  // at the last look
  double needed_;      // after memory was given back; at the beginning: of a process without work
  int rest_ = 0;       // looks until it may be done again
  Timer timer_;
};

}  // namespace talkbeat
