"""How quick the history is as data, and what a message costs, as the store grows.

    python tests/benchmarks/bench_frames.py [--quick] [--json FILE] [--rows 10000000]

One store that grows tenfold from 10,000 rows (agents that answer, think and call tools, three words a row). At each size:
`messages()` in a process of its own, opened cold, with its peak of memory; the rest warm, the median of several runs. Saving is
the real store's, 512 messages a save without waiting, on a copy of the file. Beside it SQLite with the same rows and keys
read by pandas; the floor is the same columns read by DuckDB into an Arrow table.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pandas as pd

from benchmarks.figures import FLOOR, OURS, Figure, figure, hand_in, options
from benchmarks.history import COLUMNS, RARE, ROWS_PER_AGENT, WORDS, as_sqlite, grow
from nbstream.frames import Store
from nbstream.messages import AgentMessage, AgentRecord
from nbstream.store import message_id, new_id

SMALLEST = 10_000
SQLITE_UP_TO = 1_000_000
"""Rows up to which SQLite is asked too; filling it takes longer than all of ours."""
SAVED = 20_000
A_SAVE = 512
BYTES_A_ROW = 400
"""Of disk: the file, and a copy of it."""
PANDAS = "SQLite and pandas"
ARROW = f"{FLOOR}DuckDB into Arrow"

COLD = """
import json, sys, time
import pandas, pyarrow
began = time.perf_counter()
{code}
seconds = time.perf_counter() - began
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print("\\n" + json.dumps([seconds, len(frame), peak * 1024 / 1e6]))
"""
"""`ru_maxrss` would begin with what the process that started it held."""
WAYS = {
    OURS: "from nbstream.frames import Store\nbegan = time.perf_counter()\nframe = Store.open(sys.argv[1]).messages()",
    PANDAS: "import sqlite3\nframe = pandas.read_sql_query('SELECT * FROM agent_messages', sqlite3.connect(sys.argv[1]))",
    ARROW: "import duckdb\nconnection = duckdb.connect(sys.argv[1], read_only=True)\n"
    f"frame = connection.sql('SELECT {COLUMNS} FROM agent_messages').to_arrow_table()",
}


def cold(way: str, path: Path, rows: int) -> list[float]:
    """Seconds and the peak of memory in MB, in a process of its own."""
    argv = [sys.executable, "-c", COLD.replace("{code}", WAYS[way]), str(path)]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    seconds, found, peak = json.loads(said.splitlines()[-1])  # before it, DuckDB's progress where that takes long
    if found != rows:
        raise SystemExit(f"{way} read {found:,} rows of {rows:,}")
    return [seconds, peak]


def warm(call: Callable[[], Any], runs: int) -> list[float]:
    """Milliseconds of each run; the first is not counted."""
    found = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        call()
        found.append(1e3 * (time.perf_counter() - began))
    return found[1:]


def saving(path: Path, scratch: Path) -> tuple[float, float]:
    """Messages a second into a copy of the store: just opened, and once its index has been read from the file."""
    copy = scratch / f"{new_id()}.duckdb"
    shutil.copyfile(path, copy)
    with Store.open(copy) as store:
        agent_id = store.create_agent(AgentRecord(id=new_id(), type="claude", status="running", source="x")).id
        now = datetime.now(UTC)
        made = [
            AgentMessage(
                type="assistant", role="assistant", part="text", op="append", block=f"/m/{n // 200}", content="three words here ",
                raw='{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"three words here "}}',
                id=message_id(agent_id, f"1.{n}", 0), event_id=f"1.{n}", created_at=now,
            )
            for n in range(2 * SAVED)
        ]  # fmt: skip
        spent = []
        for part in (made[:SAVED], made[SAVED:]):
            began = time.perf_counter()
            saves = [store.save(agent_id, part[at : at + A_SAVE]) for at in range(0, SAVED, A_SAVE)]
            for save in saves:
                save.result()
            spent.append(time.perf_counter() - began)
    copy.unlink()
    return SAVED / spent[0], SAVED / spent[1]


def questions(store: Store, runs: int) -> dict[str, list[float]]:
    """What is timed on an open store, in ms."""
    agent = store.list_agents()[-1].id
    head = store.head(agent)
    few = max(1, runs // 3)
    return {
        "messages(since) of 100 rows": warm(lambda: store.messages(agent, since=head - 100), runs),
        "read(since) of 100 rows": warm(lambda: store.read(agent, since=head - 100), runs),
        "transcript of one agent": warm(lambda: store.transcript(agent), runs),
        "transcript of all": warm(store.transcript, few),
        "search, a word of few blocks": warm(lambda: store.search(RARE), runs),
        "search, a word of most blocks": warm(lambda: store.search(WORDS[0]), few),
        "search, two words": warm(lambda: store.search(f"{WORDS[0]} {WORDS[1]}"), few),
    }


def of_sqlite(path: Path, runs: int) -> list[float]:
    """`messages(since)` as pandas asks SQLite for it."""
    sql = "SELECT * FROM agent_messages WHERE agent_id = ? AND sequence_number > ?"
    with closing(sqlite3.connect(path)) as connection:
        agent = connection.execute("SELECT max(agent_id) FROM agent_messages").fetchone()[0]
        return warm(lambda: pd.read_sql_query(sql, connection, params=(agent, ROWS_PER_AGENT - 100)), runs)


def at_size(path: Path, rows: int, scratch: Path, runs: int) -> list[Figure]:
    """Every figure of one size."""
    size = f"{rows:,} rows: "
    figures = []
    other = scratch / "history.sqlite"
    files = {OURS: path, ARROW: path}
    if rows <= SQLITE_UP_TO:
        as_sqlite(path, other)
        files[PANDAS] = other
    few, runs = (1, 3) if rows > SQLITE_UP_TO else (min(3, runs), runs)
    for way, file in files.items():
        found = [cold(way, file, rows) for _ in range(few)]
        figures.append(figure("frames", f"{size}messages() cold", way, "s", [one for one, _ in found]))
        figures.append(figure("frames", f"{size}messages() cold, memory", way, "MB", [peak for _, peak in found]))
    with Store.open(path) as store:
        for name, found in questions(store, runs).items():
            figures.append(figure("frames", size + name, OURS, "ms", found))
    if PANDAS in files:
        name = "messages(since) of 100 rows"
        figures.append(figure("frames", size + name, PANDAS, "ms", of_sqlite(other, runs)))
        other.unlink()
    saved = [saving(path, scratch) for _ in range(3)]
    figures.append(figure("frames", f"{size}saving, just opened", OURS, "messages/s", [one for one, _ in saved]))
    figures.append(figure("frames", f"{size}saving", OURS, "messages/s", [one for _, one in saved]))
    figures.append(figure("frames", f"{size}file", OURS, "bytes a row", [path.stat().st_size / rows]))
    return figures


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, help="of the largest store")
    parser.add_argument("--runs", type=int, default=9)
    chosen = parser.parse_args()
    largest = min(chosen.rows, 100_000) if chosen.quick else chosen.rows
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        free = shutil.disk_usage(name).free
        if free < 2 * BYTES_A_ROW * largest:
            raise SystemExit(
                f"expected {2 * BYTES_A_ROW * largest / 1e9:.0f} GB of free disk, there are {free / 1e9:.0f}"
            )
        path, before, rows = Path(name) / "history.duckdb", 0, SMALLEST
        while rows <= largest:
            began = time.perf_counter()
            grow(path, before, rows)
            filled = time.perf_counter()
            figures += at_size(path, rows, Path(name), chosen.runs)
            print(
                f"{rows:,} rows: filled in {filled - began:.0f} s, asked in {time.perf_counter() - filled:.0f} s; "
                f"load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
            before, rows = rows, rows * 10
    by_case: dict[str, list[Figure]] = {}
    for one in figures:
        by_case.setdefault(one.case.split(": ")[1], []).append(one)
    hand_in([one for rows_of in by_case.values() for one in rows_of], chosen.json)


if __name__ == "__main__":
    main()
