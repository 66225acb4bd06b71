"""Lines of Ollama's own API."""

import pytest

from wires import Wire

OLLAMA = Wire("ollama")


def line(content="", done=False, **more):
    wire = {"role": "assistant", "content": content} | more.pop("message", {})
    return {"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": wire, "done": done, **more}


def ended(reason="stop", **more):
    counts = {"prompt_eval_count": 11, "eval_count": 9, "total_duration": 2_500_000_000}
    return line(done=True, done_reason=reason, **counts, **more)


def call(name, arguments, **more):
    return {"function": {"name": name, "arguments": arguments}, **more}


def test_text_and_thinking_grow():
    frames = [line(message={"thinking": "hm"}), line(message={"thinking": "m"}), line("He"), line("llo"), ended()]
    assert OLLAMA.seen(*frames) == [("assistant", "reasoning", "hmm"), ("assistant", "text", "Hello")]


def test_generate_has_its_text_in_the_response():
    frames = [
        {"model": "m", "response": "a", "thinking": "t", "done": False},
        {"model": "m", "response": "b", "done": True},
    ]
    assert OLLAMA.seen(*frames) == [("assistant", "reasoning", "t"), ("assistant", "text", "ab")]
    assert OLLAMA.status(*frames) == "completed"


def test_tool_calls_come_whole():
    frames = [
        line(message={"tool_calls": [call("f", {"a": 1}), call("f", {"a": 1})]}),
        line(message={"tool_calls": [call("g", None, id="x")]}),
    ]
    shown = OLLAMA.blocks(*frames, ended())
    assert [block["content"] for block in shown] == ['{"a": 1}', '{"a": 1}', "{}"]
    ids = [block["metadata"]["gen_ai.tool.call.id"] for block in shown]
    assert len(set(ids)) == 3
    assert ids[2] == "x"


def test_the_counts_come_with_the_last_line():
    assert OLLAMA.usage(line("a"), ended()) == [
        {
            "gen_ai.response.id": "response-1",
            "gen_ai.response.model": "m",
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.usage.input_tokens": 11,
            "gen_ai.usage.output_tokens": 9,
            "nbstream.duration_ms": 2500.0,
        }
    ]


def test_another_answer_after_done_has_its_own_blocks():
    frames = [line("one"), ended(), line("two"), ended()]
    assert [block[2] for block in OLLAMA.seen(*frames)] == ["one", "two"]
    assert [note["gen_ai.response.id"] for note in OLLAMA.usage(*frames)] == ["response-1", "response-2"]
    assert OLLAMA.status(*frames[:3]) == "interrupted"


@pytest.mark.parametrize(
    ("frames", "reason", "status"),
    [
        ([line("a"), ended()], "eof", "completed"),
        ([line("a"), ended()], "stopped", "completed"),
        ([line("a")], "eof", "interrupted"),
        ([line("a")], "stopped", "stopped"),
        ([line("a"), {"error": "out of memory"}], "eof", "failed"),
        ([{"error": "model 'x' not found"}], "eof", "failed"),
        ([{"error": "busy"}, line("a"), ended()], "eof", "completed"),
        ([ended("load")], "eof", "completed"),
        ([{"done": True}], "eof", "completed"),
        ([], "eof", "interrupted"),
    ],
)
def test_the_status_of_a_stream(frames, reason, status):
    assert OLLAMA.status(*frames, reason=reason) == status


def test_a_failure_in_the_middle_is_a_bare_error():
    frames = [line("a"), {"error": "out of memory"}]
    assert OLLAMA.seen(*frames) == [("assistant", "text", "a"), ("error", None, "out of memory")]
    assert OLLAMA.ending(*frames).error == "out of memory"


def test_an_answer_cut_short_says_so():
    assert "limit of output tokens" in OLLAMA.seen(line("a"), ended("length"))[-1][2]


def test_what_is_no_line_of_ollama_is_kept_whole():
    assert OLLAMA.notes('{"hello": 1}') == [("unknown", '{"hello": 1}')]


def test_null_where_a_value_is_expected():
    frames = [
        line(None, model=None, message={"thinking": None, "tool_calls": None}),
        line(message={"tool_calls": [None, {"function": None}]}),
        {"done": True, "message": None, "done_reason": None, "eval_count": None, "total_duration": None},
    ]
    assert [row["content"] for row in OLLAMA.rows(*frames) if row["block"]] == ["{}", "{}"]


def test_numbers_as_strings():
    (note,) = OLLAMA.usage(line("a"), ended() | {"eval_count": "7"})
    assert note["gen_ai.usage.output_tokens"] == 7
