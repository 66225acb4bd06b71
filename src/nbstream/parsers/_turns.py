"""What the protocols between an agent and its view have in common: named blocks, and a person who may stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.parsers import _content_block as blocks
from nbstream.parsers._content_block import ContentBlock
from nbstream.parsers._protocol import Ending
from nbstream.parsers._rows import note
from nbstream.parsers._stream import FILTERED, LENGTH, ModelParser
from nbstream.parsers._values import dump, items, mapping, present, text

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage, Part
    from nbstream.parsers._protocol import Reason

CONVERSATION_ID: Final = "gen_ai.conversation.id"
CUT_SHORT: Final = {"length": LENGTH, "max_tokens": LENGTH, "content-filter": FILTERED, "content_filter": FILTERED}
"""Reasons to stop after which a reader would miss something, as a sentence."""
STOPPED: Final = "The agent was stopped before its answer was complete."


class TurnParser(ModelParser):
    """A parser of turns between a person and an agent; its blocks have names of their own."""

    def __init__(self) -> None:
        super().__init__()
        self._stopped = False
        self._blocks: dict[str, ContentBlock] = {}

    def finalize(self, reason: Reason, exit_code: int | None = None) -> Ending:
        """What the end of the stream means: a turn that was cancelled is stopped, else as for every stream."""
        if self._stopped and self._error is None:
            return Ending(status="stopped", error=STOPPED, messages=self._done())
        return super().finalize(reason, exit_code)

    def _goes_on(self) -> None:
        """Another turn has begun."""
        self.finished, self._stopped, self._error = False, False, None

    def _failed(self, words: str, kind: str = "") -> list[AgentMessage]:
        """The error that ends the turn, shown once."""
        words, again = words or "The agent failed and did not say why.", self._error
        self.finished, self._error = True, words
        return [] if again == words else [blocks.error_note(words, {"error.type": kind})]

    def _began(self, session: str) -> list[AgentMessage]:
        """The note that a session began, once."""
        if not session or session == self.session_id:
            return []
        first, self.session_id = self.session_id is None, self.session_id or session
        return [note("init", "Session started", {CONVERSATION_ID: session})] if first else []

    def _said(self, key: str, part: Part, metadata: dict[str, Any], *, person: bool = False) -> ContentBlock:
        """The block of that name; made at first sight."""
        block = self._blocks.get(key)
        if block is None:
            block = blocks.prompt(key, metadata) if person else blocks.answer(key, part, metadata)
            self._blocks[key] = block
        return block

    def _call(self, key: str, name: str, call_id: str, metadata: dict[str, Any]) -> ContentBlock:
        """The block of that tool call; made at first sight, its name learned when it comes."""
        block = self._blocks.get(key)
        if block is None:
            block = self._blocks[key] = blocks.call(key, name, call_id, metadata)
        elif name:
            block.describe({"gen_ai.tool.name": name})
        return block

    def _result(
        self, key: str, name: str, call_id: str, metadata: dict[str, Any], *, failed: bool = False
    ) -> ContentBlock:
        """The block of a call's result; made at first sight."""
        block = self._blocks.get(key)
        if block is None:
            block = self._blocks[key] = blocks.result(key, name, call_id, metadata, failed=failed)
        else:
            block.describe({"nbstream.is_error": failed})
        return block

    def _listed(self, key: str, content: str) -> list[AgentMessage]:
        """A block of the agent's own about its work: a plan, a state; it is replaced as a whole."""
        block = self._blocks.get(key)
        if block is None:
            block = self._blocks[key] = ContentBlock(key, "system", "system", "text")
        return block.set(content)


def output_of(value: Any) -> str:
    """What a tool gave back, as text: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) else dump(value)


def marker(media: str, name: str, place: str) -> str:
    """What stands for an image or a file: its type, name and place; data inside a URL is left to `raw`."""
    place = f"{len(place):,} characters of data" if place.startswith("data:") else place
    return "[" + ", ".join(word for word in (media, name, place) if word) + "]"


def parts_text(content: Any) -> str:
    """The text of content that is a string or a list of parts; what is no text becomes a marker."""
    if isinstance(content, (str, int, float)) and not isinstance(content, bool):
        return text(content)
    return "".join(_part_text(part) for part in (items(content) if isinstance(content, list) else [content]))


def _part_text(part: Any) -> str:
    if isinstance(part, str):
        return part
    shape = mapping(part)
    if isinstance(shape.get("text"), str):
        return str(shape["text"])
    if not shape or shape.get("type") in ("text", "input_text", "output_text"):
        return ""
    source = mapping(shape.get("source"))
    media = text(shape.get("mimeType")) or text(shape.get("mediaType")) or text(source.get("mimeType"))
    place = text(shape.get("uri")) or text(shape.get("url")) or text(source.get("value"))
    return marker(media or text(shape.get("type")), text(shape.get("name")), place)


def named(response_id: str, **more: Any) -> dict[str, Any]:
    """What the rows of one message say of it."""
    return present({"gen_ai.response.id": response_id, **more})


TODO_MARKS: Final = {"completed": "x", "in_progress": "~", "cancelled": "-"}


def todo_lines(entries: Any) -> str:
    """A plan as a list with marks."""
    shapes = [mapping(entry) for entry in items(entries)]
    marks = (TODO_MARKS.get(text(shape.get("status")), " ") for shape in shapes)
    return "\n".join(f"[{mark}] {text(shape.get('content'))}" for mark, shape in zip(marks, shapes, strict=True))
