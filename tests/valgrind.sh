#!/usr/bin/env bash
# Runs a whole cluster under valgrind: start, two users who chat, stop. Fails where memory is misused, or lost at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

help() {
  cat <<'END'
Usage: tests/valgrind.sh [--bin DIR] [--port-base B]

  --bin DIR        the programs (default: build/bin)
  --port-base B    as for tools/start.sh (default: 18000)

Exit codes: 0 no error and nothing definitely lost; 1 something, which is shown; 2 wrong usage.
END
}

bin=build/bin
port_base=18000
while (($#)); do
  case $1 in
    --bin) bin=${2-}; shift ;;
    --port-base) port_base=${2-}; shift ;;
    --help | -h) help; exit 0 ;;
    *) printf 'valgrind.sh: %s: no such flag (try --help)\n' "$1" >&2; exit 2 ;;
  esac
  shift || { help >&2; exit 2; }
done
bin=$(cd "$bin" && pwd)

work=$(mktemp -d)
trap 'tools/stop.sh --dir "$work/run" --now >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

# Programs of the same names, which put valgrind before the ones that serve.
mkdir "$work/bin"
for name in login_server msg_server; do
  cat >"$work/bin/$name" <<END
#!/bin/bash
[[ " \$* " != *' --'@(check|print)'-config '* ]] || exec "$bin/$name" "\$@"
exec valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=9 \
  --log-file="$work/$name.valgrind" "$bin/$name" "\$@"
END
  chmod +x "$work/bin/$name"
done

# All is twenty times slower.
tools/start.sh --dir "$work/run" --bin "$work/bin" --port-base "$port_base" --msg-servers 1 --timeout 300 \
  --set client.handshake_timeout=300s --set password.memory=64KiB --set drain.timeout=2s --set drain.spread=1s
for user in alice bob; do
  "$bin/talkctl" --dir "$work/run" user add "$user" --password secret
done
chat() {
  local user=$1
  shift
  "$bin/talkchat" --login "127.0.0.1:$((port_base + 8))" --response-timeout 120s --user "$user" --password secret "$@"
}
chat alice send --timeout 240s --to bob 'hello bob'
chat bob recv --timeout 240s --count 1
chat bob send --timeout 240s --to alice 'hello alice'
chat alice recv --timeout 240s --count 1
printf '\x89PNG\r\n\x1a\n%1000s' '' >"$work/a.png"
chat alice sendfile --timeout 240s --offline --to bob "$work/a.png"

# SIGTERM, so that both leave in good order; then valgrind looks for what is lost.
failed=0
for name in msg_server login_server; do
  pid=$(cat "$work/run/${name}_0.pid")
  kill -TERM "$pid"
  for ((i = 0; i < 1200; i++)); do
    [[ -e /proc/$pid ]] || break
    sleep 0.1
  done
  if [[ -e /proc/$pid || ! -e $work/$name.valgrind || -s $work/$name.valgrind ]]; then
    printf '%s:\n' "$name"
    cat "$work/$name.valgrind" || true
    failed=1
  fi
done
((failed)) || echo "valgrind: login_server and msg_server: no error, nothing definitely lost"
exit "$failed"
