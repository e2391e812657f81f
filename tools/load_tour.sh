#!/usr/bin/env bash
# What `make load` runs: a minute of load in each of talkload's ways, against a cluster of its own. See --help.
set -euo pipefail
# shellcheck source=tools/cluster.sh
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source=tools/load_directory.sh
source "$(dirname "${BASH_SOURCE[0]}")/load_directory.sh"

help() {
  cat <<'END'
Usage: tools/load_tour.sh [flags]

Starts a fresh cluster, runs talkload's scenarios against it, a few seconds each, stops the cluster and removes it. Each
scenario's figures are printed, and written as NAME.html (with plots) and NAME.json; index.html leads to them.

  --out DIR        where reports go (default: build/load)
  --port-base B    as for start.sh (default: 18000)
  --msg-servers N  how many (default: 2)
  --seconds S      how long each scenario is measured (default: 5)
  --bin DIR        where the executables are (default: build/bin)

Exit codes: 0 all that was to arrive did; 1 it did not, or a scenario could not run; 2 wrong usage.
END
}

out=$repo/build/load
port_base=18000
seconds=5
while (($#)); do
  case $1 in
    --out) need_value "$@"; out=$2; shift ;;
    --port-base) need_value "$@"; need_number "$1" "$2" 1024 64000; port_base=$2; shift ;;
    --msg-servers) need_value "$@"; need_number "$1" "$2" 1 200; msg_servers=$2; shift ;;
    --seconds) need_value "$@"; need_number "$1" "$2" 1 3600; seconds=$2; shift ;;
    --bin) need_value "$@"; bin=$2; shift ;;
    --help | -h) help; exit 0 ;;
    *) fail_usage "$1: no such flag" ;;
  esac
  shift
done
[[ -x $bin/talkload ]] || fail "$bin/talkload is missing: run \`make build\` first"
here=$(dirname "${BASH_SOURCE[0]}")

# tour NAME SCENARIO FLAG…: one run; goes on where it fails, and remembers that it did.
names=()
failed=()
tour() {
  local name=$1
  shift
  say "" "--- talkload $* ---"
  names+=("$name")
  run_load "$@" --dir "$dir" --duration "${seconds}s" --report "$out/$name.html" --json "$out/$name.json" ||
    failed+=("$name")
}

write_index() {
  local name
  {
    printf '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>talkload: a tour</title></head>\n<body><ul>\n'
    for name in "${names[@]}"; do printf '<li><a href="%s.html">%s</a></li>\n' "$name" "$name"; done
    printf '</ul></body></html>\n'
  } >"$out/index.html"
}

use_out "$out"
# Limits that protect a server from its clients are not what is to be measured.
without_lock "$here/start.sh" --dir "$dir" --port-base "$port_base" --msg-servers "$msg_servers" --bin "$bin" \
  --set client.message_rate=1000000 --set client.message_burst=1000000 \
  --set client.request_rate=1000000 --set client.request_burst=1000000 \
  --set client.max_connections_per_address=100000

tour login login --clients 500 --window 32
tour idle idle --clients 4000 --heartbeat 6s
tour relay relay --pairs 100 --msg-server 0
((msg_servers < 2)) || tour relay_across relay --pairs 100 --across
tour chat chat --pairs 500
tour chat_light chat --pairs 100 --rate 1000
tour group group --members 500 --window 8
tour mixed mixed --clients 500 --pairs 50 --members 50
# Long enough for a server to be taken away and to come back.
((seconds >= 5)) || seconds=5
((msg_servers < 2)) || tour reconnect reconnect --pairs 100 --rate 300 --every 3s
write_index
say "" "Reports: $out/index.html"
((${#failed[@]} == 0)) || fail "not as it should be: ${failed[*]}"
