"""Positions in order, each once: what makes a doubled or shuffled delivery harmless.

A proxy numbers the lines of a run: `id: {epoch}.{line}`. The epoch names the log; it changes if the log is made anew,
and lines of two epochs are never mixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nbstream.errors import ProtocolError
from nbstream.sources import Gap

if TYPE_CHECKING:
    from nbstream.sse import ServerSentEvent

WINDOW: Final = 1024
"""Events held while an earlier one is missing: at 183 bytes each under 200 kB; beyond it, a reconnect asks again."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where an event stands in its run's log; lines count from 1."""

    epoch: str
    line: int

    @classmethod
    def parse(cls, event_id: str) -> Position | None:
        """The position an event id names, None when it names none."""
        epoch, dot, line = event_id.rpartition(".")
        if not dot or not epoch or not (line.isascii() and line.isdigit()):
            return None
        return cls(epoch, int(line))


def later(one: str | None, other: str | None) -> str | None:
    """The later of two event ids of the same log; the one that is no position gives way, `one` where neither is."""
    first, second = Position.parse(one or ""), Position.parse(other or "")
    if second is None or (first is not None and first.epoch != second.epoch):
        return one
    return other if first is None or second.line > first.line else one


class MissingEvents(ProtocolError):
    """Events before the ones that came are missing, and the window is full: ask again from `InOrder.cursor`."""


class InOrder:
    """Puts events in the order of their positions and refuses those that came before.

    Args:
        cursor: the id of the last event that is already stored, None for a new run.
    """

    def __init__(self, cursor: str | None = None) -> None:
        start = Position.parse(cursor) if cursor else None
        self._epoch = start.epoch if start else None
        self._next = start.line + 1 if start else 1
        self._held: dict[int, ServerSentEvent] = {}
        self._seen: dict[int, int] = {}  # the hash of each of the last lines handed out, not their bytes
        self._expected = 0
        self.duplicates = 0

    @property
    def cursor(self) -> str | None:
        """The id of the last event handed out; where a reconnect goes on."""
        return f"{self._epoch}.{self._next - 1}" if self._epoch is not None and self._next > 1 else None

    @property
    def missing(self) -> bool:
        """Lines are known to be there that have not come."""
        return bool(self._held) or self._expected >= self._next

    def has_all(self, count: object) -> bool:
        """Whether every line has been handed out, as far as can be known.

        Args:
            count: how many lines the other side says there are, or anything else where it does not say.
        """
        self._expected = count if isinstance(count, int) else 0
        return not self.missing

    def forget_held(self) -> None:
        """A new connection starts at the cursor: what was held will come again."""
        self._held.clear()

    def know_epoch(self, event_id: str) -> None:
        """Learns which log this is from an id that came with a notice, before any line did."""
        position = Position.parse(event_id)
        if self._epoch is None and position is not None:
            self._epoch = position.epoch

    def give_up_to(self, first: int, last: int, reason: str) -> Gap:
        """The lines from `first` to `last` are gone for good; the stream goes on behind them.

        Returns:
            the hole, to be stored: it begins where we are, even when the other side names an earlier line.
        """
        first = max(first, self._next)
        self._next = max(self._next, last + 1)
        self._seen = {line: seen for line, seen in self._seen.items() if line >= self._next - WINDOW}
        return Gap(first, last, reason, f"{self._epoch or 'log'}.{last}")

    def give_up_missing(self, reason: str) -> Gap:
        """The lines before the first one held, or up to the last one there is, cannot be had."""
        return self.give_up_to(self._next, min(self._held) - 1 if self._held else self._expected, reason)

    def give_up_next(self, reason: str) -> Gap:
        """The next line cannot be had; the stream goes on behind it."""
        return self.give_up_to(self._next, self._next, reason)

    def take(self, events: list[ServerSentEvent]) -> list[ServerSentEvent]:
        """The events that can go on now, in order.

        Raises:
            ProtocolError: an id is no position, belongs to another log, or came again with other bytes.
            MissingEvents: more than 1,024 events wait for one that has not come.
        """
        ready: list[ServerSentEvent] = []
        for event in events:
            # The one that is next, as nearly all are, is known by its whole id; the others are taken apart.
            if self._held or self._epoch is None or event.id != f"{self._epoch}.{self._next}":
                self._place(event, ready)
            else:
                self._hand_out(event, ready)
        while (following := self._held.pop(self._next, None)) is not None:
            self._hand_out(following, ready)
        if len(self._held) > WINDOW:
            raise MissingEvents(f"expected line {self._next}, and {len(self._held)} later lines came without it")
        return ready

    def _place(self, event: ServerSentEvent, ready: list[ServerSentEvent]) -> None:
        position = Position.parse(event.id)
        if position is None:
            raise ProtocolError(f"expected an event id of the form epoch.line, got {event.id!r}: is this a proxy?")
        if self._epoch is None:
            self._epoch = position.epoch
        if position.epoch != self._epoch:
            raise ProtocolError(
                f"expected lines of log {self._epoch}, got one of {position.epoch}: the run's log was made anew"
            )
        if position.line < self._next or position.line in self._held:
            self._refuse(position.line, event)
        elif position.line > self._next:
            self._held[position.line] = event
        else:
            self._hand_out(event, ready)

    def _hand_out(self, event: ServerSentEvent, ready: list[ServerSentEvent]) -> None:
        self._seen[self._next] = hash(event.data)
        self._seen.pop(self._next - WINDOW, None)
        self._next += 1
        ready.append(event)

    def _refuse(self, line: int, event: ServerSentEvent) -> None:
        self.duplicates += 1
        held = self._held.get(line)
        before = self._seen.get(line) if held is None else hash(held.data)
        if before is not None and before != hash(event.data):
            raise ProtocolError(f"line {line} came twice with different bytes: something on the way changes the stream")
