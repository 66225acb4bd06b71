"""The one connection that writes, as the few steps a commit is made of."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final, Protocol

import duckdb
import pyarrow as pa

from nbstream.store import restoring, retention, search
from nbstream.store.plan import AgentState
from nbstream.store.requests import Snapshot
from nbstream.store.rows import (
    AGENT_COLUMNS,
    SELECT_AGENT,
    agent_from_row,
    agent_row,
    message_from_row,
    message_table,
    select_messages,
    uuid_array,
)
from nbstream.store.wire import table_from

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from nbstream.messages import AgentMessage
    from nbstream.store.plan import Plan
    from nbstream.store.requests import Retain

PAGES_BYTES: Final = 16 * 1024 * 1024
"""Pages of the file that may stay in memory after a checkpoint, in bytes."""

LISTED: Final = 64
"""Agents of a commit whose progress is given as lists, which are searched for each; beyond this a join costs less.

A join of any size has buffers, and DuckDB keeps a kilobyte of each that is gone until it has tens of thousands:
3.6 kB a commit, 40 MB after 20,000. With lists it is 2 MB, and the update of 20 agents takes 1.6 ms instead of 2.3.
"""

_UPDATE_LISTED: Final = """
    UPDATE agents SET
        next_sequence_number = list_extract($following::BIGINT[], list_position($ids::UUID[], id)),
        duplicates = list_extract($duplicates::BIGINT[], list_position($ids::UUID[], id)),
        last_event_id = list_extract($events::VARCHAR[], list_position($ids::UUID[], id))
    WHERE list_position($ids::UUID[], id) > 0
"""

# DuckDB answers an IN list of this many ids from the primary key's index; a longer one scans the table.
_IDS_PER_LOOKUP = 1_000


class Session(Protocol):
    """What the writer needs of a database. Tests put one in between that stalls or fails at a step."""

    def write(self, plan: Plan) -> None:
        """Begin a transaction and put the plan's rows into it."""

    def commit(self) -> None:
        """Make it durable. When this returns, and not before, the rows are in the log."""

    def rollback(self) -> None:
        """Undo what was not committed; fine where there is nothing to undo."""

    def state(self, agent_id: UUID) -> AgentState | None:
        """An agent as the database has it."""

    def stored(self, ids: Sequence[UUID]) -> dict[UUID, AgentMessage]:
        """Those of the ids that are in the log, with their messages."""

    def snapshot(self) -> Snapshot:
        """All agents and their highest sequence numbers."""

    def index(self) -> bool:
        """Bring what the search reads a step further; False when it was complete."""

    def retain(self, request: Retain) -> dict[str, Any]:
        """Change what is kept, in a transaction of its own."""

    def scrub(self) -> bool:
        """Write over what was deleted, if it is still to be done; False when somebody reads it."""

    def checkpoint(self) -> None:
        """Move the log's write-ahead part into the file."""

    def release(self) -> None:
        """Let go of what is only kept in memory to be read again. Nobody may read meanwhile."""

    def close(self) -> None:
        """Let go of the connection."""


