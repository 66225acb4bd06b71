"""Events of Codex's `exec --json`."""

import json

import pytest

from fold import lines_of
from wires import Wire

CODEX = Wire("codex")
THREAD = {"type": "thread.started", "thread_id": "th"}
TURN = {"type": "turn.started"}
USAGE = {"input_tokens": 20, "cached_input_tokens": 4, "output_tokens": 30, "reasoning_output_tokens": 7}
COMPLETED = {"type": "turn.completed", "usage": USAGE}
FAILED = {"type": "turn.failed", "error": {"message": "model refused"}}
RETRY = {"type": "error", "message": "Reconnecting... 1/5"}


def item(item_id, kind, state="completed", **more):
    return {"type": f"item.{state}", "item": {"id": item_id, "type": kind, **more}}


def said(item_id, words):
    return item(item_id, "agent_message", text=words)


def thought(item_id, words):
    return item(item_id, "reasoning", text=words)


def command(item_id, state="completed", output="", code=0, status="completed"):
    more = {"command": "ls", "aggregated_output": output, "exit_code": code, "status": status}
    return item(item_id, "command_execution", state, **more)


def test_thread_is_the_session():
    assert CODEX.parser(THREAD).session_id == "th"
    assert CODEX.notes(THREAD, THREAD) == [("init", "Thread started")]


def test_messages_and_thoughts():
    assert CODEX.seen(TURN, thought("item_1", "hm"), said("item_2", "Hi")) == [
        ("assistant", "reasoning", "hm"),
        ("assistant", "text", "Hi"),
    ]


def test_a_command_is_a_call_and_its_result():
    frames = [
        command("item_1", "started", code=None, status="in_progress"),
        command("item_1", "updated", "a", code=None, status="in_progress"),
        command("item_1", "updated", "ab", code=None, status="in_progress"),
        command("item_1", "completed", "abc"),
    ]
    call, result = CODEX.blocks(THREAD, *frames)[1:]
    assert (json.loads(call["content"]), result["content"]) == ({"command": "ls"}, "abc")
    assert call["metadata"]["gen_ai.tool.call.id"] == result["metadata"]["gen_ai.tool.call.id"] == "th/item_1"
    assert result["metadata"]["nbstream.is_error"] is False
    output = [row for row in CODEX.rows(*frames) if row["part"] == "tool_call_response"]
    assert [row["content"] for row in output] == ["a", "b", "c"]
    assert output[-1]["metadata"]["nbstream.exit_code"] == 0


def test_a_command_that_fails():
    frames = [command("item_1", "started", code=None), command("item_1", output="no\n", code=2, status="failed")]
    result = CODEX.blocks(*frames)[-1]
    assert (result["content"], result["metadata"]["nbstream.is_error"]) == ("no\n", True)
    assert result["metadata"]["nbstream.exit_code"] == 2


def test_a_command_that_was_declined():
    assert CODEX.blocks(command("item_1", code=None, status="declined"))[-1]["metadata"]["nbstream.is_error"] is True


def test_completed_without_started():
    assert [block[1] for block in CODEX.seen(command("item_1", output="x"))] == ["tool_call", "tool_call_response"]


def test_a_file_change():
    changes = [{"path": "a.py", "kind": "update"}, {"path": "b.py", "kind": "add"}]
    call, result = CODEX.blocks(item("item_1", "file_change", changes=changes, status="completed"))
    assert json.loads(call["content"]) == {"changes": changes}
    assert result["content"] == "completed\nupdate a.py\nadd b.py"


def test_an_mcp_call():
    wire = {"server": "files", "tool": "find", "arguments": {"q": 1}}
    answer = {"content": [{"type": "text", "text": "found"}]}
    frames = [
        item("item_1", "mcp_tool_call", "started", **wire, status="in_progress"),
        item("item_1", "mcp_tool_call", **wire, result=answer, status="completed"),
        item("item_2", "mcp_tool_call", **wire, error={"message": "gone"}, status="failed"),
    ]
    call, result, _, failed = CODEX.blocks(*frames)
    assert (call["content"], result["content"], failed["content"]) == ('{"q": 1}', "found", "gone")
    assert call["metadata"]["gen_ai.tool.name"] == "find"
    assert (result["metadata"]["nbstream.mcp_server"], failed["metadata"]["nbstream.is_error"]) == ("files", True)


