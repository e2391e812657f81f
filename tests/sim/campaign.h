#pragma once

#include <string>

#include "tests/sim/simulation.h"

namespace talkbeat::sim {

struct CampaignOptions {
  uint64_t seeds = 1'000;
  uint64_t first = 1;
  unsigned jobs = 2;
  bool progress = true;     ///< a line now and then
  bool need_all = true;     ///< fails where something that can happen never did, given seeds enough
};

/// For people: what was violated, when, and how to see it again.
std::string report_of(const Outcome& outcome);

/// Runs the seeds, each twice, in processes of their own, and tells what came of it on stdout: the first failure, or
/// how often everything happened. False: a promise was broken, two runs of a seed differed, or something never happened.
bool run_campaign(const CampaignOptions& options);

}  // namespace talkbeat::sim
