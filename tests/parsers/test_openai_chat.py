"""OpenAI Chat chunks, as OpenAI and the servers like it send them."""

import pytest

from nbstream.parsers import parser_named
from nbstream.sse import EventStreamDecoder
from wires import Wire

CHAT = Wire("openai-chat")
DONE = "[DONE]"


def chunk(delta=None, finish=None, *, index=0, **more):
    choice = {"index": index, "delta": delta or {}, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **more}


def say(words, **more):
    return chunk({"content": words}, **more)


def usage_chunk(prompt=10, completion=5, **more):
    counts = {"prompt_tokens": prompt, "completion_tokens": completion, **more}
    return {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [], "usage": counts}


def call(index=None, call_id=None, name=None, arguments=None):
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    wire = {"function": function, "type": "function"}
    return wire | ({} if call_id is None else {"id": call_id}) | ({} if index is None else {"index": index})


def calls(*wires, **more):
    return chunk({"tool_calls": list(wires)}, **more)


def tools(*frames):
    shown = [block for block in CHAT.blocks(*frames) if block["part"] == "tool_call"]
    return [
        (b["metadata"].get("gen_ai.tool.name"), b["metadata"].get("gen_ai.tool.call.id"), b["content"]) for b in shown
    ]


STOP = chunk(finish="stop")


# -- text --------------------------------------------------------------------------------------------------------


def test_text_grows_chunk_by_chunk():
    rows = CHAT.rows(chunk({"role": "assistant", "content": ""}), say("Hel"), say("lo"), STOP)
    assert [(row["op"], row["content"]) for row in rows] == [("append", "Hel"), ("append", "lo")]
    assert rows[0]["metadata"] == {"gen_ai.response.id": "c1", "gen_ai.response.model": "m"}
    assert rows[1]["metadata"] == {}


def test_a_role_on_every_chunk_changes_nothing():
    frames = [chunk({"role": "assistant", "content": piece, "token_id": 7}) for piece in ("a", "b", "c")]
    assert CHAT.seen(*frames) == [("assistant", "text", "abc")]


def test_a_chunk_id_that_changes_is_no_new_answer():
    frames = [say("a", id="x1"), say("b", id="x2"), chunk(finish="stop", id="x3")]
    (block,) = CHAT.blocks(*frames)
    assert (block["content"], block["metadata"]["gen_ai.response.id"]) == ("ab", "x1")
    assert [note["gen_ai.response.id"] for note in CHAT.usage(*frames)] == ["x1"]


def test_several_choices_are_several_blocks():
    frames = [say("a"), say("x", index=1), say("b"), say("y", index=1), chunk(finish="stop")]
    assert [block["content"] for block in CHAT.blocks(*frames)] == ["ab", "xy"]
    assert CHAT.status(*frames) == "interrupted"
    assert CHAT.status(*frames, chunk(finish="stop", index=1)) == "completed"


def test_a_second_response_after_the_sentinel_has_its_own_blocks():
    frames = [say("one"), STOP, usage_chunk(), DONE, say("two", id="c2"), chunk(finish="stop", id="c2"), DONE]
    assert [block["content"] for block in CHAT.blocks(*frames)] == ["one", "two"]
    assert [note["gen_ai.response.id"] for note in CHAT.usage(*frames)] == ["c1", "c2"]
    assert CHAT.status(*frames[:-2]) == "interrupted"


def test_a_refusal_is_a_part_of_its_own():
    frames = [chunk({"refusal": "I ca"}), chunk({"refusal": "n't"}), STOP]
    assert CHAT.seen(*frames) == [("assistant", "refusal", "I can't")]


