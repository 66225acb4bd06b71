"""AG-UI's events: messages and calls by id, chunks without a start, snapshots after deltas, runs and their ends."""

import pytest

from wires import Wire

AG_UI = Wire("ag-ui")
STARTED = {"type": "RUN_STARTED", "threadId": "t1", "runId": "r1"}
FINISHED = {"type": "RUN_FINISHED", "threadId": "t1", "runId": "r1"}


def start(message_id="m1", role="assistant"):
    return {"type": "TEXT_MESSAGE_START", "messageId": message_id, "role": role}


def say(words, message_id="m1", **more):
    return {"type": "TEXT_MESSAGE_CONTENT", "messageId": message_id, "delta": words, **more}


def end(message_id="m1"):
    return {"type": "TEXT_MESSAGE_END", "messageId": message_id}


def call_start(call_id="c1", name="read", **more):
    return {"type": "TOOL_CALL_START", "toolCallId": call_id, "toolCallName": name, **more}


def args(words, call_id="c1"):
    return {"type": "TOOL_CALL_ARGS", "toolCallId": call_id, "delta": words}


def result(content, call_id="c1", **more):
    return {"type": "TOOL_CALL_RESULT", "messageId": "r", "toolCallId": call_id, "content": content, **more}


def snapshot(*messages):
    return {"type": "MESSAGES_SNAPSHOT", "messages": list(messages)}


def test_a_message_grows_delta_by_delta():
    rows = AG_UI.rows(STARTED, start(), say("Hel"), say("lo"), end(), FINISHED)
    assert [(r["op"], r["content"], r["block"]) for r in rows[1:]] == [
        ("append", "Hel", "m1/text"),
        ("append", "lo", "m1/text"),
    ]
    assert rows[1]["metadata"] == {"gen_ai.response.id": "m1"}


def test_two_messages_at_once_stay_apart():
    frames = [start("a"), start("b"), say("1", "a"), say("2", "b"), say("3", "a")]
    assert AG_UI.seen(*frames) == [("assistant", "text", "13"), ("assistant", "text", "2")]


def test_content_without_a_start_is_shown():
    assert AG_UI.seen(say("Hi")) == [("assistant", "text", "Hi")]


def test_a_chunk_without_a_start_opens_its_message_and_goes_on_without_an_id():
    frames = [
        {"type": "TEXT_MESSAGE_CHUNK", "messageId": "m1", "role": "assistant", "delta": "a"},
        {"type": "TEXT_MESSAGE_CHUNK", "delta": "b"},
        {"type": "TEXT_MESSAGE_CHUNK", "messageId": "m2", "delta": "c"},
    ]
    assert [content for _, _, content in AG_UI.seen(*frames)] == ["ab", "c"]


def test_a_chunk_of_a_call_without_a_start():
    frames = [
        {
            "type": "TOOL_CALL_CHUNK",
            "toolCallId": "c1",
            "toolCallName": "read",
            "parentMessageId": "m1",
            "delta": '{"a"',
        },
        {"type": "TOOL_CALL_CHUNK", "delta": ": 1}"},
    ]
    (block,) = AG_UI.blocks(*frames)
    assert (block["content"], block["metadata"]["gen_ai.tool.name"]) == ('{"a": 1}', "read")
    assert block["metadata"]["gen_ai.response.id"] == "m1"


def test_an_end_that_is_missing_loses_nothing():
    frames = [STARTED, start(), say("Hi"), call_start(), args("{}"), result("ok"), FINISHED]
    assert [content for _, _, content in AG_UI.seen(*frames)[1:]] == ["Hi", "{}", "ok"]
    assert AG_UI.status(*frames) == "completed"


def test_a_call_without_arguments_has_the_empty_input():
    frames = [call_start(), {"type": "TOOL_CALL_END", "toolCallId": "c1"}]
    assert AG_UI.seen(*frames) == [("tool", "tool_call", "{}")]


def test_two_calls_at_once_and_their_results_are_linked():
    frames = [
        call_start("a", "f"),
        call_start("b", "g"),
        args("1", "b"),
        args("2", "a"),
        result("B", "b"),
        result("A", "a"),
    ]
    shown = {(b["part"], b["metadata"]["gen_ai.tool.call.id"]): b for b in AG_UI.blocks(*frames)}
    assert {key: block["content"] for key, block in shown.items()} == {
        ("tool_call", "a"): "2",
        ("tool_call", "b"): "1",
        ("tool_call_response", "a"): "A",
        ("tool_call_response", "b"): "B",
    }
    assert shown["tool_call_response", "b"]["metadata"]["gen_ai.tool.name"] == "g"


def test_a_result_of_parts_is_text():
    content = [{"type": "text", "text": "see "}, {"type": "image", "source": {"mimeType": "image/png", "value": "u"}}]
    assert AG_UI.seen(result(content)) == [("tool", "tool_call_response", "see [image/png, u]")]


def test_a_snapshot_after_deltas_is_the_same_message():
    message = {"id": "m1", "role": "assistant", "content": "Hello!"}
    call = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": "{}"}}
    tool = {"id": "r", "role": "tool", "toolCallId": "c1", "content": "no", "error": "gone"}
    frames = [start(), say("Hel"), call_start(), args("{}"), snapshot(message | {"toolCalls": [call]}, tool)]
    blocks = AG_UI.blocks(*frames)
    assert [b["content"] for b in blocks] == ["Hello!", "{}", "no\ngone"]
    assert blocks[2]["metadata"]["nbstream.is_error"] is True
    assert AG_UI.rows(*frames, frames[-1]) == AG_UI.rows(*frames)  # told again: nothing new


