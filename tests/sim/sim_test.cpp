#include <gtest/gtest.h>

#include "base/log.h"
#include "tests/sim/campaign.h"

namespace talkbeat::sim {
namespace {

// The thousand seeds are run by `make sim`, without the sanitizers; what these few see they see with them.
constexpr uint64_t kSeeds = 20;

TEST(Simulation, keeps_every_promise_and_goes_the_same_way_twice) {
  LogConfig log;
  log.file = "/dev/null";
  log.level = LogLevel::kError;
  ASSERT_TRUE(configure_logging(log).ok());
  EXPECT_TRUE(run_campaign({.seeds = kSeeds, .first = 1, .jobs = 2, .progress = false, .table = false}));
}

TEST(Simulation, of_different_seeds_differs) {
  EXPECT_NE(simulate(1, false).hash, simulate(2, false).hash);
}

}  // namespace
}  // namespace talkbeat::sim
