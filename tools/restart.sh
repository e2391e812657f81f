#!/usr/bin/env bash
# Restarts a cluster in the shape in which it was started. See --help.
# shellcheck disable=SC2046  # lists of names are meant to be split
set -euo pipefail
# shellcheck source=tools/cluster.sh
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
umask g-w,o= # what is made here is this user's, and its group may read it

help() {
  cat <<'END'
Usage: tools/restart.sh [flags]

Restarts the cluster in a directory, with the ports, numbers and settings that start.sh was given. Where a server would
refuse its settings, it says so in one line, and ends none.

  --dir DIR          the cluster's directory (default: run)
  --rolling          one process after the other, while the cluster serves: each msg_server is drained (SIGTERM: its
                     clients move to the other ones), started again, and registered with every login_server before the
                     next one's turn; then the login_servers, each known to all msg_servers before the next. Needs 2
                     msg_servers or more, and that all processes serve. TalkBeat's clients notice nothing; others are
                     closed after drain.timeout, and connect again
  --now              with --rolling: don't wait for clients to go (SIGINT); each is offline for a moment
  --timeout SECONDS  how long each may take to leave (then it is killed), and to serve again. Default: 40; with
                     --rolling 15 more than drain.timeout, which it must exceed

Examples:
  tools/restart.sh
  tools/restart.sh --dir /srv/talkbeat --rolling

Exit codes: 0 all serve again; 1 something does not, one line says what; 2 wrong usage.
END
}

dir=run
timeout=""
now=false
rolling=false
while (($#)); do
  case $1 in
    --dir) need_value "$@"; dir=$2; shift ;;
    --rolling) rolling=true ;;
    --now) now=true ;;
    --timeout) need_value "$@"; need_number "$1" "$2" 1 3600; timeout=$2; shift ;;
    --help | -h) help; exit 0 ;;
    *) fail_usage "$1: no such flag" ;;
  esac
  shift
done

# On a terminal, how many clients a msg_server still has, in one line that is written again and again.
looked_at=0
waiting_for() {
  [[ -t 1 ]] && is_msg_server "$1" && ((SECONDS > looked_at)) || return 0
  looked_at=$SECONDS
  [[ $(healthz "$1") =~ \"clients_left\":([0-9]+) ]] || return 0
  printf '\r\033[K%s leaves, clients left: %s' "$1" "${BASH_REMATCH[1]}"
}
end_of_line() { [[ ! -t 1 ]] || printf '\r\033[K'; }

check_serving() {
  local name
  for name in $(all_names); do
    serves "$name" || fail "$name does not serve: --rolling needs all processes (start.sh starts what is down)"
  done
}

# Sets $timeout.
choose_timeout() {
  local drain
  if $now || ! $rolling; then
    timeout=${timeout:-40}
    return
  fi
  drain=$(drain_seconds) || fail "drain.timeout cannot be read from $dir/conf/msg_server.toml"
  timeout=${timeout:-$((drain + 15))}
  ((timeout > drain)) || fail "--timeout $timeout: a msg_server may take $drain s to leave (drain.timeout): give it" \
    "more, or shorten drain.timeout"
}

roll_msg_server() {
  local signal=TERM
  ! $now || signal=INT
  end "$signal" "$timeout" "$1"
  end_of_line
  launch "$1"
  await "$timeout" "$1"
  await_that "$timeout" "$1" "register with every login_server" registered "$1"
  say "$1 serves again"
}

# It is whole when all msg_servers have come back to it.
roll_login_server() {
  local name
  end TERM "$timeout" "$1"
  launch "$1"
  await "$timeout" "$1"
  await_that "$timeout" "$1" "know all msg_servers" knows_all "$1"
  for name in $(msg_names); do
    await_that "$timeout" "$name" "register with every login_server" registered "$name"
  done
  say "$1 serves again"
}

use_cluster "$dir"
if $rolling && ((msg_servers < 2)); then
  fail "--rolling needs 2 msg_servers or more: the clients of the only one have nowhere to go (restart.sh without" \
    "--rolling restarts all at once)"
fi
lock_cluster 120
find_executables
check_config
choose_timeout

if $rolling; then
  check_serving
  for name in $(msg_names); do roll_msg_server "$name"; done
  for name in $(login_names); do roll_login_server "$name"; done
else
  end INT "$timeout" $(msg_names)
  end TERM "$timeout" $(login_names)
  for name in $(all_names); do launch "$name"; done
  await "$timeout" $(all_names)
  say "TalkBeat serves again: $(all_names | tr '\n' ' ')"
fi
