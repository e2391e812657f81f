# shellcheck shell=bash
# What start.sh, stop.sh, restart.sh and status.sh share: the shape of a cluster (cluster.conf), who is who (ports, pid
# files), starting, watching and ending processes. Sourced, never run. Every function reads $dir (absolute) and, where it
# is about the shape, $port_base, $login_servers, $msg_servers, $bin and the array $settings.
#
# A process is known by its pid and by when the kernel says it began (NAME.start): a pid that was given to somebody
# else since is not ours, and is never killed.

script=$(basename "$0")
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
port_base=8000
login_servers=1
msg_servers=2
bin=$repo/build/bin
settings=()

say() { printf '%s\n' "$*"; }
fail() {
  printf '%s: %s\n' "$script" "$*" >&2
  exit 1
}
fail_usage() {
  printf '%s: %s (try %s --help)\n' "$script" "$*" "$script" >&2
  exit 2
}

# need_value FLAG REST…: the flag must be followed by a value.
need_value() { [[ $# -ge 2 ]] || fail_usage "$1 needs a value"; }

# need_number FLAG VALUE MIN MAX: without zeros in front, which would make it octal wherever it is reckoned with.
need_number() {
  if ! [[ $2 =~ ^(0|[1-9][0-9]{0,5})$ ]] || (($2 < $3 || $2 > $4)); then
    fail_usage "$1 $2: must be a number from $3 to $4"
  fi
}

# --- The shape -------------------------------------------------------------------------------------------------------

# The directory, absolute; it must hold a cluster.
use_cluster() {
  [[ -d $1 ]] || fail "$1: no such directory: no cluster was ever started there"
  dir=$(cd "$1" && pwd)
  read_shape || fail "$dir: holds no cluster (no cluster.conf)"
}

read_shape() {
  [[ -r $dir/cluster.conf ]] || return 1
  local key value
  while IFS='=' read -r key value; do
    case $key in
      PORT_BASE) port_base=$value ;;
      LOGIN_SERVERS) login_servers=$value ;;
      MSG_SERVERS) msg_servers=$value ;;
      BIN) bin=$value ;;
    esac
  done <"$dir/cluster.conf"
  settings=()
  [[ ! -r $dir/cluster.set ]] || mapfile -t settings <"$dir/cluster.set"
}

