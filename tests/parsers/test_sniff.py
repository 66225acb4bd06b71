"""The format of a stream is found by the keys of its first objects."""

import json

import pytest

from fold import RECORDINGS, as_rows, events_of, lines_of, messages_of, texts, transcript
from nbstream.parsers import parser_named
from nbstream.parsers.lookup import PARSERS
from nbstream.parsers.sniff import FORMATS, HELD_CHARS, HELD_EVENTS, AutoParser, sniff
from nbstream.sse import ServerSentEvent

RECORDED = {
    "claude-": "claude",
    "codex-": "codex",
    "gemini-": "gemini-cli",
    "llama-anthropic": "anthropic",
    "llama-openai-responses": "openai-responses",
    "llama-openai-": "openai-chat",
    "opencode-serve-": "opencode",
    "opencode-": "opencode-run",
}


def read(*frames):
    """The parser that read these, and its rows."""
    parser = AutoParser()
    return parser, as_rows(messages_of(parser, frames))


@pytest.mark.parametrize("name", sorted(p.name for p in RECORDINGS.iterdir() if p.suffix in (".jsonl", ".sse")))
def test_every_recording_is_told_apart_by_its_first_event(name):
    expected = next(parser for start, parser in RECORDED.items() if name.startswith(start))
    data = [event.data for event in events_of(name)] if name.endswith(".sse") else lines_of(name)
    assert sniff(json.loads(data[0])) == expected
    reversed_keys = dict(reversed(json.loads(data[0]).items()))
    assert sniff(reversed_keys) == expected


@pytest.mark.parametrize("name", sorted(p.name for p in RECORDINGS.iterdir() if p.suffix in (".jsonl", ".sse")))
def test_no_event_of_a_recording_is_taken_for_another_format(name):
    """A stream may be joined in its middle."""
    expected = next(parser for start, parser in RECORDED.items() if name.startswith(start))
    data = [event.data for event in events_of(name)] if name.endswith(".sse") else lines_of(name)
    found = {sniff(json.loads(line)) for line in data if line.startswith("{")}
    assert expected in found
    assert found <= {expected, None}


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ({"is_error": False, "session_id": "s", "type": "result", "subtype": "success"}, "claude"),
        ({"type": "stream_event", "event": {}}, "claude"),
        ({"type": "system", "subtype": "init", "session_id": "s"}, "claude"),
        ({"type": "message_start", "message": {}}, "anthropic"),
        ({"choices": [], "id": "", "object": ""}, "openai-chat"),
        ({"object": "chat.completion.chunk"}, "openai-chat"),
        ({"type": "response.queued", "response": {}, "sequence_number": 1}, "openai-responses"),
        ({"candidates": [{}]}, "gemini"),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "gemini"),
        ({"type": "init", "session_id": "s", "model": "g"}, "gemini-cli"),
        ({"type": "result", "status": "success", "stats": {}}, "gemini-cli"),
        ({"type": "thread.started", "thread_id": "t"}, "codex"),
        ({"type": "item.completed", "item": {}}, "codex"),
        ({"type": "server.connected", "properties": {}}, "opencode"),
        ({"type": "error", "sessionID": "s", "error": {}}, "opencode-run"),
        ({"model": "m", "message": {}, "done": False}, "ollama"),
        ({"model": "m", "response": "", "done": True}, "ollama"),
        ({"type": "assistant", "content": "Hi"}, "generic"),
        ({"type": "ping"}, None),
        ({"type": "message"}, None),
        ({"type": "tool_use", "name": "x"}, None),
        ({"type": "error", "error": {}}, None),
        ({"error": "x"}, None),
        ({"jsonrpc": "2.0", "id": 1, "result": {}}, None),
        ({"runId": "r", "type": "RUN_STARTED"}, "ag-ui"),
        ({"type": "TEXT_MESSAGE_CHUNK", "delta": "x"}, "ag-ui"),
        ({"type": "RUN"}, None),
        ({"messageId": "m", "type": "start"}, "vercel"),
        ({"id": "1", "type": "text-start"}, "vercel"),
        ({"type": "start", "other": 1}, None),
        ({"jsonrpc": "2.0", "params": {}, "method": "session/update"}, "acp"),
        ({"result": {"agentCapabilities": {}, "protocolVersion": 1}, "id": 0, "jsonrpc": "2.0"}, "acp"),
        ({"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "2025-06-18", "serverInfo": {}}}, None),
        ([{"type": "AIMessageChunk", "content": "x"}, {"langgraph_node": "n"}], "langgraph"),
        ([{"type": "AIMessageChunk"}, {}], None),
        ({"data": {}, "ns": [], "type": "values"}, "langgraph"),
        ({"type": ["claude"]}, None),
        ({}, None),
        ([], None),
        ("text", None),
        (None, None),
    ],
)
def test_the_keys_that_decide(frame, expected):
    assert sniff(frame) == expected


def test_every_format_can_be_found_or_named():
    assert set(PARSERS) == {*FORMATS, "auto"}


def test_what_was_held_back_is_read_by_the_chosen_parser():
    ping, start = {"type": "ping"}, {"type": "message_start", "message": {"id": "m", "model": "x"}}
    words = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}}
    parser, rows = read(ping, start, words)
    assert (parser.chosen, parser.model) == ("anthropic", "x")
    assert rows == as_rows(messages_of(parser_named("anthropic"), [ping, start, words]))


def test_a_banner_before_the_first_object_is_kept():
    init = {"type": "init", "session_id": "s", "model": "g"}
    parser, rows = read("Loaded cached credentials.", init)
    assert parser.chosen == "gemini-cli"
    assert [row["content"] for row in rows] == ["Loaded cached credentials.", "g"]
    assert (parser.session_id, parser.model) == ("s", "g")


def test_nothing_is_shown_while_nothing_decides_and_all_of_it_afterwards():
    parser = AutoParser()
    made = [parser.parse(ServerSentEvent("message", f"line {n}")) for n in range(HELD_EVENTS + 1)]
    assert made[: HELD_EVENTS - 1] == [None] * (HELD_EVENTS - 1)
    assert len(made[HELD_EVENTS - 1]) == HELD_EVENTS
    assert len(made[HELD_EVENTS]) == 1
    assert parser.chosen == "generic"


def test_a_long_line_is_not_held_back():
    assert AutoParser().parse(ServerSentEvent("message", "x" * (HELD_CHARS + 1))) is not None


def test_a_stream_that_ends_undecided_is_text():
    parser = AutoParser()
    assert parser.parse(ServerSentEvent("message", "Hello")) is None
    ending = parser.finalize("exited", 0)
    assert (ending.status, [message.content for message in ending.messages]) == ("completed", ["Hello\n"])


def test_an_error_body_instead_of_any_stream():
    parser, _ = read({"error": {"message": "Unauthorized", "code": 401}})
    ending = parser.finalize("eof")
    assert (ending.status, ending.error) == ("failed", "401: Unauthorized")


def test_an_empty_stream_has_no_format():
    assert AutoParser().finalize("eof").status == "interrupted"


def test_messages_of_another_protocol_are_kept_whole():
    """Model Context Protocol uses event streams too; it is no agent's output."""
    frames = [json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": n}) for n in range(6)]
    parser, rows = read(*frames)
    assert parser.chosen == "generic"
    assert [row["content"] for row in rows] == frames


def test_finished_and_the_end_are_the_chosen_parsers():
    frames = lines_of("codex-text.jsonl")
    parser, _ = read(*frames)
    assert parser.finished
    assert parser.finalize("exited", 0).status == "completed"
    assert texts(transcript("auto", frames)) == texts(transcript("codex", frames))
