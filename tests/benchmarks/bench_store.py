"""How fast the store alone saves, opens and verifies, beside a log that commits every row.

    python tests/benchmarks/bench_store.py [--quick] [--json FILE]

Saving: the same messages, made beforehand, with all constraints and synced commits: saves of 512 queued without waiting,
saves of 512 each waited for, and each message waited for. SQLite commits each row, as a careful first version would:
rollback journal, synchronous FULL, the same columns and unique keys. They take turns within each round, so a busy machine
slows all alike. Opening and verifying: a store of a million messages, in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.bench_ingest import ROW_COMMITS, sqlite_rows
from benchmarks.figures import OURS, Figure, figure, hand_in, options
from benchmarks.history import grow
from nbstream.frames import Store
from nbstream.messages import AgentMessage, AgentRecord
from nbstream.store import message_id, new_id
from nbstream.store.rows import numbered

BATCH = 512
ROUNDS = 3
NOW = datetime.now(UTC)
RAW = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"some text here"}}'
OPENED = """
import json, sys, time
from pathlib import Path
from nbstream.frames import Store
began = time.perf_counter()
with Store.open(Path(sys.argv[1])) as store:
    opened = time.perf_counter()
    assert store.verify(), str(store.verify())
    print(json.dumps([opened - began, time.perf_counter() - opened]))
"""


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


def save_all(folder: Path, rows: int, size: int, *, wait: bool) -> float:
    """Messages per second, in saves of `size`."""
    with Store.open(folder / f"{new_id()}.duckdb") as store:
        agent_id = store.create_agent(AgentRecord(id=new_id(), type="claude", status="running", source="bench")).id
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


def one_by_one(journal: str, folder: Path) -> float:
    agent_id = new_id()
    rows = [numbered(row, agent_id, place) for place, row in enumerate(made(agent_id, 1, ROW_COMMITS), 1)]
    return sqlite_rows(journal)(folder, rows)


def saving(folder: Path, rows: int, rounds: int) -> list[Figure]:
    a_row = "a message a save, each waited for"
    ways: dict[tuple[str, str], Callable[[], float]] = {
        (f"saves of {BATCH}, queued", OURS): lambda: save_all(folder, rows, BATCH, wait=False),
        (f"saves of {BATCH}, each waited for", OURS): lambda: save_all(folder, rows // 4, BATCH, wait=True),
        (a_row, OURS): lambda: save_all(folder, ROW_COMMITS, 1, wait=True),
        (a_row, "SQLite, rollback journal"): lambda: one_by_one("DELETE", folder),
        (a_row, "SQLite, WAL"): lambda: one_by_one("WAL", folder),
    }
    rates: dict[tuple[str, str], list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, run in ways.items():
            rates[name].append(run())
    return [figure("store", case, who, "messages/s", found) for (case, who), found in rates.items()]


def main() -> None:
    chosen = options(__doc__).parse_args()
    rows, rounds = (100_000, 1) if chosen.quick else (1_000_000, ROUNDS)
    with tempfile.TemporaryDirectory() as name:
        figures = saving(Path(name), rows // 10, rounds)
        path = Path(name) / "big.duckdb"
        grow(path, 0, rows)
        argv = [sys.executable, "-c", OPENED, str(path)]
        found = [json.loads(subprocess.run(argv, check=True, capture_output=True).stdout) for _ in range(rounds)]
        figures.append(figure("store", f"open {rows:,} rows", OURS, "s", [one for one, _ in found]))
        figures.append(figure("store", f"verify {rows:,} rows", OURS, "s", [one for _, one in found]))
    hand_in(figures, chosen.json)


if __name__ == "__main__":
    main()
