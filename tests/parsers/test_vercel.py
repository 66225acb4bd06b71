"""Vercel's chunks: parts that open and close, steps that are reset, results that are preliminary."""

import pytest

from wires import Wire

VERCEL = Wire("vercel")
START = {"type": "start", "messageId": "m1"}
STEP = {"type": "start-step"}
END_STEP = {"type": "finish-step"}
FINISH = {"type": "finish", "finishReason": "stop"}
DONE = "[DONE]"


def part(how, kind="text", part_id="0", **more):
    return {"type": f"{kind}-{how}", "id": part_id, **more}


def say(words, kind="text", part_id="0"):
    return part("delta", kind, part_id, delta=words)


def tool(what, call_id="c1", **more):
    return {"type": f"tool-{what}", "toolCallId": call_id, **more}


def test_a_message_of_text_and_reasoning():
    frames = [START, STEP, part("start", "reasoning"), say("why", "reasoning"), part("end", "reasoning")]
    frames += [part("start"), say("Hel"), say("lo"), part("end"), END_STEP, FINISH, DONE]
    rows = VERCEL.rows(*frames)
    assert [(r["part"], r["op"], r["content"]) for r in rows[:3]] == [
        ("reasoning", "append", "why"),
        ("text", "append", "Hel"),
        ("text", "append", "lo"),
    ]
    assert rows[1]["metadata"] == {"gen_ai.response.id": "m1"}
    assert VERCEL.status(*frames) == "completed"


def test_an_id_that_is_used_again_is_another_part():
    frames = [START, STEP, part("start"), say("a"), part("end"), END_STEP, STEP, part("start"), say("b"), part("end")]
    assert [content for _, _, content in VERCEL.seen(*frames)] == ["a", "b"]


def test_two_open_parts_stay_apart():
    frames = [part("start", part_id="1"), part("start", part_id="2"), say("a", part_id="1"), say("b", part_id="2")]
    frames.append(say("c", part_id="1"))
    assert [content for _, _, content in VERCEL.seen(*frames)] == ["ac", "b"]


def test_a_delta_without_a_start_is_shown():
    assert VERCEL.seen(say("a"), say("b")) == [("assistant", "text", "ab")]


def test_an_end_that_is_missing_loses_nothing():
    frames = [START, STEP, part("start"), say("a"), END_STEP, STEP, part("start"), say("b"), END_STEP, FINISH]
    assert [content for _, _, content in VERCEL.seen(*frames)] == ["a", "b"]


def test_a_tools_input_grows_and_its_whole_wins():
    frames = [
        tool("input-start", toolName="read"),
        tool("input-delta", inputTextDelta='{"p":'),
        tool("input-delta", inputTextDelta="1}"),
        tool("input-available", toolName="read", input={"p": 1}),
        tool("output-available", output={"x": 2}),
    ]
    blocks = VERCEL.blocks(*frames)
    assert [(b["part"], b["content"]) for b in blocks] == [
        ("tool_call", '{"p": 1}'),
        ("tool_call_response", '{"x": 2}'),
    ]
    assert blocks[1]["metadata"] == {
        "gen_ai.tool.name": "read",
        "gen_ai.tool.call.id": "c1",
        "nbstream.is_error": False,
    }
    assert VERCEL.blocks(*frames[:3])[0]["content"] == '{"p":1}'


def test_a_preliminary_output_is_replaced():
    frames = [tool("output-available", output=f"{n} %", preliminary=n < 3) for n in (1, 2, 3)]
    assert VERCEL.seen(*frames) == [("tool", "tool_call_response", "3 %")]


def test_an_output_before_its_call():
    frames = [tool("output-available", output="x"), tool("input-available", toolName="read", input={})]
    assert [(p, c) for _, p, c in VERCEL.seen(*frames)] == [("tool_call_response", "x"), ("tool_call", "{}")]


@pytest.mark.parametrize(
    ("frame", "content"),
    [
        (tool("output-error", errorText="no"), "no"),
        (tool("output-denied"), "Permission was denied."),
        (tool("input-error", toolName="f", input="{", errorText="bad"), "bad"),
    ],
)
def test_a_tool_that_fails(frame, content):
    block = VERCEL.blocks(frame)[-1]
    assert (block["content"], block["metadata"]["nbstream.is_error"]) == (content, True)


def test_reset_step_withdraws_what_the_step_has_shown():
    before = [START, STEP, part("start"), say("kept"), part("end"), END_STEP]
    step = [STEP, part("start"), say("lost"), tool("input-available", toolName="f", input={})]
    after = [{"type": "reset-step"}, part("start"), say("again"), part("end"), END_STEP, FINISH]
    assert [content for _, _, content in VERCEL.seen(*before, *step, *after)] == ["kept", "again"]
    assert [row["op"] for row in VERCEL.rows(*before, *step, after[0])][-2:] == ["drop", "drop"]


