"""Tokens and cost are the programs' own figures: read from each recording by other code than ours, and compared."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from nbstream.frames import Store
from nbstream.messages import AgentMessage
from nbstream.parsers import parser_named
from nbstream.prices import Price
from nbstream.store import message_id
from recorded import EXITS, RECORDED, events_with_ids
from store.given import START, agent

Totals = tuple[int, int, int]
"""Input with the cache in it, of that from the cache, output."""


def own_total(name: str) -> tuple[Totals | None, float | None]:
    """What the program said it used and what it cost, from the recording's text; None where it said nothing."""
    frames = [json.loads(event.data) for event in events_with_ids(name) if event.data.startswith("{")]
    return {"claude": _claude, "codex-": _codex, "gemini": _gemini, "openco": _opencode}.get(name[:6], _model)(frames)


def _claude(frames: list[Any]) -> tuple[Totals | None, float | None]:
    results = [frame for frame in frames if frame["type"] == "result"]
    if not results:
        return None, None
    models = results[-1]["modelUsage"].values()
    if not models:
        return None, results[-1]["total_cost_usd"]
    read, wrote = sum(m["cacheReadInputTokens"] for m in models), sum(m["cacheCreationInputTokens"] for m in models)
    fresh, out = sum(m["inputTokens"] for m in models), sum(m["outputTokens"] for m in models)
    return (fresh + read + wrote, read, out), results[-1]["total_cost_usd"]


def _codex(frames: list[Any]) -> tuple[Totals | None, float | None]:
    ends = [frame["usage"] for frame in frames if frame["type"] == "turn.completed"]
    return ((e := ends[-1])["input_tokens"], e["cached_input_tokens"], e["output_tokens"]) if ends else None, None


def _gemini(frames: list[Any]) -> tuple[Totals | None, float | None]:
    ends = [frame["stats"] for frame in frames if frame["type"] == "result" and "stats" in frame]
    return ((e := ends[-1])["input_tokens"], e["cached"], e["output_tokens"]) if ends else None, None


def _opencode(frames: list[Any]) -> tuple[Totals | None, float | None]:
    parts = [frame.get("part") or frame.get("properties", {}).get("part") or {} for frame in frames]
    steps = {part["id"]: part for part in parts if part.get("type") == "step-finish"}.values()
    if not steps:
        return None, None
    tokens = [step["tokens"] for step in steps]
    read = sum(t["cache"]["read"] for t in tokens)
    total = sum(t["input"] for t in tokens) + read + sum(t["cache"]["write"] for t in tokens)
    return (total, read, sum(t["output"] for t in tokens)), sum(step["cost"] for step in steps)


def _model(frames: list[Any]) -> tuple[Totals | None, float | None]:
    """A model's API: llama.cpp's own `timings` tell how many tokens it read, took from its cache, and wrote."""
    timed = [frame["timings"] for frame in frames if "timings" in frame]
    if timed:
        last = timed[-1]
        return (last["cache_n"] + last["prompt_n"], last["cache_n"], last["predicted_n"]), None
    began = next(frame["message"]["usage"] for frame in frames if frame["type"] == "message_start")
    out = [frame["usage"]["output_tokens"] for frame in frames if frame["type"] == "message_delta"][-1]
    return (began["input_tokens"] + (read := began["cache_read_input_tokens"]), read, out), None


def play(store: Store, name: str, times: int = 1) -> UUID:
    """Save a recording as the service does, several times over if asked for."""
    parser = parser_named(RECORDED[name])
    who = agent(store, type=RECORDED[name], prompt=name)
    rows: list[AgentMessage] = []
    for number, event in enumerate(events_with_ids(name)):
        for part, row in enumerate(parser.parse(event) or []):
            rows.append(_at(row, who, f"1.{number}", part, number))
    rows += [
        _at(row, who, "1.end", part, 1_000) for part, row in enumerate(parser.finalize("eof", EXITS[name]).messages)
    ]
    for _ in range(times):
        store.save(who, rows).result()
    store.update_agent(who, session_id=parser.session_id, status="completed").result()
    return who


