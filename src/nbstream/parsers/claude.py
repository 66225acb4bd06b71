"""Claude Code, `--output-format stream-json`: one JSON object a line, with or without partial messages.

With `--include-partial-messages` every answer comes twice, as deltas and as the complete frame, which arrives
before its block stops; then the last text comes a third time in `result`. The frame is bound to the open block
(see `_blocks`), the result's text is shown only where no other row has shown it. A frame's `uuid` names the frame,
never the message; it serves to find what a later frame supersedes or retracts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import (
    DURATION_MS,
    FINISH_REASONS,
    IS_ERROR,
    PARENT,
    SOURCE_TIME,
    TOOL_CALL_ID,
    TOOL_NAME,
    AgentMessage,
)
from nbstream.parsers import _claude_system as system
from nbstream.parsers._base import JsonParser, UnknownContent
from nbstream.parsers._blocks import Answer, Block, Blocks, Scope
from nbstream.parsers._claude_result import Outcome, outcome
from nbstream.parsers._content import SILENT_BLOCKS, View, blocks_of, view
from nbstream.parsers._content_block import error_note
from nbstream.parsers._protocol import Ending
from nbstream.parsers._recent import Recent
from nbstream.parsers._rows import note, tokens, tokens_sentence, unknown
from nbstream.parsers._stream import error_kind, error_words
from nbstream.parsers._values import count, dump, items, mapping, number, present, text
from nbstream.parsers.anthropic import CONTENT_EVENTS, content_event, usage_rows

if TYPE_CHECKING:
    from nbstream.parsers._protocol import Reason

_SYNTHETIC_MODEL: Final = "<synthetic>"
"""What Claude Code names as the model of messages it wrote itself."""
_SYNTHETIC: Final = "nbstream.synthetic"
_TOOL_USE_RESULT_LIMIT: Final = 1_000
"""Characters of JSON up to which a tool's structured result is kept beside its text; `raw` has it in any case."""
_FRAMES: Final = 1024
"""Complete frames that are remembered: what a later one may take back, and texts that the last `result` may repeat."""


