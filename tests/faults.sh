#!/usr/bin/env bash
# Runs every test of every row of tests/rows.txt, in full: what takes minutes takes them. Then prints the table.
#
#   tests/faults.sh build/asan/bin build/asan/faults      programs, and where the reports go
set -euo pipefail
bin=${1:?where the programs are} reports=${2:?where the reports go}
here=$(dirname "${BASH_SOURCE[0]}")
filter=$("$here/rows_table.py" --filter)
mkdir -p "$reports"
rm -f "$reports"/*.xml
export TALKBEAT_FULL=1
ulimit -n "$(ulimit -Hn)"  # thousands of clients are sockets of the tests
failed=0
for tests in unit_tests contract_tests scenario_tests; do
  "$bin/$tests" --gtest_filter="$filter" --gtest_output="xml:$reports/$tests.xml" || failed=1
done
# A program that has died has written no report: its tests are missing in the table.
shopt -s nullglob
"$here/rows_table.py" "$reports"/*.xml || failed=1
exit $failed
