"""LangGraph's events: what they are stands in their type; pieces, growing wholes and states name the same messages."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from fold import as_rows, fold
from nbstream.parsers import parser_named
from nbstream.service.recorder import Recorder
from nbstream.sse import EventStreamDecoder, ServerSentEvent
from wires import Wire

BY_DATA = Wire("langgraph")
RUN = ("metadata", {"run_id": "r1", "attempt": 1})
NODE = {"langgraph_node": "agent", "langgraph_step": 1, "ls_model_name": "x"}


def piece(words="", message_id="a1", namespace="", **more):
    return (f"messages{namespace}", [{"type": "AIMessageChunk", "id": message_id, "content": words, **more}, NODE])


def whole(words="", message_id="a1", kind="ai", **more):
    return {"type": kind, "id": message_id, "content": words, **more}


def stop(reason="stop", **more):
    return piece(response_metadata={"finish_reason": reason, "model_name": "x"}, **more)


def chunk(args="", index=0, call_id=None, name=None):
    return {"index": index, "id": call_id, "name": name, "args": args, "type": "tool_call_chunk"}


def read(*events, name="langgraph"):
    parser, rows = parser_named(name), []
    for mode, value in events:
        data = value if isinstance(value, str) else json.dumps(value)
        rows += parser.parse(ServerSentEvent(mode, data)) or ()
    return parser, as_rows(rows)


def seen(*events):
    return [(e["part"], e["content"]) for e in fold(read(*events)[1]) if e["block"]]


def status(*events):
    return read(*events)[0].finalize("eof").status


def test_pieces_of_a_message_are_one_block():
    rows = read(RUN, piece("Hel"), piece("lo"), stop())[1]
    assert [(r["op"], r["content"]) for r in rows[1:3]] == [("append", "Hel"), ("append", "lo")]
    assert rows[1]["metadata"] == {"gen_ai.response.id": "a1", "gen_ai.response.model": "x"}


def test_growing_wholes_cost_what_they_add():
    rows = read(*[("messages/partial", [whole(words, kind="AIMessageChunk")]) for words in ("a", "ab", "abc")])[1]
    assert [(r["op"], r["content"]) for r in rows] == [("set", "a"), ("append", "b"), ("append", "c")]


def test_a_complete_message_after_its_pieces_says_nothing_new_twice():
    events = [
        piece("Hello"),
        stop(),
        ("messages/complete", [whole("Hello")]),
        ("values", {"messages": [whole("Hello")]}),
    ]
    assert seen(*events) == [("text", "Hello")]


def test_the_type_of_an_event_decides_not_its_data():
    state = {"messages": [whole("Hi")]}
    assert seen(("values", state)) == [("text", "Hi")]
    assert [row["content"] for row in read(("custom", state))[1]] == [json.dumps(state)]
    assert read(("debug", state))[1] == []


def test_the_subgraph_stands_behind_a_bar():
    rows = read(piece("in", namespace="|sub:1"), piece("out", "a2"))[1]
    assert [row["metadata"].get("nbstream.subgraph") for row in rows] == ["sub:1", None]


def test_content_as_a_list_of_parts():
    content = [
        {"type": "thinking", "thinking": "why"},
        {"type": "text", "text": "so"},
        {"type": "tool_use", "id": "c"},
        "!",
    ]
    assert seen(piece(content)) == [("reasoning", "why"), ("text", "so!")]
    assert seen(piece("", additional_kwargs={"reasoning_content": "hm"})) == [("reasoning", "hm")]


def test_tool_call_chunks_merge_by_index():
    events = [
        piece(tool_call_chunks=[chunk(call_id="c1", name="f"), chunk(index=1, call_id="c2", name="g")]),
        piece(tool_call_chunks=[chunk('{"a"'), chunk("{}", index=1)]),
        piece(tool_call_chunks=[chunk(": 1}")]),
    ]
    assert seen(*events) == [("tool_call", '{"a": 1}'), ("tool_call", "{}")]
    blocks = fold(read(*events)[1])
    assert [b["metadata"]["gen_ai.tool.name"] for b in blocks] == ["f", "g"]


def test_a_call_and_its_result_are_linked():
    call = {"id": "c1", "name": "f", "args": {"a": 1}, "type": "tool_call"}
    result = {"type": "tool", "id": "t1", "tool_call_id": "c1", "content": "no", "status": "error"}
    events = [
        piece(tool_call_chunks=[chunk('{"a":1}', call_id="c1", name="f")]),
        ("updates", {"agent": {"messages": [whole(tool_calls=[call])]}}),
        ("updates", {"tools": {"messages": [result]}}),
    ]
    shown = {b["part"]: b for b in fold(read(*events)[1]) if b["block"]}
    assert (shown["tool_call"]["content"], shown["tool_call_response"]["content"]) == ('{"a": 1}', "no")
    metadata = shown["tool_call_response"]["metadata"]
    assert (metadata["gen_ai.tool.call.id"], metadata["gen_ai.tool.name"]) == ("c1", "f")
    assert metadata["nbstream.is_error"] is True


def test_the_state_has_what_the_user_said_once():
    state = ("values", {"messages": [{"type": "human", "id": "h", "content": "Hi"}, whole("Ho")]})
    assert seen(state, state) == [("text", "Hi"), ("text", "Ho")]


def test_an_update_of_several_changes_and_of_none():
    changes = [{"messages": [whole("a")]}, {"other": 1}]
    assert seen(("updates", {"one": changes, "two": None})) == [("text", "a")]


def test_messages_without_an_id():
    events = [("messages", [{"type": "AIMessageChunk", "content": words}, NODE]) for words in ("a", "b")]
    assert seen(*events) == [("text", "ab")]
    assert seen(*[("updates", {"n": {"messages": [{"type": "ai", "content": w}]}}) for w in ("a", "b")]) == [
        ("text", "a"),
        ("text", "b"),
    ]


def test_counts_of_pieces_add_up_and_those_of_a_whole_stand():
    first = piece("a", usage_metadata={"input_tokens": 9, "output_tokens": 0, "input_token_details": {"cache_read": 4}})
    last = stop(usage_metadata={"input_tokens": 0, "output_tokens": 5, "output_token_details": {"reasoning": 2}})
    whole_usage = {"input_tokens": 9, "output_tokens": 5}
    rows = read(first, last, ("values", {"messages": [whole("a", usage_metadata=whole_usage)]}))[1]
    notes = [row["metadata"] for row in rows if row["metadata"].get("nbstream.kind") == "usage"]
    assert len(notes) == 1
    assert {key: value for key, value in notes[0].items() if key.startswith("gen_ai.usage")} == {
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.usage.reasoning.output_tokens": 2,
    }


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([RUN, piece("a"), stop()], "completed"),
        ([RUN, piece("a"), piece("", chunk_position="last")], "completed"),
        ([RUN, ("values", {"messages": [whole("a")]})], "completed"),
        ([RUN, piece("a")], "interrupted"),
        ([RUN, piece("a"), stop("tool_calls")], "interrupted"),
        ([RUN, piece("a"), stop(), piece("b", "a2")], "interrupted"),
        ([RUN, ("error", {"error": "ValueError", "message": "no"})], "failed"),
        ([RUN, ("updates", {"__interrupt__": [{"value": "ok?", "id": "i"}]})], "completed"),
        ([RUN, ("end", "null")], "completed"),
    ],
)
def test_the_status_of_a_run(events, expected):
    assert status(*events) == expected


def test_an_error_and_an_interrupt_say_why():
    assert read(("error", {"error": "ValueError", "message": "no"}))[0].finalize("eof").error == "ValueError: no"
    rows = read(("values", {"messages": [], "__interrupt__": [{"value": {"q": 1}}]}))[1]
    assert rows[0]["content"] == 'Waiting for an answer: {"q": 1}'


def test_thread_and_model_are_known():
    parser = read(("metadata", {"run_id": "r", "thread_id": "t"}), piece("a"))[0]
    assert (parser.session_id, parser.model) == ("t", "x")


@pytest.mark.parametrize("mode", ["tasks", "checkpoints", "debug", "events", "feedback", "messages/metadata"])
def test_noise_makes_no_row(mode):
    assert read((mode, {"a": 1}))[1] == []


def test_parts_of_version_2_need_no_type():
    part = {"type": "messages", "ns": ["a"], "data": [{"type": "AIMessageChunk", "id": "m", "content": "Hi"}, NODE]}
    assert BY_DATA.seen(part) == [("assistant", "text", "Hi")]


def test_an_event_of_no_known_type_is_kept_whole():
    assert read(("hologram", {"a": 1}))[1][0]["metadata"] == {"nbstream.kind": "unknown"}
    assert read(("messages", ["x"]))[1][0]["metadata"] == {"nbstream.kind": "unknown"}


def test_null_where_a_value_is_expected():
    for mode in ("messages", "messages/partial", "values", "updates", "custom", "error", "metadata"):
        read((mode, "null"))
    assert seen(piece(None)) == []


def test_the_format_is_found_by_the_types_of_its_events():
    events = [RUN, piece("Hi"), stop()]
    parser, rows = read(*events, name="auto")
    assert parser.chosen == "langgraph"
    assert rows == read(*events)[1]


@pytest.mark.parametrize("name", ["langgraph", "auto"])
def test_a_restart_in_the_middle_knows_the_types(name):
    """`raw` keeps them: without its type an event of `custom` would be read as a state."""
    events = [
        RUN,
        ("values", {"messages": [whole("Hi")]}),
        ("custom", {"messages": [whole("no")]}),
        piece("x", "a2"),
        stop(),
    ]
    wire = "".join(f"event: {mode}\ndata: {json.dumps(value)}\n\n" for mode, value in events).encode()
    decoded = EventStreamDecoder().feed(wire)

    def recorder():
        return Recorder(UUID(int=1), parser_named(name), lambda: datetime(2026, 1, 1, tzinfo=UTC))

    first = recorder()
    rows = [first.rows([event]) for event in decoded]
    for cut in range(1, len(rows)):
        second = recorder()
        second.rebuild([row.raw for made in rows[:cut] for row in made if row.raw], None, ())
        again = [row for event in decoded[cut:] for row in second.rows([event])]
        assert as_rows(again) == as_rows([row for made in rows[cut:] for row in made])
