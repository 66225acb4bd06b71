"""A text taken out of stored rows: from whole texts, from deltas that hold a piece each, from JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from nbstream.store.requests import Retain
from nbstream.store.rows import metadata_text, uuid_array
from nbstream.store.wire import table_bytes

if TYPE_CHECKING:
    from uuid import UUID

    from nbstream.messages import AgentMessage, AgentRecord

REPLACEMENT: Final = "[masked redacted 00000000]"
"""Of the form of the masks that are set before the write, so that a proof against the proxy's log knows it."""

REDACTED: Final = "redacted"
"""The entry of an agent's metadata that counts what was taken out of it."""

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')


class Swap:
    """What to look for, and what to put there.

    Args:
        what: a text, found as it is and as JSON writes it; or an expression.
        replacement: put there as it is.

    Raises:
        ValueError: it matches the empty text.
    """

    def __init__(self, what: str | re.Pattern[str], replacement: str) -> None:
        if isinstance(what, str):
            forms = dict.fromkeys((what, json.dumps(what)[1:-1], json.dumps(what, ensure_ascii=False)[1:-1]))
            pattern = re.compile("|".join(re.escape(form) for form in forms))
        else:
            pattern = what
        if pattern.search("") is not None:
            raise ValueError("expected something to look for; this also matches the empty text, which is everywhere")
        self._pattern = pattern
        self.replacement = replacement
        self.count = 0

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it is."""
        return [found.span() for found in self._pattern.finditer(text)]

    def text(self, text: str, *, counted: bool = False) -> str:
        """The text without it."""
        new, many = self._pattern.subn(lambda _: self.replacement, text)
        self.count += many if counted else 0
        return new

    def value(self, value: Any) -> Any:
        """A JSON value without it, in the names of its entries too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(name): self.value(inner) for name, inner in value.items()}
        return [self.value(inner) for inner in value] if isinstance(value, list) else value

    def source(self, raw: str, old: str, new: str) -> str:
        """What a row's event was, without it; a string that is the row's old text becomes the new one."""
        last: int | None = None
        if old != new:
            last = max((m.start() for m in _STRING.finditer(raw) if _is(m, old, raw)), default=None)

        def swapped(found: re.Match[str]) -> str:
            try:
                text: str = json.loads(found.group(), strict=False)
            except ValueError:
                return found.group()
            other = new if found.start() == last else self.text(text)
            return found.group() if other == text else json.dumps(other, ensure_ascii=found.group().isascii())

        return self.text(_STRING.sub(swapped, raw))


def _is(found: re.Match[str], text: str, raw: str) -> bool:
    try:
        return not raw.startswith(":", found.end()) and json.loads(found.group(), strict=False) == text
    except ValueError:
        return False


def request(swap: Swap, records: Sequence[AgentRecord], read: Callable[[UUID], list[AgentMessage]]) -> Retain:
    """The request that takes it out. O(n) over the agents' rows, one agent in memory at a time.

    Args:
        swap: what to look for; counts what it finds.
        records: the agents.
        read: all messages of one, with `raw`.
    """
    rows: list[AgentMessage] = []
    agents: dict[str, list[str | None]] = {}
    for record in records:
        before = swap.count
        changed = list(without(swap, read(record.id)))
        rows += changed
        prompt, error = (text and swap.text(text, counted=True) for text in (record.prompt, record.error))
        metadata = swap.value(dict(record.metadata))
        if changed or (prompt, error, metadata) != (record.prompt, record.error, record.metadata):
            metadata[REDACTED] = int(record.metadata.get(REDACTED, 0)) + swap.count - before
            agents[str(record.id)] = [prompt, error, metadata_text(metadata)]
    table = pa.table(
        {
            "id": uuid_array([row.id for row in rows if row.id is not None]),
            "content": pa.array([row.content for row in rows], pa.string()),
            "raw": pa.array([row.raw for row in rows], pa.string()),
            "metadata": pa.array([metadata_text(row.metadata) for row in rows], pa.string()),
        }
    )
    body = table_bytes(table)
    return Retain(
        kind="redact",
        agents=tuple(record.id for record in records),
        changes=body,
        agent_changes=agents,
        matches=swap.count,
        size=len(body) + 1_000,
    )


def without(swap: Swap, rows: Sequence[AgentMessage]) -> Iterator[AgentMessage]:
    """Those of an agent's rows that change, changed.

    Args:
        swap: what to look for.
        rows: all of the agent's, in order: a text may begin in one delta and end in a later one.
    """
    contents: dict[int, str] = {}
    open_: dict[str | None, list[int]] = {}
    for place, row in enumerate(rows):
        if row.op == "append":
            open_.setdefault(row.block, []).append(place)
        else:
            _join(swap, rows, open_.pop(row.block, []), contents)
            contents[place] = swap.text(row.content, counted=True)
    for places in open_.values():
        _join(swap, rows, places, contents)
    for place, row in enumerate(rows):
        content = contents[place]
        raw = row.raw if row.raw is None else swap.source(row.raw, row.content, content)
        metadata = swap.value(dict(row.metadata)) if row.metadata else row.metadata
        if (content, raw, metadata) != (row.content, row.raw, row.metadata):
            yield replace(row, content=content, raw=raw, metadata=metadata)


def _join(swap: Swap, rows: Sequence[AgentMessage], places: Sequence[int], contents: dict[int, str]) -> None:
    """The deltas of one block without what is in their joined text; the replacement stands where it began."""
    text = "".join(rows[place].content for place in places)
    spans = swap.spans(text)
    swap.count += len(spans)
    start, next_span = 0, 0
    for place in places:
        content = rows[place].content
        end = start + len(content)
        kept, at, index = "", start, next_span
        while index < len(spans) and spans[index][0] < end:
            low, high = spans[index]
            if low >= start:
                kept += text[at:low] + swap.replacement
            at = min(high, end)
            if high > end:
                break
            index += 1
        next_span = index
        contents[place] = kept + text[at:end]
        start = end
