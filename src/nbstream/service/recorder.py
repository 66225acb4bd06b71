"""Events to rows: the parser's messages, given the identity, the time and the bytes they came from.

One place for every format. It can be rebuilt from what is stored, because `raw` in sequence order is the recording: a
fresh parser that reads it is where the old one was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from nbstream.messages import KIND, MASKED, AgentMessage
from nbstream.parsers.raw import events_in, raw_of
from nbstream.secrets import mask, may_hold
from nbstream.service.masker import Masker
from nbstream.store.identity import message_id, new_id

if TYPE_CHECKING:
    from nbstream.parsers import Ending, MessageParser, Reason
    from nbstream.sources import Gap
    from nbstream.sse import ServerSentEvent

SKIPPED_LIMIT: Final = 4 * 1024 * 1024
"""Characters of events without a row that wait for the next row; beyond it a row of their own is made."""
END: Final = "end"
"""Begins the event id of the rows that the end of a stream makes; where it ended and why are the rest of it."""


def end_id(reason: str, cursor: str | None) -> str:
    """The event id of an ending: the same at every try, so that its rows are kept once.

    An agent that was interrupted and read on ends twice: at two places, or for two reasons.
    """
    return f"{END}/{reason}/{cursor or ''}"


_set: Final = object.__setattr__


class Recorder:
    """Turns the events of one agent into rows ready to save.

    Args:
        agent_id: whose rows.
        parser: a fresh parser.
        clock: the time of receipt, UTC.
        masker: takes secrets out of what is stored; None stores everything as it came.
    """

    def __init__(
        self, agent_id: UUID, parser: MessageParser, clock: Callable[[], datetime], masker: Masker | None = None
    ) -> None:
        self._agent_id = agent_id
        self._parser = parser
        self._clock = clock
        self._masker = masker
        self._masked = 0
        self._skipped: list[str] = []
        self._skipped_size = 0
        self._last_event_id: str | None = None
        self._stored_ends: set[str] = set()

    @property
    def masks(self) -> bool:
        """Whether secrets are taken out of what is stored."""
        return self._masker is not None

    @property
    def parser(self) -> MessageParser:
        """The parser, for what it has learned: session, model, finished."""
        return self._parser

    def rebuild(self, raws: Iterable[str], cursor: str | None, stored_ends: Iterable[str]) -> None:
        """Brings a fresh parser to where the stored rows end. O(n) over the recording.

        Args:
            raws: the recording so far.
            cursor: the id of the last event it accounts for.
            stored_ends: event ids of the endings in the log; an ending at the same place is not written again.
        """
        for raw in raws:
            for event in events_in(raw):
                messages = self._parser.parse(event)
                if self._masker is not None and messages:
                    self._masker.remember(messages)
        self._last_event_id = cursor
        self._stored_ends.update(stored_ends)

    def rows(self, events: Iterable[ServerSentEvent]) -> list[AgentMessage]:
        """The rows of these events, in order; events with nothing to show wait for the next row's `raw`.

        Rows that may hold a part of a secret wait in memory, with all that come after them, until more has come.
        """
        now = self._clock()
        parse, named = self._parser.parse, self._parser.named
        made: list[AgentMessage] = []
        for event in self._without_secrets(events):
            _, data, event_id, _ = event
            # An id is inherited by the events after it that set none; such an event has no identity of its own.
            own_id = event_id if event_id and event_id != self._last_event_id else None
            self._last_event_id = event_id or None
            messages = parse(event)
            self._skipped.append(raw_of(event, named=named))
            if not messages:
                self._skipped_size += len(data)
                if self._skipped_size <= SKIPPED_LIMIT:
                    continue
                messages = [_note("skipped", f"{len(self._skipped)} events with nothing to show")]
            made += self._identified(messages, own_id, now)
        return made if self._masker is None else self._masker.push(made)

    def _without_secrets(self, events: Iterable[ServerSentEvent]) -> Iterable[ServerSentEvent]:
        """The events as they may be stored, so that the parser sees what one that reads the store again will see."""
        if self._masker is None:
            return events
        events = list(events)
        texts = [event.data for event in events]
        return self._masked_events(events, texts) if may_hold(*texts) else events

    def _masked_events(self, events: list[ServerSentEvent], texts: list[str]) -> Iterator[ServerSentEvent]:
        for event, (data, count) in zip(events, map(mask, texts), strict=True):
            self._masked += count
            yield event._replace(data=data) if count else event

    def gap(self, gap: Gap) -> list[AgentMessage]:
        """What waited, then the row that names what is gone for good, so that a hole is never silent."""
        where = f"line {gap.first}" if gap.first == gap.last else f"lines {gap.first} to {gap.last}"
        note = _note("gap", f"{where} of the source are missing: {gap.reason}")
        metadata = {**note.metadata, "from": gap.first, "to": gap.last, "reason": gap.reason}
        self._last_event_id = gap.event_id
        return self._all(self._identified([replace(note, metadata=metadata)], gap.event_id, self._clock()))

    def end(self, reason: Reason, exit_code: int | None) -> tuple[Ending, list[AgentMessage], str | None]:
        """What the end means, the rows that close the log, and the id of the last event they account for."""
        ending = self._parser.finalize(reason, exit_code)
        messages = list(ending.messages)
        if self._skipped and not messages:
            messages.append(_note("skipped", f"{len(self._skipped)} events with nothing to show"))
        event_id = end_id(reason, self._last_event_id)
        if event_id in self._stored_ends:
            messages = []
        rows = self._all(self._identified(messages, event_id, self._clock()))
        return ending, rows, self._last_event_id

    def _all(self, rows: list[AgentMessage]) -> list[AgentMessage]:
        """These rows after whatever waited for them; none waits any more."""
        return rows if self._masker is None else [*self._masker.push(rows), *self._masker.flush()]

    def _identified(self, messages: list[AgentMessage], event_id: str | None, now: datetime) -> list[AgentMessage]:
        raw = "\n".join(self._skipped) if self._skipped else None
        self._skipped.clear()
        self._skipped_size = 0
        if self._masked and messages:
            first = messages[0]
            messages = [replace(first, metadata={**first.metadata, MASKED: self._masked}), *messages[1:]]
            self._masked = 0
        return [
            _completed(
                message,
                message_id(self._agent_id, event_id, part) if event_id else new_id(),
                event_id,
                None if part else raw,
                now,
            )
            for part, message in enumerate(messages)
        ]


def _completed(
    message: AgentMessage, row_id: UUID, event_id: str | None, raw: str | None, now: datetime
) -> AgentMessage:
    """The parser's message with what makes it a row.

    It is nobody else's yet, so it is filled in rather than copied, a third of the time; a parser that gives the same
    message again gets it copied.
    """
    row = replace(message) if message.id is not None else message
    _set(row, "id", row_id)
    _set(row, "event_id", event_id)
    _set(row, "raw", raw)
    _set(row, "created_at", now)
    return row


def _note(kind: str, content: str) -> AgentMessage:
    return AgentMessage(type="system", op="note", content=content, metadata={KIND: kind})
