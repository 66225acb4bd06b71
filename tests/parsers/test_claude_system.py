"""Claude Code: which system frames a reader sees, how a run ends, and what older versions send."""

import json

import pytest

from fold import as_rows, lines_of, messages_of, played, texts, transcript
from frames import (
    MESSAGE_STOP,
    SESSION,
    assistant,
    block_start,
    event,
    message_start,
    result,
    system,
    text,
    tool_result,
    user,
    words,
)
from nbstream.parsers import parser_named


def rows_of(*frames):
    return as_rows(messages_of(parser_named("claude"), frames))


def notes_of(*frames):
    return [(row["metadata"].get("nbstream.kind"), row["content"]) for row in rows_of(*frames)]


INIT = system("init", model="claude-x", cwd="/home/user", tools=["Read", "Bash"], mcp_servers=[{"name": "files"}])


def test_init_is_shown_once_a_session():
    other = INIT | {"session_id": "another"}
    assert notes_of(INIT, INIT, other, INIT) == [("init", "claude-x in /home/user with 2 tools")] * 2


def test_init_names_session_model_and_tools():
    (row,) = rows_of(INIT)
    assert row["metadata"] == {
        "nbstream.kind": "init",
        "gen_ai.response.model": "claude-x",
        "gen_ai.conversation.id": SESSION,
        "nbstream.cwd": "/home/user",
        "nbstream.tools": ["Read", "Bash"],
        "nbstream.mcp_servers": ["files"],
    }


def test_hooks_may_come_before_init():
    parser = parser_named("claude")
    hook = system("hook_started", hook_name="SessionStart:startup")
    done = system("hook_response", hook_name="SessionStart:startup", outcome="success", exit_code=0, stdout="ok")
    assert [row["metadata"]["nbstream.kind"] for row in as_rows(messages_of(parser, [hook, done, INIT]))] == ["init"]
    assert (parser.session_id, parser.model) == (SESSION, "claude-x")


def test_a_hook_that_fails_is_shown():
    failed = system("hook_response", hook_name="PreToolUse", outcome="error", exit_code=2, stderr="no such file\n")
    assert notes_of(failed) == [("notice", "The hook PreToolUse failed: no such file")]


@pytest.mark.parametrize(
    "frame",
    [
        *(
            system(subtype)
            for subtype in (
                "status",
                "thinking_tokens",
                "hook_started",
                "hook_progress",
                "session_state_changed",
                "command_lifecycle",
                "files_persisted",
                "background_tasks_changed",
                "task_progress",
                "memory_recall",
                "plugin_install",
                "elicitation_complete",
                "worker_shutting_down",
                "commands_changed",
                "control_request_progress",
            )
        ),
        *(
            {"type": kind}
            for kind in (
                "command_lifecycle",
                "control_request",
                "control_response",
                "control_cancel_request",
                "keep_alive",
                "tool_progress",
                "prompt_suggestion",
                "auth_status",
            )
        ),
        {"type": "rate_limit_event", "rate_limit_info": {"status": "allowed", "resetsAt": 1}},
        system("task_updated", task_id="t", patch={"status": "completed"}),
    ],
    ids=lambda frame: frame.get("subtype") or frame["type"],
)
def test_bookkeeping_makes_no_row(frame):
    assert rows_of(frame) == []


