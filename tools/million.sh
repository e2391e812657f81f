#!/usr/bin/env bash
# What `make million` runs: a million clients, logged in and beating, on one machine. See --help.
set -euo pipefail
# shellcheck source=tools/cluster.sh
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source=tools/load_directory.sh
source "$(dirname "${BASH_SOURCE[0]}")/load_directory.sh"

help() {
  cat <<'END'
Usage: tools/million.sh [flags]

Looks first whether this machine has what it takes: memory, descriptors, ports. Then starts as many msg_servers and load
processes as the limit of descriptors for each process asks for, makes the users, logs all clients in with session tokens,
and holds them while they beat. Prints how many connections were closed (none should be), and the servers' memory and
cores in sum. Stops everything and removes what it made, however it ends.

  --clients N     how many (default: 1000000)
  --minutes M     how long they are held (default: 10)
  --heartbeat T   each client beats so often (default: 60s); the servers' idle timeout is 2.5 times that
  --each N        clients of one process at most (default: what the limit of descriptors allows, 19000 at most)
  --port-base B   as for start.sh (default: 20000)
  --out DIR       the cluster and the reports, million.html and million.json (default: build/million)
  --bin DIR       where the executables are (default: build/bin)
  --check         only look whether the machine has what it takes

Exit codes: 0 all were held; 1 they were not, or the machine lacks something; 2 wrong usage.
END
}

clients=1000000
minutes=10
heartbeat=60
each=""
port_base=20000
out=$repo/build/million
check_only=false
# need_count FLAG VALUE MIN MAX: as need_number, for numbers above a million.
need_count() {
  if ! [[ $2 =~ ^(0|[1-9][0-9]{0,7})$ ]] || (($2 < $3 || $2 > $4)); then
    fail_usage "$1 $2: must be a number from $3 to $4"
  fi
}
while (($#)); do
  case $1 in
    --clients) need_value "$@"; need_count "$1" "$2" 100 10000000; clients=$2; shift ;;
    --minutes) need_value "$@"; need_number "$1" "$2" 1 10000; minutes=$2; shift ;;
    --heartbeat) need_value "$@"; need_number "$1" "${2%s}" 5 3600; heartbeat=${2%s}; shift ;;
    --each) need_value "$@"; need_number "$1" "$2" 10 900000; each=$2; shift ;;
    --port-base) need_value "$@"; need_number "$1" "$2" 1024 60000; port_base=$2; shift ;;
    --out) need_value "$@"; out=$2; shift ;;
    --bin) need_value "$@"; bin=$2; shift ;;
    --check) check_only=true ;;
    --help | -h) help; exit 0 ;;
    *) fail_usage "$1: no such flag" ;;
  esac
  shift
done

# For a million clients that beat once a minute: memory and cores of all servers.
readonly goal_gib=2 goal_cores=0.35
# Of each process's descriptors, some are for other things than clients.
readonly spare_descriptors=200
descriptors=$(ulimit -Hn)
[[ $descriptors != unlimited ]] || descriptors=1048576
if [[ -z $each ]]; then
  each=$((descriptors - spare_descriptors))
  ((each <= 19000)) || each=19000
fi
((each > 0)) || fail "a process may open only $descriptors files (ulimit -Hn): too few for anything"
processes=$(((clients + each - 1) / each))
here=$(dirname "${BASH_SOURCE[0]}")

