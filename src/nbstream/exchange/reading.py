"""`import_history`: what a file or a folder holds, put into a store as it was; a second time nothing is added."""

from __future__ import annotations

import contextlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from nbstream.errors import NotAStore, StoreLocked
from nbstream.exchange import claude_sessions, streams
from nbstream.exchange.progress import Progress, Told, shown
from nbstream.exchange.shape import agent_lines, agent_of, pages
from nbstream.exchange.writing import _COLUMNS, AGENTS_KEY
from nbstream.store import MessageStore
from nbstream.store.rows import MESSAGE_COLUMNS

if TYPE_CHECKING:
    from nbstream.exchange.streams import Read
    from nbstream.frames import Store
    from nbstream.messages import AgentRecord

BATCH: Final = 100_000
"""Rows of one commit."""

AHEAD: Final = 2
"""Commits that may wait while the next rows are read."""

_LINE_BYTES: Final = 128 * 1024 * 1024
"""Of one line of a JSONL file; a row holds an event of up to 16 MiB, which JSON may write six times as long."""

_JSONL: Final = dict.fromkeys(MESSAGE_COLUMNS, "VARCHAR") | {
    "sequence_number": "BIGINT", "metadata": "JSON", "nbstream": "BIGINT", "agent": "JSON"
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Imported:
    """What an import did.

    Args:
        agents: the ids of the agents that the file holds.
        rows: messages that were new.
        read: messages that the file holds.
        skipped: what was left out, one sentence each.
    """

    agents: list[UUID] = field(default_factory=list)
    rows: int = 0
    read: int = 0
    skipped: list[str] = field(default_factory=list)


def import_history(path: str | Path, *, store: Store, source: str | None = None, progress: Progress = None) -> Imported:
    """Put what a file holds into a store: ids, numbers and times as they were, or derived, so twice is once.

    Args:
        path: a Parquet or JSONL export, another store (`.duckdb`), JSON lines or an event stream as an agent printed
            them, a session file of Claude Code, or a folder of these.
        store: where to.
        source: the wire format of lines as an agent printed them; found out where it is not said.
        progress: called with how many messages are done; True for a bar on stderr.

    Raises:
        FileNotFoundError: nothing is there.
        ValueError: the file is of no kind that can be read.
        AgentDeleted: an agent of the file was deleted from this store.
        IdConflict: the store has other rows of the same agent.
        StoreLocked: the other store is open in a program.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}")
    done = Imported()
    with contextlib.closing(shown(progress, None, "importing")) as told:
        if path.is_dir():
            for read in claude_sessions.folder(path):
                _put(store, read, done, told)
            if not done.agents:
                raise ValueError(f"{path} holds no session file of Claude Code (*.jsonl)")
        elif path.suffix == ".parquet":
            _parquet(store, path, done, told)
        elif _is_duckdb(path):
            _store(store, path, done, told)
        elif _first(path).get("nbstream") is not None:
            _jsonl(store, path, done, told)
        elif claude_sessions.is_session(_first_frames(path)):
            for read in claude_sessions.files([path]):
                _put(store, read, done, told)
        else:
            _put(store, streams.read(path, source), done, told)
    return done


def _put(store: Store, read: Read, done: Imported, told: Told) -> None:
    """Rows that were made from what an agent printed."""
    done.agents.append(read.record.id)
    done.skipped += read.skipped
    agent_id, rows = str(read.record.id), read.rows
    sql = "SELECT compacted_to FROM agents WHERE id = $agent"
    there = store.query(sql, {"agent": agent_id}).to_pylist()
    if there and there[0]["compacted_to"] is not None:
        done.skipped.append(f"agent {agent_id} was compacted, so what its file has more is left out")
        rows = rows.slice(0, 0)
    elif there:  # what the file has grown by comes after what is there
        sql = "SELECT id::VARCHAR AS id FROM agent_messages WHERE agent_id = $agent"
        known = set(store.query(sql, {"agent": agent_id}).column("id").to_pylist())
        new = [number for number, one in enumerate(rows.column("id").to_pylist()) if str(one) not in known]
        first = store.head(read.record.id) + 1
        numbers = pa.array(range(first, first + len(new)), pa.int64())
        place = rows.column_names.index("sequence_number")
        rows = rows.take(pa.array(new, pa.int64())).set_column(place, "sequence_number", numbers)
    following = (store.head(read.record.id) if there else 0) + rows.num_rows + 1
    _restore(store, [read.record], [rows], {agent_id: [following, 0, None, None]}, done, told)
    done.read += read.rows.num_rows - rows.num_rows


def _restore(
    store: Store,
    records: Sequence[AgentRecord],
    tables: Iterator[pa.Table] | Sequence[pa.Table],
    figures: Mapping[str, Sequence[Any]],
    done: Imported,
    told: Told,
) -> None:
    """The agents, their rows, and last, when all rows are there, the figures that speak of them."""
    store.restore(records, None, {}).result()
    waiting: deque[tuple[int, Future[dict[str, Any]]]] = deque()
    for table in tables:  # the next ones are read while these are written
        waiting.append((table.num_rows, store.restore([], table.select(list(MESSAGE_COLUMNS)), {})))
        if len(waiting) > AHEAD:
            _count(*waiting.popleft(), done, told)
    while waiting:
        _count(*waiting.popleft(), done, told)
    store.restore([], None, figures).result()


def _count(rows: int, future: Future[dict[str, Any]], done: Imported, told: Told) -> None:
    done.rows += future.result()["rows"]
    done.read += rows
    told(rows)


def _agents(shapes: Sequence[dict[str, Any]], done: Imported) -> tuple[list[AgentRecord], dict[str, list[Any]]]:
    both = [agent_of(shape) for shape in shapes]
    done.agents += [record.id for record, _ in both]
    return [record for record, _ in both], {str(record.id): figures for record, figures in both}


def _parquet(store: Store, path: Path, done: Imported, told: Told) -> None:
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{path} is no Parquet file: {error}") from error
    with file:
        lines = (file.schema_arrow.metadata or {}).get(AGENTS_KEY)
        if lines is None:
            raise ValueError(f"{path} is a Parquet file that nbstream did not export: it names no agents")
        records, figures = _agents([json.loads(line) for line in json.loads(lines)], done)
        batches: Iterable[pa.RecordBatch] = file.iter_batches(BATCH)
        tables = (pa.Table.from_batches([batch]) for batch in batches)
        _restore(store, records, tables, figures, done, told)


def _jsonl(store: Store, path: Path, done: Imported, told: Told) -> None:
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in _JSONL.items())
    names = str(path).replace("'", "''")
    source = f"read_ndjson('{names}', columns = {{{columns}}}, maximum_object_size = {_LINE_BYTES})"
    with duckdb.connect() as reader:
        try:
            reader.execute("SET TimeZone = 'UTC'")
            agents = reader.execute(f"SELECT nbstream, agent FROM {source} WHERE nbstream IS NOT NULL").fetchall()  # noqa: S608
            records, figures = _agents([{"nbstream": n, "agent": json.loads(agent)} for n, agent in agents], done)
            chosen = ", ".join(
                {
                    "metadata": "metadata::VARCHAR AS metadata",
                    "created_at": "created_at::TIMESTAMPTZ AS created_at",
                }.get(name, name)
                for name in MESSAGE_COLUMNS
            )
            rows = reader.sql(f"SELECT {chosen} FROM {source} WHERE nbstream IS NULL").to_arrow_reader(BATCH)  # noqa: S608
            tables = (pa.Table.from_batches([batch]) for batch in rows)
            _restore(store, records, tables, figures, done, told)
        except duckdb.Error as error:
            raise ValueError(f"{path} cannot be read as an export of nbstream: {error}") from error


def _store(store: Store, path: Path, done: Imported, told: Told) -> None:
    """Another store: through its owner where one has it, else opened, so that a write-ahead log is not left out."""
    if path.resolve() == store.path:
        raise ValueError(f"{path} is the store itself")
    with MessageStore.open(path) as other:
        agents = agent_lines(other, None)
        records, figures = _agents([json.loads(line) for _, line, _ in agents], done)
        tables = (page for agent_id, _, _ in agents for page in pages(other, agent_id, _COLUMNS, BATCH))
        _restore(store, records, tables, figures, done, told)


def _is_duckdb(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(12)[8:] == b"DUCK"


def _first_frames(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            with contextlib.suppress(ValueError, RecursionError):
                frame = json.loads(line)
                if isinstance(frame, dict):
                    yield frame


def _first(path: Path) -> dict[str, Any]:
    with path.open("rb") as file, contextlib.suppress(ValueError, RecursionError):
        frame = json.loads(file.readline(_LINE_BYTES))
        return frame if isinstance(frame, dict) else {}
    return {}


__all__ = ["Imported", "NotAStore", "StoreLocked", "import_history"]
