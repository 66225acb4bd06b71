"""A reader dies and another one goes on: complete where the source is still there, an honest status where it is not."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nbstream import service as nbs
from nbstream.frames import Store
from proxy.process import ProxyProcess, toml
from support import until

RECORDINGS = Path(__file__).parent.parent / "recordings"

KERNEL = """
import sys, time
from nbstream import service as nbs
from nbstream.sources.replay import ReplaySource

path, what, options = sys.argv[1], sys.argv[2], eval(sys.argv[3])
store = nbs.connect(path)
source = {"proxy": ProxySource, "recording": ReplaySource}[what](**options)
if len(sys.argv) > 4:
    source.resumable = False
agent = nbs.launch("go", source, store=store)
print(agent.id, flush=True)
time.sleep(600)
"""


@pytest.fixture
def kernel(tmp_path):
    """Starts a kernel process that launches one agent and then sleeps; gives the process and the agent's id."""
    started = []

    def start(what: str, options: dict, *flags: str, environ: dict | None = None):
        process = subprocess.Popen(
            [sys.executable, "-c", KERNEL, str(tmp_path / "store.duckdb"), what, repr(options), *flags],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | (environ or {}),
        )
        started.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        process.stdout.close()


@pytest.fixture
def opened(tmp_path):
    """Opens the kernel's store in this process, the services closed at the end."""
    yield lambda: nbs.connect(tmp_path / "store.duckdb")
    nbs.close_all()


@pytest.fixture
def proxy(tmp_path):
    running = ProxyProcess(tmp_path / "proxy", profiles=toml("count", "count.py", "400", "0.01")).start()
    yield running
    running.close()


def kill(process) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(10)


def raw_lines(store, agent) -> list[str]:
    return "\n".join(store.raw(agent.id)).split("\n")


def launch_at(kernel, proxy, monkeypatch):
    """An agent of a kernel that reads the proxy with its token from the environment; killed in the middle."""
    monkeypatch.setenv("NBSTREAM_PROXY_TOKEN", proxy.token)
    process, agent_id = kernel("proxy", {"url": proxy.url, "profile": "count"})
    log = proxy.runs / agent_id / "stdout.log"
    until(lambda: log.exists() and log.read_bytes().count(b"\n") > 100, what="a quarter of the stream")
    kill(process)
    return agent_id


@pytest.mark.crash
def test_after_a_kill_attach_gives_the_whole_table(kernel, proxy, opened, monkeypatch):
    agent_id = launch_at(kernel, proxy, monkeypatch)
    store = opened()
    before = store.head(store.list_agents()[0].id)
    agent = nbs.attach(agent_id, store=store)
    assert agent.wait(timeout=60) == "completed" or agent.error is not None
    assert raw_lines(store, agent) == proxy.stdout(agent_id).decode().splitlines()
    assert 0 < before < store.head(agent.id)
    assert store.verify(), str(store.verify())


@pytest.mark.crash
def test_a_source_that_is_gone_leaves_the_agent_interrupted_with_the_reason(kernel, proxy, opened, monkeypatch):
    agent_id = launch_at(kernel, proxy, monkeypatch)
    proxy.post(f"/agent/stop/{agent_id}")
    port = proxy.url.rpartition(":")[2]
    proxy.end()
    shutil.rmtree(proxy.runs / agent_id)
    proxy.options = ("--port", port)
    proxy.start()
    monkeypatch.setenv("NBSTREAM_PROXY_TOKEN", proxy.token)
    store = opened()
    agent = nbs.attach(agent_id, store=store)
    rows = store.head(agent.id)
    assert agent.wait(timeout=30) == "interrupted"
    assert "does not have this run any more" in agent.error
    assert "404" in agent.error
    closed = store.head(agent.id)
    assert closed > rows > 0, "a row says that the stream is over"
    assert nbs.attach(agent_id, store=store).wait(timeout=30) == "interrupted"
    assert store.head(agent.id) == closed, "and says it once"
    assert store.verify(), str(store.verify())


@pytest.mark.crash
def test_a_source_that_cannot_be_asked_again_is_interrupted_at_the_next_connect(kernel, opened):
    recording = RECORDINGS / "claude-tool-partial.jsonl"
    process, agent_id = kernel("recording", {"path": str(recording), "interval": 0.05}, "not resumable")
    kill(process)
    described = "its reader ended and its source cannot be asked again"
    with Store.open(process.args[3]) as raw:  # the description does not say so; the class of the source would
        record = raw.get_agent(nbs.UUID(agent_id))
        source = {"name": "local", "options": {}}
        raw.update_agent(record.id, metadata={**record.metadata, "source": source}).result()
    agent = nbs.attach(agent_id, store=opened())
    assert (agent.status, agent.error) == ("interrupted", described)


@pytest.mark.crash
def test_an_agent_whose_reader_lives_is_left_alone(kernel, opened):
    """The kernel lives on, as the joined one of two does: nothing of its agent is changed."""
    recording = RECORDINGS / "claude-text.jsonl"
    process, agent_id = kernel("recording", {"path": str(recording), "interval": 0.2})
    store = opened()
    agent = nbs.attach(agent_id, store=store)
    assert agent.record.metadata["reader"]["pid"] == process.pid
    assert not agent._service.reads(agent.id)
    assert agent.wait(timeout=30) == "completed"
    assert raw_lines(store, agent) == recording.read_text("utf-8").splitlines()
