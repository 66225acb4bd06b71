"""The output of `opencode run --format json`."""

import pytest

from fold import events_of, lines_of
from opencode_frames import ABORTED, BROKEN, TOKENS
from wires import Wire

SERVE = Wire("opencode")
RUN = Wire("opencode-run")


def line(kind, message="msg_1", part_id="prt_1", **more):
    wire = {"id": part_id, "messageID": message, "type": kind.replace("_", "-"), **more}
    return {"type": kind, "timestamp": 1795362252237, "sessionID": "ses_1", "part": wire}


def step(reason, part_id="prt_9", message="msg_1", cost=0.5):
    return line("step_finish", message, part_id, reason=reason, tokens=TOKENS, cost=cost)


ERROR = {"type": "error", "timestamp": 1, "sessionID": "ses_1", "error": BROKEN}


def test_run_shows_each_part_once_with_its_time():
    (block,) = RUN.blocks(line("text", text="Hi"))
    assert block["content"] == "Hi"
    assert block["metadata"]["nbstream.source_time"] == "2026-11-22T15:44:12.237+00:00"
    assert RUN.parser(line("step_start")).session_id == "ses_1"


@pytest.mark.parametrize("time", [None, "soon", -1, 10**18, 1e300])
def test_a_time_that_is_none_is_left_out(time):
    assert "nbstream.source_time" not in RUN.blocks(line("text", text="Hi") | {"timestamp": time})[0]["metadata"]


def test_run_counts_each_step_of_a_message_and_the_cost_of_all():
    frames = [step("tool-calls", "p1", "msg_1"), step("tool-calls", "p1", "msg_1"), step("stop", "p2", "msg_2", 0.25)]
    notes = RUN.usage(*frames)
    assert [note["gen_ai.response.id"] for note in notes] == ["msg_1", "msg_2"]
    assert [note["nbstream.cost_usd"] for note in notes] == [0.5, 0.75]


def test_several_steps_of_one_message_cost_what_all_of_them_cost():
    notes = RUN.rows(step("tool-calls", "p1"), step("stop", "p2", cost=0.25))
    assert notes[-1]["metadata"]["nbstream.cost_usd"] == 0.75


def test_run_has_its_totals_after_the_last_step():
    frames = [step("tool-calls", "p1", "msg_1"), step("stop", "p2", "msg_2", 0.25)]
    rows = [row for row in RUN.rows(*frames) if row["type"] == "response"]
    assert [row["content"] for row in rows] == ["Completed: 32 input tokens (8 from cache), 22 output tokens, $0.7500"]


def test_output_without_a_total_is_taken_as_it_is():
    wire = line("step_finish", reason="stop", tokens={"input": 3, "output": 5, "reasoning": 2})
    assert RUN.usage(wire)[0]["gen_ai.usage.output_tokens"] == 5


@pytest.mark.parametrize(
    ("frames", "reason", "exit_code", "status"),
    [
        ([line("text", text="a"), step("stop")], "exited", 0, "completed"),
        ([line("text", text="a"), step("stop")], "stopped", 130, "completed"),
        ([line("text", text="a")], "exited", 130, "interrupted"),  # SIGINT
        ([line("text", text="a")], "stopped", 130, "stopped"),
        ([line("text", text="a")], "exited", 0, "interrupted"),
        ([line("text", text="a")], "exited", 1, "failed"),
        ([step("tool-calls")], "exited", 0, "interrupted"),
        ([step("stop"), line("step_start")], "exited", 0, "interrupted"),
        ([step("length")], "exited", 0, "completed"),
        ([ERROR], "exited", 1, "failed"),
        ([ERROR], "exited", 0, "failed"),
        ([ERROR | {"error": ABORTED}], "exited", 0, "stopped"),
    ],
)
def test_the_status_of_a_run(frames, reason, exit_code, status):
    assert RUN.status(*frames, reason=reason, exit_code=exit_code) == status


def test_run_says_when_an_answer_was_cut_short():
    assert "limit of output tokens" in RUN.seen(step("length"))[0][2]


def test_run_shows_an_error():
    assert RUN.seen(ERROR) == [("error", None, "APIError: Overloaded")]
    assert RUN.ending(ERROR).error == "APIError: Overloaded"


def test_run_keeps_what_it_does_not_know():
    unknown = '{"type": "hologram", "error": {"message": "x"}}'
    assert RUN.notes(unknown) == [("unknown", unknown)]


def test_run_and_server_show_the_same_words():
    """Both are recordings of the same canned answers; only the server echoes the prompt."""
    served = [row.data for row in events_of("opencode-serve-event.sse")]
    words = [block for block in SERVE.seen(*served) if block[0] in ("assistant", "tool")]
    assert words == [block for block in RUN.seen(*lines_of("opencode-tool.jsonl")) if block[0] in ("assistant", "tool")]
