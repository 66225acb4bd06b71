"""`nbs.replay`: what its output holds, and that it runs and writes nothing."""

from __future__ import annotations

import threading

import pytest

import nbstream as nbs
from nbstream.errors import AgentNotFound, NbstreamError
from nbstream.store import new_id


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    store = nbs.connect(tmp_path_factory.mktemp("replay") / "history.duckdb")
    agent = nbs.launch("What does note.txt say?", nbs.ReplaySource("claude-tool"), store=store)
    agent.wait(30)
    return agent


def test_the_output_is_the_widget_with_the_static_copy_beside_it(run) -> None:
    replay = nbs.replay(run.id, speed=8, store=run.store)
    data, _ = replay.bundle()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/markdown", "text/plain"}
    assert "hello nbstream" in data["text/html"], "the copy is whole, for whoever opens the saved notebook"
    assert "<script" not in data["text/html"]
    widget = replay.widget()
    assert (widget.agent_id, widget.replay_speed) == (str(run.id), 8.0)
    widget.close()


def test_a_replay_writes_nothing_and_asks_no_source(run) -> None:
    head, record = run.store.head(run.id), run.record
    before = set(threading.enumerate())
    replay = nbs.replay(run)
    replay.bundle()
    replay.widget().close()
    for thread in set(threading.enumerate()) - before:
        thread.join(30)
        assert not thread.is_alive(), thread
    assert (run.store.head(run.id), run.record) == (head, record)


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf")])
def test_a_speed_that_is_none_is_refused(run, speed) -> None:
    with pytest.raises(NbstreamError, match="expected a speed above 0"):
        nbs.replay(run, speed)


def test_an_unknown_agent_is_named(run) -> None:
    with pytest.raises(AgentNotFound):
        nbs.replay(new_id(), store=run.store)
    assert "4 times its pace" in repr(nbs.replay(str(run.id), store=run.store))
