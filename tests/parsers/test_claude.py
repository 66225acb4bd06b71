"""Claude Code: which block a frame is about, and what is withdrawn."""

import json

import pytest

from fold import as_rows, messages_of, texts, transcript
from frames import (
    MESSAGE_STOP,
    PING,
    SESSION,
    assistant,
    block_start,
    block_stop,
    delta,
    event,
    message_delta,
    message_start,
    result,
    system,
    text,
    tool_result,
    tool_start,
    tool_use,
    user,
    words,
)
from nbstream.parsers import parser_named
from nbstream.sse import ServerSentEvent


def rows_of(*frames):
    return as_rows(messages_of(parser_named("claude"), frames))


def seen(*frames):
    return texts(transcript("claude", frames))


def streamed(*inner):
    return [event(frame) for frame in inner]


def test_a_frame_is_bound_to_the_open_block():
    frames = [
        *streamed(message_start(), block_start(0), words(0, "Hel"), words(0, "lo")),
        assistant(text("Hello")),
        *streamed(block_stop(0), message_delta(output_tokens=5), MESSAGE_STOP),
    ]
    rows = rows_of(*frames)
    assert [(row["op"], row["block"], row["content"]) for row in rows[:3]] == [
        ("append", "/msg_1/0", "Hel"),
        ("append", "/msg_1/0", "lo"),
        ("set", "/msg_1/0", "Hello"),
    ]


def test_empty_blocks_get_no_frame_and_shift_nothing():
    frames = [
        *streamed(message_start(), block_start(0), block_stop(0), block_start(1), words(1, "An")),
        assistant(text("Answer")),
        event(block_stop(1)),
    ]
    assert [entry["block"] for entry in transcript("claude", frames)] == ["/msg_1/1"]
    assert seen(*frames) == [("assistant", "text", "Answer")]


def test_two_equal_text_blocks_are_two():
    frames = [event(message_start())]
    for index in (0, 1):
        frames += streamed(block_start(index), words(index, "Same."))
        frames += [assistant(text("Same."), uuid=f"a{index}"), event(block_stop(index))]
    assert seen(*frames) == [("assistant", "text", "Same.")] * 2


def test_two_equal_text_blocks_without_partial_messages_are_two():
    assert (
        seen(assistant(text("Same."), uuid="a1"), assistant(text("Same."), uuid="a2"))
        == [("assistant", "text", "Same.")] * 2
    )


def test_an_open_block_is_bound_once():
    frames = [*streamed(message_start(), block_start(0), words(0, "one")), assistant(text("one"), uuid="a1")]
    assert seen(*frames, assistant(text("two"), uuid="a2")) == [
        ("assistant", "text", "one"),
        ("assistant", "text", "two"),
    ]


def test_a_frame_of_another_kind_is_not_bound():
    frames = [*streamed(message_start(), block_start(0), words(0, "open")), assistant(tool_use(path="a"))]
    assert seen(*frames) == [("assistant", "text", "open"), ("tool", "tool_call", '{"path": "a"}')]


def test_a_frame_of_another_message_is_not_bound():
    frames = [
        *streamed(message_start("msg_1"), block_start(0), words(0, "open")),
        assistant(text("x"), message_id="msg_2"),
    ]
    assert seen(*frames) == [("assistant", "text", "open"), ("assistant", "text", "x")]


def test_a_frame_after_its_block_stopped_is_a_new_block_that_cannot_collide():
    frames = [
        *streamed(message_start(), block_start(0), words(0, "one"), block_stop(0)),
        assistant(text("two")),
        *streamed(block_start(1), words(1, "three")),
    ]
    blocks = [entry["block"] for entry in transcript("claude", frames)]
    assert len(set(blocks)) == 3
    assert [content for _, _, content in seen(*frames)] == ["one", "two", "three"]


def test_a_late_frame_of_a_tool_call_is_found_by_the_calls_id():
    frames = [
        *streamed(message_start(), tool_start(0), delta(0, "input_json_delta", '{"a":'), block_stop(0)),
        assistant(tool_use(a=1)),
    ]
    assert seen(*frames) == [("tool", "tool_call", '{"a": 1}')]


def test_an_empty_frame_does_not_erase_what_was_streamed():
    frames = [*streamed(message_start(), block_start(0), words(0, "kept")), assistant(text(""))]
    assert seen(*frames) == [("assistant", "text", "kept")]


@pytest.mark.parametrize("partial", [True, False])
def test_a_tool_without_arguments_has_the_empty_input(partial):
    frames = streamed(message_start(), tool_start(0)) if partial else []
    assert seen(*frames, assistant(tool_use())) == [("tool", "tool_call", "{}")]


def test_a_tool_without_arguments_has_the_empty_input_when_its_block_stops():
    assert seen(*streamed(message_start(), tool_start(0), block_stop(0))) == [("tool", "tool_call", "{}")]


