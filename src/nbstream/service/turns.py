"""The next turn of a conversation: a new agent that knows what was said before.

An agent is one run on one prompt, so each turn is an agent of its own, linked to the one before by `parent_agent_id`.
What was said comes from the log and from nowhere else: it is the same after a restart, and in another notebook.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from nbstream.errors import AgentBusy, SourceRefused
from nbstream.messages import IS_ERROR, PARENT, TERMINAL, TOOL_CALL_ID, TOOL_NAME
from nbstream.secrets import mask
from nbstream.service.streaming import MASK, utc_now
from nbstream.sources import Request, Said, source_from
from nbstream.store.identity import new_id

if TYPE_CHECKING:
    from nbstream.messages import AgentRecord
    from nbstream.service.streaming import StreamingService
    from nbstream.sources import Source
    from nbstream.store import MessageStore

CONVERSATION: Final = "conversation"
"""Key of `agents.metadata` that all turns of a conversation share: the id of the first."""
AFTER: Final = "after"
"""Key of `agents.metadata`: the turn before this one."""
RESULTS: Final = "tool_results"
"""Key of `agents.metadata`: what this turn gave back to the calls of the one before, by tool call id."""
NOT_RUN: Final = "No result: this call was not run."
LONGEST: Final = 1000
"""Turns that are followed back; a longer chain is a fault."""


def next_turn(
    service: StreamingService,
    before: AgentRecord,
    prompt: str,
    tool_results: Mapping[str, str],
    source: Source | None,
    **options: Any,
) -> tuple[UUID, Source]:
    """Starts the turn after `before`.

    Args:
        service: reads the new agent.
        before: the turn before, as it is now.
        prompt: what the person says.
        tool_results: results of the calls that the turn before made, by tool call id.
        source: the one that ran the turn before, with its secrets; None makes it again from its description.
        options: options that differ from those of the turn before.

    Raises:
        AgentBusy: the turn before is not over.
        SourceRefused: its source takes one prompt only, or the program has named no session.
    """
    if before.status not in TERMINAL:
        raise AgentBusy(f"agent {before.id} is still {before.status}: wait for it (agent.wait()) or agent.stop() it")
    made = _again(before, source, options)
    kind = _kind(made, prompt, tool_results)
    conversation = str(before.metadata.get(CONVERSATION) or before.id)
    session = before.session_id if kind == "session" else conversation
    if session is None:
        raise SourceRefused(f"agent {before.id} has named no session to go on with: use nbs.launch")
    asked = before.metadata.get("asked") or {}
    request = Request(
        agent_id=new_id(),
        prompt=prompt,
        session_id=session,
        model=asked.get("model"),
        history=tuple(_history(service.store, before, tool_results)) if kind == "messages" else (),
    )
    metadata = {CONVERSATION: conversation, AFTER: str(before.id), **_kept(before, tool_results)}
    service.start(_record(before, request, made, metadata), made, request)
    return request.agent_id, made


def _kind(source: Source, prompt: str, tool_results: Mapping[str, str]) -> str:
    """How the source goes on with a conversation."""
    kind: str | None = getattr(source, "conversation", None)
    if kind is None:
        raise SourceRefused(f"the source {source.name!r} takes one prompt and no second one: use nbs.launch")
    if tool_results and kind != "messages":
        raise SourceRefused(f"the source {source.name!r} runs its tools itself and takes no tool_results")
    if not prompt and not tool_results:
        raise SourceRefused("expected something to send, got an empty prompt and no tool_results")
    return kind


def _kept(before: AgentRecord, tool_results: Mapping[str, str]) -> dict[str, Any]:
    """What the store keeps of this turn's results, and of the choice to mask secrets: as in the turn before."""
    if before.metadata.get(MASK) is False:
        return {MASK: False, **({RESULTS: dict(tool_results)} if tool_results else {})}
    return {RESULTS: {call: mask(text)[0] for call, text in tool_results.items()}} if tool_results else {}


