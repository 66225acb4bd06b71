"""The history as DataFrames, from real recordings of Claude Code and from rows made for the purpose."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbstream.errors import MissingExtra, QueryRefused
from nbstream.frames import CATEGORIES, Store
from nbstream.messages import AgentMessage
from nbstream.parsers.claude import ClaudeParser
from nbstream.sse import ServerSentEvent
from nbstream.store import message_id
from store.given import START, agent, message, messages

RECORDINGS = Path(__file__).parent / "recordings"
FRAMES = ("agents", "messages", "transcript", "tool_calls", "usage", "timeline")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A store with one agent per recording, its prompt the recording's name."""
    with Store.open(tmp_path_factory.mktemp("frames") / "history.duckdb") as store:
        for path in sorted(RECORDINGS.glob("claude-*.jsonl")):
            agent_id = agent(store, prompt=path.stem)
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                _feed(store, agent_id, number, line)
            store.update_agent(agent_id, status="completed").result()
        yield store


_PARSERS: dict[UUID, ClaudeParser] = {}


def _feed(store: Store, agent_id: UUID, number: int, line: str) -> None:
    event = ServerSentEvent("message", line, f"1.{number}")
    rows = _PARSERS.setdefault(agent_id, ClaudeParser()).parse(event) or []
    saved = [
        replace(
            row,
            id=message_id(agent_id, event.id, part),
            event_id=event.id,
            created_at=START + timedelta(seconds=number),
        )
        for part, row in enumerate(rows)
    ]
    store.save(agent_id, saved)


def of(store: Store, recording: str) -> UUID:
    return next(record.id for record in store.list_agents() if record.prompt == recording)


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "history.duckdb") as opened:
        yield opened


@pytest.mark.parametrize("name", FRAMES)
def test_every_frame_comes_as_pandas_polars_and_arrow_with_the_same_rows(recorded: Store, name: str) -> None:
    method = getattr(recorded, name)
    table, frame, other = method(to="arrow"), method(), method(to="polars")
    assert (type(table), type(frame), type(other)) == (pa.Table, pd.DataFrame, pl.DataFrame)
    assert list(frame.columns) == other.columns == table.column_names
    assert table.num_rows > 0
    assert pa.Table.from_pandas(frame, preserve_index=False).to_pylist() == table.to_pylist()
    assert other.to_dicts() == table.to_pylist()


@pytest.mark.parametrize("name", FRAMES)
def test_an_empty_store_gives_empty_frames_of_the_same_columns_and_types(
    store: Store, recorded: Store, name: str
) -> None:
    empty, full = getattr(store, name)(), getattr(recorded, name)()
    assert len(empty) == 0
    assert dict(empty.dtypes) == dict(full.dtypes)
    for column, dtype in empty.dtypes.items():
        assert isinstance(dtype, pd.ArrowDtype) or (column in CATEGORIES and isinstance(dtype, pd.CategoricalDtype))


@pytest.mark.parametrize("name", FRAMES)
def test_the_docstring_names_every_column_and_no_other(recorded: Store, name: str) -> None:
    import re

    text = getattr(Store, name).__doc__
    listed = re.findall(r"[a-z0-9_]+", text[text.index("Columns") :])
    assert set(getattr(recorded, name)().columns) <= set(listed)


def test_types_of_the_log(recorded: Store) -> None:
    kinds = dict(recorded.messages(raw=True).dtypes.astype(str))
    assert kinds["id"] == kinds["agent_id"] == kinds["raw"] == kinds["metadata"] == "string[pyarrow]"
    assert kinds["sequence_number"] == "int64[pyarrow]"
    assert {name: kinds[name] for name in ("type", "role", "part", "op")} == dict.fromkeys(
        ("type", "role", "part", "op"), "category"
    )
    log = recorded.messages()
    assert log["type"].cat.categories.tolist() == ["assistant", "user", "system", "error", "tool", "response"]
    assert (log["type"] == "tool").sum() == recorded.messages(type="tool").shape[0] > 0
    assert kinds["created_at"] == "timestamp[us, tz=UTC][pyarrow]"