def test_parallel_results_out_of_order_stay_linked_to_their_calls():
    frames = [
        assistant(tool_use("toolu_a", "Read"), uuid="a1"),
        assistant(tool_use("toolu_b", "Grep"), uuid="a2"),
        user(tool_result("second", "toolu_b", is_error=True), uuid="u1"),
        user(tool_result("first", "toolu_a"), uuid="u2"),
    ]
    results = [entry for entry in transcript("claude", frames) if entry["part"] == "tool_call_response"]
    assert [
        (
            entry["block"],
            entry["content"],
            entry["metadata"]["gen_ai.tool.name"],
            entry["metadata"]["nbstream.is_error"],
        )
        for entry in results
    ] == [("/toolu_b/result", "second", "Grep", True), ("/toolu_a/result", "first", "Read", False)]


def test_a_subagent_speaks_before_its_parents_message_stops():
    frames = [
        *streamed(message_start(), tool_start(0, "toolu_p", "Agent")),
        assistant(tool_use("toolu_p", "Agent", prompt="go")),
        event(block_stop(0)),
        user(text("go"), parent="toolu_p", uuid="u1"),
        assistant(text("inside"), message_id="msg_2", parent="toolu_p", uuid="a2"),
        event(MESSAGE_STOP),
        user(tool_result("done", "toolu_p"), uuid="u2"),
    ]
    blocks = transcript("claude", frames)
    assert texts(blocks) == [
        ("tool", "tool_call", '{"prompt": "go"}'),
        ("user", "text", "go"),
        ("assistant", "text", "inside"),
        ("tool", "tool_call_response", "done"),
    ]
    assert [block["metadata"].get("nbstream.parent_tool_call_id") for block in blocks] == [
        None,
        "toolu_p",
        "toolu_p",
        None,
    ]


def test_deltas_of_a_subagent_do_not_mix_with_the_main_thread_and_name_it():
    frames = [
        event(message_start("msg_1")),
        event(block_start(0)),
        event(message_start("msg_2"), parent="toolu_p"),
        event(block_start(0), parent="toolu_p"),
        event(words(0, "ma")),
        event(words(0, "su"), parent="toolu_p"),
        event(words(0, "in")),
        event(words(0, "b"), parent="toolu_p"),
    ]
    assert seen(*frames) == [("assistant", "text", "main"), ("assistant", "text", "sub")]
    inner = [row for row in rows_of(*frames) if row["block"].startswith("toolu_p/")]
    assert [row["metadata"]["nbstream.parent_tool_call_id"] for row in inner] == ["toolu_p"] * 2


def test_two_interleaved_sessions_do_not_mix():
    def of(session, inner):
        return event(inner) | {"session_id": session}

    frames = [
        of(s, f) for f in (message_start, lambda i: block_start(0)) for s, f in (("s1", f("m1")), ("s2", f("m2")))
    ]
    frames += [of("s1", words(0, "a")), of("s2", words(0, "b")), of("s1", words(0, "c"))]
    assert seen(*frames) == [("assistant", "text", "ac"), ("assistant", "text", "b")]


def test_abandoned_blocks_are_dropped_and_the_retry_is_a_new_block():
    frames = [
        *streamed(message_start("msg_1"), block_start(0), words(0, "half an ans"), block_stop(0)),
        event(MESSAGE_STOP, abandoned_blocks={"api_message_id": "msg_1", "from_block_index": 0}),
        assistant(text("The answer."), message_id="msg_2"),
    ]
    assert seen(*frames) == [("assistant", "text", "The answer.")]
    drops = [row for row in rows_of(*frames) if row["op"] == "drop"]
    assert [(row["block"], row["content"], row["part"]) for row in drops] == [("/msg_1/0", "", "text")]


def test_blocks_before_the_abandoned_index_stay():
    frames = [event(message_start())]
    for index in range(3):
        frames += streamed(block_start(index), words(index, f"block {index}"), block_stop(index))
    frames.append(event(MESSAGE_STOP, abandoned_blocks={"api_message_id": "msg_1", "from_block_index": 1}))
    assert seen(*frames) == [("assistant", "text", "block 0")]


def test_abandoning_what_was_never_shown_makes_no_row():
    frames = streamed(message_start(), block_start(0), block_stop(0))
    frames.append(event(MESSAGE_STOP, abandoned_blocks={"api_message_id": "msg_1", "from_block_index": 0}))
    assert rows_of(*frames) == []


def test_an_aborted_frame_says_so():
    frames = [*streamed(message_start(), block_start(0), words(0, "hal")), assistant(text("half"), aborted=True)]
    (block,) = transcript("claude", frames)
    assert block["content"] == "half"
    assert block["metadata"]["nbstream.aborted"] is True


def test_a_frame_that_supersedes_others_withdraws_them():
    frames = [
        assistant(text("first try"), uuid="a1"),
        assistant(text("kept"), uuid="a2"),
        assistant(text("second try"), uuid="a3", message_id="msg_2", supersedes=["a1", "never seen", None]),
    ]
    assert seen(*frames) == [("assistant", "text", "kept"), ("assistant", "text", "second try")]


