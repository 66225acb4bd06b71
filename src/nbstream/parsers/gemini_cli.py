"""Gemini CLI, `--output-format stream-json`: one JSON object a line, text in deltas without a message id.

An answer goes on until something else comes between. Only `result` says that a run is complete: after SIGINT and
SIGTERM the program exits with 0 and without one, after an HTTP error with the status modulo 256.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import (
    CACHE_READ_TOKENS,
    DURATION_MS,
    INPUT_TOKENS,
    IS_ERROR,
    MODEL,
    OUTPUT_TOKENS,
    SOURCE_TIME,
    AgentMessage,
)
from nbstream.parsers import _content_block as blocks
from nbstream.parsers._base import JsonParser
from nbstream.parsers._protocol import Ending
from nbstream.parsers._rows import note, tokens_sentence, unknown
from nbstream.parsers._stream import Usage, error_kind, error_words
from nbstream.parsers._values import count, dump, mapping, number, present, text

if TYPE_CHECKING:
    from nbstream.parsers._content_block import ContentBlock
    from nbstream.parsers._protocol import Reason

_HTTP_EXITS: Final = {status % 256: status for status in (400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 504)}
"""Exit codes that are an HTTP status modulo 256; 144, for one, is 400 and no signal."""
_CONVERSATION_ID: Final = "gen_ai.conversation.id"


class GeminiCliParser(JsonParser):
    """Reads one stream of Gemini CLI events."""

    def __init__(self) -> None:
        super().__init__()
        self._made = 0
        self._turns = 0
        self._open: ContentBlock | None = None
        self._names: dict[str, str] = {}
        self._error: str | None = None

    def finalize(self, reason: Reason, exit_code: int | None = None) -> Ending:
        """What the end of the stream means: the last `result` rules, then the exit code."""
        if self.finished:
            return Ending(status="completed" if self._error is None else "failed", error=self._error)
        status = _HTTP_EXITS.get(exit_code or 0)
        if status is None or reason == "stopped":
            return self._cut_off(reason, exit_code)
        words = f"The agent ended with exit code {exit_code} (HTTP {status}) before its answer was complete."
        return Ending(status="failed", error=words, messages=[note("end", words)])

    def _rows(self, frame: dict[str, Any], line: str) -> list[AgentMessage] | None:
        kind = text(frame.get("type"))
        if kind == "message":
            return self._message(frame)
        self._open = None
        if kind == "init":
            return self._init(frame)
        if kind == "tool_use":
            return self._tool_use(frame)
        if kind == "tool_result":
            return self._tool_result(frame)
        if kind == "error" or (not kind and frame.get("error")):
            return [self._said(frame)]
        if kind == "result":
            return self._result(frame)
        return [unknown(line)]

    def _init(self, frame: dict[str, Any]) -> list[AgentMessage]:
        self.session_id = text(frame.get("session_id")) or self.session_id
        self.model = text(frame.get("model")) or self.model
        self.finished, self._error = False, None
        metadata = {MODEL: self.model, _CONVERSATION_ID: self.session_id}
        return [note("init", self.model or "Session started", metadata | _time(frame))]

    def _message(self, frame: dict[str, Any]) -> list[AgentMessage]:
        content, role = text(frame.get("content")), text(frame.get("role"))
        if role == "user":
            self._open = None
            return blocks.prompt(self._key(), _time(frame)).set(content) if content else []
        if frame.get("delta") is not True:
            self._open = None
            return blocks.answer(self._key(), "text", _time(frame)).set(content) if content else []
        if self._open is None:
            self._open = blocks.answer(self._key(), "text", _time(frame))
        return self._open.append(content)

    def _tool_use(self, frame: dict[str, Any]) -> list[AgentMessage]:
        name, call_id = text(frame.get("tool_name")), text(frame.get("tool_id"))
        key = f"{self.session_id or ''}/{call_id}" if call_id else self._key()
        self._names[call_id] = name
        return blocks.call(key, name, call_id or key, _time(frame)).set(dump(frame.get("parameters") or {}))

    def _tool_result(self, frame: dict[str, Any]) -> list[AgentMessage]:
        call_id, error = text(frame.get("tool_id")), frame.get("error")
        key = (f"{self.session_id or ''}/{call_id}" if call_id else self._key()) + "/result"
        failed = text(frame.get("status")) == "error" or bool(error)
        metadata = {**_time(frame), "error.type": error_kind(error) if failed else ""}
        block = blocks.result(key, self._names.get(call_id, ""), call_id, metadata, failed=failed)
        said, why = text(frame.get("output")), text(mapping(error).get("message"))
        return block.set(why if failed and why else said)

    def _said(self, frame: dict[str, Any]) -> AgentMessage:
        """An `error`: with the severity `warning` it is a notice; `result` tells whether the run failed."""
        if frame.get("error"):
            words = error_words(frame["error"])
            self.finished, self._error = True, words
        else:
            words = text(frame.get("message")) or dump(frame)
        if text(frame.get("severity")) == "warning":
            return note("notice", words, {"nbstream.level": "warning", **_time(frame)})
        return blocks.error_note(words, _time(frame))

    def _result(self, frame: dict[str, Any]) -> list[AgentMessage]:
        self.finished, error = True, frame.get("error")
        failed = bool(error) or text(frame.get("status")) not in ("success", "")
        self._error = (error_words(error) if error else f"The agent reported {frame['status']}.") if failed else None
        stats = mapping(frame.get("stats"))
        counts = _tokens(stats)
        models = {name: _tokens(mapping(per)) for name, per in mapping(stats.get("models")).items()}
        took = number(stats.get("duration_ms"))
        summary = ", ".join(filter(None, ("" if took is None else f"{took / 1000:.1f} s", tokens_sentence(counts))))
        metadata = {
            **counts,
            _CONVERSATION_ID: self.session_id,
            DURATION_MS: took,
            "nbstream.tool_calls": count(stats.get("tool_calls")),
            "nbstream.model_usage": models,
            "error.type": error_kind(error) if failed else "",
            **_time(frame),
        }
        words = self._error or f"Completed: {summary}".removesuffix(": ")
        self._turns += 1
        usage = Usage()
        usage.counts = counts
        rows = usage.note(f"{self.session_id or ''}/turn-{self._turns}", self.model)
        return [
            *rows,
            AgentMessage(type="response", op="note", content=words, metadata={IS_ERROR: failed, **present(metadata)}),
        ]

    def _key(self) -> str:
        self._made += 1
        return f"{self.session_id or ''}/{self._made}"


def _tokens(stats: dict[str, Any]) -> dict[str, Any]:
    """The program's `input_tokens` have the cached ones in them; `input` is the rest."""
    return present(
        {
            INPUT_TOKENS: count(stats.get("input_tokens")),
            OUTPUT_TOKENS: count(stats.get("output_tokens")),
            CACHE_READ_TOKENS: count(stats.get("cached")),
        }
    )


def _time(frame: dict[str, Any]) -> dict[str, Any]:
    return present({SOURCE_TIME: text(frame.get("timestamp"))})
