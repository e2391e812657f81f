#include "base/memory_return.h"

#include <malloc.h>

#include <algorithm>

#include "base/process_figures.h"

namespace talkbeat {

MemoryReturn::MemoryReturn(EventLoop& loop) : MemoryReturn(loop, resident_bytes, [] { ::malloc_trim(0); }) {}

MemoryReturn::MemoryReturn(EventLoop& loop, Size size, GiveBack give_back)
    : size_(std::move(size)),
      give_back_(std::move(give_back)),
      needed_(size_()),
      timer_(loop.timers(), [this] { look(); }) {
  timer_.start_every(kEveryMs);
}

void MemoryReturn::look() {
  const double now = size_();
  if (now == 0) return;
  if (rest_ > 0) --rest_;
  needed_ = std::min(needed_, now);
  const bool grown = now > needed_ + std::max(kWorthIt, needed_ / 8);
  if (grown && now <= before_ && rest_ == 0) {
    give_back_();
    needed_ = size_();
    rest_ = kLooksBetween;
  }
  before_ = now;
}

}  // namespace talkbeat
