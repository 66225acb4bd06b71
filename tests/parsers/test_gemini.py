"""Chunks of Google's generateContent API."""

import json

import pytest

from nbstream.parsers import parser_named
from nbstream.sse import EventStreamDecoder
from wires import Wire

GEMINI = Wire("gemini")


def chunk(*parts, finish=None, index=None, usage=None, **more):
    candidate = {"content": {"parts": list(parts), "role": "model"}}
    candidate |= ({} if finish is None else {"finishReason": finish}) | ({} if index is None else {"index": index})
    return {"candidates": [candidate], "modelVersion": "g", "responseId": "r1", "usageMetadata": usage, **more}


def say(words, **more):
    return {"text": words, **more}


def think(words):
    return {"text": words, "thought": True}


def function_call(name=None, args=None, call_id=None, **more):
    wire = {key: value for key, value in (("name", name), ("args", args), ("id", call_id)) if value is not None}
    return {"functionCall": wire | more}


STOP = chunk(say(""), finish="STOP")


def calls(*frames):
    return [
        (b["metadata"]["gen_ai.tool.name"], b["metadata"]["gen_ai.tool.call.id"], json.loads(b["content"]))
        for b in GEMINI.blocks(*frames)
        if b["part"] == "tool_call"
    ]


def test_parts_of_one_kind_are_one_block():
    frames = [chunk(think("hm")), chunk(think("m")), chunk(say("a"), say("b")), chunk(say("c"))]
    assert GEMINI.seen(*frames) == [("assistant", "reasoning", "hmm"), ("assistant", "text", "abc")]


def test_a_change_of_kind_begins_another_block():
    frames = [chunk(say("a")), chunk(think("b")), chunk(say("c")), chunk(function_call("f", {})), chunk(say("d"))]
    assert [block[1:] for block in GEMINI.seen(*frames)] == [
        ("text", "a"),
        ("reasoning", "b"),
        ("text", "c"),
        ("tool_call", "{}"),
        ("text", "d"),
    ]


def test_the_bytes_of_a_stream_with_crlf():
    stream = b"".join(
        b"data: " + json.dumps(each).encode() + b"\r\n\r\n" for each in (chunk(say("a")), chunk(say("b")), STOP)
    )
    parser = parser_named("gemini")
    rows = [row for event in EventStreamDecoder().feed(stream) for row in parser.parse(event) or ()]
    assert "".join(row.content for row in rows if row.block) == "ab"
    assert (parser.model, parser.finalize("eof").status) == ("g", "completed")


def test_an_empty_text_with_a_signature_says_nothing_and_splits_nothing():
    frames = [
        chunk(say("a")),
        chunk(say("", thoughtSignature="c2ln")),
        chunk({"thoughtSignature": "x"}),
        chunk(say("b")),
    ]
    assert GEMINI.seen(*frames) == [("assistant", "text", "ab")]


def test_candidates_are_apart():
    frames = [chunk(say("a")), chunk(say("x"), index=1), chunk(say("b"), finish="STOP")]
    assert [block[2] for block in GEMINI.seen(*frames)] == ["ab", "x"]
    assert GEMINI.status(*frames) == "interrupted"


def test_another_response_has_its_own_blocks():
    frames = [chunk(say("a")), STOP, chunk(say("b"), responseId="r2"), chunk(finish="STOP", responseId="r2")]
    assert [block[2] for block in GEMINI.seen(*frames)] == ["a", "b"]
    assert [note["gen_ai.response.id"] for note in GEMINI.usage(*frames)] == ["r1", "r2"]


def test_a_response_id_that_comes_late_or_changes_is_no_new_response():
    frames = [chunk(say("a"), responseId=None), chunk(say("b")), chunk(say("c"), responseId="r9"), STOP]
    assert GEMINI.seen(*frames) == [("assistant", "text", "abc")]
    late = [{"usageMetadata": {"promptTokenCount": 1}}, chunk(say("a")), STOP]
    assert [note["gen_ai.response.id"] for note in GEMINI.usage(*late)] == ["r1"]
    unnamed = [chunk(say("a"), responseId=None), STOP]
    assert {row["metadata"]["gen_ai.response.id"] for row in GEMINI.rows(*unnamed)} == {"response-1"}


