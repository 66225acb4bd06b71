"""Any program: text, nbstream's own messages, and other JSON."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from nbstream.messages import AgentMessage
from wires import Wire

ANY = Wire("generic")


def message(kind="assistant", content="Hi", **more):
    return {"type": kind, "content": content, **more}


# -- text --------------------------------------------------------------------------------------------------------


def test_lines_of_text_are_one_block():
    rows = ANY.rows("one", "", "  two ")
    assert [(row["op"], row["content"]) for row in rows] == [
        ("append", "one\n"),
        ("append", "\n"),
        ("append", "  two \n"),
    ]
    assert ANY.seen("one", "", "two") == [("assistant", "text", "one\n\ntwo\n")]


@pytest.mark.parametrize("line", ["42", "-1.5", "true", "null", '"quoted"', "[INFO] started", "{not json", "NaN"])
def test_what_is_no_object_is_text(line):
    assert ANY.seen(line) == [("assistant", "text", f"{line}\n")]


def test_a_note_does_not_split_the_text():
    assert [block[2] for block in ANY.seen("a", '{"x": 1}', "b")] == ["a\nb\n", '{"x": 1}']


def test_a_message_between_lines_of_text_splits_it():
    assert [block[2] for block in ANY.seen("a", message(), "b")] == ["a\n", "Hi", "b\n"]


def test_text_that_cannot_be_stored_is_made_fit():
    assert ANY.seen("a\0b\ud800")[0][2] == "a\u2400b\ufffd\n"


# -- our own messages --------------------------------------------------------------------------------------------


def test_a_message_of_ours_passes_through():
    sent = AgentMessage(
        type="tool",
        role="assistant",
        part="tool_call",
        content='{"a": 1}',
        op="append",
        block="b1",
        metadata={"gen_ai.tool.name": "f"},
        id=UUID(int=1),
        agent_id=UUID(int=2),
        sequence_number=7,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    (row,) = ANY.rows(json.dumps(sent.to_json()))
    assert row == {
        "sequence_number": 1,
        "type": "tool",
        "role": "assistant",
        "part": "tool_call",
        "block": "b1",
        "op": "append",
        "content": '{"a": 1}',
        "metadata": {"gen_ai.tool.name": "f"},
    }


@pytest.mark.parametrize(
    ("frame", "op", "role", "part"),
    [
        (message(), "set", "assistant", "text"),
        (message("user"), "set", "user", "text"),
        (message("tool"), "set", "tool", "tool_call_response"),
        (message("tool", role="assistant"), "set", "assistant", "tool_call"),
        (message("system"), "note", None, None),
        (message("error"), "note", None, None),
        (message("response"), "note", None, None),
        (message("system", block="b"), "set", None, "text"),
        (message(op="append", block="b", part="reasoning"), "append", "assistant", "reasoning"),
        (message(op="note", block="b", part="text"), "note", "assistant", None),
        (message(op="hologram", role="hologram", part="hologram"), "set", "assistant", "text"),
    ],
)
def test_what_a_message_leaves_out(frame, op, role, part):
    (row,) = ANY.rows(frame)
    assert (row["op"], row["role"], row["part"]) == (op, role, part)
    assert (row["block"] is None) == (op == "note")


def test_a_system_message_is_a_notice_unless_it_says_what_it_is():
    assert ANY.notes(message("system")) == [("notice", "Hi")]
    assert ANY.notes(message("system", metadata={"nbstream.kind": "retry"})) == [("retry", "Hi")]
    assert ANY.notes(message("error")) == [(None, "Hi")]


def test_messages_without_a_block_are_apart():
    assert [block[2] for block in ANY.seen(message(content="a"), message(content="b"))] == ["a", "b"]


@pytest.mark.parametrize(("content", "expected"), [({"a": 1}, '{"a": 1}'), (None, ""), (3, "3"), (["x"], '["x"]')])
def test_content_that_is_no_string(content, expected):
    assert ANY.rows(message(content=content))[0]["content"] == expected


def test_the_model_is_learned_from_the_metadata():
    assert ANY.parser(message(metadata={"gen_ai.response.model": "m"})).model == "m"


# -- other JSON --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", ['{"x": 1}', "[1, 2]", "[]", '{"type": "hologram"}', '{"type": "assistant"}', '{"type": ["a"]}']
)
def test_other_json_is_kept_whole(line):
    assert ANY.notes(line) == [("unknown", line)]


# -- how it ends -------------------------------------------------------------------------------------------------

WELL = message("response", "done")
BADLY = message("response", "broke", metadata={"nbstream.is_error": True})


@pytest.mark.parametrize(
    ("frames", "reason", "exit_code", "status"),
    [
        (["a"], "exited", 0, "completed"),
        ([], "exited", 0, "completed"),
        (["a"], "exited", 2, "failed"),
        (["a"], "exited", 143, "interrupted"),
        (["a"], "eof", None, "interrupted"),
        (["a"], "gone", None, "interrupted"),
        (["a"], "stopped", None, "stopped"),
        (["a"], "stopped", 130, "stopped"),
        (["a"], "stopped", 0, "stopped"),
        (["a", "[DONE]"], "eof", None, "completed"),
        ([WELL], "eof", None, "completed"),
        ([WELL], "exited", 2, "failed"),
        ([BADLY], "exited", 0, "failed"),
        ([{"error": {"message": "Unauthorized"}}], "eof", None, "failed"),
        ([{"type": "error", "error": "no"}], "exited", 0, "failed"),
    ],
)
def test_the_status_of_a_run(frames, reason, exit_code, status):
    assert ANY.status(*frames, reason=reason, exit_code=exit_code) == status


def test_an_error_body_is_an_error():
    assert ANY.seen({"error": {"code": 401, "message": "Unauthorized"}}) == [("error", None, "401: Unauthorized")]
