"""What every adapter must pass, whatever it reads: bytes cut anywhere, sent twice, saved, and read on after a restart."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from fold import as_rows, fold, messages_of
from fuzz_parsers import NAMES, pool_of
from nbstream.messages import AgentRecord
from nbstream.parsers import parser_named
from nbstream.parsers.raw import events_in
from nbstream.service.recorder import Recorder
from nbstream.sse import EventStreamDecoder, ServerSentEvent
from nbstream.store import MessageStore
from recorded import EXITS, RECORDED, events_with_ids

ALL = pytest.mark.parametrize("name", NAMES)
AGENT = UUID("01900000-0000-7000-8000-000000000001")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def recorder(name):
    return Recorder(AGENT, parser_named(name), lambda: NOON)


def table(rows):
    return [
        (row.id, row.event_id, row.op, row.block, row.content, row.raw, json.dumps(dict(row.metadata))) for row in rows
    ]


def pooled(name):
    """Events of the format, each with an id, as a source that can replay sends them."""
    return [ServerSentEvent(event, data, f"e.{n}") for n, (event, data) in enumerate(pool_of(name)[:40], 1)]


def wire_of(events, end="\n"):
    parts = []
    for event in events:
        data = "".join(f"data: {line}{end}" for line in event.data.split("\n"))
        parts.append(f"id: {event.id}{end}event: {event.event}{end}{data}{end}")
    return "".join(parts).encode()


@ALL
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_cut_of_the_bytes_gives_the_same_rows(name, end):
    """UTF-8 and line ends split over reads."""
    events = pooled(name)
    events.append(ServerSentEvent("message", '{"x": "é✓\U0001f600\u2028"}', "e.last"))
    wire, first = wire_of(events, end), None
    for size in (len(wire), 1, 3, 7, 61):
        decoder, reader = EventStreamDecoder(), recorder(name)
        read = [event for at in range(0, len(wire), size) for event in decoder.feed(wire[at : at + size])]
        assert read == events
        rows = as_rows(reader.rows(read))
        first = first or rows
        assert rows == first


@ALL
def test_two_streams_at_once_know_nothing_of_each_other(name):
    one, other, alone = recorder(name), recorder(name), recorder(name)
    mixed = [(one.rows([event]), other.rows([event])) for event in pooled(name)]
    expected = as_rows(alone.rows(pooled(name)))
    assert as_rows([row for rows, _ in mixed for row in rows]) == expected
    assert as_rows([row for _, rows in mixed for row in rows]) == expected


@ALL
def test_an_error_body_instead_of_a_stream(name):
    parser = parser_named(name)
    rows = [*messages_of(parser, ['{"error": {"message": "Unauthorized", "code": 401}}'])]
    ending = parser.finalize("eof")
    found = [row for row in [*rows, *ending.messages] if row.type == "error"]
    assert len(found) == 1
    assert "Unauthorized" in found[0].content
    assert ending.status == "failed"
    assert "Unauthorized" in str(ending.error)


@ALL
def test_a_stream_that_ends_without_a_terminal_event_is_no_success(name):
    assert parser_named(name).finalize("eof").status == "interrupted"
    assert parser_named(name).finalize("exited", 143).status == "interrupted"
    assert parser_named(name).finalize("exited", 2).status == "failed"
    assert parser_named(name).finalize("stopped").status == "stopped"


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("ag-ui", {"type": "RUN_FINISHED", "runId": "r", "usage": [{"inputTokens": "3"}]}),
        ("vercel", {"type": "finish", "messageMetadata": {"usage": {"inputTokens": "3"}}}),
        ("acp", {"jsonrpc": "2.0", "id": 1, "result": {"stopReason": "end_turn", "usage": {"inputTokens": "3"}}}),
        (
            "langgraph",
            {
                "type": "values",
                "ns": [],
                "data": {"messages": [{"type": "ai", "content": "a", "usage_metadata": {"input_tokens": "3"}}]},
            },
        ),
        ("opencode", {"type": "message.updated", "properties": {"info": {
            "id": "m", "role": "assistant", "time": {"completed": 1}, "tokens": {"input": "3"}}}}),
        ("anthropic", {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"input_tokens": "3"}}),
    ],
)  # fmt: skip
def test_numbers_as_strings_are_counted(name, frame):
    start = [{"type": "message_start", "message": {"id": "m"}}] if name == "anthropic" else []
    notes = [
        row for row in messages_of(parser_named(name), [*start, frame]) if "gen_ai.usage.input_tokens" in row.metadata
    ]
    assert [note.metadata["gen_ai.usage.input_tokens"] for note in notes] == [3]


@ALL
def test_the_same_events_twice_are_one_table(name, store):
    """A source that sends everything again writes the same rows, and the store keeps each once."""
    twice(store, name, pooled(name), None)


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_a_recording_fed_twice_is_one_table(name, store):
    twice(store, RECORDED[name], events_with_ids(name), EXITS[name])


def twice(store, name, events, exit_code):
    store.create_agent(AgentRecord(id=AGENT, type=name, status="running", source="test"))
    tables = []
    for _ in range(2):
        reader = recorder(name)
        rows = reader.rows(events)
        rows += reader.end("eof" if exit_code is None else "exited", exit_code)[1]
        store.save(AGENT, rows).result(20)
        tables.append(table(store.read(AGENT, raw=True)))
    assert tables[0] == tables[1]
    assert len(tables[0]) == len(rows)
    assert [event.data for raw in store.raw(AGENT) for event in events_in(raw)] == [event.data for event in events]
    report = store.verify()
    assert report, str(report)


@pytest.fixture
def store(tmp_path):
    with MessageStore.open(tmp_path / "store.duckdb") as opened:
        yield opened


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_a_restart_after_any_row_makes_the_same_rows_of_the_rest(name):
    events, parser = events_with_ids(name), RECORDED[name]
    whole = recorder(parser)
    made = [whole.rows([event]) for event in events]
    places = [place for place, rows in enumerate(made, 1) if rows]
    for cut in places[:: max(1, len(places) // 12)]:
        second = recorder(parser)
        second.rebuild([row.raw for rows in made[:cut] for row in rows if row.raw is not None], f"e.{cut}", ())
        assert table(second.rows(events[cut:])) == table([row for rows in made[cut:] for row in rows])


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_a_recording_cut_anywhere_gives_the_same_transcript(name):
    events, parser = events_with_ids(name), RECORDED[name]
    wire = wire_of(events)
    expected = fold(as_rows(recorder(parser).rows(events)))
    for size in (1, 2, 5, 33, 4096):
        decoder, reader = EventStreamDecoder(), recorder(parser)
        rows = [row for at in range(0, len(wire), size) for row in reader.rows(decoder.feed(wire[at : at + size]))]
        assert fold(as_rows(rows)) == expected
