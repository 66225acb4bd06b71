"""The values that travel the path, and their one JSON shape.

An `AgentMessage` is one row of the append-only log. A parser makes it without order, id or time: the service
gives it `id`, `event_id`, `raw` and `created_at`, the store its `agent_id` and `sequence_number`. The JSON
shape is mirrored in `widget/frontend/message.ts`; `tests/test_messages.py` proves that both sides agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, TypedDict, final
from uuid import UUID

MessageType = Literal["assistant", "user", "system", "error", "tool", "response"]
"""What a reader would call the row."""

Role = Literal["system", "user", "assistant", "tool"]
"""Who speaks. Source: OpenTelemetry GenAI semantic conventions, roles."""

Part = Literal["text", "reasoning", "refusal", "tool_call", "tool_call_response"]
"""The kind of content. Source: OpenTelemetry GenAI message parts; `refusal` is ours. None for notes."""

Op = Literal["append", "set", "drop", "note"]
"""What the row does to its block: extends it, is all of it, withdraws it, or stands alone."""

AgentStatus = Literal["created", "running", "completed", "failed", "stopped", "interrupted"]
"""Where an agent is. `interrupted`: its source ended without a terminal event."""

TERMINAL: Final[frozenset[str]] = frozenset({"completed", "failed", "stopped", "interrupted"})
"""The statuses after which no message comes, unless an interrupted agent is resumed."""

# The keys of `AgentMessage.metadata`. The first group is OpenTelemetry's, the second ours.
RESPONSE_ID: Final = "gen_ai.response.id"
MODEL: Final = "gen_ai.response.model"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
"""All input tokens, cache reads and writes included."""
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS: Final = "gen_ai.usage.cache_write.input_tokens"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"

KIND: Final = "nbstream.kind"
"""What a note is about: usage, init, retry, task, notice, unknown, invalid, gap, conflict, end, skipped."""
BOOKKEEPING: Final = frozenset({"usage", "skipped"})
"""Kinds of notes that hold figures or bytes and say nothing to a reader: they are in the log, not in the transcript."""
PARENT: Final = "nbstream.parent_tool_call_id"
"""The tool call whose subagent speaks; absent on the main thread."""
IS_ERROR: Final = "nbstream.is_error"
DURATION_MS: Final = "nbstream.duration_ms"
COST_USD: Final = "nbstream.cost_usd"
"""The program's own running total for this process: take the last, never the sum."""
TURNS: Final = "nbstream.turns"
SOURCE_TIME: Final = "nbstream.source_time"
MASKED: Final = "nbstream.masked"
"""How many secrets were taken out of the row before it was written; 0 in a row that holds only the rest of one."""

_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


class _Unfrozen:
    """What an `AgentMessage` is while it is made: the same slots, and plain assignments.

    A frozen dataclass sets each field by a call past its own `__setattr__`; a message is made three times on its way.
    """

    __slots__ = (
        "agent_id", "block", "content", "created_at", "event_id", "id", "metadata", "op", "part", "raw", "role",
        "sequence_number", "type",
    )  # fmt: skip


_become: Final = object.__setattr__


