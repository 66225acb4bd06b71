"""What owner and joined say to each other: frames of a JSON header and, for tables, an Arrow stream. No pickle.

A frame is 4 bytes length of the header, 8 bytes length of the body (both big-endian), the header, the body.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pyarrow as pa

from nbstream import errors
from nbstream.messages import AgentMessage, AgentRecord
from nbstream.store.rows import MESSAGE_COLUMNS, TIME, metadata_text, moment, uuid_array

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VERSION: Final = 4
"""Of this page. Owner and joined must agree; it grows with every change."""

MAX_HEADER: Final = 256 * 1024 * 1024
"""Bytes: the longest header lists all agents with their prompts."""

MAX_BODY: Final = 4 * 1024 * 1024 * 1024
"""Bytes: a body holds at most the result of one query."""

Header = dict[str, Any]
Frame = tuple[Header, bytes]

_LENGTHS: Final = struct.Struct(">IQ")


class Channel:
    """Frames over a socket; one thread sends at a time, one receives."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reader = connection.makefile("rb")
        self._sending = threading.Lock()

    def send(self, header: Header, body: bytes = b"") -> None:
        """Send a frame.

        Raises:
            OSError: the other side is gone.
        """
        text = json.dumps(header).encode()
        with self._sending:
            self._connection.sendall(_LENGTHS.pack(len(text), len(body)) + text)
            if body:
                self._connection.sendall(body)

    def receive(self) -> Frame | None:
        """The next frame; None when the other side is gone, in the middle of a frame too."""
        try:
            lengths = self._reader.read(_LENGTHS.size)
            if len(lengths) < _LENGTHS.size:
                return None
            header_size, body_size = _LENGTHS.unpack(lengths)
            if header_size > MAX_HEADER or body_size > MAX_BODY:
                return None
            text, body = self._reader.read(header_size), self._reader.read(body_size)
            if len(text) < header_size or len(body) < body_size:
                return None
            return json.loads(text), body
        except (OSError, ValueError):
            return None

    def hang_up(self) -> None:
        """End the conversation; wakes whoever sends or receives."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the socket; nobody may be sending or receiving."""
        with contextlib.suppress(OSError):
            self._reader.close()
        self._connection.close()


def table_bytes(table: pa.Table) -> bytes:
    """A table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def table_from(body: bytes) -> pa.Table:
    """The table of an Arrow stream."""
    with pa.ipc.open_stream(body) as reader:
        return reader.read_all()


def messages_bytes(messages: Sequence[AgentMessage], *, raw: bool, metadata: Sequence[str] | None = None) -> bytes:
    """Messages, saved or not, as an Arrow stream.

    Args:
        messages: each with an id and a time.
        raw: send `raw` along.
        metadata: the JSON text of each message's metadata, where it is known.
    """
    texts = metadata if metadata is not None else [metadata_text(message.metadata) for message in messages]
    columns: dict[str, pa.Array] = {}
    for name in MESSAGE_COLUMNS:
        values: Sequence[Any] = texts if name == "metadata" else [getattr(one, name) for one in messages]
        if name == "raw" and not raw:
            columns[name] = pa.nulls(len(messages), pa.string())
        elif name in ("id", "agent_id"):
            columns[name] = pa.array([None if value is None else value.bytes for value in values], pa.binary(16))
        else:
            kind = {"sequence_number": pa.int64(), "created_at": TIME}.get(name, pa.string())
            columns[name] = pa.array(values, kind)
    return table_bytes(pa.table(columns))


def messages_from(body: bytes) -> list[AgentMessage]:
    """The messages of `messages_bytes`."""
    table = table_from(body)
    columns = {name: table.column(name) for name in MESSAGE_COLUMNS}
    columns["created_at"] = columns["created_at"].cast(pa.int64())
    rows = zip(*(columns[name].to_pylist() for name in MESSAGE_COLUMNS), strict=True)
    return [_message(dict(zip(MESSAGE_COLUMNS, row, strict=True))) for row in rows]


def _message(values: dict[str, Any]) -> AgentMessage:
    values["id"] = UUID(bytes=values["id"])
    values["agent_id"] = None if values["agent_id"] is None else UUID(bytes=values["agent_id"])
    values["created_at"] = moment(values["created_at"])
    values["metadata"] = {} if values["metadata"] == "{}" else json.loads(values["metadata"])
    return AgentMessage(**values)


def raw_bytes(page: Sequence[tuple[int, str]]) -> bytes:
    """A page of raw texts as an Arrow stream."""
    numbers, texts = zip(*page, strict=True) if page else ((), ())
    return table_bytes(pa.table({"number": pa.array(numbers, pa.int64()), "raw": pa.array(texts, pa.string())}))


def raw_from(body: bytes) -> list[tuple[int, str]]:
    """The page that `raw_bytes` wrote."""
    table = table_from(body)
    return list(zip(table.column("number").to_pylist(), table.column("raw").to_pylist(), strict=True))


def record_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of an agent as JSON values."""

    def plain(value: Any) -> Any:
        if isinstance(value, UUID):
            return str(value)
        return value.isoformat() if isinstance(value, datetime) else value

    return {
        name: json.loads(metadata_text(value)) if name == "metadata" else plain(value) for name, value in values.items()
    }


def record_values(shape: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that `record_json` wrote."""
    values = dict(shape)
    for name, value in values.items():
        if value is not None and name in ("id", "parent_agent_id"):
            values[name] = UUID(value)
        elif value is not None and name.endswith("_at"):
            values[name] = datetime.fromisoformat(value)
    return values


def whole_record_json(record: AgentRecord) -> dict[str, Any]:
    """An agent as JSON values."""
    return record_json({field.name: getattr(record, field.name) for field in fields(record)})


def params_bytes(params: Sequence[Any] | Mapping[str, Any] | None) -> bytes:
    """Parameters of a query as a table of one row, so that each keeps its type."""
    if params is None:
        return b""
    named = dict(params) if hasattr(params, "keys") else {str(place): value for place, value in enumerate(params)}
    return table_bytes(
        pa.table({name: uuid_array([v]) if isinstance(v, UUID) else pa.array([v]) for name, v in named.items()})
        if named
        else pa.table({})
    )


def params_from(body: bytes, *, named: bool) -> Sequence[Any] | Mapping[str, Any] | None:
    """The parameters that `params_bytes` wrote."""
    if not body:
        return None
    table = table_from(body)
    values = {name: table.column(name)[0].as_py() for name in table.column_names}
    return values if named else list(values.values())


_ERRORS: Final[dict[str, type[Exception]]] = {
    kind.__name__: kind
    for kind in (
        errors.AgentBusy, errors.AgentDeleted, errors.AgentNotFound, errors.IdConflict, errors.NbstreamError,
        errors.QueryRefused, errors.SaveFailed,
        errors.StoreClosed, errors.StoreError, TypeError, ValueError,
    )
}  # fmt: skip


def error_json(error: BaseException) -> dict[str, str]:
    """An error as JSON values."""
    return {"kind": type(error).__name__, "message": str(error)}


def error_from(shape: Mapping[str, str]) -> Exception:
    """The error that `error_json` wrote; one of an unknown kind becomes a StoreError that names it."""
    kind = _ERRORS.get(shape["kind"])
    return kind(shape["message"]) if kind else errors.StoreError(f"the store's owner failed: {shape}")
