"""OpenAI Responses, streamed: every event names its type, and its place by item, output index and part index.

A text comes up to five times (deltas, text done, part done, item done, response done): each snapshot is the block's
whole content, and one that says what the last one said makes no row. Compatible servers leave out `output_index`,
`sequence_number`, item ids or the deltas; an item is therefore found by its id, else by its index, else it is the
last one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import MODEL
from nbstream.parsers import _content_block as blocks
from nbstream.parsers._protocol import Ending
from nbstream.parsers._responses_items import Item
from nbstream.parsers._rows import note, unknown
from nbstream.parsers._stream import (
    FILTERED,
    LENGTH,
    ModelParser,
    Usage,
    error_kind,
    error_words,
    openai_tokens,
)
from nbstream.parsers._values import count, items, mapping, text

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage
    from nbstream.parsers._protocol import Reason

_BEGINS: Final = frozenset({"response.created", "response.queued", "response.in_progress"})
_ENDS: Final = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})
_CUT_SHORT: Final = {"max_output_tokens": LENGTH, "content_filter": FILTERED}

# Event without `.delta` or `.done`: the kind of part, the key of its index, and the key of its text when done ("":
# the item has it in a better shape).
_PARTS: Final = {
    "response.output_text": ("text", "content_index", "text"),
    "response.refusal": ("refusal", "content_index", "refusal"),
    "response.audio.transcript": ("text", "content_index", ""),
    "response.reasoning_summary_text": ("summary", "summary_index", "text"),
    "response.reasoning_text": ("reasoning", "content_index", "text"),
    "response.function_call_arguments": ("input", "", "arguments"),
    "response.custom_tool_call_input": ("input", "", "input"),
    "response.mcp_call_arguments": ("input", "", "arguments"),
    "response.code_interpreter_call_code": ("input", "", "code"),
    "response.shell_call_command": ("input", "", ""),
    "response.apply_patch_call_operation_diff": ("input", "", ""),
    "response.shell_call_output_content": ("output", "", ""),
}
# Events about what the item tells when it is done, and keep-alives.
_SILENT: Final = frozenset(
    {
        "keepalive",
        "ping",
        "response.audio.delta",
        "response.audio.done",
        "response.compaction.compacting",
        "response.output_text.annotation.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_part.done",
    }
)
_PROGRESS: Final = frozenset({"in_progress", "searching", "interpreting", "generating", "partial_image", "completed"})
"""Last words of events about the state of a tool call, for instance `response.web_search_call.searching`."""


class OpenAIResponsesParser(ModelParser):
    """Reads one stream of Responses events; several responses may follow one another."""

    def __init__(self) -> None:
        super().__init__()
        self._responses = 0
        self._open: set[str] = set()
        self._last: Item | None = None
        self._by_id: dict[str, Item] = {}
        self._made = 0
        self._response_id = ""
        self._begin("")

    def finalize(self, reason: Reason, exit_code: int | None = None) -> Ending:
        """What the end of the stream means: the last response's terminal event rules."""
        if self._stopped:
            return Ending(status="stopped", error="The response was cancelled before its answer was complete.")
        return super().finalize(reason, exit_code)

    def _begin(self, response_id: str) -> None:
        self._responses += 1
        self._response_id = response_id
        self._response = response_id or f"response-{self._responses}"
        self._by_index: dict[int, Item] = {}
        self._sequence: int | None = None
        self._usage = Usage()
        self.finished, self._error, self._stopped = False, None, False

    def _rows(self, frame: dict[str, Any], line: str) -> list[AgentMessage] | None:
        kind = text(frame.get("type"))
        rows = self._hole(frame)
        stem, _, last = kind.rpartition(".")
        known = _PARTS.get(stem) if last in ("delta", "done") else None
        if known is not None:
            return rows + self._part(frame, known, whole=last == "done")
        if kind in _BEGINS or kind in _ENDS:
            return rows + self._lifecycle(kind, mapping(frame.get("response")))
        if kind in ("response.output_item.added", "response.output_item.done"):
            wire = mapping(frame.get("item"))
            item = self._item(frame, wire, new=last == "added")
            return rows + (item.start(wire) if last == "added" else item.whole(wire))
        if kind in ("response.content_part.added", "response.content_part.done"):
            index = count(frame.get("content_index")) or 0
            return rows + self._item(frame).content(index, mapping(frame.get("part")))
        if kind == "error" or (not kind and frame.get("error")):
            return rows + self._failed(frame.get("error") or {**frame, "type": None})
        if kind in _SILENT or (stem.endswith(("_call", "mcp_list_tools")) and last in _PROGRESS):
            return rows
        if stem.endswith("_call") and last == "failed":
            return rows + self._item(frame).fail()
        return [*rows, unknown(line)]

    def _part(self, frame: dict[str, Any], known: tuple[str, str, str], *, whole: bool) -> list[AgentMessage]:
        part, index_key, done_key = known
        index = (count(frame.get(index_key)) or 0) if index_key else 0
        if not whole:
            delta = frame.get("delta")
            if isinstance(delta, dict):  # a shell's two streams
                delta = text(delta.get("stdout")) + text(delta.get("stderr"))
            return self._item(frame).block(part, index).append(text(delta))
        content = frame.get(done_key) if done_key else None
        if not isinstance(content, str) or (part == "input" and not content):
            return []
        return self._item(frame).block(part, index).set(content) if content else []

    def _lifecycle(self, kind: str, response: dict[str, Any]) -> list[AgentMessage]:
        response_id = text(response.get("id"))
        if response_id != self._response_id and (response_id or kind == "response.created"):
            self._begin(response_id)
        elif kind == "response.created":
            self._sequence = None  # sent again from the start
        self.model = self.model or text(response.get("model")) or None
        if kind in _ENDS:
            return self._ended(kind.rpartition(".")[2], response)
        self._open.add(self._response)
        return []

    def _ended(self, how: str, response: dict[str, Any]) -> list[AgentMessage]:
        """A terminal event; its `output` is the last word on every item."""
        rows = []
        for index, wire in enumerate(items(response.get("output"))):
            if isinstance(wire, dict):
                rows += self._item({"output_index": index}, wire).whole(wire)
        reason = text(mapping(response.get("incomplete_details")).get("reason"))
        if how == "incomplete":
            rows.append(
                note(
                    "notice",
                    _CUT_SHORT.get(reason, f"The answer is incomplete: {reason or 'no reason given'}."),
                )
            )
        if how == "failed":
            rows += self._failed(response.get("error") or "The server reported a failed response.")
        self._stopped = how == "cancelled"
        self._open.discard(self._response)
        self.finished = not self._open
        self._usage.counts.update(openai_tokens(mapping(response.get("usage"))))
        self._usage.reasons = [reason or text(response.get("status")) or how]
        return rows + self._usage.note(self._response, text(response.get("model")) or self.model)

    def _failed(self, error: Any) -> list[AgentMessage]:
        words, again = error_words(error), self._error
        self.finished, self._error = True, words
        return [] if again == words else [blocks.error_note(words, {"error.type": error_kind(error)})]

    def _item(self, frame: dict[str, Any], wire: dict[str, Any] | None = None, *, new: bool = False) -> Item:
        """The item an event is about; made at first sight."""
        named = wire or {}
        item_id = text(frame.get("item_id")) or text(named.get("id"))
        index = count(frame.get("output_index"))
        item = self._by_id.get(item_id) if item_id else None
        if item is not None and new and item.response != self._response:
            item = None  # a server that counts its items anew in every response
        if item is None and index is not None:
            item = self._by_index.get(index)
            if item is not None and new and item_id and item.id:
                item = None  # another item in the same place
        if item is None and index is None and not item_id and not new:
            item = self._last
        if item is None:
            key = f"{self._response}/{item_id or (f'#{index}' if index is not None else f'?{self._made}')}"
            item = Item(key, item_id, self._response, {MODEL: self.model})
            self._made += 1
        if item_id:
            self._by_id[item_id] = item
        if index is not None:
            self._by_index[index] = item
        item.of(text(named.get("type")))
        self._last = item
        return item

    def _hole(self, frame: dict[str, Any]) -> list[AgentMessage]:
        """A note where the numbers of the response's events jump; a resumed stream may begin anywhere."""
        number = count(frame.get("sequence_number"))
        if number is None:
            return []
        before, self._sequence = self._sequence, number
        if before is None or number <= before + 1 or frame.get("type") == "response.created":
            return []
        words = f"events {before + 1} to {number - 1} of the response did not arrive"
        return [note("gap", words, {"from": before + 1, "to": number - 1})]
