"""Runs beside each other: what is the same, what is not, where it begins, and what it cost."""

from __future__ import annotations

import json
from datetime import timedelta
from html.parser import HTMLParser
from uuid import UUID

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbstream as nbs
from nbstream.compare import align, compare, normalised
from nbstream.errors import AgentNotFound, NbstreamError
from nbstream.frames import Store
from nbstream.messages import (
    INPUT_TOKENS,
    IS_ERROR,
    KIND,
    MODEL,
    OUTPUT_TOKENS,
    RESPONSE_ID,
    TOOL_CALL_ID,
    TOOL_NAME,
    AgentMessage,
)
from nbstream.prices import Price
from nbstream.store import new_id
from store.given import START, agent


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store.open(tmp_path_factory.mktemp("compare") / "history.duckdb") as opened:
        yield opened


def run(store: Store, *steps: tuple[str, dict, str], seconds: float = 10, **more) -> UUID:
    """An agent that took these steps (tool, input, output), one second for each."""
    agent_id = agent(store, started_at=START, **more)
    rows = []
    for n, (tool, given_, output) in enumerate(steps):
        about = {TOOL_NAME: tool, TOOL_CALL_ID: f"t{n}"}
        rows.append(row(f"c{n}", json.dumps(given_), "tool_call", about, 2 * n))
        rows.append(row(f"r{n}", output, "tool_call_response", about | {IS_ERROR: output.startswith("no ")}, 2 * n + 1))
    used = {KIND: "usage", RESPONSE_ID: "r", MODEL: "m", INPUT_TOKENS: 100 * len(steps), OUTPUT_TOKENS: 10}
    rows.append(row(None, "", None, used, 2 * len(steps), op="note", type="system"))
    store.save(agent_id, rows).result(10)
    store.update_agent(agent_id, status="completed", completed_at=START + timedelta(seconds=seconds)).result(10)
    return agent_id


def row(block, content, part, metadata, second, *, op="set", type="tool") -> AgentMessage:  # noqa: A002
    return AgentMessage(
        id=new_id(), type=type, content=content, op=op, block=block, role="assistant", part=part, metadata=metadata,
        created_at=START + timedelta(seconds=second),
    )  # fmt: skip


READ = ("Read", {"path": "a.py"}, "x = 1")
TEST = ("Bash", {"command": "pytest"}, "1 failed")


def test_equal_runs_have_no_difference(store) -> None:
    both = compare(run(store, READ, TEST), run(store, READ, TEST), store=store)
    assert both.first_difference() is None
    assert list(both.frame()["outcome"]) == ["same", "same"]
    assert "first difference: none" in repr(both)


def test_every_kind_of_difference_is_named_and_the_first_one_found(store) -> None:
    first = run(store, READ, TEST, ("Edit", {"path": "a.py", "new": "x = 2"}, "ok"), ("Glob", {"p": "*"}, "a.py"))
    other = run(
        store, READ, (*TEST[:2], "1 passed"), ("Edit", {"path": "a.py", "new": "x = 3"}, "ok"), ("Web", {}, "?")
    )
    both = compare(first, other, store=store)
    frame = both.frame()
    assert list(frame["outcome"]) == ["same", "other output", "other input", "only first", "only other"]
    assert list(frame["tool"]) == ["Read", "Bash", "Edit", "Glob", "Web"]
    assert list(frame["step"]) == [1, 2, 3, 4, 5]
    assert frame["input_other"].isna().tolist() == [False, False, False, True, False]
    assert list(frame["seconds_delta"].dropna()) == [0, 0, 0]
    assert frame.dtypes["step"] == pd.ArrowDtype(pa.int64())
    found = both.first_difference()
    assert found is not None
    assert (found.step, found.outcome) == (2, "other output")


def test_a_step_more_in_the_middle_shifts_nothing(store) -> None:
    both = compare(run(store, READ, TEST, READ), run(store, READ, ("Glob", {"p": "*"}, "a"), TEST, READ), store=store)
    assert [pair.outcome for pair in both.pairs[0]] == ["same", "only other", "same", "same"]


def test_the_order_of_keys_and_what_is_only_said_about_a_command_are_no_difference(store) -> None:
    a = ("Bash", {"command": "ls", "timeout": 5, "description": "List the files"}, "a")
    b = ("Bash", {"timeout": 5, "command": "ls\n", "description": "See what is there"}, "a")
    assert compare(run(store, a), run(store, b), store=store).first_difference() is None
    assert normalised('{"description": "x"}') != normalised('{"description": "y"}'), "all that it is given counts"
    assert normalised("not JSON ") == "not JSON"


