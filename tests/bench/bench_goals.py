"""What is measured on a cluster, and what is to be reached."""

import dataclasses
import statistics
from typing import Callable, Optional


def cpu(run):
    """CPU seconds of all server processes for a million pieces of work: what holds on a noisy machine."""
    return run["servers"]["cpu_s_per_million"]


def rate(run):
    return run["measured"]["work_per_s"]


def p50(run):
    return run["measured"]["latency"]["p50_ms"]


def p99(run):
    return run["measured"]["latency"]["p99_ms"]


def deliveries_a_core(run):
    return 1e6 / cpu(run)


def bytes_a_connection(run):
    return run["servers"]["msg_server_rss_per_connection_bytes"]


def loop_lag(run):
    return run["loop_lag_ms"]


@dataclasses.dataclass(frozen=True)
class Step:
    """One scenario of talkload, and a floor beside it."""

    name: str
    load: list
    floor: Optional[list] = None
    rounds: int = 3
    watch_lag: bool = False


@dataclasses.dataclass(frozen=True)
class Goal:
    """One line of the table. `figure` takes one run; of several rounds the median counts."""

    work: str
    step: str
    unit: str
    figure: Callable
    words: str  # the goal, for people
    at_most: Optional[float] = None
    at_least: Optional[float] = None
    # The limit is a multiple of another figure: of the floor beside it, or of another step's figure.
    times_floor: Optional[float] = None
    times_step: Optional[tuple] = None  # (factor, step)


PAIRS = ["--pairs", "1000", "--window", "16"]
FEW_PAIRS = ["--pairs", "100", "--window", "16"]
ONE = ["--msg-server", "0"]
FRAME = ["--size", "100"]  # bytes of a whole frame
RELAY = ["relay", "--size", "72"]  # and so has a command with so much content

# `idle` is the first one: it asks how far the servers' memory grows, and later steps have grown it already.
STEPS = [
    Step("idle", ["idle", "--clients", "15000", *ONE], rounds=1),
    Step("relay", [*RELAY, *FEW_PAIRS, *ONE], ["relay", *FEW_PAIRS, *FRAME]),
    Step("relay_one_each", [*RELAY, "--pairs", "1000", "--window", "1", *ONE],
         ["relay", "--pairs", "1000", "--window", "1", *FRAME]),
    Step("relay_across", [*RELAY, *FEW_PAIRS, "--across"]),
    Step("chat_one", ["chat", *PAIRS, *ONE]),
    Step("chat_two", ["chat", *PAIRS]),
    Step("chat_light", ["chat", "--pairs", "1000", "--rate", "1000"]),
    Step("group", ["group", "--groups", "1", "--members", "1000", "--size", "64", "--window", "4", *ONE]),
    Step("login_token", ["login", "--clients", "2000", "--window", "64", *ONE]),
    Step("login_password", ["login", "--passwords", "--clients", "200", "--window", "8", *ONE], rounds=1,
         watch_lag=True),
    Step("beat", ["idle", "--clients", "5000", "--heartbeat", "1s", *ONE],
         ["echo", "--links", "5000", "--rate", "5000", "--size", "16"]),
]

GOALS = [
    Goal("relay, 100 pairs x 16", "relay", "s/M", cpu, "<= 3 x floor", times_floor=3),
    Goal("relay, 1,000 pairs x 1", "relay_one_each", "s/M", cpu, "<= 1.4 x floor", times_floor=1.4),
    Goal("relay across two servers", "relay_across", "s/M", cpu, "<= 2.5 x one server", times_step=(2.5, "relay")),
    Goal("chat, 1,000 pairs x 16, one msg_server", "chat_one", "/s", rate, ">= 40,000", at_least=40_000),
    Goal("the same: CPU of all threads", "chat_one", "s/M", cpu, "<= 20", at_most=20),
    Goal("chat, 1,000 pairs x 16, two msg_servers", "chat_two", "/s", rate, ">= 40,000", at_least=40_000),
    Goal("the same: CPU of all threads", "chat_two", "s/M", cpu, "<= 20", at_most=20),
    Goal("chat at 1,000/s: p50", "chat_light", "ms", p50, "<= a commit + 0.2"),
    Goal("chat at 1,000/s: p99", "chat_light", "ms", p99, "<= 5", at_most=5),
    Goal("group of 1,000: deliveries a core", "group", "/s", deliveries_a_core, ">= 1,000,000", at_least=1_000_000),
    Goal("logins with a token, one msg_server", "login_token", "/s", rate, ">= 20,000", at_least=20_000),
    Goal("logins with a password", "login_password", "/s", rate, "what Argon2id allows"),
    Goal("the same: worst stall of the loop", "login_password", "ms", loop_lag, "<= 5", at_most=5),
    Goal("idle, logged in: RSS a connection", "idle", "bytes", bytes_a_connection, "<= 768", at_most=768),
    Goal("heartbeats, 5,000/s", "beat", "s/M", cpu, "<= 1.3 x floor", times_floor=1.3),
    Goal("idle cluster (login_server, two msg_servers)", "idle_cluster", "% CPU", lambda run: run["percent"],
         "< 0.3", at_most=0.3),
    Goal("relay with 100,000 idle beside, six msg_servers", "relay_beside", "s/M", cpu, "<= 1.1 x without",
         times_step=(1.1, "relay_alone")),
    Goal("chat with 100,000 idle beside, six msg_servers", "chat_beside", "s/M", cpu, "<= 1.1 x without",
         times_step=(1.1, "chat_alone")),
]


class Figures:
    """All runs of all steps, and their floors."""

    def __init__(self):
        self.runs = {}
        self.floors = {}
        self.commands = {}

    def add(self, step, run):
        self.runs.setdefault(step, []).append(run)

    def add_floor(self, step, seconds_per_million):
        self.floors.setdefault(step, []).append(seconds_per_million)

    def median(self, step, figure):
        """None where it was not measured."""
        values = [figure(run) for run in self.runs.get(step, [])]
        return statistics.median(values) if values else None

    def floor(self, step):
        return statistics.median(self.floors[step]) if step in self.floors else None

    def base(self, goal):
        """The figure of which the goal is a multiple."""
        if goal.times_floor is not None:
            return self.floor(goal.step)
        if goal.times_step is not None:
            return self.median(goal.times_step[1], goal.figure)
        return None

    def reached(self, goal):
        """None where there is nothing to compare."""
        value, base = self.median(goal.step, goal.figure), self.base(goal)
        if value is None:
            return None
        if goal.at_least is not None:
            return value >= goal.at_least
        factor = goal.times_floor or (goal.times_step or [None])[0]
        limit = goal.at_most if factor is None else (None if base is None else factor * base)
        return None if limit is None else value <= limit
