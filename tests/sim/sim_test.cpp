#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/log.h"
#include "tests/sim/campaign.h"
#include "tests/sim/replay.h"
#include "tests/sim/simulation.h"

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
  EXPECT_NE(simulate(1).hash, simulate(2).hash);
}

TEST(Simulation, is_replayed_with_a_line_an_event_up_to_its_end) {
  const std::string trace = testing::TempDir() + "sim_test_" + std::to_string(::getpid()) + "/seed-3.trace";
  EXPECT_TRUE(replay(3, trace));
  std::ifstream file(trace);
  const std::string lines{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(lines, testing::AllOf(testing::HasSubstr("msg_server_0   starts"), testing::HasSubstr("\n   599.")));
  std::filesystem::remove_all(std::filesystem::path(trace).parent_path());
}

}  // namespace
}  // namespace talkbeat::sim
