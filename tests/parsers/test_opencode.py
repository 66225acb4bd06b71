"""Events of opencode's server."""

import json

import pytest

from fold import events_of
from nbstream.parsers import parser_named
from opencode_frames import ABORTED, BROKEN, TOKENS
from wires import Wire

SERVE = Wire("opencode")


def event(kind, session="ses_1", **properties):
    return {"id": "evt", "type": kind, "properties": {"sessionID": session, **properties}}


def created(session="ses_1", parent=None):
    return event("session.created", session, info={"id": session, "parentID": parent})


def info(message="msg_1", role="assistant", session="ses_1", **more):
    model = {"modelID": "m"} if role == "assistant" else {}
    return event("message.updated", session, info={"id": message, "sessionID": session, "role": role, **model, **more})


def part(kind, part_id="prt_1", message="msg_1", session="ses_1", **more):
    wire = {"id": part_id, "type": kind, "messageID": message, "sessionID": session, **more}
    return event("message.part.updated", session, part=wire)


def delta(words, part_id="prt_1", message="msg_1", field="text"):
    return event("message.part.delta", messageID=message, partID=part_id, field=field, delta=words)


def tool(status, part_id="prt_1", session="ses_1", **state):
    return part("tool", part_id, session=session, tool="bash", callID="call_1", state={"status": status, **state})


IDLE = event("session.status", status={"type": "idle"})
BUSY = event("session.status", status={"type": "busy"})
FINISHED = info(tokens=TOKENS, cost=0.5, finish="stop", time={"created": 1, "completed": 2})


# -- the server: parts -------------------------------------------------------------------------------------------


def test_a_snapshot_after_its_deltas():
    frames = [info(), part("text", text=""), delta("He"), delta("llo"), part("text", text="Hello")]
    assert SERVE.seen(*frames) == [("assistant", "text", "Hello")]
    assert [row["op"] for row in SERVE.rows(*frames)] == ["append", "append", "set"]


def test_deltas_without_a_snapshot():
    assert SERVE.seen(delta("a"), delta("b")) == [("assistant", "text", "ab")]


def test_growing_snapshots_without_deltas_cost_what_they_add():
    frames = [info(), *(part("text", text="x" * n) for n in range(5))]
    assert [(row["op"], row["content"]) for row in SERVE.rows(*frames)] == [("set", "x"), *[("append", "x")] * 3]


def test_a_snapshot_that_is_not_longer_wins():
    assert SERVE.seen(part("text", text="Hello"), part("text", text="Bye")) == [("assistant", "text", "Bye")]
    assert SERVE.seen(part("text", text="Hell"), part("text", text="Hullo")) == [("assistant", "text", "Hullo")]


def test_reasoning_deltas_belong_to_their_part():
    frames = [part("reasoning", text=""), delta("hm")]
    assert SERVE.seen(*frames) == [("assistant", "reasoning", "hm")]


def test_the_prompt_is_echoed_as_the_users():
    frames = [info("msg_0", "user"), part("text", "prt_0", "msg_0", text="do it"), info(), part("text", text="ok")]
    assert SERVE.seen(*frames) == [("user", "text", "do it"), ("assistant", "text", "ok")]


def test_a_tool_goes_from_pending_to_completed():
    frames = [
        tool("pending", input={}, raw=""),
        tool("running", input={"c": "ls"}),
        tool("running", input={"c": "ls"}, metadata={"output": "a"}),
        tool("running", input={"c": "ls"}, metadata={"output": "ab"}),
        tool("completed", input={"c": "ls"}, output="ab", time={"start": 10, "end": 25}),
    ]
    call, result = SERVE.blocks(*frames)
    assert (call["content"], result["content"]) == ('{"c": "ls"}', "ab")
    assert call["metadata"]["gen_ai.tool.call.id"] == result["metadata"]["gen_ai.tool.call.id"] == "call_1"
    assert (result["metadata"]["nbstream.duration_ms"], result["metadata"]["nbstream.is_error"]) == (15, False)
    assert [row["content"] for row in SERVE.rows(*frames)] == ["", '{"c": "ls"}', "a", "b", "ab"]


def test_a_tool_update_before_its_call():
    assert [block[2] for block in SERVE.seen(tool("completed", input={"c": 1}, output="x"))] == ['{"c": 1}', "x"]


def test_a_tool_that_fails():
    result = SERVE.blocks(tool("error", input={"c": 1}, error="denied"))[-1]
    assert (result["content"], result["metadata"]["nbstream.is_error"]) == ("denied", True)


def test_a_tool_without_input():
    assert SERVE.blocks(tool("completed", input={}, output=""))[0]["content"] == "{}"


def test_a_file_is_named():
    assert SERVE.seen(part("file", mime="image/png", filename="a.png")) == [("assistant", "text", "[image/png a.png]")]