@pytest.mark.parametrize(
    ("frame", "kind", "sentence"),
    [
        (
            system("api_retry", attempt=1, max_retries=10, retry_delay_ms=533, error_status=429, error="rate_limit"),
            "retry",
            "The API answered 429 (rate_limit); trying again in 0.5 s (attempt 1 of 10).",
        ),
        (system("api_retry"), "retry", "The API answered an error; trying again."),
        (
            system("compact_boundary", compact_metadata={"trigger": "auto", "pre_tokens": 155000, "post_tokens": 9000}),
            "notice",
            "The conversation was compacted by itself from 155,000 to 9,000 tokens.",
        ),
        (system("compact_boundary"), "notice", "The conversation was compacted."),
        (system("informational", content="Note well", level="info"), "notice", "Note well"),
        (system("notification", text="Look here"), "notice", "Look here"),
        (system("local_command_output", content="Total cost: $0"), "notice", "Total cost: $0"),
        (system("model_refusal_no_fallback", original_model="m"), "notice", "m refused."),
        (
            system("permission_denied", tool_name="Write", tool_use_id="t", message="not granted"),
            "notice",
            "Permission denied: Write: not granted",
        ),
        (system("task_started", task_id="t", description="read note"), "task", "Task started: read note"),
        (system("task_updated", task_id="t", patch={"status": "failed"}), "task", "Task failed"),
        (system("task_notification", status="completed", summary="All read."), "task", "Task completed: All read."),
        (
            {"type": "rate_limit_event", "rate_limit_info": {"status": "rejected", "rateLimitType": "five_hour"}},
            "notice",
            "Rate limit five_hour: rejected",
        ),
        ({"type": "auth_status", "error": "token expired"}, "notice", "Signing in failed: token expired"),
        ({"type": "conversation_reset", "new_conversation_id": "n"}, "notice", "The conversation was started anew."),
        ({"type": "tool_use_summary", "summary": "Read two files"}, "notice", "Read two files"),
    ],
    ids=lambda value: (value.get("subtype") or value["type"]) if isinstance(value, dict) else "",
)
def test_what_a_reader_sees_of_a_system_frame(frame, kind, sentence):
    assert notes_of(frame) == [(kind, sentence)]


# -- the end of a turn, and of the run


def ending(*frames, exit_code=0, reason="exited"):
    return played("claude", [json.dumps(frame) for frame in frames], exit_code, reason)[1]


def last(*frames):
    return transcript("claude", frames)[-1]


def test_a_result_has_figures_and_no_second_copy_of_the_answer():
    usage = {"input_tokens": 1, "cache_read_input_tokens": 2, "cache_creation_input_tokens": 4, "output_tokens": 8}
    models = {
        "m": {"inputTokens": 1, "cacheReadInputTokens": 2, "outputTokens": 8, "thinkingTokens": 3, "costUSD": 0.5}
    }
    done = result(result="Hi", num_turns=2, duration_ms=1500, total_cost_usd=0.5, usage=usage, modelUsage=models)
    entry = last(assistant(text("Hi")), done)
    assert (entry["type"], entry["content"]) == ("response", "Completed: 2 turns, 1.5 s, $0.5000")
    assert entry["metadata"] == {
        "nbstream.is_error": False,
        "gen_ai.conversation.id": SESSION,
        "nbstream.result": "success",
        "nbstream.duration_ms": 1500,
        "nbstream.cost_usd": 0.5,
        "nbstream.turns": 2,
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 8,
        "gen_ai.usage.cache_read.input_tokens": 2,
        "gen_ai.usage.cache_write.input_tokens": 4,
        "nbstream.model_usage": {
            "m": {
                "gen_ai.usage.input_tokens": 3,
                "gen_ai.usage.output_tokens": 8,
                "gen_ai.usage.cache_read.input_tokens": 2,
                "gen_ai.usage.reasoning.output_tokens": 3,
                "nbstream.cost_usd": 0.5,
            }
        },
    }


def test_a_result_text_that_nothing_else_showed_is_not_lost():
    assert last(result(result="Total cost: $0.12"))["content"] == "Total cost: $0.12"
    entry = last(
        assistant(text("Half")), result("error_during_execution", is_error=True, errors=["Boom"], result="Rest")
    )
    assert entry["content"] == "Boom\nRest"


def test_structured_output_is_kept_as_json_text():
    metadata = last(assistant(text("Hi")), result(result="Hi", structured_output={"a": [1]}))["metadata"]
    assert metadata["nbstream.structured_output"] == '{"a": [1]}'


def test_success_with_is_error_is_failed():
    failed = result(is_error=True, result="API Error: 500", api_error_status=500)
    assert last(failed)["content"] == "API Error: 500"
    assert (ending(failed, exit_code=1).status, ending(failed, exit_code=0).status) == ("failed", "failed")
    assert ending(failed).error == "API Error: 500"


