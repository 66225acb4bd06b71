"""OpenAI Responses events, as OpenAI and the servers like it send them."""

import pytest

from responses_frames import created, delta, done, ended, item, message
from wires import Wire

RESPONSES = Wire("openai-responses")


TEXT = [created(), item("message", "added"), delta("output_text", "He"), delta("output_text", "llo")]
USAGE = {
    "input_tokens": 10,
    "output_tokens": 5,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens_details": {"reasoning_tokens": 2},
}


# -- text --------------------------------------------------------------------------------------------------------


def test_five_copies_of_a_text_are_one_block():
    copies = [
        done("output_text", "text", "Hello"),
        {
            "type": "response.content_part.done",
            "item_id": "i0",
            "content_index": 0,
            "part": message("Hello")["content"][0],
        },
        item("message", "done", message("Hello")),
        ended(output=[{"id": "i0", "type": "message", **message("Hello")}]),
    ]
    rows = RESPONSES.rows(*TEXT, *copies)
    assert [(row["op"], row["content"]) for row in rows if row["block"]] == [
        ("append", "He"),
        ("append", "llo"),
        ("set", "Hello"),
    ]


def test_the_done_text_wins_over_its_deltas():
    assert RESPONSES.seen(*TEXT, done("output_text", "text", "Hello!")) == [("assistant", "text", "Hello!")]


def test_done_without_a_delta():
    assert RESPONSES.seen(created(), done("output_text", "text", "Hi")) == [("assistant", "text", "Hi")]
    frames = [
        item("function_call", "added", {"name": "f", "call_id": "c"}),
        done("function_call_arguments", "arguments", "{}"),
    ]
    assert RESPONSES.seen(created(), *frames) == [("tool", "tool_call", "{}")]


def test_the_response_has_the_last_word():
    final = ended(output=[{"id": "i0", "type": "message", **message("Good bye")}])
    assert RESPONSES.seen(*TEXT, final) == [("assistant", "text", "Good bye")]


def test_completed_without_output_leaves_the_text():
    assert RESPONSES.seen(*TEXT, ended()) == [("assistant", "text", "Hello")]
    assert RESPONSES.status(*TEXT, ended()) == "completed"


def test_an_item_that_only_the_response_tells_of():
    final = ended(output=[{"id": "i7", "type": "message", **message("a", "b")}])
    assert [block[2] for block in RESPONSES.seen(created(), final)] == ["a", "b"]


def test_content_indexes_are_blocks():
    frames = [delta("output_text", "a", content_index=0), delta("output_text", "b", content_index=1)]
    assert [block[2] for block in RESPONSES.seen(*TEXT[:2], *frames)] == ["a", "b"]


def test_a_refusal():
    frames = [delta("refusal", "I ca"), delta("refusal", "n't"), done("refusal", "refusal", "I can't")]
    assert RESPONSES.seen(*TEXT[:2], *frames) == [("assistant", "refusal", "I can't")]


def test_a_transcript_of_audio():
    frames = [
        {"type": "response.audio.transcript.delta", "delta": "Hi"},
        {"type": "response.audio.delta", "delta": "AA"},
    ]
    assert RESPONSES.seen(created(), *frames) == [("assistant", "text", "Hi")]


# -- reasoning ---------------------------------------------------------------------------------------------------


def test_several_parts_of_a_reasoning_summary():
    frames = [
        created(),
        item("reasoning", "added"),
        {"type": "response.reasoning_summary_part.added", "item_id": "i0", "summary_index": 0},
        delta("reasoning_summary_text", "fir", summary_index=0),
        delta("reasoning_summary_text", "st", summary_index=0),
        done("reasoning_summary_text", "text", "first", summary_index=0),
        delta("reasoning_summary_text", "second", summary_index=1),
        item("reasoning", "done", {"summary": [{"type": "summary_text", "text": t} for t in ("first", "second")]}),
    ]
    assert RESPONSES.seen(*frames) == [("assistant", "reasoning", "first"), ("assistant", "reasoning", "second")]


def test_reasoning_text():
    frames = [delta("reasoning_text", "hm", content_index=0), done("reasoning_text", "text", "hmm", content_index=0)]
    assert RESPONSES.seen(created(), item("reasoning", "added"), *frames) == [("assistant", "reasoning", "hmm")]