def test_removed_parts_and_messages_are_withdrawn():
    shown = [part("text", text="a"), part("text", "prt_2", text="b"), tool("completed", "prt_3", input={}, output="x")]
    one = event("message.part.removed", messageID="msg_1", partID="prt_1")
    assert [block[2] for block in SERVE.seen(*shown, one)] == ["b", "{}", "x"]
    assert SERVE.seen(*shown, event("message.removed", messageID="msg_1")) == []


def test_retries_and_compaction_are_notes():
    frames = [
        part("retry", attempt=2, error=BROKEN),
        part("compaction"),
        event("session.status", status={"type": "retry", "attempt": 1, "message": "Rate limited"}),
        event("session.compacted"),
    ]
    assert SERVE.notes(*frames) == [
        ("retry", "Trying again: APIError: Overloaded"),
        ("notice", "The conversation was compacted."),
        ("retry", "Trying again: Rate limited"),
        ("notice", "The conversation was compacted."),
    ]


def test_questions_to_a_person_are_notes():
    frames = [
        event("permission.asked", permission="bash", patterns=["rm *"]),
        event("permission.replied", reply="reject"),
        event("question.asked", questions=[{"question": "Which one?"}]),
    ]
    assert [words for _, words in SERVE.notes(*frames)] == [
        "Permission asked: bash rm *",
        "Permission answered: reject",
        "Question: Which one?",
    ]


def test_the_list_of_what_is_to_be_done_is_one_block():
    def todos(*states):
        return event("todo.updated", todos=[{"content": f"t{n}", "status": s} for n, s in enumerate(states)])

    (block,) = SERVE.blocks(todos("pending", "pending"), todos("completed", "in_progress"))
    assert (block["type"], block["content"]) == ("system", "[x] t0\n[~] t1")


def test_noise_makes_no_row():
    noise = [
        "server.connected",
        "plugin.added",
        "catalog.updated",
        "session.updated",
        "session.diff",
        "file.edited",
        "lsp.updated",
    ]
    assert SERVE.rows(*(event(kind) for kind in noise), part("step-start"), part("snapshot"), BUSY) == []
    recorded = [row.data for row in events_of("opencode-serve-event.sse") if '"plugin.added"' in row.data]
    assert len(recorded) > 40
    assert SERVE.rows(*recorded) == []


@pytest.mark.parametrize("kind", ["hologram.shown", "session.next.text.delta", "session.hologram", "nothing"])
def test_an_event_of_no_known_type_is_kept_whole(kind):
    line = json.dumps(event(kind))
    assert SERVE.notes(line) == [("unknown", line)]


def test_a_part_of_no_known_type_is_kept_whole():
    assert SERVE.notes(part("hologram"))[0][0] == "unknown"


def test_a_delta_of_another_field_makes_no_row():
    assert SERVE.rows(delta("{", field="raw")) == []


def test_a_missing_message_id():
    frames = [
        part("text", text="", message=None),
        delta("a", message=None),
        part("text", "prt_2", message=None, text="b"),
    ]
    assert [block[2] for block in SERVE.seen(*frames)] == ["a", "b"]


def test_a_global_event_is_unwrapped():
    assert SERVE.seen({"directory": "/x", "payload": part("text", text="a")}) == [("assistant", "text", "a")]


# -- the server: sessions ----------------------------------------------------------------------------------------


def test_a_subagent_names_the_task_that_started_it():
    frames = [
        created(),
        info(),
        created("ses_2", "ses_1"),
        tool("running", input={"p": 1}, metadata={"sessionId": "ses_2"}),
        info("msg_2", session="ses_2"),
        part("text", "prt_2", "msg_2", "ses_2", text=""),
        event("message.part.delta", "ses_2", messageID="msg_2", partID="prt_2", field="text", delta="in"),
        event("message.part.delta", "ses_2", messageID="msg_2", partID="prt_2", field="text", delta="ner"),
    ]
    inner = [row for row in SERVE.rows(*frames) if row["block"] == "prt_2"]
    assert [row["content"] for row in inner] == ["in", "ner"]
    assert {row["metadata"]["nbstream.parent_tool_call_id"] for row in inner} == {"call_1"}
    assert {row["metadata"]["gen_ai.conversation.id"] for row in inner} == {"ses_2"}
    assert SERVE.status(*frames, event("session.idle", "ses_2")) == "interrupted"
    assert SERVE.status(*frames, event("session.error", "ses_2", error=BROKEN), IDLE) == "completed"