def _record(before: AgentRecord, request: Request, source: Source, metadata: Mapping[str, Any]) -> AgentRecord:
    """The row of the new turn: whose and of what the turn before was."""
    return replace(
        before,
        id=request.agent_id,
        type=source.parser,
        status="created",
        prompt=request.prompt,
        session_id=request.session_id,
        model=request.model,
        parent_agent_id=before.id,
        created_at=utc_now(),
        started_at=None,
        completed_at=None,
        error=None,
        last_event_id=None,
        metadata=metadata,
    )


def _again(before: AgentRecord, source: Source | None, options: Mapping[str, Any]) -> Source:
    """The source of the turn before, made anew: an instance serves one run."""
    again = getattr(source, "again", None)
    if again is not None:
        made: Source = again(**options)
        return made
    description = before.metadata["source"]
    return source_from({**description, "options": {**description.get("options", {}), **options}})


def _history(store: MessageStore, last: AgentRecord, results: Mapping[str, str]) -> Iterable[Said]:
    """What was said up to and with the turn `last`, oldest first; each call has its result."""
    turns = [last]
    while (earlier := turns[-1].metadata.get(AFTER)) and len(turns) < LONGEST:
        turns.append(store.get_agent(UUID(earlier)))
    turns.reverse()
    for turn, given in zip(turns, [*(turn.metadata.get(RESULTS) or {} for turn in turns[1:]), results], strict=True):
        if turn.prompt:
            yield Said(role="user", content=turn.prompt)
        yield from _answered(_said(store, turn.id), given)


def _said(store: MessageStore, agent_id: UUID) -> list[Said]:
    """The blocks of one turn that a model must see again: no thoughts, no notes, nothing that a subagent said."""
    found: list[Said] = []
    rows = store.query(_BLOCKS, {"agent_id": str(agent_id)}).to_pylist()
    for row in rows:
        call, name = row["call_id"] or "", row["tool"] or ""
        if row["part"] in ("text", "refusal"):
            if row["role"] == "assistant" and row["content"]:
                found.append(Said(role="assistant", content=row["content"]))
        elif row["part"] == "tool_call" and call:
            found.append(Said(role="assistant", content=row["content"], tool=name, call_id=call))
        elif row["part"] == "tool_call_response" and call:
            failed = row["is_error"] == "true"
            found.append(Said(role="tool", content=row["content"], tool=name, call_id=call, is_error=failed))
    return found


def _answered(blocks: list[Said], given: Mapping[str, str]) -> Iterable[Said]:
    """The blocks, with a result for every call: the log's, the person's, or that it was not run. APIs refuse less."""
    names = {block.call_id: block.tool for block in blocks if block.role == "assistant" and block.call_id}
    inside = {block.call_id for block in blocks if block.role == "tool"}
    unknown = set(given) - set(names)
    if unknown:
        raise SourceRefused(f"expected results for {sorted(names) or 'no call'}, got one for {sorted(unknown)}")
    for block in blocks:
        if block.role == "tool" and block.call_id not in names:
            continue
        yield block
    for call_id, name in names.items():
        if call_id not in inside:
            told = given.get(call_id)
            yield Said(
                role="tool",
                content=NOT_RUN if told is None else told,
                tool=name,
                call_id=call_id,
                is_error=told is None,
            )


_BLOCKS: Final = f"""
    SELECT
        role, part, content,
        metadata ->> '$."{TOOL_NAME}"' AS tool,
        metadata ->> '$."{TOOL_CALL_ID}"' AS call_id,
        metadata ->> '$."{IS_ERROR}"' AS is_error
    FROM transcript
    WHERE agent_id = $agent_id AND block IS NOT NULL AND (metadata ->> '$."{PARENT}"') IS NULL
    ORDER BY sequence_number
"""  # noqa: S608 - the names are our own
