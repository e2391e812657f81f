#!/usr/bin/env bash
# Does the simulation find each of the six seeded mistakes (base/mutant.h), by the check that is meant for it?
#   tests/sim/mutants.sh DIRECTORY JOBS
set -euo pipefail

directory=$1
jobs=$2
missed=0
for mutant in ack_before_commit lost_reregistration double_delivery kick_race id_reuse unbounded_buffer; do
  printf '%s: ' "$mutant"
  # What a mistake breaks may crash: only what the check says counts.
  "$directory/talkbeat_sim_$mutant" --mutant --seeds 1000 --jobs "$jobs" 2>/dev/null || {
    echo "  $mutant was not found"
    missed=$((missed + 1))
  }
done
((missed == 0)) || {
  echo "$missed of the six mistakes were not found within 1000 seeds"
  exit 1
}