def test_an_error_in_place_of_an_answer_is_a_difference(store) -> None:
    both = compare(run(store, READ), run(store, (*READ[:2], "no such file")), store=store)
    assert list(both.frame()["is_error_other"]) == [True]
    assert both.pairs[0][0].outcome == "other output"


def test_the_summary_has_every_run_and_what_it_took_less_the_first(store) -> None:
    runs = [run(store, READ), run(store, READ, TEST, seconds=25), run(store, seconds=4)]
    summary = compare(*runs, store=store, prices={"m": Price(input=1_000, output=0)}).summary()
    assert list(summary["agent_id"]) == [str(each) for each in runs]
    assert list(summary["steps"]) == [1, 2, 0]
    assert summary["first_difference"].to_list()[1:] == [2, 1]
    assert list(summary["seconds_delta"]) == [0, 15, -6]
    assert list(summary["input_tokens_delta"]) == [0, 100, -100]
    assert summary["cost_usd"].round(6).to_list() == [0.1, 0.2, 0]
    assert summary["cost_usd_delta"].round(6).to_list() == [0, 0.1, -0.1]
    assert compare(*runs[:2], store=store).summary()["cost_usd"].isna().all(), "nobody named a price"


def test_n_runs_are_held_against_the_first(store) -> None:
    first, *others = [run(store, READ, *[TEST] * n) for n in range(4)]
    found = compare(first, *others, store=store)
    assert [len(pairs) for pairs in found.pairs] == [2, 3, 4]
    assert found.frame().groupby("agent_id", sort=False).size().to_list() == [2, 3, 4]
    with pytest.raises(NbstreamError, match="from 1 to 3, got 4"):
        found.first_difference(4)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag, attrs) -> None:
        self.found.add(tag)
        assert {name for name, _ in attrs} <= {"class", "style"}


def test_what_agents_said_is_text_in_the_html(store) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    a = run(store, (evil, {"path": evil}, f"{evil}\x1b[2J\u202e"), model=evil)
    shown = compare(a, run(store, READ), store=store)._repr_html_()
    tags = Tags()
    tags.feed(shown)
    assert tags.found <= {"div", "table", "thead", "tbody", "tr", "th", "td", "b", "code"}
    assert "&lt;script&gt;" in shown
    assert "\x1b" not in shown
    assert "⟨U+202E⟩" in shown
    assert "first difference" in shown


def test_a_long_run_is_cut_in_the_html_and_whole_in_the_frame(store) -> None:
    steps = [("Bash", {"command": f"echo {n}"}, "x" * 2_000) for n in range(300)]
    found = compare(run(store, *steps), run(store, *steps), store=store)
    assert len(found.frame()) == 300
    assert "200 more steps" in found._repr_html_()
    assert len(found._repr_html_()) < 300_000


def test_what_cannot_be_compared_is_said(store) -> None:
    with pytest.raises(NbstreamError, match="expected 2 to 50 agents to compare, got 1"):
        compare(run(store), store=store)
    with pytest.raises(AgentNotFound):
        compare(run(store), new_id(), store=store)


def test_agents_bring_their_own_stores(tmp_path) -> None:
    with Store.open(tmp_path / "a.duckdb") as one, Store.open(tmp_path / "b.duckdb") as two:
        ids = [run(one, READ), run(two, READ, TEST)]
        agents = [nbs.Agent(None, at, id_) for at, id_ in zip((one, two), ids, strict=True)]
        assert list(compare(*agents).summary()["steps"]) == [1, 2]


STEPS = st.lists(
    st.builds(
        lambda tool, path, output: {
            "tool": tool, "input": json.dumps({"path": path}), "output": output, "is_error": False,
            "parent_tool_call_id": None,
        },
        st.sampled_from("AB"), st.sampled_from("xyz"), st.sampled_from("12"),
    ),
    max_size=12,
)  # fmt: skip


@given(STEPS, STEPS)
def test_every_step_of_either_is_there_once_and_in_order(first, other) -> None:
    pairs = list(align(first, other))
    assert [pair.first for pair in pairs if pair.first is not None] == first
    assert [pair.other for pair in pairs if pair.other is not None] == other
    assert all(pair.first is not None or pair.other is not None for pair in pairs)
    assert [pair.step for pair in pairs] == list(range(1, len(pairs) + 1))
    assert all((pair.outcome == "same") == (pair.first == pair.other) for pair in pairs)
