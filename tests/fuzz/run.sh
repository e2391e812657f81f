#!/usr/bin/env bash
# Runs the fuzz targets, or takes what they have found into the corpus. See --help; make fuzz and make fuzz-merge call it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(cd "$here/../.." && pwd)

help() {
  cat <<END
Usage: tests/fuzz/run.sh run|merge BUILD_DIRECTORY [TARGET…]

  run    Runs each target (all, or those named) for \$FUZZ_SECONDS seconds (60), \$JOBS at a time (one a core), beginning
         with its corpus. What is new goes to BUILD_DIRECTORY/found/TARGET, what has crashed a target to
         BUILD_DIRECTORY/crashes. Prints a table; exit code 1 where something has crashed.
  merge  Adds to each target's corpus, tests/fuzz/corpus/TARGET, the few found inputs that reach code which its corpus
         does not reach. What is there stays.

A crash again, with all that it says: BUILD_DIRECTORY/bin/fuzz_TARGET FILE
END
}

fail() {
  printf 'tests/fuzz/run.sh: %s\n' "$*" >&2
  exit 2
}

# What one input may cost: 30 s, 1 GiB in all, 64 MiB at once. A server that lets a peer have more is broken.
# (With -entropic=1 libFuzzer counts longer than a server in memory works.)
limits=(-timeout=30 -rss_limit_mb=1024 -malloc_limit_mb=64 -max_len=8192 -entropic=0)

# run_one TARGET: in a process of its own.
run_one() {
  local target=$1 options=("${limits[@]}") status=0
  local found=$build/found/$target crashes=$build/crashes log=$build/logs/$target.log
  mkdir -p "$found" "$crashes" "$build/logs"
  if [[ -e $here/dictionaries/$target.dict ]]; then options+=("-dict=$here/dictionaries/$target.dict"); fi
  "$build/bin/fuzz_$target" "${options[@]}" "-max_total_time=$seconds" "-artifact_prefix=$crashes/$target-" \
    -print_final_stats=1 "$found" "$here/corpus/$target" >"$log" 2>&1 || status=$?
  echo "$status" >"$log.status"
}

# figure LOG PATTERN: the last number behind it; - where there is none.
figure() {
  local value
  value=$(grep -aoE "$2 *[0-9]+" "$1" | tail -n 1 | grep -oE '[0-9]+$') || value=-
  printf '%s' "$value"
}

report() {
  local crashed=0 target log new outcome
  printf '%-20s %12s %10s %10s  %s\n' target runs coverage new outcome
  for target in "${targets[@]}"; do
    log=$build/logs/$target.log
    outcome=ok
    if [[ $(cat "$log.status") != 0 ]]; then
      outcome=CRASHED
      crashed=1
    fi
    new=$(figure "$log" 'stat::new_units_added:')
    printf '%-20s %12s %10s %10s  %s\n' "$target" "$(figure "$log" 'stat::number_of_executed_units:')" \
      "$(figure "$log" 'cov:')" "$new" "$outcome"
  done
  ((crashed)) || return 0
  echo
  for target in "${targets[@]}"; do
    log=$build/logs/$target.log
    [[ $(cat "$log.status") == 0 ]] && continue
    local input
    input=$(grep -aoE 'Test unit written to .*' "$log" | tail -n 1 | cut -d' ' -f5) || true
    if [[ -z $input ]]; then
      printf '%s did not run; see %s\n' "$target" "$log"
    else
      printf '%s: the input is %s, the report %s; again: %s/bin/fuzz_%s %s\n' \
        "$target" "$input" "$log" "$build" "$target" "$input"
    fi
  done
  return 1
}

run() {
  printf 'Each of %d targets for %d seconds, %d at a time\n' "${#targets[@]}" "$seconds" "$jobs"
  local target
  for target in "${targets[@]}"; do
    while (($(jobs -rp | wc -l) >= jobs)); do wait -n; done
    run_one "$target" &
  done
  wait
  report
}

merge() {
  local target corpus before
  for target in "${targets[@]}"; do
    corpus=$here/corpus/$target
    mkdir -p "$corpus" "$build/found/$target" "$build/seeds/$target" "$build/logs"
    before=$(find "$corpus" -type f | wc -l)
    # By code reached, not by how often: that would keep ten times as many.
    "$build/bin/fuzz_$target" "${limits[@]}" -set_cover_merge=1 -use_counters=0 "$corpus" "$build/found/$target" \
      "$build/seeds/$target" >"$build/logs/$target.merge.log" 2>&1 || fail "merging $target failed: $build/logs/$target.merge.log"
    printf '%-20s %5d inputs before, %5d now, %s\n' "$target" "$before" "$(find "$corpus" -type f | wc -l)" \
      "$(du -sh --apparent-size "$corpus" | cut -f1)"
  done
}

[[ ${1-} == --help || ${1-} == -h ]] && { help; exit 0; }
(($# >= 2)) || fail "what, and where? (try --help)"
what=$1
build=$(cd "$2" && pwd) || fail "$2: no such directory"
shift 2
seconds=${FUZZ_SECONDS:-60}
jobs=${JOBS:-$(nproc)}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "FUZZ_SECONDS=$seconds: a number of seconds is needed"

targets=("$@")
if ((${#targets[@]} == 0)); then
  mapfile -t targets < <(cd "$here/targets" && printf '%s\n' *.cpp | sed 's/\.cpp$//')
fi
for target in "${targets[@]}"; do
  [[ -x $build/bin/fuzz_$target ]] || fail "$target: no such target, or it is not built (tests/fuzz/targets has them)"
done

# What a target writes to stderr of its own is no finding; UBSan's reports end it.
export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_leaks=1
case $what in
  run) run ;;
  merge)
    "$build/bin/fuzz_seeds" "$source_dir" "$build/seeds"
    merge
    ;;
  *) fail "$what: run or merge (try --help)" ;;
esac
