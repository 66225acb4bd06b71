"""A page of an agent's log: contiguous, or with its holes named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from nbstream.server.refusals import AboveHead
from nbstream.store.shapes import read_shapes
from nbstream.wire import BATCH_SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from nbstream.store import MessageStore

DEFAULT_LIMIT: Final = 1_000
"""Rows of a page when nobody says how many."""
MAX_LIMIT: Final = 5_000
"""Rows of a page at most; about 3 MB of deltas."""
PAGE_SIZE: Final = 4 * BATCH_SIZE
"""Characters of a page at most, unless one row alone is longer."""


def page(
    store: MessageStore, agent_id: UUID, *, since: int, limit: int, raw: bool = False, compact: bool = False
) -> str:
    """The rows with a sequence number above `since`, in order, and where to go on.

    Args:
        store: the store that holds the agent.
        agent_id: whose rows.
        since: the highest sequence number that the asker has.
        limit: rows at most.
        raw: with the source as received.
        compact: each row without what is as in the row before it, as in a frame of the WebSocket; without `raw`.

    Returns:
        The answer of `GET agents/{id}/messages`, as JSON; `has_more` says whether to ask again with `next_since`.

    Raises:
        AboveHead: the asker has more than there is.
    """
    head = store.head(agent_id)  # before the rows: what is committed in between is then a row more, never a hole
    if since > head:
        raise AboveHead(since, head)
    rows = read_shapes(store, agent_id, since=since, head=head, limit=limit, raw=raw, compact=compact)
    part = rows[: _fitting([len(shape) for _, shape in rows])]
    whole = len(part) == len(rows) < limit
    numbers = [number for number, _ in part]
    head = max(head, *numbers[-1:], 0)
    end = head if whole else (numbers[-1] if numbers else since)
    around = {
        "agent_id": str(agent_id),
        "head": head,
        "next_since": end,
        "has_more": end < head,
        "gaps": gaps(numbers, since, end),
    }
    shapes = ",".join(shape for _, shape in part)
    return f'{json.dumps(around)[:-1]}, "messages": [{shapes}]}}'


def _fitting(sizes: Sequence[int]) -> int:
    """How many rows of these sizes make a page; one at least."""
    total = 0
    for count, size in enumerate(sizes):
        total += size
        if count and total > PAGE_SIZE:
            return count
    return len(sizes)


def gaps(numbers: Sequence[int], since: int, end: int) -> list[dict[str, int]]:
    """The sequence numbers above `since` and up to `end` that are not there, as ranges with both ends included."""
    found: list[dict[str, int]] = []
    following = since + 1
    for number in [*numbers, end + 1]:
        if number > following:
            found.append({"from": following, "to": number - 1})
        following = number + 1
    return found
