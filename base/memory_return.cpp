#include "base/memory_return.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace talkbeat {

MemoryReturn::MemoryReturn(EventLoop& loop, Size size, GiveBack give_back)
    : size_(std::move(size)),
      give_back_(std::move(give_back)),
      needed_(size_()),
      timer_(loop.timers(), [this] { look(); }) {
  timer_.start_every(kEveryMs);
}

void MemoryReturn::look() {
  const size_t now = size_();
  needed_ = std::min(needed_, now);
  const bool grown = now > needed_ + std::max(kWorthIt, needed_ / 8);
  if (grown && now <= before_) {
    give_back_();
    needed_ = size_();
  }
  before_ = now;
}

size_t MemoryReturn::resident_bytes() {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/proc/self/statm", "re"), std::fclose);
  size_t all = 0;
  size_t resident = 0;
  if (!file || std::fscanf(file.get(), "%zu %zu", &all, &resident) != 2) return 0;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

void MemoryReturn::trim_heap() {
  ::malloc_trim(0);
}

}  // namespace talkbeat