def test_a_snapshot_has_what_the_user_said():
    frames = [
        snapshot(
            {"id": "u", "role": "user", "content": [{"type": "text", "text": "Hi"}]}, {"id": "s", "role": "system"}
        )
    ]
    assert AG_UI.seen(*frames) == [("user", "text", "Hi")]


def test_a_message_of_the_user():
    assert AG_UI.seen(start("u", "user"), say("Hi", "u")) == [("user", "text", "Hi")]


def test_reasoning_and_its_older_name():
    frames = [
        {"type": "REASONING_START", "messageId": "t"},
        {"type": "REASONING_MESSAGE_START", "messageId": "t", "role": "reasoning"},
        {"type": "REASONING_MESSAGE_CONTENT", "messageId": "t", "delta": "why"},
        {"type": "REASONING_MESSAGE_CHUNK", "delta": " not"},
        {"type": "REASONING_ENCRYPTED_VALUE", "entityId": "t", "encryptedValue": "x"},
        {"type": "THINKING_START"},
        {"type": "THINKING_TEXT_MESSAGE_CONTENT", "delta": "old"},
        {"type": "THINKING_END"},
        {"type": "THINKING_START"},
        {"type": "THINKING_TEXT_MESSAGE_CONTENT", "delta": "new"},
    ]
    assert [(part, content) for _, part, content in AG_UI.seen(*frames)] == [
        ("reasoning", "why not"),
        ("reasoning", "old"),
        ("reasoning", "new"),
    ]


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "STATE_SNAPSHOT", "snapshot": {"a": 1}},
        {"type": "STATE_DELTA", "delta": [{"op": "add", "path": "/a", "value": 1}]},
        {"type": "ACTIVITY_DELTA", "messageId": "a", "patch": []},
        {"type": "STEP_STARTED", "stepName": "s"},
        {"type": "STEP_FINISHED", "stepName": "s"},
        {"type": "RAW", "event": {"x": 1}},
    ],
)
def test_state_and_noise_make_no_row(frame):
    assert AG_UI.rows(frame) == []


def test_an_activity_is_replaced_and_a_custom_event_is_a_notice():
    activity = {"type": "ACTIVITY_SNAPSHOT", "messageId": "a", "activityType": "PLAN", "content": {"n": 1}}
    assert AG_UI.seen(activity, activity | {"content": {"n": 2}}) == [("system", "text", 'PLAN: {"n": 2}')]
    assert AG_UI.notes({"type": "CUSTOM", "name": "n", "value": [1]}) == [("notice", "n: [1]")]


def test_a_subagent_names_the_call_that_started_it():
    frames = [
        {"type": "SUBAGENT_STARTED", "subagentRunId": "s1", "name": "helper", "parentToolCallId": "c9"},
        say("in", "m2", subagentRunId="s1"),
        say("side", "m2", subagentRunId="s1"),
        say("out"),
        {"type": "SUBAGENT_ERROR", "subagentRunId": "s1", "message": "no"},
    ]
    rows = AG_UI.rows(*frames)
    assert [row["metadata"].get("nbstream.parent_tool_call_id") for row in rows] == ["c9", "c9", "c9", None, "c9"]
    assert AG_UI.status(*frames) == "interrupted"


def test_usage_of_each_model_is_noted():
    usage = [
        {"model": "a", "inputTokens": 10, "cachedInputTokens": 4, "outputTokens": 3, "reasoningTokens": 1},
        {"model": "b", "inputTokens": 1},
    ]
    first, second = AG_UI.usage(STARTED, FINISHED | {"usage": usage})
    assert first == {
        "gen_ai.response.id": "r1",
        "gen_ai.response.model": "a",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.usage.reasoning.output_tokens": 1,
    }
    assert (second["gen_ai.response.id"], second["gen_ai.usage.input_tokens"]) == ("r1/1", 1)


@pytest.mark.parametrize(
    ("frames", "status"),
    [
        ([STARTED, FINISHED], "completed"),
        ([STARTED, FINISHED | {"outcome": {"type": "success"}}], "completed"),
        ([STARTED, FINISHED | {"outcome": {"type": "cancelled"}}], "stopped"),
        ([STARTED, {"type": "RUN_ERROR", "message": "no", "code": "E"}], "failed"),
        ([STARTED, say("Hi")], "interrupted"),
        ([STARTED, FINISHED, STARTED | {"runId": "r2"}], "interrupted"),
        ([STARTED, {"type": "RUN_ERROR", "message": "no"}, STARTED | {"runId": "r2"}, FINISHED], "completed"),
    ],
)
def test_the_status_of_a_run(frames, status):
    assert AG_UI.status(*frames) == status


def test_an_error_and_an_interrupt_say_why():
    error = {"type": "RUN_ERROR", "message": "no", "code": "E"}
    assert AG_UI.ending(STARTED, error).error == "E: no"
    outcome = {"type": "interrupt", "interrupts": [{"id": "i", "reason": "confirm", "message": "Delete?"}]}
    assert AG_UI.notes(STARTED, FINISHED | {"outcome": outcome})[-1] == (
        "notice",
        "Waiting for an answer: confirm Delete?",
    )


def test_the_thread_is_the_session_and_told_once():
    assert AG_UI.parser(STARTED).session_id == "t1"
    assert AG_UI.notes(STARTED, FINISHED, STARTED) == [("init", "Session started")]


def test_null_where_a_value_is_expected():
    for kind in ("TEXT_MESSAGE_CONTENT", "TOOL_CALL_ARGS", "TOOL_CALL_RESULT", "RUN_FINISHED", "MESSAGES_SNAPSHOT"):
        assert (
            AG_UI.rows({"type": kind, "messageId": None, "toolCallId": None, "delta": None, "content": None})
            is not None
        )
    assert AG_UI.seen(say(None)) == []
