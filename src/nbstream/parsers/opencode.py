"""opencode, in both of its outputs: the events of `opencode serve` (`GET /event`), and `opencode run --format json`.

The server tells of everything that happens on it: all sessions, every plugin. The first session is the agent's own;
that of a subagent names the task that started it. A part comes as an empty snapshot, as deltas, then as a snapshot
with all its text; a tool's call and result are one part. `run` prints each part once, when it is finished.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import COST_USD, FINISH_REASONS, IS_ERROR, MODEL, PARENT, RESPONSE_ID, SOURCE_TIME, AgentMessage
from nbstream.parsers import _content_block as blocks
from nbstream.parsers._base import JsonParser
from nbstream.parsers._content_block import ContentBlock
from nbstream.parsers._opencode_parts import Parts, iso_time, opencode_tokens
from nbstream.parsers._protocol import Ending
from nbstream.parsers._rows import note, tokens_sentence, unknown
from nbstream.parsers._stream import FILTERED, LENGTH, Usage, error_kind, error_words
from nbstream.parsers._values import items, mapping, number, present, text

if TYPE_CHECKING:
    from nbstream.parsers._protocol import Reason

_CONVERSATION_ID: Final = "gen_ai.conversation.id"
_ABORTED: Final = "MessageAbortedError"
_GOES_ON: Final = frozenset({"tool-calls", "unknown", ""})
"""Reasons of a finished step after which another one follows."""
_CUT_SHORT: Final = {"length": LENGTH, "content-filter": FILTERED}

_SILENT_FAMILIES: Final = frozenset(
    {
        "catalog",
        "command",
        "file",
        "global",
        "ide",
        "installation",
        "integration",
        "lsp",
        "mcp",
        "models-dev",
        "plugin",
        "project",
        "pty",
        "reference",
        "server",
        "skill",
        "tui",
        "vcs",
        "workspace",
        "worktree",
    }
)
"""First words of events about the server itself."""
_SILENT: Final = frozenset({"session.deleted", "session.diff", "session.updated", "question.replied"})
_TODO_MARKS: Final = {"completed": "x", "in_progress": "~", "cancelled": "-"}


class _OpencodeParser(JsonParser):
    """What both outputs have in common: parts, counts, errors and the meaning of the end."""

    def __init__(self) -> None:
        super().__init__()
        self._parts = Parts()
        self._usage: dict[str, Usage] = {}
        self._models: dict[str, str] = {}
        self._costs: dict[str, float] = {}
        self._total = 0.0
        self._others: set[str] = set()
        self._error: str | None = None
        self._aborted = False

    def finalize(self, reason: Reason, exit_code: int | None = None) -> Ending:
        """What the end of the stream means: an error or the last step's own end rule, then the exit code."""
        rows = self._left_over()
        if self._aborted:
            words = "The agent was stopped before its answer was complete."
            return Ending(status="stopped", error=words, messages=rows)
        if self._error is not None:
            return Ending(status="failed", error=self._error, messages=rows)
        if self.finished:
            return Ending(status="completed", messages=rows)
        ending = self._cut_off(reason, exit_code)
        return Ending(status=ending.status, error=ending.error, messages=rows + ending.messages)

    def _left_over(self) -> list[AgentMessage]:
        untold = [message_id for message_id, usage in self._usage.items() if not usage.noted]
        return [row for message_id in untold for row in self._counted(message_id, {})]

    def _usage_of(self, message_id: str) -> Usage:
        return self._usage.setdefault(message_id, Usage())

    def _counted(self, message_id: str, more: dict[str, Any]) -> list[AgentMessage]:
        """The usage note of a message. Its cost is the running total of the stream."""
        cost = {COST_USD: self._total} if self._costs else {}
        usage = self._usage_of(message_id)
        model = self._models.get(message_id) or self.model
        return usage.note(message_id, model, {**cost, **more}) if usage.counts else []

    def _total_row(self) -> AgentMessage:
        """What the run has used in all, once it has come to rest."""
        counts: dict[str, Any] = {}
        for message_id, usage in self._usage.items():
            if message_id not in self._others:
                for name, count in usage.counts.items():
                    counts[name] = counts.get(name, 0) + count
        cost = {COST_USD: self._total} if self._costs else {}
        words = ", ".join(filter(None, (tokens_sentence(counts), f"${self._total:.4f}" if self._total else "")))
        ending = "Stopped" if self._aborted else "Completed"
        metadata = {IS_ERROR: self._error is not None, **present({_CONVERSATION_ID: self.session_id, **counts, **cost})}
        content = self._error or f"{ending}: {words}".removesuffix(": ")
        return AgentMessage(type="response", op="note", content=content, metadata=metadata)

    def _costs_now(self, key: str, cost: Any) -> None:
        """The latest cost of a message or a step; the total counts each once."""
        value = number(cost)
        if value is not None:
            self._total += value - self._costs.get(key, 0.0)
            self._costs[key] = value

    def _failed(self, error: Any, *, ours: bool = True) -> list[AgentMessage]:
        """The error, shown once: a message and its session tell of the same one."""
        words, kind = error_words(error), error_kind(error)
        if kind == _ABORTED:
            told, self._aborted = self._aborted, self._aborted or ours
            return [] if told else [note("notice", words)]
        again, self._error = self._error, words if ours else self._error
        return [] if again == words else [blocks.error_note(words, {"error.type": kind})]


