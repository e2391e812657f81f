"""A cluster of its own for the benchmarks: started, loaded, watched and stopped again."""

import json
import pathlib
import re
import subprocess
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


class Failure(Exception):
    """Something did not work; the message is for people."""


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
        started = subprocess.run(command, capture_output=True, text=True, check=False)
        if started.returncode != 0:
            raise Failure(started.stderr.strip() or started.stdout.strip())
        return self

    def __exit__(self, *_):
        subprocess.run([REPOSITORY / "tools/stop.sh", "--dir", self.directory, "--timeout", "20"],
                       capture_output=True, check=False)

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

    def start_load(self, *arguments):
        """A talkload that runs beside; finish_load() waits for it."""
        self.loads += 1
        figures = self.directory / f"load-{self.loads}.json"
        command = [str(self.programs / "talkload"), *arguments, "--dir", str(self.directory), "--quiet",
                   "--json", str(figures)]
        load = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        load.figures = figures
        return load

    def finish_load(self, load):
        said = load.communicate()[0].strip()
        if not load.figures.exists():
            raise Failure(f"{' '.join(load.args)} ended with {load.returncode}: {said[-500:]}")
        return json.loads(load.figures.read_text())

    def load(self, *arguments, watch_lag=False):
        load = self.start_load(*arguments)
        lag = 0.0
        while watch_lag and load.poll() is None:
            time.sleep(0.25)
            lag = max(lag, self.loop_lag_ms())
        figures = self.finish_load(load)
        figures["loop_lag_ms"] = lag
        return figures
