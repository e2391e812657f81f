#!/usr/bin/env python3
"""What a cluster was measured to do, as a table in Markdown: the goals, the figures, the floor in the same run.

Each argument is LABEL=FILE.json, written by `talkload --json` or, for labels that begin with `floor-`, by `floor`. One
label may come several times: these are rounds, of which the median counts. Rows whose figures are missing say so.

  cluster_table.py --command 'make bench' relay-100x16=1.json floor-relay-100x16=2.json relay-100x16=3.json …

As a module: read each file with Rounds.add(), then write table(rounds).
"""

import argparse
import dataclasses
import json
import pathlib
import statistics
import sys
from collections.abc import Callable

FLOOR_PREFIX = "floor-"


class Rounds:
    """The JSON objects of all rounds, by label."""

    def __init__(self) -> None:
        self.of: dict[str, list[dict]] = {}

    def add(self, label: str, figures: dict) -> None:
        self.of.setdefault(label, []).append(figures)

    def figure(self, label: str, *path: str) -> float | None:
        """The median over the rounds of what stands under these keys; None where it is missing in all of them."""
        found = [value for figures in self.of.get(label, []) if (value := look_up(figures, path)) is not None]
        return statistics.median(found) if found else None

    def cost(self, label: str) -> float | None:
        """CPU seconds of the servers for a million."""
        if label.startswith(FLOOR_PREFIX):
            return self.figure(label, "server_cpu_s_per_million")
        return self.figure(label, "servers", "cpu_s_per_million")

    def verified(self) -> list[str]:
        """The labels of which a round did not pass its own verification."""
        return [
            label
            for label, rounds in self.of.items()
            if not all(figures.get("outcome", {}).get("ok", True) for figures in rounds)
        ]


def look_up(figures: dict, path: tuple[str, ...]) -> float | None:
    value = figures
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return None
        value = value[key]
    return value if isinstance(value, int | float) else None


def quotient(figure: float | None, other: float | None) -> float | None:
    return figure / other if figure is not None and other else None


@dataclasses.dataclass(frozen=True)
class Row:
    """One goal. `figure` takes it from the rounds, in `unit`; None: not measured."""

    work: str
    goal: str
    unit: str
    figure: Callable[[Rounds], float | None]
    at_most: float | None = None
    at_least: float | None = None
    cost_label: str = ""
    floor_label: str = ""

    def reached(self, figure: float | None) -> str:
        if figure is None or (self.at_most is None and self.at_least is None):
            return ""
        most = self.at_most is None or figure <= self.at_most
        least = self.at_least is None or figure >= self.at_least
        return "yes" if most and least else "no"


def cost_row(work: str, label: str, floor: str, times: float) -> Row:
    """CPU seconds for a million, at most so many times those of the floor (or of another run of ours)."""
    goal = f"<= {times:g} x {floor.replace(FLOOR_PREFIX, 'floor ')}"
    return Row(work, goal, "x", lambda r: quotient(r.cost(label), r.cost(floor)), at_most=times, cost_label=label,
               floor_label=floor)


def rate_row(work: str, label: str, least: float | None, unit: str = "a second") -> Row:
    goal = f">= {least:,.0f} {unit}" if least else ""
    return Row(work, goal, unit, lambda r: r.figure(label, "measured", "work_per_s"), at_least=least, cost_label=label)


def latency_row(work: str, label: str, quantile: str, most_ms: float | None, goal: str) -> Row:
    return Row(work, goal, "ms", lambda r: r.figure(label, "measured", "latency", quantile), at_most=most_ms,
               cost_label=label)


def own_row(work: str, goal: str, unit: str, label: str, path: tuple[str, ...], **bounds: float) -> Row:
    return Row(work, goal, unit, lambda r: r.figure(label, *path), cost_label=label, **bounds)


def deliveries_a_core(rounds: Rounds) -> float | None:
    rate = rounds.figure("group-1000", "measured", "work_per_s")
    return quotient(rate, rounds.figure("group-1000", "servers", "cores"))


def chat_rows(label: str, servers: str) -> list[Row]:
    work = f"`chat`, durable, 1,000 pairs x 16, {servers}"
    cost = ("servers", "cpu_s_per_million")
    return [
        rate_row(work, label, 40_000, "messages a second"),
        own_row(work, "<= 20 CPU s/M", "CPU s/M", label, cost, at_most=20),
    ]


