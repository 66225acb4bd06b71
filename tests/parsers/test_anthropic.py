"""Anthropic Messages events: blocks, usage, and the ends of a stream."""

import json

import pytest

from fold import GOLDEN, as_rows, events_of, messages_of, played, texts, transcript
from frames import (
    MESSAGE_STOP,
    PING,
    block_start,
    block_stop,
    delta,
    message_delta,
    message_start,
    tool_start,
    words,
)
from nbstream.parsers import parser_named
from nbstream.sse import ServerSentEvent


def rows_of(*frames):
    return as_rows(messages_of(parser_named("anthropic"), frames))


def seen(*frames):
    return texts(transcript("anthropic", frames))


def ending(*frames, reason="eof", exit_code=None):
    return played("anthropic", [json.dumps(frame) for frame in frames], exit_code, reason)[1]


def whole(*inner, stop_reason="end_turn"):
    return [message_start(), *inner, message_delta(stop_reason, output_tokens=5), MESSAGE_STOP]


def test_the_recording_of_a_real_server_is_read():
    golden = json.loads((GOLDEN / "parsers/llama-anthropic-messages.json").read_text(encoding="utf-8"))
    events = events_of("llama-anthropic-messages.sse")
    parser = parser_named("anthropic")
    blocks, end = played("anthropic", [event.data for event in events], None, "eof")
    assert (blocks, end.status) == (golden["blocks"], golden["status"])
    rows = as_rows(messages_of(parser, [event.data for event in events]))
    assert (parser.model, parser.finished) == ("smollm2-135m-instruct", True)
    assert rows[-1]["metadata"]["gen_ai.usage.input_tokens"] == 1 + 40
    assert rows[-1]["metadata"]["gen_ai.usage.output_tokens"] == 46


def test_start_stop_and_ping_have_nothing_to_show():
    parser = parser_named("anthropic")
    for frame in (message_start(), block_start(0), PING, block_start(1, "thinking"), block_stop(0), MESSAGE_STOP):
        assert parser.parse(ServerSentEvent(frame["type"], json.dumps(frame))) is None


def test_a_ping_may_come_before_the_start_and_anywhere():
    frames = [PING, message_start(), PING, block_start(0), PING, words(0, "a"), PING, words(0, "b"), PING]
    assert seen(*frames) == [("assistant", "text", "ab")]


def test_text_in_the_block_start_is_part_of_the_block():
    assert seen(message_start(), block_start(0, {"type": "text", "text": "He"}), words(0, "llo")) == [
        ("assistant", "text", "Hello")
    ]


def test_a_second_message_start_in_the_middle_of_a_block():
    """Two generations overlap: the first one's text stays, the second has blocks of its own."""
    frames = [
        message_start("msg_1"),
        block_start(0),
        words(0, "one"),
        message_start("msg_2"),
        block_start(0),
        words(0, "two"),
    ]
    blocks = transcript("anthropic", frames)
    assert [(block["block"], block["content"]) for block in blocks] == [("/msg_1/0", "one"), ("/msg_2/0", "two")]


def test_deltas_of_the_first_generation_after_the_seconds_start_go_to_their_block():
    frames = [message_start("msg_1"), block_start(0), words(0, "one"), message_start("msg_2"), words(0, " more")]
    assert seen(*frames) == [("assistant", "text", "one more")]


def test_a_message_start_twice_with_the_same_id_changes_nothing():
    frames = [
        message_start(),
        message_start(),
        block_start(0),
        block_start(0),
        words(0, "a"),
        message_start(),
        words(0, "b"),
    ]
    assert seen(*frames) == [("assistant", "text", "ab")]


def test_the_same_block_start_twice_is_one_block():
    frames = [message_start(), tool_start(0), tool_start(0), delta(0, "input_json_delta", "{}"), block_stop(0)]
    assert seen(*frames) == [("tool", "tool_call", "{}")]
    two = [message_start(), tool_start(0, "toolu_1"), tool_start(0, "toolu_2")]
    assert len(seen(*two)) == 2


def test_a_server_that_gives_every_message_the_same_id_loses_nothing():
    frames = [frame for said in ("one", "two") for frame in whole(block_start(0), words(0, said), block_stop(0))]
    blocks = transcript("anthropic", frames)
    assert [block["content"] for block in blocks] == ["one", "two"]
    assert len({block["block"] for block in blocks}) == 2


def test_empty_partial_json_means_the_empty_input():
    frames = [message_start(), tool_start(0), delta(0, "input_json_delta", ""), block_stop(0)]
    assert [(row["op"], row["content"]) for row in rows_of(*frames)] == [("append", ""), ("set", "{}")]
    assert seen(*frames) == [("tool", "tool_call", "{}")]


def test_a_tool_open_at_the_end_of_its_message_has_the_empty_input():
    assert seen(message_start(), tool_start(0), MESSAGE_STOP) == [("tool", "tool_call", "{}")]