# The shape as text, to write and to compare.
shape_text() {
  printf 'PORT_BASE=%s\nLOGIN_SERVERS=%s\nMSG_SERVERS=%s\nBIN=%s\n' "$port_base" "$login_servers" "$msg_servers" "$bin"
}
settings_text() { ((${#settings[@]} == 0)) || printf '%s\n' "${settings[@]}"; }

# write_file PATH MODE: stdin becomes the file, whole or not at all.
write_file() {
  local new=$1.new.$$ said
  said=$( (umask 077 && cat >"$new" && chmod "$2" "$new" && mv -f "$new" "$1") 2>&1) && return 0
  rm -f "$new"
  fail "$1 cannot be written: ${said##*: } ($(room_in "$dir"))"
}

find_executables() {
  local name
  for name in login_server msg_server; do
    [[ -x $bin/$name ]] || fail "$bin/$name is missing: run \`make build\` first"
  done
  bin=$(cd "$bin" && pwd)
}

# Fails where servers would refuse to start with the settings that there are.
check_config() {
  local name command said
  for name in login_server_0 msg_server_0; do
    compose_command "$name"
    said=$("${command[@]}" --check-config 2>&1) || fail "${said##*$'\n'}"
  done
}

# What the servers prove themselves with to each other, and what operators show to msg_servers; made once.
make_keys() {
  local key
  for key in cluster.key admin.key; do
    [[ -e $dir/$key ]] || od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n' | write_file "$dir/$key" 600
  done
}

# A certificate for --tls that signs itself, for this machine's names and addresses; made once.
make_certificate() {
  [[ ! -e $dir/tls/certificate.pem ]] || return 0
  local names address said
  command -v openssl >/dev/null || fail "--tls: the openssl program is missing (apt install openssl), or give a certificate"
  names=DNS:localhost,DNS:$(uname -n),IP:127.0.0.1,IP:::1
  for address in $(hostname -I 2>/dev/null || true); do names+=,IP:$address; done
  said=$( (umask 077 && mkdir -p "$dir/tls" && cd "$dir/tls" &&
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 -subj /CN=TalkBeat \
      -addext "subjectAltName=$names" -keyout key.pem -out certificate.new && mv certificate.new certificate.pem) 2>&1) ||
    fail "--tls: no certificate could be made: ${said##*$'\n'}"
  chmod 644 "$dir/tls/certificate.pem"
}

# How much room a directory's file system has, in words.
room_in() { say "$(df -Ph "$1" 2>/dev/null | awk 'NR == 2 {print $4 " free on " $6}')"; }

# One start, stop or restart of a cluster at a time. The descriptor is closed in the servers, so the lock goes with us.
lock_cluster() {
  { exec 9>>"$dir/.lock"; } 2>/dev/null || fail "$dir: cannot be written ($(room_in "$dir"))"
  flock -w "$1" 9 || fail "$dir: another start, stop or restart has been at work for $1 s"
}

# --- Who is who ------------------------------------------------------------------------------------------------------

login_names() { for ((k = 0; k < login_servers; k++)); do say "login_server_$k"; done; }
msg_names() { for ((k = 0; k < msg_servers; k++)); do say "msg_server_$k"; done; }
all_names() {
  login_names
  msg_names
}
# Everything that has a pid file here, msg_servers first: they take leave of the login_servers.
names_with_pid() {
  local file
  for file in "$dir"/msg_server_*.pid "$dir"/login_server_*.pid; do
    [[ ! -e $file ]] || basename "$file" .pid
  done
}

kind_of() { say "${1%_*}"; }
number_of() { say "${1##*_}"; }
is_msg_server() { [[ $1 == msg_server_* ]]; }

# port_of NAME clients|http|servers|tls|https
port_of() {
  local k
  k=$(number_of "$1")
  case $(kind_of "$1")/$2 in
    login_server/clients) say $((port_base + 8 + k)) ;;
    login_server/http) say $((port_base + 80 + k)) ;;
    login_server/tls) say $((port_base + 18 + k)) ;;
    login_server/https) say $((port_base + 180 + k)) ;;
    login_server/servers) say $((port_base + 100 + k)) ;;
    msg_server/clients) say $((port_base + 200 + 10 * k)) ;;
    msg_server/tls) say $((port_base + 202 + 10 * k)) ;;
    msg_server/http) say $((port_base + 203 + 10 * k)) ;;
  esac
}
ports_of() {
  port_of "$1" clients
  port_of "$1" http
  is_msg_server "$1" || port_of "$1" servers
  ! has_tls || port_of "$1" tls
  ! has_tls || is_msg_server "$1" || port_of "$1" https
}
# Whether the start was told of a certificate. (One that only the .toml names is seen by the servers themselves.)
has_tls() { [[ $'\n'$(settings_text) == *$'\ntls.certificate='?* ]]; }

# --- Processes -------------------------------------------------------------------------------------------------------

# contents FILE: prints it; status 1 where it cannot be read. (A `$(<file)` that fails ends the whole script.)
contents() { cat "$1" 2>/dev/null; }

# When a process began, in ticks since boot; nothing where it has ended (a zombie has). Its name, field 2, may hold
# blanks and parentheses: cut up to the last one.
began() {
  local stat fields
  stat=$(contents "/proc/$1/stat") || return 1
  read -ra fields <<<"${stat##*) }"
  [[ ${fields[0]} != Z && ${fields[0]} != X ]] && say "${fields[19]}"
}

boot_id=$(contents /proc/sys/kernel/random/boot_id)

# pid_of NAME: its pid, where it runs.
pid_of() {
  local pid start
  pid=$(contents "$dir/$1.pid") && start=$(contents "$dir/$1.start") || return 1
  [[ $pid =~ ^[0-9]+$ && $start == "$(began "$pid") $boot_id" ]] && say "$pid"
}

