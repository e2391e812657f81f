#!/usr/bin/env bash
# What `make run` does once all is built: a cluster with two people who have just talked. See --help.
set -euo pipefail
# shellcheck source=tools/cluster.sh
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"

help() {
  cat <<'END'
Usage: tools/demo.sh [--dir DIR] [--port-base B]

Starts 1 login_server and 2 msg_servers (unless they run), creates the users alice and bob (unless they exist), lets
alice on one msg_server send a message to bob on the other, and says how to go on. The cluster stays up.

  --dir DIR      the cluster's directory (default: run)
  --port-base B  as for start.sh (default: 8000)
END
}

dir=run
while (($#)); do
  case $1 in
    --dir) need_value "$@"; dir=$2; shift ;;
    --port-base) need_value "$@"; port_base=$2; shift ;;
    --help | -h) help; exit 0 ;;
    *) fail_usage "$1: no such flag" ;;
  esac
  shift
done
here=$(dirname "${BASH_SOURCE[0]}")
shown_dir=$dir
password=talkbeat

add_user() {
  local said
  ! grep -qw -- "$1" <<<"$users" || return 0
  said=$("$bin/talkctl" --dir "$dir" user add "$1" --password "$password" 2>&1) || fail "user $1: ${said##*$'\n'}"
}

# chat_at NUMBER USER ARGUMENT…: talkchat straight to one of the msg_servers.
chat_at() {
  local server=127.0.0.1:$(($(port_of "msg_server_$1" clients))) user=$2
  shift 2
  "$bin/talkchat" --server "$server" --user "$user" --password "$password" "$@"
}

# bob listens on msg_server_1 while alice writes on msg_server_0. He prints what he missed, too: a message that comes
# before he is there is not lost.
let_them_talk() {
  local text received
  text="Hello bob, it is $(date +%H:%M:%S) on msg_server_0"
  received_file=$(mktemp)
  chat_at 1 bob recv --count 1 --timeout 10s >"$received_file" 2>&1 &
  bob=$!
  trap 'rm -f "$received_file"; kill "$bob" 2>/dev/null || true' EXIT
  chat_at 0 alice send --to bob "$text" >/dev/null || fail "alice could not send: see $dir/log"
  say "  alice, on msg_server_0, sends:    $text"
  wait "$bob" || fail "bob has received nothing: $(tail -n 1 "$received_file")"
  received=$(tail -n 1 "$received_file")
  say "  bob, on msg_server_1, receives:   $received"
}

how_to_go_on() {
  local login=127.0.0.1:$((port_base + 8))
  local in_dir=""
  [[ $shown_dir == run ]] || in_dir=" --dir $shown_dir"
  cat <<END

Chat, in two terminals:  build/bin/talkchat --login $login --user alice --password $password
                         build/bin/talkchat --login $login --user bob --password $password
Look:                    tools/status.sh$in_dir     (logs: $shown_dir/log/, settings: $shown_dir/conf/)
Stop:                    tools/stop.sh$in_dir
END
}

if "$here/status.sh" --dir "$dir" >/dev/null 2>&1; then
  dir=$(cd "$dir" && pwd)
  read_shape
  say "TalkBeat is running already, in $dir."
  how_to_go_on
  exit 0
fi

"$here/start.sh" --dir "$dir" --port-base "$port_base"
dir=$(cd "$dir" && pwd)
users=$("$bin/talkctl" --dir "$dir" user list) || fail "talkctl user list failed"
add_user alice
add_user bob
let_them_talk
how_to_go_on
