"""How many messages a second go all the way: bytes → events → rows → committed → emitted.

    python tests/benchmarks/bench_ingest.py [--quick] [--json FILE] [--only TEXT]

The real service on a real file; its sources are held back until every agent is there, then all run at once, in chunks of
64 KiB unless the case says otherwise. The time ends with the emission of the last message, after its commit. Beside it:
the same rows, made beforehand, by a commit each (SQLite with its rollback journal and with a write-ahead log, both with
synchronous FULL; DuckDB with our tables); the floors are the same bytes written and synced chunk by chunk, and the same
rows as Arrow tables of 5,000 inserted into our tables, a commit each. Over HTTP: the real proxy in a process of its own.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from os import fsync
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import duckdb

from benchmarks.feeding import (
    CHUNK,
    Gate,
    MemorySource,
    Seen,
    all_ended,
    claude_lines,
    cut,
    event_of,
    lines,
    serving,
    start_all,
    stream_of,
)
from benchmarks.figures import FLOOR, OURS, Figure, figure, hand_in, options
from benchmarks.http_proxy import over_http
from nbstream.frames import Store
from nbstream.messages import AgentMessage, AgentRecord
from nbstream.parsers import parser_named
from nbstream.service.recorder import Recorder
from nbstream.service.streaming import utc_now
from nbstream.sse import EventStreamDecoder
from nbstream.store import new_id
from nbstream.store.rows import MESSAGE_COLUMNS, message_table, metadata_text, numbered

ROUNDS = 3
ROW_COMMITS = 300
BATCH = 5_000
TIMEOUT = 300.0
RATE, PROCESSOR = "messages/s", "µs a message"


class Case(NamedTuple):
    """One row of the table.

    Args:
        messages: of all agents together.
        each: bytes of a chunk; 0 for an event a chunk.
    """

    name: str
    agents: int
    messages: int
    each: int = CHUNK
    claude: bool = False


def cases(messages: int) -> list[Case]:
    return [
        Case("1 agent", 1, messages),
        Case("20 agents", 20, messages),
        Case("20 agents, an event a chunk", 20, messages // 2, each=0),
        Case("20 agents, Claude Code's frames", 20, messages // 2, claude=True),
        Case("200 agents", 200, messages),
        Case("1,000 agents", 1_000, messages // 2),
    ]


def through(case: Case, folder: Path) -> tuple[float, float]:
    """Messages a second, and µs of processor time a message, of one run of the whole path."""
    each = case.messages // case.agents
    log = claude_lines(each) if case.claude else lines(each)
    chunks = cut(stream_of(log), case.each) if case.each else [event_of(n, line) for n, line in enumerate(log, 1)]
    gate = Gate()
    path = folder / f"{new_id()}.duckdb"
    with serving(path) as service:
        sources = [MemorySource(chunks, gate, "claude" if case.claude else "anthropic") for _ in range(case.agents)]
        agents = start_all(service, sources)
        while gate.waiting < case.agents:
            time.sleep(0.01)
        seen = Seen(service, agents)
        spent, began = time.process_time(), time.perf_counter()
        gate.open()
        seen.wait(each * case.agents, TIMEOUT)
        seconds, spent = seen.last - began, time.process_time() - spent
        all_ended(service)
        seen.close()
        heads = [service.store.head(agent) for agent in agents]
        if min(heads) < each:
            raise SystemExit(f"{case.name}: an agent has {min(heads):,} rows, not {each:,}")
    path.unlink()
    return each * case.agents / seconds, spent / (each * case.agents) * 1e6


def rows_of(count: int) -> list[AgentMessage]:
    """What the path makes of a stream, made beforehand, numbered."""
    agent_id = new_id()
    recorder = Recorder(agent_id, parser_named("anthropic"), utc_now, None)
    made = recorder.rows(EventStreamDecoder().feed(stream_of(lines(count))))
    return [numbered(row, agent_id, place) for place, row in enumerate(made, 1)]


def values_of(row: AgentMessage) -> tuple[object, ...]:
    fields = {name: getattr(row, name) for name in MESSAGE_COLUMNS if name != "metadata"}
    fields |= {"id": str(row.id), "agent_id": str(row.agent_id), "metadata": metadata_text(row.metadata)}
    return tuple(fields[name] for name in MESSAGE_COLUMNS)


def sqlite_rows(journal: str) -> Callable[[Path, list[AgentMessage]], float]:
    """A commit a row, as a careful first version would: the same columns and unique keys."""

    def run(folder: Path, rows: list[AgentMessage]) -> float:
        connection = sqlite3.connect(folder / f"{new_id()}.sqlite")
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(
            "CREATE TABLE agent_messages (id TEXT PRIMARY KEY, agent_id TEXT NOT NULL, sequence_number INTEGER NOT NULL, "
            "type TEXT NOT NULL, role TEXT, part TEXT, content TEXT NOT NULL, raw TEXT, metadata TEXT NOT NULL, "
            "created_at TEXT NOT NULL, block TEXT, op TEXT NOT NULL, event_id TEXT, UNIQUE (agent_id, sequence_number))"
        )
        values = [tuple(str(v) if v is not None else None for v in values_of(row)) for row in rows[:ROW_COMMITS]]
        began = time.perf_counter()
        for row in values:
            connection.execute(f"INSERT INTO agent_messages VALUES ({','.join('?' * 13)})", row)
            connection.commit()
        seconds = time.perf_counter() - began
        connection.close()
        return len(values) / seconds

    return run


def ready_store(folder: Path, rows: list[AgentMessage]) -> duckdb.DuckDBPyConnection:
    """Our tables in a new file, with the agent of these rows, as a plain connection."""
    path = folder / f"{new_id()}.duckdb"
    with Store.open(path) as store:
        agent_id = rows[0].agent_id
        assert agent_id is not None
        store.create_agent(AgentRecord(id=agent_id, type="claude", status="running", source="bench"))
    return duckdb.connect(str(path))


def duckdb_rows(folder: Path, rows: list[AgentMessage]) -> float:
    values = [values_of(row) for row in rows[:ROW_COMMITS]]
    with ready_store(folder, rows) as connection:
        began = time.perf_counter()
        for row in values:
            connection.execute(f"INSERT INTO agent_messages VALUES ({','.join('?' * 13)})", row)
        return len(values) / (time.perf_counter() - began)


def arrow_insert(folder: Path, rows: list[AgentMessage]) -> float:
    parts = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
    tables = [message_table(part, [metadata_text(row.metadata) for row in part]) for part in parts]
    with ready_store(folder, rows) as connection:
        began = time.perf_counter()
        for table in tables:
            connection.register("incoming", table)
            connection.execute("INSERT INTO agent_messages SELECT * FROM incoming")
        return len(rows) / (time.perf_counter() - began)


def synced_bytes(folder: Path, rows: list[AgentMessage]) -> float:
    chunks = cut(stream_of(lines(len(rows))))
    with (folder / f"{new_id()}.log").open("wb", buffering=0) as log:
        began = time.perf_counter()
        for chunk in chunks:
            log.write(chunk)
            fsync(log.fileno())
        return len(rows) / (time.perf_counter() - began)


def beside(folder: Path, rounds: int, count: int) -> list[Figure]:
    """Peers and floors: they know nothing of agents, so they stand beside the case that has a goal."""
    rows = rows_of(count)
    ways = {
        "SQLite, a commit a row, rollback journal": sqlite_rows("DELETE"),
        "SQLite, a commit a row, WAL": sqlite_rows("WAL"),
        "DuckDB, a commit a row": duckdb_rows,
        f"{FLOOR}write and fsync of the bytes": synced_bytes,
        f"{FLOOR}Arrow tables into DuckDB": arrow_insert,
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, run in ways.items():
            rates[name].append(run(folder, rows))
    return [figure("ingest", "20 agents", name, RATE, found) for name, found in rates.items()]


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    chosen = parser.parse_args()
    rounds = 1 if chosen.quick else ROUNDS
    messages = 40_000 if chosen.quick else 150_000
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for case in cases(messages):
            if chosen.only not in case.name:
                continue
            runs = [through(case, folder) for _ in range(rounds)]
            figures.append(figure("ingest", case.name, OURS, RATE, [rate for rate, _ in runs]))
            figures.append(figure("ingest", case.name, OURS, PROCESSOR, [spent for _, spent in runs]))
            print(f"{case.name}: {figures[-2].value:,.0f} messages/s, {figures[-1].value:.1f} µs each", flush=True)
        if chosen.only in "20 agents over HTTP":
            figures += over_http(folder, messages // 2, rounds)
        if chosen.only in "20 agents":
            figures += beside(folder, rounds, messages // 4)
    hand_in(figures, chosen.json)


if __name__ == "__main__":
    main()