def test_messages_by_agent_since_and_with_raw(store: Store) -> None:
    one, two = agent(store), agent(store)
    for who in (one, two):
        store.save(who, messages(who, 1, 5)).result()
    everything = store.messages()
    assert len(everything) == 10
    assert everything.groupby("agent_id")["sequence_number"].apply(list).tolist() == [[1, 2, 3, 4, 5]] * 2
    assert "raw" not in everything.columns
    some = store.messages(one, since=3, raw=True)
    assert some["sequence_number"].tolist() == [4, 5]
    assert some["raw"].tolist() == ['{"n": 4}', '{"n": 5}']
    assert some["created_at"].iloc[0] == START + timedelta(microseconds=4)
    assert set(some["agent_id"]) == {str(one)}
    assert some.equals(store.messages(str(one), since=3, raw=True))
    with pytest.raises(ValueError, match="UUID"):
        store.messages("not an id")


def test_agents_have_their_counts_and_the_last_word_on_cost(store: Store) -> None:
    agent_id = agent(store, prompt="hi", model="m")
    results = [
        AgentMessage(
            type="response", op="note", content="", metadata={"nbstream.cost_usd": cost, "nbstream.turns": turn}
        )
        for turn, cost in ((1, 0.25), (2, 0.75))
    ]
    store.save(agent_id, [*messages(agent_id, 1, 3), *results], last_event_id="1.3").result()
    store.save(agent_id, messages(agent_id, 1, 3)).result()
    [row] = store.agents(to="arrow").to_pylist()
    expected = {
        "id": str(agent_id),
        "messages": 5,
        "duplicates": 3,
        "cost_usd": 0.75,
        "turns": 2,
        "last_event_id": "1.3",
    }
    assert {name: row[name] for name in expected} == expected


def test_the_transcript_of_a_recording(recorded: Store) -> None:
    blocks = recorded.transcript(of(recorded, "claude-tool-partial"))
    assert blocks["part"].dropna().tolist() == ["reasoning", "text", "tool_call", "tool_call_response", "text"]
    assert blocks["sequence_number"].is_monotonic_increasing
    assert len(recorded.transcript()) > len(blocks)


def test_tool_calls_are_paired_with_their_results(recorded: Store) -> None:
    calls = recorded.tool_calls(of(recorded, "claude-parallel-partial"))
    assert calls["tool"].tolist() == ["Read", "Read"]
    assert calls["is_error"].tolist() == [False, True]  # the results came in the other order
    assert json.loads(calls["input"].iloc[1]) == {"file_path": "/home/user/agents/missing.txt"}
    assert calls["output"].str.startswith("File does not exist").tolist() == [False, True]
    assert (calls["seconds"] > 0).all()
    assert (calls["answered_at"] - calls["called_at"]).dt.total_seconds().tolist() == calls["seconds"].tolist()
    nested = recorded.tool_calls(of(recorded, "claude-subagent"))
    assert nested["parent_tool_call_id"].tolist() == [pd.NA, "toolu_fakeAgent"] or (
        nested["parent_tool_call_id"].isna().tolist() == [True, False]
    )


def _tool(part: str, call: str | None, content: str, second: int, **changes: Any) -> AgentMessage:
    metadata = {"gen_ai.tool.call.id": call} if call else {}
    fields = {"type": "tool", "op": "set", "block": f"{part}/{second}", "role": "tool"}
    moment = START + timedelta(seconds=second)
    return AgentMessage(part=part, content=content, metadata=metadata, created_at=moment, **(fields | changes))


def test_tool_calls_without_a_partner_and_with_one_id_used_twice(store: Store) -> None:
    agent_id = agent(store)
    rows = [
        _tool("tool_call", "a", "first", 1),
        _tool("tool_call_response", "a", "first answer", 3),
        _tool("tool_call", "a", "second", 4),
        _tool("tool_call_response", "a", "second answer", 4),
        _tool("tool_call", "b", "never answered", 5),
        _tool("tool_call_response", "c", "never called", 6),
        _tool("tool_call", None, "nameless", 7),
    ]
    store.save(agent_id, rows).result()
    found = store.tool_calls(to="arrow").to_pylist()
    assert [(row["tool_call_id"], row["input"], row["output"], row["seconds"]) for row in found] == [
        ("a", "first", "first answer", 2.0),
        ("a", "second", "second answer", 0.0),
        ("b", "never answered", None, None),
        ("c", None, "never called", None),
        (None, "nameless", None, None),
    ]


