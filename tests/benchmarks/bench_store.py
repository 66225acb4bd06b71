"""How fast the store saves and reads, beside a log that commits every row.

    python tests/benchmarks/bench_store.py [--quick] [--json FILE]

Saving: the same messages, made beforehand, with all constraints and synced commits. `grouped` queues saves of 512
without waiting; `batches` waits for each save of 512; `rows` waits for each message. SQLite commits each row, as a
careful first version would: rollback journal, synchronous FULL, the same columns and unique keys. The four take turns
within each round, so a busy machine slows all alike. Reading: one store of a million messages of 20 agents, opened
cold in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import UUID

from nbstream.frames import Store
from nbstream.messages import AgentMessage, AgentRecord
from nbstream.store import message_id, new_id

AGENTS = 20
BATCH = 512
ROUNDS = 3
NOW = datetime.now(UTC)
RAW = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"some text here"}}'


def made(agent_id: UUID, first: int, count: int) -> list[AgentMessage]:
    return [
        AgentMessage(
            type="assistant",
            role="assistant",
            part="text",
            op="append",
            block=f"/msg_{number // 200}/0",
            content="some text here",
            raw=RAW,
            id=message_id(agent_id, f"1.{number}", 0),
            event_id=f"1.{number}",
            created_at=NOW,
        )
        for number in range(first, first + count)
    ]


def new_agent(store: Store) -> UUID:
    return store.create_agent(AgentRecord(id=new_id(), type="claude", status="running", source="bench")).id


def save_all(folder: Path, rows: int, size: int, *, wait: bool) -> float:
    """Rows per second, in saves of `size`."""
    with Store.open(folder / f"{new_id()}.duckdb") as store:
        agent_id = new_agent(store)
        messages = made(agent_id, 1, rows)
        begun = time.perf_counter()
        futures = []
        for start in range(0, rows, size):
            futures.append(store.save(agent_id, messages[start : start + size], last_event_id=f"1.{start}"))
            if wait:
                futures[-1].result()
        for future in futures:
            future.result()
        return rows / (time.perf_counter() - begun)


def sqlite_rows(folder: Path, rows: int) -> float:
    """Rows per second of SQLite, a commit each."""
    connection = sqlite3.connect(folder / f"{new_id()}.sqlite")
    connection.execute(
        "CREATE TABLE agent_messages (id TEXT PRIMARY KEY, agent_id TEXT NOT NULL, sequence_number INTEGER NOT NULL, "
        "type TEXT NOT NULL, role TEXT, part TEXT, content TEXT NOT NULL, raw TEXT, metadata TEXT NOT NULL, "
        "created_at TEXT NOT NULL, block TEXT, op TEXT NOT NULL, event_id TEXT, UNIQUE (agent_id, sequence_number))"
    )
    agent_id = new_id()
    values = [
        (str(m.id), str(agent_id), n, m.type, m.role, m.part, m.content, m.raw, "{}", "2026", m.block, m.op, m.event_id)
        for n, m in enumerate(made(agent_id, 1, rows), start=1)
    ]
    begun = time.perf_counter()
    for row in values:
        connection.execute(f"INSERT INTO agent_messages VALUES ({','.join('?' * 13)})", row)
        connection.commit()
    taken = time.perf_counter() - begun
    connection.close()
    return rows / taken


def saving(folder: Path, rows: int) -> dict[str, float]:
    ways: dict[str, Callable[[], float]] = {
        "grouped": lambda: save_all(folder, rows, BATCH, wait=False),
        "batches": lambda: save_all(folder, rows // 4, BATCH, wait=True),
        "rows": lambda: save_all(folder, 300, 1, wait=True),
        "sqlite rows": lambda: sqlite_rows(folder, 300),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, run in ways.items():
            rates[name].append(run())
    return {f"{name}, rows/s": statistics.median(found) for name, found in rates.items()}


def fill(path: Path, rows: int) -> None:
    with Store.open(path) as store:
        agents = [new_agent(store) for _ in range(AGENTS)]
        for start in range(1, rows // AGENTS + 1, 1_000):
            futures = [store.save(agent_id, made(agent_id, start, 1_000)) for agent_id in agents]
            for future in futures:
                future.result()


def reading(path: Path) -> dict[str, float]:
    """Run in a process of its own, so that memory counts from nothing."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    store = Store.open(path)
    opened = time.perf_counter()
    frame = store.messages()
    figures: dict[str, float] = {
        "rows": len(frame),
        "open, s": opened - begun,
        "messages(), s": time.perf_counter() - opened,
        "messages(), MB above the start": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
    }
    del frame
    agent_id = store.list_agents()[AGENTS // 2].id
    head = store.head(agent_id)
    figures["messages(since), 100 rows, ms"] = 1e3 * _median(lambda: store.messages(agent_id, since=head - 100))
    figures["read(since), 100 rows, ms"] = 1e3 * _median(lambda: store.read(agent_id, since=head - 100))
    figures["transcript() of one agent, ms"] = 1e3 * _median(lambda: store.transcript(agent_id), 3)
    figures["transcript(), s"] = _median(store.transcript, 1)
    figures["verify(), s"] = _median(store.verify, 1)
    store.close()
    figures["bytes a row"] = path.stat().st_size / figures["rows"]
    return figures


def _median(call: Callable[[], Any], times: int = 20) -> float:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        print(json.dumps(reading(options.read)))
        return
    rows = 100_000 if options.quick else 1_000_000
    figures: dict[str, Any] = {"python": platform.python_version(), "duckdb": version("duckdb")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures |= saving(folder, rows // 10)
        figures["grouped / sqlite rows"] = figures["grouped, rows/s"] / figures["sqlite rows, rows/s"]
        fill(folder / "big.duckdb", rows)
        done = subprocess.run(
            [sys.executable, __file__, "--read", str(folder / "big.duckdb")], check=True, capture_output=True, text=True
        )
        figures |= json.loads(done.stdout)
    for name, value in figures.items():
        print(f"{name:34} {value:,.2f}" if isinstance(value, float) else f"{name:34} {value}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
