"""What was shown is in the log: the parser of a long session keeps what it needs to know a block again, not its text."""

from __future__ import annotations

import gc
import json
import tracemalloc

from nbstream.parsers.claude import ClaudeParser
from nbstream.sse import ServerSentEvent

TEXT = 100_000


def frames(number: int) -> list[dict]:
    """An answer in one frame, a call, and what the tool gave, each large and unlike the others."""
    said, read = f"{number}:" + "a" * TEXT, f"{number}:" + "b" * TEXT
    message = {"id": f"m{number}", "type": "message", "role": "assistant", "model": "x"}
    call = {"type": "tool_use", "id": f"t{number}", "name": "Read", "input": {"file_path": "f"}}
    result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": read}
    return [
        {
            "type": "assistant",
            "uuid": f"a{number}",
            "message": {**message, "content": [{"type": "text", "text": said}]},
        },
        {"type": "assistant", "uuid": f"c{number}", "message": {**message, "content": [call]}},
        {
            "type": "user",
            "uuid": f"u{number}",
            "message": {"role": "user", "content": [result]},
        },
    ]


def test_texts_are_not_kept() -> None:
    parser = ClaudeParser()
    shown, place = 0, 0
    tracemalloc.start()
    try:
        for number in range(50):
            for frame in frames(number):
                place += 1
                rows = parser.parse(ServerSentEvent("message", json.dumps(frame), f"e.{place}", None)) or []
                shown += sum(len(row.content) for row in rows)
                del rows
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert shown > 2 * 50 * TEXT, "every text was shown"
    assert kept < 5 * TEXT, f"{kept:,} bytes are kept of 50 answers and results of {TEXT:,}"


def test_what_was_shown_can_still_be_withdrawn() -> None:
    parser = ClaudeParser()
    rows = []
    for place, frame in enumerate([*frames(1), *frames(2)], 1):
        rows += parser.parse(ServerSentEvent("message", json.dumps(frame), f"e.{place}", None)) or []
    retracted = {"type": "system", "subtype": "model_refusal_fallback", "retracted_message_uuids": ["a2", "u2"]}
    dropped = parser.parse(ServerSentEvent("message", json.dumps(retracted), "e.7", None)) or []
    blocks = [row.block for row in rows if row.content.startswith("2:")]
    assert [row.block for row in dropped if row.op == "drop"] == blocks
    assert len(blocks) == 2