def test_content_as_a_list():
    pieces = [{"type": "text", "text": "a"}, "b", {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]
    assert CHAT.seen(chunk({"content": pieces})) == [("assistant", "text", "ab"), ("assistant", "reasoning", "hm")]
    assert CHAT.notes(chunk({"content": [{"type": "hologram"}]})) == [("unknown", '{"type": "hologram"}')]


def test_a_whole_message_is_read_where_the_server_does_not_stream():
    body = {"object": "chat.completion", "choices": [{"message": {"content": "All"}, "finish_reason": "stop"}]}
    assert CHAT.seen(body) == [("assistant", "text", "All")]
    assert CHAT.status(body) == "completed"


def test_legacy_completions_have_their_text_in_the_choice():
    assert CHAT.seen({"object": "text_completion", "choices": [{"text": "a"}]}) == [("assistant", "text", "a")]


def test_the_transcript_of_audio_is_text():
    assert CHAT.seen(chunk({"audio": {"transcript": "Hi", "data": "AAAA"}})) == [("assistant", "text", "Hi")]


# -- reasoning ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_both_names_of_reasoning(name):
    frames = [chunk({name: "hm"}), chunk({name: "m"}), say("Yes")]
    assert CHAT.seen(*frames) == [("assistant", "reasoning", "hmm"), ("assistant", "text", "Yes")]


def test_both_names_in_one_chunk_are_one_thought():
    delta = {
        "reasoning": "hm",
        "reasoning_content": "hm",
        "reasoning_details": [{"type": "reasoning.text", "text": "hm"}],
    }
    assert CHAT.seen(chunk(delta)) == [("assistant", "reasoning", "hm")]


def test_reasoning_that_comes_as_details_only():
    details = [{"type": "reasoning.summary", "summary": "a"}, {"type": "reasoning.encrypted", "data": "xx"}]
    assert CHAT.seen(chunk({"reasoning_details": details})) == [("assistant", "reasoning", "a")]


# -- tool calls --------------------------------------------------------------------------------------------------


def test_fragments_merge_by_index():
    frames = [
        calls(call(0, "t0", "read", "")),
        calls(call(0, arguments='{"a"')),
        calls(call(1, "t1", "write", "{")),
        calls(call(0, arguments=": 1}")),
        calls(call(1, arguments="}")),
    ]
    assert tools(*frames) == [("read", "t0", '{"a": 1}'), ("write", "t1", "{}")]


def test_a_call_is_shown_before_its_input():
    (row,) = CHAT.rows(calls(call(0, "t0", "read", "")))
    assert (row["op"], row["content"], row["metadata"]["gen_ai.tool.name"]) == ("append", "", "read")


def test_an_index_that_starts_at_1():
    assert tools(calls(call(1, "t", "f", "{")), calls(call(1, arguments="}"))) == [("f", "t", "{}")]


def test_an_index_of_null_with_ids():
    whole = [call(None, "a", "f", "{}") | {"index": None}, call(None, "b", "f", '{"x":1}') | {"index": None}]
    assert tools(calls(*whole)) == [("f", "a", "{}"), ("f", "b", '{"x":1}')]


def test_an_index_of_null_whose_fragments_have_no_id():
    frames = [calls(call(None, "a", "f", "{")), calls(call(arguments='"x"')), calls(call(arguments=":1}"))]
    assert tools(*frames) == [("f", "a", '{"x":1}')]


def test_neither_index_nor_id_goes_by_position():
    frames = [
        calls(call(name="f", arguments="{"), call(name="g", arguments="[")),
        calls(call(arguments="}"), call(arguments="]")),
    ]
    assert tools(*frames) == [("f", None, "{}"), ("g", None, "[]")]


def test_a_missing_id():
    assert tools(calls(call(0, name="f", arguments="{}"))) == [("f", None, "{}")]


def test_an_id_that_comes_late():
    frames = [calls(call(0, name="f", arguments="{")), calls(call(0, "t", arguments="}"))]
    assert tools(*frames) == [("f", "t", "{}")]


def test_an_id_and_a_name_on_every_fragment():
    frames = [calls(call(0, "t", "f", "{")), calls(call(0, "t", "f", "}"))]
    assert tools(*frames) == [("f", "t", "{}")]


def test_an_id_invented_for_every_fragment_is_no_new_call():
    frames = [calls(call(0, "r1", "f", "{")), calls(call(0, "r2", arguments="}"))]
    assert tools(*frames) == [("f", "r1", "{}")]


def test_another_name_and_id_under_the_same_index_is_another_call():
    frames = [calls(call(0, "t1", "f", "{}")), calls(call(0, "t2", "f", "{}")), calls(call(0, "t3", "g", "[]"))]
    assert tools(*frames) == [("f", "t1", "{}"), ("f", "t2", "{}"), ("g", "t3", "[]")]


def test_two_fragments_of_one_index_in_one_chunk():
    assert tools(calls(call(0, "t", "f", "{"), call(0, arguments="}"))) == [("f", "t", "{}")]


def test_arguments_that_are_an_object():
    assert tools(calls(call(0, "t", "f", {"a": 1}))) == [("f", "t", '{"a": 1}')]


def test_a_call_without_arguments_has_the_empty_input():
    assert tools(calls(call(0, "t", "f", "")), chunk(finish="tool_calls")) == [("f", "t", "{}")]


def test_the_legacy_function_call():
    frames = [chunk({"function_call": {"name": "f", "arguments": "{"}}), chunk({"function_call": {"arguments": "}"}})]
    assert tools(*frames, chunk(finish="function_call")) == [("f", None, "{}")]


# -- usage -------------------------------------------------------------------------------------------------------


def test_usage_in_a_chunk_of_its_own():
    details = {"prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 2}}
    assert CHAT.usage(say("a"), STOP, usage_chunk(10, 5, **details), DONE) == [
        {
            "gen_ai.response.id": "c1",
            "gen_ai.response.model": "m",
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.usage.input_tokens": 10,
            "gen_ai.usage.output_tokens": 5,
            "gen_ai.usage.cache_read.input_tokens": 4,
            "gen_ai.usage.reasoning.output_tokens": 2,
        }
    ]


def counted(*frames):
    return [
        (note.get("gen_ai.usage.input_tokens"), note.get("gen_ai.usage.output_tokens")) for note in CHAT.usage(*frames)
    ]


def test_usage_is_noted_when_it_comes():
    assert [kind for kind, _ in CHAT.notes(say("a"), STOP, usage_chunk())] == ["usage"]
    assert [kind for kind, _ in CHAT.notes(say("a"), chunk(finish="stop", usage=usage_chunk()["usage"]))] == ["usage"]
    assert CHAT.notes(say("a", usage=usage_chunk()["usage"])) == []


def test_usage_on_the_last_choice():
    assert counted(say("a"), chunk(finish="stop", usage=usage_chunk()["usage"])) == [(10, 5)]


def test_usage_on_every_chunk_is_noted_once():
    frames = [say("a", usage=usage_chunk(10, n)["usage"]) for n in range(1, 9)]
    assert counted(*frames, chunk(finish="stop", usage=usage_chunk(10, 9)["usage"]), DONE) == [(10, 9)]
    assert counted(*frames) == [(10, 8)]


def test_a_null_after_the_usage_takes_nothing_back():
    assert counted(say("a", usage=usage_chunk()["usage"]), say("b", usage=None), chunk(finish="stop", usage=None)) == [
        (10, 5)
    ]


def test_usage_of_groq_and_of_deepseek():
    assert counted(chunk(finish="stop", x_groq={"usage": usage_chunk(3, 4)["usage"]})) == [(3, 4)]
    (note,) = CHAT.usage(STOP, usage_chunk(prompt_cache_hit_tokens=8))
    assert note["gen_ai.usage.cache_read.input_tokens"] == 8


def test_without_counts_the_finish_reason_is_still_noted():
    assert CHAT.usage(say("a"), STOP, DONE)[0]["gen_ai.response.finish_reasons"] == ["stop"]


def test_cost_is_a_running_total():
    frames = [say("a"), STOP, usage_chunk(cost=0.25), DONE, say("b", id="c2"), chunk(finish="stop", id="c2")]
    notes = CHAT.usage(*frames, usage_chunk(cost=0.5) | {"id": "c2"}, DONE)
    assert [note["nbstream.cost_usd"] for note in notes] == [0.25, 0.75]


def test_numbers_as_strings():
    assert counted(STOP, usage_chunk("10", "5")) == [(10, 5)]


# -- how it ends -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frames", "reason", "status"),
    [
        ([say("a"), STOP], "eof", "completed"),
        ([say("a"), STOP, DONE], "eof", "completed"),
        ([say("a"), STOP], "stopped", "completed"),
        ([say("a"), DONE], "eof", "interrupted"),
        ([say("a")], "eof", "interrupted"),
        ([say("a"), chunk(finish="")], "eof", "interrupted"),
        ([], "eof", "interrupted"),
        ([say("a")], "stopped", "stopped"),
        ([say("a")], "gone", "interrupted"),
        ([say("a"), chunk(finish="error")], "eof", "failed"),
        ([say("a"), {"error": {"message": "no"}}, DONE], "eof", "failed"),
    ],
)
def test_the_status_of_a_stream(frames, reason, status):
    assert CHAT.status(*frames, reason=reason) == status


def test_a_cut_off_stream_says_so():
    ending = CHAT.ending(say("a"), DONE)
    assert ending.error == "The agent's output ended before its answer was complete."
    assert [message.metadata["nbstream.kind"] for message in ending.messages] == ["end"]


@pytest.mark.parametrize(("reason", "words"), [("length", "limit of output tokens"), ("content_filter", "filter")])
def test_an_answer_cut_short_says_so(reason, words):
    frames = [say("a"), chunk(finish=reason)]
    (note,) = CHAT.notes(*frames)
    assert words in note[1]
    assert CHAT.status(*frames) == "completed"


def test_an_error_object_inside_a_chunk():
    error = {"code": 502, "message": "Upstream died"}
    frames = [say("a"), chunk({"content": ""}, "error", error=error), DONE]
    assert CHAT.seen(*frames) == [("assistant", "text", "a"), ("error", None, "502: Upstream died")]
    ending = CHAT.ending(*frames)
    assert (ending.status, ending.error) == ("failed", "502: Upstream died")


def test_an_error_object_inside_a_choice():
    frame = chunk(finish="error")
    frame["choices"][0]["error"] = {"message": "Overloaded", "code": 529}
    assert CHAT.seen(frame) == [("error", None, "529: Overloaded")]


def test_an_error_event_and_comments_by_their_bytes():
    stream = (
        b': OPENROUTER PROCESSING\n\ndata: {"id":"c","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
        b': OPENROUTER PROCESSING\n\nevent: error\ndata: {"error":{"message":"boom","type":"server_error"}}\n\n'
    )
    parser = parser_named("openai-chat")
    rows = [row for event in EventStreamDecoder().feed(stream) for row in parser.parse(event) or ()]
    assert [(row.type, row.content) for row in rows] == [("assistant", "a"), ("error", "server_error: boom")]
    assert parser.finalize("eof").status == "failed"


def test_an_error_body_instead_of_a_stream():
    body = {"error": {"message": "Invalid key", "type": "invalid_request_error", "param": None, "code": "bad_key"}}
    assert CHAT.seen(body) == [("error", None, "invalid_request_error: Invalid key")]
    assert CHAT.rows(body)[0]["metadata"] == {"nbstream.is_error": True, "error.type": "invalid_request_error"}
    assert CHAT.status(body) == "failed"
    assert CHAT.status({"error": "model not found"}) == "failed"


def test_an_empty_first_chunk_of_azure_makes_no_row():
    frame = {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": [{}]}
    assert CHAT.rows(frame) == []
    assert CHAT.seen(frame, say("a")) == [("assistant", "text", "a")]


def test_what_is_no_chunk_is_kept_whole():
    assert CHAT.notes('{"hello": 1}') == [("unknown", '{"hello": 1}')]
    assert CHAT.notes("[1]", "{bad") == [("unknown", "[1]"), ("invalid", "{bad")]


def test_null_where_a_string_is_expected():
    frames = [
        chunk({"content": None, "refusal": None, "tool_calls": None, "reasoning": None, "function_call": None}),
        {"choices": [None, {"delta": None, "index": None}], "id": None, "model": None, "usage": None},
        calls({"index": 0, "id": None, "function": {"name": None, "arguments": None}}),
    ]
    assert [row["content"] for row in CHAT.rows(*frames)] == [""]


def test_model_is_known_from_the_first_chunk_and_finished_from_the_last():
    assert (CHAT.parser(say("a")).model, CHAT.parser(say("a")).finished) == ("m", False)
    assert CHAT.parser(say("a"), STOP).finished
