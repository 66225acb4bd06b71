"""Any program as a proxy of one agent."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import httpx
import pytest

from proxy.process import PROGRAMS
from support import until


@pytest.fixture
def relay(tmp_path, monkeypatch):
    """Starts `relay -- program`; gives the process, the URL, the agent's stream and the headers."""
    monkeypatch.setenv("NBSTREAM_RUNTIME", str(tmp_path / "runtime"))
    started = []

    def start(*program):
        script = [sys.executable, "-I", "-S", str(PROGRAMS / program[0]), *program[1:]]
        process = subprocess.Popen(
            [sys.executable, "-m", "nbstream.proxy", "relay", "--", *script], stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        lines = process.stderr.readline() + process.stderr.readline()
        url, agent_id = re.search(r"relay at (http://127\.0\.0\.1:\d+), agent ([0-9a-f-]{36})", lines).groups()
        token = re.search(rf"NBSTREAM_PROXY={url} NBSTREAM_PROXY_TOKEN=(\S+)", lines)[1]
        return process, f"{url}/agent/{agent_id}/stream", {"Authorization": f"Bearer {token}"}

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.wait(30)
        process.stderr.close()
    left = [path.name for path in (tmp_path / "runtime").iterdir()]
    assert left == [], "nothing of a relay stays on the disk"


def test_it_ends_with_the_programs_exit_code_once_all_is_delivered(relay):
    process, url, headers = relay("odd.py", "3")
    answer = httpx.get(url, headers=headers, trust_env=False)
    assert "event: complete" in answer.text
    assert '"exit_code": 3' in answer.text
    assert process.wait(30) == 3


def test_it_waits_for_a_reader_who_takes_it_all(relay):
    """The program is over before anybody reads, and the first reader leaves early; what it left is more than a buffer."""
    process, url, headers = relay("count.py", "30000", "0", "y" * 100)
    health = url.partition("/agent/")[0] + "/health"

    def over():
        return not httpx.get(health, headers=headers, trust_env=False).json()["active_agents"]

    until(over)
    with httpx.stream("GET", url, headers=headers, trust_env=False) as response:
        assert next(response.iter_raw()).startswith(b"id: ")
    assert over(), "it still answers"
    assert httpx.get(url, headers=headers, trust_env=False).text.count("event: message") == 30_000
    assert process.wait(10) == 0


def test_the_token_is_asked_for(relay):
    _, url, _ = relay("count.py", "1000", "0.1")
    assert httpx.get(url, trust_env=False).status_code == 401


def test_nothing_else_can_be_started(relay):
    _, url, headers = relay("count.py", "1000", "0.1")
    base = url.partition("/agent/")[0]
    answer = httpx.post(
        f"{base}/agent/start", json={"prompt": "x", "profile": "replay"}, headers=headers, trust_env=False
    )
    assert answer.status_code == 404


def test_ctrl_c_ends_the_program(relay):
    process, _, _ = relay("count.py", "100000", "0.05")
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130


def test_a_program_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("NBSTREAM_RUNTIME", str(tmp_path / "runtime"))
    done = subprocess.run(
        [sys.executable, "-m", "nbstream.proxy", "relay", "--", "no-such-program"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "'no-such-program'" in done.stderr
    assert "Traceback" not in done.stderr
