#!/usr/bin/env python3
"""The table of what must be proved (tests/rows.txt), from what the tests have just said.

    rows_table.py [--rows FILE] REPORT.xml…    ctest's --output-junit, gtest's --gtest_output=xml, or both
    rows_table.py --filter                     a gtest filter that runs all tests of all rows

Where ctest's report has a whole suite as one entry, gtest's report of that suite says which tests it has, and which of
them were skipped or are disabled. Ends with 1 where a row has no test, one of its tests failed or did not run, or any
test at all was skipped: what is skipped proves nothing.
"""
import fnmatch
import os
import pathlib
import sys
import xml.etree.ElementTree as xml

ROWS = pathlib.Path(__file__).parent / "rows.txt"


class Row:
    def __init__(self, line):
        self.id, self.title, rest = [part.strip() for part in line.split("|")]
        rest, _, partly = rest.partition("partly:")
        self.partly = partly.strip()
        rest = rest.strip()
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
        if self.partly:
            return "partly", [*lines, f"not shown: {self.partly}"]
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


def rows(path):
    lines = path.read_text().splitlines()
    return [Row(line) for line in lines if line and not line.startswith("#")]


# ctest and gtest agree on what has failed, and each has its own words for what has not been run to its end.
NOT_RUN = {"notrun", "disabled", "skipped", "suppressed"}


def word_of(case):
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        return "failed"
    if case.find("skipped") is not None or {case.get("status"), case.get("result")} & NOT_RUN:
        return "skipped"
    return "passed"


def words_by_report(paths):
    """What ctest says by entry, None where there is no report of its; and what gtest says by suite and test."""
    entries, suites = None, {}
    for path in paths:
        root = xml.parse(path).getroot()
        for case in root.iter("testcase"):
            name, word = case.get("name"), word_of(case)
            if root.tag == "testsuites":  # gtest's
                suites.setdefault(case.get("classname"), {})[name] = word
            else:
                entries = {**(entries or {}), name: word}
    return entries, suites


def results_of(paths):
    """The word of each test by its full name. A suite that ctest calls failed, or has not run, has no better test: its
    program may have died before it wrote a report, and left an older one. A suite that ctest has not run is not there."""
    entries, suites = words_by_report(paths)
    if entries is None:
        return {f"{suite}.{test}": word for suite, tests in suites.items() for test, word in tests.items()}
    results = {}
    for name, word in entries.items():
        if name not in suites:
            results[name] = word
        for test, own in suites.get(name, {}).items():
            results[f"{name}.{test}"] = own if word == "passed" else word
    return results


def print_skipped(results):
    skipped = sorted(name for name, word in results.items() if word == "skipped")
    for name in skipped:
        print(f"skipped: {name}")
    return skipped


def main(arguments):
    path = ROWS
    if arguments[:1] == ["--rows"] and len(arguments) > 1:
        path, arguments = pathlib.Path(arguments[1]), arguments[2:]
    if arguments == ["--filter"]:
        print(":".join(pattern for row in rows(path) for pattern in row.patterns))
        return 0
    if not arguments or any(argument.startswith("-") for argument in arguments):
        print(__doc__, file=sys.stderr)
        return 2
    results = results_of(arguments)
    words = []
    print("What must be proved (tests/rows.txt), and what proves it:")
    for row in rows(path):
        word, lines = row.judge(results)
        words.append(word)
        print(f"{row.id:4} {word:9} {row.shown_title()}")
        for line in lines:
            print(f"                 {line}")
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(["passed", "partly", "failed", *words]))
    print(f"{len(words)} rows: {counts}")
    return 1 if print_skipped(results) or {"failed", "missing", "skipped"} & set(words) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