def test_an_mcp_call_that_fails_with_a_result():
    answer = {"content": [{"type": "text", "text": "half"}]}
    (_, result) = CODEX.blocks(item("i", "mcp_tool_call", tool="t", result=answer, status="failed"))
    assert (result["content"], result["metadata"]["nbstream.is_error"]) == ("half", True)


def test_a_web_search():
    call, result = CODEX.blocks(item("item_1", "web_search", query="x"))
    assert (call["content"], result["content"], result["part"]) == ('{"query": "x"}', "", "tool_call_response")


def test_an_updated_todo_list_is_one_block():
    def todo(state, *done):
        return item("item_1", "todo_list", state, items=[{"text": f"t{n}", "completed": d} for n, d in enumerate(done)])

    frames = [todo("started", False, False), todo("updated", True, False), todo("completed", True, True)]
    (block,) = CODEX.blocks(*frames)
    assert (block["type"], block["content"]) == ("system", "[x] t0\n[x] t1")
    assert len(CODEX.rows(*frames)) == 3


def test_a_warning_item_before_the_turn():
    frames = [
        THREAD,
        item("item_0", "error", message="Model metadata not found."),
        TURN,
        said("item_1", "a"),
        COMPLETED,
    ]
    assert CODEX.notes(*frames)[1] == ("notice", "Model metadata not found.")
    assert CODEX.status(*frames) == "completed"


# -- retries -----------------------------------------------------------------------------------------------------


def test_reconnecting_is_a_small_note():
    frames = [THREAD, TURN, RETRY, said("item_1", "a"), COMPLETED]
    assert ("retry", "Reconnecting... 1/5") in CODEX.notes(*frames)
    assert CODEX.status(*frames) == "completed"


def test_items_repeated_after_a_retry_are_shown_once():
    first = [thought("item_1", "hm"), said("item_2", "I will look.")]
    again = [thought("item_3", "hm"), said("item_4", "I will look.")]
    frames = [TURN, *first, RETRY, RETRY, *again, command("item_5"), COMPLETED]
    shown = [block for block in CODEX.seen(*frames) if block[0] == "assistant"]
    assert shown == [("assistant", "reasoning", "hm"), ("assistant", "text", "I will look.")]
    assert [row["block"] for row in CODEX.rows(*frames) if row["op"] == "drop"] == ["/item_1", "/item_2"]


def test_what_was_said_before_a_command_stays_after_a_retry():
    frames = [TURN, said("item_1", "First."), command("item_2"), RETRY, said("item_3", "Second."), COMPLETED]
    assert [content for kind, _, content in CODEX.seen(*frames) if kind == "assistant"] == ["First.", "Second."]


def test_what_was_said_stays_when_the_retry_brings_nothing():
    frames = [TURN, said("item_1", "First."), RETRY, FAILED]
    assert ("assistant", "text", "First.") in CODEX.seen(*frames)


# -- how it ends -------------------------------------------------------------------------------------------------


def test_the_turns_totals():
    _, row = CODEX.rows(COMPLETED)
    assert (row["type"], row["content"]) == ("response", "Completed: 20 input tokens (4 from cache), 30 output tokens")
    assert row["metadata"] == {
        "nbstream.is_error": False,
        "gen_ai.usage.input_tokens": 20,
        "gen_ai.usage.output_tokens": 30,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.usage.reasoning.output_tokens": 7,
    }


def test_each_turn_is_counted_once():
    assert CODEX.usage(THREAD, TURN, COMPLETED, TURN, COMPLETED) == [
        {
            "gen_ai.response.id": f"th/turn-{turn}",
            "gen_ai.usage.input_tokens": 20,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.cache_read.input_tokens": 4,
            "gen_ai.usage.reasoning.output_tokens": 7,
        }
        for turn in (1, 2)
    ]


FATAL = {"type": "error", "message": "unexpected status 401"}