def test_an_error_result_without_a_result_key_is_failed():
    failed = result("error_max_turns", is_error=True, errors=["Reached maximum number of turns (2)"])
    assert last(failed)["content"] == "Reached maximum number of turns (2)"
    assert ending(failed).error == "Reached maximum number of turns (2)"
    bare = result("error_during_execution")
    assert (ending(bare).status, ending(bare).error) == ("failed", "The agent reported error_during_execution.")


def test_an_interrupted_turn_is_stopped_and_its_zeros_are_not_kept():
    aborted = result(
        "error_during_execution",
        is_error=True,
        errors=["[diagnostic]"],
        terminal_reason="aborted_tools",
        num_turns=1,
        usage={"input_tokens": 0, "output_tokens": 0},
    )
    entry = last(aborted)
    assert entry["content"] == "Stopped: 1 turn"
    assert entry["metadata"]["nbstream.errors"] == ["[diagnostic]"]
    assert not any(key.startswith("gen_ai.usage") for key in entry["metadata"])
    assert ending(aborted).status == "stopped"


def test_cost_is_the_running_total_of_each_result():
    costs = [0.1, 0.25, 0.4]
    frames = [
        frame
        for turn, cost in enumerate(costs)
        for frame in (INIT, assistant(text(f"{turn}"), uuid=f"a{turn}"), result(total_cost_usd=cost, result_index=turn))
    ]
    rows = [row for row in rows_of(*frames) if row["type"] == "response"]
    assert [row["metadata"]["nbstream.cost_usd"] for row in rows] == costs


def test_a_gap_in_the_results_is_no_error():
    frames = [result(result_index=0), INIT, result(result_index=5)]
    assert [row["type"] for row in rows_of(*frames)] == ["response", "system", "response"]
    assert ending(*frames).status == "completed"


def test_a_result_finishes_the_stream_until_the_next_turn():
    parser = parser_named("claude")
    list(messages_of(parser, [INIT, assistant(text("1")), result()]))
    assert parser.finished
    late = [user(tool_result("late"), parent="toolu_p"), assistant(text("late"), parent="toolu_p", uuid="a9")]
    list(messages_of(parser, [system("session_state_changed"), *late, event(message_start("m9"), parent="toolu_p")]))
    assert parser.finished
    list(messages_of(parser, [event(message_start("msg_2")), event(block_start(0)), event(words(0, "2"))]))
    assert not parser.finished
    assert parser.finalize("exited", 143).status == "interrupted"


def test_a_result_with_turns_in_the_queue_does_not_finish_the_stream():
    parser = parser_named("claude")
    list(messages_of(parser, [result(queued_turn_count=1)]))
    assert not parser.finished


@pytest.mark.parametrize(
    ("reason", "exit_code", "status", "error"),
    [
        ("exited", 0, "interrupted", "The agent's output ended before its answer was complete."),
        ("eof", None, "interrupted", "The agent's output ended before its answer was complete."),
        ("gone", None, "interrupted", "The agent's output cannot be had any more; its answer is not complete."),
        ("exited", 143, "interrupted", "The agent was ended by SIGTERM before its answer was complete."),
        ("exited", 137, "interrupted", "The agent was ended by SIGKILL before its answer was complete."),
        ("exited", 130, "interrupted", "The agent was ended by SIGINT before its answer was complete."),
        ("exited", -9, "interrupted", "The agent was ended by SIGKILL before its answer was complete."),
        ("exited", 1, "failed", "The agent ended with exit code 1 before its answer was complete."),
        ("exited", 255, "failed", "The agent ended with exit code 255 before its answer was complete."),
        ("stopped", 143, "stopped", "The agent was stopped before its answer was complete."),
        ("stopped", None, "stopped", "The agent was stopped before its answer was complete."),
        ("stopped", 1, "stopped", "The agent was stopped before its answer was complete."),
    ],
)
def test_the_end_without_a_result(reason, exit_code, status, error):
    frames = [json.dumps(frame) for frame in (event(message_start()), event(block_start(0)), event(words(0, "half")))]
    blocks, end = played("claude", frames, exit_code, reason)
    assert (end.status, end.error) == (status, error)
    assert texts(blocks) == [("assistant", "text", "half"), ("system", None, error)]
    assert blocks[-1]["metadata"] == {"nbstream.kind": "end"}


