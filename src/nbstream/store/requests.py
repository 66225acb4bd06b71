"""What can be asked of the one who writes, and what comes of it. A request keeps its future wherever it is sent."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from nbstream.messages import AgentMessage, AgentRecord
from nbstream.store.rows import metadata_text, storable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

_CHANGEABLE: Final = frozenset(field.name for field in fields(AgentRecord)) - {"id"}

_ROW_BYTES: Final = 300
"""What a message costs besides its text, about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What one commit did for one agent.

    Args:
        agent_id: whose.
        messages: numbered, in order; only the new ones.
        duplicates: messages refused, because the same id with the same bytes was there.
        record: set when the agent's row was created or changed (status, model, …) in this commit.
        deleted: the agent is gone with all of its messages; `record` is what it was.
    """

    agent_id: UUID
    messages: list[AgentMessage]
    duplicates: int = 0
    record: AgentRecord | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Save:
    """Messages of one agent, to be numbered and kept together; made by `save`.

    Args:
        agent_id: whose.
        messages: each with an id and a time, and valid as Unicode.
        metadata: the JSON text of each message's metadata.
        last_event_id: where a reconnect goes on from once these rows are kept; None leaves it.
        size: bytes, estimated.
        future: told when it is committed.
        after: the future of the save that must be kept for this one to be.
    """

    agent_id: UUID
    messages: Sequence[AgentMessage]
    metadata: Sequence[str]
    last_event_id: str | None
    size: int
    future: Future[Committed]
    after: Future[Committed] | None = None


@dataclass(frozen=True, slots=True)
class Create:
    """A new agent; made by `create`."""

    record: AgentRecord
    future: Future[AgentRecord]
    size: int = 1_000


@dataclass(frozen=True, slots=True)
class Update:
    """New values for columns of an agent; made by `update`.

    Args:
        agent_id: whose.
        changes: the values.
        future: told what the agent's row then is.
        expect: entries that its metadata must still have for the change to be made; else it is left as it is.
        merge: entries put into its metadata; the other entries stay as they then are.
    """

    agent_id: UUID
    changes: Mapping[str, Any]
    future: Future[AgentRecord]
    expect: Mapping[str, Any] = field(default_factory=dict)
    merge: Mapping[str, Any] = field(default_factory=dict)
    size: int = 1_000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The store as it is between two commits.

    Args:
        heads: the highest sequence number of every agent.
        records: every agent, oldest first.
    """

    heads: Mapping[UUID, int]
    records: Sequence[AgentRecord]


@dataclass(frozen=True, slots=True)
class Follow:
    """Begin to listen between two commits: the snapshot has all that was committed before, the news all after.

    Args:
        begin: called by the writer at that moment.
        future: told what the store holds at that moment.
    """

    begin: Callable[[], None]
    future: Future[Snapshot]
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retain:
    """A change of what is kept; see `retention.py`.

    Args:
        kind: what to do.
        agents: to which; none for all of those that have ended, where that makes sense.
        changes: of a redaction, the rows that change, of a restoring, those to be there; as an Arrow stream.
        agent_changes: of a redaction, new values of agents: prompt, error, metadata as JSON text; of a restoring,
            next number, duplicates, compacted_to, compacted_rows.
        records: of a restoring, the agents.
        matches: of a redaction, how many texts were taken out.
        future: told the fields of `Retained`.
    """

    kind: Literal["delete", "compact", "redact", "restore"]
    agents: tuple[UUID, ...] = ()
    changes: bytes = b""
    agent_changes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    records: Sequence[AgentRecord] = ()
    matches: int = 0
    size: int = 1_000
    future: Future[dict[str, Any]] = field(default_factory=Future)


Write = Save | Create | Update
"""What a commit is made of."""
Request = Write | Retain


def create(record: AgentRecord) -> Create:
    """The request for a new agent, which gets the time of now where it has none.

    Raises:
        TypeError: metadata is not JSON.
    """
    metadata_text(record.metadata)
    return Create(replace(record, created_at=record.created_at or datetime.now(UTC)), Future())


def update(
    agent_id: UUID,
    changes: Mapping[str, Any],
    expect: Mapping[str, Any] | None = None,
    merge: Mapping[str, Any] | None = None,
) -> Update:
    """The request to change columns of an agent.

    Raises:
        TypeError: an unknown name, or metadata that is not JSON.
    """
    unknown = changes.keys() - _CHANGEABLE
    if unknown:
        names, expected = ", ".join(sorted(unknown)), ", ".join(sorted(_CHANGEABLE))
        raise TypeError(f"an agent has no {names}: expected some of {expected}")
    metadata_text(changes.get("metadata", {}))
    metadata_text(merge or {})
    return Update(agent_id, dict(changes), Future(), expect or {}, merge or {})


def save(
    agent_id: UUID,
    messages: Sequence[AgentMessage],
    last_event_id: str | None,
    after: Future[Committed] | None = None,
) -> Save:
    """The request to save messages, each made fit for the store.

    Raises:
        TypeError: metadata is not JSON.
    """
    ready = [storable(message) for message in messages]
    metadata = [metadata_text(message.metadata) if message.metadata else "{}" for message in ready]
    size = sum([_ROW_BYTES + len(m.content) + len(m.raw or "") for m in ready]) + sum(map(len, metadata))
    return Save(agent_id, ready, metadata, last_event_id, size, Future(), after)


def must_fail(request: Request | Follow) -> bool:
    """Whether it is a save that goes on from one that was not kept."""
    after = request.after if isinstance(request, Save) else None
    return after is not None and after.done() and not after.cancelled() and after.exception() is not None


def row_count(request: Request | Follow) -> int:
    """What a request counts for in a bounded queue."""
    return len(request.messages) if isinstance(request, Save) else 1


def settle(request: Request | Follow, outcome: Committed | AgentRecord | Snapshot | dict[str, Any] | Exception) -> None:
    """Tell whoever holds the request's future, unless they have cancelled it."""
    if not request.future.set_running_or_notify_cancel():
        return
    if isinstance(outcome, Exception):
        request.future.set_exception(outcome)
    else:
        request.future.set_result(outcome)  # type: ignore[arg-type]  # each kind of request has its kind of outcome
