"""What an agent's side and its views say to each other, as JSON; mirrored in `widget/frontend/message.ts`.

One shape for every way into the page: comm custom messages and WebSocket frames are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, NotRequired, TypedDict
from uuid import UUID

from nbstream.messages import AgentMessage, AgentRecord, MessageType, Op, Part, Role


class LiveJson(TypedDict):
    """How the service's link to the source is."""

    state: str
    detail: str | None


class RecordJson(TypedDict):
    """One agent, as far as a view needs it; times are UTC ISO 8601."""

    id: str
    type: str
    status: str
    source: str
    prompt: str | None
    session_id: str | None
    model: str | None
    created_at: str | None
    started_at: str | None
    completed_at: str | None
    error: str | None


class RowJson(TypedDict, total=False):
    """What is new in a row: whatever it leaves out is as in the row before it.

    Before the first row of a batch: the number `after` (0 without it), an appended text of the assistant, no block, no
    content, no metadata, the beginning of 1970. A row is its agent's and has a number: its id is left to REST.
    """

    sequence_number: int
    """Left out: one more than that of the row before."""
    type: MessageType
    role: Role | None
    part: Part | None
    block: str | None
    op: Op
    content: str
    metadata: dict[str, Any]
    us: int
    """Microseconds after the row before; where JavaScript does not count so far, `created_at` in its place."""
    created_at: str


class BatchJson(TypedDict):
    """Rows, and how far the store is."""

    type: Literal["agent:message"]
    agent_id: str
    messages: list[RowJson]
    head: int
    after: NotRequired[int]
    """Of the numbers above this one, up to the last row here, no other row exists: what is not here was compacted."""


class StatusJson(TypedDict):
    """Where the agent is; `agent:complete` is the last one."""

    type: Literal["agent:status", "agent:complete"]
    agent_id: str
    record: RecordJson
    head: int
    duplicates: int
    live: LiveJson


class ErrorJson(TypedDict):
    """Something the view should tell its reader; `agent_id` is None where it is about no agent."""

    type: Literal["agent:error"]
    agent_id: str | None
    message: str
    reason: str | None


class RawJson(TypedDict):
    """The source as received of one row."""

    type: Literal["agent:raw"]
    agent_id: str
    sequence_number: int
    raw: str | None


class QuietJson(TypedDict):
    """No more rows by comm until a view subscribes."""

    type: Literal["agent:quiet"]
    agent_id: str


class CodeJson(TypedDict):
    """The code of the view, for a page that has none."""

    type: Literal["agent:code"]
    agent_id: str
    code: str


class NewsJson(TypedDict):
    """An agent is new, or its row has changed; for a list of agents. Only over a WebSocket."""

    type: Literal["agent:created", "agent:updated"]
    record: RecordJson


class DeletedJson(TypedDict):
    """An agent is gone, with the file that held it. Only over a WebSocket."""

    type: Literal["agent:deleted"]
    agent_id: str


class PongJson(TypedDict):
    """The answer to a ping. Only over a WebSocket."""

    type: Literal["pong"]


@dataclass(frozen=True, slots=True)
class Subscribe:
    """A view asks for every row after `since`, and for what comes."""

    since: int


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """A view gets its rows by another way, and wants no more by this one."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A reader pressed Stop."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A reader wants the source of one row."""

    sequence_number: int


@dataclass(frozen=True, slots=True)
class Code:
    """A page that has no view yet asks for its code."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Somebody wants to know whether anybody is there."""


Request = Subscribe | Unsubscribe | Stop | Raw | Code
"""What one agent's view asks over its comm."""
Asked = Subscribe | Unsubscribe | Raw
"""What is asked of one of the agents of a WebSocket; Stop goes by REST, and whoever asks has a view."""

LIVE: Final[LiveJson] = {"state": "live", "detail": None}

BATCH_SIZE: Final = 1_000_000
"""Characters of one batch at most, unless one row alone is longer."""

