"""RESULTS.md: the figures of one run of `make bench`, in Markdown."""

import datetime
import os
import pathlib
import platform
import subprocess

from bench_goals import GOALS


def number(value):
    """Three digits that count, thousands apart."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def machine():
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown CPU")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} x {model}, {memory:.0f} GiB, Linux {platform.release()}"


def commit(repository):
    said = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=repository, capture_output=True, text=True,
                          check=False)
    return said.stdout.strip() or "unknown"


def goal_row(goal, figures):
    value, base = figures.median(goal.step, goal.figure), figures.base(goal)
    reached = {True: "yes", False: "no", None: ""}[figures.reached(goal)]
    if value is None:
        return f"| {goal.work} | {goal.words} | not measured | | | |"
    ratio = value / base if base else None
    return (f"| {goal.work} | {goal.words} | {number(value)} {goal.unit} | {number(base)} | {number(ratio)} "
            f"| {reached} |")


def run_row(step, runs):
    def median(pick):
        values = sorted(pick(run) for run in runs)
        return number(values[len(values) // 2])

    return "| {} | {} | {} | {} | {} | {} | {} | {} |".format(
        step, runs[0]["work"]["unit"], len(runs), median(lambda run: run["measured"]["work_per_s"]),
        median(lambda run: run["measured"]["latency"]["p50_ms"]),
        median(lambda run: run["measured"]["latency"]["p99_ms"]),
        median(lambda run: run["servers"]["cpu_s_per_million"]),
        "yes" if all(run["outcome"]["ok"] for run in runs) else "**no**")


TIMES = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}
OWN_KEYS = {"name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions",
            "repetition_index", "threads", "iterations", "real_time", "cpu_time", "time_unit", "items_per_second"}


def short_time(seconds):
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{number(seconds / size)} {unit}"
    return f"{number(seconds * 1e9)} ns"


def benchmark_row(entry):
    seconds = TIMES[entry["time_unit"]]
    others = ", ".join(f"{key} {number(value)}" for key, value in entry.items()
                       if key not in OWN_KEYS and isinstance(value, (int, float)))
    items = number(entry["items_per_second"]) if "items_per_second" in entry else ""
    return "| `{}` | {} | {} | {} | {} |".format(
        entry["name"], short_time(entry["cpu_time"] * seconds), short_time(entry["real_time"] * seconds), items, others)


HEAD = """# Results

Written by `{command}` on {date}; do not edit. What the rows mean: [README.md](README.md); what follows from them:
[PERFORMANCE.md](../../PERFORMANCE.md).

- machine: {machine}
- commit: {commit}
- load average before and after: {load_before}, {load_after}

The load clients share the machine with the servers, so rates are of both together. s/M: CPU seconds of all server processes for
a million messages, commands, logins or beats; of several rounds the median. The floor (`floor`, in `floors/`) does nothing but pass bytes
on; it ran in turn with ours.
"""


def write(path, repository, command, figures, benchmarks, load_before):
    lines = [HEAD.format(command=command, date=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
                         machine=machine(), commit=commit(repository), load_before=load_before,
                         load_after=f"{os.getloadavg()[0]:.1f}")]
    lines += ["## Goals", "", "| work | goal | measured | floor, or what it is compared with | ratio | reached |",
              "| --- | --- | --- | --- | --- | --- |"]
    lines += [goal_row(goal, figures) for goal in GOALS]
    lines += ["", "## Runs", "",
              "| step | unit of work | rounds | a second | p50 ms | p99 ms | s/M | verified |",
              "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    lines += [run_row(step, runs) for step, runs in figures.runs.items() if "servers" in runs[0]]
    lines += ["", "With these commands, each with `--dir` of a fresh cluster:", "", "```"]
    lines += [f"{step:<16} talkload {' '.join(words)}" for step, words in figures.commands.items()]
    lines += ["```"]
    if benchmarks:
        lines += ["", "## The parts", "", "| benchmark | CPU | real time | items a second | |", "| --- | --- | --- | --- | --- |"]
        lines += [benchmark_row(entry) for entry in benchmarks]
    pathlib.Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
