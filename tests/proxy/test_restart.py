"""The proxy is killed while agents run: they go on, the next proxy takes them up, and no line is lost or doubled."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading

import httpx
import pytest

from proxy.process import Reading, toml
from support import until

pytestmark = pytest.mark.crash

PROFILES = toml("count", "count.py", "1500", "0.002") + toml("short", "count.py", "50", "0.002")


def follow(proxy, agent_id, reading):
    """Reads until the last event or until the connection breaks; goes on where it was."""
    headers = proxy.headers | ({"Last-Event-ID": reading.last_id} if reading.last_id else {})
    following = Reading()
    url = f"{proxy.url}/agent/{agent_id}/stream"
    with (
        contextlib.suppress(httpx.TransportError),
        httpx.Client(trust_env=False, timeout=10) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        assert response.status_code == 200
        for chunk in response.iter_raw():
            following.feed(chunk)
    reading.events += following.events
    return any(event.event == "complete" for event in following.events)


def test_eight_kills_lose_and_double_nothing(make_proxy, tmp_path):
    enough = tmp_path / "enough"
    proxy = make_proxy(profiles=toml("count", "count.py", "100", "0.002", "text", str(enough)))
    agent_id = proxy.start_agent("count")
    rng = random.Random(7)
    reading = Reading()
    pid = proxy.status(agent_id)["pid"]
    for _ in range(8):
        killer = threading.Timer(rng.uniform(0.02, 0.4), proxy.process.kill)
        killer.start()
        assert not follow(proxy, agent_id, reading)
        killer.join()
        proxy.process.wait(30)
        proxy.client.close()
        proxy.start()
        assert proxy.status(agent_id)["pid"] == pid
    enough.touch()
    assert follow(proxy, agent_id, reading)
    log = proxy.stdout(agent_id)
    assert log.count(b"\n") > 500
    assert reading.numbers == list(range(1, log.count(b"\n") + 1))
    assert ("\n".join(reading.lines) + "\n").encode() == log
    complete = reading.the("complete")
    assert (complete["status"], complete["exit_code"]) == ("completed", 0)


def test_a_run_that_ended_meanwhile_has_its_exit_code(make_proxy):
    proxy = make_proxy(profiles=PROFILES + toml("odd", "odd.py", "3"))
    agents = {"short": proxy.start_agent("short"), "odd": proxy.start_agent("odd")}
    proxy.kill()
    for agent_id in agents.values():
        until(lambda agent_id=agent_id: (proxy.runs / agent_id / "exit.json").exists() and not proxy.alive(agent_id))
    proxy.start()
    short = proxy.read(agents["short"])
    assert short.numbers == list(range(1, 51))
    assert short.the("complete")["status"] == "completed"
    assert short.the("complete")["exit_code"] == 0
    odd = proxy.read(agents["odd"]).the("complete")
    assert (odd["status"], odd["exit_code"]) == ("failed", 3)


def test_a_run_that_vanished_meanwhile_is_failed(make_proxy):
    """As after a power cut: no process, no exit code."""
    proxy = make_proxy(profiles=PROFILES)
    agent_id = proxy.start_agent("count")
    until(lambda: proxy.stdout(agent_id).count(b"\n") > 10)
    proxy.kill()
    for pid in sorted(proxy.alive(agent_id)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: not proxy.alive(agent_id))
    with contextlib.suppress(FileNotFoundError):
        (proxy.runs / agent_id / "exit.json").unlink()
    proxy.start()
    reading = proxy.read(agent_id)
    complete = reading.the("complete")
    assert (complete["status"], complete["exit_code"]) == ("failed", None)
    assert complete["reason"] == "ended while no proxy was running"
    assert complete["messageCount"] == len(reading.lines) > 10


def test_a_pid_that_was_given_away_is_not_taken_for_the_run(make_proxy):
    proxy = make_proxy(profiles=PROFILES)
    agent_id = proxy.start_agent("short")
    proxy.until_over(agent_id)
    proxy.end()
    folder = proxy.runs / agent_id
    meta = json.loads((folder / "meta.json").read_text())
    child = json.loads((folder / "child.json").read_text())
    for name in ("pid", "supervisor"):
        child[name] = os.getpid()  # another process, with another start time
    (folder / "meta.json").write_text(json.dumps(meta | {"status": "running"}))
    (folder / "child.json").write_text(json.dumps(child))
    proxy.start()
    assert proxy.until_over(agent_id)["status"] == "completed"


def test_a_proxy_that_was_killed_as_a_run_began(make_proxy):
    """A folder without `meta.json` is cleared away; one without `child.json` and without a process is a failed run."""
    proxy = make_proxy(profiles=PROFILES)
    agent_id = proxy.start_agent("short")
    proxy.until_over(agent_id)
    proxy.end()
    begun = "00000000-0000-4000-8000-000000000001"
    asked = "00000000-0000-4000-8000-000000000002"
    (proxy.runs / begun).mkdir(mode=0o700)
    (proxy.runs / begun / "prompt").write_text("x")
    shutil.copytree(proxy.runs / agent_id, proxy.runs / asked)
    meta = json.loads((proxy.runs / asked / "meta.json").read_text())
    (proxy.runs / asked / "meta.json").write_text(
        json.dumps(meta | {"agent_id": asked, "status": "running", "lines": 0})
    )
    for name in ("child.json", "exit.json", "stdout.log", "stderr.log"):
        (proxy.runs / asked / name).unlink()
    proxy.start()
    assert not (proxy.runs / begun).exists()
    assert proxy.until_over(asked)["status"] == "failed"
    assert [event.event for event in proxy.read(asked).events] == ["complete"]


def test_leave_running(make_proxy):
    proxy = make_proxy(profiles=PROFILES, options=("--leave-running",))
    agent_id = proxy.start_agent("count")
    reading = Reading()
    reader = threading.Thread(target=follow, args=(proxy, agent_id, reading))
    reader.start()
    until(lambda: proxy.stdout(agent_id).count(b"\n") > 20)
    assert proxy.end() == 0, "an open stream does not hold it up"
    reader.join(30)
    assert proxy.alive(agent_id), "the run goes on"
    proxy.start()
    while not follow(proxy, agent_id, reading):
        pass
    assert reading.numbers == list(range(1, 1501))
    assert reading.the("complete")["status"] == "completed"


def test_at_the_proxys_end_open_streams_get_their_last_event(make_proxy):
    proxy = make_proxy(profiles=PROFILES)
    agent_id = proxy.start_agent("count")
    reading = Reading()
    reader = threading.Thread(target=follow, args=(proxy, agent_id, reading))
    reader.start()
    until(lambda: proxy.stdout(agent_id).count(b"\n") > 20)
    proxy.end()
    reader.join(30)
    assert reading.the("complete")["status"] == "stopped"
    assert ("\n".join(reading.lines)).encode() == proxy.stdout(agent_id).rstrip(b"\n")
    assert "Traceback" not in proxy.log()


def test_two_proxies_do_not_share_a_folder_of_runs(make_proxy):
    proxy = make_proxy(profiles=PROFILES)
    second = subprocess.run(
        [
            sys.executable,
            "-m",
            "nbstream.proxy",
            "proxy",
            "--runs-dir",
            proxy.runs,
            "--state-file",
            proxy.folder / "s2",
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 1
    assert "another proxy has the runs" in second.stderr
    assert not (proxy.folder / "s2").exists()