ROW_SIZE: Final = 400
"""Characters of a row's JSON beside its content and metadata, at most."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_EXACT: Final = 2**53
_BEFORE: Final = AgentMessage(type="assistant", role="assistant", part="text", op="append", content="")
"""What the first row of a batch is compared with."""
_CARRIED: Final = ("type", "role", "part", "block", "op", "content", "metadata")
"""What a row that leaves it out has from the row before."""


def record_json(record: AgentRecord) -> RecordJson:
    """The record as a view gets it; `metadata` stays in the kernel."""
    return {
        "id": str(record.id),
        "type": record.type,
        "status": record.status,
        "source": record.source,
        "prompt": record.prompt,
        "session_id": record.session_id,
        "model": record.model,
        "created_at": _time(record.created_at),
        "started_at": _time(record.started_at),
        "completed_at": _time(record.completed_at),
        "error": record.error,
    }


def batch_json(agent_id: UUID, messages: Sequence[AgentMessage], *, head: int, after: int | None = None) -> BatchJson:
    """Rows for a view.

    Args:
        agent_id: whose.
        messages: saved ones, in order.
        head: the highest sequence number that is saved.
        after: the number of the row before these in the log, where the sender knows it.
    """
    rows = rows_json(messages, after or 0)
    batch: BatchJson = {"type": "agent:message", "agent_id": str(agent_id), "messages": rows, "head": head}
    return batch if after is None else {**batch, "after": after}


def rows_json(messages: Iterable[AgentMessage], after: int = 0) -> list[RowJson]:
    """Saved messages of one agent, each without what is as in the one before.

    Args:
        messages: in any order; their times are told in UTC.
        after: the number of the row before these.
    """
    rows: list[RowJson] = []
    number, before, moment = after, _BEFORE, _EPOCH
    for message in messages:
        row: RowJson = {}
        number += 1
        if message.sequence_number != number:
            row["sequence_number"] = number = message.sequence_number or 0
        if message.type != before.type:
            row["type"] = message.type
        if message.role != before.role:
            row["role"] = message.role
        if message.part != before.part:
            row["part"] = message.part
        if message.block != before.block:
            row["block"] = message.block
        if message.op != before.op:
            row["op"] = message.op
        time = message.created_at or moment
        if time != moment:
            _put_time(row, time, moment)
            moment = time
        if message.content != before.content:
            row["content"] = message.content
        if message.metadata is not before.metadata and not _same(message.metadata, before.metadata):
            row["metadata"] = dict(message.metadata)
        rows.append(row)
        before = message
    return rows


def read_batch(batch: BatchJson) -> list[AgentMessage]:
    """The messages that `batch_json` wrote, as far as a view needs them: without id, event id and raw."""
    agent_id = UUID(batch["agent_id"])
    before: dict[str, Any] = {name: getattr(_BEFORE, name) for name in _CARRIED}
    number, moment = batch.get("after", 0), _EPOCH
    messages: list[AgentMessage] = []
    for row in batch["messages"]:
        number = row.get("sequence_number", number + 1)
        time = row.get("created_at")
        moment = moment + timedelta(microseconds=row.get("us", 0)) if time is None else datetime.fromisoformat(time)
        before = before | {name: value for name, value in row.items() if name in _CARRIED}
        messages.append(AgentMessage(agent_id=agent_id, sequence_number=number, created_at=moment, **before))
    return messages


def status_json(
    record: AgentRecord, *, head: int, duplicates: int = 0, live: LiveJson = LIVE, complete: bool = False
) -> StatusJson:
    """Where the agent is.

    Args:
        record: its row, as last committed.
        head: the highest sequence number that is saved.
        duplicates: re-delivered messages that the store refused.
        live: how the link to the source is.
        complete: whether this is the last word.
    """
    return {
        "type": "agent:complete" if complete else "agent:status",
        "agent_id": str(record.id),
        "record": record_json(record),
        "head": head,
        "duplicates": duplicates,
        "live": live,
    }


def error_json(agent_id: UUID | None, error: Exception) -> ErrorJson:
    """An error for the reader of a view; its class is the reason."""
    about = None if agent_id is None else str(agent_id)
    return {"type": "agent:error", "agent_id": about, "message": str(error), "reason": type(error).__name__}


def raw_json(agent_id: UUID, sequence_number: int, raw: str | None) -> RawJson:
    """The source as received of one row, or None where nothing was kept."""
    return {"type": "agent:raw", "agent_id": str(agent_id), "sequence_number": sequence_number, "raw": raw}


def quiet_json(agent_id: UUID) -> QuietJson:
    """A view asked for quiet: another one that still listens subscribes anew."""
    return {"type": "agent:quiet", "agent_id": str(agent_id)}


def code_json(agent_id: UUID, code: str) -> CodeJson:
    """The code of the view, an ES module."""
    return {"type": "agent:code", "agent_id": str(agent_id), "code": code}


def read_request(content: object) -> Request | None:
    """What a view asked, or None for what no view of ours sends: a page is not to be trusted with more."""
    if not isinstance(content, dict):
        return None
    match content.get("type"):
        case "subscribe":
            since = _whole(content.get("since"))
            return None if since is None else Subscribe(since)
        case "unsubscribe":
            return Unsubscribe()
        case "stop":
            return Stop()
        case "code":
            return Code()
        case "raw":
            number = _whole(content.get("sequence_number"))
            return None if number is None else Raw(number)
        case _:
            return None


def read_asked(content: object) -> tuple[UUID, Asked] | Ping | None:
    """What a frame of a WebSocket asks, and of which agent; None for what no view of ours sends."""
    if not isinstance(content, dict):
        return None
    if content.get("type") == "ping":
        return Ping()
    try:
        agent_id = UUID(content.get("agent_id", ""))
    except (ValueError, TypeError, AttributeError):
        return None
    asked = read_request(content)
    return None if asked is None or isinstance(asked, Stop | Code) else (agent_id, asked)


def split(messages: Sequence[AgentMessage], size: int = BATCH_SIZE) -> Iterator[list[AgentMessage]]:
    """Parts of at most `size` characters each, in order; a row that is longer goes alone."""
    part: list[AgentMessage] = []
    total = 0
    for message in messages:
        weight = ROW_SIZE + len(message.content) + (len(str(message.metadata)) if message.metadata else 0)
        if part and total + weight > size:
            yield part
            part, total = [], 0
        part.append(message)
        total += weight
    if part:
        yield part


def _whole(value: Any) -> int | None:
    """A whole number from 0; JavaScript sends 5.0 as 5, and `True` is no number."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _put_time(row: RowJson, time: datetime, before: datetime) -> None:
    us = (time - before) // _MICROSECOND
    if -_EXACT < us < _EXACT:
        row["us"] = us
    else:
        row["created_at"] = time.astimezone(UTC).isoformat(timespec="microseconds")


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether they are the same JSON: to Python 1, 1.0 and True are equal, and their names in another order too."""
    return (not one and not other) or (len(one) == len(other) and repr(dict(one)) == repr(dict(other)))


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat(timespec="microseconds")