missing=()
# What the kernel keeps for the two ends of a connection, and what the programs keep: measured, and some more.
readonly bytes_a_client=10500
# What the control group of this shell leaves, in MiB; very much where there is no limit.
allowed_memory() {
  local group most used
  group=$(awk -F: '$1 == 0 {print $3}' /proc/self/cgroup)
  most=$(contents "/sys/fs/cgroup$group/memory.max") || most=$(contents /sys/fs/cgroup/memory.max) || most=max
  used=$(contents "/sys/fs/cgroup$group/memory.current") || used=$(contents /sys/fs/cgroup/memory.current) || used=0
  if [[ $most == max ]]; then say 1073741824; else say $(((most - used) / 1048576)); fi
}
check_memory() {
  local needed available allowed
  needed=$((clients * bytes_a_client / 1048576 + processes * 40 + 512))
  available=$(awk '$1 == "MemAvailable:" {print int($2 / 1024)}' /proc/meminfo)
  allowed=$(allowed_memory)
  ((available <= allowed)) || available=$allowed
  say "memory: about $needed MiB needed, $available MiB available"
  ((available >= needed)) || missing+=("memory: $needed MiB are needed, $available MiB are available; try --clients $((clients * available * 9 / (needed * 10)))")
}
check_descriptors() {
  local all
  say "descriptors: $each clients a process, $descriptors allowed, so $processes msg_servers and $processes load processes"
  ((each + spare_descriptors <= descriptors)) ||
    missing+=("descriptors: --each $each needs $((each + spare_descriptors)) for each process, $descriptors are allowed (ulimit -Hn)")
  all=$(cat /proc/sys/fs/file-max)
  ((all >= clients * 2 + 100000)) ||
    missing+=("descriptors of the whole system: $((clients * 2 + 100000)) are needed, fs.file-max is $all (sysctl -w fs.file-max=…)")
  ((processes <= 200)) || missing+=("descriptors: $processes msg_servers would be needed, start.sh starts 200: raise ulimit -Hn")
}
# listeners: the TCP ports that somebody listens at. By ss, where it is: /proc has a line for each connection as well.
listeners() {
  if command -v ss >/dev/null; then
    ss -Htln | awk '{sub(/.*:/, "", $4); print $4}'
  else
    awk '$4 == "0A" {sub(/.*:/, "", $2); print "0x" $2}' /proc/net/tcp /proc/net/tcp6 2>/dev/null || true
  fi
}
# ports_in_use FIRST LAST: those of the servers to come.
ports_in_use() {
  local port
  while read -r port; do
    port=$((port))
    if ((port == $1 + 8 || port == $1 + 80 || port == $1 + 100)) ||
      ((port >= $1 + 200 && port <= $2 && ((port - $1) % 10 == 0 || (port - $1) % 10 == 3))); then
      printf '%s ' "$port"
    fi
  done < <(listeners | sort -u)
}
check_ports() {
  local first _ last taken
  last=$((port_base + 203 + 10 * (processes - 1)))
  read -r first _ </proc/sys/net/ipv4/ip_local_port_range
  ((last < first)) || missing+=("ports: the servers listen up to $last, outgoing connections begin at $first (net.ipv4.ip_local_port_range): choose a lower --port-base")
  taken=$(ports_in_use "$port_base" "$last")
  [[ -z $taken ]] || missing+=("ports: in use already: ${taken% }: choose another --port-base")
}
check_tracking() {
  local most tracked
  most=$(cat /proc/sys/net/netfilter/nf_conntrack_max 2>/dev/null) || return 0
  tracked=$(cat /proc/sys/net/netfilter/nf_conntrack_count 2>/dev/null) || return 0
  ((tracked > 0)) || return 0 # it is there, and no rule here makes use of it
  ((most >= clients * 11 / 10)) ||
    missing+=("connection tracking knows $most connections at most (sysctl -w net.netfilter.nf_conntrack_max=…), or loopback must be exempt from it")
}
check_memory
check_descriptors
check_ports
check_tracking
if ((${#missing[@]})); then
  printf '%s: missing: %s\n' "$script" "${missing[@]}" >&2
  exit 1
fi
! $check_only || exit 0

for program in login_server msg_server talkload; do
  [[ -x $bin/$program ]] || fail "$bin/$program is missing: run \`make build\` first"
done
use_out "$out"

ulimit -Sn "$(ulimit -Hn)"
without_lock "$here/start.sh" --dir "$dir" --port-base "$port_base" --msg-servers "$processes" --bin "$bin" --timeout 300 \
  --set client.max_connections="$descriptors" --set client.max_connections_per_address=1000000 \
  --set client.idle_timeout="$((heartbeat * 5 / 2))s" --set client.handshake_timeout=60s \
  --set store.page_cache=1MiB --set tcp.keepalive_idle=0 --set server.closed_kept=100 --set log.level=warn >/dev/null
say "$processes msg_servers and a login_server serve; now $clients users, and as many logins"
code=0
run_load idle --dir "$dir" --clients "$clients" --processes "$processes" --heartbeat "${heartbeat}s" \
  --duration "${minutes}m" --warmup 5s --connect-timeout 1h --report "$out/million.html" --json "$out/million.json" || code=$?
((code == 0)) || fail "they were not all held (talkload's exit code: $code)"
# all_servers KEY: what million.json says of all servers in sum.
all_servers() { awk -v key="\"$1\":" '/^ "servers": {/ {inside = 1} inside && $1 == key {print $2 + 0; exit}' "$out/million.json"; }
say "$clients clients were held for $minutes minutes. Report: $out/million.html"
awk -v goal_gib="$goal_gib" -v goal_cores="$goal_cores" -v clients="$clients" -v heartbeat="$heartbeat" \
  -v rss="$(all_servers rss_bytes)" -v cores="$(all_servers cores)" 'BEGIN {
  part = clients / 1000000
  printf "all servers: %.2f GiB of memory (goal for so many: %.2f), %.3f cores (goal: %.3f)\n",
    rss / 1073741824, goal_gib * part, cores, goal_cores * part * 60 / heartbeat
}'
