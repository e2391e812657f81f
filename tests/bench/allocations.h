#pragma once

#include <cstdint>

namespace talkbeat::bench {

/// How often this thread has called operator new, which allocations.cpp replaces.
///
///   const uint64_t before = allocations();
///   … the path that is measured …
///   state.counters["allocations"] = static_cast<double>(allocations() - before) / times;
uint64_t allocations();

}  // namespace talkbeat::bench
