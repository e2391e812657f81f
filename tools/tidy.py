#!/usr/bin/env python3
"""Runs clang-tidy (.clang-tidy says what it looks for) over our .cpp files, on all processors.

Usage: tools/tidy.py BUILD_DIRECTORY [FILE…]

BUILD_DIRECTORY is one that clang has built in: it has compile_commands.json, and ninja knows which headers each file has
read. A file that was clean is not looked at again until it, one of those headers, its command or .clang-tidy changes:
BUILD_DIRECTORY/tidy/ has an empty file for each such state. Exit codes: 0 clean, 1 findings, 2 wrong usage.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = ("base", "login_server", "msg_server", "tools")


def entries(build):
    """{file: its entry} of our own sources. Some are compiled again for the simulation, with a seeded mistake
    (base/mutant.h): those are not looked at."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if ROOT not in path.parents or path.relative_to(ROOT).parts[0] not in OURS:
            continue
        if "-DTALKBEAT_MUTANT=" not in entry["command"]:
            found.setdefault(path, entry)
    return found


def headers(build):
    """{file: what it reads of ours}, from ninja's notes of the last build."""
    notes = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], capture_output=True, text=True, check=True).stdout
    read = {}
    for block in notes.split("\n\n"):
        names = [build / line.strip() for line in block.splitlines() if line.startswith("    ")]
        ours = sorted({name.resolve() for name in names if ROOT in name.resolve().parents})
        for name in ours:
            if name.suffix == ".cpp":
                read[name] = ours
    return read


def state_of(command, files):
    """Changes when anything changes that clang-tidy sees."""
    state = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    state.update(command.encode())
    for path in files:
        state.update(str(path).encode() + (path.read_bytes() if path.is_file() else b""))
    return state.hexdigest()


def look_at(build, path, clean):
    """Prints what is found. True: nothing."""
    run = subprocess.run(["clang-tidy", "-p", str(build / "tidy"), "--quiet", str(path)], capture_output=True, text=True)
    if run.returncode == 0:
        clean.touch()
        return True
    print(run.stdout + "".join(line for line in run.stderr.splitlines(True) if "error:" in line), flush=True)
    return False


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stdout if arguments[:1] == ["--help"] else sys.stderr)
        return 0 if arguments[:1] == ["--help"] else 2
    build = pathlib.Path(arguments[0]).resolve()
    if not (build / "compile_commands.json").is_file():
        print(f"tidy.py: {build}: nothing was built there", file=sys.stderr)
        return 2
    (build / "tidy").mkdir(exist_ok=True)
    ours = entries(build)
    # What clang-tidy reads: it looks at a file as often as it stands there.
    (build / "tidy" / "compile_commands.json").write_text(json.dumps(list(ours.values())))
    read = headers(build)
    wanted = set(arguments[1:])
    waiting = []
    for path, entry in sorted(ours.items()):
        if wanted and str(path.relative_to(ROOT)) not in wanted:
            continue
        clean = build / "tidy" / state_of(entry["command"], read.get(path, [path]))
        if not clean.exists():
            waiting.append((path, clean))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        results = list(workers.map(lambda each: look_at(build, *each), waiting))
    print(f"clang-tidy: {len(waiting)} files looked at, {results.count(False)} with findings")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
