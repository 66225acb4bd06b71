"""No process survives that should not: grandchildren in sessions of their own, deaf to signals, without environment."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
import uuid
from pathlib import Path

import httpx
import pytest

from nbstream.proxy.supervise import descendants, start_of
from proxy.process import toml
from support import until

pytestmark = pytest.mark.crash


@pytest.fixture
def mark():
    return f"mark-{uuid.uuid4()}"


@pytest.fixture
def proxy(make_proxy, mark):
    modes = "".join(toml(mode, "forks.py", mode, mark) for mode in ("wait", "exit", "deaf"))
    return make_proxy(profiles=modes + toml("count", "count.py", "30", "0.03"))


def grandchildren(mark):
    """The grandchildren of this test, wherever they hang: one has no environment, no parent of ours and a session."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and start_of(int(entry.name)) is not None:
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes()
                if mark.encode() in command and b"signal.SIG_IGN" in command:
                    found.add(int(entry.name))
    return found


def family(proxy, agent_id, mark):
    """All processes of a run with their start times: supervisor, program, two grandchildren."""

    def found():
        child = _child(proxy, agent_id)
        deaf = grandchildren(mark) & descendants(child["supervisor"])
        pids = {child["supervisor"], child["pid"], *deaf}
        ready = b"ready" in proxy.stdout(agent_id) and len(deaf) == 2
        return {pid: start_of(pid) for pid in pids} if ready else None

    return until(found, 60, "the run's two grandchildren")


def _child(proxy, agent_id):
    return json.loads((proxy.runs / agent_id / "child.json").read_text())


def survivors(processes):
    return {pid for pid, start in processes.items() if start is not None and start_of(pid) == start}


@pytest.mark.parametrize("profile", ["wait", "deaf"])
def test_stop_leaves_nothing(proxy, mark, profile):
    agent_id = proxy.start_agent(profile)
    processes = family(proxy, agent_id, mark)
    assert len(survivors(processes)) >= 4
    sessions = {os.getsid(pid) for pid in processes}
    assert len(sessions) >= 3, "supervisor, program and one grandchild each have a session: one killpg is not enough"
    assert proxy.post(f"/agent/stop/{agent_id}").json()["status"] == "stopped"
    assert survivors(processes) == set()
    assert proxy.alive(agent_id) == set()


def test_the_signals_of_stop_are_escalated(proxy, mark):
    """A program that ignores SIGINT and SIGTERM is killed after both graces, here of one second."""
    agent_id = proxy.start_agent("deaf")
    family(proxy, agent_id, mark)
    proxy.post(f"/agent/stop/{agent_id}")
    complete = proxy.read(agent_id).the("complete")
    assert (complete["status"], complete["signal"], complete["exit_code"]) == ("stopped", "SIGKILL", 137)
    assert complete["duration"] >= 2.0


def test_sigterm_reaches_tools_in_sessions_of_their_own(make_proxy):
    """The program ends only with its tool, and ends in good order: it is not killed."""
    proxy = make_proxy(profiles=toml("waits", "waits.py"))
    agent_id = proxy.start_agent("waits")
    until(lambda: b"ready" in proxy.stdout(agent_id))
    proxy.post(f"/agent/stop/{agent_id}")
    complete = proxy.read(agent_id).the("complete")
    assert (complete["status"], complete["exit_code"], complete["signal"]) == ("stopped", 7, None)


def test_the_programs_end_leaves_nothing(proxy, mark):
    agent_id = proxy.start_agent("exit")
    supervisor = _child(proxy, agent_id)["supervisor"]
    assert proxy.until_over(agent_id)["status"] == "completed"
    assert proxy.alive(agent_id) == set()
    assert descendants(supervisor) == set()
    assert grandchildren(mark) == set()


def test_the_proxys_end_leaves_nothing(proxy, mark):
    agents = [proxy.start_agent(profile) for profile in ("wait", "deaf")]
    processes = family(proxy, agents[0], mark) | family(proxy, agents[1], mark)
    began = time.monotonic()
    assert proxy.end() == 0
    assert time.monotonic() - began < 20
    assert survivors(processes) == set()
    assert grandchildren(mark) == set()
    assert not proxy.state.exists()


def test_after_a_kill_and_a_restart_stop_leaves_nothing(proxy, mark):
    agent_id = proxy.start_agent("deaf")
    processes = family(proxy, agent_id, mark)
    proxy.kill()
    assert survivors(processes) == set(processes), "the run outlives its proxy"
    proxy.start()
    assert proxy.status(agent_id)["status"] == "running"
    assert proxy.post(f"/agent/stop/{agent_id}").json()["status"] == "stopped"
    assert survivors(processes) == set()


def test_a_stop_that_a_kill_has_interrupted_is_finished_by_the_next_proxy(proxy, mark):
    agent_id = proxy.start_agent("deaf")
    processes = family(proxy, agent_id, mark)

    def stop():
        with contextlib.suppress(httpx.HTTPError):
            proxy.post(f"/agent/stop/{agent_id}")

    stopping = threading.Thread(target=stop)
    stopping.start()
    until(lambda: '"stop_requested": true' in (proxy.runs / agent_id / "meta.json").read_text())
    proxy.process.kill()
    proxy.process.wait(30)
    stopping.join(30)
    proxy.client.close()
    proxy.start()
    assert proxy.until_over(agent_id)["status"] == "stopped"
    assert survivors(processes) == set()


def test_a_killed_supervisor_ends_the_run_with_its_program(proxy, mark):
    agent_id = proxy.start_agent("count")
    os.kill(_child(proxy, agent_id)["supervisor"], signal.SIGKILL)
    complete = proxy.read(agent_id).the("complete")
    assert complete["status"] == "failed"
    assert complete["exit_code"] is None
    assert "supervisor was killed" in complete["reason"]
    assert complete["messageCount"] == 30, "the program was still heard to its end"
    wait = proxy.start_agent("wait")
    family(proxy, wait, mark)
    os.kill(_child(proxy, wait)["supervisor"], signal.SIGKILL)
    proxy.post(f"/agent/stop/{wait}")
    assert proxy.alive(wait) == set()
    for pid in grandchildren(mark):  # without token, parent and supervisor nothing leads to this one
        os.kill(pid, signal.SIGKILL)


def test_no_zombies_are_left(proxy):
    for _ in range(3):
        proxy.until_over(proxy.start_agent("exit"))
    children = Path(f"/proc/{proxy.process.pid}/task/{proxy.process.pid}/children").read_text().split()
    assert children == []
