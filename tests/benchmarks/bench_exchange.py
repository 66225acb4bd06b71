"""What retention and exchange cost: rows a second of each way in and out, and bytes a row before and after a compaction.

    python tests/benchmarks/bench_exchange.py [--quick] [--json FILE]

Each import is compared with what was exported, by the hash of the whole log. The floors are DuckDB's own COPY of the table
of messages into a file of that kind.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import duckdb

from benchmarks.figures import FLOOR, OURS, Figure, figure, hand_in, options
from benchmarks.history import grow
from nbstream.exchange import export_history, import_history, log_hash
from nbstream.frames import Store

ROUNDS = 3
COPY = f"{FLOOR}DuckDB's COPY"


class Clock:
    """Rows a second of what was done, by name."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self.rates: dict[tuple[str, str], list[float]] = {}
        self.sizes: dict[str, float] = {}

    def timed(self, case: str, who: str, call: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        result = call()
        self.rates.setdefault((case, who), []).append(self._rows / (time.perf_counter() - began))
        return result

    def figures(self) -> list[Figure]:
        rates = [figure("exchange", case, who, "rows/s", found) for (case, who), found in self.rates.items()]
        return rates + [figure("exchange", case, OURS, "bytes a row", [size]) for case, size in self.sizes.items()]


def once(folder: Path, rows: int, clock: Clock) -> None:
    """Out, in, in again, compacted and deleted."""
    folder.mkdir()
    path = folder / "a.duckdb"
    grow(path, 0, rows)
    with duckdb.connect(str(path), read_only=True) as connection:
        for kind in ("json", "parquet"):
            case, file = f"export {kind.replace('json', 'jsonl')}", folder / f"copy.{kind}"
            clock.timed(case, COPY, partial(connection.execute, f"COPY agent_messages TO '{file}' (FORMAT {kind})"))
    with Store.open(path) as store:
        wanted = log_hash(store)
        for kind in ("jsonl", "parquet"):
            file = folder / f"a.{kind}"
            clock.timed(f"export {kind}", OURS, partial(export_history, store, file))
            clock.sizes[f"exported {kind}"] = file.stat().st_size / rows
            with Store.open(folder / f"{kind}.duckdb") as other:
                clock.timed(f"import {kind}", OURS, partial(import_history, file, store=other))
                if log_hash(other) != wanted:
                    raise SystemExit(f"what was imported from {kind} is not what was exported")
                clock.timed(f"import {kind} again, all refused", OURS, partial(import_history, file, store=other))
        done = clock.timed("compact", OURS, store.compact)
        clock.sizes["store before compaction"] = done.bytes_before / rows
        clock.sizes["store after compaction, of a row there was"] = done.bytes_after / rows


def main() -> None:
    chosen = options(__doc__).parse_args()
    rows = 20_000 if chosen.quick else 200_000
    clock = Clock(rows)
    with tempfile.TemporaryDirectory() as name:
        for turn in range(1 if chosen.quick else ROUNDS):
            once(Path(name) / str(turn), rows, clock)
            print(f"round {turn + 1} is done", flush=True)
    hand_in(clock.figures(), chosen.json)


if __name__ == "__main__":
    main()
