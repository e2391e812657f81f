"""A cluster of its own for the benchmarks: started, loaded, watched and stopped again."""

import contextlib
import json
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

# One client of a load test sends what thousands do in life, and all come from one address.
LOAD_SETTINGS = {
    "client.message_rate": "1000000",
    "client.message_burst": "1000000",
    "client.request_rate": "1000000",
    "client.request_burst": "1000000",
    "client.max_connections_per_address": "100000",
    "client.min_ping_interval": "0s",
}


# A msg_server gives its loop's worst lag with each report to login_server: cluster.heartbeat_interval, and some more.
LAG_REPORT_S = 5.5


class Failure(Exception):
    """Something did not work; the message is for people."""


def stop_on_signals():
    """SIGTERM and SIGHUP end the program as Ctrl-C does: by an exception, so that what it has started is stopped."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))


def end_process(process, seconds):
    """Asks it to end, and waits for that; after so many seconds it is killed."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Cluster:
    """
    with Cluster(directory, bin_directory, port_base=25000, msg_servers=2) as cluster:
        figures = cluster.load("chat", "--pairs", "1000", "--window", "16")
    """

    def __init__(self, directory, programs, port_base, msg_servers, settings=None):
        self.directory = pathlib.Path(directory)
        self.programs = pathlib.Path(programs)
        self.port_base = port_base
        self.msg_servers = msg_servers
        self.settings = {**LOAD_SETTINGS, **(settings or {})}
        self.loads = 0

    def __enter__(self):
        command = [REPOSITORY / "tools/start.sh", "--dir", self.directory, "--bin", self.programs,
                   "--port-base", str(self.port_base), "--msg-servers", str(self.msg_servers)]
        for name, value in self.settings.items():
            command += ["--set", f"{name}={value}"]
        try:
            self.start(command)
        except BaseException:  # a signal as well: some servers may have been started by now
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    @staticmethod
    def start(command):
        starter = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            said = starter.communicate()[0].strip()
        finally:
            end_process(starter, 10)  # it stops what it has begun to start
        if starter.returncode != 0:
            raise Failure(said)

    def stop(self):
        if not self.directory.exists():
            return
        stopped = subprocess.run([REPOSITORY / "tools/stop.sh", "--dir", self.directory, "--timeout", "20"],
                                 capture_output=True, text=True, check=False)
        if stopped.returncode != 0:
            print(f"stop.sh: {stopped.stderr.strip() or stopped.stdout.strip()}", file=sys.stderr)

    def processes(self):
        return [int(file.read_text()) for file in sorted(self.directory.glob("*_server_*.pid"))]

    def cpu_seconds(self):
        """What all threads of all servers have used, to the nanosecond."""
        used = 0
        for process in self.processes():
            for thread in pathlib.Path(f"/proc/{process}/task").iterdir():
                used += int((thread / "schedstat").read_text().split()[0])
        return used / 1e9

    def metric(self, number, name):
        """Of msg_server `number`; 0 where it does not answer."""
        url = f"http://127.0.0.1:{self.port_base + 203 + 10 * number}/metrics"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                text = answer.read().decode()
        except (urllib.error.URLError, TimeoutError):
            return 0.0
        found = re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def loop_lag_ms(self):
        """The worst lateness of a turn of any msg_server's loop, as its last report says."""
        return max(self.metric(number, "talkbeat_loop_lag_ms") for number in range(self.msg_servers))

    def clients(self):
        return sum(self.metric(number, "talkbeat_users") for number in range(self.msg_servers))

    def rows_stored(self):
        """Messages that the store has taken since it was made."""
        store = sqlite3.connect(f"file:{self.directory / 'talkbeat.db'}?mode=ro", uri=True, timeout=5)
        with contextlib.closing(store):
            return store.execute("SELECT max(sequence) FROM messages").fetchone()[0] or 0

    def start_load(self, *arguments):
        """A talkload that runs beside: finish_load() waits for it, end_load() ends it."""
        self.loads += 1
        figures = self.directory / f"load-{self.loads}.json"
        command = [str(self.programs / "talkload"), *arguments, "--dir", str(self.directory), "--quiet",
                   "--json", str(figures)]
        load = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        load.figures = figures
        return load

    @staticmethod
    def end_load(load):
        end_process(load, 10)
        load.stdout.close()

    @staticmethod
    def finish_load(load, timeout=90):
        try:
            said = load.communicate(timeout=timeout)[0].strip()
        except subprocess.TimeoutExpired as late:
            raise Failure(f"{' '.join(load.args)} has not ended after {timeout} s") from late
        if not load.figures.exists():
            raise Failure(f"{' '.join(load.args)} ended with {load.returncode}: {said[-500:]}")
        return json.loads(load.figures.read_text())

    def load(self, *arguments, watch_lag=False):
        """Runs it, and returns its figures with two of ours: loop_lag_ms, rows_stored."""
        if watch_lag:
            time.sleep(LAG_REPORT_S)  # what was before does not count
        rows = self.rows_stored()
        load = self.start_load(*arguments)
        try:
            lag = self.worst_lag(load) if watch_lag else None
            figures = self.finish_load(load)
        finally:
            self.end_load(load)
        return {**figures, "loop_lag_ms": lag, "rows_stored": self.rows_stored() - rows}

    def worst_lag(self, load):
        """Until the load has ended, and the report on its last moments has come."""
        lag = 0.0
        ends = None
        while ends is None or time.monotonic() < ends:
            time.sleep(0.25)
            lag = max(lag, self.loop_lag_ms())
            if ends is None and load.poll() is not None:
                ends = time.monotonic() + LAG_REPORT_S
        return lag
