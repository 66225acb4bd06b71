"""Agents and rows put into a store as they were in another one: with their ids, numbers and times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import duckdb

from nbstream.errors import IdConflict
from nbstream.store.retention import refuse_deleted
from nbstream.store.rows import AGENT_COLUMNS, MESSAGE_COLUMNS, agent_row

if TYPE_CHECKING:
    from uuid import UUID

    import pyarrow as pa

    from nbstream.messages import AgentRecord
    from nbstream.store.requests import Retain

_NAMES: Final = ", ".join(MESSAGE_COLUMNS)

_TYPED: Final = "(SELECT * REPLACE (id::UUID AS id, agent_id::UUID AS agent_id) FROM incoming_rows)"
# What is there already stays: the same row, or one that compaction took. Another row under its number is a conflict.
_INSERT: Final = f"""
    INSERT INTO agent_messages ({_NAMES})
    SELECT {", ".join("i." + name for name in MESSAGE_COLUMNS)}
    FROM {_TYPED} i
    JOIN agents a ON a.id = i.agent_id
    LEFT JOIN agent_messages m ON m.id = i.id
    WHERE m.id IS NULL AND i.sequence_number > coalesce(a.compacted_to, 0)
"""  # noqa: S608 - fixed names
_INSERT_NEW: Final = f"INSERT INTO agent_messages ({_NAMES}) SELECT {_NAMES} FROM {_TYPED}"  # noqa: S608 - fixed names

_FIGURES: Final = """
    UPDATE agents SET
        next_sequence_number = greatest(next_sequence_number, ?), duplicates = greatest(duplicates, ?)
    WHERE id = ?
"""
# Only where exactly the rows that were kept are there.
_COMPACTED: Final = """
    UPDATE agents SET compacted_to = $to, compacted_rows = $kept
    WHERE id = $agent AND compacted_to IS NULL AND $kept = (
        SELECT count(*) FROM agent_messages WHERE agent_id = $agent AND sequence_number <= $to
    )
"""


def carry_out(cursor: duckdb.DuckDBPyConnection, request: Retain, rows: pa.Table | None) -> dict[str, Any]:
    """Insert what is not there, in one transaction.

    Args:
        cursor: the writer's, with no transaction open.
        request: the agents and their figures.
        rows: the messages, of these agents or of agents that are there.

    Returns:
        how many rows were new, and the records of the agents that were.

    Raises:
        AgentDeleted: one of the agents was deleted from this store.
        IdConflict: a number is taken by another row.
    """
    compacted = cursor.execute("SELECT 1 FROM agents WHERE compacted_to IS NOT NULL LIMIT 1").fetchall()
    try:
        if not compacted:  # in the hope that all is new: to look every row up takes twice the time
            return _attempt(cursor, request, rows, _INSERT_NEW)
    except duckdb.ConstraintException:
        cursor.rollback()
    except BaseException:
        cursor.rollback()
        raise
    try:
        return _attempt(cursor, request, rows, _INSERT)
    except duckdb.ConstraintException as error:
        cursor.rollback()
        raise IdConflict(f"these rows do not fit those that this store has of the same agent: {error}") from error
    except BaseException:
        cursor.rollback()
        raise


def _attempt(cursor: duckdb.DuckDBPyConnection, request: Retain, rows: pa.Table | None, insert: str) -> dict[str, Any]:
    cursor.begin()
    new = [record for record in request.records if _create(cursor, record)]
    count = 0
    if rows is not None and rows.num_rows:
        cursor.register("incoming_rows", rows)
        [(count,)] = cursor.execute(insert).fetchall()
        cursor.unregister("incoming_rows")
    for agent_id, (following, duplicates, to, kept) in request.agent_changes.items():
        cursor.execute(_FIGURES, [following, duplicates, agent_id])
        if to is not None:
            cursor.execute(_COMPACTED, {"to": to, "kept": kept, "agent": agent_id})
    cursor.commit()
    return {"rows": int(count), "restored": new}


def _create(cursor: duckdb.DuckDBPyConnection, record: AgentRecord) -> bool:
    refuse_deleted(cursor, record.id)
    if _there(cursor, record.id):
        return False
    marks = ", ".join("?" * len(AGENT_COLUMNS))
    cursor.execute(f"INSERT INTO agents ({', '.join(AGENT_COLUMNS)}) VALUES ({marks})", agent_row(record))  # noqa: S608
    return True


def _there(cursor: duckdb.DuckDBPyConnection, agent_id: UUID) -> bool:
    return bool(cursor.execute("SELECT 1 FROM agents WHERE id = ?", [agent_id]).fetchall())
