"""Saved messages as the JSON text of a wire, made by the database: a page of a log for somebody who only passes it on.

The shape is that of `AgentMessage.to_json`, or the compact one of `nbstream.wire.rows_json`; tests hold each against
the other. Made row by row in Python, a thousand of them cost three times as much (measured).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from uuid import UUID

    from nbstream.store.store import MessageStore

# Times are UTC by way of microseconds: DuckDB's own text of a TIMESTAMPTZ is in the zone of the session.
_SHAPE: Final = """
    to_json({{
        'id': id::VARCHAR, 'agent_id': agent_id::VARCHAR, 'sequence_number': sequence_number,
        'type': type, 'role': role, 'part': part, 'block': block, 'op': op, 'content': content, 'metadata': metadata,
        'created_at': strftime(make_timestamp(epoch_us(created_at)), '%Y-%m-%dT%H:%M:%S.%f+00:00'){raw}
    }})::VARCHAR
"""

_ROWS: Final = """
    SELECT * FROM agent_messages
    WHERE agent_id = $agent::UUID AND sequence_number > $above AND sequence_number <= $to
    ORDER BY sequence_number LIMIT $limit
"""
_ALL: Final = f"SELECT sequence_number, {_SHAPE} AS shape FROM ({_ROWS}) ORDER BY sequence_number"  # noqa: S608 - fixed names

# `nbstream.wire` says what a row may leave out; `concat_ws` leaves out what is null.
_CARRIED: Final = {
    "type": "'assistant'",
    "role": "'assistant'",
    "part": "'text'",
    "block": "NULL",
    "op": "'append'",
    "content": "''",
    "metadata": "'{}'",
}
"""Columns that a row leaves out where they are as in the row before, and what they are before the first."""
_TIME: Final = "strftime(make_timestamp(epoch_us(created_at)), '%Y-%m-%dT%H:%M:%S.%f+00:00')"
_TELL: Final = (
    "CASE WHEN {name} IS DISTINCT FROM lag({name}, 1, {first}) OVER log "
    "THEN '\"{name}\":' || coalesce(to_json({name})::VARCHAR, 'null') END"
)
_US: Final = "(epoch_us(created_at) - lag(epoch_us(created_at), 1, 0) OVER log)"
_COMPACT: Final = f"""
    SELECT sequence_number, '{{' || concat_ws(',',
        CASE WHEN sequence_number <> lag(sequence_number, 1, $above) OVER log + 1
             THEN '"sequence_number":' || sequence_number END,
        {", ".join(_TELL.format(name=name, first=first) for name, first in _CARRIED.items())},
        CASE WHEN abs({_US}) >= {2**53}
             THEN '"created_at":"' || {_TIME} || '"'
             WHEN {_US} <> 0 THEN '"us":' || {_US} END
    ) || '}}' AS shape
    FROM ({_ROWS}) WINDOW log AS (ORDER BY sequence_number) ORDER BY sequence_number
"""  # noqa: S608 - fixed names


def read_shapes(
    store: MessageStore,
    agent_id: UUID,
    *,
    since: int,
    head: int,
    limit: int,
    raw: bool = False,
    compact: bool = False,
) -> list[tuple[int, str]]:
    """Sequence number and JSON of an agent's messages after `since`, in order.

    Args:
        store: as its owner or joined.
        agent_id: whose.
        since: only higher sequence numbers.
        head: the agent's highest one; as numbers seldom have holes, it bounds what is scanned.
        limit: rows at most.
        raw: with the source as received; not where they are compact.
        compact: each without what is as in the row before it.
    """
    query = _COMPACT if compact else _ALL.format(raw=", 'raw': raw" if raw else "")
    if since + limit < head:
        rows = _between(store, agent_id, query, since, since + limit, limit)
        if len(rows) == limit:
            return rows
    return _between(store, agent_id, query, since, 2**62, limit)


def _between(store: MessageStore, agent_id: UUID, query: str, above: int, to: int, limit: int) -> list[tuple[int, str]]:
    given = {"agent": str(agent_id), "above": above, "to": to, "limit": limit}
    table = store.query(query, given)
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))
