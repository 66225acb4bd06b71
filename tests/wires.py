"""Short ways to feed one wire format in a test, and what the store asks of every row that comes of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from fold import Row, as_rows, messages_of, played, texts, transcript
from nbstream.messages import AgentMessage
from nbstream.parsers import Ending, MessageParser, parser_named
from nbstream.sse import ServerSentEvent

Frame = dict[str, Any]


class Wire:
    """One wire format by name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def parser(self, *frames: Frame | str) -> MessageParser:
        """A parser that has read these."""
        parser = parser_named(self.name)
        list(messages_of(parser, frames))
        return parser

    def rows(self, *frames: Frame | str) -> list[Row]:
        return as_rows(messages_of(parser_named(self.name), frames))

    def blocks(self, *frames: Frame | str) -> list[Row]:
        return transcript(self.name, frames)

    def seen(self, *frames: Frame | str) -> list[tuple[str, str | None, str]]:
        return texts(transcript(self.name, frames))

    def notes(self, *frames: Frame | str) -> list[tuple[str | None, str]]:
        """Kind and words of the notes, those about usage too."""
        return [(r["metadata"].get("nbstream.kind"), r["content"]) for r in self.rows(*frames) if r["op"] == "note"]

    def ending(self, *frames: Frame | str, reason: str = "eof", exit_code: int | None = None) -> Ending:
        data = [frame if isinstance(frame, str) else json.dumps(frame) for frame in frames]
        return played(self.name, data, exit_code, reason)[1]

    def status(self, *frames: Frame | str, reason: str = "eof", exit_code: int | None = None) -> str:
        return self.ending(*frames, reason=reason, exit_code=exit_code).status

    def usage(self, *frames: Frame | str) -> list[dict[str, Any]]:
        """The metadata of every usage note, those of the end too, without the kind."""
        parser = parser_named(self.name)
        messages = [*messages_of(parser, frames)]
        rows = as_rows([*messages, *parser.finalize("eof").messages])
        notes = [row["metadata"] for row in rows if row["metadata"].get("nbstream.kind") == "usage"]
        return [{key: value for key, value in note.items() if key != "nbstream.kind"} for note in notes]


def strings_in(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    for inner in value.items() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ():
        yield from strings_in(inner)


def check(message: AgentMessage) -> None:
    """What the store asks of a row."""
    assert message.type in {"assistant", "user", "system", "error", "tool", "response"}
    assert message.op in {"append", "set", "drop", "note"}
    assert (message.block is None) == (message.op == "note")
    assert (message.part is None) == (message.op == "note")
    assert isinstance(message.content, str)
    written = json.dumps(dict(message.metadata), ensure_ascii=False, allow_nan=False)
    for value in (message.content, message.block or "", written, *strings_in(dict(message.metadata))):
        value.encode("utf-8")
        assert "\0" not in value


def run(name: str, lines: Iterable[str], reason: str = "eof", exit_code: int | None = None) -> list[AgentMessage]:
    """Every row of a run, checked, with those of its end."""
    rows, end = played_out(name, lines, reason, exit_code)
    return [*rows, *end.messages]


def played_out(
    name: str, lines: Iterable[str], reason: str = "eof", exit_code: int | None = None
) -> tuple[list[AgentMessage], Ending]:
    """The rows of a run, and its end; both checked."""
    parser = parser_named(name)
    rows: list[AgentMessage] = []
    for line in lines:
        made = parser.parse(ServerSentEvent("message", line))
        assert made is None or made
        rows += made or []
    end = parser.finalize(reason, exit_code)
    for message in [*rows, *end.messages]:
        check(message)
    for value in (parser.session_id or "", parser.model or "", end.error or ""):
        value.encode("utf-8")
    assert end.status in {"completed", "failed", "stopped", "interrupted"}
    assert (end.error is None) == (end.status == "completed")
    return rows, end
