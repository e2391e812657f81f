"""What is measured on a cluster, and what is to be reached."""

import dataclasses
import statistics
from typing import Callable, Optional


TIMES = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}


# What one run says; None where it says nothing.
def cpu(run):
    """CPU seconds of all server processes for a million pieces of work: what holds on a noisy machine."""
    return run["servers"]["cpu_s_per_million"] or None


def rate(run):
    return run["measured"]["work_per_s"]


def p50(run):
    return run["measured"]["latency"]["p50_ms"]


def p99(run):
    return run["measured"]["latency"]["p99_ms"]


def deliveries_a_core(run):
    return 1e6 / cpu(run) if cpu(run) else None


def rows_a_message(run):
    acked = run["totals"]["acked"]
    return run["rows_stored"] / acked if acked else None


def bytes_a_connection(run):
    return run["servers"]["msg_server_rss_per_connection_bytes"]


def loop_lag(run):
    return run["loop_lag_ms"]


def closed(run):
    return run["totals"]["closed"]


# What one benchmark of the parts says.
def cpu_us(entry):
    return entry["cpu_time"] * TIMES[entry["time_unit"]] * 1e6


def counter(name, factor=1.0):
    return lambda entry: entry[name] * factor if name in entry else None


def longer_wait(entry):
    return max(entry["first_wait_p99_ms"], entry["second_wait_p99_ms"])


@dataclasses.dataclass(frozen=True)
class Part:
    """A benchmark of the parts that is measured beside a step, as its floor."""

    pattern: str
    figure: Callable


@dataclasses.dataclass(frozen=True)
class Step:
    """One scenario of talkload, and a floor beside it: words for `floor`, or a benchmark."""

    name: str
    load: list
    floor: Optional[list | Part] = None
    rounds: int = 3
    watch_lag: bool = False
    floor_key: str = "server_cpu_s_per_million"  # what counts of that which `floor` says


@dataclasses.dataclass(frozen=True)
class Goal:
    """One line of the table. `figure` takes one run; of several rounds the median counts. The limit is a number, or
    a multiple of (or so much more than) another figure."""

    work: str
    step: str  # or part("NAME"), a benchmark of the parts
    unit: str
    figure: Callable
    words: str  # the goal, for people
    at_most: Optional[float] = None
    at_least: Optional[float] = None
    against: Optional[str] = None  # FLOOR: what ran beside it; or another step
    times: Optional[float] = None
    plus: Optional[float] = None


FLOOR = "floor"


def part(name):
    """The step under which the figures of a benchmark are kept."""
    return f"benchmarks {name}"


COMMIT = Part("^commit_at_rate/1000/", counter("p50_ms"))
STORE_ALONE = Part("^chat/keys_by_time/1000/0/", counter("cpu_us"))
PAIRS = ["--pairs", "1000", "--window", "16"]
FEW_PAIRS = ["--pairs", "100", "--window", "16"]
ONE = ["--msg-server", "0"]
FRAME = ["--size", "100"]  # bytes of a whole frame
RELAY = ["relay", "--size", "72"]  # and so has a command with so much content
GROUP = ["group", "--groups", "1", "--members", "1000", "--size", "64"]

# On a cluster of its own: it asks how far a server's memory grows with connections. The store's pages, which those who
# log in have read, are kept out of that, by the setting that `make million` uses as well.
IDLE = Step("idle", ["idle", "--clients", "15000", *ONE], rounds=1)
IDLE_SETTINGS = {"store.page_cache": "1MiB"}

