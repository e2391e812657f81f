#!/usr/bin/env python3
"""Runs clang-tidy (.clang-tidy says what it looks for) over our .cpp files, on all processors.

Usage: tools/tidy.py BUILD_DIRECTORY [FILE…]

BUILD_DIRECTORY is one that clang has built in: it has compile_commands.json, and ninja knows which headers each file has
read. What was compiled together (CMake's unity build) is looked at together, since most of the time goes into the headers
of libraries. What was clean is not looked at again until it, one of its headers, its command or .clang-tidy changes:
BUILD_DIRECTORY/tidy/ has an empty file for each such state.

Exit codes: 0 clean, 1 findings, 2 wrong usage.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = ("base", "login_server", "msg_server", "tools")
# Findings in these are shown: our headers, and the sources that a unit includes.
SEEN = r"/(base|login_server|msg_server|tools)/[a-z_/]*\.(h|cpp)$"


class Unit:
    """What one command compiles: a source of ours, or a file that includes some."""

    def __init__(self, entry):
        self.entry = entry
        compiled = pathlib.Path(entry["file"])
        included = re.findall(r'^#include "(.*\.cpp)"$', compiled.read_text(), re.MULTILINE)
        self.sources = [pathlib.Path(name) for name in included] if "Unity" in compiled.parts else [compiled]

    def is_ours(self):
        """Some are compiled again for the simulation, with a seeded mistake (base/mutant.h): those are not looked at."""
        return "-DTALKBEAT_MUTANT=" not in self.entry["command"] and all(
            ROOT in path.parents and path.relative_to(ROOT).parts[0] in OURS for path in self.sources)

    def state(self, read):
        """Changes when anything changes that clang-tidy sees. `read`: {source: what is read with it}."""
        state = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
        state.update(self.entry["command"].encode())
        for path in sorted({name for source in self.sources for name in read.get(source, [source])}):
            state.update(str(path).encode() + (path.read_bytes() if path.is_file() else b""))
        return state.hexdigest()


def headers(build):
    """{source: what is read of ours where it is compiled}, from ninja's notes of the last build."""
    notes = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], capture_output=True, text=True, check=True).stdout
    read = {}
    for block in notes.split("\n\n"):
        names = [build / line.strip() for line in block.splitlines() if line.startswith("    ")]
        ours = {name.resolve() for name in names if ROOT in name.resolve().parents}
        for name in ours:
            if name.suffix == ".cpp":
                read[name] = ours
    return read


class Look:
    """Runs clang-tidy over units. What is clean is noted."""

    def __init__(self, build):
        self.tidy = build / "tidy"
        self.tidy.mkdir(exist_ok=True)
        self.lock = threading.Lock()
        self.found_in = set()

    def at(self, unit, clean):
        """`clean`: what is made where there is nothing to say."""
        included = self.tidy / clean.name[:16] / "unit.cpp"
        included.parent.mkdir(exist_ok=True)
        included.write_text("".join(f'#include "{path}"  // NOLINT\n' for path in unit.sources))
        command = unit.entry["command"].replace(unit.entry["file"], str(included))
        database = [{"directory": unit.entry["directory"], "command": command, "file": str(included)}]
        (included.parent / "compile_commands.json").write_text(json.dumps(database))
        run = subprocess.run(
            ["clang-tidy", "-p", str(included.parent), "--quiet", f"--header-filter={SEEN}", str(included)],
            capture_output=True, text=True)
        shutil.rmtree(included.parent)
        if run.returncode == 0:
            clean.touch()
            return
        with self.lock:
            self.found_in |= {path for path in unit.sources if str(path) in run.stdout} or set(unit.sources)
            print(run.stdout + "".join(line for line in run.stderr.splitlines(True) if "error:" in line), flush=True)


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stdout if arguments[:1] == ["--help"] else sys.stderr)
        return 0 if arguments[:1] == ["--help"] else 2
    build = pathlib.Path(arguments[0]).resolve()
    if not (build / "compile_commands.json").is_file():
        print(f"tidy.py: {build}: nothing was built there", file=sys.stderr)
        return 2
    wanted = {ROOT / name for name in arguments[1:]}
    read = headers(build)
    look = Look(build)
    waiting = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        unit = Unit(entry)
        if unit.is_ours() and (not wanted or wanted & set(unit.sources)):
            clean = look.tidy / unit.state(read)
            if not clean.exists():
                waiting.append((unit, clean))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        list(workers.map(lambda work: look.at(*work), waiting))
    count = len({source for unit, _ in waiting for source in unit.sources})
    print(f"clang-tidy: {count} files looked at, {len(look.found_in)} with findings")
    return 1 if look.found_in else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