# -- identity ----------------------------------------------------------------------------------------------------


def test_null_item_ids_go_by_their_output_index():
    frames = [
        item("message", "added", {"id": None}),
        {"type": "response.output_text.delta", "item_id": None, "output_index": 0, "delta": "a"},
        item("message", "added", {"id": None}, 1),
        {"type": "response.output_text.delta", "item_id": None, "output_index": 1, "delta": "b"},
        {"type": "response.output_text.delta", "item_id": None, "output_index": 0, "delta": "c"},
    ]
    assert [block[2] for block in RESPONSES.seen(created(), *frames)] == ["ac", "b"]


def test_item_ids_that_change_with_every_event_go_by_their_output_index():
    frames = [
        item("message", "added", {"id": "x1"}),
        {"type": "response.output_text.delta", "item_id": "x2", "output_index": 0, "delta": "a"},
        {"type": "response.output_text.delta", "item_id": "x3", "output_index": 0, "delta": "b"},
        item("message", "done", {"id": "x4", **message("ab")}),
    ]
    assert RESPONSES.seen(created(), *frames) == [("assistant", "text", "ab")]


def test_neither_id_nor_index_is_the_last_item():
    frames = [
        {"type": "response.output_item.added", "item": {"type": "message"}},
        {"type": "response.output_text.delta", "delta": "a"},
        {"type": "response.output_item.added", "item": {"type": "message"}},
        {"type": "response.output_text.delta", "delta": "b"},
    ]
    assert [block[2] for block in RESPONSES.seen(created(), *frames)] == ["a", "b"]


def test_no_created_and_a_resume_in_the_middle():
    frames = [
        created(kind="queued", sequence_number=7),
        delta("output_text", "lo", sequence_number=8),
        done("output_text", "text", "Hello", sequence_number=9),
        ended() | {"sequence_number": 10},
    ]
    assert RESPONSES.seen(*frames) == [("assistant", "text", "Hello")]
    assert RESPONSES.seen(*frames[1:]) == [("assistant", "text", "Hello")]
    assert RESPONSES.status(*frames[1:]) == "completed"


def test_a_gap_in_the_sequence_is_named():
    frames = [
        created(sequence_number=0),
        delta("output_text", "a", sequence_number=1),
        delta("output_text", "d", sequence_number=4),
    ]
    (note,) = [row for row in RESPONSES.rows(*frames) if row["op"] == "note"]
    assert note["content"] == "events 2 to 3 of the response did not arrive"
    assert note["metadata"] == {"nbstream.kind": "gap", "from": 2, "to": 3}


def test_several_responses_on_one_connection():
    second = [created("r2", sequence_number=0), item("message", "added"), delta("output_text", "two")]
    frames = [*TEXT, ended(usage=USAGE), *second, ended(response_id="r2", usage=USAGE)]
    assert [block[2] for block in RESPONSES.seen(*frames)] == ["Hello", "two"]
    assert [note["gen_ai.response.id"] for note in RESPONSES.usage(*frames)] == ["r1", "r2"]
    assert RESPONSES.status(*frames[:-1]) == "interrupted"
    assert RESPONSES.status(*frames) == "completed"


def test_two_interleaved_responses_keep_their_texts_apart():
    def named(response, words):
        return {"type": "response.output_text.delta", "item_id": f"{response}-i", "output_index": 0, "delta": words}

    frames = [
        created("a"),
        item("message", "added", {"id": "a-i"}),
        created("b"),
        item("message", "added", {"id": "b-i"}),
        named("a", "1"),
        named("b", "x"),
        named("a", "2"),
        named("b", "y"),
    ]
    assert [block[2] for block in RESPONSES.seen(*frames)] == ["12", "xy"]
    assert RESPONSES.status(*frames, ended(response_id="a")) == "interrupted"
    assert RESPONSES.status(*frames, ended(response_id="a"), ended(response_id="b")) == "completed"


# -- how it ends -------------------------------------------------------------------------------------------------