STEPS = [
    Step("relay", [*RELAY, *FEW_PAIRS, *ONE], ["relay", *FEW_PAIRS, *FRAME]),
    Step("relay_one_each", [*RELAY, "--pairs", "1000", "--window", "1", *ONE],
         ["relay", "--pairs", "1000", "--window", "1", *FRAME]),
    Step("relay_across", [*RELAY, *FEW_PAIRS, "--across"]),
    Step("chat_one", ["chat", *PAIRS, *ONE], STORE_ALONE),
    Step("chat_two", ["chat", *PAIRS]),
    Step("chat_light", ["chat", "--pairs", "1000", "--rate", "1000"], COMMIT),
    Step("group", [*GROUP, "--window", "100", *ONE]),
    Step("group_few", [*GROUP, "--window", "4", *ONE], rounds=2),
    Step("login_token", ["login", "--clients", "2000", "--window", "64", *ONE],
         ["visit", "--links", "64", "--size", "150"], floor_key="rate"),
    # Beside the server there are the threads that check passwords, one by default.
    Step("login_password", ["login", "--passwords", "--clients", "200", "--window", "8", *ONE],
         ["wake", "--beside", "1"], watch_lag=True, floor_key="worst_ms"),
    Step("beat", ["idle", "--clients", "5000", "--heartbeat", "1s", *ONE],
         ["echo", "--links", "5000", "--rate", "5000", "--size", "16"]),
]

GOALS = [
    Goal("relay, 100 pairs x 16", "relay", "s/M", cpu, "<= 3 x floor", against=FLOOR, times=3),
    Goal("relay, 1,000 pairs x 1", "relay_one_each", "s/M", cpu, "<= 1.4 x floor", against=FLOOR, times=1.4),
    Goal("relay across two servers", "relay_across", "s/M", cpu, "<= 2.5 x one server", against="relay", times=2.5),
    Goal("chat, 1,000 pairs x 16, one msg_server", "chat_one", "/s", rate, ">= 40,000", at_least=40_000),
    Goal("the same: CPU of all threads, beside it the store alone", "chat_one", "s/M", cpu, "<= 20", at_most=20,
         against=FLOOR),
    Goal("chat, 1,000 pairs x 16, two msg_servers", "chat_two", "/s", rate, ">= 40,000", at_least=40_000),
    Goal("the same: CPU of all threads", "chat_two", "s/M", cpu, "<= 20", at_most=20),
    Goal("chat at 1,000/s: p50, beside it a commit at that rate", "chat_light", "ms", p50, "<= a commit + 0.2", against=FLOOR,
         plus=0.2),
    Goal("chat at 1,000/s: p99", "chat_light", "ms", p99, "<= 5", at_most=5),
    Goal("two writers on one file, commits of 250: the longer wait, p99", part("two_writers/250"), "ms", longer_wait,
         "<= 50", at_most=50),
    Goal("the same, commits of 1,000", part("two_writers/1000"), "ms", longer_wait, "<= 50", at_most=50),
    Goal("group of 1,000, 100 messages on the way: deliveries a core", "group", "/s", deliveries_a_core,
         ">= 1,000,000", at_least=1_000_000),
    Goal("the same, 4 on the way", "group_few", "/s", deliveries_a_core, ">= 1,000,000", at_least=1_000_000),
    Goal("group of 1,000: rows stored for a message", "group", "", rows_a_message, "1", at_most=1.001),
    Goal("the same: allocations a delivery (an encode for each: 1 or more)", part("group_message/1000"), "",
         counter("allocations"), "one encode: < 0.1", at_most=0.1),
    Goal("logins with a token, one msg_server, beside it visits to a server that does nothing", "login_token", "/s", rate,
         ">= 20,000", at_least=20_000, against=FLOOR),
    Goal("logins with a password", "login_password", "/s", rate, "what Argon2id allows"),
    Goal("the same: worst stall of the loop, beside it how late any thread is woken", "login_password", "ms", loop_lag,
         "<= 5", at_most=5, against=FLOOR),
    Goal("idle, logged in: RSS a connection", "idle", "bytes", bytes_a_connection, "<= 768", at_most=768),
    Goal("heartbeats, 5,000/s", "beat", "s/M", cpu, "<= 1.3 x floor", against=FLOOR, times=1.3),
    Goal("the same: allocations a beat", part("heartbeat"), "", counter("allocations"), "0", at_most=0.001),
    Goal("idle cluster (login_server, two msg_servers)", "idle_cluster", "% CPU", lambda run: run["percent"],
         "< 0.3", at_most=0.3),
    Goal("relay with 100,000 idle beside, six msg_servers", "relay_beside", "s/M", cpu, "<= 1.1 x without",
         against="relay_alone", times=1.1),
    Goal("chat with 100,000 idle beside, six msg_servers", "chat_beside", "s/M", cpu, "<= 1.1 x without",
         against="chat_alone", times=1.1),
    Goal("a tick, 20,000 timers, nothing due", part("wheel_tick_with_nothing_due/20000"), "µs", cpu_us, "< 1",
         at_most=1),
    Goal("a tick, 100,000 connections, nothing due", part("tick<OrderedLists>/100000"), "µs", cpu_us, "< 1",
         at_most=1),
    Goal("the worst of 140,000 ticks, 1,000,000 timers", part("wheel_ticks/1000000"), "ms",
         counter("worst_us", 1e-3), "<= 2", at_most=2),
    Goal("1,000,000 logged in and beating for 10 minutes (`make million`): closed", "million", "", closed, "0",
         at_most=0),
    Goal("the same: RSS of all servers", "million", "GiB", lambda run: run["servers"]["rss_bytes"] / 2**30, "<= 2",
         at_most=2),
    Goal("the same: cores", "million", "", lambda run: run["servers"]["cores"], "<= 0.35", at_most=0.35),
]


