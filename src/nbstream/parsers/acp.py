"""Agent Client Protocol: lines of JSON-RPC.

What the agent does comes as `session/update`; its turn ends with the response to `session/prompt`.
A chunk belongs to its `messageId`, else to the message of its kind that is open. A tool call is one thing that updates
fill in: what is null changes nothing. A log may hold both directions; what the editor serves (files, terminals) says
nothing to a reader. Version 1, with the updates of the draft of version 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import (
    CACHE_READ_TOKENS,
    CACHE_WRITE_TOKENS,
    COST_USD,
    FINISH_REASONS,
    INPUT_TOKENS,
    MODEL,
    OUTPUT_TOKENS,
    REASONING_TOKENS,
    RESPONSE_ID,
)
from nbstream.parsers._rows import note, tokens_sentence, unknown
from nbstream.parsers._stream import error_kind, error_words
from nbstream.parsers._turns import CONVERSATION_ID, CUT_SHORT, TurnParser, marker, parts_text, todo_lines
from nbstream.parsers._values import count, dump, items, mapping, number, present, text

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage, Part
    from nbstream.parsers._content_block import ContentBlock

Frame = dict[str, Any]

_SPEAKERS: Final[dict[str, tuple[Part, bool]]] = {
    "user_message": ("text", True),
    "agent_message": ("text", False),
    "agent_thought": ("reasoning", False),
}
"""What each kind of message is, and whether a person says it."""
_SILENT: Final = frozenset(
    {
        "available_commands_update",
        "compaction_summary_chunk",
        "config_option_update",
        "current_mode_update",
        "plan_removed",
        "session_info_update",
        "state_update",
        "terminal_output_chunk",
        "terminal_update",
    }
)
_NOTICES: Final = {
    "max_turn_requests": "The agent stopped at the limit of requests for one turn.",
    "refusal": "The model refused to go on.",
}


class AcpParser(TurnParser):
    """Reads the lines of one agent; several turns may follow one another."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: dict[str, str] = {}
        self._open: dict[str, tuple[str, ContentBlock]] = {}
        self._made = 0
        self._titles: dict[str, str] = {}

    def _rows(self, frame: Frame, line: str) -> list[AgentMessage] | None:
        method, params = text(frame.get("method")), mapping(frame.get("params"))
        if method == "session/update":
            return self._update(params, line)
        if method:
            return self._request(method, params, text(frame.get("id")), line)
        if frame.get("error"):
            return self._refused(text(frame.get("id")), frame["error"])
        if "result" in frame:
            return self._answered(text(frame.get("id")), mapping(frame["result"]))
        return [unknown(line)]

    def _request(self, method: str, params: Frame, request_id: str, line: str) -> list[AgentMessage] | None:
        """What one side asks of the other."""
        family = method.partition("/")[0]
        if request_id:
            self._asked[request_id] = method
        if method == "session/prompt":
            self._goes_on()
            self._open.clear()
            self._made += 1
            said = parts_text(params.get("prompt"))
            block = self._said(f"{text(params.get('sessionId'))}/prompt{self._made}", "text", {}, person=True)
            return self._began(text(params.get("sessionId"))) + (block.set(said) if said else [])
        if method == "session/request_permission":
            call = mapping(params.get("toolCall"))
            title = text(call.get("title")) or self._titles.get(text(call.get("toolCallId")), "")
            return [note("notice", f"Permission asked: {title}".removesuffix(": "))]
        if family in ("session", "fs", "terminal") or method in ("initialize", "authenticate", "logout"):
            return None
        return [unknown(line)]

    def _refused(self, request_id: str, error: Any) -> list[AgentMessage]:
        """An error answers a request; that of a file or a terminal is the agent's to deal with."""
        asked = self._asked.pop(request_id, "")
        words, kind = error_words(error), error_kind(error)
        if asked.partition("/")[0] in ("fs", "terminal") or asked == "session/request_permission":
            return [note("notice", words)]
        return self._failed(words, kind)

    def _answered(self, request_id: str, result: Frame) -> list[AgentMessage] | None:
        self._asked.pop(request_id, None)
        session = text(result.get("sessionId"))
        if session:
            model = text(mapping(result.get("models")).get("currentModelId"))
            self.model = self.model or model or None
            return self._began(session)
        reason = text(result.get("stopReason"))
        if not reason:
            return None
        self.finished, self._stopped = True, reason == "cancelled"
        self._open.clear()
        rows = self._counted(mapping(result.get("usage")), reason)
        words = CUT_SHORT.get(reason) or _NOTICES.get(reason)
        return [*rows, note("notice", words, {FINISH_REASONS: [reason]})] if words else rows

    def _counted(self, usage: Frame, reason: str) -> list[AgentMessage]:
        """The counts of the session so far: they are totals, so the last ones hold."""
        into, out = count(usage.get("inputTokens")), count(usage.get("outputTokens"))
        read, write = count(usage.get("cachedReadTokens")), count(usage.get("cachedWriteTokens"))
        thought, total = count(usage.get("thoughtTokens")), count(usage.get("totalTokens")) or 0
        beside = (read or 0) + (write or 0)
        if into is not None and total >= into + (out or 0) + beside:
            into += beside
        if out is not None and thought and total >= (into or 0) + out + thought:
            out += thought
        counts = present(
            {
                INPUT_TOKENS: into,
                OUTPUT_TOKENS: out,
                CACHE_READ_TOKENS: read,
                CACHE_WRITE_TOKENS: write,
                REASONING_TOKENS: thought,
            }
        )
        about = {RESPONSE_ID: self.session_id or "session", MODEL: self.model, FINISH_REASONS: [reason], **counts}
        return [note("usage", tokens_sentence(counts), about)] if counts else []

    def _update(self, params: Frame, line: str) -> list[AgentMessage] | None:
        session, update = text(params.get("sessionId")), mapping(params.get("update"))
        kind = text(update.get("sessionUpdate"))
        rows = self._began(session)
        if kind in _SILENT:
            return rows
        speaker = kind.removesuffix("_chunk")
        if speaker in _SPEAKERS:
            return rows + self._message(session, speaker, update, whole=kind == speaker)
        if kind in ("tool_call", "tool_call_update", "tool_call_content_chunk"):
            return rows + self._tool(session, kind, update)
        if kind in ("plan", "plan_update"):
            entries = update.get("entries", mapping(update.get("plan")).get("entries"))
            return rows + (self._listed(f"{session}/plan", todo_lines(entries)) if entries is not None else [])
        if kind == "usage_update":
            return rows + self._context(update)
        if kind in ("notice", "compaction_update"):
            words = text(update.get("message")) or parts_text(update.get("content")) or text(update.get("status"))
            return [*rows, note("notice", words or "The conversation was compacted.")]
        return [*rows, unknown(line)]

    def _message(self, session: str, speaker: str, update: Frame, *, whole: bool) -> list[AgentMessage]:
        part, person = _SPEAKERS[speaker]
        message_id, said = text(update.get("messageId")), _content(update.get("content"))
        if not said:
            return []
        if not person and self.finished:
            self._goes_on()
        kind, block = self._open.get(session, ("", None))
        if message_id:
            metadata = {} if person else {RESPONSE_ID: message_id, **self._about(session)}
            block = self._said(f"{session}/{message_id}/{speaker}", part, metadata, person=person)
        elif block is None or kind != speaker:
            self._made += 1
            metadata = {} if person else self._about(session)
            block = self._said(f"{session}/?{self._made}", part, metadata, person=person)
            kind = speaker
        self._open[session] = (kind if not message_id else "", block)
        return block.set(said) if whole else block.append(said)

    def _tool(self, session: str, kind: str, update: Frame) -> list[AgentMessage]:
        """A call or what is new about it; its result is there with its first output, or when it is over."""
        call_id = text(update.get("toolCallId"))
        self._open.pop(session, None)
        name = self._titles[call_id] = text(update.get("title")) or self._titles.get(call_id, "")
        block = self._call(f"{session}/{call_id}/call", name, call_id, self._about(session))
        block.describe({"nbstream.tool_kind": text(update.get("kind"))})
        given, status = update.get("rawInput"), text(update.get("status"))
        rows = block.open() or block.tell() if given is None else block.set(dump(given))
        failed, content = status == "failed", update.get("content")
        key = f"{session}/{call_id}/result"
        if kind == "tool_call_content_chunk":
            return rows + self._result(key, name, call_id, self._about(session)).append(_content(content))
        output = _output(content, update.get("rawOutput"))
        if not output and status not in ("completed", "failed", "cancelled"):
            return rows
        known = self._blocks.get(key)
        result = self._result(key, name, call_id, self._about(session), failed=failed)
        if not output and known is not None and known.filled:
            return rows + result.tell()
        return rows + result.set(output)

    def _context(self, update: Frame) -> list[AgentMessage]:
        cost = mapping(update.get("cost"))
        dollars = number(cost.get("amount")) if cost.get("currency") in ("USD", None) else None
        used, size = count(update.get("used")), count(update.get("size"))
        words = f"{used:,} of {size:,} tokens of context in use" if used is not None and size is not None else ""
        about = {COST_USD: dollars, "nbstream.context_tokens": used, "nbstream.context_size": size}
        return [note("usage", words, about)]

    def _about(self, session: str) -> dict[str, Any]:
        """What a row says of its session, where it is not the agent's own."""
        return {CONVERSATION_ID: session} if session != (self.session_id or "") else {}


def _content(content: Any) -> str:
    """One block of content, or a list of them, as text."""
    shape = mapping(content)
    if shape.get("type") == "resource":
        inner = mapping(shape.get("resource"))
        return text(inner.get("text")) or marker(text(inner.get("mimeType")), "", text(inner.get("uri")))
    return parts_text(content)


def _output(content: Any, raw: Any) -> str:
    """What a tool gave: its content for a reader, else what it gave to the model."""
    pieces = [_piece(mapping(wire)) for wire in items(content)]
    shown = "\n".join(piece for piece in pieces if piece)
    if shown or raw is None:
        return shown
    said = mapping(raw).get("output")
    return said if isinstance(said, str) else raw if isinstance(raw, str) else dump(raw)


def _piece(wire: Frame) -> str:
    kind = text(wire.get("type"))
    if kind == "diff":
        return marker("diff", text(wire.get("path")), "")
    if kind == "terminal":
        return marker("terminal", text(wire.get("terminalId")), "")
    return _content(wire.get("content") if kind == "content" else wire)
