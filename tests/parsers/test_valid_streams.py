"""Valid streams of each format, made at random: the reader sees what was said, however the bytes are cut."""

import json
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import streams
from fold import as_rows, fold
from nbstream.parsers import parser_named
from nbstream.sse import EventStreamDecoder

ALL = pytest.mark.parametrize("name", sorted(streams.MAKERS))
CALM = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def read(name, wire, size=None):
    """Rows and ending of these bytes, fed in chunks of that size."""
    decoder, parser, rows = EventStreamDecoder(), parser_named(name), []
    for start in range(0, len(wire), size or max(len(wire), 1)):
        for event in decoder.feed(wire[start : start + (size or len(wire))]):
            rows += parser.parse(event) or ()
    ending = parser.finalize("eof")
    return as_rows([*rows, *ending.messages]), ending


def shown(rows):
    """Part, tool and content of each block; blocks that a mixture of choices or items may reorder are sorted."""
    entries = [entry for entry in fold(rows) if entry["block"]]
    return [(e["part"], e["metadata"].get("gen_ai.tool.name"), e["content"]) for e in entries]


@ALL
@CALM
@given(data=st.data())
def test_a_reader_sees_what_was_said(name, data):
    stream = data.draw(streams.of(name))
    rows, ending = read(name, stream.wire)
    assert sorted(map(str, shown(rows))) == sorted(map(str, stream.blocks))
    counted = [row["metadata"] for row in rows if row["metadata"].get("nbstream.kind") == "usage"]
    assert len(counted) <= 1 or not stream.usage
    assert {key: count for note in counted for key, count in note.items() if key.startswith("gen_ai.usage")} == (
        stream.usage
    )
    calls = {
        entry["metadata"]["gen_ai.tool.call.id"]: json.loads(entry["content"])
        for entry in fold(rows)
        if entry["part"] == "tool_call"
    }
    assert calls == {call_id: given for call_id, _, given in stream.calls}
    assert ending.status in {"completed", "failed"}
    assert not [row for row in rows if row["metadata"].get("nbstream.kind") in {"unknown", "invalid"}]


@ALL
@CALM
@given(data=st.data(), size=st.integers(1, 40))
def test_any_cut_of_the_bytes_gives_the_same_rows(name, data, size):
    stream = data.draw(streams.of(name))
    assert read(name, stream.wire, size)[0] == read(name, stream.wire)[0]


@ALL
def test_no_two_seeds_in_a_row_make_the_same_stream(name):
    """The makers use their randomness."""
    made = {streams.MAKERS[name](Random(seed)).wire for seed in range(50)}
    assert len(made) > 40