def test_two_sessions_on_one_server():
    frames = [
        created("ses_1"),
        created("ses_2"),
        info(session="ses_1"),
        part("text", "prt_1", "msg_1", "ses_1", text="mine"),
        info("msg_2", session="ses_2"),
        part("text", "prt_2", "msg_2", "ses_2", text="another's"),
        event("session.idle", "ses_2"),
    ]
    _, mine, other = SERVE.blocks(*frames)
    assert "gen_ai.conversation.id" not in mine["metadata"]
    assert other["metadata"]["gen_ai.conversation.id"] == "ses_2"
    assert (SERVE.parser(*frames).session_id, SERVE.status(*frames)) == ("ses_1", "interrupted")


def test_session_and_model_are_known():
    parser = SERVE.parser(created(), info())
    assert (parser.session_id, parser.model) == ("ses_1", "m")


# -- the server: usage and the end -------------------------------------------------------------------------------


def test_usage_is_noted_once_a_message():
    frames = [
        info(tokens={"input": 0, "output": 0}),
        part("step-finish", tokens=TOKENS, cost=0.5),
        FINISHED,
        FINISHED,
        IDLE,
    ]
    assert SERVE.usage(*frames) == [
        {
            "gen_ai.response.id": "msg_1",
            "gen_ai.response.model": "m",
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.usage.input_tokens": 16,
            "gen_ai.usage.output_tokens": 11,
            "gen_ai.usage.cache_read.input_tokens": 4,
            "gen_ai.usage.cache_write.input_tokens": 1,
            "gen_ai.usage.reasoning.output_tokens": 2,
            "nbstream.cost_usd": 0.5,
        }
    ]


def test_usage_of_a_message_cut_off():
    assert [note["gen_ai.usage.output_tokens"] for note in SERVE.usage(info(), part("step-finish", tokens=TOKENS))] == [
        11
    ]


def test_the_rest_of_the_session_has_the_totals_once():
    second = info("msg_2", tokens=TOKENS, cost=0.25, finish="stop", time={"completed": 3})
    other = info("msg_3", session="ses_3", tokens=TOKENS, cost=9, time={"completed": 4})
    frames = [created(), FINISHED, second, created("ses_3"), other, IDLE, event("session.idle")]
    (row,) = [row for row in SERVE.rows(*frames) if row["type"] == "response"]
    assert row["content"] == "Completed: 32 input tokens (8 from cache), 22 output tokens, $0.7500"
    assert (row["metadata"]["nbstream.cost_usd"], row["metadata"]["nbstream.is_error"]) == (0.75, False)
    failed = SERVE.rows(created(), info(error=BROKEN), IDLE)[-1]
    assert (failed["content"], failed["metadata"]["nbstream.is_error"]) == ("APIError: Overloaded", True)
    assert SERVE.rows(created(), info(error=ABORTED), IDLE)[-1]["content"] == "Stopped"


def test_cost_is_a_running_total():
    second = info("msg_2", tokens=TOKENS, cost=0.25, finish="stop", time={"completed": 3})
    assert [note["nbstream.cost_usd"] for note in SERVE.usage(FINISHED, second, FINISHED)] == [0.5, 0.75]


@pytest.mark.parametrize(
    ("frames", "reason", "status"),
    [
        ([created(), BUSY, info(), FINISHED, IDLE], "eof", "completed"),
        ([created(), BUSY, info(), FINISHED, IDLE], "stopped", "completed"),
        ([created(), IDLE], "eof", "interrupted"),
        ([created(), BUSY, info()], "eof", "interrupted"),
        ([created(), BUSY, info()], "stopped", "stopped"),
        ([created(), info(), IDLE, BUSY], "eof", "interrupted"),
        ([created(), info(), event("session.error", error=BROKEN), IDLE], "eof", "failed"),
        ([created(), info(error=BROKEN), IDLE], "eof", "failed"),
        ([created(), info(error=ABORTED), IDLE], "eof", "stopped"),
        ([{"error": {"message": "Unauthorized"}}], "eof", "failed"),
    ],
)
def test_the_status_of_a_session(frames, reason, status):
    assert SERVE.status(*frames, reason=reason) == status


def test_an_error_told_twice_is_shown_once():
    frames = [created(), info(error=BROKEN), event("session.error", error=BROKEN)]
    assert [block[2] for block in SERVE.seen(*frames) if block[0] == "error"] == ["APIError: Overloaded"]


def test_null_where_a_value_is_expected():
    frames = [
        {"type": "message.part.updated", "properties": None},
        event("message.part.updated", part={"type": "text", "text": None, "id": None}),
        event("message.part.updated", part={"type": "tool", "state": None, "tool": None}),
        event("message.updated", info={"role": None, "tokens": None, "time": None}),
        delta(None),
    ]
    assert [row["content"] for row in SERVE.rows(*frames) if row["block"]] == [""]


def test_finished_follows_the_session():
    parser = parser_named("opencode")
    assert not parser.finished
    assert SERVE.parser(created(), info(), IDLE).finished
