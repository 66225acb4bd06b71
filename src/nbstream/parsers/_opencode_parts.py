"""opencode's parts: what each type is to a reader. The server sends them as snapshots, `run` when they are finished."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import (
    CACHE_READ_TOKENS,
    CACHE_WRITE_TOKENS,
    DURATION_MS,
    INPUT_TOKENS,
    IS_ERROR,
    OUTPUT_TOKENS,
    REASONING_TOKENS,
)
from nbstream.parsers import _content_block as blocks
from nbstream.parsers._rows import note, unknown
from nbstream.parsers._stream import error_words
from nbstream.parsers._values import count, dump, mapping, present, text

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage
    from nbstream.parsers._content_block import ContentBlock

_SILENT: Final = frozenset({"agent", "patch", "snapshot", "step-finish", "step-start"})
_LAST_MS: Final = 253_402_300_799_999
"""The end of the year 9999, which is the last that Python's clock knows."""


class Parts:
    """The blocks of one stream, by the ids of their parts."""

    def __init__(self) -> None:
        self._blocks: dict[str, ContentBlock] = {}
        self._results: dict[str, ContentBlock] = {}
        self._of_message: dict[str, list[str]] = {}

    def show(self, part: dict[str, Any], metadata: dict[str, Any], *, person: bool = False) -> list[AgentMessage]:
        """The rows of a part as it is now; `person`: its message is the user's."""
        kind = text(part.get("type"))
        if kind in _SILENT:
            return []
        if kind in ("text", "reasoning"):
            block = self._text(part, kind, metadata, person=person)
            content = text(part.get("text"))
            return block.grow(content) if content else []
        if kind == "tool":
            return self._tool(part, mapping(part.get("state")), metadata)
        if kind == "file":
            words = f"[{' '.join(filter(None, (text(part.get('mime')), text(part.get('filename')))))}]"
            return self._text(part, "text", metadata, person=person).set(words)
        if kind == "retry":
            return [
                note(
                    "retry",
                    f"Trying again: {error_words(part.get('error'))}",
                    {"nbstream.attempt": part.get("attempt")},
                )
            ]
        if kind == "compaction":
            return [note("notice", "The conversation was compacted.")]
        return [unknown(dump(part))]

    def delta(self, wire: dict[str, Any], metadata: dict[str, Any]) -> list[AgentMessage] | None:
        """More text of a part; None when the field is not one that a reader sees."""
        if text(wire.get("field")) != "text":
            return None
        part = {"id": wire.get("partID"), "messageID": wire.get("messageID")}
        return self._text(part, "text", metadata, person=False).append(text(wire.get("delta")))

    def remove(self, message_id: str, part_id: str | None = None) -> list[AgentMessage]:
        """Withdraws a part, or all of a message."""
        names = self._of_message.get(message_id, []) if part_id is None else [part_id]
        found = [block for name in names for block in (self._blocks.get(name), self._results.get(name)) if block]
        return [row for block in found for row in block.drop()]

    def _named(self, part: dict[str, Any]) -> str:
        part_id = text(part.get("id")) or f"{text(part.get('messageID'))}?{text(part.get('type'))}"
        if part_id not in self._blocks:
            self._of_message.setdefault(text(part.get("messageID")), []).append(part_id)
        return part_id

    def _text(self, part: dict[str, Any], kind: str, metadata: dict[str, Any], *, person: bool) -> ContentBlock:
        part_id = self._named(part)
        synthetic = {"nbstream.synthetic": True} if part.get("synthetic") is True else {}
        block = self._blocks.get(part_id)
        if block is None:
            made = (
                blocks.prompt(part_id)
                if person
                else blocks.answer(part_id, "reasoning" if kind == "reasoning" else "text")
            )
            block = self._blocks[part_id] = made
        block.describe({**metadata, **synthetic})
        block.always = block.always or "nbstream.parent_tool_call_id" in block.metadata
        return block

    def _tool(self, part: dict[str, Any], state: dict[str, Any], metadata: dict[str, Any]) -> list[AgentMessage]:
        part_id, name = self._named(part), text(part.get("tool"))
        call_id, status = text(part.get("callID")) or part_id, text(state.get("status"))
        call = self._blocks.setdefault(part_id, blocks.call(part_id, name, call_id))
        call.describe(metadata)
        given = state.get("input")
        rows = call.set(dump(given)) if given or status in ("completed", "error") else call.open()
        failed = status == "error"
        output = text(state.get("error")) if failed else text(state.get("output"))
        output = output or text(mapping(state.get("metadata")).get("output"))
        if not output and status not in ("completed", "error"):
            return rows
        key = f"{part_id}/result"
        result = self._results.setdefault(part_id, blocks.result(key, name, call_id))
        result.describe({**metadata, IS_ERROR: failed, DURATION_MS: _took(state) if status != "running" else None})
        return rows + result.grow(output)


def opencode_tokens(wire: Any) -> dict[str, Any]:
    """The counts of a message: `input` leaves the cache out, ours has it in.

    Whether `output` has the reasoning in it differs by version; `total` tells.
    """
    usage = mapping(wire)
    cache = mapping(usage.get("cache"))
    fresh, out, total = count(usage.get("input")), count(usage.get("output")), count(usage.get("total"))
    read, write = count(cache.get("read")), count(cache.get("write"))
    if not any((fresh, out, read, write)):
        return {}  # not counted yet
    into = (fresh or 0) + (read or 0) + (write or 0)
    return present(
        {
            INPUT_TOKENS: into,
            OUTPUT_TOKENS: out if total is None else max(out or 0, total - into),
            CACHE_READ_TOKENS: read,
            CACHE_WRITE_TOKENS: write,
            REASONING_TOKENS: count(usage.get("reasoning")),
        }
    )


def iso_time(milliseconds: Any) -> str:
    """A time in milliseconds since 1970 as ISO 8601; "" where it is none."""
    moment = count(milliseconds)
    if moment is None or moment > _LAST_MS:
        return ""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")


def _took(state: dict[str, Any]) -> int | None:
    time = mapping(state.get("time"))
    start, end = count(time.get("start")), count(time.get("end"))
    return None if start is None or end is None or end < start else end - start
