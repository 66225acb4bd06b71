"""Saved messages as the JSON text of a wire, made by the database: a page of a log for somebody who only passes it on.

The shape is that of `AgentMessage.to_json`; a test holds the two against each other. Made row by row in Python, a
thousand of them cost three times as much (measured).
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


def read_shapes(
    store: MessageStore, agent_id: UUID, *, since: int, head: int, limit: int, raw: bool = False
) -> list[tuple[int, str]]:
    """Sequence number and JSON of an agent's messages after `since`, in order.

    Args:
        store: as its owner or joined.
        agent_id: whose.
        since: only higher sequence numbers.
        head: the agent's highest one; as numbers seldom have holes, it bounds what is scanned.
        limit: rows at most.
        raw: with the source as received.
    """
    if since + limit < head:
        rows = _between(store, agent_id, since, since + limit, limit, raw=raw)
        if len(rows) == limit:
            return rows
    return _between(store, agent_id, since, 2**62, limit, raw=raw)


def _between(
    store: MessageStore, agent_id: UUID, above: int, to: int, limit: int, *, raw: bool
) -> list[tuple[int, str]]:
    shape = _SHAPE.format(raw=", 'raw': raw" if raw else "")
    table = store.query(
        f"SELECT sequence_number, {shape} AS shape FROM agent_messages "  # noqa: S608 - fixed names
        "WHERE agent_id = $agent::UUID AND sequence_number > $above AND sequence_number <= $to "
        "ORDER BY sequence_number LIMIT $limit",
        {"agent": str(agent_id), "above": above, "to": to, "limit": limit},
    )
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))
