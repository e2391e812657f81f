#!/usr/bin/env python3
"""Runs clang-tidy (.clang-tidy says what it looks for) over our .cpp files, on all processors.

Usage: tools/tidy.py BUILD_DIRECTORY [FILE…]

BUILD_DIRECTORY is one that clang has built in: it has compile_commands.json, and ninja knows which headers each file has
read. A file that was clean is not looked at again until it, one of those headers, its command or .clang-tidy changes:
BUILD_DIRECTORY/tidy/ has an empty file for each such state.

Most of the time goes into the headers of libraries, so files that are compiled alike are looked at together, as one
translation unit that includes them all; where two do not go together (a name that stands in both), each half by itself.
Exit codes: 0 clean, 1 findings, 2 wrong usage.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = ("base", "login_server", "msg_server", "tools")
# Findings in these are shown: our headers, and the files of a batch, which are all included.
SEEN = r"/(base|login_server|msg_server|tools)/[a-z_/]*\.(h|cpp)$"
# Files of one batch. More save little, and one that does not go together with the others costs all of them a new look.
TOGETHER = 10


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


class Look:
    """Runs clang-tidy over some files. What is clean is noted."""

    def __init__(self, build):
        self.tidy = build / "tidy"
        self.tidy.mkdir(exist_ok=True)
        self.lock = threading.Lock()
        self.found_in = set()

    def at(self, entry, files):
        """`files`: {path: what is made when it is clean}, which `entry`'s command can compile."""
        name = hashlib.sha256("".join(map(str, files)).encode()).hexdigest()[:16]
        unit = self.tidy / name / "unit.cpp"
        unit.parent.mkdir(exist_ok=True)
        unit.write_text("".join(f'#include "{path}"  // NOLINT\n' for path in files))
        command = entry["command"].replace(entry["file"], str(unit))
        database = [{"directory": entry["directory"], "command": command, "file": str(unit)}]
        (unit.parent / "compile_commands.json").write_text(json.dumps(database))
        run = subprocess.run(["clang-tidy", "-p", str(unit.parent), "--quiet", f"--header-filter={SEEN}", str(unit)],
                             capture_output=True, text=True)
        shutil.rmtree(unit.parent)
        if run.returncode == 0:
            for clean in files.values():
                clean.touch()
        elif "[clang-diagnostic-error]" in run.stdout and len(files) > 1:
            half = len(files) // 2
            self.at(entry, dict(list(files.items())[:half]))
            self.at(entry, dict(list(files.items())[half:]))
        else:
            self.tell(run, files)

    def tell(self, run, files):
        with self.lock:
            self.found_in |= {path for path in files if str(path) in run.stdout} or set(files)
            print(run.stdout + "".join(line for line in run.stderr.splitlines(True) if "error:" in line), flush=True)


def batches(waiting):
    """[(entry, {path: …})], of files with the same command but for their names."""
    alike = {}
    for path, (entry, clean) in waiting.items():
        own = {entry["file"], entry.get("output", "")}
        options = tuple(word for word in entry["command"].split() if word not in own and not word.endswith((".o", ".d")))
        alike.setdefault(options, []).append((path, entry, clean))
    found = []
    for group in alike.values():
        for begin in range(0, len(group), TOGETHER):
            part = group[begin:begin + TOGETHER]
            found.append((part[0][1], {path: clean for path, _, clean in part}))
    return found


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stdout if arguments[:1] == ["--help"] else sys.stderr)
        return 0 if arguments[:1] == ["--help"] else 2
    build = pathlib.Path(arguments[0]).resolve()
    if not (build / "compile_commands.json").is_file():
        print(f"tidy.py: {build}: nothing was built there", file=sys.stderr)
        return 2
    look = Look(build)
    read = headers(build)
    wanted = set(arguments[1:])
    waiting = {}
    for path, entry in sorted(entries(build).items()):
        if wanted and str(path.relative_to(ROOT)) not in wanted:
            continue
        clean = build / "tidy" / state_of(entry["command"], read.get(path, [path]))
        if not clean.exists():
            waiting[path] = (entry, clean)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        list(workers.map(lambda batch: look.at(*batch), batches(waiting)))
    print(f"clang-tidy: {len(waiting)} files looked at, {len(look.found_in)} with findings")
    return 1 if look.found_in else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
