#!/usr/bin/env bash
# Ends the cluster that start.sh started. See --help.
set -euo pipefail
# shellcheck source=tools/cluster.sh
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"

help() {
  cat <<'END'
Usage: tools/stop.sh [flags]

Ends exactly the processes that start.sh started in a directory: msg_servers first, so that they can take leave of the
login_servers. Where nothing runs, that is fine too.

The msg_servers get SIGINT: with the whole cluster, the places to which clients could go end as well. Each finishes and
acks what it was given, tells its clients that it ends, and leaves within two seconds or so; no acked message is lost.

  --dir DIR          the cluster's directory (default: run)
  --drain            SIGTERM instead: each msg_server waits for its clients to leave, drain.timeout at most. For
                     clients that can go to a cluster elsewhere
  --now              without --drain, which is the default
  --timeout SECONDS  what has not left by then is killed, and that is said (default: 40; with --drain at least 15 more
                     than drain.timeout)

Examples:
  tools/stop.sh
  tools/stop.sh --dir /srv/talkbeat --drain

Exit codes: 0 nothing of it runs any more; 1 no such cluster; 2 wrong usage.
END
}

dir=run
timeout=""
signal=INT
while (($#)); do
  case $1 in
    --dir) need_value "$@"; dir=$2; shift ;;
    --drain) signal=TERM ;;
    --now) signal=INT ;;
    --timeout) need_value "$@"; need_number "$1" "$2" 0 3600; timeout=$2; shift ;;
    --help | -h) help; exit 0 ;;
    *) fail_usage "$1: no such flag" ;;
  esac
  shift
done

# How long what was signalled may take to leave.
patience() {
  local drain=30
  if [[ -n $timeout || $signal == INT ]]; then
    say "${timeout:-40}"
    return
  fi
  ! read_shape || drain=$(drain_seconds) || true
  drain=${drain:-30}
  say "$((drain + 15 > 40 ? drain + 15 : 40))"
}

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
seconds=$(patience)
for kind in msg_server login_server; do
  of_kind=()
  for name in "${running[@]}"; do [[ $name != "${kind}_"* ]] || of_kind+=("$name"); done
  [[ $kind == msg_server ]] || signal=TERM
  end "$signal" "$seconds" ${of_kind[@]+"${of_kind[@]}"}
done
say "stopped: ${running[*]}"
