"""The charts: the rows behind them, what they say in words, and that they can be drawn."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
import vl_convert

import story
from nbstream import plotdata, plots
from nbstream.errors import MissingExtra
from nbstream.frames import Store
from nbstream.prices import Price
from store.given import agent

PRICES = {"sonata": Price(input=3, output=15, cache_read=0.3, cache_write=3.75)}
CHARTS = ("timeline", "usage", "latency", "tools", "compare")


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    with Store.open(tmp_path_factory.mktemp("plots") / "history.duckdb") as store:
        yield store, story.tell(store)


def rows(chart: Any) -> list[dict[str, Any]]:
    """All rows that a chart holds."""
    return [row for dataset in chart.to_dict()["datasets"].values() for row in dataset]


def drawn(chart: Any) -> str:
    """The chart as SVG, made without a network: a specification that does not hold raises."""
    return vl_convert.vegalite_to_svg(chart.to_dict(), allowed_base_urls=[])


@pytest.mark.parametrize("name", CHARTS)
def test_each_chart_is_one_call_has_words_and_can_be_drawn(told, name: str) -> None:
    store, agents = told
    chart = getattr(plots, name)(store)
    spec = chart.to_dict()
    assert spec["description"].startswith(spec["title"]["text"])
    assert spec["title"]["subtitle"] in spec["description"]
    assert len(spec["description"]) > len(spec["title"]["text"] + spec["title"]["subtitle"]) + 20
    assert spec["config"]["background"] == "transparent"
    assert "http" not in json.dumps({key: value for key, value in spec.items() if key != "$schema"})
    svg = drawn(chart)
    assert 'role="graphics-symbol"' in svg or "aria-label" in svg
    one = getattr(plots, name)(agents[0], store=store)
    assert one.to_dict()["description"] != spec["description"]


@pytest.mark.parametrize("name", CHARTS)
def test_a_store_with_nothing_in_it_gives_an_empty_chart(tmp_path, name: str) -> None:
    with Store.open(tmp_path / "history.duckdb") as store:
        assert "<svg" in drawn(getattr(plots, name)(store))
        agent(store, prompt="nothing yet")
        assert "<svg" in drawn(getattr(plots, name)(store))


def test_who_is_meant_is_an_agent_an_id_several_or_a_store(told) -> None:
    store, agents = told
    one = SimpleNamespace(id=agents[0], store=store)
    expected = rows(plots.tools(agents[0], store=store))
    assert rows(plots.tools(one)) == expected
    assert rows(plots.tools(str(agents[0]), store=store)) == expected
    assert rows(plots.tools([one])) == expected
    assert rows(plots.tools(agents, store=store)) == rows(plots.tools(store)) != expected


def test_the_timeline_has_every_block_at_its_time_with_lanes_for_subagents(told) -> None:
    store, agents = told
    blocks = store.timeline(agents[0])
    held = rows(plots.timeline(agents[0], store=store))
    assert len(held) == len(blocks[blocks["kind"] != "response"])
    assert {row["kind"] for row in held} == {"text", "reasoning", "tool input", "tool running", "note"}
    lanes = {row["row"] for row in held}
    assert len(lanes) == 2
    assert "main" in lanes
    assert any(lane.startswith("subagent of ") for lane in lanes)
    assert min(row["start"] for row in held) == 0
    first = blocks["started_at"].min()
    by_number = {(row["sequence_number"], row["kind"]): row for row in held}
    for block in blocks[blocks["kind"] == "tool"].to_dict("records"):
        bar = by_number[block["sequence_number"], "tool running"]
        assert bar["end"] - bar["start"] == pytest.approx(block["seconds"])
        assert bar["start"] == pytest.approx((block["started_at"] - first).total_seconds())
        assert bar["label"] == block["label"]


def test_more_bars_than_a_page_can_hold_are_merged_and_it_is_said(told, monkeypatch) -> None:
    store, agents = told
    monkeypatch.setattr(plotdata, "BARS", 40)
    monkeypatch.setattr(plotdata.merged, "__defaults__", (40,))
    whole = plotdata.bars(store, (str(agents[0]),))
    chart = plots.timeline(agents[0], store=store)
    held = rows(chart)
    assert len(held) <= 40 < len(whole)
    assert sum(row["blocks"] for row in held) == len(whole)
    assert sum(row["characters"] for row in held) == whole["characters"].sum()
    assert f"{len(whole)} blocks" in chart.to_dict()["title"]["subtitle"]
    assert "merged into slices of" in chart.to_dict()["title"]["subtitle"]


def test_100_000_bars_become_a_chart_that_can_be_drawn() -> None:
    many = pd.DataFrame(
        {
            "agent": "a", "lane": "main", "kind": "text", "label": "", "start": range(100_000),
            "end": range(1, 100_001), "characters": 1, "sequence_number": range(100_000), "blocks": 1,
        }
    )  # fmt: skip
    made, seconds = plotdata.merged(many)
    assert len(made) <= plotdata.BARS
    assert made["blocks"].sum() == 100_000
    assert seconds == 100_000 / plotdata.SLICES


def test_tokens_add_up_and_the_cost_is_that_of_the_frame(told) -> None:
    store, agents = told
    usage = store.usage(agents[1], prices=PRICES)
    chart = plots.usage(agents[1], prices=PRICES, store=store)
    held = [row for row in rows(chart) if "tokens" in row]
    assert sum(row["tokens"] for row in held) == usage["input_tokens"].sum() + usage["output_tokens"].sum()
    cached = sum(row["tokens"] for row in held if row["kind"] == "cache read")
    assert cached == usage["cache_read_tokens"].sum()
    steps = [row["so_far"] for row in rows(chart) if "so_far" in row]
    assert steps == sorted(steps)
    assert steps[-1] == pytest.approx(usage["cost_usd"].sum())
    assert "by your prices" in chart.to_dict()["title"]["subtitle"]
    own = plots.usage(store).to_dict()
    assert f"${store.agents()['cost_usd'].sum():,.4f}, the programs' own totals" in own["title"]["subtitle"]


def test_where_no_cost_is_known_it_says_how_to_give_prices(tmp_path) -> None:
    with Store.open(tmp_path / "history.duckdb") as store:
        run = story.Run(agent(store), 0, 1.0)
        run.usage("r", 100, 10, 5)
        store.save(run.who, run.rows).result()
        assert "give prices=" in plots.usage(store).to_dict()["description"]


def test_waits_are_those_of_the_frames(told) -> None:
    store, agents = told
    chart = plots.latency(agents[2], store=store)
    held = [row for row in rows(chart) if "count" in row]
    expected = {
        "time to first token": store.timeline(agents[2], by="response")["time_to_first_token"].count(),
        "gap between deltas": store.timeline(agents[2])["gap_p50_seconds"].count(),
        "tool run": store.tool_calls(agents[2])["seconds"].count(),
    }
    found = pd.DataFrame(held).drop_duplicates(["measure", "low"]).groupby("measure")["count"].sum().to_dict()
    assert found == expected
    assert f"{store.tool_calls(agents[2])['seconds'].median() * 1000:.3g} ms median" in chart.to_dict()["description"]


def test_tools_are_counted_with_their_outcome(told) -> None:
    store, _ = told
    calls = store.tool_calls()
    held = pd.DataFrame(rows(plots.tools(store)))
    assert held.groupby("tool")["calls"].sum().to_dict() == calls.groupby("tool").size().to_dict()
    assert held["seconds"].sum() == pytest.approx(calls["seconds"].sum())
    assert held[held["outcome"] == "failed"]["calls"].sum() == calls["is_error"].sum() > 0


def test_agents_are_compared_by_time_tokens_cost_and_tools(told) -> None:
    store, agents = told
    held = {row["agent"]: row for row in rows(plots.compare(agents, store=store))}
    assert list(held) == [text if len(text) <= 34 else text[:33] + "…" for text, _, _ in story.TASKS]
    used = store.usage(by="agent")
    assert [row["cost_usd"] for row in held.values()] == used["cost_usd"].tolist()
    assert [row["tokens"] for row in held.values()] == (used["input_tokens"] + used["output_tokens"]).tolist()
    assert [row["tool_calls"] for row in held.values()] == [len(store.tool_calls(one)) for one in agents]
    assert all(row["seconds"] > 10 for row in held.values())


def test_agents_of_one_prompt_are_told_apart(tmp_path) -> None:
    with Store.open(tmp_path / "history.duckdb") as store:
        pair = [agent(store, prompt="the same") for _ in range(2)]
        assert list(plotdata.labels(store, None).values()) == [f"the same · {str(one)[-6:]}" for one in pair]


def test_without_altair_the_error_says_how_to_get_it(told, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(MissingExtra, match=r"pip install 'nbstream\[plots\]'"):
        plots.timeline(told[1][0], store=told[0])


def test_the_colours_of_kinds_are_told_apart_without_colour(told) -> None:
    """Each kind has a row of its own on the timeline, so colour is never all there is to see."""
    store, agents = told
    spec = plots.timeline(agents[0], store=store).to_dict()
    assert spec["spec"]["encoding"]["y"]["field"] == spec["spec"]["encoding"]["color"]["field"] == "kind"
    assert isinstance(agents[0], UUID)