# -- tools -------------------------------------------------------------------------------------------------------


def test_a_function_call_without_an_id_twice():
    first, second = calls(chunk(function_call("f", {"a": 1}), function_call("f", {"a": 1})))
    assert first[0] == second[0] == "f"
    assert first[2] == second[2] == {"a": 1}
    assert first[1] != second[1]


def test_a_function_call_keeps_its_id():
    assert calls(chunk(function_call("f", {}, "c1"))) == [("f", "c1", {})]


def test_partial_arguments():
    frames = [
        chunk(function_call("f", willContinue=True)),
        chunk(function_call(partialArgs=[{"jsonPath": "$.city", "stringValue": "New "}], willContinue=True)),
        chunk(function_call(partialArgs=[{"jsonPath": "$.city", "stringValue": "York"}], willContinue=True)),
        chunk(function_call(partialArgs=[{"jsonPath": "$.days[1].n", "numberValue": 3}], willContinue=True)),
        chunk(function_call(partialArgs=[{"jsonPath": "$.days[0]['n']", "nullValue": None}], willContinue=True)),
        chunk(function_call(partialArgs=[{"jsonPath": "$.sure", "boolValue": True}], willContinue=True)),
    ]
    expected = {"city": "New York", "days": [{"n": None}, {"n": 3}], "sure": True}
    ((_, call_id, args),) = calls(*frames, chunk(function_call()))
    assert args == expected
    assert call_id
    assert calls(*frames, STOP)[0][2] == expected
    assert json.loads(GEMINI.ending(*frames).messages[0].content) == expected


def test_a_second_streamed_call_ends_the_first():
    piece = [{"jsonPath": "$.a", "stringValue": "x"}]
    frames = [chunk(function_call("f", partialArgs=piece, willContinue=True)), chunk(function_call("g", {"b": 1}))]
    assert sorted(call[2].popitem() for call in calls(*frames, STOP)) == [("a", "x"), ("b", 1)]


@pytest.mark.parametrize("path", ["", "$", "a[", "$[99999999999]", "$." + ".".join("a" * 80), None])
def test_a_path_that_names_nothing_is_kept_whole(path):
    frame = chunk(function_call("f", partialArgs=[{"jsonPath": path, "stringValue": "x"}], willContinue=True))
    assert GEMINI.notes(frame)[0][0] == "unknown"


def test_a_path_through_a_string_is_kept_whole():
    pieces = [{"jsonPath": "$.a", "stringValue": "x"}, {"jsonPath": "$.a.b", "stringValue": "y"}]
    assert GEMINI.notes(chunk(function_call("f", partialArgs=pieces)))[0][0] == "unknown"
    assert GEMINI.notes(chunk(function_call("f", partialArgs=pieces[::-1])))[0][0] == "unknown"


