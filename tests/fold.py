"""The fold from log to transcript in plain Python, and how tests feed a recording to a parser.

The SQL view and the TypeScript reducer obey the same rule; `golden/fold.json` holds its cases for all three.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nbstream.messages import AgentMessage
from nbstream.parsers import Ending, MessageParser, parser_named
from nbstream.sse import EventStreamDecoder, ServerSentEvent

TESTS = Path(__file__).parent
RECORDINGS = TESTS / "recordings"
GOLDEN = TESTS / "golden"

Row = dict[str, Any]


def fold(rows: Iterable[Row]) -> list[Row]:
    """The transcript of a log: one entry per block shown and per note, in the order of their first rows."""
    blocks: dict[str, list[Row]] = {}
    shown = []
    for row in sorted(rows, key=lambda row: row["sequence_number"]):
        if row["op"] == "note":
            if row["metadata"].get("nbstream.kind") not in {"usage", "skipped"}:
                shown.append(_entry([row], row))
        elif row["op"] == "drop":
            blocks.pop(row["block"], None)
        else:
            blocks.setdefault(row["block"], []).append(row)
    for kept in blocks.values():
        last_set = max((place for place, row in enumerate(kept) if row["op"] == "set"), default=0)
        shown.append(_entry(kept, kept[last_set], "".join(row["content"] for row in kept[last_set:])))
    return sorted(shown, key=lambda entry: entry["sequence_number"])


def _entry(rows: list[Row], shape: Row, content: str | None = None) -> Row:
    return {
        "sequence_number": rows[0]["sequence_number"],
        "last_sequence_number": rows[-1]["sequence_number"],
        "block": shape["block"],
        "type": shape["type"],
        "role": shape["role"],
        "part": shape["part"],
        "content": shape["content"] if content is None else content,
        "metadata": next((row["metadata"] for row in reversed(rows) if row["metadata"]), {}),
    }


def as_rows(messages: Iterable[AgentMessage]) -> list[Row]:
    """The messages as the store would number them."""
    return [
        {
            "sequence_number": number,
            "type": message.type,
            "role": message.role,
            "part": message.part,
            "block": message.block,
            "op": message.op,
            "content": message.content,
            "metadata": dict(message.metadata),
        }
        for number, message in enumerate(messages, 1)
    ]


def lines_of(recording: str) -> list[str]:
    """The events' data of a recording of JSON lines; split at LF only, as the wire does."""
    return [line for line in (RECORDINGS / recording).read_text(encoding="utf-8").split("\n") if line]


def events_of(recording: str) -> list[ServerSentEvent]:
    """The events of a recording of raw Server-Sent Events."""
    return EventStreamDecoder().feed((RECORDINGS / recording).read_bytes())


def messages_of(parser: MessageParser, data: Iterable[str | dict[str, Any]]) -> Iterator[AgentMessage]:
    """The rows that each event makes; objects are written as JSON first."""
    for item in data:
        line = item if isinstance(item, str) else json.dumps(item)
        yield from parser.parse(ServerSentEvent("message", line)) or []


def transcript(name: str, data: Iterable[str | dict[str, Any]]) -> list[Row]:
    """What a reader sees of events read as the named format, before the stream's end."""
    return fold(as_rows(messages_of(parser_named(name), data)))


def played(name: str, data: Iterable[str], exit_code: int | None, reason="exited") -> tuple[list[Row], Ending]:
    """The transcript of a whole run, and how it ended."""
    parser = parser_named(name)
    messages = list(messages_of(parser, data))
    ending = parser.finalize(reason, exit_code)
    return fold(as_rows([*messages, *ending.messages])), ending


def texts(entries: Iterable[Row]) -> list[tuple[str, str | None, str]]:
    """Type, part and content of each entry."""
    return [(entry["type"], entry["part"], entry["content"]) for entry in entries]
