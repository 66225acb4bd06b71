"""Events of Gemini CLI."""

import pytest

from wires import Wire

CLI = Wire("gemini-cli")
INIT = {"type": "init", "session_id": "s1", "model": "g", "timestamp": "2026-01-01T00:00:00.000Z"}
OK = {"type": "result", "status": "success", "stats": {"input_tokens": 15, "output_tokens": 8, "cached": 2}}


def said(words, role="assistant", delta=True):
    return {"type": "message", "role": role, "content": words} | ({"delta": True} if delta else {})


def tool_use(call_id="t1", name="read_file", parameters=None):
    return {"type": "tool_use", "tool_name": name, "tool_id": call_id, "parameters": parameters}


def tool_result(call_id="t1", status="success", **more):
    return {"type": "tool_result", "tool_id": call_id, "status": status, **more}


def test_init_names_session_and_model():
    parser = CLI.parser(INIT)
    assert (parser.session_id, parser.model, parser.finished) == ("s1", "g", False)
    assert CLI.notes(INIT) == [("init", "g")]


def test_an_answer_goes_on_until_something_else_comes():
    frames = [INIT, said("a"), said("b"), tool_use(), said("c"), tool_result(output="x"), said("d"), said("e")]
    assert [content for kind, part, content in CLI.seen(*frames) if part == "text"] == ["ab", "c", "de"]


def test_a_user_message_ends_the_answer():
    frames = [said("a"), said("go on", "user", delta=False), said("b")]
    assert CLI.seen(*frames) == [("assistant", "text", "a"), ("user", "text", "go on"), ("assistant", "text", "b")]


def test_a_message_without_deltas_is_whole():
    assert [row["op"] for row in CLI.rows(said("a", delta=False), said("b", delta=False))] == ["set", "set"]


def test_call_and_result_are_linked():
    call, result = CLI.blocks(tool_use(parameters={"a": 1}), tool_result(output="x"))
    assert (call["content"], result["content"]) == ('{"a": 1}', "x")
    assert call["metadata"]["gen_ai.tool.call.id"] == result["metadata"]["gen_ai.tool.call.id"] == "t1"
    assert call["metadata"]["gen_ai.tool.name"] == result["metadata"]["gen_ai.tool.name"] == "read_file"


def test_a_failed_tool_says_why():
    error = {"type": "file_not_found", "message": "No such file"}
    result = CLI.blocks(tool_use(), tool_result(status="error", output="failed", error=error))[-1]
    assert (result["content"], result["metadata"]["nbstream.is_error"]) == ("No such file", True)
    assert result["metadata"]["error.type"] == "file_not_found"
    without = CLI.blocks(tool_use(), tool_result(status="error", output="failed"))[-1]
    assert (without["content"], without["metadata"]["nbstream.is_error"]) == ("failed", True)


def test_a_result_before_its_call():
    assert [block[1] for block in CLI.seen(tool_result(output="x"), tool_use())] == ["tool_call_response", "tool_call"]


def test_two_sessions_keep_their_calls_apart():
    other = INIT | {"session_id": "s2"}
    assert len(CLI.blocks(INIT, tool_use(), other, tool_use())) == 4


def test_warnings_are_notices_and_errors_are_errors():
    frames = [
        {"type": "error", "severity": "warning", "message": "Loop detected"},
        {"type": "error", "severity": "error", "message": "Max turns"},
    ]
    assert CLI.seen(*frames) == [("system", None, "Loop detected"), ("error", None, "Max turns")]
    assert CLI.status(*frames, OK) == "completed"


def test_the_result_has_the_totals():
    stats = OK["stats"] | {
        "duration_ms": 1500,
        "tool_calls": 2,
        "models": {"g": {"input_tokens": 15, "output_tokens": 8}},
    }
    _, row = CLI.rows(OK | {"stats": stats})
    assert (row["type"], row["content"]) == (
        "response",
        "Completed: 1.5 s, 15 input tokens (2 from cache), 8 output tokens",
    )
    assert row["metadata"]["gen_ai.usage.input_tokens"] == 15
    assert row["metadata"]["nbstream.duration_ms"] == 1500
    assert row["metadata"]["nbstream.model_usage"] == {
        "g": {"gen_ai.usage.input_tokens": 15, "gen_ai.usage.output_tokens": 8}
    }


def test_the_result_is_counted_once():
    (note,) = CLI.usage(INIT, OK)
    assert (note["gen_ai.response.id"], note["gen_ai.response.model"]) == ("s1/turn-1", "g")
    assert (note["gen_ai.usage.input_tokens"], note["gen_ai.usage.cache_read.input_tokens"]) == (15, 2)


FAILED = {"type": "result", "status": "error", "error": {"type": "FatalAuth", "message": "No key"}, "stats": {}}


@pytest.mark.parametrize(
    ("frames", "reason", "exit_code", "status"),
    [
        ([INIT, said("a"), OK], "exited", 0, "completed"),
        ([INIT, said("a"), OK], "stopped", 0, "completed"),
        ([INIT, said("a")], "exited", 0, "interrupted"),  # SIGINT and SIGTERM
        ([INIT, said("a")], "stopped", 0, "stopped"),
        ([INIT, said("a")], "exited", 137, "interrupted"),
        ([INIT], "exited", 144, "failed"),  # HTTP 400
        ([INIT], "exited", 173, "failed"),  # HTTP 429
        ([INIT], "stopped", 144, "stopped"),
        ([INIT], "exited", 1, "failed"),
        ([INIT, FAILED], "exited", 1, "failed"),
        ([INIT, FAILED], "exited", 0, "failed"),
        ([INIT, said("a"), OK, INIT, said("b")], "exited", 0, "interrupted"),
        ([], "exited", 0, "interrupted"),
    ],
)
def test_the_status_of_a_run(frames, reason, exit_code, status):
    assert CLI.status(*frames, reason=reason, exit_code=exit_code) == status


def test_an_http_status_as_exit_code_is_named():
    assert "(HTTP 400)" in CLI.ending(INIT, reason="exited", exit_code=144).error


def test_a_failed_result_says_why():
    assert CLI.ending(FAILED).error == "FatalAuth: No key"
    (row,) = CLI.rows(FAILED)
    assert (row["content"], row["metadata"]["nbstream.is_error"]) == ("FatalAuth: No key", True)
    assert CLI.ending({"type": "result", "status": "cancelled"}).error == "The agent reported cancelled."


def test_an_error_body_instead_of_a_stream():
    assert CLI.status({"error": {"message": "no", "code": 500}}) == "failed"


def test_an_event_of_no_known_type_is_kept_whole():
    line = '{"type": "hologram", "x": 1}'
    assert CLI.notes(line) == [("unknown", line)]


def test_a_banner_before_the_first_event_is_kept():
    assert CLI.notes("Loaded cached credentials.", INIT)[0] == ("invalid", "Loaded cached credentials.")


def test_null_where_a_value_is_expected():
    frames = [
        {"type": "init", "session_id": None, "model": None},
        {"type": "message", "role": None, "content": None, "delta": None},
        said(None),
        tool_use(None, None, None),
        tool_result(None, None, output=None, error=None),
        {"type": "result", "status": None, "stats": None},
    ]
    assert [row["content"] for row in CLI.rows(*frames) if row["block"]] == ["{}", ""]
