#!/usr/bin/env bash
# Do programs have the protections of a release build (CMakeLists.txt, TALKBEAT_HARDENING)? One line for each that one
# lacks. See --help.
set -euo pipefail

help() {
  cat <<'END'
Usage: tools/hardening.sh PROGRAM…

  PIE            its code is at another address at each start
  RELRO, NOW     what the linker fills in cannot be changed afterwards
  NX             its stack holds no code
  CANARY         a smashed stack ends the process
  FORTIFY        library calls that write know how much room there is
  CFP            places that indirect jumps may land on are marked (x86; it counts where the C library takes part, too)

Exit codes: 0 all programs have all of them; 1 something is missing; 2 wrong usage.
END
}

case ${1-} in
  --help | -h) help; exit 0 ;;
  '' | -*) printf 'hardening.sh: name the programs (try --help)\n' >&2; exit 2 ;;
esac

missing=0
# lacks PROGRAM NAME
lacks() {
  printf '%s: no %s\n' "$1" "$2"
  missing=1
}

for program in "$@"; do
  [[ -f $program && -r $program ]] || { printf 'hardening.sh: %s: no such file\n' "$program" >&2; exit 2; }
  dynamic=$(readelf -dW "$program")
  segments=$(readelf -lW "$program")
  symbols=$(readelf --dyn-syms -W "$program")
  [[ $dynamic =~ FLAGS_1.*PIE ]] || lacks "$program" PIE
  [[ $segments == *GNU_RELRO* ]] || lacks "$program" RELRO
  [[ $dynamic =~ FLAGS_1.*NOW || $dynamic == *BIND_NOW* ]] || lacks "$program" NOW
  [[ $segments =~ GNU_STACK[^$'\n']*' RW '[^E] ]] || lacks "$program" NX
  [[ $symbols == *__stack_chk_fail* ]] || lacks "$program" CANARY
  [[ $symbols == *_chk@* ]] || lacks "$program" FORTIFY
  if [[ $(uname -m) == x86_64 ]]; then
    marked=$(objdump -d --no-show-raw-insn -j .text "$program" | grep -c 'endbr64') || true
    ((marked > 2)) || lacks "$program" CFP # the C library's start code has two of its own
  fi
done
exit "$missing"