def test_a_full_input_in_the_block_start_is_never_overwritten():
    frames = [message_start(), tool_start(0, value={"q": 1}), delta(0, "input_json_delta", ""), block_stop(0)]
    assert [(row["op"], row["content"]) for row in rows_of(*frames)] == [("set", '{"q": 1}')]


def test_deltas_after_a_full_input_replace_it():
    frames = [message_start(), tool_start(0, value={"q": 1})]
    frames += [delta(0, "input_json_delta", '{"q"'), delta(0, "input_json_delta", ": 2}")]
    assert seen(*frames) == [("tool", "tool_call", '{"q": 2}')]


def test_a_tool_call_names_its_tool():
    rows = rows_of(message_start(), tool_start(0, "toolu_7", "search"), delta(0, "input_json_delta", "{}"))
    assert rows[0]["metadata"] == {
        "gen_ai.response.id": "msg_1",
        "gen_ai.response.model": "claude-x",
        "gen_ai.tool.name": "search",
        "gen_ai.tool.call.id": "toolu_7",
    }
    assert rows[1]["metadata"] == {}


def test_signatures_and_citations_make_no_row():
    frames = [message_start(), block_start(0, "thinking"), delta(0, "thinking_delta", "hm")]
    frames += [delta(0, "signature_delta", "c2ln"), block_stop(0), block_start(1), words(1, "See")]
    frames += [delta(1, "citations_delta", {"url": "https://example.org"})]
    assert seen(*frames) == [("assistant", "reasoning", "hm"), ("assistant", "text", "See")]
    assert len(rows_of(*frames)) == 2


def test_redacted_thinking_is_marked():
    (block,) = transcript("anthropic", [message_start(), block_start(0, {"type": "redacted_thinking", "data": "x"})])
    assert (block["part"], block["content"]) == ("reasoning", "[redacted by the provider]")
    assert block["metadata"]["nbstream.block_type"] == "redacted_thinking"


@pytest.mark.parametrize(
    ("wire", "content", "shown", "is_error"),
    [
        (
            "web_search_tool_result",
            [{"type": "web_search_result", "title": "T", "url": "https://x.org"}],
            "T https://x.org",
            False,
        ),
        ("web_fetch_tool_result", {"type": "web_fetch_tool_error", "error_code": "unavailable"}, "unavailable", True),
        ("code_execution_tool_result", {"type": "x", "stdout": "out\n", "stderr": "err"}, "out\n\nerr", False),
        ("mcp_tool_result", [{"type": "text", "text": "found"}], "found", False),
        ("text_editor_code_execution_tool_result", {"type": "view", "lines": 3}, '{"type": "view", "lines": 3}', False),
    ],
)
def test_a_tool_of_the_server_and_its_result(wire, content, shown, is_error):
    frames = [
        message_start(),
        tool_start(0, "srv_1", "web", kind="server_tool_use"),
        delta(0, "input_json_delta", '{"q": "x"}'),
        block_stop(0),
        block_start(1, {"type": wire, "tool_use_id": "srv_1", "content": content}),
        block_stop(1),
    ]
    call, answer = transcript("anthropic", frames)
    assert (call["type"], call["part"], call["content"]) == ("tool", "tool_call", '{"q": "x"}')
    assert (answer["type"], answer["role"], answer["part"]) == ("tool", "tool", "tool_call_response")
    assert answer["content"] == shown
    assert answer["metadata"]["gen_ai.tool.call.id"] == "srv_1"
    assert answer["metadata"]["gen_ai.tool.name"] == "web"
    assert answer["metadata"]["nbstream.is_error"] is is_error


def test_a_tool_of_an_mcp_server_names_the_server():
    start = block_start(0, {"type": "mcp_tool_use", "id": "m1", "name": "echo", "server_name": "files", "input": {}})
    (row,) = rows_of(message_start(), start)
    assert row["metadata"]["nbstream.mcp_server"] == "files"
    assert (row["type"], row["part"], row["op"], row["content"]) == ("tool", "tool_call", "append", "")


def test_a_compaction_is_set_not_appended():
    frames = [message_start(), block_start(0, {"type": "compaction", "content": None})]
    frames += [delta(0, "compaction_delta", "Summary, first"), delta(0, "compaction_delta", "Summary, whole")]
    assert seen(*frames) == [("assistant", "text", "Summary, whole")]


def test_other_blocks():
    assert rows_of(message_start(), block_start(0, {"type": "mcp_tool_listing", "tools": []})) == []
    upload = block_start(0, {"type": "container_upload", "file_id": "file_1"})
    assert seen(message_start(), upload) == [("assistant", "text", "[container_upload file_1]")]
    ((kind, part, words_),) = seen(message_start(), block_start(0, {"type": "fallback", "to": "other"}))
    assert (kind, part) == ("system", None)
    assert "other" in words_


