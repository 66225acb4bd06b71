"""What is kept: agents deleted, deltas compacted, texts redacted. All three write the tables anew.

DuckDB keeps the bytes of a deleted or changed row: in the block that the row shares with others, then in a block that
is free. So the tables are made again from what is to stay, in one transaction (a kill leaves all or nothing, and no
order of parent and children can fail), and then every free block of the file is written over (`scrub`). That costs as
much as writing the store once: 3 s for 100,000 rows on a busy machine, during which saves wait.

What was done is noted in the table `retention`, in the same transaction; a note that says that the scrubbing is still
to be done makes whoever opens the file next do it.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import duckdb

from nbstream.errors import AgentBusy, AgentDeleted, AgentNotFound
from nbstream.store import compaction
from nbstream.store.rows import SELECT_AGENT, agent_from_row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from nbstream.messages import AgentRecord
    from nbstream.store.requests import Retain

PATIENCE_SECONDS: Final = 5.0
"""How long scrubbing waits for readers: while one reads what was, DuckDB keeps it."""

_RETRY_SECONDS: Final = 0.02
_BLOCK: Final = 262_144
"""Bytes of one of DuckDB's blocks."""
_SPARE: Final = 2
"""Blocks more than are free that are written over: the last one may be shared."""

_TABLES: Final = ("agents", "agent_messages", "search_blocks", "search_marks")
"""What holds texts, in the order in which they can be made."""

