"""Ids: derived where the source names its events, random and ordered by time where it does not."""

from __future__ import annotations

import os
import time
from hashlib import sha1, sha256
from uuid import UUID

_VERSION_5 = 0x5 << 76
_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_FREE = ~(0xF << 76 | 0b11 << 62)
"""All bits of an id but those of its version and variant."""


def message_id(agent_id: UUID, event_id: str, part: int) -> UUID:
    """The id of one part of one event: the same event always gives the same id, so a replay writes the same row.

    Equal to `uuid.uuid5(agent_id, f"{event_id}/{part}")`; written out because the store derives one per row.

    Args:
        agent_id: the namespace.
        event_id: the source's own id of the event.
        part: the message's index among those of its event, from 0.

    Source: RFC 9562 section 5.5.
    """
    digest = sha1(agent_id.bytes + f"{event_id}/{part}".encode(), usedforsecurity=False).digest()
    return UUID(int=int.from_bytes(digest[:16], "big") & _FREE | _VERSION_5 | _VARIANT)


def conflict_id(agent_id: UUID, message: UUID, content: bytes) -> UUID:
    """The id of the row that reports a conflict: the same wrong bytes, sent again, report themselves once.

    Args:
        agent_id: the namespace.
        message: the id that came with different bytes.
        content: all bytes of what came.
    """
    return message_id(agent_id, f"conflict/{message}/{sha256(content).hexdigest()}", 0)


def new_id() -> UUID:
    """A random id that sorts by the time of its making, to the millisecond.

    Source: RFC 9562 section 5.7; `uuid.uuid7` comes with Python 3.14.
    """
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    high, low = random >> 62 & 0xFFF, random & (1 << 62) - 1
    return UUID(int=(milliseconds & (1 << 48) - 1) << 80 | _VERSION_7 | high << 64 | _VARIANT | low)
