#!/usr/bin/env bash
# Restarts a cluster in the shape in which it was started. See --help.
# shellcheck disable=SC2046  # lists of names are meant to be split
set -euo pipefail
# shellcheck source=tools/cluster.sh
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"

help() {
  cat <<'END'
Usage: tools/restart.sh [flags]

Restarts the cluster in a directory, with the ports, numbers and settings that start.sh was given.

  --dir DIR          the cluster's directory (default: run)
  --rolling          one process after the other, each serving before the next one's turn: msg_servers, then
                     login_servers; clients move to the other msg_servers
  --now              don't wait for clients to go (SIGINT instead of SIGTERM)
  --timeout SECONDS  how long each may take to leave (then it is killed), and to serve again (default: 40)

Examples:
  tools/restart.sh
  tools/restart.sh --dir /srv/talkbeat --rolling

Exit codes: 0 all serve again; 1 something does not, one line says what; 2 wrong usage.
END
}

dir=run
timeout=40
signal=TERM
rolling=false
while (($#)); do
  case $1 in
    --dir) need_value "$@"; dir=$2; shift ;;
    --rolling) rolling=true ;;
    --now) signal=INT ;;
    --timeout) need_value "$@"; need_number "$1" "$2" 1 3600; timeout=$2; shift ;;
    --help | -h) help; exit 0 ;;
    *) fail_usage "$1: no such flag" ;;
  esac
  shift
done

use_cluster "$dir"
lock_cluster 120

if $rolling; then
  for name in $(msg_names) $(login_names); do
    end "$signal" "$timeout" "$name"
    launch "$name"
    await "$timeout" "$name"
    say "$name serves again"
  done
  # A login_server that came back is whole when the msg_servers have come back to it.
  await "$timeout" $(all_names)
else
  end "$signal" "$timeout" $(msg_names)
  end "$signal" "$timeout" $(login_names)
  for name in $(all_names); do launch "$name"; done
  await "$timeout" $(all_names)
  say "TalkBeat serves again: $(all_names | tr '\n' ' ')"
fi