class _Slot:
    """An Arrow table under a fixed name: registering one anew for each commit costs 1 ms, a third of a small commit."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


def _progress_table(states: Sequence[AgentState]) -> pa.Table:
    return pa.table(
        {
            "agent_id": uuid_array([state.record.id for state in states]),
            "next_sequence_number": pa.array([state.next_sequence_number for state in states], pa.int64()),
            "duplicates": pa.array([state.duplicates for state in states], pa.int64()),
            "last_event_id": pa.array([state.record.last_event_id for state in states], pa.string()),
        }
    )


class DuckSession:
    """The writer's own cursor, with its statements prepared (measured: 3.0 ms a commit of one row against 4.4 ms).

    Args:
        connection: of its own; closed with this session.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._cursor = connection
        self._rows = _Slot(message_table([], []))
        self._progress = _Slot(_progress_table([]))
        self._cursor.register("incoming_messages", self._rows)
        self._cursor.register("incoming_progress", self._progress)
        self._prepare()

    def _prepare(self) -> None:
        for name in ("insert_messages", "update_progress"):
            self._cursor.execute(f"DEALLOCATE PREPARE {name}")
        self._cursor.execute("PREPARE insert_messages AS INSERT INTO agent_messages SELECT * FROM incoming_messages")
        self._cursor.execute(
            "PREPARE update_progress AS UPDATE agents SET next_sequence_number = p.next_sequence_number, "
            "duplicates = p.duplicates, last_event_id = p.last_event_id FROM incoming_progress p WHERE id = p.agent_id"
        )

    def write(self, plan: Plan) -> None:
        """Begin a transaction and put the plan's rows into it."""
        self._cursor.begin()
        for state in plan.created:
            self._insert_agent(state)
        if plan.messages:
            self._rows.table = message_table(plan.messages, plan.metadata)
            self._cursor.execute("EXECUTE insert_messages")
        new = {state.record.id for state in plan.created}
        self._update_progress([state for agent_id, state in plan.states.items() if agent_id not in new])
        for agent_id in plan.changed - new:
            self._update_agent(plan.states[agent_id])

    def _insert_agent(self, state: AgentState) -> None:
        names = ", ".join((*AGENT_COLUMNS, "next_sequence_number", "duplicates"))
        values = [*agent_row(state.record), state.next_sequence_number, state.duplicates]
        marks = ", ".join("?" * len(values))
        self._cursor.execute(f"INSERT INTO agents ({names}) VALUES ({marks})", values)  # noqa: S608 - fixed names

    def _update_progress(self, states: list[AgentState]) -> None:
        if len(states) == 1:  # the usual case, in half the time of the join
            state = states[0]
            values = [state.next_sequence_number, state.duplicates, state.record.last_event_id, state.record.id]
            self._cursor.execute(
                "UPDATE agents SET next_sequence_number = ?, duplicates = ?, last_event_id = ? WHERE id = ?", values
            )
        elif 0 < len(states) <= LISTED:
            listed = {
                "ids": [state.record.id for state in states],
                "following": [state.next_sequence_number for state in states],
                "duplicates": [state.duplicates for state in states],
                "events": [state.record.last_event_id for state in states],
            }
            self._cursor.execute(_UPDATE_LISTED, listed)
        elif states:
            self._progress.table = _progress_table(states)
            self._cursor.execute("EXECUTE update_progress")

    def _update_agent(self, state: AgentState) -> None:
        names = ", ".join(f"{name} = ?" for name in AGENT_COLUMNS[1:])
        values: list[Any] = [*agent_row(state.record)[1:], state.record.id]
        self._cursor.execute(f"UPDATE agents SET {names} WHERE id = ?", values)  # noqa: S608 - fixed names

    def commit(self) -> None:
        """Make it durable: returns after the write-ahead log is synced."""
        self._cursor.commit()

    def rollback(self) -> None:
        """Undo what was not committed."""
        self._cursor.rollback()

    def state(self, agent_id: UUID) -> AgentState | None:
        """An agent as the database has it; its next number never below what the log holds."""
        rows = self._cursor.execute(
            f"SELECT {SELECT_AGENT}, next_sequence_number, duplicates, "  # noqa: S608 - fixed names
            "(SELECT coalesce(max(sequence_number), 0) FROM agent_messages WHERE agent_id = agents.id) "
            "FROM agents WHERE id = ?",
            [agent_id],
        ).fetchall()
        if not rows:
            retention.refuse_deleted(self._cursor, agent_id)
            return None
        *columns, following, duplicates, highest = rows[0]
        return AgentState(agent_from_row(tuple(columns)), max(following, highest + 1), duplicates)

    def stored(self, ids: Sequence[UUID]) -> dict[UUID, AgentMessage]:
        """Those of the ids that are in the log, with their messages."""
        found: dict[UUID, AgentMessage] = {}
        for start in range(0, len(ids), _IDS_PER_LOOKUP):
            some = list(ids[start : start + _IDS_PER_LOOKUP])
            marks = ", ".join("?" * len(some))
            rows = self._cursor.execute(
                f"SELECT {select_messages(raw=True)} FROM agent_messages WHERE id IN ({marks})",  # noqa: S608
                some,
            ).fetchall()
            found |= {message.id: message for message in map(message_from_row, rows) if message.id is not None}
        return found

    def snapshot(self) -> Snapshot:
        """All agents, oldest first, and their highest sequence numbers."""
        rows = self._cursor.execute(
            f"SELECT {SELECT_AGENT}, next_sequence_number - 1 FROM agents ORDER BY agents.created_at, id"  # noqa: S608
        ).fetchall()
        records = [agent_from_row(row[:-1]) for row in rows]
        return Snapshot({record.id: row[-1] for record, row in zip(records, rows, strict=True)}, records)

    def index(self) -> bool:
        """Bring what the search reads a step further; False when it was complete."""
        return search.advance(self._cursor)

    def retain(self, request: Retain) -> dict[str, Any]:
        """Change what is kept, in a transaction of its own; the tables are others then, so the statements are too."""
        changes = table_from(request.changes) if request.changes else None
        if request.kind == "restore":
            return restoring.carry_out(self._cursor, request, changes)
        try:
            return retention.carry_out(self._cursor, request, changes)
        finally:
            self._prepare()

    def scrub(self) -> bool:
        """Write over what was deleted, if it is still to be done; False when somebody reads it."""
        return not retention.scrub_due(self._cursor) or retention.scrub(self._cursor, patience=0.0)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file."""
        self._cursor.execute("CHECKPOINT")

    def release(self) -> None:
        """Let go of the file's pages but for `PAGES_BYTES`. A query that runs meanwhile may find no memory.

        DuckDB keeps every page that it wrote or read until four fifths of the machine's memory are full: too much for
        a part of somebody's kernel, which grows by 70 bytes a message. The system has the pages too, in its own cache.
        A limit that leaves no room would hold for the statement that takes it back.
        """
        [(used, pages)] = self._cursor.execute(
            "SELECT sum(memory_usage_bytes), sum(memory_usage_bytes) FILTER (tag = 'BASE_TABLE') FROM duckdb_memory()"
        ).fetchall()
        if (pages or 0) > PAGES_BYTES:
            with contextlib.suppress(duckdb.OutOfMemoryException):  # what could go is gone
                self._cursor.execute(f"SET memory_limit = '{used - pages + PAGES_BYTES}B'")
            self._cursor.execute("RESET memory_limit")

    def close(self) -> None:
        """Let go of the connection."""
        self._cursor.close()