def test_retracted_messages_are_withdrawn():
    frames = [
        assistant(text("I should not"), uuid="a1"),
        system("model_refusal_fallback", original_model="a", fallback_model="b", retracted_message_uuids=["a1"]),
    ]
    assert seen(*frames) == [("system", None, "a refused; b goes on.")]


def test_the_same_frame_twice_changes_nothing():
    once = [assistant(text("Hi"), tool_use(a=1)), user(tool_result("ok"))]
    assert seen(*once, *once) == seen(*once)


def test_a_replay_of_a_known_prompt_is_silent():
    frames = [user("Do it", uuid="u7"), user("Do it", uuid="u7", isReplay=True), user("Else", uuid="u8", isReplay=True)]
    assert seen(*frames) == [("user", "text", "Do it"), ("user", "text", "Else")]
    parser = parser_named("claude")
    list(messages_of(parser, frames[:1]))
    assert parser.parse(ServerSentEvent("message", json.dumps(frames[1]))) is None


def test_synthetic_errors_have_ids_of_their_own_and_are_errors():
    frame = assistant(text("API Error: 400"), message_id="0f3c", error="invalid_request", is_api_error_message=True)
    frame["message"]["model"] = "<synthetic>"
    (row,) = rows_of(frame)
    assert (row["type"], row["op"], row["block"]) == ("error", "set", "/0f3c/f0")
    assert row["metadata"]["nbstream.is_error"] is True
    assert row["metadata"]["error.type"] == "invalid_request"
    assert "gen_ai.response.model" not in row["metadata"]


def test_an_error_frame_is_never_bound_to_the_answer():
    frames = [
        *streamed(message_start(), block_start(0), words(0, "half")),
        assistant(text("Overloaded"), error="overloaded"),
    ]
    assert seen(*frames) == [("assistant", "text", "half"), ("error", "text", "Overloaded")]


def test_usage_without_partial_messages_is_one_note_without_the_unfinished_output():
    rows = rows_of(assistant(text("a"), uuid="a1"), assistant(text("b"), uuid="a2"))
    notes = [row for row in rows if row["metadata"].get("nbstream.kind") == "usage"]
    assert [note["metadata"] for note in notes] == [
        {
            "nbstream.kind": "usage",
            "gen_ai.response.id": "msg_1",
            "gen_ai.response.model": "claude-x",
            "gen_ai.usage.input_tokens": 14,
            "gen_ai.usage.cache_read.input_tokens": 4,
        }
    ]


def test_usage_with_partial_messages_comes_with_the_message_delta():
    frames = [
        *streamed(message_start(input_tokens=10, cache_creation_input_tokens=2, output_tokens=1), block_start(0)),
        assistant(text("a")),
        *streamed(message_delta("tool_use", output_tokens=42)),
    ]
    (note,) = [row for row in rows_of(*frames) if row["op"] == "note"]
    assert note["content"] == "12 input tokens, 42 output tokens"
    assert note["metadata"]["gen_ai.response.finish_reasons"] == ["tool_use"]


def test_a_stream_joined_in_the_middle_is_read():
    frames = [event(words(3, "late"), api_message_id="msg_9"), assistant(text("late start"), message_id="msg_9")]
    assert seen(*frames) == [("assistant", "text", "late start")]


def test_pings_and_errors_of_the_api_inside_a_stream():
    frames = [event(PING), event({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})]
    assert seen(*frames) == [("system", None, "The API reported an error: Overloaded")]


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "hologram", "session_id": SESSION},
        system("hologram"),
        event({"type": "hologram"}),
        event(block_start(0, {"type": "hologram"})),
        event(delta(0, "hologram_delta", "x")),
        ["not", "an", "object"],
        None,
        17,
    ],
    ids=["type", "subtype", "event", "block", "delta", "array", "null", "number"],
)
def test_what_is_unknown_is_kept_whole(frame):
    line = json.dumps(frame)
    (row,) = rows_of(line)
    assert (row["type"], row["op"], row["content"]) == ("system", "note", line)
    assert row["metadata"] == {"nbstream.kind": "unknown"}


def test_an_unknown_block_of_a_complete_frame_is_kept_whole():
    rows = rows_of(assistant({"type": "hologram", "x": 1}, text("and text")))
    assert rows[0]["content"] == '{"type": "hologram", "x": 1}'
    assert rows[0]["metadata"] == {"nbstream.kind": "unknown"}
    assert rows[1]["content"] == "and text"


def test_unknown_fields_are_ignored():
    assert seen(assistant(text("Hi"), hologram={"x": 1})) == [("assistant", "text", "Hi")]


def test_result_texts_shown_before_are_not_repeated():
    assert [entry[2] for entry in seen(assistant(text("Hi\n")), result(result="Hi", num_turns=1))] == [
        "Hi\n",
        "Completed: 1 turn",
    ]