def test_usage_counts_each_response_once(recorded: Store) -> None:
    agent_id = of(recorded, "claude-subagent-partial")
    notes = recorded.sql(
        "SELECT count(*) AS n FROM agent_messages WHERE agent_id = ? AND metadata ->> '$.\"nbstream.kind\"' = 'usage'",
        [agent_id],
    )
    usage = recorded.usage(agent_id)
    assert usage["response_id"].tolist() == ["msg_fake0001", "msg_fake0002", "msg_fake0004"]
    assert usage["parent_tool_call_id"].isna().tolist() == [True, False, True]
    assert notes["n"].iloc[0] >= len(usage)
    assert usage["input_tokens"].tolist() == [20, 20, 20]
    assert usage["cache_read_tokens"].tolist() == [5, 5, 5]
    [total] = recorded.usage(agent_id, by="model", to="arrow").to_pylist()
    assert (total["model"], total["reported_by"], total["input_tokens"]) == ("claude-sonnet-4-5", "agent", 80)
    assert total["cost_usd"] == pytest.approx(0.002715)


def _usage(response: str | None, model: str, tokens: int) -> AgentMessage:
    metadata = {"nbstream.kind": "usage", "gen_ai.response.model": model, "gen_ai.usage.output_tokens": tokens}
    if response:
        metadata["gen_ai.response.id"] = response
    return AgentMessage(type="system", op="note", content="", metadata=metadata)


def test_usage_takes_the_last_report_and_sums_where_the_agent_gives_no_totals(store: Store) -> None:
    one, two = agent(store), agent(store)
    reports = [
        _usage("r1", "m", 1),
        _usage("r1", "m", 10),
        _usage(None, "m", 5),
        _usage(None, "m", 5),
        _usage("r2", "n", 7),
    ]
    cost = AgentMessage(type="response", op="note", content="", metadata={"nbstream.cost_usd": 0.5})
    store.save(one, reports).result()
    store.save(two, [_usage("r1", "m", 3), cost]).result()
    usage = store.usage(one)
    assert usage["output_tokens"].tolist() == [10, 5, 5, 7]
    totals = {(row["agent_id"], row["model"]): row for row in store.usage(by="model", to="arrow").to_pylist()}
    assert {key: row["output_tokens"] for key, row in totals.items()} == {
        (str(one), "m"): 20, (str(one), "n"): 7, (str(two), "m"): 3,
    }  # fmt: skip
    assert {row["reported_by"] for row in totals.values()} == {"responses"}
    assert totals[str(two), "m"]["cost_usd"] == 0.5
    assert totals[str(one), "m"]["cost_usd"] is None


def test_sql(recorded: Store) -> None:
    counts = recorded.sql("SELECT type, count(*) AS n FROM agent_messages GROUP BY ALL")
    assert counts["n"].sum() == len(recorded.messages())
    assert recorded.sql("SELECT ? AS x", [1], to="polars").to_dicts() == [{"x": 1}]
    with pytest.raises(QueryRefused):
        recorded.sql("DROP TABLE agent_messages")
    with pytest.raises(ValueError, match="to='pandas', 'polars' or 'arrow'"):
        recorded.sql("SELECT 1", to="excel")  # type: ignore[arg-type]


def test_without_polars_the_error_says_how_to_get_it(store: Store, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingExtra, match=r"pip install 'nbstream\[polars\]'"):
        store.agents(to="polars")


def test_the_store_of_a_message_with_one_part(store: Store) -> None:
    agent_id = agent(store)
    store.save(agent_id, [message(agent_id, 1)]).result()
    assert store.transcript(agent_id)["content"].tolist() == ["1/0 "]
