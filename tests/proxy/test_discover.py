"""Finding the proxy of a folder and starting one: by one process however many ask at once."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from nbstream.errors import SourceRefused, SourceUnavailable
from nbstream.proxy import ensure_proxy, find_proxy, folders
from nbstream.proxy.folders import UnsafeFolder
from nbstream.proxy.supervise import start_of
from support import until


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A runtime folder, a runs folder and a working folder of this test; their proxies are ended with it."""
    monkeypatch.setenv("NBSTREAM_RUNTIME", str(tmp_path / "runtime"))
    monkeypatch.setenv("NBSTREAM_RUNS", str(tmp_path / "runs"))
    monkeypatch.delenv("NBSTREAM_PROXY", raising=False)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    yield tmp_path
    for pid in proxies(tmp_path):
        os.kill(pid, signal.SIGTERM)
        until(lambda pid=pid: start_of(pid) is None)


def proxies(home):
    """The proxies that were started here: by what they are and where their runs go, not by what a file says."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and start_of(int(entry.name)) is not None:
            with contextlib.suppress(OSError):
                command, environ = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
                if b"nbstream.proxy" in command and f"NBSTREAM_RUNS={home}".encode() in environ:
                    found.append(int(entry.name))
    return found


def test_there_is_none_at_first(home):
    assert find_proxy() is None


def test_it_is_started_once_and_found_again(home):
    first = ensure_proxy()
    assert first == ensure_proxy() == find_proxy() == find_proxy(home / "runtime")
    assert first.url.startswith("http://127.0.0.1:")
    assert first.token not in repr(first)
    answer = httpx.get(f"{first.url}/health", headers=first.headers, trust_env=False)
    assert answer.json()["status"] == "ok"
    assert os.getsid(first.pid) != os.getsid(0), "it has a session of its own"
    modes = {path.suffix: path.stat().st_mode & 0o777 for path in (home / "runtime").iterdir()}
    assert modes == {".json": 0o600, ".log": 0o600, ".lock": 0o600}
    assert (home / "runtime").stat().st_mode & 0o777 == 0o700


def test_many_processes_at_once_start_one(home):
    code = "from nbstream.proxy import ensure_proxy; print(ensure_proxy().pid)"
    callers = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    pids = {caller.communicate(timeout=60)[0] for caller in callers}
    assert len(pids) == 1
    assert [caller.returncode for caller in callers] == [0] * 4
    assert start_of(int(pids.pop())), "it outlives those who started it"
    (log,) = (home / "runtime").glob("proxy-*.log")
    assert "another proxy" not in log.read_text(), "no second one was even tried"


def test_each_folder_has_its_own(home):
    other = home / "other"
    other.mkdir()
    here, there = ensure_proxy(), ensure_proxy(directory=other)
    assert here.pid != there.pid
    assert find_proxy(directory=other) == there
    (home / "link").symlink_to(other)
    assert find_proxy(directory=home / "link") == there, "whatever path leads to it"


def test_after_a_killed_one_the_next_has_the_same_profiles(home):
    config = home / "proxy.toml"
    config.write_text('[profiles.mine]\ncommand = ["true"]\n')
    argv = [sys.executable, "-m", "nbstream.proxy", "proxy", "--config", str(config)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as first:
        first.stdout.readline()
        first.kill()
    second = ensure_proxy()
    body = {"prompt": "x", "profile": "mine"}
    answer = httpx.post(f"{second.url}/agent/start", json=body, headers=second.headers, trust_env=False)
    assert answer.status_code == 200, answer.text


def test_a_killed_one_is_not_found_and_its_runs_are_taken_up(home):
    first = ensure_proxy()
    body = {"prompt": "x", "profile": "replay"}
    started = httpx.post(f"{first.url}/agent/start", json=body, headers=first.headers, trust_env=False).json()
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: start_of(first.pid) is None)
    assert find_proxy() is None
    second = ensure_proxy()
    assert second.token != first.token
    answer = httpx.get(f"{second.url}/agent/{started['agent_id']}/stream", headers=second.headers, trust_env=False)
    assert answer.text.count("event: message") == 49
    assert '"status": "completed"' in answer.text


@pytest.mark.parametrize(
    "state",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"pid": OWN}',
        '{"pid": "x", "start": 7}',
        '{"url": "http://127.0.0.1:1", "token": "t"}',
        '{"pid": OWN, "start": "START"}',
        '{"pid": OWN, "start": "START", "url": 7, "token": [], "version": null}',
    ],
)
def test_a_state_file_that_means_nothing(home, state):
    own = str(os.getpid())
    state = state.replace("OWN", own).replace("START", start_of(os.getpid()))
    folders.state_file(home / "work").write_text(state)
    assert find_proxy() is None


def test_a_state_file_of_a_process_that_is_no_proxy(home):
    state = {
        "url": "http://127.0.0.1:1",
        "token": "t",
        "version": "0",
        "pid": os.getpid(),
        "start": start_of(os.getpid()),
    }
    folders.state_file(home / "work").write_text(json.dumps(state))
    assert find_proxy() is None, "nobody answers there"
    folders.state_file(home / "work").write_text(json.dumps(state | {"start": "1"}))
    assert find_proxy() is None, "the pid was given to another process"


def test_the_environment_comes_first(home, monkeypatch):
    monkeypatch.setenv("NBSTREAM_PROXY", "http://127.0.0.1:7777/")
    with pytest.raises(SourceRefused, match="NBSTREAM_PROXY_TOKEN"):
        find_proxy()
    monkeypatch.setenv("NBSTREAM_PROXY_TOKEN", "secret")
    assert ensure_proxy().url == "http://127.0.0.1:7777"
    assert ensure_proxy().headers == {"Authorization": "Bearer secret"}


def test_one_that_cannot_start_says_why(home):
    runs = folders.runs_folder(home / "work")
    with folders.try_lock(runs / ".lock"), pytest.raises(SourceUnavailable, match="another proxy has the runs"):
        ensure_proxy()


def test_a_detached_proxy_knows_no_credentials_of_the_notebook(home, monkeypatch):
    for name in ("JPY_API_TOKEN", "JUPYTER_TOKEN", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, "planted-secret")
    environ = Path(f"/proc/{ensure_proxy().pid}/environ").read_bytes()
    assert b"planted-secret" not in environ
    assert b"NBSTREAM_RUNTIME=" in environ


def test_a_runtime_folder_that_others_may_enter_is_refused(home, monkeypatch):
    (home / "open").mkdir(mode=0o755)
    monkeypatch.setenv("NBSTREAM_RUNTIME", str(home / "open"))
    with pytest.raises(UnsafeFolder, match="chmod 700"):
        find_proxy()
    monkeypatch.setenv("NBSTREAM_RUNTIME", "/")
    with pytest.raises(UnsafeFolder):
        find_proxy()
