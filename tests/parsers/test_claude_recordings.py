"""Every recording of Claude Code gives the transcript in its golden file, which was read line by line."""

import csv
import json

import pytest

from fold import GOLDEN, RECORDINGS, as_rows, lines_of, messages_of, played, texts
from nbstream.parsers import parser_named
from nbstream.sse import ServerSentEvent

with (RECORDINGS / "MANIFEST.tsv").open(encoding="utf-8") as manifest:
    EXIT_CODES = {
        row["file"].removesuffix(".jsonl"): int(row["exit"])
        for row in csv.DictReader(manifest, delimiter="\t")
        if row["file"].startswith("claude-")
    }
NAMES = sorted(EXIT_CODES)


def test_every_recording_is_in_the_manifest():
    assert sorted(path.stem for path in RECORDINGS.glob("claude-*.jsonl")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_transcript_is_the_golden_one(name):
    golden = json.loads((GOLDEN / "parsers" / f"{name}.json").read_text(encoding="utf-8"))
    blocks, ending = played("claude", lines_of(f"{name}.jsonl"), EXIT_CODES[name])
    assert blocks == golden["blocks"]
    assert (ending.status, ending.error) == (golden["status"], golden["error"])


@pytest.mark.parametrize("name", NAMES)
def test_every_text_of_the_answer_is_shown_once(name):
    blocks, _ = played("claude", lines_of(f"{name}.jsonl"), EXIT_CODES[name])
    said = [
        part["text"]
        for line in lines_of(f"{name}.jsonl")
        if (frame := json.loads(line))["type"] == "assistant"
        for part in frame["message"]["content"]
        if part["type"] == "text"
    ]
    shown = [content for kind, part, content in texts(blocks) if kind in ("assistant", "error") and part == "text"]
    assert [words for words in shown if words in said] == said


@pytest.mark.parametrize("name", NAMES)
def test_every_tool_call_is_followed_by_its_result(name):
    blocks, _ = played("claude", lines_of(f"{name}.jsonl"), EXIT_CODES[name])
    calls = {b["metadata"]["gen_ai.tool.call.id"]: b for b in blocks if b["part"] == "tool_call"}
    results = {b["metadata"]["gen_ai.tool.call.id"]: b for b in blocks if b["part"] == "tool_call_response"}
    assert calls.keys() == results.keys()
    for call_id, call in calls.items():
        assert json.loads(call["content"])
        assert results[call_id]["sequence_number"] > call["sequence_number"]
        assert results[call_id]["metadata"]["gen_ai.tool.name"] == call["metadata"]["gen_ai.tool.name"]


@pytest.mark.parametrize(
    ("with_deltas", "without"), [("claude-text-partial", "claude-text"), ("claude-tool-partial", "claude-tool")]
)
def test_partial_messages_change_nothing_in_the_transcript(with_deltas, without):
    def words(name):
        return [entry for entry in texts(played("claude", lines_of(f"{name}.jsonl"), 0)[0]) if entry[0] != "response"]

    assert words(with_deltas) == words(without)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_lines_give_the_same_rows(name):
    """A restarted service feeds the stored lines to a fresh parser."""
    first = as_rows(messages_of(parser_named("claude"), lines_of(f"{name}.jsonl")))
    assert first == as_rows(messages_of(parser_named("claude"), lines_of(f"{name}.jsonl")))


@pytest.mark.parametrize("name", NAMES)
def test_session_and_model_are_known_after_the_first_line(name):
    parser = parser_named("claude")
    first = lines_of(f"{name}.jsonl")[0]
    parser.parse(ServerSentEvent("message", first))
    assert parser.session_id == json.loads(first)["session_id"]
    assert parser.model == "claude-sonnet-4-5"
    assert not parser.finished


def test_no_usage_is_counted_twice():
    """One note per message, whole with partial messages; the total is in the response row."""
    for name, output in (("claude-tool-partial", 42), ("claude-tool", None)):
        rows = as_rows(messages_of(parser_named("claude"), lines_of(f"{name}.jsonl")))
        notes = [row["metadata"] for row in rows if row["metadata"].get("nbstream.kind") == "usage"]
        assert [note["gen_ai.response.id"] for note in notes] == ["msg_fake0001", "msg_fake0002"]
        assert [note["gen_ai.usage.input_tokens"] for note in notes] == [12 + 3 + 5] * 2
        assert [note.get("gen_ai.usage.output_tokens") for note in notes] == [output] * 2
        assert rows[-1]["type"] == "response"
        assert rows[-1]["metadata"]["gen_ai.usage.input_tokens"] == 24 + 6 + 10
        assert rows[-1]["metadata"]["gen_ai.usage.cache_read.input_tokens"] == 10
        assert rows[-1]["metadata"]["gen_ai.usage.cache_write.input_tokens"] == 6


def test_every_row_of_a_subagent_names_its_parent():
    for name in ("claude-subagent", "claude-subagent-partial"):
        rows = as_rows(messages_of(parser_named("claude"), lines_of(f"{name}.jsonl")))
        inner = [row for row in rows if (row["block"] or "").startswith("toolu_fakeAgent/")]
        assert len(inner) == 3
        assert {row["metadata"]["nbstream.parent_tool_call_id"] for row in inner} == {"toolu_fakeAgent"}


def test_bookkeeping_makes_no_row():
    silent = {"thinking_tokens", "status", "message_start", "message_stop", "content_block_stop", "signature_delta"}
    parser, met = parser_named("claude"), set()
    for line in lines_of("claude-tool-partial.jsonl"):
        made = parser.parse(ServerSentEvent("message", line))
        frame = json.loads(line)
        inner = frame.get("event", {})
        kind = frame.get("subtype") or inner.get("delta", {}).get("type") or inner.get("type")
        if kind in silent:
            met.add(kind)
            assert made is None, line
    assert met == silent
