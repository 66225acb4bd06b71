"""What an agent printed, as a file: JSON lines, or an event stream; through the parser of its format."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from nbstream.errors import EventTooLarge
from nbstream.messages import AgentRecord
from nbstream.parsers import parser_named
from nbstream.service.masker import Masker
from nbstream.service.recorder import Recorder
from nbstream.sources.lines import LineDecoder
from nbstream.sse import EventStreamDecoder, ServerSentEvent
from nbstream.store.rows import message_table, metadata_text, numbered, storable

if TYPE_CHECKING:
    import pyarrow as pa

    from nbstream.messages import AgentMessage

NAMESPACE: Final = UUID("b3a5f4b0-6b8e-5d0c-9a55-1f3f6f0f4b1d")
"""Of the ids of imported agents."""

_CHUNK: Final = 1024 * 1024
_EVENTS: Final = 2_000
"""Events parsed at a time."""


@dataclass(frozen=True, slots=True)
class Read:
    """One agent, as a file tells it.

    Args:
        rows: numbered from 1, in the columns of the store.
        skipped: what was left out, one sentence each.
    """

    record: AgentRecord
    rows: pa.Table
    skipped: list[str] = field(default_factory=list)


def read(path: Path, source: str | None) -> Read:
    """An agent whose id is of the file's bytes, and whose rows are of its lines; all times are the file's.

    Args:
        path: JSON lines, or an event stream where the name ends in `.sse`.
        source: the wire format; None to find out.

    Raises:
        UnknownSource: no parser has that name.
        ValueError: nothing in the file could be read.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    agent_id = uuid5(NAMESPACE, f"{source or 'auto'}/{digest}/0")
    time = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    parser = parser_named(source or "auto")
    recorder = Recorder(agent_id, parser, lambda: time, Masker())
    made: list[AgentMessage] = []
    skipped: list[str] = []
    for events in _batched(_events(path, skipped), _EVENTS):
        made += recorder.rows(events)
    ending, last, cursor = recorder.end("eof", None)
    if not made:
        raise ValueError(f"{path} holds nothing that an agent printed: expected JSON lines, or an event stream (.sse)")
    record = AgentRecord(
        id=agent_id, type=source or "auto", source="import", status=ending.status, error=ending.error,
        session_id=parser.session_id, model=parser.model, created_at=time, started_at=time, completed_at=time,
        last_event_id=cursor, metadata={"imported": {"file": path.name, "sha256": digest}},
    )  # fmt: skip
    return Read(record, table(agent_id, [*made, *last]), skipped)


def table(agent_id: UUID, messages: Iterable[AgentMessage]) -> pa.Table:
    """Messages numbered from 1, in the columns of the store."""
    rows = [numbered(storable(message), agent_id, number) for number, message in enumerate(messages, 1)]
    return message_table(rows, [metadata_text(row.metadata) for row in rows])


def _events(path: Path, skipped: list[str]) -> Iterator[ServerSentEvent]:
    decoder = EventStreamDecoder() if path.suffix == ".sse" else LineDecoder()
    number = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            for event in _fed(decoder, chunk, skipped):
                number += 1
                yield event._replace(id=f"file.{number}")
        rest = decoder.close() if isinstance(decoder, LineDecoder) else []
        for event in rest:
            number += 1
            yield event._replace(id=f"file.{number}")


def _fed(decoder: EventStreamDecoder | LineDecoder, chunk: bytes, skipped: list[str]) -> list[ServerSentEvent]:
    try:
        return decoder.feed(chunk)
    except EventTooLarge as error:
        skipped.append(str(error))
        with contextlib.suppress(EventTooLarge):
            return decoder.feed(b"")
        return []


def _batched(events: Iterable[ServerSentEvent], size: int) -> Iterator[list[ServerSentEvent]]:
    batch: list[ServerSentEvent] = []
    for event in events:
        batch.append(event)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def spread(messages: Iterable[AgentMessage], times: Iterable[datetime]) -> Iterator[AgentMessage]:
    """The messages at those times, each a microsecond at least after the one before."""
    last: datetime | None = None
    for message, time in zip(messages, times, strict=True):
        if last is not None and time <= last:
            time = last + timedelta(microseconds=1)  # noqa: PLW2901 - of two rows of one moment, the second is later
        last = time
        yield replace(message, created_at=time)