_BUSY: Final = ("created", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """What `delete`, `compact` or `redact` did.

    Args:
        agents: how many it changed.
        rows_before, rows_after: messages in the store.
        bytes_before, bytes_after: of the file that are in use; the file itself shrinks only at its end.
        matches: texts that were taken out.
        scrubbed: whether the bytes are gone from the file. If not, somebody was reading; it is tried again whenever
            the store is idle, and when it is opened.
    """

    agents: int
    rows_before: int
    rows_after: int
    bytes_before: int
    bytes_after: int
    matches: int = 0
    scrubbed: bool = True


def carry_out(cursor: duckdb.DuckDBPyConnection, request: Retain, changes: pa.Table | None) -> dict[str, Any]:
    """Write the tables anew as the request says; one transaction, then the scrubbing.

    Args:
        cursor: the writer's, with no transaction open.
        request: what to do.
        changes: of a redaction, the rows that change: id, content, raw, metadata.

    Returns:
        the fields of `Retained`, and `deleted`: the records of the agents that are gone.

    Raises:
        AgentNotFound: one of the agents is not there.
        AgentBusy: one of them still runs.
    """
    records = [_record(cursor, agent_id) for agent_id in request.agents]
    _refuse_busy(records, request.kind)
    before = _size(cursor)
    cursor.begin()
    try:
        staged = {
            "delete": lambda: _delete(request.agents),
            "compact": lambda: _compact(cursor, request.agents),
            "redact": lambda: _redact(cursor, request, changes),
        }[request.kind]()
        touched = len(staged.touched)
        if touched:
            _rebuild(cursor, staged.selects, staged.params)
            _note(cursor, request, touched, staged.tombstones)
        cursor.commit()
    except BaseException:
        cursor.rollback()
        raise
    scrubbed = scrub(cursor) if touched else True
    after = _size(cursor)
    return {
        "agents": touched,
        "rows_before": before[0],
        "rows_after": after[0],
        "bytes_before": before[1],
        "bytes_after": after[1],
        "matches": request.matches if touched else 0,
        "scrubbed": scrubbed,
        "deleted": records if request.kind == "delete" else [],
    }


@dataclass(frozen=True, slots=True)
class _Staged:
    """How each table is to be: a SELECT by name, its values in `params`; a table that is not named stays."""

    selects: Mapping[str, str]
    params: Mapping[str, Any]
    touched: Sequence[UUID]
    tombstones: bool = False


_OTHERS: Final = "SELECT * FROM {} WHERE {} NOT IN (SELECT unnest($agents::UUID[])) ORDER BY rowid"
_SEARCH_OTHERS: Final = {name: _OTHERS.format(name, "agent_id") for name in ("search_blocks", "search_marks")}


def _delete(agents: Sequence[UUID]) -> _Staged:
    selects = {"agents": _OTHERS.format("agents", "id"), "agent_messages": _OTHERS.format("agent_messages", "agent_id")}
    return _Staged(selects | _SEARCH_OTHERS, {"agents": list(agents)}, agents, tombstones=True)


def _compact(cursor: duckdb.DuckDBPyConnection, agents: Sequence[UUID]) -> _Staged:
    found = cursor.execute(
        compaction.WORTH_IT.format(which="a.id IN (SELECT unnest($agents::UUID[]))" if agents else "true"),
        {"agents": list(agents)} if agents else None,
    ).fetchall()
    touched = [agent_id for (agent_id,) in found]
    return _Staged(
        {"agents": compaction.AGENTS, "agent_messages": compaction.MESSAGES}, {"agents": touched}, touched
    )  # the blocks of the search stay as they are: the same text at the same place


def _redact(cursor: duckdb.DuckDBPyConnection, request: Retain, changes: pa.Table | None) -> _Staged:
    assert changes is not None
    cursor.register("incoming_changes", changes)
    cursor.execute("CREATE TEMP TABLE changes AS SELECT * REPLACE (id::UUID AS id) FROM incoming_changes")
    cursor.execute(
        "CREATE TEMP TABLE agent_changes (id UUID, prompt VARCHAR, error VARCHAR, metadata VARCHAR)",
    )
    if request.agent_changes:
        cursor.executemany(
            "INSERT INTO agent_changes VALUES (?, ?, ?, ?)",
            [[agent_id, *values] for agent_id, values in request.agent_changes.items()],
        )
    touched = [
        agent_id
        for (agent_id,) in cursor.execute(
            "SELECT agent_id FROM agent_messages JOIN changes USING (id) UNION SELECT id FROM agent_changes"
        ).fetchall()
    ]
    selects = {
        "agents": """
            SELECT a.* REPLACE (
                CASE WHEN c.id IS NULL THEN a.prompt ELSE c.prompt END AS prompt,
                CASE WHEN c.id IS NULL THEN a.error ELSE c.error END AS error,
                CASE WHEN c.id IS NULL THEN a.metadata ELSE c.metadata::JSON END AS metadata
            ) FROM agents a LEFT JOIN agent_changes c ON a.id = c.id ORDER BY a.rowid
        """,
        "agent_messages": """
            SELECT m.* REPLACE (
                coalesce(c.content, m.content) AS content,
                CASE WHEN c.id IS NULL THEN m.raw ELSE c.raw END AS raw,
                coalesce(c.metadata::JSON, m.metadata) AS metadata
            ) FROM agent_messages m LEFT JOIN changes c ON m.id = c.id ORDER BY m.rowid
        """,
    }
    return _Staged(selects | _SEARCH_OTHERS, {"agents": touched}, touched)


def _rebuild(cursor: duckdb.DuckDBPyConnection, selects: Mapping[str, str], params: Mapping[str, Any]) -> None:
    """Make the tables again, from what the migrations made of them. In the caller's transaction."""
    made = dict(cursor.execute("SELECT table_name, sql FROM duckdb_tables() WHERE NOT temporary").fetchall())
    tables = [name for name in _TABLES if name in made]
    for name in tables:
        select = selects.get(name, f"SELECT * FROM {name} ORDER BY rowid")  # noqa: S608 - fixed names
        cursor.execute(f"CREATE TEMP TABLE staged_{name} AS {select}", _named_in(select, params))
    for name in reversed(tables):
        cursor.execute(f"DROP TABLE {name}")
    for name in tables:
        cursor.execute(made[name])
        cursor.execute(f"INSERT INTO {name} SELECT * FROM staged_{name}")  # noqa: S608 - fixed names
        cursor.execute(f"DROP TABLE staged_{name}")
    for name in ("changes", "agent_changes"):
        cursor.execute(f"DROP TABLE IF EXISTS {name}")


def _named_in(sql: str, params: Mapping[str, Any]) -> dict[str, Any] | None:
    """DuckDB refuses a value that its statement does not name."""
    return {name: value for name, value in params.items() if f"${name}" in sql} or None


def _note(cursor: duckdb.DuckDBPyConnection, request: Retain, touched: int, tombstones: bool) -> None:
    cursor.execute(
        "INSERT INTO retention (kind, agents, matches, scrubbed) VALUES (?, ?, ?, false)",
        [request.kind, touched, request.matches],
    )
    if tombstones:
        cursor.executemany("INSERT INTO deleted_agents (id) VALUES (?)", [[agent_id] for agent_id in request.agents])


def scrub_due(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Whether bytes that are to be gone may still be in the file."""
    return bool(cursor.execute("SELECT count(*) FROM retention WHERE NOT scrubbed").fetchall()[0][0])


def scrub(cursor: duckdb.DuckDBPyConnection, patience: float = PATIENCE_SECONDS) -> bool:
    """Write over every free block of the file, and empty its write-ahead log.

    Args:
        cursor: the writer's, with no transaction open.
        patience: seconds to wait for readers.

    Returns:
        False when somebody read for too long.
    """
    try:
        cursor.execute("DROP TABLE IF EXISTS nbstream_scrub")
        _checkpoint(cursor, patience)
        free = int(cursor.execute("SELECT free_blocks FROM pragma_database_size()").fetchall()[0][0])
        # Random numbers, which no compression makes smaller.
        cursor.execute(
            "CREATE TABLE nbstream_scrub AS SELECT (random() * 9e18)::BIGINT AS filler FROM range(?)",
            [(free + _SPARE) * _BLOCK // 8],
        )
        _checkpoint(cursor, patience)
        cursor.execute("DROP TABLE nbstream_scrub")
        cursor.execute("UPDATE retention SET scrubbed = true WHERE NOT scrubbed")
        _checkpoint(cursor, patience)
    except duckdb.TransactionException:
        return False
    return True


def _checkpoint(cursor: duckdb.DuckDBPyConnection, patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            cursor.execute("CHECKPOINT")
        except duckdb.TransactionException:
            if time.monotonic() > until:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return


def _record(cursor: duckdb.DuckDBPyConnection, agent_id: UUID) -> AgentRecord:
    rows = cursor.execute(f"SELECT {SELECT_AGENT} FROM agents WHERE id = ?", [agent_id]).fetchall()  # noqa: S608
    if not rows:
        refuse_deleted(cursor, agent_id)
        raise AgentNotFound(f"no agent {agent_id} in this store")
    return agent_from_row(rows[0])


def refuse_deleted(cursor: duckdb.DuckDBPyConnection, agent_id: UUID) -> None:
    """Say of an agent that is not there that it was.

    Raises:
        AgentDeleted: it was deleted.
    """
    if cursor.execute("SELECT 1 FROM deleted_agents WHERE id = ?", [agent_id]).fetchall():
        raise AgentDeleted(f"agent {agent_id} was deleted from this store: its id is not used again")


def _refuse_busy(records: Sequence[AgentRecord], kind: str) -> None:
    for record in records:
        if record.status in _BUSY and kind != "redact":
            raise AgentBusy(f"agent {record.id} still runs: stop it first, then {kind} it")


def _size(cursor: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    [(rows,)] = cursor.execute("SELECT count(*) FROM agent_messages").fetchall()
    [(used,)] = cursor.execute("SELECT used_blocks * block_size FROM pragma_database_size()").fetchall()
    return int(rows), int(used)


def plain(outcome: Mapping[str, Any]) -> str:
    """What `carry_out` returned, as JSON for the wire; the records stay with the owner."""
    return json.dumps({name: value for name, value in outcome.items() if name != "deleted"})
