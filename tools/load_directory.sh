# shellcheck shell=bash
# What load_tour.sh and million.sh share: the directory that they write to, the cluster in it, which they remove, and
# running talkload so that a signal ends it before its cluster goes. Sourced behind cluster.sh, never run. Sets $out and
# $dir (absolute); reads $bin, $repo of cluster.sh.

# Only a directory that holds this file was made here, and may be removed.
readonly made_here=.made_by_a_load_script
load_pid=""

# use_out DIR: reports go there, and the cluster into DIR/cluster. Fails where another run works in it, or where there is
# a DIR/cluster that no such run has made. One that was left behind by a run that was killed is stopped and removed.
use_out() {
  mkdir -p "$1"
  out=$(cd "$1" && pwd)
  dir=$out/cluster
  { exec 7>>"$out/.lock"; } 2>/dev/null || fail "$out: cannot be written"
  flock -n 7 || fail "$out: another run is at work there (choose another --out)"
  if [[ -e $dir || -L $dir ]]; then
    [[ -f $dir/$made_here && ! -L $dir ]] ||
      fail "$dir: is there, and was not made by this script: choose another --out, or remove it yourself"
    remove_cluster
  fi
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  mkdir "$dir"
  : >"$dir/$made_here"
}

# without_lock COMMAND…: what may go on running afterwards must not hold the lock.
without_lock() { "$@" 7>&-; }

remove_cluster() {
  [[ -f $dir/$made_here ]] || return 0
  without_lock "$(dirname "${BASH_SOURCE[0]}")/stop.sh" --dir "$dir" --timeout 60 >/dev/null 2>&1 || true
  rm -rf "$dir"
}

clean_up() {
  local code=$?
  trap '' INT TERM HUP
  end_load
  remove_cluster
  exit "$code"
}

# run_load ARGUMENT…: talkload; its exit code. In the background, so that a signal is acted on at once.
run_load() {
  local code=0
  # shellcheck disable=SC2154 # cluster.sh says where
  "$bin/talkload" "$@" 7>&- & # by itself, not in a function: then the pid is its own
  load_pid=$!
  wait "$load_pid" || code=$?
  load_pid=""
  return "$code"
}

# Twice asked it does not wait for stragglers; its clients are gone before their servers.
end_load() {
  local tries
  [[ -n $load_pid ]] || return 0
  kill -s TERM "$load_pid" 2>/dev/null || true
  for ((tries = 0; tries < 100; tries++)); do
    kill -0 "$load_pid" 2>/dev/null || break
    ((tries != 20)) || kill -s TERM "$load_pid" 2>/dev/null || true
    sleep 0.1
  done
  kill -s KILL "$load_pid" 2>/dev/null || true
  wait "$load_pid" 2>/dev/null || true
  load_pid=""
}