def _at(row: AgentMessage, who: UUID, event: str, part: int, second: int) -> AgentMessage:
    moment = START + timedelta(seconds=second)
    return replace(row, id=message_id(who, event, part), event_id=event, created_at=moment)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Every recording, each fed twice: what was there already is refused, so it is counted once."""
    with Store.open(tmp_path_factory.mktemp("usage") / "history.duckdb") as store:
        agents = {name: play(store, name, 2) for name in RECORDED}
        rows = {row["agent_id"]: row for row in store.usage(by="agent", to="arrow").to_pylist()}
        yield store, {name: rows[str(who)] for name, who in agents.items()}


def test_there_are_recordings_of_every_kind_with_and_without_a_total() -> None:
    totals = {name: own_total(name) for name in RECORDED}
    assert len(RECORDED) >= 27
    assert {name for name, (tokens, _) in totals.items() if tokens is None} == {
        "claude-err400.jsonl", "claude-err529.jsonl", "claude-sigterm-partial.jsonl", "codex-sigterm.jsonl",
        "gemini-sigint.jsonl",
    }  # fmt: skip
    assert totals["claude-subagent.jsonl"] == ((80, 20, 168), pytest.approx(0.002715))
    assert totals["opencode-serve-event.sse"][0] == (22, 0, 18)
    assert totals["llama-openai-tools.sse"][0] == (338, 337, 35)


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_usage_of_every_recording_is_the_programs_own(recorded, name: str) -> None:
    tokens, cost = own_total(name)
    store, rows = recorded
    row = rows[name]
    found = (row["input_tokens"], row["cache_read_tokens"], row["output_tokens"])
    assert found == ((None,) * 3 if tokens is None else tokens)
    assert row["cost_usd"] == (None if cost is None else pytest.approx(cost))
    assert row["cost_rule"] == ("unknown" if cost is None else "agent")
    if row["program_input_tokens"] is not None:
        assert (row["program_input_tokens"], row["program_output_tokens"]) == (tokens[0], tokens[2])
    models = store.usage(row["agent_id"], by="model", to="arrow").to_pylist()
    assert sum(one["input_tokens"] for one in models) == (tokens[0] if tokens else 0)


def test_the_check_says_how_far_our_count_is_from_the_programs(recorded) -> None:
    _, rows = recorded
    # Where every response was streamed, nothing is missing; a subagent's output is only in the program's total.
    assert rows["claude-tool-partial.jsonl"]["difference_tokens"] == 0
    assert rows["codex-tool.jsonl"]["difference_tokens"] == 0
    assert rows["opencode-tool.jsonl"]["difference_tokens"] == 0
    assert rows["claude-subagent-partial.jsonl"]["counted_input_tokens"] == 60
    assert rows["claude-subagent-partial.jsonl"]["difference_tokens"] == (80 - 60) + (168 - 84)
    assert rows["claude-text.jsonl"]["difference_tokens"] is None  # without deltas its frames have no final output
    assert rows["claude-tool-partial.jsonl"]["reported_by"] == "agent"
    assert rows["codex-tool.jsonl"]["reported_by"] == "responses"
    assert rows["claude-tool-partial.jsonl"]["responses"] == 2


def turn(session: str, number: int, tokens: tuple[int, int, int]) -> list[AgentMessage]:
    into, read, out = tokens
    usage = {"input_tokens": into, "cached_input_tokens": read, "output_tokens": out}
    parser = parser_named("codex")
    events = [{"type": "thread.started", "thread_id": session}, {"type": "turn.completed", "usage": usage}]
    from nbstream.sse import ServerSentEvent

    return [row for one in events for row in parser.parse(ServerSentEvent("message", json.dumps(one))) or []]


def test_a_resumed_session_is_counted_once(recorded, tmp_path) -> None:
    """The program counts its whole thread at each end; each run is what that grew by."""
    with Store.open(tmp_path / "history.duckdb") as store:
        ids = []
        for run, tokens in enumerate([(100, 10, 20), (250, 60, 50), (400, 60, 90), (30, 0, 5)]):
            when = START + timedelta(hours=run)
            ids.append(agent(store, type="codex", session_id="t1", created_at=when))
            store.save(ids[-1], [replace(row, created_at=when) for row in turn("t1", run, tokens)]).result()
        other = agent(store, type="codex", session_id="t2", created_at=START + timedelta(hours=9))
        store.save(other, turn("t2", 1, (500, 0, 60))).result()
        rows = {row["agent_id"]: row for row in store.usage(to="arrow").to_pylist()}
        found = [rows[str(one)] for one in (*ids, other)]
        # The last of t1 is lower than the one before: the program has begun to count anew.
        assert [(row["input_tokens"], row["cache_read_tokens"], row["output_tokens"]) for row in found] == [
            (100, 10, 20), (150, 50, 30), (150, 0, 40), (30, 0, 5), (500, 0, 60),
        ]  # fmt: skip
        rules = ["responses", "differences", "differences", "responses", "responses"]
        assert [row["reported_by"] for row in found] == rules
        [alone] = store.usage(ids[1], to="arrow").to_pylist()
        assert (alone["input_tokens"], alone["reported_by"]) == (150, "differences")
        [later] = store.usage(session="t1", after=START + timedelta(hours=2.5), to="arrow").to_pylist()
        assert later["input_tokens"] == 30
        agents = store.usage(by="agent", prices={"": Price(input=1, output=1)}, to="arrow").to_pylist()
        assert [row["program_input_tokens"] for row in agents] == [100, 150, 150, 30, 500]
        assert {row["difference_tokens"] for row in agents} == {0}
        assert [row["reported_by"] for row in agents] == rules


def test_a_resumed_claude_session_is_two_runs_of_their_own(recorded, tmp_path) -> None:
    with Store.open(tmp_path / "history.duckdb") as store:
        for _ in range(2):
            play(store, "claude-tool-partial.jsonl")
        assert store.usage(by="agent")["input_tokens"].tolist() == [40, 40]
        assert store.usage(by="agent")["cost_usd"].sum() == pytest.approx(2 * 0.0013575)


def test_cost_by_prices_where_every_model_of_an_agent_has_one(tmp_path) -> None:
    with Store.open(tmp_path / "history.duckdb") as store:
        who = agent(store)
        notes = [
            AgentMessage(
                type="system", op="note", content="",
                metadata={"nbstream.kind": "usage", "gen_ai.response.model": model, "gen_ai.usage.input_tokens": 1_000_000},
            )
            for model in ("a-1", "b-1")
        ]  # fmt: skip
        store.save(who, notes).result()
        some = store.usage(by="agent", prices={"a": Price(input=2, output=1)}, to="arrow").to_pylist()
        every = store.usage(
            by="agent", prices={"a": Price(input=2, output=1), "b": Price(input=3, output=1)}, to="arrow"
        )
        assert [(row["cost_usd"], row["cost_rule"], row["models"]) for row in some] == [(None, "unknown", "a-1, b-1")]
        assert [(row["cost_usd"], row["cost_rule"]) for row in every.to_pylist()] == [(5.0, "prices")]
