#!/usr/bin/env python3
"""Records where msg_server spends its time under several loads, and draws a flame graph of each into tests/bench/graphs/.

Needs perf (Debian: linux-perf) and the right to use it (root, or kernel.perf_event_paranoid = -1), and what `make build` makes.

  tests/bench/record_graphs.py           all of them: two minutes
  tests/bench/record_graphs.py relay     this one
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from bench_cluster import REPOSITORY, Cluster, Failure, stop_on_signals
from bench_goals import STEPS

GRAPHS = {"relay": "relay", "chat": "chat_one", "group": "group", "heartbeats": "beat", "logins": "login_token"}
WARM_UP_S = 3  # until all are logged in, and a little more
RECORD_S = 3


def record(cluster, process, load, directory):
    """What perf script says of `process` while the load runs."""
    running = cluster.start_load(*load, "--duration", f"{WARM_UP_S + RECORD_S + 2}s")
    try:
        time.sleep(WARM_UP_S)
        data = directory / "perf.data"
        subprocess.run(["perf", "record", "-q", "-F", "499", "--call-graph", "dwarf,8192", "-p", str(process),
                        "-o", data, "--", "sleep", str(RECORD_S)], check=True, capture_output=True)
        cluster.finish_load(running)
    finally:
        cluster.end_load(running)
    return subprocess.run(["perf", "script", "--no-inline", "-i", data], check=True, capture_output=True).stdout


def draw(stacks, title, path):
    path.parent.mkdir(exist_ok=True)
    drawn = subprocess.run([REPOSITORY / "tests/bench/flame_graph.py", "--title", title], input=stacks,
                           capture_output=True, check=False)
    if drawn.returncode != 0:
        raise Failure(drawn.stderr.decode().strip())
    path.write_bytes(drawn.stdout)
    print(f"{path}: {path.stat().st_size // 1024} KiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graphs", nargs="*", metavar="GRAPH", help=f"of {', '.join(GRAPHS)} (default: all)")
    parser.add_argument("--bin", default=REPOSITORY / "build/bin", help="where the programs are (default: build/bin)")
    parser.add_argument("--port-base", type=int, default=25_000, help="of the cluster (default: 25000)")
    options = parser.parse_args()
    if unknown := set(options.graphs) - set(GRAPHS):
        parser.error(f"no such graph: {', '.join(sorted(unknown))}")
    if shutil.which("perf") is None:
        sys.exit("record_graphs.py: perf is missing; on Debian: apt-get install linux-perf")
    stop_on_signals()
    loads = {step.name: step.load for step in STEPS}
    directory = pathlib.Path(tempfile.mkdtemp(prefix="talkbeat_graphs_"))
    try:
        with Cluster(directory / "cluster", options.bin, options.port_base, msg_servers=1) as cluster:
            process = int((cluster.directory / "msg_server_0.pid").read_text())
            for name in options.graphs or GRAPHS:
                load = loads[GRAPHS[name]]
                draw(record(cluster, process, load, directory), f"msg_server: talkload {' '.join(load)}",
                     REPOSITORY / "tests/bench/graphs" / f"{name}.svg")
    except KeyboardInterrupt:
        sys.exit(1)
    except (Failure, subprocess.CalledProcessError) as failure:
        said = getattr(failure, "stderr", None)
        sys.exit(f"record_graphs.py: {failure}{': ' + said.decode() if said else ''}")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
