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
import signal
import subprocess
import sys
import tempfile
import time

import bench_results
from bench_cluster import REPOSITORY, Cluster, Failure
from bench_goals import FEW_PAIRS, ONE, PAIRS, RELAY, STEPS, Figures, Step

IDLE_BESIDE = 100_000
IDLE_SERVERS = 6

BESIDE_STEPS = [Step("relay", [*RELAY, *FEW_PAIRS, *ONE]), Step("chat", ["chat", *PAIRS, *ONE])]


class Bench:
    """One run of everything."""

    def __init__(self, options):
        self.options = options
        self.programs = pathlib.Path(options.bin).resolve()
        self.figures = Figures()
        self.began = time.monotonic()
        self.duration = 2 if options.quick else 3

    def say(self, text):
        print(f"[{time.monotonic() - self.began:4.0f} s] {text}", flush=True)

    def wanted(self, name):
        return self.options.only is None or self.options.only in name

    def rounds(self, step):
        return 1 if self.options.quick else step.rounds

    def times(self):
        return ["--duration", f"{self.duration}s", "--warmup", "1s"]

    def benchmarks(self):
        """The parts, as Google Benchmark gives them."""
        if self.options.quick or not self.wanted("parts"):
            return []
        self.say("the parts by themselves")
        done = subprocess.run([self.programs / "benchmarks", "--benchmark_min_time=0.1", "--benchmark_format=json"],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"benchmarks: {done.stderr.strip()[-500:]}")
        return json.loads(done.stdout[done.stdout.index("{"):])["benchmarks"]

    def run_floor(self, step):
        done = subprocess.run([self.programs / "floor", *step.floor, "--duration", str(self.duration)],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"floor: {done.stderr.strip()}")
        self.figures.add_floor(step.name, json.loads(done.stdout)["server_cpu_s_per_million"])

    def run_step(self, cluster, step, name=None):
        name = name or step.name
        self.figures.commands[name] = step.load
        run = cluster.load(*step.load, *self.times(), watch_lag=step.watch_lag)
        self.figures.add(name, run)
        work = run["work"]["unit"]
        self.say(f"{name}: {run['measured']['work_per_s']:,.0f} {work}/s, "
                 f"{run['servers']['cpu_s_per_million']:.2f} s/M" + ("" if run["outcome"]["ok"] else ", NOT VERIFIED"))
        for failure in run["outcome"]["failures"][:3]:
            self.say(f"  {failure}")

    def one_cluster(self, directory):
        steps = [step for step in STEPS if self.wanted(step.name)]
        if not steps and not self.wanted("idle_cluster"):
            return
        self.say("a cluster of two msg_servers")
        with Cluster(directory, self.programs, self.options.port_base, msg_servers=2) as cluster:
            if self.wanted("idle_cluster"):
                self.idle_cluster(cluster)
            for turn in range(max([self.rounds(step) for step in steps], default=0)):
                for step in steps:
                    if turn >= self.rounds(step):
                        continue
                    if step.floor:
                        self.run_floor(step)
                    self.attempt(cluster, step)

    def attempt(self, cluster, step, name=None):
        """One step that fails leaves the others their turn; its line says that it was not measured."""
        try:
            self.run_step(cluster, step, name)
        except Failure as failure:
            self.say(f"{name or step.name} failed: {failure}")

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
            for _ in range(2):
                for step in BESIDE_STEPS:
                    self.attempt(cluster, step, f"{step.name}_alone")
            self.say(f"{IDLE_BESIDE:,} clients log in")
            idle = cluster.start_load("idle", "--clients", str(IDLE_BESIDE), "--processes", str(IDLE_SERVERS),
                                      "--prefix", "idle-", "--duration", "10m")
            try:
                if self.await_clients(cluster, idle):
                    for _ in range(2):
                        for step in BESIDE_STEPS:
                            self.attempt(cluster, step, f"{step.name}_beside")
            finally:
                idle.terminate()
                idle.communicate()

    def await_clients(self, cluster, load):
        deadline = time.monotonic() + 90
        while cluster.clients() < IDLE_BESIDE:
            if load.poll() is not None or time.monotonic() > deadline:
                self.say(f"only {cluster.clients():,} clients came: not measured")
                return False
            time.sleep(0.5)
        time.sleep(2)  # the storm's last ripples
        return True

    def run(self, directory):
        load_before = f"{os.getloadavg()[0]:.1f}"
        benchmarks = self.benchmarks()
        self.one_cluster(directory / "two")
        self.with_idle_beside(directory / "six")
        command = " ".join(["make bench" if not sys.argv[1:] else "tests/bench/run.py", *sys.argv[1:]])
        bench_results.write(self.options.results, REPOSITORY, command, self.figures, benchmarks, load_before)
        self.say(f"written: {self.options.results}")


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
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the clusters are stopped
    directory = pathlib.Path(tempfile.mkdtemp(prefix="talkbeat_bench_", dir=options.dir))
    try:
        Bench(options).run(directory)
    except Failure as failure:
        sys.exit(f"run.py: {failure}")
    except KeyboardInterrupt:
        sys.exit(1)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