ROWS = [
    cost_row("`relay`, one server, 100 pairs x 16", "relay-100x16", "floor-relay-100x16", 3),
    cost_row("`relay`, one server, 1,000 pairs x 1", "relay-1000x1", "floor-relay-1000x1", 1.4),
    cost_row("`relay` across two servers, 100 pairs x 16", "relay-across", "relay-100x16", 2.5),
    *chat_rows("chat-1", "one msg_server"),
    *chat_rows("chat-2", "two msg_servers"),
    latency_row("`chat` at 1,000 a second", "chat-light", "p50_ms", None, "one commit + 0.2 ms (p50)"),
    latency_row("`chat` at 1,000 a second", "chat-light", "p99_ms", 5, "<= 5 ms (p99)"),
    Row("`group`, 1,000 members online", ">= 1,000,000 deliveries a second and core", "a second and core",
        deliveries_a_core, at_least=1e6, cost_label="group-1000"),
    rate_row("logins with a token", "login-token", 20_000, "logins a second"),
    rate_row("logins with a password", "login-password", None, "logins a second"),
    own_row("idle, logged in", "<= 768 bytes of RSS a connection", "bytes", "idle",
            ("servers", "msg_server_rss_per_connection_bytes"), at_most=768),
    cost_row("heartbeats", "beats", "floor-echo", 1.3),
    own_row("an idle cluster", "< 0.3 % CPU", "cores", "idle-cluster", ("servers", "cores"), at_most=0.003),
    cost_row("`relay`, 100 pairs x 16, beside 100,000 idle", "relay-beside-idle", "relay-100x16-6", 1.1),
    cost_row("`chat`, 1,000 pairs x 16, beside 100,000 idle", "chat-beside-idle", "chat-6", 1.1),
]


def number(value: float | None, unit: str = "") -> str:
    if value is None:
        return "not measured" if unit else ""
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text} {unit}".rstrip()


def table(rounds: Rounds, rows: list[Row] | None = None) -> str:
    lines = [
        "| work | goal | measured | reached | CPU s/M | floor's CPU s/M | p50 ms | p99 ms |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in ROWS if rows is None else rows:
        figure = row.figure(rounds)
        latency = ("measured", "latency")
        cells = [
            row.work,
            row.goal,
            number(figure, row.unit),
            row.reached(figure),
            number(rounds.cost(row.cost_label)),
            number(rounds.cost(row.floor_label)) if row.floor_label else "",
            number(rounds.figure(row.cost_label, *latency, "p50_ms")),
            number(rounds.figure(row.cost_label, *latency, "p99_ms")),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def one_of(rounds: Rounds) -> dict:
    """Any talkload run: all of them tell of the same machine."""
    runs = [figures for all_rounds in rounds.of.values() for figures in all_rounds if "machine" in figures]
    return min(runs, key=lambda run: run["started_utc"]) if runs else {}


def conditions(rounds: Rounds, command: str) -> str:
    run = one_of(rounds)
    machine = run.get("machine", {})
    numbers = sorted({len(all_rounds) for all_rounds in rounds.of.values()})
    lines = [
        f"- Date: {run.get('started_utc', 'unknown')}",
        f"- Machine: {machine.get('cores', '?')} cores, {machine.get('cpu', '?')}, {machine.get('kernel', '?')}, "
        f"{machine.get('memory_gib', 0):.0f} GiB, servers and load clients beside each other, over loopback",
        f"- Commit: {run.get('commit') or 'unknown'}",
        f"- Command: `{command}`" if command else "- Command: see below",
        f"- Rounds: {' to '.join(map(str, (numbers[0], numbers[-1])[: len(numbers)]))}; medians" if numbers else "",
    ]
    failed = rounds.verified()
    if failed:
        lines.append(f"- **Not valid** (not every round passed its own verification): {', '.join(sorted(failed))}")
    return "\n".join(line for line in lines if line) + "\n"


def commands(rounds: Rounds) -> str:
    lines = [
        f"- {label}: `{all_rounds[0]['command_line']}`"
        for label, all_rounds in rounds.of.items()
        if "command_line" in all_rounds[0]
    ]
    return "\n".join(lines) + "\n" if lines else ""


def page(rounds: Rounds, command: str) -> str:
    """The whole part of RESULTS.md that tells of the cluster."""
    explanation = (
        "CPU s/M: CPU seconds of all server processes together for a million messages (deliveries, logins, beats).\n"
        "They hold on a noisy machine better than rates do. The floors run in turn with ours.\n"
    )
    parts = ["## The cluster\n", conditions(rounds, command), explanation, table(rounds)]
    if commands(rounds):
        parts += ["What was run:\n", commands(rounds)]
    return "\n".join(parts)


def read_arguments(arguments: list[str]) -> Rounds:
    rounds = Rounds()
    for argument in arguments:
        label, equals, path = argument.partition("=")
        if not equals:
            raise ValueError(f"{argument}: not LABEL=FILE.json")
        try:
            rounds.add(label, json.loads(pathlib.Path(path).read_text(encoding="utf-8")))
        except (OSError, json.JSONDecodeError) as error:
            raise ValueError(f"{path}: {error}") from error
    return rounds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", default="", help="what a reader types to get these figures again")
    parser.add_argument("runs", nargs="+", metavar="LABEL=FILE.json")
    arguments = parser.parse_args()
    try:
        rounds = read_arguments(arguments.runs)
    except ValueError as error:
        print(f"cluster_table.py: {error}", file=sys.stderr)
        return 2
    sys.stdout.write(page(rounds, arguments.command))
    return 0


if __name__ == "__main__":
    sys.exit(main())
