"""Vercel's UI message stream v1 (AI SDK): `data` is one chunk, `[DONE]` closes.

Text and reasoning have ids that are unique only among the parts that are open, tool calls ids of their own. A
`reset-step` withdraws what the current step has shown. There are no counts, unless the application puts them into the
message's metadata. A `start` that repeats the id of an unfinished message is the stream sent again from its beginning;
after a `finish` the message goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import (
    CACHE_READ_TOKENS,
    FINISH_REASONS,
    INPUT_TOKENS,
    MODEL,
    OUTPUT_TOKENS,
    REASONING_TOKENS,
    RESPONSE_ID,
)
from nbstream.parsers._rows import note, unknown
from nbstream.parsers._stream import Usage, error_kind, error_words
from nbstream.parsers._turns import CUT_SHORT, TurnParser, marker, output_of, parts_text
from nbstream.parsers._values import count, dump, items, mapping, present, text

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage, Part
    from nbstream.parsers._content_block import ContentBlock
    from nbstream.sse import ServerSentEvent

Frame = dict[str, Any]

_PARTS: Final[dict[str, Part]] = {"text": "text", "reasoning": "reasoning"}
_COUNTS: Final = {
    INPUT_TOKENS: ("inputTokens", "promptTokens"),
    OUTPUT_TOKENS: ("outputTokens", "completionTokens"),
    CACHE_READ_TOKENS: ("cachedInputTokens",),
    REASONING_TOKENS: ("reasoningTokens",),
}
TYPES: Final = frozenset(
    {
        "abort",
        "file",
        "finish-step",
        "reasoning-delta",
        "reasoning-end",
        "reasoning-start",
        "reset-step",
        "source-document",
        "source-url",
        "start-step",
        "text-delta",
        "text-end",
        "text-start",
        "tool-approval-request",
        "tool-input-available",
        "tool-input-delta",
        "tool-input-error",
        "tool-input-start",
        "tool-output-available",
        "tool-output-denied",
        "tool-output-error",
    }
)
"""Types that no other format has."""


class VercelParser(TurnParser):
    """Reads one stream of chunks; several messages may follow one another."""

    def __init__(self) -> None:
        super().__init__()
        self._messages = 0
        self._seen: set[str] = set()
        self._id = ""
        self._step: list[ContentBlock] = []
        self._stepping = False
        self._stepped = False
        self._names: dict[str, str] = {}
        self._usage = Usage()
        self._begin("")

    def _begin(self, message_id: str) -> None:
        self._messages += 1
        self._id = message_id or f"message-{self._messages}"
        self._open: dict[tuple[str, str], ContentBlock] = {}
        self._usage = Usage()
        self._made = 0

    def parse(self, event: ServerSentEvent) -> list[AgentMessage] | None:
        """The rows that one event makes, or None when it has nothing to show."""
        # An application may leave `finish` out: a closed step and the sentinel say as much.
        if self._stepped and not self._stepping and event.data.strip() == "[DONE]":
            self.finished = True
        return super().parse(event)

    def _rows(self, frame: Frame, line: str) -> list[AgentMessage] | None:
        kind = text(frame.get("type"))
        self._described(frame.get("messageMetadata"))
        what, _, how = kind.partition("-")
        if what in _PARTS and how in ("start", "delta", "end"):
            return self._text(_PARTS[what], how, frame)
        if what == "tool":
            return self._tool(how, frame, line)
        if what == "data" and how:
            return self._app_data(kind, frame)
        if kind in ("start", "finish", "abort", "error", "message-metadata"):
            return self._message(kind, frame)
        if how == "step":
            return self._stepped_rows(what, line)
        if not kind and frame.get("error"):
            return self._failed(error_words(frame["error"]), error_kind(frame["error"]))
        return self._extra(kind, frame, line)

    def _message(self, kind: str, frame: Frame) -> list[AgentMessage] | None:
        if kind == "start":
            return self._start(text(frame.get("messageId")))
        if kind == "abort":
            self.finished = self._stopped = True
            words = ": ".join(filter(None, ("The answer was aborted", text(frame.get("reason")))))
            return [*self._noted(), note("notice", words)]
        if kind == "error":
            return self._failed(text(frame.get("errorText")))
        return self._finish(text(frame.get("finishReason"))) if kind == "finish" else None

    def _start(self, message_id: str) -> list[AgentMessage]:
        again = bool(message_id) and message_id in self._seen
        rows: list[AgentMessage] = []
        if again and not self.finished:
            mine = [key for key in self._blocks if key.startswith(f"{message_id}/")]
            rows = [row for key in mine for row in self._blocks.pop(key).drop()]
            again = False
        if not again:
            self._begin(message_id)
        self._seen.add(message_id)
        self._goes_on()
        return rows

    def _finish(self, reason: str) -> list[AgentMessage]:
        self.finished = True
        self._usage.reasons = [reason] if reason else []
        rows = self._noted()
        if reason in CUT_SHORT:
            rows.append(note("notice", CUT_SHORT[reason], {FINISH_REASONS: [reason]}))
        return rows + (self._failed("The model ended the answer with an error.") if reason == "error" else [])

    def _stepped_rows(self, what: str, line: str) -> list[AgentMessage] | None:
        if what not in ("start", "finish", "reset"):
            return [unknown(line)]
        dropped = self._step if what == "reset" else []
        self._step = []
        self._open.clear()
        self._stepping, self._stepped = what != "finish", self._stepped or what == "finish"
        return [row for block in dropped for row in block.drop()]

    def _text(self, part: Part, how: str, frame: Frame) -> list[AgentMessage] | None:
        at = (part, text(frame.get("id")))
        if how == "end":
            self._open.pop(at, None)
            return None
        block = None if how == "start" else self._open.get(at)
        if block is None:
            self._made += 1
            block = self._open[at] = self._mine(self._said(f"{self._id}/{part}{self._made}", part, self._named()))
        return block.append(text(frame.get("delta")))

    def _tool(self, how: str, frame: Frame, line: str) -> list[AgentMessage] | None:
        call_id = text(frame.get("toolCallId"))
        if how.startswith("approval-"):
            verdict = "asked" if how == "approval-request" else "given" if frame.get("approved") is True else "refused"
            name = self._names.get(call_id, "")
            words = ": ".join(filter(None, (f"Permission {verdict}", name, text(frame.get("reason")))))
            return [note("notice", words)]
        if how.startswith("input-"):
            return self._input(how.removeprefix("input-"), call_id, frame, line)
        if how == "output-available":
            return self._output(call_id, output_of(frame.get("output")), failed=False)
        if how == "output-error":
            return self._output(call_id, text(frame.get("errorText")), failed=True)
        if how == "output-denied":
            return self._output(call_id, "Permission was denied.", failed=True)
        return [unknown(line)]

    def _input(self, how: str, call_id: str, frame: Frame, line: str) -> list[AgentMessage] | None:
        name = self._names[call_id] = text(frame.get("toolName")) or self._names.get(call_id, "")
        block = self._mine(self._call(f"{self._id}/{call_id}/call", name, call_id, self._named()))
        if how == "start":
            return block.open()
        if how == "delta":
            return block.append(text(frame.get("inputTextDelta"))) or block.open()
        if how not in ("available", "error"):
            return [unknown(line)]
        given = frame.get("input")
        rows = block.set(output_of({} if given is None else given))
        if how == "error":
            rows += self._output(call_id, text(frame.get("errorText")), failed=True)
        return rows

    def _output(self, call_id: str, content: str, *, failed: bool) -> list[AgentMessage]:
        """A result; a preliminary one is replaced by the next."""
        key, name = f"{self._id}/{call_id}/result", self._names.get(call_id, "")
        return self._mine(self._result(key, name, call_id, {}, failed=failed)).set(content)

    def _app_data(self, kind: str, frame: Frame) -> list[AgentMessage] | None:
        """What the application sends along; the same id replaces it, what is transient is not shown."""
        if frame.get("transient") is True:
            return None
        data_id = text(frame.get("id"))
        self._made += not data_id
        return self._listed(f"{self._id}/{kind}/{data_id or self._made}", f"{kind}: {dump(frame.get('data'))}")

    def _extra(self, kind: str, frame: Frame, line: str) -> list[AgentMessage] | None:
        if kind in ("file", "reasoning-file"):
            words = marker(text(frame.get("mediaType")), "", text(frame.get("url")))
            return self._another(_PARTS["text" if kind == "file" else "reasoning"]).set(words)
        if kind in ("source-url", "source-document"):
            names = (text(frame.get(key)) for key in ("title", "filename", "url", "mediaType"))
            return [note("notice", "Source: " + " ".join(filter(None, names)))]
        if kind == "steering-message":
            words = "".join(parts_text(part) for part in items(frame.get("parts")))
            return self._said(f"{text(frame.get('id'))}/steering", "text", {}, person=True).set(words)
        if kind == "custom":
            return [note("notice", text(frame.get("kind")))]
        return [unknown(line)]

    def _another(self, part: Part) -> ContentBlock:
        self._made += 1
        return self._mine(self._said(f"{self._id}/{part}{self._made}", part, self._named()))

    def _mine(self, block: ContentBlock) -> ContentBlock:
        """The block, remembered as part of the current step."""
        if not block.shown:
            self._step.append(block)
        return block

    def _described(self, metadata: Any) -> None:
        """The counts and the model, where the application sends them."""
        shape = mapping(metadata)
        if not shape:
            return
        self.model = self.model or text(shape.get("model")) or None
        usage = mapping(shape.get("usage")) or mapping(shape.get("totalUsage"))
        for ours, names in _COUNTS.items():
            found = next((number for name in names if (number := count(usage.get(name))) is not None), None)
            self._usage.counts.update(present({ours: found}))

    def _noted(self) -> list[AgentMessage]:
        return self._usage.note(self._id, self.model)

    def _done(self) -> list[AgentMessage]:
        return self._noted()

    def _named(self) -> dict[str, Any]:
        return {RESPONSE_ID: self._id, MODEL: self.model}
