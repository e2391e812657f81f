#!/usr/bin/env bash
# Ends the cluster that start.sh started. See --help.
set -euo pipefail
# shellcheck source=tools/cluster.sh
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"

help() {
  cat <<'END'
Usage: tools/stop.sh [flags]

Ends exactly the processes that start.sh started in a directory: msg_servers first, so that they can take leave of the
login_servers. Each finishes what it has acked; clients are asked to go. Where nothing runs, that is fine too.

  --dir DIR          the cluster's directory (default: run)
  --now              don't wait for clients to go (SIGINT instead of SIGTERM); no acked message is lost by that
  --timeout SECONDS  what has not left by then is killed, and that is said (default: 40)

Examples:
  tools/stop.sh
  tools/stop.sh --dir /srv/talkbeat --now

Exit codes: 0 nothing of it runs any more; 1 no such cluster; 2 wrong usage.
END
}

dir=run
timeout=40
signal=TERM
while (($#)); do
  case $1 in
    --dir) need_value "$@"; dir=$2; shift ;;
    --now) signal=INT ;;
    --timeout) need_value "$@"; need_number "$1" "$2" 0 3600; timeout=$2; shift ;;
    --help | -h) help; exit 0 ;;
    *) fail_usage "$1: no such flag" ;;
  esac
  shift
done

[[ -e $dir ]] || { say "nothing runs in $dir"; exit 0; }
[[ -d $dir ]] || fail "$dir is not a directory"
dir=$(cd "$dir" && pwd)
lock_cluster 120

running=()
for name in $(names_with_pid); do
  if pid_of "$name" >/dev/null; then running+=("$name"); else forget "$name"; fi
done
if ((${#running[@]} == 0)); then
  say "nothing runs in $dir"
  exit 0
fi
for kind in msg_server login_server; do
  of_kind=()
  for name in "${running[@]}"; do [[ $name != "${kind}_"* ]] || of_kind+=("$name"); done
  end "$signal" "$timeout" ${of_kind[@]+"${of_kind[@]}"}
done
say "stopped: ${running[*]}"