def counts(run):
    """A run that was not right counts for nothing."""
    return run.get("outcome", {"ok": True})["ok"]


class Figures:
    """All runs of all steps, and their floors."""

    def __init__(self):
        self.runs = {}
        self.floors = {}
        self.commands = {}
        self.broken = {}  # how many gave no figures at all

    def add(self, step, run):
        self.runs.setdefault(step, []).append(run)

    def add_parts(self, entries):
        for entry in entries:
            # The name without what is said of how it was run: two_writers/250/iterations:1/real_time.
            name = "/".join(word for word in entry["name"].split("/") if ":" not in word and word != "real_time")
            self.add(part(name), {**entry, "outcome": {"ok": not entry.get("error_occurred", False)}})

    def add_floor(self, step, value):
        self.floors.setdefault(step, []).append(value)

    def add_broken(self, step):
        self.broken[step] = self.broken.get(step, 0) + 1

    def drop(self, step):
        """What has been measured under it does not count after all."""
        for run in self.runs.get(step, []):
            run["outcome"]["ok"] = False

    def counting(self, step):
        return [run for run in self.runs.get(step, []) if counts(run)]

    def failed(self, step):
        return len(self.runs.get(step, [])) - len(self.counting(step)) + self.broken.get(step, 0)

    def median(self, step, figure):
        """None where it was not measured."""
        values = [value for value in map(figure, self.counting(step)) if value is not None]
        return statistics.median(values) if values else None

    def floor(self, step):
        return statistics.median(self.floors[step]) if step in self.floors else None

    def base(self, goal):
        """The figure with which the goal's is compared."""
        if goal.against == FLOOR:
            return self.floor(goal.step)
        return None if goal.against is None else self.median(goal.against, goal.figure)

    def limit(self, goal):
        """None where there is none, or where what it is a multiple of was not measured."""
        if goal.at_least is not None or goal.at_most is not None:
            return goal.at_least if goal.at_least is not None else goal.at_most
        base = self.base(goal)
        if base is None or (goal.times is None and goal.plus is None):
            return None
        return base * (goal.times or 1) + (goal.plus or 0)

    def reached(self, goal):
        """None where there is nothing to compare."""
        value, limit = self.median(goal.step, goal.figure), self.limit(goal)
        if value is None or limit is None:
            return None
        return value >= limit if goal.at_least is not None else value <= limit
