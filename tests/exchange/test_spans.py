"""Recorded runs as OpenTelemetry spans, taken by its own exporter."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from nbstream.exchange.spans import export_spans, spans_of
from nbstream.frames import Store
from store.given import agent
from store.test_retention import play


@pytest.fixture
def store():
    with Store.open(":memory:") as opened:
        yield opened


def spans(store, agent_id, **options):
    exporter = InMemorySpanExporter()
    count = export_spans(store, exporter, agent_id, **options)
    found = exporter.get_finished_spans()
    assert len(found) == count
    return found


def test_a_run_with_a_tool(store) -> None:
    agent_id = play(store, "claude-tool-partial.jsonl")
    [run, *rest] = spans(store, agent_id)
    assert run.name.startswith("invoke_agent")
    assert run.attributes["gen_ai.operation.name"] == "invoke_agent"
    assert run.attributes["gen_ai.provider.name"] == "anthropic"
    assert run.context.trace_id == agent_id.int
    chats = [one for one in rest if one.attributes["gen_ai.operation.name"] == "chat"]
    tools = [one for one in rest if one.attributes["gen_ai.operation.name"] == "execute_tool"]
    usage = store.usage(agent_id, to="arrow").to_pylist()
    calls = store.tool_calls(agent_id, to="arrow").to_pylist()
    assert [one.attributes["gen_ai.response.id"] for one in chats] == [row["response_id"] for row in usage]
    assert [one.attributes["gen_ai.usage.input_tokens"] for one in chats] == [row["input_tokens"] for row in usage]
    assert [one.attributes["gen_ai.tool.name"] for one in tools] == [row["tool"] for row in calls]
    assert chats
    assert tools
    for one in rest:
        assert one.parent.span_id == run.context.span_id
        assert run.start_time <= one.start_time <= one.end_time <= run.end_time
    assert len({one.context.span_id for one in (run, *rest)}) == 1 + len(rest)
    assert [one.to_json() for one in spans(store, agent_id)] == [one.to_json() for one in (run, *rest)]


def test_a_subagent_hangs_below_its_call(store) -> None:
    agent_id = play(store, "claude-subagent.jsonl")
    found = spans(store, agent_id)
    calls = {one.attributes.get("gen_ai.tool.call.id"): one for one in found if one.name.startswith("execute_tool")}
    below = [
        one for one in found if one.parent and one.parent.span_id in {call.context.span_id for call in calls.values()}
    ]
    parents = {row["parent_tool_call_id"] for row in store.usage(agent_id, to="arrow").to_pylist()} - {None}
    assert parents
    assert {one.parent.span_id for one in below} >= {calls[call].context.span_id for call in parents}


def test_nobody_s_words_unless_they_are_asked_for(store) -> None:
    agent_id = play(store, "claude-tool-partial.jsonl")
    store.update_agent(agent_id, prompt="a secret plan").result()
    [call] = store.tool_calls(agent_id, to="arrow").to_pylist()
    silent = "".join(one.to_json() for one in spans(store, agent_id))
    assert "a secret plan" not in silent
    assert call["input"] not in [value for one in spans(store, agent_id) for value in one.attributes.values()]
    [run, *rest] = spans(store, agent_id, content=True)
    assert "a secret plan" in run.attributes["gen_ai.input.messages"]
    assert call["input"] in [one.attributes.get("gen_ai.tool.call.arguments") for one in rest]


def test_a_run_that_failed_says_so_and_one_that_runs_has_no_span_yet(store) -> None:
    failed = play(store, "claude-err400.jsonl")
    [run, *_] = spans(store, failed)
    assert run.status.status_code.name == ("ERROR" if store.get_agent(failed).status == "failed" else "UNSET")
    assert spans_of(store, agent(store, status="running")) == []
