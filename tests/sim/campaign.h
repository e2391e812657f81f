#pragma once

#include <string_view>

#include "tests/sim/simulation.h"

namespace talkbeat::sim {

struct CampaignOptions {
  uint64_t seeds = 1'000;
  uint64_t first = 1;
  unsigned jobs = 2;
  bool twice = true;           ///< each seed, and the two runs have to be alike
  bool progress = true;        ///< a line now and then
  bool table = true;           ///< at the end: how often everything happened
  bool need_all = true;        ///< fails where something that can happen never did, given a thousand seeds
  bool keep_going = false;     ///< tells of every seed that fails, not only of the first
  std::string_view to_find{};  ///< a violation that some seed has to end with; others count for nothing
};

/// Runs the seeds in processes of their own, and tells what came of it on stdout: the first failure, or
/// how often everything happened. False: a promise was broken, two runs of a seed differed, or something never
/// happened; or what is `to_find` was not found.
bool run_campaign(const CampaignOptions& options);

}  // namespace talkbeat::sim
