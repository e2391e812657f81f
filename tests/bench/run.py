#!/usr/bin/env python3
"""Measures TalkBeat on this machine: the parts by themselves, and clusters of its own under load, with the floor in turn
beside them. Writes tests/bench/RESULTS.md. `make bench` builds what this needs and calls it.

  tests/bench/run.py                 all of it: less than ten minutes
  tests/bench/run.py --quick         two minutes: one round each, no benchmarks of the parts
  tests/bench/run.py --only relay    only the steps whose name has this word
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import bench_results
from bench_cluster import REPOSITORY, Cluster, Failure, end_process, stop_on_signals
from bench_goals import (FEW_PAIRS, IDLE, IDLE_SETTINGS, ONE, PAIRS, RELAY, STEPS, TIMES, Figures, Part, Step,
                         counts)

IDLE_BESIDE = 100_000
IDLE_SERVERS = 6
BESIDE_ROUNDS = 3
# So that all takes less than ten minutes on a slow or busy machine too.
PARTS_AT_MOST_S = 180
NO_NEW_ROUND_AFTER_S = 330

BESIDE_STEPS = [Step("relay", [*RELAY, *FEW_PAIRS, *ONE]), Step("chat", ["chat", *PAIRS, *ONE])]


class Bench:
    """One run of everything."""

    def __init__(self, options):
        self.options = options
        self.programs = pathlib.Path(options.bin).resolve()
        self.figures = Figures()
        self.began = time.monotonic()
        self.duration = 2 if options.quick else 3
        self.parts = []
        self.incomplete = []  # what was not measured, for people

    def say(self, text):
        print(f"[{time.monotonic() - self.began:4.0f} s] {text}", flush=True)

    def wanted(self, name):
        return self.options.only is None or self.options.only in name

    def rounds(self, step):
        return 1 if self.options.quick else step.rounds

    def times(self):
        return ["--duration", f"{self.duration}s", "--warmup", "1s"]

    def benchmarks(self, directory):
        """The parts, as Google Benchmark gives them. Where it breaks off, what it has said until then."""
        if self.options.quick or not self.wanted("parts"):
            return
        self.say("the parts by themselves")
        figures = directory / "parts.json"
        command = [self.programs / "benchmarks", "--benchmark_min_time=0.1", f"--benchmark_out={figures}",
                   "--benchmark_out_format=json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                   env=self.on_disk_in(directory))
        guard = threading.Timer(PARTS_AT_MOST_S, process.kill)
        guard.start()
        try:
            for line in process.stdout:
                words = line.split()
                if len(words) > 5 and words[2] in TIMES:
                    self.say(f"  {words[0]}: {words[1]} {words[2]}")
        finally:
            guard.cancel()
            end_process(process, 5)
            self.parts = entries_of(figures)
            self.figures.add_parts(self.parts)
        if process.returncode != 0:
            self.incomplete.append(f"benchmarks ended with {process.returncode} after {len(self.parts)} of its figures")

    @staticmethod
    def on_disk_in(directory):
        """So that stores of benchmarks lie on the same disk as those of the clusters."""
        return {**os.environ, "TMPDIR": str(directory)}

    def run_floor(self, cluster, step):
        if isinstance(step.floor, Part):
            value = self.run_part(cluster.directory, step.floor)
        else:
            words = [*step.floor, "--duration", str(self.duration)]
            value = json.loads(self.output_of("floor", words))[step.floor_key]
        self.figures.add_floor(step.name, value)
        self.say(f"{step.name}, beside it: {value:.3g}")

    def run_part(self, directory, part):
        words = [f"--benchmark_filter={part.pattern}", "--benchmark_min_time=0.3", "--benchmark_format=json"]
        said = self.output_of("benchmarks", words, env=self.on_disk_in(directory))
        found = json.loads(said[said.index("{"):])["benchmarks"] if "{" in said else []
        if not found:
            raise Failure(f"benchmarks has no {part.pattern}")
        return part.figure(found[0])

    def output_of(self, program, words, env=None):
        try:
            done = subprocess.run([self.programs / program, *words], capture_output=True, text=True, check=False,
                                  timeout=60, env=env)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failure(f"{program}: {error}") from error
        if done.returncode != 0:
            raise Failure(f"{program}: {done.stderr.strip()[-500:]}")
        return done.stdout

    def run_step(self, cluster, step, name):
        self.figures.commands[name] = step.load
        run = cluster.load(*step.load, *self.times(), watch_lag=step.watch_lag)
        self.figures.add(name, run)
        self.say(f"{name}: {run['measured']['work_per_s']:,.0f} {run['work']['unit']}/s, "
                 f"{run['servers']['cpu_s_per_million']:.2f} s/M" + ("" if counts(run) else ", NOT VERIFIED"))
        for failure in run["outcome"]["failures"][:3]:
            self.say(f"  {failure}")

    def idle_connections(self, directory):
        if not self.wanted(IDLE.name):
            return
        self.say("a cluster of one msg_server")
        with Cluster(directory, self.programs, self.options.port_base, 1, IDLE_SETTINGS) as cluster:
            self.attempt(cluster, IDLE, IDLE.name)

    def one_cluster(self, directory):
        steps = [step for step in STEPS if self.wanted(step.name)]
        if not steps and not self.wanted("idle_cluster"):
            return
        self.say("a cluster of two msg_servers")
        with Cluster(directory, self.programs, self.options.port_base, msg_servers=2) as cluster:
            if self.wanted("idle_cluster"):
                self.idle_cluster(cluster)
            for turn in range(max([self.rounds(step) for step in steps], default=0)):
                if turn > 0 and time.monotonic() - self.began > NO_NEW_ROUND_AFTER_S:
                    self.incomplete.append(f"time allowed for {turn} rounds only")
                    break
                for step in steps:
                    if turn < self.rounds(step):
                        self.attempt(cluster, step, step.name)

    def attempt(self, cluster, step, name):
        """One step that fails leaves the others their turn; its line says so."""
        if step.floor:
            try:
                self.run_floor(cluster, step)
            except (Failure, ValueError, KeyError) as failure:
                self.incomplete.append(f"{name}, beside it: {failure}")
                self.say(self.incomplete[-1])
        try:
            self.run_step(cluster, step, name)
        except (Failure, OSError, ValueError) as failure:
            self.figures.commands[name] = step.load
            self.figures.add_broken(name)
            self.say(f"{name} failed: {failure}")

    def idle_cluster(self, cluster):
        seconds = 5 if self.options.quick else 10
        time.sleep(1)
        before = cluster.cpu_seconds()
        time.sleep(seconds)
        percent = 100 * (cluster.cpu_seconds() - before) / seconds
        self.figures.add("idle_cluster", {"percent": percent})
        self.say(f"idle_cluster: {percent:.3f} % of a core")

    def with_idle_beside(self, directory):
        """The same load on six msg_servers alone, and then beside a hundred thousand who are logged in and beat."""
        if self.options.quick or not self.wanted("beside"):
            return
        self.say(f"a cluster of {IDLE_SERVERS} msg_servers")
        with Cluster(directory, self.programs, self.options.port_base, IDLE_SERVERS) as cluster:
            for _ in range(BESIDE_ROUNDS):
                for step in BESIDE_STEPS:
                    self.attempt(cluster, step, f"{step.name}_alone")
            self.say(f"{IDLE_BESIDE:,} clients log in")
            idle = cluster.start_load("idle", "--clients", str(IDLE_BESIDE), "--processes", str(IDLE_SERVERS),
                                      "--prefix", "idle-", "--duration", "10m")
            try:
                if self.await_clients(cluster, idle):
                    self.beside(cluster, idle)
            finally:
                cluster.end_load(idle)

    def beside(self, cluster, idle):
        for _ in range(BESIDE_ROUNDS):
            for step in BESIDE_STEPS:
                self.attempt(cluster, step, f"{step.name}_beside")
                if idle.poll() is None and cluster.clients() >= IDLE_BESIDE:
                    continue
                self.incomplete.append(f"of the {IDLE_BESIDE:,} idle clients {cluster.clients():,.0f} were left, so what "
                                       "was measured beside them does not count")
                for other in BESIDE_STEPS:
                    self.figures.drop(f"{other.name}_beside")
                return

    def await_clients(self, cluster, load):
        deadline = time.monotonic() + 90
        while cluster.clients() < IDLE_BESIDE:
            if load.poll() is not None or time.monotonic() > deadline:
                self.incomplete.append(f"only {cluster.clients():,.0f} of {IDLE_BESIDE:,} idle clients came")
                return False
            self.say(f"  {cluster.clients():,.0f} are there")
            time.sleep(3)
        time.sleep(2)  # the storm's last ripples
        return True

    def the_million(self):
        """What `make million` has left behind, if it was run here."""
        figures = REPOSITORY / "build/million/million.json"
        if not figures.exists():
            return
        run = json.loads(figures.read_text())
        if int(run["options"]["clients"]) == 1_000_000:
            self.figures.add("million", run)

    def run(self, directory):
        """Whatever fails, or if it is interrupted: what has been measured until then is written."""
        load_before = f"{os.getloadavg()[0]:.1f}"
        steps = [("parts", lambda: self.benchmarks(directory)),
                 ("idle connections", lambda: self.idle_connections(directory / "one")),
                 ("one cluster", lambda: self.one_cluster(directory / "two")),
                 ("idle clients beside", lambda: self.with_idle_beside(directory / "six")),
                 ("the million", self.the_million)]
        finished = False
        try:
            for name, step in steps:
                try:
                    step()
                except (Failure, OSError, ValueError, KeyError) as failure:
                    self.incomplete.append(f"{name}: {failure}")
                    self.say(self.incomplete[-1])
            finished = True
        finally:
            if not finished:
                self.incomplete.append("interrupted")
            self.write(load_before)

    def write(self, load_before):
        if not self.figures.runs:
            self.say("nothing was measured, so nothing is written")
            sys.exit(1)
        command = " ".join(["make bench" if not sys.argv[1:] else "tests/bench/run.py", *sys.argv[1:]])
        bench_results.write(self.options.results, REPOSITORY, command, self.figures, self.parts, load_before,
                            self.incomplete)
        self.say(f"written: {self.options.results}")


def entries_of(figures):
    """What Google Benchmark has written, also where it did not come to its end."""
    if not figures.exists():
        return []
    text = figures.read_text().rstrip()
    try:
        return json.loads(text)["benchmarks"]
    except ValueError:
        whole = text.rfind("}") + 1  # of the last entry that is whole
        try:
            return json.loads(text[:whole] + "]}")["benchmarks"]
        except (ValueError, KeyError):
            return []


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round each, the parts left out: two minutes")
    parser.add_argument("--only", metavar="WORD", help="only the steps whose name has this word; `parts`: the benchmarks")
    parser.add_argument("--bin", default=REPOSITORY / "build/bin", help="where the programs are (default: build/bin)")
    parser.add_argument("--dir", help="where the clusters are kept while they run (default: a new directory in /tmp)")
    parser.add_argument("--port-base", type=int, default=25_000, help="of the clusters (default: 25000)")
    parser.add_argument("--results", default=REPOSITORY / "tests/bench/RESULTS.md", help="what is written")
    return parser.parse_args()


def main():
    options = parse()
    stop_on_signals()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="talkbeat_bench_", dir=options.dir))
    try:
        Bench(options).run(directory)
    except KeyboardInterrupt:
        sys.exit(1)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
