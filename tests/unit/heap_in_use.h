#pragma once

#include <malloc.h>

#include <cstddef>

// A sanitizer's runtime has it; without one it is null.
extern "C" [[gnu::weak]] std::size_t __sanitizer_get_current_allocated_bytes();

namespace talkbeat {

/// Bytes that are allocated and not given back, by whoever in this process.
inline std::size_t heap_in_use() {
  if (&__sanitizer_get_current_allocated_bytes != nullptr) return __sanitizer_get_current_allocated_bytes();
  const struct mallinfo2 heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

}  // namespace talkbeat