@pytest.mark.parametrize(
    ("frames", "reason", "exit_code", "status"),
    [
        ([THREAD, TURN, COMPLETED], "exited", 0, "completed"),
        ([THREAD, TURN, COMPLETED], "stopped", 143, "completed"),
        ([THREAD, TURN], "exited", 143, "interrupted"),  # SIGTERM
        ([THREAD, TURN], "exited", 1, "interrupted"),  # SIGINT
        ([THREAD, TURN], "stopped", 1, "stopped"),
        ([THREAD, TURN], "exited", 0, "interrupted"),
        ([THREAD, TURN], "eof", None, "interrupted"),
        ([THREAD], "exited", 1, "failed"),
        ([THREAD, TURN, FAILED], "exited", 1, "failed"),
        ([THREAD, TURN, FATAL], "exited", 1, "failed"),
        ([THREAD, TURN, FATAL], "stopped", 1, "stopped"),
        ([THREAD, TURN, FATAL, FAILED], "stopped", 1, "failed"),
        ([THREAD, TURN, FATAL, COMPLETED], "exited", 0, "completed"),
        ([THREAD, TURN, FAILED, TURN, COMPLETED], "exited", 0, "completed"),
        ([THREAD, TURN, COMPLETED, TURN], "exited", 0, "interrupted"),
        ([THREAD, TURN, RETRY], "exited", 0, "interrupted"),
    ],
)
def test_the_status_of_a_run(frames, reason, exit_code, status):
    assert CODEX.status(*frames, reason=reason, exit_code=exit_code) == status


def test_an_error_and_the_failed_turn_that_repeats_it_are_shown_once():
    failed = {"type": "turn.failed", "error": {"message": FATAL["message"]}}
    assert [block[2] for block in CODEX.seen(TURN, FATAL, failed) if block[0] == "error"] == ["unexpected status 401"]
    assert CODEX.ending(TURN, FATAL, failed).error == "unexpected status 401"


def test_a_recording_without_its_last_line_is_interrupted():
    assert CODEX.status(*lines_of("codex-tool.jsonl")[:-1], reason="exited", exit_code=143) == "interrupted"


def test_two_threads_keep_their_items_apart():
    other = THREAD | {"thread_id": "other"}
    assert [block[2] for block in CODEX.seen(THREAD, said("item_0", "a"), other, said("item_0", "b")) if block[1]] == [
        "a",
        "b",
    ]


def test_items_without_an_id_are_apart():
    blocks = CODEX.blocks(said(None, "a"), said(None, "b"))
    assert [(block["block"], block["content"]) for block in blocks] == [("/?1", "a"), ("/?2", "b")]


def test_the_first_items_of_a_run_are_no_repetition():
    assert "drop" not in [row["op"] for row in CODEX.rows(TURN, said("item_1", "a"), said("item_2", "b"))]


def test_an_error_body_instead_of_a_stream():
    assert CODEX.seen({"error": {"message": "no", "code": 500}}) == [("error", None, "500: no")]


def test_an_interrupted_run_says_so():
    ending = CODEX.ending(THREAD, TURN, reason="exited", exit_code=1)
    assert ending.error == "The agent was interrupted before its answer was complete (exit code 1)."
    assert [message.content for message in ending.messages] == [ending.error]


def test_an_event_or_item_of_no_known_type_is_kept_whole():
    for line in (
        '{"type": "hologram", "error": {"message": "x"}}',
        '{"type": "item.completed", "item": {"id": "i", "type": "hologram"}}',
    ):
        assert CODEX.notes(line) == [("unknown", line)]


def test_null_where_a_value_is_expected():
    frames = [
        {"type": "thread.started", "thread_id": None},
        {"type": "item.completed", "item": None},
        said("i1", None),
        item("i2", "command_execution", command=None, aggregated_output=None, exit_code=None, status=None),
        item("i3", "todo_list", items=[None]),
        item("i4", "mcp_tool_call", arguments=None, result=None, error=None),
        {"type": "turn.failed", "error": None},
    ]
    assert CODEX.seen(*frames)[-1] == ("error", None, "The turn failed.")
