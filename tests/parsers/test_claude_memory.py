"""What was shown is in the log: the parser of a long session keeps what it needs to know a block again, not its text,
and of the latest blocks only."""

from __future__ import annotations

import gc
import json
import tracemalloc

import pytest

from nbstream.parsers import _blocks, claude
from nbstream.parsers.anthropic import AnthropicParser
from nbstream.parsers.claude import ClaudeParser
from nbstream.sse import ServerSentEvent

TEXT = 100_000
REMEMBERED = 64


@pytest.fixture
def short_memory(monkeypatch):
    monkeypatch.setattr(_blocks, "REMEMBERED", REMEMBERED)
    monkeypatch.setattr(_blocks, "CALLS_REMEMBERED", REMEMBERED)
    monkeypatch.setattr(claude, "_FRAMES", 2 * REMEMBERED)


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


def streamed(number: int) -> list[dict]:
    """An answer in two deltas, its complete frame, and a subagent's answer to a call of its own."""
    message = {"id": f"m{number}", "type": "message", "role": "assistant", "model": "x"}
    return [
        {"type": "message_start", "message": {**message, "content": [], "usage": {"input_tokens": 3}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": f"{number} "}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "words"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]


def session(number: int) -> list[dict]:
    whole, (call, result) = frames(number)[0], frames(number)[1:]
    whole["message"]["content"] = [{"type": "text", "text": f"{number} words"}]
    result["message"]["content"][0]["content"] = "ok"
    wrapped = [{"type": "stream_event", "event": event, "session_id": "s"} for event in streamed(number)]
    of_call = {"uuid": f"s{number}", "parent_tool_use_id": f"t{number}"}
    said = {**whole, **of_call, "message": {**whole["message"], "id": f"sub{number}"}}
    return [*wrapped[:4], whole, *wrapped[4:], call, said, result]


def test_a_session_without_end_is_remembered_in_bounded_memory(short_memory) -> None:
    parser, kept, place = ClaudeParser(), [], 0
    tracemalloc.start()
    try:
        for number in range(4 * REMEMBERED):
            for frame in session(number):
                place += 1
                parser.parse(ServerSentEvent("message", json.dumps(frame), f"e.{place}", None))
            if number % REMEMBERED == REMEMBERED - 1:
                gc.collect()
                kept.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert kept[3] - kept[2] < 0.1 * kept[0], f"kept after each {REMEMBERED} messages: {kept}"


def test_a_call_that_is_whole_keeps_no_forgotten_message(short_memory) -> None:
    parser = ClaudeParser()

    def alive() -> int:
        return sum(isinstance(one, _blocks.Answer) for one in gc.get_objects())

    others = alive()
    for number in range(10 * REMEMBERED):
        said, call, result = frames(number)
        said["message"]["content"] = [{"type": "text", "text": "words"}]
        result["message"]["content"][0]["content"] = "ok"
        for frame in (call, result) if number % 4 == 0 else (said,):
            del frame["uuid"]
            parser.parse(ServerSentEvent("message", json.dumps(frame), None, None))
    assert alive() - others <= REMEMBERED


def test_tokens_of_messages_that_were_forgotten_count(short_memory) -> None:
    parser = AnthropicParser()
    number = REMEMBERED + 100
    for answer in range(number):
        for event in streamed(answer):
            parser.parse(ServerSentEvent("message", json.dumps(event), None, None))
    summary = parser.finalize("eof").messages[0]
    assert summary.metadata["gen_ai.usage.input_tokens"] == 3 * number
    assert summary.metadata["gen_ai.usage.output_tokens"] == 2 * number


def test_messages_without_an_id_stay_apart_when_the_first_are_forgotten(short_memory) -> None:
    parser, blocks = AnthropicParser(), []
    for _ in range(REMEMBERED + 3):
        for event in streamed(0):
            if event["type"] == "message_start":
                del event["message"]["id"]
            for row in parser.parse(ServerSentEvent("message", json.dumps(event), None, None)) or []:
                if row.block and (not blocks or blocks[-1] != row.block):
                    blocks.append(row.block)
    assert len(blocks) == len(set(blocks)) == REMEMBERED + 3
