"""Claude Code's `user` frames: results of tools, and what a person or the program says."""

import pytest

from fold import as_rows, messages_of, texts, transcript
from frames import text, tool_result, user
from nbstream.parsers import parser_named


def rows_of(*frames):
    return as_rows(messages_of(parser_named("claude"), frames))


def seen(*frames):
    return texts(transcript("claude", frames))


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("plain", "plain"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"),
        (
            [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}],
            "[image image/png]",
        ),
        ([{"type": "tool_reference", "tool_name": "Grep"}], "[tool_reference Grep]"),
        (None, ""),
        (["loose"], "loose"),
        (7, "7"),
    ],
)
def test_the_content_of_a_tool_result(content, shown):
    assert seen(user(tool_result(content))) == [("tool", "tool_call_response", shown)]


def test_several_results_in_one_frame_are_one_row_each():
    rows = rows_of(user(tool_result("a", "t1"), tool_result("b", "t2"), text("and now?"), tool_use_result={"x": 1}))
    assert [(row["type"], row["content"]) for row in rows] == [("tool", "a"), ("tool", "b"), ("user", "and now?")]
    assert not any("nbstream.tool_use_result" in row["metadata"] for row in rows)


def test_a_small_structured_result_is_kept_and_a_large_one_is_not():
    (small,) = rows_of(user(tool_result("a"), tool_use_result={"numLines": 3}))
    (large,) = rows_of(user(tool_result("a"), tool_use_result={"content": "x" * 1000}))
    assert small["metadata"]["nbstream.tool_use_result"] == {"numLines": 3}
    assert "nbstream.tool_use_result" not in large["metadata"]


def test_what_a_person_or_the_program_says_is_of_type_user():
    rows = rows_of(user("typed"), user(text("injected"), uuid="u2", isSynthetic=True), user("", uuid="u3"))
    assert [(row["type"], row["role"], row["content"]) for row in rows] == [
        ("user", "user", "typed"),
        ("user", "user", "injected"),
    ]
    assert [row["metadata"].get("nbstream.synthetic") for row in rows] == [None, True]