def test_a_result_that_came_before_the_stop_counts():
    assert ending(result(), reason="stopped", exit_code=143).status == "completed"
    assert ending(result(is_error=True, result="x"), reason="stopped").status == "stopped"


def test_no_note_about_the_end_after_a_result():
    assert ending(result(), exit_code=1).messages == []


# -- older versions, made from the recordings by the differences that are known


def as_version_1_0_100(line):
    """No partial messages, no times, no request ids, none of the newer fields and system frames."""
    frame = json.loads(line)
    if frame["type"] == "stream_event" or frame.get("subtype") not in (None, "init", "success", "error_max_turns"):
        return None
    for key in (
        "timestamp",
        "request_id",
        "thinking_display",
        "thinking_duration_ms",
        "tool_result_meta",
        "context_management",
    ):
        frame.pop(key, None)
    for key in ("terminal_reason", "modelUsage", "subagent_stats", "errors", "queued_turn_count"):
        frame.pop(key, None)
    return json.dumps({"type": frame.pop("type"), **frame})


def as_version_2_0_60(lines):
    """Later frames of a message carry its real stop reason; no request ids."""
    reasons, changed = {}, []
    for line in lines:
        frame = json.loads(line)
        frame.pop("request_id", None)
        if frame["type"] == "stream_event" and frame["event"]["type"] == "message_delta":
            reasons[frame["api_message_id"]] = frame["event"]["delta"]["stop_reason"]
        frame.pop("api_message_id", None)
        changed.append(frame)
    seen = set()
    for frame in changed:
        if frame["type"] == "assistant":
            message = frame["message"]
            if message["id"] in seen:
                message["stop_reason"] = reasons.get(message["id"])
            seen.add(message["id"])
    return [json.dumps(frame) for frame in changed]


def words_of(blocks):
    return [entry for entry in texts(blocks) if entry[0] in ("assistant", "tool", "user", "error")]


@pytest.mark.parametrize("name", ["claude-text", "claude-tool", "claude-subagent", "claude-tool-partial"])
def test_version_1_0_100_reads_the_same(name):
    lines = lines_of(f"{name}.jsonl")
    old = [frame for line in lines if (frame := as_version_1_0_100(line))]
    blocks, end = played("claude", old, 0)
    assert len(old) < len(lines) or name == "claude-text"
    assert words_of(blocks) == words_of(played("claude", lines, 0)[0])
    assert end.status == "completed"
    assert not any("nbstream.source_time" in block["metadata"] for block in blocks)


def test_version_1_0_100_failed_although_is_error_is_false():
    old = [frame for line in lines_of("claude-maxturns.jsonl") if (frame := as_version_1_0_100(line))]
    done = json.dumps(json.loads(old[-1]) | {"is_error": False})
    _, end = played("claude", [*old[:-1], done], 0)
    assert (end.status, end.error) == ("failed", "The agent reported error_max_turns.")


@pytest.mark.parametrize("name", ["claude-text-partial", "claude-tool-partial", "claude-parallel-partial"])
def test_version_2_0_60_reads_the_same(name):
    lines = lines_of(f"{name}.jsonl")
    blocks, end = played("claude", as_version_2_0_60(lines), 0)
    assert words_of(blocks) == words_of(played("claude", lines, 0)[0])
    assert end.status == "completed"


def test_the_stop_reason_of_a_2_0_60_frame_is_kept():
    frame = assistant(text("Hi"))
    frame["message"]["stop_reason"] = "end_turn"
    (block,) = transcript("claude", [frame])
    assert block["metadata"]["gen_ai.response.finish_reasons"] == ["end_turn"]


def test_a_stream_that_stops_its_message_and_no_more_is_interrupted():
    frames = (event(message_start()), event(block_start(0)), event(words(0, "x")), event(MESSAGE_STOP))
    assert ending(*frames).status == "interrupted"
