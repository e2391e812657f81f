#!/usr/bin/env bash
# Runs each program with a seeded mistake until the simulation has found it: tests/sim/mutants.sh DIRECTORY JOBS
set -euo pipefail

directory=$1
jobs=$2
missed=0
for program in "$directory"/talkbeat_sim_*; do
  printf '%s: ' "${program##*/talkbeat_sim_}"
  "$program" --mutant --seeds 1000 --jobs "$jobs" || missed=$((missed + 1))
done
((missed == 0)) || {
  echo "$missed of the mistakes were not found within 1000 seeds"
  exit 1
}
