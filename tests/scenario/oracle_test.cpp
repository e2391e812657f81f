// The oracle itself: a judge who never finds anything is none.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "tests/scenario/frozen_thread.h"
#include "tests/scenario/oracle.h"

namespace talkbeat::scenario {
namespace {

TEST(Oracle, finds_a_server_whose_loop_is_held_for_300_ms) {
  RowCluster cluster;
  Control control(cluster, kServer);
  control.settle();
  for (int i = 0; i < 8; ++i) {
    const FrozenThread loop(cluster.pid(kServer), "msg_server");
    std::this_thread::sleep_for(300ms);
  }
  EXPECT_NONFATAL_FAILURE(control.expect_unharmed(100ms), "messages");
}

TEST(Oracle, sees_memory_that_was_given_back) {
  constexpr size_t kSize = 64 << 20;
  const PeakMemory peak(getpid());
  void* memory = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  std::memset(memory, 1, kSize);
  munmap(memory, kSize);
  EXPECT_GT(peak.growth_kib(), static_cast<long>(kSize >> 10) * 9 / 10);
  EXPECT_LT(PeakMemory(getpid()).growth_kib(), 8 << 10);
}

}  // namespace
}  // namespace talkbeat::scenario