class OpencodeRunParser(_OpencodeParser):
    """Reads the output of one `opencode run --format json`."""

    def _rows(self, frame: dict[str, Any], line: str) -> list[AgentMessage] | None:
        self.session_id = self.session_id or text(frame.get("sessionID")) or None
        kind, part = text(frame.get("type")), mapping(frame.get("part"))
        if kind == "error" or (not kind and frame.get("error")):
            return self._failed(frame.get("error") or frame)
        if kind == "step_start":
            self.finished = False
            return None
        if kind == "step_finish":
            return self._step_finish(part)
        if kind not in ("text", "reasoning", "tool_use"):
            return [unknown(line)]
        metadata = {RESPONSE_ID: text(part.get("messageID")), SOURCE_TIME: iso_time(frame.get("timestamp"))}
        return self._parts.show({"type": "tool" if kind == "tool_use" else kind, **part}, metadata)

    def _step_finish(self, part: dict[str, Any]) -> list[AgentMessage]:
        reason, message_id = text(part.get("reason")), text(part.get("messageID"))
        self.finished = reason not in _GOES_ON
        usage = self._usage_of(message_id)
        usage.counts.update(opencode_tokens(part.get("tokens")))
        usage.reasons = [reason] if reason else []
        self._costs_now(text(part.get("id")) or message_id, part.get("cost"))
        rows = self._counted(message_id, {})
        if reason in _CUT_SHORT:
            rows.append(note("notice", _CUT_SHORT[reason], {FINISH_REASONS: [reason]}))
        return [*rows, self._total_row()] if self.finished else rows


