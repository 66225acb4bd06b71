"""Every recording gives the transcript, tool calls and usage of its golden file, which was read line by line."""

import json

import pytest

from fold import GOLDEN, RECORDINGS, as_rows, events_of, fold, lines_of, messages_of
from nbstream.parsers import parser_named
from recorded import EXITS, RECORDED, format_of

NAMES = sorted(RECORDED)


def data_of(name):
    return [event.data for event in events_of(name)] if name.endswith(".sse") else lines_of(name)


def outcome(name, parser_name=None):
    """What the golden file holds."""
    parser = parser_named(parser_name or format_of(name))
    messages = list(messages_of(parser, data_of(name)))
    exit_code = EXITS[name]
    ending = parser.finalize("eof" if exit_code is None else "exited", exit_code)
    rows = as_rows([*messages, *ending.messages])
    blocks = fold(rows)
    return {
        "status": ending.status,
        "error": ending.error,
        "session_id": parser.session_id,
        "model": parser.model,
        "tool_calls": tool_calls(blocks),
        "usage": [row["metadata"] for row in rows if row["metadata"].get("nbstream.kind") == "usage"],
        "blocks": blocks,
    }


def tool_calls(blocks):
    """Each call with the result that its id links to it."""

    def of(part):
        return {b["metadata"]["gen_ai.tool.call.id"]: b for b in blocks if b["part"] == part}

    results = of("tool_call_response")
    return [
        {
            "name": call["metadata"]["gen_ai.tool.name"],
            "input": call["content"],
            "output": results[call_id]["content"] if call_id in results else None,
            "is_error": results[call_id]["metadata"]["nbstream.is_error"] if call_id in results else None,
        }
        for call_id, call in of("tool_call").items()
    ]


def test_every_recording_is_played():
    assert {path.name for path in RECORDINGS.iterdir() if format_of(path.name) and "meta" not in path.name} == set(
        NAMES
    )
    assert len(NAMES) == 27


@pytest.mark.parametrize("name", NAMES)
def test_the_recording_gives_the_golden_transcript(name):
    golden = json.loads((GOLDEN / "parsers" / f"{name.partition('.')[0]}.json").read_text(encoding="utf-8"))
    assert outcome(name) == golden


@pytest.mark.parametrize("name", NAMES)
def test_the_format_is_found_without_being_named(name):
    assert outcome(name, "auto") == outcome(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_events_give_the_same_rows(name):
    """A restarted service feeds the stored lines to a fresh parser."""
    first = as_rows(messages_of(parser_named(format_of(name)), data_of(name)))
    assert first == as_rows(messages_of(parser_named(format_of(name)), data_of(name)))


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name.startswith(("codex", "opencode", "llama-openai-resp"))]
)
def test_a_recording_read_twice_by_one_parser_shows_the_same_blocks(name):
    """These sources name their blocks; the deltas of the others, read twice, are refused by their event ids."""
    data = data_of(name)

    def shown(events):
        entries = fold(as_rows(messages_of(parser_named(format_of(name)), events)))
        return [(e["block"], e["type"], e["part"], e["content"]) for e in entries if e["block"]]

    assert shown(data * 2) == shown(data)


@pytest.mark.parametrize("name", NAMES)
def test_no_response_is_counted_twice(name):
    notes = [note["gen_ai.response.id"] for note in outcome(name)["usage"]]
    assert len(notes) == len(set(notes))
