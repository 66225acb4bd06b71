"""`store.timeline`: when what happened, from rows with known times."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nbstream.frames import Store
from nbstream.messages import AgentMessage
from store.given import START, agent

RESPONSE = {"gen_ai.response.id": "r1", "gen_ai.response.model": "m"}


def at(seconds: float, **fields: object) -> AgentMessage:
    defaults = {
        "type": "assistant",
        "role": "assistant",
        "content": "",
        "created_at": START + timedelta(seconds=seconds),
    }
    return AgentMessage(**(defaults | fields))


ROWS = [
    at(2.0, op="append", part="reasoning", block="r1/0", content="hm", metadata=RESPONSE),
    at(2.5, op="append", part="reasoning", block="r1/0", content="m"),
    at(3.0, op="append", part="text", block="r1/1", content="I ", metadata=RESPONSE),
    at(3.1, op="append", part="text", block="r1/1", content="lo"),
    at(3.4, op="append", part="text", block="r1/1", content="ok"),
    at(4.0, op="set", part="tool_call", type="tool", block="r1/2", content="{}",
       metadata=RESPONSE | {"gen_ai.tool.name": "Read", "gen_ai.tool.call.id": "c"}),
    at(4.0, op="note", type="system", role=None, metadata={"nbstream.kind": "usage", "gen_ai.usage.output_tokens": 40} | RESPONSE),
    at(9.0, op="set", part="tool_call_response", type="tool", role="tool", block="c/result", content="text",
       metadata={"gen_ai.tool.name": "Read", "gen_ai.tool.call.id": "c"}),
    at(9.5, op="append", part="text", block="gone", content="x", metadata={"gen_ai.response.id": "r2"}),
    at(9.6, op="drop", block="gone"),
    at(10.0, op="append", part="text", block="r3/0", content="done", metadata={"gen_ai.response.id": "r3"}),
]  # fmt: skip


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "history.duckdb") as opened:
        who = agent(opened, started_at=START + timedelta(seconds=1))
        opened.save(who, ROWS).result()
        yield opened


def test_blocks_and_tool_runs_are_bars(store: Store) -> None:
    bars = store.timeline(to="arrow").to_pylist()
    assert [(bar["kind"], bar["label"], bar["seconds"], bar["wait_seconds"]) for bar in bars] == [
        ("reasoning", None, 0.5, 1.0),
        ("text", None, 0.4, 0.5),
        ("tool_call", "Read", 0.0, 0.6),
        ("tool", "Read", 5.0, None),
        ("text", None, 0.0, 0.4),
    ]
    text = bars[1]
    assert (text["deltas"], text["characters"], text["gap_max_seconds"]) == (3, 6, 0.3)
    assert text["gap_p50_seconds"] == pytest.approx(0.2)
    assert text["started_at"] == START + timedelta(seconds=3)


def test_responses_have_their_pace(store: Store) -> None:
    first, last = store.timeline(by="response", to="arrow").to_pylist()
    assert (first["response_id"], first["model"], first["tool_calls"]) == ("r1", "m", 1)
    assert first["time_to_first_token"] == 1.0
    assert first["seconds"] == 2.0
    assert first["tokens_per_second"] == 20.0
    assert last["response_id"] == "r3"
    assert last["output_tokens"] is None
    assert last["tokens_per_second"] is None


def test_a_withdrawn_answer_is_in_no_timeline(store: Store) -> None:
    assert "r2" not in store.timeline(by="response")["response_id"].tolist()
    assert "r2" not in store.timeline()["response_id"].dropna().tolist()
