"""Nothing is emitted before it is committed: a database that stalls or fails at each step of a commit proves it.

The session is the store's own seam: the real one does the work, and a gate in front of each step holds it or breaks it.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import duckdb
import pytest

from nbstream import service as nbs
from nbstream.frames import Store
from nbstream.sources.replay import ReplaySource
from nbstream.store.owner import Owner, _duck_session
from support import until

RECORDING = Path(__file__).parent.parent / "recordings" / "claude-tool-partial.jsonl"
STEPS = ["write", "commit"]


class Gate:
    """A real session that waits, or fails, before or after one step of a commit that holds messages."""

    def __init__(self, session, step: str, when: str, fails: bool = False):
        self._session = session
        self._step, self._when = step, when
        self.fails, self.failed = fails, 0
        self.open = threading.Event()
        self.reached = threading.Event()
        self.holds_messages = False

    def __getattr__(self, name):
        real = getattr(self._session, name)
        if name not in STEPS:
            return real

        def guarded(*args):
            if name == "write":
                self.holds_messages = bool(args[0].messages)
            if name == self._step and self._when == "before":
                self._pass()
            result = real(*args)
            if name == self._step and self._when == "after":
                self._pass()
            return result

        return guarded

    def _pass(self):
        if not self.holds_messages:
            return
        self.reached.set()
        if self.fails:
            self.failed += 1
            raise duckdb.IOException("No space left on device")
        assert self.open.wait(30)


@pytest.fixture
def gated(tmp_path):
    """A store behind a gate, and everything that was emitted so far."""
    stores = []

    def make(step: str, when: str, fails: bool = False):
        gates = []

        def session(database):
            gate = Gate(_duck_session(database), step, when, fails)
            gates.append(gate)
            return gate

        path = (tmp_path / "s.duckdb").resolve()
        store = Store(path, Owner(path, session))
        stores.append(store)
        return store, gates[0]

    yield make
    nbs.close_all()
    for store in stores:
        store.close()


def launched(store):
    """An agent whose messages will meet the gate, and a follower of it."""
    agent = nbs.launch("x", ReplaySource(RECORDING, interval=0.001, exit_code=0), store=store)
    return agent, agent.follow()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_while_a_commit_stalls_nobody_is_shown_what_it_holds(gated, step, when):
    store, gate = gated(step, when)
    agent, follower = launched(store)
    assert gate.reached.wait(30)
    shown = [message for _ in range(10) for message in follower.batch(0.05)]
    committed = store.head(agent.id)
    assert len(shown) <= committed
    if (step, when) != ("commit", "after"):
        assert committed == 0, "nothing was committed, so the store itself shows nothing"
    gate.open.set()
    assert agent.wait(timeout=30) == "completed"
    until(lambda: shown.extend(follower.batch(0.1)) or follower.done)
    assert [m.sequence_number for m in shown] == list(range(1, store.head(agent.id) + 1))
    follower.close()


@pytest.mark.parametrize(("step", "when"), [("write", "before"), ("write", "after"), ("commit", "before")])
def test_a_failed_save_is_never_shown_and_the_same_rows_are_saved_when_it_works(gated, step, when):
    store, gate = gated(step, when, fails=True)
    gate.open.set()
    agent, follower = launched(store)
    seen: list[tuple[str, int]] = []
    shown = []

    def look():
        shown.extend(follower.batch(0.01))
        seen.append((follower.live.state, len(shown) - store.head(agent.id)))
        if gate.failed > 1 and follower.live.state == "save-failed":
            gate.fails = False
        return follower.done

    until(look)
    assert max(ahead for _, ahead in seen) <= 0, "something was shown that the store did not have"
    assert any(state == "save-failed" for state, _ in seen)
    assert agent.status == "completed"
    assert "\n".join(store.raw(agent.id)).split("\n") == RECORDING.read_text("utf-8").splitlines()
    assert store.verify(), str(store.verify())
    follower.close()


def test_the_loop_over_an_agent_sees_only_committed_rows(gated):
    store, gate = gated("commit", "before")
    agent, follower = launched(store)
    follower.close()
    assert gate.reached.wait(30)

    async def first():
        async for message in agent:
            return message
        return None

    async def run():
        waiting = asyncio.ensure_future(first())
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
        gate.open.set()
        return await asyncio.wait_for(waiting, 30)

    assert asyncio.run(run()).sequence_number == 1
    agent.wait(timeout=30)
