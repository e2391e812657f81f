#!/usr/bin/env bash
# Starts a TalkBeat cluster on this machine and returns when it serves. See --help.
# shellcheck disable=SC2046  # lists of names are meant to be split
set -euo pipefail
# shellcheck source=tools/cluster.sh
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
umask g-w,o= # what is made here is this user's, and its group may read it

help() {
  cat <<'END'
Usage: tools/start.sh [flags]

Starts login_servers and msg_servers on this machine, and returns when all of them serve. Where something prevents
that, it says in one line what, leaves nothing running, and the cluster that was started last is still the one that is
known. What runs already is left alone.

In a directory that has had a cluster, without any of the flags from --port-base to --bin: that cluster, as it was last
started. With some of them: what they say, and for the rest the defaults.

  --dir DIR              all that the cluster is: conf/, log/, database, images, keys, pid files (default: run)
  --port-base B          login_server k: clients B+8+k, HTTP B+80+k, msg_servers B+100+k
                         msg_server k: clients B+200+10k, HTTP B+203+10k (default: 8000)
  --login-servers N      how many (default: 1, at most 10)
  --msg-servers N        how many; one per core is right (default: 2, at most 200)
  --tls [CERT KEY]       TLS ports, too, with this certificate and key (PEM); without the two, with one that is made
                         in DIR/tls/ and signs itself. login_server k: B+18+k, HTTPS B+180+k; msg_server k: B+202+10k
  --set section.key=val  a setting over DIR/conf/*.toml, given to whichever kind of server has it; repeatable
  --bin DIR              where the executables are (default: build/bin)
  --timeout SECONDS      how long all may take until they serve (default: 15)

Examples:
  tools/start.sh
  tools/start.sh --dir /srv/talkbeat --msg-servers 4 --set log.level=debug
  tools/start.sh --dir run2 --port-base 9000

Then: tools/status.sh, tools/restart.sh, tools/stop.sh, each with the same --dir.
Exit codes: 0 the cluster serves; 1 it does not, and nothing was left running; 2 wrong usage.
END
}

dir=run
timeout=15
tls=
shape_given=false
while (($#)); do
  [[ $1 != --@(port-base|login-servers|msg-servers|tls|set|bin) ]] || shape_given=true
  case $1 in
    --dir) need_value "$@"; dir=$2; shift ;;
    --port-base) need_value "$@"; need_number "$1" "$2" 1024 64000; port_base=$2; shift ;;
    --login-servers) need_value "$@"; need_number "$1" "$2" 1 10; login_servers=$2; shift ;;
    --msg-servers) need_value "$@"; need_number "$1" "$2" 1 200; msg_servers=$2; shift ;;
    --tls)
      tls=made
      if (($# >= 3)) && [[ $2 != -* && $3 != -* ]]; then
        tls=given
        certificate=$(realpath -- "$2") key=$(realpath -- "$3")
        shift 2
      fi ;;
    --set) need_value "$@"; [[ $2 =~ ^[a-z_]+\.[a-z0-9_]+= ]] || fail_usage "--set $2: must be section.key=value"
      settings+=("$2"); shift ;;
    --bin) need_value "$@"; bin=$2; shift ;;
    --timeout) need_value "$@"; need_number "$1" "$2" 1 600; timeout=$2; shift ;;
    --help | -h) help; exit 0 ;;
    *) fail_usage "$1: no such flag" ;;
  esac
  shift
done
trap '' XFSZ # past a limit on file sizes, a write is to fail and be reported, not to kill

make_directory() {
  local said
  said=$(mkdir -p "$dir/conf" "$dir/log" 2>&1) || fail "${said%%$'\n'*}"
  dir=$(cd "$dir" && pwd)
  local free_kib
  free_kib=$(df -Pk "$dir" | awk 'NR == 2 {print $4}')
  ((free_kib >= 8192)) || fail "$dir: no disk space: $free_kib KiB free, at least 8192 are needed"
}

# Returns where nothing runs, or a part of just this cluster; fails where what runs is another one.
compare_with_running() {
  local running=() name
  for name in $(names_with_pid); do
    if pid_of "$name" >/dev/null; then running+=("$name"); else forget "$name"; fi
  done
  ((${#running[@]})) || return 0
  if [[ $(cat "$dir/cluster.conf" 2>/dev/null) != "$(shape_text)" || $(cat "$dir/cluster.set" 2>/dev/null) != "$(settings_text)" ]]; then
    fail "$dir: a cluster of another shape or other settings runs there (${running[*]}): tools/stop.sh --dir $dir first"
  fi
}

# Settings to start from, for who has none yet, and keys.
write_files() {
  local kind
  for kind in login_server msg_server; do
    [[ ! -e $dir/conf/$kind.toml ]] || continue
    if [[ -r $repo/conf/$kind.toml ]]; then cat "$repo/conf/$kind.toml"; else "$bin/$kind" --print-config; fi |
      write_file "$dir/conf/$kind.toml" 644
  done
  make_keys
}

# What a start without flags brings back, and the other scripts read: the cluster that was started last, not one that
# would not start.
write_shape() {
  shape_text | write_file "$dir/cluster.conf" 644
  settings_text | write_file "$dir/cluster.set" 600
}
declare -A shape_before=()
keep_shape() {
  local file
  for file in cluster.conf cluster.set; do
    [[ ! -e $dir/$file ]] || shape_before[$file]=$(cat "$dir/$file")
  done
}
put_shape_back() {
  local file mode
  for file in cluster.conf cluster.set; do
    mode=644
    [[ $file == cluster.conf ]] || mode=600
    if [[ ! -v shape_before[$file] ]]; then
      rm -f "$dir/$file"
    else
      printf '%s' "${shape_before[$file]:+${shape_before[$file]}$'\n'}" | write_file "$dir/$file" "$mode" || true
    fi
  done
}

check_settings() {
  local setting
  for setting in ${settings[@]+"${settings[@]}"}; do
    knows_setting login_server "$setting" || knows_setting msg_server "$setting" ||
      fail "--set $setting: neither login_server nor msg_server has such a setting"
  done
  check_config
}

# check_ports NAME…: nobody may listen on them yet. (The server would say so too, but not who it is.)
check_ports() {
  local name port line inode owner
  for name in "$@"; do
    for port in $(ports_of "$name"); do
      line=$(awk -v port=":$(printf '%04X' "$port")" '$4 == "0A" && substr($2, length($2) - 4) == port {print $10; exit}' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null) || true
      [[ -n $line ]] || continue
      inode=$(find /proc/[0-9]*/fd -lname "socket:\[$line\]" -print -quit 2>/dev/null) || true
      owner=${inode#/proc/}
      owner=${owner%%/*}
      fail "port $port, which $name needs, is taken${owner:+ by pid $owner ($(cat "/proc/$owner/comm"))};" \
        "stop that, or choose another --port-base"
    done
  done
}

clean_up() {
  (($? != 0)) || return 0
  trap '' INT TERM HUP
  settle ${launched[@]+"${launched[@]}"}
  end INT 5 ${launched[@]+"${launched[@]}"}
  put_shape_back
  exit 1 # bash 5.2 says 2 where a signal comes while it reads a $(…)
}

# What --set says of it counts more.
switch_tls_on() {
  if [[ $tls == made ]]; then
    make_certificate
    certificate=$dir/tls/certificate.pem key=$dir/tls/key.pem
  fi
  settings=("tls.certificate=$certificate" "tls.key=$key" ${settings[@]+"${settings[@]}"})
}

make_directory
$shape_given || read_shape || true # a new one
find_executables
lock_cluster "$((timeout + 60))"
[[ -z $tls ]] || switch_tls_on
compare_with_running

missing=()
for name in $(all_names); do
  pid_of "$name" >/dev/null || { missing+=("$name"); continue; }
  ! drains "$name" || fail "$name is being drained: start again when it has left (tools/status.sh --dir $dir shows it)"
done
if ((${#missing[@]} == 0)); then
  await "$timeout" $(all_names)
  say "$(all_names | wc -l) processes are already running in $dir: nothing to do"
  exit 0
fi

write_files
check_settings
check_ports "${missing[@]}"
launched=()
keep_shape
trap clean_up EXIT
trap 'exit 1' INT TERM HUP
write_shape
for name in "${missing[@]}"; do
  launched+=("$name")
  launch "$name"
done
await "$timeout" "${missing[@]}"
say "TalkBeat serves: ${missing[*]} (clients come to 127.0.0.1:$((port_base + 80)) by HTTP or :$((port_base + 8)))"
