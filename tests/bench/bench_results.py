"""RESULTS.md: the figures of one run of `make bench`, in Markdown."""

import datetime
import os
import pathlib
import platform
import subprocess

from bench_goals import GOALS, TIMES, cpu, p50, p99, rate


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
    failed = figures.failed(goal.step)
    if value is None:
        why = f"not measured: {failed} failed" if failed else "not measured"
        return f"| {goal.work} | {goal.words} | {why} | | | |"
    measured = f"{number(value)} {goal.unit}".strip()
    if failed:
        measured += f" ({failed} of {failed + len(figures.counting(goal.step))} runs failed)"
    ratio = value / base if base else None
    return f"| {goal.work} | {goal.words} | {measured} | {number(base)} | {number(ratio)} | {verdict(goal, figures)} |"


def verdict(goal, figures):
    reached, limit = figures.reached(goal), figures.limit(goal)
    if reached is None:
        return ""
    if reached:
        return "yes"
    value = figures.median(goal.step, goal.figure)
    return f"**no**: {number(value / limit)} x the goal" if limit else "**no**"


def run_row(step, figures):
    def median(figure):
        return number(figures.median(step, figure))

    failed, counting = figures.failed(step), len(figures.counting(step))
    unit = next((run["work"]["unit"] for run in figures.runs.get(step, [])), "")
    return (f"| {step} | {unit} | {counting} | {median(rate)} | {median(p50)} | {median(p99)} | {median(cpu)} "
            f"| {f'**{failed}**' if failed else '0'} |")


OWN_KEYS = {"name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions",
            "repetition_index", "threads", "iterations", "real_time", "cpu_time", "time_unit", "items_per_second",
            "error_occurred"}


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
a million messages, commands, logins or beats; of several rounds the median. A round that was not verified counts for nothing. The floor
(`floor`, in `floors/`) does nothing but pass bytes on; it ran in turn with ours, as did the store by itself and the commit of one message
(`benchmarks`).
"""


def table(columns, rows):
    return ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns), *rows]


def about_the_million(figures):
    """It takes longer than all others together, so its figures may be older."""
    for run in figures.runs.get("million", []):
        return ["", f"The million: {run['started_utc']}, commit {run['commit'] or 'unknown'}, "
                    f"{run['options'].get('processes', '?')} msg_servers, `make million`."]
    return ["", "The million: `make million` has not been run here."]


def write(path, repository, command, figures, benchmarks, load_before, incomplete):
    lines = [HEAD.format(command=command, date=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
                         machine=machine(), commit=commit(repository), load_before=load_before,
                         load_after=f"{os.getloadavg()[0]:.1f}")]
    lines += [line for reason in incomplete for line in (f"**Not all was measured:** {reason}", "")]
    lines += ["## Goals", ""]
    lines += table(["work", "goal", "measured", "compared with", "ratio", "reached"],
                   [goal_row(goal, figures) for goal in GOALS])
    lines += about_the_million(figures)
    lines += ["", "## Runs", "", "Medians of the rounds that were verified.", ""]
    lines += table(["step", "unit of work", "rounds", "a second", "p50 ms", "p99 ms", "s/M", "failed"],
                   [run_row(step, figures) for step in figures.commands])
    lines += ["", "With these commands, each with `--dir` of a fresh cluster:", "", "```"]
    lines += [f"{step:<16} talkload {' '.join(words)}" for step, words in figures.commands.items()]
    lines += ["```"]
    if benchmarks:
        lines += ["", "## The parts", ""]
        lines += table(["benchmark", "CPU", "real time", "items a second", ""],
                       [benchmark_row(entry) for entry in benchmarks])
    pathlib.Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