def test_code_and_its_result():
    frames = [
        chunk({"executableCode": {"language": "PYTHON", "code": "1+1"}}),
        chunk({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2\n"}}),
        chunk({"executableCode": {"language": "PYTHON", "code": "1/0"}}),
        chunk({"codeExecutionResult": {"outcome": "OUTCOME_FAILED", "output": "ZeroDivisionError"}}),
    ]
    one, two, three, four = GEMINI.blocks(*frames)
    assert json.loads(one["content"])["code"] == "1+1"
    assert (two["content"], two["metadata"]["nbstream.is_error"], four["metadata"]["nbstream.is_error"]) == (
        "2\n",
        False,
        True,
    )
    for call, result in ((one, two), (three, four)):
        assert call["metadata"]["gen_ai.tool.call.id"] == result["metadata"]["gen_ai.tool.call.id"]


def test_tools_of_the_provider():
    frames = [
        chunk({"toolCall": {"toolType": "GOOGLE_SEARCH", "id": "t", "args": {"q": "x"}}}),
        chunk({"toolResponse": {"toolType": "GOOGLE_SEARCH", "id": "t", "response": {"hits": 1}}}),
    ]
    call, result = GEMINI.blocks(*frames)
    assert (json.loads(call["content"]), json.loads(result["content"])) == ({"q": "x"}, {"hits": 1})
    assert call["metadata"]["gen_ai.tool.call.id"] == result["metadata"]["gen_ai.tool.call.id"] == "t"


def test_an_image_is_named_not_shown():
    frames = [
        chunk({"inlineData": {"mimeType": "image/png", "data": "A" * 1200}}),
        chunk({"fileData": {"fileUri": "gs://x"}}),
    ]
    assert GEMINI.seen(*frames) == [("assistant", "text", "[image/png, 1,200 characters of base64][gs://x]")]


def test_a_part_of_no_known_kind_is_kept_whole():
    assert GEMINI.notes(chunk({"hologram": 1})) == [("unknown", '{"hologram": 1}')]


# -- usage and the end -------------------------------------------------------------------------------------------


def test_usage_null_then_a_value():
    totals = {
        "promptTokenCount": 10,
        "toolUsePromptTokenCount": 2,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 3,
        "cachedContentTokenCount": 4,
    }
    early = {"promptTokenCount": 10, "candidatesTokenCount": None, "thoughtsTokenCount": 1}
    frames = [chunk(say("a"), usage=None), chunk(say("b"), usage=early), chunk(say("c"), finish="STOP", usage=totals)]
    assert GEMINI.usage(*frames) == [
        {
            "gen_ai.response.id": "r1",
            "gen_ai.response.model": "g",
            "gen_ai.response.finish_reasons": ["STOP"],
            "gen_ai.usage.input_tokens": 12,
            "gen_ai.usage.output_tokens": 8,
            "gen_ai.usage.cache_read.input_tokens": 4,
            "gen_ai.usage.reasoning.output_tokens": 3,
        }
    ]


def test_usage_of_a_stream_cut_off():
    (note,) = GEMINI.usage(chunk(say("a"), usage={"promptTokenCount": 10, "candidatesTokenCount": 1}))
    assert (note["gen_ai.usage.input_tokens"], note["gen_ai.usage.output_tokens"]) == (10, 1)


@pytest.mark.parametrize(
    ("frames", "reason", "status"),
    [
        ([chunk(say("a")), STOP], "eof", "completed"),
        ([chunk(say("a")), STOP], "stopped", "completed"),
        ([chunk(say("a"))], "eof", "interrupted"),
        ([chunk(say("a"))], "stopped", "stopped"),
        ([chunk(say("a"), finish="MAX_TOKENS")], "eof", "completed"),
        ([chunk(finish="SAFETY")], "eof", "completed"),
        ([chunk(finish="MALFORMED_FUNCTION_CALL")], "eof", "failed"),
        ([{"promptFeedback": {"blockReason": "SAFETY"}}], "eof", "failed"),
        ([chunk(say("a")), {"error": {"code": 503, "message": "x", "status": "UNAVAILABLE"}}], "eof", "failed"),
    ],
)
def test_the_status_of_a_stream(frames, reason, status):
    assert GEMINI.status(*frames, reason=reason) == status


def test_an_answer_cut_short_says_so():
    assert "limit of output tokens" in GEMINI.seen(chunk(say("a"), finish="MAX_TOKENS"))[-1][2]
    assert GEMINI.seen(chunk(finish="SAFETY"))[-1][2].endswith("content filter: SAFETY.")


def test_a_malformed_function_call_says_so():
    frame = chunk(finish="MALFORMED_FUNCTION_CALL")
    frame["candidates"][0]["finishMessage"] = "Malformed: print("
    assert GEMINI.seen(frame) == [("error", None, "MALFORMED_FUNCTION_CALL: Malformed: print(")]


def test_a_blocked_prompt_says_so():
    ending = GEMINI.ending({"promptFeedback": {"blockReason": "OTHER", "blockReasonMessage": "why"}, "responseId": "r"})
    assert ending.error == "The prompt was blocked: OTHER: why"


def test_an_error_body_instead_of_a_stream():
    body = {"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}
    assert GEMINI.seen(body) == [("error", None, "INVALID_ARGUMENT: API key not valid.")]


def test_null_where_a_value_is_expected():
    frames = [
        {"candidates": None},
        {"candidates": [None, {"content": None, "finishReason": None, "index": None}]},
        chunk(None, {"text": None}, {"functionCall": None}, function_call(None, None)),
        chunk({"codeExecutionResult": {"outcome": None, "output": None}}),
    ]
    assert [row["content"] for row in GEMINI.rows(*frames) if row["block"]] == ["{}", ""]
