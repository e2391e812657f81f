#!/usr/bin/env python3
"""The table of what must be proved (tests/rows.txt), from what the tests have just said.

    rows_table.py REPORT.xml…        ctest's --output-junit, or gtest's --gtest_output=xml
    rows_table.py --filter           a gtest filter that runs all tests of all rows

Ends with 1 where a row has no test, or one of its tests failed or did not run.
"""
import fnmatch
import pathlib
import sys
import xml.etree.ElementTree as xml

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
            lines += [f"{name}" + ("" if results[name] == "passed" else f"  <- {results[name]}") for name in found]
            lines += [] if found else [f"{pattern}  <- no such test"]
        for word in ("failed", "missing", "skipped"):
            if word in words:
                return word, lines
        return "passed", lines


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


def results_of(paths):
    results = {}
    for path in paths:
        for case in xml.parse(path).getroot().iter("testcase"):
            name = case.get("name")
            results[name if "." in name else f"{case.get('classname')}.{name}"] = word_of(case)
    return results


def main(arguments):
    if arguments == ["--filter"]:
        print(":".join(pattern for row in rows() for pattern in row.patterns))
        return 0
    if not arguments or any(argument.startswith("-") for argument in arguments):
        print(__doc__, file=sys.stderr)
        return 2
    results = results_of(arguments)
    words = []
    print("What must be proved (tests/rows.txt), and what proves it:")
    for row in rows():
        word, lines = row.judge(results)
        words.append(word)
        print(f"{row.id:4} {word:9} {row.title}")
        for line in lines:
            print(f"                 {line}")
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(["passed", "failed", *words]))
    print(f"{len(words)} rows: {counts}")
    return 1 if {"failed", "missing", "skipped"} & set(words) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
