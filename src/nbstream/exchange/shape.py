"""One agent and one message as a line of JSON, made by the database; and the columns that such lines come back as."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pyarrow as pa

from nbstream.messages import AgentRecord
from nbstream.store.wire import record_values

if TYPE_CHECKING:
    from nbstream.store import MessageStore

VERSION: Final = 1
"""Of these lines, in each agent's `nbstream`."""

FIGURES: Final = ("next_sequence_number", "duplicates", "compacted_to", "compacted_rows")

_AGENT_TEXTS: Final = ("type", "status", "source", "prompt", "session_id", "model", "error", "last_event_id", "owner")
_TIMES: Final = ("created_at", "started_at", "completed_at")
COLUMNS: Final = (
    "id", "agent_id", "sequence_number", "type", "role", "part", "block", "op", "content", "raw", "metadata",
    "created_at", "event_id",
)  # fmt: skip


def _time(name: str) -> str:
    """UTC by way of microseconds: DuckDB's own text of a TIMESTAMPTZ is in the zone of the session."""
    return f"strftime(make_timestamp(epoch_us({name})), '%Y-%m-%dT%H:%M:%S.%f+00:00')"


_AGENT: Final = ", ".join(
    [
        "'id': id::VARCHAR",
        "'parent_agent_id': parent_agent_id::VARCHAR",
        *(f"'{name}': {name}" for name in (*_AGENT_TEXTS, *FIGURES, "metadata")),
        *(f"'{name}': {_time(name)}" for name in _TIMES),
    ]
)
_MESSAGE: Final = ", ".join(
    {
        "id": "'id': id::VARCHAR",
        "agent_id": "'agent_id': agent_id::VARCHAR",
        "created_at": f"'created_at': {_time('created_at')}",
    }.get(name, f"'{name}': {name}")
    for name in COLUMNS
)
MESSAGE_LINES: Final = f"to_json({{{_MESSAGE}}})::VARCHAR AS line"


def agent_lines(store: MessageStore, agents: Sequence[UUID] | None) -> list[tuple[UUID, str, int]]:
    """Id, line and number of rows of each agent, oldest first.

    Raises:
        AgentNotFound: one of them is not there.
    """
    for agent_id in agents or ():
        store.get_agent(agent_id)
    where = "" if agents is None else "WHERE id IN (SELECT unnest($agents::UUID[]))"
    sql = f"""
        SELECT id::VARCHAR AS id, to_json({{'nbstream': {VERSION}, 'agent': {{{_AGENT}}}}})::VARCHAR AS line,
            coalesce(n, 0) AS n
        FROM agents LEFT JOIN (SELECT agent_id, count(*) AS n FROM agent_messages GROUP BY ALL) ON agent_id = id
        {where} ORDER BY created_at, id
    """  # noqa: S608 - fixed names
    rows = store.query(sql, None if agents is None else {"agents": [str(one) for one in agents]}).to_pylist()
    return [(UUID(row["id"]), row["line"], row["n"]) for row in rows]


def pages(store: MessageStore, agent_id: UUID, columns: str, size: int) -> Iterator[pa.Table]:
    """An agent's rows in order, at most `size` of them at a time.

    Args:
        store: whose.
        agent_id: the agent.
        columns: of the SELECT.
        size: rows at most.
    """
    since = 0
    while True:
        sql = f"SELECT sequence_number AS n, {columns} FROM agent_messages WHERE agent_id = $agent AND n > $since ORDER BY n LIMIT $size"  # noqa: S608, E501
        table = store.query(sql, {"agent": str(agent_id), "since": since, "size": size})
        if table.num_rows:
            yield table.drop_columns(["n"])
            since = table.column("n")[-1].as_py()
        if table.num_rows < size:
            return


def agent_of(shape: dict[str, Any]) -> tuple[AgentRecord, list[Any]]:
    """The record and the figures of an agent's line.

    Raises:
        ValueError: it is no such line, or one of a later version.
    """
    if shape.get("nbstream") != VERSION or not isinstance(shape.get("agent"), dict):
        raise ValueError(f"expected an agent of an nbstream export of version {VERSION}, got {json.dumps(shape)[:80]}")
    values = dict(shape["agent"])
    figures = [values.pop(name) for name in FIGURES]
    return AgentRecord(**record_values(values)), figures
