#!/usr/bin/env bash
# Installs the Debian packages that TalkBeat is built from, where some are missing. See --help.
set -euo pipefail

build=(build-essential cmake ninja-build pkg-config protobuf-compiler libprotobuf-dev libspdlog-dev libfmt-dev
  libtomlplusplus-dev libcli11-dev nlohmann-json3-dev libhttp-parser-dev prometheus-cpp-dev libsqlite3-dev libsodium-dev
  libssl-dev openssl libcurl4-openssl-dev libabsl-dev tzdata libedit-dev)
tests=(clang lld libgtest-dev libgmock-dev python3 iproute2 nftables strace faketime systemd)
bench=(libbenchmark-dev python3)
format=(clang-format shellcheck)
tidy=(clang-tidy python3)
valgrind=(valgrind)
coverage=(gcovr llvm)

help() {
  cat <<END
Usage: tools/deps.sh [build] [tests] [bench] [format] [tidy] [valgrind] [coverage]

Installs what is missing of the Debian 12 packages that the parts named need (without an argument: build), by apt-get,
as root or through sudo. Where nothing is missing it does and says nothing.

  build   ${build[*]}
  tests   ${tests[*]}
  bench   ${bench[*]}
  format  ${format[*]}
  tidy    ${tidy[*]}
  valgrind  ${valgrind[*]}
  coverage  ${coverage[*]}
END
}

fail() {
  printf 'deps.sh: %s\n' "$*" >&2
  exit 1
}

wanted=()
for part in "${@:-build}"; do
  case $part in
    build) wanted+=("${build[@]}") ;;
    tests) wanted+=("${tests[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    format) wanted+=("${format[@]}") ;;
    tidy) wanted+=("${tidy[@]}") ;;
    valgrind) wanted+=("${valgrind[@]}") ;;
    coverage) wanted+=("${coverage[@]}") ;;
    --help | -h) help; exit 0 ;;
    *)
      printf 'deps.sh: %s: no such part (try deps.sh --help)\n' "$part" >&2
      exit 2
      ;;
  esac
done

command -v dpkg-query >/dev/null || fail "this is no Debian; install the like of: ${wanted[*]}; then 'make DEPS=skip …'"

missing=()
for package in "${wanted[@]}"; do
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null ||
    fail "missing: ${missing[*]}; as root: apt-get install --no-install-recommends ${missing[*]}"
  as_root=(sudo)
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf 'Installing Debian packages: %s\n' "${missing[*]}"
apt() {
  ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" \
    >"$log" 2>&1 </dev/null || fail "apt-get $1 failed: $(grep -v '^$' "$log" | tail -n 3 | paste -sd' ')"
}
apt update
apt install -y --no-install-recommends "${missing[@]}"
