#!/usr/bin/env bash
# Shows what runs of a cluster. See --help.
set -euo pipefail
# shellcheck source=tools/cluster.sh
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"

help() {
  cat <<'END'
Usage: tools/status.sh [flags]

One line for each process of a cluster. State: "serving"; "waiting" (a msg_server that no login_server knows); "draining"
(a msg_server that is leaving, and waits for its clients to go); "silent" (it runs, but does not answer); "down".

  --dir DIR   the cluster's directory (default: run)
  --json      for programs: {"dir":…, "processes":[{"name":…, "pid":…, "state":…, …}]}

Examples:
  tools/status.sh
  tools/status.sh --dir /srv/talkbeat --json

Exit codes: 0 all serve; 1 some do not; 3 none runs; 2 wrong usage.
END
}

dir=run
json=false
while (($#)); do
  case $1 in
    --dir) need_value "$@"; dir=$2; shift ;;
    --json) json=true ;;
    --help | -h) help; exit 0 ;;
    *) fail_usage "$1: no such flag" ;;
  esac
  shift
done

# state_of NAME
state_of() {
  local port
  pid_of "$1" >/dev/null || { say down; return; }
  port=$(port_of "$1" http)
  if ! http_get "$port" /healthz >/dev/null; then
    say silent
  elif drains "$1"; then
    say draining
  elif serves "$1"; then
    say serving
  else
    say waiting
  fi
}

# figure NAME FIELD: a number out of the process's own account, where it gives one.
figure() {
  local body
  body=$(http_get "$(port_of "$1" http)" /healthz) || true
  [[ $body =~ \"$2\":\ *([0-9]+) ]] && say "${BASH_REMATCH[1]}"
}

uptime_of() {
  local ticks now
  ticks=$(began "$1") || { say 0; return; }
  read -r now _ </proc/uptime
  say $((${now%.*} - ticks / $(getconf CLK_TCK)))
}
memory_of() { awk '/^VmRSS:/ {kib = $2} END {print kib + 0}' "/proc/$1/status" 2>/dev/null || say 0; }

# Blank, or as JSON null, where there is no such figure.
show() {
  local name=$1 state pid="" uptime="" memory="" connections="" users="" ports
  state=$(state_of "$name")
  if pid=$(pid_of "$name"); then
    uptime=$(uptime_of "$pid")
    memory=$(memory_of "$pid")
    connections=$(figure "$name" connections) || true
    users=$(figure "$name" users) || true
  fi
  ports=$(ports_of "$name" | paste -sd,)
  if $json; then
    printf '{"name":"%s","pid":%s,"state":"%s","uptime_s":%s,"memory_kib":%s,"ports":[%s],"connections":%s,"users":%s}' \
      "$name" "${pid:-null}" "$state" "${uptime:-null}" "${memory:-null}" "$ports" "${connections:-null}" "${users:-null}"
  else
    printf '%-16s %8s  %-8s %9s %9s  %-*s %11s %6s\n' "$name" "${pid:--}" "$state" "${uptime:+$uptime s}" \
      "${memory:+$((memory / 1024)) MiB}" "$ports_width" "$ports" "${connections:--}" "${users:--}"
  fi
  [[ $state == serving ]] && serving=$((serving + 1))
  [[ $state == down ]] || running=$((running + 1))
}

use_cluster "$dir"
ports_width=16
! has_tls || ports_width=30
serving=0
running=0
total=$((login_servers + msg_servers))
if $json; then
  printf '{"dir":"%s","processes":[' "$dir"
  separator=""
  for name in $(all_names); do
    printf '%s' "$separator"
    show "$name"
    separator=,
  done
  printf ']}\n'
else
  printf '%-16s %8s  %-8s %9s %9s  %-*s %11s %6s\n' NAME PID STATE UPTIME MEMORY "$ports_width" PORTS CONNECTIONS USERS
  for name in $(all_names); do show "$name"; done
fi

((running > 0)) || exit 3
((serving == total)) || exit 1