@final
@dataclass(frozen=True, slots=True, kw_only=True, init=False)
class AgentMessage:
    """One displayable event of one agent: a row of the log.

    Args:
        type: what a reader would call it.
        content: text, or JSON text for a tool call's input; never None.
        op: what the row does to its block.
        block: the identity of the content block within the agent; None for notes.
        role: who speaks.
        part: the kind of content; None for notes.
        raw: the source as received, one event a line: the events that made no row since the last one, then this one.
        metadata: the rest, under OpenTelemetry GenAI names where one exists; JSON values only.
        id: primary key; derived from the event where the source gives an identity, else random. The service sets it.
        event_id: the source's own id of the event, `{epoch}.{line}` at a proxy; None where the source gives none.
        created_at: when nbstream received the event, UTC. The service sets it.
        agent_id, sequence_number: given by the store at the save; `sequence_number` counts from 1.
    """

    type: MessageType
    content: str
    op: Op
    block: str | None = None
    role: Role | None = None
    part: Part | None = None
    raw: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    id: UUID | None = None
    event_id: str | None = None
    agent_id: UUID | None = None
    sequence_number: int | None = None
    created_at: datetime | None = None

    def __init__(  # noqa: PLR0913 - a field each
        self,
        *,
        type: MessageType,  # noqa: A002 - fields of the shape
        content: str,
        op: Op,
        block: str | None = None,
        role: Role | None = None,
        part: Part | None = None,
        raw: str | None = None,
        metadata: Mapping[str, Any] = _EMPTY,
        id: UUID | None = None,  # noqa: A002
        event_id: str | None = None,
        agent_id: UUID | None = None,
        sequence_number: int | None = None,
        created_at: datetime | None = None,
    ) -> None:
        """What the generated one would do, in a third of its time (measured: 1.0 µs against 2.6)."""
        _become(self, "__class__", _Unfrozen)
        made: Any = self
        made.type = type
        made.content = content
        made.op = op
        made.block = block
        made.role = role
        made.part = part
        made.raw = raw
        made.metadata = metadata
        made.id = id
        made.event_id = event_id
        made.agent_id = agent_id
        made.sequence_number = sequence_number
        made.created_at = created_at
        made.__class__ = AgentMessage

    def to_json(self, *, raw: bool = False) -> MessageJson:
        """The JSON shape of a saved message.

        Args:
            raw: also carry `raw`, which a view needs only on demand.

        Raises:
            ValueError: the message has not been saved, so it has no order.
        """
        if self.id is None or self.agent_id is None or self.sequence_number is None or self.created_at is None:
            raise ValueError("expected a saved message; this one has no id, agent, sequence number or time yet")
        shape: MessageJson = {
            "id": str(self.id),
            "agent_id": str(self.agent_id),
            "sequence_number": self.sequence_number,
            "type": self.type,
            "role": self.role,
            "part": self.part,
            "block": self.block,
            "op": self.op,
            "content": self.content,
            "metadata": dict(self.metadata),
            "created_at": self.created_at.isoformat(timespec="microseconds"),
        }
        if raw:
            shape["raw"] = self.raw
        return shape

    @classmethod
    def from_json(cls, shape: MessageJson) -> AgentMessage:
        """The message that `to_json` wrote."""
        return cls(
            id=UUID(shape["id"]),
            agent_id=UUID(shape["agent_id"]),
            sequence_number=shape["sequence_number"],
            type=shape["type"],
            role=shape["role"],
            part=shape["part"],
            block=shape["block"],
            op=shape["op"],
            content=shape["content"],
            metadata=shape["metadata"],
            created_at=datetime.fromisoformat(shape["created_at"]),
            raw=shape.get("raw"),
        )


class _Required(TypedDict):
    id: str
    agent_id: str
    sequence_number: int
    type: MessageType
    role: Role | None
    part: Part | None
    block: str | None
    op: Op
    content: str
    metadata: dict[str, Any]
    created_at: str


class MessageJson(_Required, total=False):
    """One saved message on any wire of ours; snake_case, UTC ISO 8601 times with microseconds."""

    raw: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRecord:
    """One agent: one run of one program on one prompt. A row of `agents`.

    Args:
        id: random (UUIDv7), given by whoever launches it.
        type: the wire format its output is read as, for instance `claude`.
        source: where its bytes come from, a name from `nbstream.sources`.
        last_event_id: the source's id of the last event that is in the log; where a reconnect goes on.
        metadata: what is needed to find the source again after a restart; never a secret.
        error: why it failed or was interrupted, one sentence.
        owner: whose it is where a server names its people; None where one person has the store.
    """

    id: UUID
    type: str
    status: AgentStatus
    source: str
    prompt: str | None = None
    session_id: str | None = None
    model: str | None = None
    parent_agent_id: UUID | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error: str | None = None
    last_event_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    owner: str | None = None