forget() { rm -f "$dir/$1.pid" "$dir/$1.start"; }

# The command line of a server, into the array $command.
compose_command() {
  local name=$1 k
  local logins=()
  for ((k = 0; k < login_servers; k++)); do logins+=("127.0.0.1:$((port_base + 100 + k))"); done
  command=("$bin/$(kind_of "$name")" --config "$dir/conf/$(kind_of "$name").toml" --set "server.name=$name"
    --set "client.listen=0.0.0.0:$(port_of "$name" clients)" --set "tls.listen=0.0.0.0:$(port_of "$name" tls)")
  if is_msg_server "$name"; then
    command+=(--set "http.listen=127.0.0.1:$(port_of "$name" http)"
      --set "cluster.login_servers=$(IFS=,; say "${logins[*]}")" --set "store.path=$dir/talkbeat.db" --set "files.path=$dir/files"
      --set "admin.key_file=$dir/admin.key")
  else
    command+=(--set "client.http_listen=0.0.0.0:$(port_of "$name" http)"
      --set "tls.http_listen=0.0.0.0:$(port_of "$name" https)"
      --set "cluster.listen=127.0.0.1:$(port_of "$name" servers)" --set "images.directory=$dir/images")
  fi
  command+=(--set "cluster.key_file=$dir/cluster.key" --set "log.file=$dir/log/$name.log")
  local setting
  for setting in ${settings[@]+"${settings[@]}"}; do
    ! knows_setting "$(kind_of "$name")" "$setting" || command+=(--set "$setting")
  done
}