def test_a_tool_call_of_a_reset_step_comes_back():
    call = tool("input-available", toolName="f", input={"a": 1})
    assert VERCEL.seen(START, STEP, call, {"type": "reset-step"}, call) == [("tool", "tool_call", '{"a": 1}')]


def test_a_stream_resumed_from_its_beginning_shows_everything_once():
    half = [START, STEP, part("start"), say("Hello"), tool("input-start", toolName="f")]
    whole = [*half, tool("input-available", toolName="f", input={}), part("end"), END_STEP, FINISH]
    assert VERCEL.seen(*half, *whole) == VERCEL.seen(*whole)


def test_a_message_that_goes_on_after_its_finish_keeps_what_it_has():
    first = [START, STEP, part("start"), say("a"), part("end"), END_STEP, FINISH]
    assert [c for _, _, c in VERCEL.seen(*first, START, STEP, part("start"), say("b"))] == ["a", "b"]


def test_messages_without_an_id_are_apart():
    one = [{"type": "start"}, part("start"), say("a"), part("end"), FINISH]
    assert [c for _, _, c in VERCEL.seen(*one, *one)] == ["a", "a"]


def test_data_of_the_application():
    chart = {"type": "data-chart", "id": "1", "data": {"n": 1}}
    frames = [chart, chart | {"data": {"n": 2}}, {"type": "data-note", "data": "x"}]
    assert [c for _, _, c in VERCEL.seen(*frames)] == ['data-chart: {"n": 2}', 'data-note: "x"']
    assert VERCEL.rows(chart | {"transient": True}) == []


def test_files_and_sources():
    frames = [
        {"type": "file", "url": "data:image/png;base64,AAAA", "mediaType": "image/png"},
        {"type": "source-url", "sourceId": "s", "url": "https://example.org/", "title": "T"},
        {"type": "source-document", "sourceId": "s", "mediaType": "text/plain", "title": "D", "filename": "d.txt"},
    ]
    assert [c for _, _, c in VERCEL.seen(*frames)] == [
        "[image/png, 26 characters of data]",
        "Source: T https://example.org/",
        "Source: D d.txt text/plain",
    ]


def test_questions_of_permission_are_notices():
    frames = [
        tool("input-start", toolName="rm"),
        tool("approval-request", approvalId="a"),
        tool("approval-response", approvalId="a", approved=False, reason="never"),
    ]
    assert VERCEL.notes(*frames) == [("notice", "Permission asked: rm"), ("notice", "Permission refused: rm: never")]
    assert VERCEL.notes(tool("approval-response", approved=True)) == [("notice", "Permission given")]
    assert VERCEL.notes(tool("approval-response", approved=[])) == [("notice", "Permission refused")]


def test_a_message_of_the_user_in_the_middle():
    frame = {"type": "steering-message", "id": "s", "parts": [{"type": "text", "text": "Stop"}]}
    assert VERCEL.seen(frame, frame) == [("user", "text", "Stop")]


def test_usage_that_the_application_sends():
    usage = {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11, "cachedInputTokens": 4, "reasoningTokens": 1}
    finish = FINISH | {"messageMetadata": {"model": "x", "totalUsage": usage}}
    assert VERCEL.usage(START, finish) == [
        {
            "gen_ai.response.id": "m1",
            "gen_ai.response.model": "x",
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.usage.input_tokens": 9,
            "gen_ai.usage.output_tokens": 2,
            "gen_ai.usage.cache_read.input_tokens": 4,
            "gen_ai.usage.reasoning.output_tokens": 1,
        }
    ]


@pytest.mark.parametrize(
    ("frames", "status"),
    [
        ([START, FINISH, DONE], "completed"),
        ([START, FINISH], "completed"),
        ([START, STEP, END_STEP, DONE], "completed"),
        ([START, STEP, END_STEP], "interrupted"),
        ([START, STEP, say("a"), DONE], "interrupted"),
        ([START, {"type": "abort"}], "stopped"),
        ([START, {"type": "error", "errorText": "no"}, DONE], "failed"),
        ([START, {"type": "finish", "finishReason": "error"}], "failed"),
    ],
)
def test_the_status_of_a_stream(frames, status):
    assert VERCEL.status(*frames) == status


def test_an_answer_cut_short_and_an_error_say_so():
    assert VERCEL.notes(START, FINISH | {"finishReason": "length"})[-1] == (
        "notice",
        "The answer was cut off at the limit of output tokens.",
    )
    assert VERCEL.ending(START, {"type": "error", "errorText": "no"}).error == "no"


@pytest.mark.parametrize("kind", ["hologram", "tool-hologram", "tool-input-hologram", "hold-step", "data-"])
def test_a_chunk_of_no_known_type_is_kept_whole(kind):
    (row,) = VERCEL.rows({"type": kind})
    assert row["metadata"] == {"nbstream.kind": "unknown"}


def test_null_where_a_value_is_expected():
    frames = [part("start", part_id=None), say(None, part_id=None), tool("input-delta", None, inputTextDelta=None)]
    assert VERCEL.seen(*frames) == [("tool", "tool_call", "")]
