"""Secrets taken out of rows on their way to the store, also where a secret comes in pieces.

A model writes a key in several deltas, and no one of them is the key. So a row whose text ends in what may be the
beginning of a secret waits, in memory, until the next rows say what it was. What waits is not stored, so a reader that
comes back after a crash gets it again, whole.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from nbstream.messages import MASKED, AgentMessage
from nbstream.parsers.raw import DATA
from nbstream.secrets import CONTEXT, LONGEST, Span, find, may_hold, unfinished

ROWS_HELD: Final = 4096
"""Rows that wait at most for the end of one secret."""
BLOCKS: Final = 256
"""Blocks whose last characters are remembered; the oldest is forgotten first."""

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')

_Row = tuple[AgentMessage, bool]
"""A row, and whether it has been masked already."""


class Masker:
    """Masks the rows of one agent, in order."""

    def __init__(self) -> None:
        self._context: dict[str | None, str] = {}
        self._held: list[_Row] = []
        self._waiting: str | None = None  # the block whose end may be the beginning of a secret

    def push(self, rows: Sequence[AgentMessage]) -> list[AgentMessage]:
        """Rows that can be stored now; those that may hold a part of a secret wait for the ones after them.

        Args:
            rows: what the parser made, identified, in order. Whole secrets in their events are masked already.
        """
        if not self._held and not self._begins_in(rows):
            return list(rows)
        return self._run([(row, False) for row in rows])

    def flush(self) -> list[AgentMessage]:
        """Whatever waits, masked as far as it is known."""
        ready: list[AgentMessage] = []
        while self._held:
            ready += self._run(self._release())
        return ready

    def _run(self, rows: list[_Row]) -> list[AgentMessage]:
        ready: list[AgentMessage] = []
        queue = deque(rows)
        while queue:
            row, done = queue.popleft()
            if self._held:
                self._held.append((row, done))
                if self._is_over(row, done):
                    queue.extendleft(reversed(self._release()))
            elif done:
                ready.append(row)
            elif row.op == "append" and unfinished(self._context.get(row.block, "") + row.content):
                self._held.append((row, False))
                self._waiting = row.block
            else:
                ready.append(self._passed(row))
        return ready

    def remember(self, rows: Sequence[AgentMessage]) -> None:
        """Rows that are stored already, for what follows them."""
        for row in rows:
            if row.op == "append":
                self._remember(row.block, self._context.get(row.block, "") + row.content)
            else:
                self._context.pop(row.block, None)

    def _begins_in(self, rows: Sequence[AgentMessage]) -> bool:
        """Whether the beginning of a format is anywhere in these rows; if not, they only become the context."""
        texts: dict[str | None, list[str]] = {}
        for row in rows:
            if row.op == "append":
                block = row.block
                if block not in texts:
                    texts[block] = [self._context.get(block, "")]
                texts[block].append(row.content)
        joined = {block: "".join(parts) for block, parts in texts.items()}
        if may_hold(*joined.values()):
            return True
        for block, text in joined.items():
            self._remember(block, text)
        return False

    def _remember(self, block: str | None, text: str) -> None:
        self._context.pop(block, None)
        if len(self._context) >= BLOCKS:
            self._context.pop(next(iter(self._context)))
        self._context[block] = text[-CONTEXT:]

    def _is_over(self, row: AgentMessage, done: bool) -> bool:
        """Whether the row that has just joined those that wait says what they were."""
        if len(self._held) >= ROWS_HELD:
            return True
        if done or row.block != self._waiting:
            # Parallel answers interleave; anything but another answer's delta says that this one has paused.
            return not done and row.op != "append"
        if row.op != "append":
            return True
        text = self._context.get(row.block, "") + "".join(held.content for _, held in self._mine())
        return len(text) > LONGEST or not unfinished(text)

    def _mine(self) -> list[tuple[int, AgentMessage]]:
        """The deltas that wait for themselves, with their places among all that wait."""
        return [
            (place, row)
            for place, (row, done) in enumerate(self._held)
            if not done and row.block == self._waiting and row.op == "append"
        ]

    def _release(self) -> list[_Row]:
        """All that waits, in order, the secret masked; the rows behind it have yet to be looked at."""
        places, rows = zip(*self._mine(), strict=True)
        held, self._held = self._held, []
        for place, row in zip(places, self._masked(list(rows)), strict=True):
            held[place] = (row, True)
        return held

    def _passed(self, row: AgentMessage) -> AgentMessage:
        """A row that ends in nothing: what it has of a secret that ends in it is masked."""
        if row.op != "append":
            self._context.pop(row.block, None)
            return row
        return self._masked([row])[0]

    def _masked(self, rows: list[AgentMessage]) -> list[AgentMessage]:
        block = rows[0].block
        before = self._context.get(block, "")
        text = before + "".join(row.content for row in rows)
        self._remember(block, text)
        spans = [span for span in find(text) if span.end > len(before)]
        return list(_without(rows, spans, len(before))) if spans else rows


def _without(rows: list[AgentMessage], spans: list[Span], start: int) -> Iterator[AgentMessage]:
    """The rows without these spans of their joined text; the label stands in the row where a secret begins."""
    for row in rows:
        end = start + len(row.content)
        content, place, count = "", start, 0
        for span in spans:
            if span.end <= start or span.start >= end:
                continue
            content += row.content[place - start : max(span.start, start) - start]
            first = span.start >= start or row is rows[0]
            content += span.label if first else ""
            count += first
            place = min(span.end, end)
        content += row.content[place - start :]
        start = end
        yield row if content == row.content else _changed(row, content, count)


def _changed(row: AgentMessage, content: str, count: int) -> AgentMessage:
    metadata = {**row.metadata, MASKED: int(row.metadata.get(MASKED, 0)) + count}
    raw = None if row.raw is None else _raw(row.raw, row.content, content)
    return replace(row, content=content, raw=raw, metadata=metadata)


def _raw(raw: str, old: str, new: str) -> str:
    """The bytes of the event with the row's text changed as the row is; the rest of them is kept as it came.

    Of several strings that are that text the last value is taken, of none the last that has it in it. An event in
    which it is not to be found (no JSON, or put together by the parser) is kept as the changed text alone.
    """
    *before, last = raw.split("\n")
    best: tuple[int, int, str] | None = None
    for found in _STRING.finditer(last):
        try:
            text: str = json.loads(found.group(), strict=False)
        except ValueError:
            continue
        if text == old and not last.startswith(":", found.end()):
            best = found.start(), found.end(), new
        elif old in text and (best is None or best[2] != new):
            best = found.start(), found.end(), text.replace(old, new)
    if best is None:
        prefix = DATA if last.startswith(DATA) else ""
        return "\n".join([*before, last.replace(old, new) if old in last else prefix + new])
    start, end, text = best
    return "\n".join([*before, last[:start] + json.dumps(text, ensure_ascii=last.isascii()) + last[end:]])
