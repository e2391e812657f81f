#!/usr/bin/env python3
"""The table of what must be proved (tests/rows.txt), from what the tests have just said.

    rows_table.py BIN REPORT.xml…    ctest's --output-junit, or gtest's --gtest_output=xml; BIN: where the test programs are
    rows_table.py --filter           a gtest filter that runs all tests of all rows

Ends with 1 where a row has no test, or one of its tests failed or did not run.
"""
import fnmatch
import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as xml

PROGRAMS = ["unit_tests", "contract_tests"]  # in ctest's report, a suite of these is one entry
ROWS = pathlib.Path(__file__).parent / "rows.txt"


class Row:
    def __init__(self, line):
        self.id, self.title, rest = [part.strip() for part in line.split("|")]
        self.not_built = rest.removeprefix("not built:").strip() if rest.startswith("not built:") else ""
        self.in_full = rest.startswith("in full")
        also = "" if self.not_built else rest.removeprefix("in full").strip().removeprefix("also")
        self.patterns = [] if self.not_built else [f"{self.id}.*", *also.split()]

    def judge(self, results):
        """The row's word, and a line for each test that stands for it."""
        if self.not_built:
            return "not built", [self.not_built]
        lines, words = [], set()
        for pattern in self.patterns:
            found = sorted(name for name in results if fnmatch.fnmatchcase(name, pattern))
            words.update(results[name] for name in found)
            words.update([] if found else ["missing"])
            lines += self.shown(pattern, found, results)
        for word in ("failed", "missing", "skipped"):
            if word in words:
                return word, lines
        return "passed", lines


    def shown(self, pattern, found, results):
        if not found:
            return [f"{pattern}  <- no such test"]
        bad = [f"{name}  <- {results[name]}" for name in found if results[name] != "passed"]
        if pattern.endswith(".*") and pattern != f"{self.id}.*":
            return [f"{pattern} ({len(found)} tests)", *bad]
        return [name for name in found if results[name] == "passed"] + bad

    def shown_title(self):
        return self.title + ("  (shortened)" if self.in_full and "TALKBEAT_FULL" not in os.environ else "")


def rows():
    lines = ROWS.read_text().splitlines()
    return [Row(line) for line in lines if line and not line.startswith("#")]


def word_of(case):
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        return "failed"
    # ctest and gtest agree on what is skipped only in that it did not come to an end.
    if case.find("skipped") is not None or case.get("status") == "notrun" or case.get("result") == "skipped":
        return "skipped"
    return "passed"


def tests_by_suite(bin_directory):
    suites, suite = {}, ""
    for program in PROGRAMS:
        listed = subprocess.run([bin_directory / program, "--gtest_list_tests"], capture_output=True, text=True, check=True)
        for line in listed.stdout.splitlines():
            name = line.split("#")[0].strip()
            if line.startswith(" "):
                suites[suite].append(name)
            elif name.endswith("."):
                suite = name[:-1]
                suites.setdefault(suite, [])
    return suites


def results_of(paths, suites):
    """Each test that has run, by its full name. The tests of a suite that ran as a whole share its word."""
    results = {}
    for path in paths:
        root = xml.parse(path).getroot()
        for case in root.iter("testcase"):
            name, word = case.get("name"), word_of(case)
            if root.tag == "testsuites":  # gtest's
                results[f"{case.get('classname')}.{name}"] = word
            elif name in suites:
                results.update({f"{name}.{test}": word for test in suites[name]})
            else:
                results[name] = word
    return results


def main(arguments):
    if arguments == ["--filter"]:
        print(":".join(pattern for row in rows() for pattern in row.patterns))
        return 0
    if not arguments or any(argument.startswith("-") for argument in arguments):
        print(__doc__, file=sys.stderr)
        return 2
    results = results_of(arguments[1:], tests_by_suite(pathlib.Path(arguments[0])))
    words = []
    print("What must be proved (tests/rows.txt), and what proves it:")
    for row in rows():
        word, lines = row.judge(results)
        words.append(word)
        print(f"{row.id:4} {word:9} {row.shown_title()}")
        for line in lines:
            print(f"                 {line}")
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(["passed", "failed", *words]))
    print(f"{len(words)} rows: {counts}")
    return 1 if {"failed", "missing", "skipped"} & set(words) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