class OpencodeParser(_OpencodeParser):
    """Reads the events of one opencode server, from the agent's first event to its session's rest."""

    def __init__(self) -> None:
        super().__init__()
        self._people: set[str] = set()
        self._parents: dict[str, str] = {}
        self._tasks: dict[str, str] = {}
        self._answered = False

    def _rows(self, frame: dict[str, Any], line: str) -> list[AgentMessage] | None:
        if "type" not in frame and isinstance(frame.get("payload"), dict):
            frame = frame["payload"]  # the server's global events say of which folder they are
        kind, properties = text(frame.get("type")), mapping(frame.get("properties"))
        family, _, rest = kind.partition(".")
        if kind == "message.part.delta":
            return self._parts.delta(properties, self._spoken(properties, properties))
        if kind == "message.part.updated":
            return self._part(properties)
        if kind in ("message.part.removed", "message.removed"):
            part_id = text(properties.get("partID")) if kind == "message.part.removed" else None
            return self._parts.remove(text(properties.get("messageID")), part_id)
        if kind == "message.updated":
            return self._message(properties)
        if kind in _SILENT or family in _SILENT_FAMILIES:
            return None
        if not kind and frame.get("error"):
            return self._failed(frame["error"])
        if family == "session":
            return self._session(rest, properties, line)
        return self._asked(kind, properties, line)

    def _session(self, event: str, properties: dict[str, Any], line: str) -> list[AgentMessage] | None:
        info, session = mapping(properties.get("info")), text(properties.get("sessionID"))
        if event == "created":
            return self._created(session or text(info.get("id")), text(info.get("parentID")))
        ours = self._is_ours(session)
        status = mapping(properties.get("status"))
        state = "idle" if event == "idle" else text(status.get("type"))
        if event in ("status", "idle"):
            if ours and state in ("idle", "busy"):
                return self._rests(rests=state == "idle" and self._answered)
            if state == "retry":
                words = f"Trying again: {text(status.get('message'))}"
                return [note("retry", words, {"nbstream.attempt": number(status.get("attempt"))})]
            return None
        if event == "error":
            return self._failed(properties.get("error") or properties, ours=ours)
        if event == "compacted":
            return [note("notice", "The conversation was compacted.")]
        return [unknown(line)]

    def _rests(self, *, rests: bool) -> list[AgentMessage] | None:
        """The session has come to rest, or works again; two events tell of each rest."""
        before, self.finished = self.finished, rests
        return [self._total_row()] if rests and not before else None

    def _created(self, session: str, parent: str) -> list[AgentMessage] | None:
        if parent:
            self._parents[session] = parent
            return None
        if self.session_id is not None:
            return None
        self.session_id = session or None
        return [note("init", "Session started", {_CONVERSATION_ID: session})]

    def _is_ours(self, session: str) -> bool:
        """Whether it is the agent's own session: the first one that is not a subagent's."""
        if session and session not in self._parents and self.session_id is None:
            self.session_id = session
        return session in ("", self.session_id)

    def _message(self, properties: dict[str, Any]) -> list[AgentMessage] | None:
        info = mapping(properties.get("info"))
        message_id, session = text(info.get("id")), text(info.get("sessionID")) or text(properties.get("sessionID"))
        if info.get("role") == "user":
            self._people.add(message_id)
            return None
        ours = self._is_ours(session)
        self._answered = self._answered or ours
        if not ours and session not in self._parents:
            self._others.add(message_id)
        model = self._models[message_id] = text(info.get("modelID"))
        self.model = self.model or model or None
        usage, finish = self._usage_of(message_id), text(info.get("finish"))
        usage.counts.update(opencode_tokens(info.get("tokens")))
        usage.reasons = [finish] if finish else usage.reasons
        rows = self._failed(info["error"], ours=ours) if info.get("error") else []
        if mapping(info.get("time")).get("completed") or rows:
            if message_id not in self._others:
                self._costs_now(message_id, info.get("cost"))
            rows += self._counted(message_id, self._said_by(session))
        return rows

    def _part(self, properties: dict[str, Any]) -> list[AgentMessage]:
        part = mapping(properties.get("part"))
        message_id, kind = text(part.get("messageID")), text(part.get("type"))
        metadata = self._spoken(part, properties)
        if kind == "step-finish":
            self._usage_of(message_id).counts.update(opencode_tokens(part.get("tokens")))
        if kind == "tool":
            child = text(mapping(mapping(part.get("state")).get("metadata")).get("sessionId"))
            if child:
                self._tasks[child] = text(part.get("callID"))
        return self._parts.show(part, metadata, person=message_id in self._people)

    def _spoken(self, part: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
        """What the rows of a part say of who speaks."""
        session = text(part.get("sessionID")) or text(properties.get("sessionID"))
        message_id = text(part.get("messageID"))
        if message_id in self._people:
            return self._said_by(session)
        return {RESPONSE_ID: message_id, MODEL: self._models.get(message_id), **self._said_by(session)}

    def _said_by(self, session: str) -> dict[str, Any]:
        """The task whose subagent speaks, or the session where it is another one on the same server."""
        if self._is_ours(session):
            return {}
        parent = self._tasks.get(session) or self._parents.get(session)
        return present({PARENT: parent, _CONVERSATION_ID: session})

    def _asked(self, kind: str, properties: dict[str, Any], line: str) -> list[AgentMessage]:
        """Questions to a person, and the list of what is to be done."""
        if kind == "todo.updated":
            todos = [mapping(todo) for todo in items(properties.get("todos"))]
            marks = (_TODO_MARKS.get(text(todo.get("status")), " ") for todo in todos)
            lines = [f"[{mark}] {text(todo.get('content'))}" for mark, todo in zip(marks, todos, strict=True)]
            key = f"{text(properties.get('sessionID'))}/todo"
            return ContentBlock(key, "system", "system", "text").set("\n".join(lines))
        if kind in ("permission.asked", "permission.updated"):
            patterns = [text(pattern) for pattern in items(properties.get("patterns"))]
            what = text(properties.get("title")) or " ".join([text(properties.get("permission")), *patterns])
            return [note("notice", f"Permission asked: {what}")]
        if kind == "permission.replied":
            answer = text(properties.get("reply")) or text(properties.get("response"))
            return [note("notice", f"Permission answered: {answer}")]
        if kind == "question.asked":
            asked = [text(mapping(question).get("question")) for question in items(properties.get("questions"))]
            return [note("notice", "Question: " + " ".join(asked))]
        return [unknown(line)]