@pytest.mark.parametrize(
    "frame",
    [{"type": "hologram"}, {}, block_start(0, {"type": "hologram"}), block_start(0, {}), delta(0, "hologram_delta", 1)],
)
def test_what_is_unknown_is_kept_whole(frame):
    (row,) = rows_of(message_start(), frame)
    assert (row["type"], row["op"], row["content"]) == ("system", "note", json.dumps(frame))
    assert row["metadata"]["nbstream.kind"] == "unknown"


def test_a_delta_whose_start_was_missed_is_shown():
    frames = [words(0, "late"), delta(1, "input_json_delta", "{}"), delta(1, "thinking_delta", "hm")]
    assert seen(*frames) == [
        ("assistant", "text", "late"),
        ("tool", "tool_call", "{}"),
        ("assistant", "reasoning", "hm"),
    ]


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"output_tokens": 42}, (18, 42, 5, 3)),
        ({"input_tokens": 20, "output_tokens": 42}, (28, 42, 5, 3)),
        ({"input_tokens": None, "output_tokens": "42"}, (18, 42, 5, 3)),
        ({"cache_read_input_tokens": 0, "output_tokens": 42}, (13, 42, 0, 3)),
    ],
    ids=["output only", "input overwritten", "null and string", "cache overwritten"],
)
def test_usage_overwrites_key_by_key_and_input_means_all_input(usage, tokens):
    start = message_start(input_tokens=10, cache_read_input_tokens=5, cache_creation_input_tokens=3, output_tokens=1)
    (row,) = rows_of(start, message_delta(**usage))
    keys = ("input_tokens", "output_tokens", "cache_read.input_tokens", "cache_write.input_tokens")
    assert tuple(row["metadata"].get(f"gen_ai.usage.{key}") for key in keys) == tokens
    assert row["metadata"]["gen_ai.response.id"] == "msg_1"
    assert row["metadata"]["gen_ai.response.finish_reasons"] == ["end_turn"]


def test_a_message_delta_that_says_nothing_makes_no_row():
    assert rows_of(message_start(), message_delta(None)) == []


@pytest.mark.parametrize("stop_reason", ["max_tokens", "refusal", "pause_turn", "model_context_window_exceeded"])
def test_an_answer_that_is_not_whole_says_so(stop_reason):
    frames = whole(block_start(0), words(0, "half"), stop_reason=stop_reason)
    answer, notice = transcript("anthropic", frames)
    assert answer["content"] == "half"
    assert notice["metadata"] == {"nbstream.kind": "notice", "gen_ai.response.finish_reasons": [stop_reason]}
    assert ending(*frames).status == "completed"


def test_the_end_of_the_turn_makes_no_notice():
    assert seen(*whole(block_start(0), words(0, "all"))) == [("assistant", "text", "all")]


def test_complete_only_after_message_stop():
    frames = whole(block_start(0), words(0, "x"))
    assert ending(*frames).status == "completed"
    cut = ending(*frames[:-1])
    assert (cut.status, cut.error) == ("interrupted", "The agent's output ended before its answer was complete.")
    assert [message.metadata["nbstream.kind"] for message in cut.messages] == ["end"]
    assert ending(*frames[:-1], reason="stopped").status == "stopped"
    assert ending(*frames, reason="stopped").status == "completed"


def test_several_messages_in_one_stream():
    first, second = whole(block_start(0), words(0, "one")), whole(block_start(0), words(0, "two"))
    second[0] = message_start("msg_2")
    assert seen(*first, *second) == [("assistant", "text", "one"), ("assistant", "text", "two")]
    assert ending(*first, *second).status == "completed"
    assert ending(*first, *second[:-1]).status == "interrupted"


def test_an_error_after_half_an_answer():
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_1"}
    frames = [message_start(), block_start(0), words(0, "half"), error]
    blocks = transcript("anthropic", frames)
    assert texts(blocks) == [("assistant", "text", "half"), ("error", "text", "overloaded_error: Overloaded")]
    assert blocks[1]["metadata"]["error.type"] == "overloaded_error"
    assert (ending(*frames).status, ending(*frames).error) == ("failed", "overloaded_error: Overloaded")
    assert ending(*frames, *whole()).status == "completed"
    parser = parser_named("anthropic")
    list(messages_of(parser, frames))
    assert parser.finished


def test_an_http_error_body_instead_of_a_stream():
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": "max_tokens: too large"}}
    assert seen(body) == [("error", "text", "invalid_request_error: max_tokens: too large")]
    assert seen({"error": {"message": "no such model"}}) == [("error", "text", "no such model")]
    assert ending({"error": {}}).error == '{"error": {}}'


def test_two_errors_are_two_blocks():
    error = {"type": "error", "error": {"type": "api_error", "message": "x"}}
    assert len(seen(error, error)) == 2
