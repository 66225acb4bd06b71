"""Runs the benches, each in a process of its own, and keeps their figures.

    python tests/benchmarks/run.py [NAME …] [--quick] [--json FILE] [--list] [--docs]

Without a name, all of them but the soak. Figures go to `tests/benchmarks/results.json`, where those of a bench that ran replace what it
had; `--quick` keeps none unless `--json` names a file. `--docs` runs nothing: it writes `docs/benchmarks.md` and its
pictures from that file. The packages of the extra `bench` must be installed; those marked with a browser need Chromium.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import report, results
from benchmarks.figures import Figure, read, tables
from benchmarks.machine import machine

TESTS = Path(__file__).resolve().parents[1]
GRACE = 15.0
"""Seconds that a bench has to close what it opened, once it is told to end."""


class Bench(NamedTuple):
    """One script.

    Args:
        script: from the folder of tests.
        seconds, quick: what it takes on two quiet cores.
        browser: it needs Chromium.
        apart: it runs only when it is named.
    """

    name: str
    script: str
    seconds: int
    quick: int
    about: str
    browser: bool = False
    apart: bool = False

    @property
    def path(self) -> Path:
        return TESTS / self.script

    def limit(self, *, quick: bool) -> float:
        """Seconds after which it counts as stuck: a busy machine takes several times as long."""
        return 60 + 4 * (self.quick if quick else self.seconds)


BENCHES = (
    Bench("decoder", "benchmarks/bench_decoder.py", 80, 12, "bytes to events, beside five other decoders"),
    Bench("ingest", "benchmarks/bench_ingest.py", 170, 30, "bytes to committed and emitted, 1 to 1,000 agents"),
    Bench("delay", "benchmarks/bench_delay.py", 170, 40, "from bytes in to emitted, kernel idle and busy"),
    Bench("store", "benchmarks/bench_store.py", 60, 15, "saving, opening, verifying"),
    Bench("frames", "benchmarks/bench_frames.py", 240, 25, "history as data, 10,000 to 10,000,000 rows"),
    Bench("exchange", "benchmarks/bench_exchange.py", 60, 10, "export, import, compaction"),
    Bench("gapfill", "server/bench_gapfill.py", 40, 15, "a page of the log over HTTP, out of a million rows"),
    Bench(
        "display", "benchmarks/bench_display.py", 400, 60, "a stream of Markdown, by each way to show it", browser=True
    ),
    Bench("stream", "benchmarks/bench_stream.py", 240, 40, "a stream in the view", browser=True),
    Bench("view", "benchmarks/bench_view.py", 60, 15, "opening a long history in the view", browser=True),
    Bench("render", "benchmarks/bench_render.py", 150, 40, "drawing a growing answer", browser=True),
    Bench("pixel", "benchmarks/bench_pixel.py", 150, 40, "from a byte on the wire to the pixel", browser=True),
    Bench("soak", "benchmarks/soak.py", 1950, 90, "half an hour of 20 agents, shown", browser=True, apart=True),
)


def chosen_benches(names: list[str]) -> list[Bench]:
    """Those of these names, in our order.

    Raises:
        SystemExit: there is none of that name.
    """
    there = {bench.name: bench for bench in BENCHES if bench.path.exists()}
    if unknown := set(names) - set(there):
        raise SystemExit(f"no bench named {', '.join(sorted(unknown))}: expected some of {', '.join(there)}")
    return [bench for bench in there.values() if (bench.name in names if names else not bench.apart)]


def run(bench: Bench, *, quick: bool) -> list[Figure] | None:
    """The figures of one bench; None where it failed or took too long."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "figures.json"
        argv = [sys.executable, str(bench.path), "--json", str(found), *(["--quick"] if quick else [])]
        limit = bench.limit(quick=quick)
        # A group of its own, so that a browser or a server that it started can be ended with it.
        with subprocess.Popen(
            argv, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as child:
            clock = Clock(child, limit)
            assert child.stdout is not None
            quiet = False
            for line in child.stdout:
                quiet = quiet or line.startswith("== ")  # its tables, which come at the end for all
                if not quiet:
                    print(f"  {line.rstrip()}", flush=True)
        clock.stop()
        if clock.rang:
            print(f"  {bench.name} was ended after {limit:.0f} s", flush=True)
        elif child.returncode:
            print(f"  {bench.name} failed with exit code {child.returncode}", flush=True)
        elif not found.exists():
            print(f"  {bench.name} wrote no figures", flush=True)
        else:
            return read(found)
        return None


class Clock:
    """Ends a process group when its time is over."""

    def __init__(self, child: subprocess.Popen[str], limit: float) -> None:
        self._child, self.rang = child, False
        self._timers = [threading.Timer(limit, self._ring), threading.Timer(limit + GRACE, self._end)]
        for timer in self._timers:
            timer.daemon = True
            timer.start()

    def stop(self) -> None:
        for timer in self._timers:
            timer.cancel()

    def _ring(self) -> None:
        self.rang = True
        os.killpg(self._child.pid, signal.SIGINT)

    def _end(self) -> None:
        # Kernels are in sessions of their own, so the group is not all of it.
        for each in [*psutil.Process(self._child.pid).children(recursive=True), self._child]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()


def told(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def run_all(benches: list[Bench], *, quick: bool, file: Path | None) -> int:
    """Runs them one after the other; returns how many failed."""
    expected = sum(bench.quick if quick else bench.seconds for bench in benches)
    print(
        f"{len(benches)} benches, about {told(expected)} on two quiet cores; load {os.getloadavg()[0]:.1f}", flush=True
    )
    figures: list[Figure] = []
    failed = 0
    for number, bench in enumerate(benches, 1):
        print(f"[{number}/{len(benches)}] {bench.name}: {bench.about}", flush=True)
        load, began = os.getloadavg()[0], time.perf_counter()
        found = run(bench, quick=quick)
        seconds = time.perf_counter() - began
        print(f"[{number}/{len(benches)}] {bench.name}: {told(seconds)}", flush=True)
        if found is None:
            failed += 1
            continue
        figures += found
        if file is not None:
            about: dict[str, Any] = {"bench": bench.name, "script": f"tests/{bench.script}", "quick": quick}
            about |= {"seconds": round(seconds), "load": round(load, 1)}
            results.merge(file, about | machine(), found)
    print("\n" + tables(figures))
    if file is not None and figures:
        print(f"\nkept in {os.path.relpath(file)}")
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="benches to run; without one, all")
    parser.add_argument("--quick", action="store_true", help="less of everything, to see that it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the figures are kept")
    parser.add_argument("--list", action="store_true", help="name the benches and end")
    parser.add_argument("--docs", action="store_true", help="write docs/benchmarks.md from the figures and end")
    given = parser.parse_args()
    benches = chosen_benches(given.names)
    if given.list:
        for bench in benches:
            needs = ", needs Chromium" if bench.browser else ""
            print(f"{bench.name:9} {told(bench.seconds):>6}, quick {told(bench.quick):>5}  {bench.about}{needs}")
        return 0
    if given.docs:
        report.write(given.json or results.FILE)
        return 0
    file = given.json or (None if given.quick else results.FILE)
    failed = run_all(benches, quick=given.quick, file=file.resolve() if file else None)
    if failed:
        print(f"{failed} of {len(benches)} failed: what they had is kept as it was")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
