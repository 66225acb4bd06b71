"""Messages and agents as rows: to Arrow for the insert, from tuples for the read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

import pyarrow as pa

from nbstream.messages import AgentMessage, AgentRecord
from nbstream.store.identity import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MESSAGE_COLUMNS: Final = (
    "id", "agent_id", "sequence_number", "type", "role", "part", "content", "raw", "metadata", "created_at", "block",
    "op", "event_id",
)  # fmt: skip
AGENT_COLUMNS: Final = (
    "id", "type", "status", "prompt", "session_id", "model", "source", "parent_agent_id", "created_at", "started_at",
    "completed_at", "error", "last_event_id", "owner", "metadata",
)  # fmt: skip

# Times travel as microseconds: DuckDB's own conversion of TIMESTAMPTZ needs pytz.
SELECT_AGENT: Final = ", ".join(f"epoch_us({name})" if name.endswith("_at") else name for name in AGENT_COLUMNS)

TIME: Final = pa.timestamp("us", tz="UTC")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

T = TypeVar("T")
U = TypeVar("U")


def storable(message: AgentMessage) -> AgentMessage:
    """The message as the store can keep it: with an id and a time, and as valid Unicode.

    A lone surrogate (half of a pair that a source split over two deltas) has no UTF-8 and becomes U+FFFD; its JSON
    escape is still there, letter for letter, in `raw`.
    """
    if message.id is None or message.created_at is None:
        message = replace(message, id=message.id or new_id(), created_at=message.created_at or datetime.now(UTC))
    texts = (message.content, message.raw, message.block, message.event_id)
    for text in texts:
        if text is not None and not text.isascii() and not _encodable(text):
            content, raw, block, event_id = (text and valid_text(text) for text in texts)
            return replace(message, content=content or "", raw=raw, block=block, event_id=event_id)
    return message


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def valid_text(text: str) -> str:
    """The text with U+FFFD for every lone surrogate."""
    if _encodable(text):
        return text
    return text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")


def metadata_text(metadata: Mapping[str, Any]) -> str:
    """The metadata as JSON text that DuckDB accepts: null for NaN and infinities, U+FFFD for lone surrogates.

    Raises:
        TypeError: a value is not JSON.
    """
    if not metadata:
        return "{}"
    try:
        text = json.dumps(dict(metadata), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError:
        finite = json.loads(json.dumps(dict(metadata)), parse_constant=lambda _: None)
        text = json.dumps(finite, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() else valid_text(text)


def numbered(message: AgentMessage, agent_id: UUID, sequence_number: int) -> AgentMessage:
    """The message with its place in the log (`dataclasses.replace` takes thrice the time)."""
    return AgentMessage(
        type=message.type,
        content=message.content,
        op=message.op,
        block=message.block,
        role=message.role,
        part=message.part,
        raw=message.raw,
        metadata=message.metadata,
        id=message.id,
        event_id=message.event_id,
        agent_id=agent_id,
        sequence_number=sequence_number,
        created_at=message.created_at,
    )


def uuid_array(values: Sequence[UUID]) -> pa.Array:
    """UUIDs as Arrow's UUID type: DuckDB reads it without parsing text."""
    storage = pa.py_buffer(b"".join(_made_once(_bytes, values)))
    return pa.ExtensionArray.from_storage(pa.uuid(), pa.Array.from_buffers(pa.binary(16), len(values), [None, storage]))


def _made_once(make: Callable[[T], U], values: Sequence[T]) -> list[U]:
    """What `make` makes of each; once for neighbours that are one object, as rows share their agent's id."""
    made: list[U] = []
    append, last = made.append, None
    for value in values:
        if value is not last:
            last, latest = value, make(value)
        append(latest)
    return made


def _bytes(value: UUID) -> bytes:
    return value.int.to_bytes(16, "big")


def message_table(messages: Sequence[AgentMessage], metadata: Sequence[str]) -> pa.Table:
    """Numbered messages as one Arrow table, in the order of `MESSAGE_COLUMNS`; 1 µs a row.

    Args:
        messages: saved or about to be.
        metadata: the JSON text of each message's metadata.
    """
    columns = [metadata if name == "metadata" else list(map(_GET[name], messages)) for name in MESSAGE_COLUMNS]
    arrays = [_array(name, values) for name, values in zip(MESSAGE_COLUMNS, columns, strict=True)]
    return pa.Table.from_arrays(arrays, names=list(MESSAGE_COLUMNS))


_GET: Final = {name: attrgetter(name) for name in MESSAGE_COLUMNS}


def _array(name: str, values: Sequence[Any]) -> pa.Array:
    if name in ("id", "agent_id"):
        return uuid_array(values)
    if name == "created_at":
        return pa.array(_made_once(_microseconds, values), TIME)
    return pa.array(values, pa.int64() if name == "sequence_number" else pa.string())


def _microseconds(time: datetime) -> int:
    """The microseconds after the epoch, exact; a time without a zone is UTC."""
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def select_messages(*, raw: bool) -> str:
    """The column list that `message_from_row` reads; `raw` as NULL where it is not asked for, so it is not scanned."""
    names = {"created_at": "epoch_us(created_at)"} | ({} if raw else {"raw": "NULL"})
    return ", ".join(names.get(name, name) for name in MESSAGE_COLUMNS)


def message_from_row(row: tuple[Any, ...]) -> AgentMessage:
    """The message of one row of `select_messages`."""
    id_, agent_id, number, kind, role, part, content, raw, metadata, created_at, block, op, event_id = row
    return AgentMessage(
        id=id_,
        agent_id=agent_id,
        sequence_number=number,
        type=kind,
        role=role,
        part=part,
        content=content,
        raw=raw,
        metadata={} if metadata == "{}" else json.loads(metadata),
        created_at=moment(created_at),
        block=block,
        op=op,
        event_id=event_id,
    )


def moment(microseconds: int) -> datetime:
    """The UTC time that many microseconds after the epoch, exact."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


def agent_row(record: AgentRecord) -> list[Any]:
    """The values of `AGENT_COLUMNS`."""
    values = [getattr(record, name) for name in AGENT_COLUMNS[:-1]]
    texts = [valid_text(value) if isinstance(value, str) else value for value in values]
    return [*texts, metadata_text(record.metadata)]


def agent_from_row(row: tuple[Any, ...]) -> AgentRecord:
    """The agent of one row of `SELECT_AGENT`."""
    values = dict(zip(AGENT_COLUMNS, row, strict=True))
    for name, value in values.items():
        if name.endswith("_at") and value is not None:
            values[name] = moment(value)
    values["metadata"] = json.loads(values["metadata"])
    return AgentRecord(**values)