def test_usage_is_noted_once_with_all_its_counts():
    assert RESPONSES.usage(*TEXT, ended(usage=USAGE)) == [
        {
            "gen_ai.response.id": "r1",
            "gen_ai.response.model": "m",
            "gen_ai.response.finish_reasons": ["completed"],
            "gen_ai.usage.input_tokens": 10,
            "gen_ai.usage.output_tokens": 5,
            "gen_ai.usage.cache_read.input_tokens": 4,
            "gen_ai.usage.reasoning.output_tokens": 2,
        }
    ]


def test_each_response_is_counted_under_its_own_model():
    second = ended(response_id="r2", model="other", usage=USAGE)
    notes = RESPONSES.usage(*TEXT, ended(usage=USAGE), created("r2"), second)
    assert [note["gen_ai.response.model"] for note in notes] == ["m", "other"]


FAILED = ended("failed", error={"code": "server_error", "message": "Boom"})


@pytest.mark.parametrize(
    ("last", "reason", "status"),
    [
        ([], "eof", "interrupted"),
        ([], "stopped", "stopped"),
        (["[DONE]"], "eof", "interrupted"),
        ([ended()], "eof", "completed"),
        ([ended()], "stopped", "completed"),
        ([ended("incomplete", incomplete_details={"reason": "max_output_tokens"})], "eof", "completed"),
        ([FAILED], "eof", "failed"),
        ([ended("cancelled")], "eof", "stopped"),
        ([{"type": "error", "code": "x", "message": "no"}], "eof", "failed"),
    ],
)
def test_the_status_of_a_stream(last, reason, status):
    assert RESPONSES.status(*TEXT, *last, reason=reason) == status


@pytest.mark.parametrize(
    ("reason", "words"), [("max_output_tokens", "limit of output tokens"), ("content_filter", "filter")]
)
def test_an_incomplete_response_says_why(reason, words):
    frames = [*TEXT, ended("incomplete", incomplete_details={"reason": reason})]
    assert words in RESPONSES.seen(*frames)[-1][2]
    assert RESPONSES.usage(*frames)[0]["gen_ai.response.finish_reasons"] == [reason]


def test_a_failed_response_says_why():
    assert RESPONSES.seen(*TEXT, FAILED)[-1] == ("error", None, "server_error: Boom")
    assert RESPONSES.ending(*TEXT, FAILED).error == "server_error: Boom"


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "error", "code": "rate_limit", "message": "Slow down", "param": None, "sequence_number": 3},
        {"type": "error", "error": {"type": "rate_limit", "message": "Slow down"}},
        {"error": {"code": "rate_limit", "message": "Slow down"}},
    ],
)
def test_an_error_event(frame):
    assert RESPONSES.seen(frame) == [("error", None, "rate_limit: Slow down")]
    assert RESPONSES.status(frame) == "failed"


def test_an_error_told_twice_is_shown_once():
    error = {"type": "error", "code": "server_error", "message": "Boom"}
    assert [row["content"] for row in RESPONSES.rows(created(), error, FAILED) if row["type"] == "error"] == [
        "server_error: Boom"
    ]


def test_events_about_the_state_of_things_make_no_row():
    silent = [
        created(),
        created(kind="in_progress"),
        item("message", "added"),
        {"type": "response.content_part.added", "item_id": "i0", "part": {"type": "output_text", "text": ""}},
        {"type": "response.output_text.annotation.added", "annotation": {}},
        {"type": "keepalive"},
        {"type": "response.mcp_list_tools.completed"},
        item("mcp_list_tools", "done", {"tools": []}, 1),
    ]
    assert RESPONSES.rows(*silent) == []


def test_an_event_of_no_known_type_is_kept_whole():
    line = '{"type": "response.steer.accepted", "x": 1}'
    assert RESPONSES.notes(line) == [("unknown", line)]


def test_null_where_a_string_is_expected():
    frames = [
        {"type": "response.created", "response": None},
        {"type": "response.output_item.added", "item": None, "output_index": None},
        delta("output_text", None),
        done("output_text", "text", None),
        {"type": "response.completed", "response": {"output": [None], "usage": None}},
    ]
    assert [row for row in RESPONSES.rows(*frames) if row["block"]] == []
