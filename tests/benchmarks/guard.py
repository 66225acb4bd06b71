"""Fails when a part of the path has become much slower than the least that anybody must do for the same bytes.

    python tests/benchmarks/guard.py [--rounds 5]

Each check is a ratio of processor times in this process, ours against a floor, both the best of several rounds that take
turns: another program on the machine slows both alike, and nothing here waits for a disk or a clock. Bounds are about twice
what was seen, so only a change of the code passes them. It is a step of its own in CI: its name keeps pytest from
collecting it, since beside other tests on the same cores it would say less.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import duckdb

from benchmarks.bench_ingest import Case, arrow_insert, rows_of, through
from benchmarks.feeding import cut, lines, stream_of
from benchmarks.history import COLUMNS, grow
from nbstream.frames import Store
from nbstream.parsers import parser_named
from nbstream.sse import EventStreamDecoder

EVENTS = 20_000
HISTORY = 100_000


@dataclass(frozen=True, slots=True)
class Check:
    """One ratio.

    Args:
        ours, floor: what to run; each takes its own processor time, all threads of this process included.
        bound: how many times the floor's time ours may take.
    """

    name: str
    ours: Callable[[], object]
    floor: Callable[[], object]
    bound: float


def spent(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def ratio(check: Check, rounds: int) -> float:
    """The best of ours over the best of the floor; the first round warms up."""
    found = [(spent(check.ours), spent(check.floor)) for _ in range(rounds + 1)][1:]
    return min(ours for ours, _ in found) / min(floor for _, floor in found)


def decode(chunks: list[bytes]) -> int:
    decoder = EventStreamDecoder()
    return sum(len(decoder.feed(chunk)) for chunk in chunks)


def parse(chunks: list[bytes]) -> None:
    decoder, parser = EventStreamDecoder(), parser_named("anthropic")
    for chunk in chunks:
        for event in decoder.feed(chunk):
            parser.parse(event)


def split(chunks: list[bytes], times: int) -> None:
    for _ in range(times):
        for chunk in chunks:
            chunk.split(b"\n\n")


def decoding(decoder: Callable[[list[bytes]], object] = decode, events: int = EVENTS) -> list[Check]:
    """The decoder at chunks as they come from a busy socket, and an event at a time; the floor ten times, to be seen."""
    stream = stream_of(lines(events))
    whole, small = cut(stream), [part + b"\n\n" for part in stream.split(b"\n\n")[:-1]]
    return [
        Check("decode 64 KiB chunks, over 10 x bytes.split", lambda: decoder(whole), lambda: split(whole, 10), 1.0),
        Check("decode an event a chunk, over 10 x bytes.split", lambda: decoder(small), lambda: split(small, 10), 2.0),
        Check("decode and parse, over 10 x bytes.split", lambda: parse(whole), lambda: split(whole, 10), 8.0),
    ]


def history(folder: Path) -> list[Check]:
    """Reading the log as a frame, over the same columns as an Arrow table; and the whole path, over Arrow inserts."""
    path = folder / "history.duckdb"
    grow(path, 0, HISTORY)

    def frame() -> None:
        with Store.open(path) as store:
            store.messages()

    def bare() -> None:
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.sql(f"SELECT {COLUMNS} FROM agent_messages").to_arrow_table()

    rows = rows_of(EVENTS)
    ingest = Case("20 agents", 20, EVENTS)
    return [
        Check("messages() of 100,000 rows, over DuckDB into Arrow", frame, bare, 5.0),
        Check(
            "bytes to emitted, 20 agents, over Arrow tables into DuckDB",
            lambda: through(ingest, folder),
            lambda: arrow_insert(folder, rows),
            10.0,
        ),
    ]


def passed(checks: list[Check], rounds: int) -> bool:
    """Runs the checks and says how each stands."""
    fine = True
    for check in checks:
        found = ratio(check, rounds)
        fine = fine and found <= check.bound
        word = "ok" if found <= check.bound else "TOO SLOW"
        print(f"{word:8} {check.name}: {found:.2f} times, at most {check.bound:g} expected", flush=True)
    return fine


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        fine = passed([*decoding(), *history(Path(folder))], rounds)
    if not fine:
        print("Something on the path costs far more than before: find it with `python tests/benchmarks/run.py`.")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