# knows_setting KIND section.key=value: whether that kind of server has such a setting.
knows_setting() {
  local key=${2%%=*}
  declare -gA known_settings
  [[ -n ${known_settings[$1]-} ]] || known_settings[$1]=$'\n'$("$bin/$1" --print-config |
    awk '/^\[/ {gsub(/[][ ]/, ""); section = $0}
         /^#? ?[a-z][a-z0-9_]* *=/ {sub(/^# ?/, ""); sub(/ *=.*/, ""); print section "." $0}')$'\n'
  [[ ${known_settings[$1]} == *$'\n'"$key"$'\n'* ]]
}

# launch NAME: starts it, detached from this terminal, output in log/NAME.out. The pid is on disk before the server is
# the process, so that there is no moment in which it runs and nobody knows.
declare -A children=()
launch() {
  local name=$1 command started
  make_keys # a cluster of an older version has not all of them
  compose_command "$name"
  [[ ! -s $dir/log/$name.out ]] || mv -f "$dir/log/$name.out" "$dir/log/$name.out.old"
  (
    exec 9>&-
    trap - EXIT
    me=$BASHPID # not inside $(…), where it is another one
    started=$(began "$me")
    printf '%s\n' "$me" >"$dir/$name.pid" && printf '%s %s\n' "$started" "$boot_id" >"$dir/$name.start" &&
      exec setsid env --default-signal "${command[@]}" </dev/null
  ) >"$dir/log/$name.out" 2>&1 &
  children[$name]=$!
}

# settle NAME…: where launch() was interrupted, waits until its child has written down its pid, or has ended: then end()
# finds all of them. A child may also be there, and not in $children yet.
settle() {
  local name child deadline=$((SECONDS + 10))
  for name in "$@"; do
    child=${children[$name]-}
    [[ -n $child || " ${children[*]-} " == *" ${!-} "* ]] || child=${!-}
    until pid_of "$name" >/dev/null || ! began "${child:-none}" >/dev/null; do
      ((SECONDS < deadline)) || kill -s KILL "$child" 2>/dev/null || true
      sleep 0.05
    done
  done
}

# lives NAME: it runs, or is about to.
lives() { began "${children[$1]:-none}" >/dev/null || pid_of "$1" >/dev/null; }

# http_get PORT PATH: prints the body; status 0 where the answer is 200.
http_get() {
  (
    exec 8<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&8
    IFS=' ' read -r -t2 _ status _ <&8 || exit 1
    while IFS= read -r -t2 line <&8 && [[ $line != $'\r' ]]; do :; done
    IFS= read -r -d '' -t2 body <&8 || true
    printf '%s' "$body"
    [[ $status == 200 ]]
  ) 2>/dev/null
}

# serves NAME: it answers, and where it is a msg_server, a login_server knows it.
serves() {
  local port
  port=$(port_of "$1" http)
  http_get "$port" /healthz >/dev/null || return 1
  ! is_msg_server "$1" || http_get "$port" /readyz >/dev/null
}

# reason_of NAME: what it said last: a sanitizer's summary, its last line on stderr, or else in its log.
reason_of() {
  local said
  said=$(grep -h 'SUMMARY: ' "$dir/log/$1.out" 2>/dev/null | tail -n 1) || true
  [[ -n $said ]] || said=$(grep -hv '^[[:space:]]*$' "$dir/log/$1.out" 2>/dev/null | tail -n 1) || true
  [[ -n $said ]] || said=$(tail -n 1 "$dir/log/$1.log" 2>/dev/null) || true
  said=${said#"$(kind_of "$1"): "}
  say "${said:-it left no word} (more: $dir/log/$1.log and .out)"
}

# healthz NAME: what it says of itself.
healthz() { http_get "$(port_of "$1" http)" /healthz; }

# drains NAME: it is about to leave.
drains() { [[ $(healthz "$1") == *'"status":"draining"'* ]]; }

# registered NAME: every login_server knows this msg_server.
registered() {
  [[ $(healthz "$1") =~ \"registered\":([0-9]+),\"configured\":([0-9]+) ]] &&
    ((BASH_REMATCH[1] == BASH_REMATCH[2]))
}

# knows_all NAME: this login_server knows every msg_server.
knows_all() {
  local known
  known=$(http_get "$(port_of "$1" http)" /api/cluster | grep -o '"epoch"' | wc -l) && ((known >= msg_servers))
}

# await_that SECONDS NAME WHAT COMMAND…: returns when the command succeeds; fails with one line where the process ends,
# or does not do WHAT in time.
await_that() {
  local seconds=$1 name=$2 what=$3 deadline=$((SECONDS + $1))
  shift 3
  until "$@"; do
    lives "$name" || fail "$name ended: $(reason_of "$name")"
    ((SECONDS < deadline)) || fail "$name does not $what after $seconds s (--timeout): $(reason_of "$name")"
    sleep 0.05
  done
}

# await SECONDS NAME…: returns when all serve.
await() {
  local seconds=$1 name
  shift
  for name in "$@"; do await_that "$seconds" "$name" serve serves "$name"; done
}

# How long a msg_server may take to leave by itself (drain.timeout), in whole seconds.
drain_seconds() {
  local command
  compose_command msg_server_0
  "${command[@]}" --print-config | awk '
    /^\[/ {section = $1}
    section == "[drain]" && $1 == "timeout" {
      unit["ms"] = 0.001; unit["s"] = 1; unit["m"] = 60; unit["h"] = 3600; unit["d"] = 86400
      gsub(/"/, "", $3); number = $3 + 0; sub(/^[0-9]+/, "", $3)
      print int(number * unit[$3] + 0.999)
    }'
}

# Called again and again while end() waits for a process to leave; redefine it to show something.
waiting_for() { :; }

# end SIGNAL SECONDS NAME…: signals all of them, waits, kills what is left after that, says so, and forgets them.
end() {
  local signal=$1 seconds=$2 deadline=$((SECONDS + $2)) name pid
  shift 2
  for name in "$@"; do
    ! pid=$(pid_of "$name") || kill -s "$signal" "$pid" 2>/dev/null || true
  done
  for name in "$@"; do
    while pid=$(pid_of "$name") && ((SECONDS < deadline)); do
      waiting_for "$name"
      sleep 0.05
    done
    if pid=$(pid_of "$name"); then
      say "$script: $name (pid $pid) had not left after $seconds s: killed" >&2
      kill -s KILL "$pid" 2>/dev/null || true
      while pid_of "$name" >/dev/null; do sleep 0.05; done
    fi
    forget "$name"
  done
}
