"""Agents that fork, ended at every layer: five seconds later no process of theirs is left.

Twenty agents of two grandchildren each, one in a session of its own, all of which ignore SIGINT and SIGTERM. Survivors
are found by a variable that only this test has set, in the environment of every process there is.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from nbstream import service as nbs
from nbstream.proxy.supervise import start_of
from nbstream.sources.proxy import ProxySource
from proxy.process import ProxyProcess
from support import until

pytestmark = pytest.mark.crash

FORK = Path(__file__).with_name("fork.py")
LIMIT_S = 5.0
FAMILY = 3
"""Processes of one agent that carry the mark, besides its supervisor: itself and two grandchildren."""


def marked(mark: str) -> set[int]:
    """Every living process that carries the mark."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environ = (entry / "environ").read_bytes()
            except OSError:
                continue
            if f"NBS_TEST_MARK={mark}".encode() in environ.split(b"\0") and start_of(int(entry.name)) is not None:
                found.add(int(entry.name))
    return found


@pytest.fixture
def fleet(tmp_path, monkeypatch):
    """Starts a proxy whose agents carry a mark, and agents on it; `left` gives the processes of all of them."""
    mark = uuid.uuid4().hex
    command = json.dumps([sys.executable, "-I", "-S", str(FORK)])
    profiles = f'[profiles.fork]\ncommand = {command}\nenv = ["NBS_TEST_MARK"]\n'
    proxy = ProxyProcess(tmp_path / "proxy", profiles=profiles, limits="max_runs = 30", environ={"NBS_TEST_MARK": mark})
    proxy.start()
    monkeypatch.setenv("NBSTREAM_PROXY_TOKEN", proxy.token)
    yield Fleet(proxy, mark)
    nbs.close_all()
    proxy.close()
    for pid in marked(mark):
        os.kill(pid, signal.SIGKILL)


class Fleet:
    """One proxy and its agents."""

    def __init__(self, proxy: ProxyProcess, mark: str):
        self.proxy, self.mark = proxy, mark

    @property
    def left(self) -> set[int]:
        return marked(self.mark) - {self.proxy.process.pid}

    def child(self, agent_id: str) -> dict:
        return json.loads((self.proxy.runs / agent_id / "child.json").read_text())

    def start(self, count: int) -> list[str]:
        agents = [self.proxy.start_agent("fork", f"agent {number}") for number in range(count)]
        self.until_forked(agents)
        return agents

    def until_forked(self, agents: list[str]) -> None:
        ready = lambda: all(b"ready" in self.proxy.stdout(agent_id) for agent_id in agents)  # noqa: E731
        until(ready, 60, "every agent's grandchildren")
        assert len(self.left) >= (FAMILY + 1) * len(agents), "agent, two grandchildren and supervisor carry the mark"

    def assert_none_left(self) -> None:
        began = time.monotonic()
        until(lambda: not self.left, LIMIT_S, "the end of every process")
        print(f"none left after {time.monotonic() - began:.2f} s")


def test_stop_leaves_nothing(fleet, tmp_path):
    store = nbs.connect(tmp_path / "store.duckdb")
    agents = [nbs.launch(f"agent {n}", ProxySource(fleet.proxy.url, profile="fork"), store=store) for n in range(6)]
    until(lambda: all(agent.status == "running" for agent in agents), what="six running agents")
    fleet.until_forked([str(agent.id) for agent in agents])
    for agent in agents:
        agent.stop()
    fleet.assert_none_left()
    assert {agent.wait(timeout=30) for agent in agents} == {"stopped"}


def test_a_killed_program_leaves_nothing(fleet):
    for agent_id in fleet.start(3):
        os.kill(fleet.child(agent_id)["pid"], signal.SIGKILL)
    fleet.assert_none_left()


def test_a_killed_supervisor_leaves_nothing(fleet):
    """The program goes on without its supervisor until it is stopped; then what it forked goes too."""
    agents = fleet.start(3)
    for agent_id in agents:
        os.kill(fleet.child(agent_id)["supervisor"], signal.SIGKILL)
    for agent_id in agents:
        fleet.proxy.post(f"/agent/stop/{agent_id}")
    fleet.assert_none_left()


def test_a_proxy_that_is_told_to_end_leaves_nothing(fleet):
    fleet.start(4)
    fleet.proxy.end()
    fleet.assert_none_left()


def test_a_killed_proxy_leaves_all_and_the_next_one_can_stop_them(fleet):
    agents = fleet.start(4)
    before = fleet.left
    fleet.proxy.kill()
    fleet.proxy.start()
    assert before <= fleet.left, "the proxy's death ends nobody"
    for agent_id in agents:
        fleet.proxy.post(f"/agent/stop/{agent_id}")
    fleet.assert_none_left()


KERNEL = """
import sys, time
from nbstream import service as nbs
from nbstream.sources.proxy import ProxySource
store = nbs.connect(sys.argv[1])
for n in range(2):
    print(nbs.launch(f"agent {n}", ProxySource(sys.argv[2], profile="fork"), store=store).id, flush=True)
time.sleep(600)
"""


def test_a_killed_kernel_ends_nobody_and_the_next_one_can_stop_them(fleet, tmp_path):
    path = tmp_path / "store.duckdb"
    argv = [sys.executable, "-c", KERNEL, str(path), fleet.proxy.url]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as kernel:
        ids = [kernel.stdout.readline().strip() for _ in range(2)]
        until(lambda: all((fleet.proxy.runs / one / "stdout.log").exists() for one in ids), what="two runs")
        fleet.until_forked(ids)
        before = fleet.left
        kernel.kill()
        kernel.wait()
    store = nbs.connect(path)
    agents = [nbs.attach(agent_id, store=store) for agent_id in ids]
    until(lambda: all(agent.status == "running" for agent in agents), what="agents that are read on")
    assert before <= fleet.left
    for agent in agents:
        agent.stop()
    fleet.assert_none_left()