class ClaudeParser(JsonParser):
    """Reads one stream of Claude Code frames; versions 1.0, 2.0 and 2.1."""

    def __init__(self) -> None:
        super().__init__()
        self._blocks = Blocks()
        self._sessions: set[str] = set()
        self._frames: dict[str, list[Block]] = Recent(_FRAMES)
        self._nameless = 0
        # Hashes, not texts: a second copy of every answer would double the memory of a long run.
        self._shown: dict[int, bool] = Recent(_FRAMES)
        self._outcome: Outcome | None = None

    def finalize(self, reason: Reason, exit_code: int | None = None) -> Ending:
        """What the end of the stream means; the last turn's `result` rules, then the exit code."""
        last = self._outcome
        if last is None:
            return self._cut_off(reason, exit_code)
        if last.status == "completed":
            return Ending(status="completed")
        if last.status == "stopped" or reason == "stopped":
            return Ending(status="stopped", error="The agent was stopped before its answer was complete.")
        return Ending(status="failed", error=last.words)

    def _rows(self, frame: dict[str, Any], line: str) -> list[AgentMessage] | None:
        if self.session_id is None:
            self.session_id = text(frame.get("session_id")) or None
        if frame.get("type") == "stream_event":  # nine of ten frames
            return self._stream_event(frame)
        kind = text(frame.get("type"))
        if kind == "assistant":
            return self._assistant(frame)
        if kind == "user":
            return self._user(frame)
        if kind == "system":
            return self._system(frame, line)
        if kind == "result":
            return self._result(frame)
        if kind in system.SILENT_TYPES:
            return None
        if not kind and frame.get("error"):
            return self._failed(frame["error"])
        make = system.NOTICES.get(kind)
        if make is None:
            return [unknown(line)]
        row = make(frame)
        return None if row is None else [row]

    def _failed(self, error: Any) -> list[AgentMessage]:
        """An error body where a stream was expected."""
        words = error_words(error)
        self.finished, self._outcome = True, Outcome("failed", words, "", {})
        return [error_note(words, {"error.type": error_kind(error)})]

    # -- the model's events, as the API sent them ------------------------------------------------------------

    def _stream_event(self, frame: dict[str, Any]) -> list[AgentMessage] | None:
        event = mapping(frame.get("event"))
        kind = text(event.get("type"))
        scope = self._scope(frame)
        if kind == "content_block_delta" and scope.answer is not None:
            return content_event(self._blocks, scope, kind, event)
        if kind == "message_start":
            self._turn_goes_on(scope)
            answer = self._blocks.begin(scope, mapping(event.get("message")))
            self.model = self.model or answer.model or None
            return None
        if scope.answer is None and (message_id := text(frame.get("api_message_id"))):
            scope.answer = self._blocks.answer(scope.parent, message_id)  # its message_start was missed
        if kind == "message_delta":
            return usage_rows(scope.answer, event)
        if kind == "error":
            error = mapping(event.get("error"))
            return [note("notice", f"The API reported an error: {text(error.get('message')) or dump(event)}")]
        if kind == "ping":
            return None
        if kind not in CONTENT_EVENTS:
            raise UnknownContent
        rows = content_event(self._blocks, scope, kind, event) or []
        return rows + self._abandoned(scope, mapping(frame.get("abandoned_blocks")))

    def _abandoned(self, scope: Scope, abandoned: dict[str, Any]) -> list[AgentMessage]:
        first = count(abandoned.get("from_block_index"))
        answer = self._blocks.find_answer(scope.parent, text(abandoned.get("api_message_id"))) or scope.answer
        if first is None or answer is None:
            return []
        return self._blocks.drop(block for block in answer.blocks if block.position >= first)

    # -- complete frames -------------------------------------------------------------------------------------

    def _assistant(self, frame: dict[str, Any]) -> list[AgentMessage]:
        message, scope, uuid = mapping(frame.get("message")), self._scope(frame), text(frame.get("uuid"))
        self._turn_goes_on(scope)
        answer = self._blocks.answer(scope.parent, text(message.get("id")) or uuid)
        model = text(message.get("model"))
        if model and model != _SYNTHETIC_MODEL:
            answer.model = model
            self.model = self.model or model
        rows = self._withdrawn(frame.get("supersedes"))
        extra = self._frame_metadata(frame, message)
        before, bound = self._frames.get(uuid, []), list[Block]()
        for wire in blocks_of(message.get("content")):
            shape = view(wire)
            if shape is None:
                # In partial mode the block's start has told of it.
                if not answer.streamed and text(wire.get("type")) not in SILENT_BLOCKS:
                    rows.append(unknown(dump(wire)))
                continue
            known = before[len(bound)] if len(bound) < len(before) else None
            block = self._bound(scope, answer, _as_error(shape) if extra.get(IS_ERROR) else shape, known)
            if block is not None:
                bound.append(block)
                rows.append(block.row("set", shape.content or "{}", block.metadata | extra))
                block.shown_whole()
        if uuid and bound:
            self._frames[uuid] = bound
        return rows + self._first_usage(answer, message)

    def _bound(self, scope: Scope, answer: Answer, shape: View, known: Block | None) -> Block | None:
        """The block of a frame's content; None when it is empty. `known`: the one this frame was bound to before."""
        if not shape.content and shape.part != "tool_call":
            return None
        if shape.part == "text":
            self._shown[hash(shape.content.strip())] = True
        if known is not None and known.view.wire == shape.wire:
            return known
        return self._blocks.bind(scope, answer, shape)

    def _first_usage(self, answer: Answer, message: dict[str, Any]) -> list[AgentMessage]:
        """One usage note for a message without events of its own.

        Its frames repeat what was known when the message began: the input is right, the output is not yet counted,
        so it is left out. `result` has the total.
        """
        if answer.streamed or answer.usage_noted or not answer.model:
            return []
        counts = tokens(mapping(message.get("usage")) | {"output_tokens": None, "output_tokens_details": None})
        if not counts:
            return []
        answer.usage_noted = True
        return [note("usage", tokens_sentence(counts), answer.metadata() | counts)]

    def _user(self, frame: dict[str, Any]) -> list[AgentMessage] | None:
        uuid, scope = text(frame.get("uuid")), self._scope(frame)
        if frame.get("isReplay") is True and uuid in self._frames:
            return None
        message = mapping(frame.get("message"))
        wires = blocks_of(message.get("content"))
        results = sum(text(wire.get("type")).endswith("tool_result") for wire in wires)
        if not uuid:
            self._nameless += 1
        name = uuid or f"?{self._nameless}"
        blocks, rows = list[Block](), list[AgentMessage]()
        for place, wire in enumerate(wires):
            shape = view(wire)
            if shape is None:
                rows.append(unknown(dump(wire)))
            elif shape.part == "tool_call_response":
                blocks.append(self._tool_result(frame, scope, shape, f"{name}/{place}", alone=results == 1))
            elif shape.content:
                words = View(shape.wire, "user", "user", "text", shape.content, shape.metadata)
                key = f"{scope.parent}/{name}/u{place}"
                metadata = self._frame_metadata(frame, message)
                blocks.append(self._blocks.single(key, words, metadata, subagent=bool(scope.parent)))
        if uuid:
            self._frames[uuid] = blocks
        for block in blocks:
            rows.append(block.row("set", block.view.content))
            block.shown_whole()
        return rows

    def _tool_result(self, frame: dict[str, Any], scope: Scope, shape: View, name: str, *, alone: bool) -> Block:
        call_id = shape.metadata[TOOL_CALL_ID]
        metadata = self._frame_metadata(frame, {}) | present({TOOL_NAME: self._blocks.tool_names.get(call_id)})
        structured = frame.get("tool_use_result")
        # The frame has one structured result; with several results it would not say whose it is.
        if alone and isinstance(structured, dict) and len(dump(structured)) <= _TOOL_USE_RESULT_LIMIT:
            metadata["nbstream.tool_use_result"] = structured
        key = f"{scope.parent}/{call_id or name}/result"
        return self._blocks.single(key, shape, metadata, subagent=bool(scope.parent))

    def _frame_metadata(self, frame: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
        stop_reason = text(message.get("stop_reason"))
        synthetic = frame.get("isSynthetic") is True or message.get("model") == _SYNTHETIC_MODEL
        error = text(frame.get("error"))
        return present(
            {
                PARENT: text(frame.get("parent_tool_use_id")),
                SOURCE_TIME: text(frame.get("timestamp")),
                "gen_ai.agent.id": text(frame.get("agent_id")),
                "gen_ai.agent.name": text(frame.get("subagent_type")),
                FINISH_REASONS: [stop_reason] if stop_reason else None,
                DURATION_MS: number(frame.get("thinking_duration_ms")),
                "nbstream.aborted": True if frame.get("aborted") is True else None,
                _SYNTHETIC: True if synthetic else None,
                IS_ERROR: True if error or frame.get("is_api_error_message") is True else None,
                "error.type": text(frame.get("api_error_type")) or error,
            }
        )

    # -- about the run ---------------------------------------------------------------------------------------

    def _system(self, frame: dict[str, Any], line: str) -> list[AgentMessage] | None:
        subtype = text(frame.get("subtype"))
        if subtype == "init":
            return self._init(frame)
        rows = self._withdrawn(frame.get("retracted_message_uuids"))
        if subtype in system.SILENT_SUBTYPES:
            return rows
        make = system.NOTES.get(subtype)
        if make is None:
            return [*rows, unknown(line)]
        row = make(frame)
        return rows if row is None else [*rows, row]

    def _init(self, frame: dict[str, Any]) -> list[AgentMessage] | None:
        """`init` opens every turn; a reader sees it once a session."""
        session = text(frame.get("session_id"))
        self.session_id = session or self.session_id
        self.model = text(frame.get("model")) or self.model
        self._outcome, self.finished = None, False
        if session in self._sessions:
            return None
        self._sessions.add(session)
        return [system.init(frame)]

    def _result(self, frame: dict[str, Any]) -> list[AgentMessage]:
        self._outcome = outcome(frame)
        self.finished = not count(frame.get("queued_turn_count"))
        return [self._outcome.row(answer_shown=hash(self._outcome.answer.strip()) in self._shown)]

    def _turn_goes_on(self, scope: Scope) -> None:
        """The model speaks on the main thread: an earlier `result` was another turn's."""
        if not scope.parent:
            self._outcome, self.finished = None, False

    def _withdrawn(self, uuids: Any) -> list[AgentMessage]:
        blocks = (block for uuid in items(uuids) for block in self._frames.get(text(uuid), []))
        return self._blocks.drop(blocks)

    def _scope(self, frame: dict[str, Any]) -> Scope:
        return self._blocks.scope(text(frame.get("session_id")), text(frame.get("parent_tool_use_id")))


def _as_error(shape: View) -> View:
    return View(f"error/{shape.wire}", "error", None, shape.part, shape.content, shape.metadata)
