"""A page of an agent's log: contiguous, or with its holes named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.server.refusals import AboveHead
from nbstream.wire import BATCH_SIZE, split

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from nbstream.messages import AgentMessage
    from nbstream.store import MessageStore

DEFAULT_LIMIT: Final = 1_000
"""Rows of a page when nobody says how many."""
MAX_LIMIT: Final = 5_000
"""Rows of a page at most; about 3 MB of deltas."""
PAGE_SIZE: Final = 4 * BATCH_SIZE
"""Characters of a page at most, unless one row alone is longer."""


def page(store: MessageStore, agent_id: UUID, *, since: int, limit: int, raw: bool = False) -> dict[str, Any]:
    """The rows with a sequence number above `since`, in order, and where to go on.

    Args:
        store: the store that holds the agent.
        agent_id: whose rows.
        since: the highest sequence number that the asker has.
        limit: rows at most.
        raw: with the source as received.

    Returns:
        The answer of `GET agents/{id}/messages`; `has_more` says whether to ask again with `next_since`.

    Raises:
        AboveHead: the asker has more than there is.
    """
    head = store.head(agent_id)  # before the rows: what is committed in between is then a row more, never a hole
    if since > head:
        raise AboveHead(since, head)
    rows = store.read(agent_id, since=since, limit=limit, raw=raw)
    whole = len(rows) < limit
    if rows:
        part = next(split(rows, PAGE_SIZE))
        whole = whole and len(part) == len(rows)
        rows = part
        head = max(head, rows[-1].sequence_number or 0)
    last = (rows[-1].sequence_number or 0) if rows else since
    end = head if whole else last
    return {
        "agent_id": str(agent_id),
        "messages": [row.to_json(raw=raw) for row in rows],
        "head": head,
        "next_since": end,
        "has_more": end < head,
        "gaps": gaps(rows, since, end),
    }


def gaps(rows: Sequence[AgentMessage], since: int, end: int) -> list[dict[str, int]]:
    """The sequence numbers above `since` and up to `end` that are not there, as ranges with both ends included."""
    found: list[dict[str, int]] = []
    following = since + 1
    for number in [*(row.sequence_number or 0 for row in rows), end + 1]:
        if number > following:
            found.append({"from": following, "to": number - 1})
        following = number + 1
    return found
