"""What one commit will do, worked out before the database is asked: numbers, duplicates, conflicts. No SQL here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from nbstream.errors import AgentDeleted, AgentNotFound, IdConflict, SaveFailed
from nbstream.messages import KIND, AgentMessage, AgentRecord
from nbstream.store.identity import conflict_id
from nbstream.store.requests import Committed, Create, Save, Update, Write, must_fail
from nbstream.store.rows import metadata_text, numbered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future
    from uuid import UUID

CONFLICT: Final = "conflict"
"""The `nbstream.kind` of the row that reports an id that came twice with different bytes."""

BEFORE_FAILED: Final = "the messages before these were not saved, so these were not either: save them again, in order"


@dataclass(slots=True)
class AgentState:
    """An agent's row as the writer knows it.

    Args:
        record: its public columns.
        next_sequence_number: what the next row gets; never goes down, so that a number is never used twice.
        duplicates: messages refused in its life.
    """

    record: AgentRecord
    next_sequence_number: int = 1
    duplicates: int = 0


@dataclass(slots=True)
class Plan:
    """One commit: what to write, and whom to tell what afterwards.

    Args:
        known: reads an agent's state, or None when the store has no such agent.
        stored: messages that are in the log already, by id, among those this plan is about.
    """

    known: Callable[[UUID], AgentState | None]
    stored: Mapping[UUID, AgentMessage] = field(default_factory=dict)
    messages: list[AgentMessage] = field(default_factory=list)
    metadata: list[str] = field(default_factory=list)
    created: list[AgentState] = field(default_factory=list)
    states: dict[UUID, AgentState] = field(default_factory=dict)
    changed: set[UUID] = field(default_factory=set)
    done: list[tuple[Write, Committed | AgentRecord | Exception]] = field(default_factory=list)
    _seen: dict[int, AgentMessage] = field(default_factory=dict)
    _failed: set[Future[Committed]] = field(default_factory=set)

    def add(self, request: Write) -> None:
        """Take one request in, in the order of the queue."""
        try:
            if isinstance(request, Save):
                self.done.append((request, self._save(request)))
            elif isinstance(request, Create):
                self.done.append((request, self._create(request.record)))
            else:
                self.done.append((request, self._update(request)))
        except (AgentNotFound, IdConflict, SaveFailed) as error:
            self.done.append((request, error))
            if isinstance(request, Save):
                self._failed.add(request.future)

    def committed(self) -> list[Committed]:
        """What listeners hear: one for each agent the commit touched, in the order they came."""
        messages: dict[UUID, list[AgentMessage]] = {agent_id: [] for agent_id in self.states}
        refused = dict.fromkeys(self.states, 0)
        for _, outcome in self.done:
            if isinstance(outcome, Committed):
                messages[outcome.agent_id] += outcome.messages
                refused[outcome.agent_id] += outcome.duplicates
        return [
            Committed(
                agent_id=agent_id,
                messages=messages[agent_id],
                duplicates=refused[agent_id],
                record=state.record if agent_id in self.changed else None,
            )
            for agent_id, state in self.states.items()
            if messages[agent_id] or refused[agent_id] or agent_id in self.changed
        ]

    def _state(self, agent_id: UUID) -> AgentState:
        state = self.states.get(agent_id)
        if state is None:
            known = self.known(agent_id)
            if known is None:
                raise AgentNotFound(f"no agent {agent_id} in this store: create_agent() comes before its messages")
            state = self.states[agent_id] = replace(known)
        return state

    def _create(self, record: AgentRecord) -> AgentRecord:
        try:
            there = self._state(record.id).record
        except AgentDeleted:
            raise
        except AgentNotFound:
            state = self.states[record.id] = AgentState(record)
            self.created.append(state)
            self.changed.add(record.id)
            return record
        if (there.type, there.source, there.prompt) != (record.type, record.source, record.prompt):
            raise IdConflict(f"agent {record.id} is there already, with another type, source or prompt")
        return there

    def _update(self, request: Update) -> AgentRecord:
        state = self._state(request.agent_id)
        metadata = state.record.metadata
        if any(metadata.get(name) != value for name, value in request.expect.items()):
            return state.record
        state.record = replace(state.record, **request.changes)
        if request.merge:
            state.record = replace(state.record, metadata={**state.record.metadata, **request.merge})
        self.changed.add(request.agent_id)
        return state.record

    def _save(self, request: Save) -> Committed:
        if request.after in self._failed or must_fail(request):
            raise SaveFailed(BEFORE_FAILED)
        state = self._state(request.agent_id)
        new: list[AgentMessage] = []
        refused = 0
        for message, metadata in zip(request.messages, request.metadata, strict=True):
            assert message.id is not None
            there = self._there(message.id)
            if there is None:
                self._keep(message, metadata, state, new)
            elif _same(there, message, request.agent_id):
                refused += 1
            else:
                report = _conflict(there, message, request.agent_id)
                assert report.id is not None
                if self._there(report.id) is not None:
                    refused += 1
                else:
                    self._keep(report, metadata_text(report.metadata), state, new)
        state.duplicates += refused
        if request.last_event_id is not None:
            state.record = replace(state.record, last_event_id=request.last_event_id)
        return Committed(agent_id=request.agent_id, messages=new, duplicates=refused)

    def _there(self, message_id: UUID) -> AgentMessage | None:
        """The message of that id, in the log or in this commit. Looked up by number: a UUID's hash is Python's own."""
        there = self._seen.get(message_id.int)
        return self.stored.get(message_id) if there is None and self.stored else there

    def _keep(self, message: AgentMessage, metadata: str, state: AgentState, new: list[AgentMessage]) -> None:
        assert message.id is not None
        number = state.next_sequence_number
        state.next_sequence_number = number + 1
        row = numbered(message, state.record.id, number)
        self._seen[message.id.int] = row
        self.messages.append(row)
        self.metadata.append(metadata)
        new.append(row)


def lookup(
    requests: Sequence[Write], stored: Callable[[Sequence[UUID]], dict[UUID, AgentMessage]]
) -> dict[UUID, AgentMessage]:
    """The messages in the log that these requests would write again, and the conflicts reported before.

    Args:
        requests: of one commit.
        stored: finds messages by id.
    """
    saves = [request for request in requests if isinstance(request, Save)]
    found = stored([message.id for save in saves for message in save.messages if message.id is not None])
    reports = [
        _report_id(message, save.agent_id)
        for save in saves
        for message in save.messages
        if message.id in found and not _same(found[message.id], message, save.agent_id)
    ]
    return found | stored(reports) if reports else found


def _bytes(message: AgentMessage) -> tuple[str | None, ...]:
    return (
        message.type, message.op, message.block, message.part, message.role, message.content, message.raw,
    )  # fmt: skip


def _same(there: AgentMessage, message: AgentMessage, agent_id: UUID) -> bool:
    return there.agent_id == agent_id and _bytes(there) == _bytes(message)


def _report_id(message: AgentMessage, agent_id: UUID) -> UUID:
    assert message.id is not None
    return conflict_id(agent_id, message.id, json.dumps(_bytes(message)).encode())


def _conflict(there: AgentMessage, message: AgentMessage, agent_id: UUID) -> AgentMessage:
    """The row that says what came under an id that was taken. What came is in its metadata, not one byte lost."""
    event = f"event {message.event_id}" if message.event_id else f"message {message.id}"
    return AgentMessage(
        type="error",
        op="note",
        content=f"{event} came again with different bytes: the first ones were kept (message {there.sequence_number})",
        id=_report_id(message, agent_id),
        created_at=message.created_at,
        metadata={
            KIND: CONFLICT,
            "nbstream.conflict.id": str(message.id),
            "nbstream.conflict.stored_agent_id": str(there.agent_id),
            "nbstream.conflict.stored_sequence_number": there.sequence_number,
            "nbstream.conflict.came": {
                "type": message.type,
                "op": message.op,
                "block": message.block,
                "part": message.part,
                "role": message.role,
                "content": message.content,
                "raw": message.raw,
                "metadata": dict(message.metadata),
            },
        },
    )
