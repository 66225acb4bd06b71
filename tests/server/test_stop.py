"""*Stop* and the live view do not need the kernel: it is busy, or it is dead."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from uuid import UUID

import pytest

from nbstream.messages import AgentRecord
from nbstream.proxy.supervise import start_of
from nbstream.service.stopping import STOP
from nbstream.store import new_id
from proxy.process import ProxyProcess, toml
from server.conftest import last
from store.given import TESTS, environment

BUSY_KERNEL = """
import sys, time
from nbstream import service as nbs
from nbstream.sources.proxy import ProxySource
from nbstream.sources.replay import ReplaySource

store = nbs.connect(sys.argv[1])
source = {"proxy": ProxySource, "recording": ReplaySource}[sys.argv[2]](**eval(sys.argv[3]))
agent = nbs.launch("go", source, store=store)
follower = agent.follow()
while not follower.batch(1.0):
    pass
follower.close()
print(agent.id, flush=True)
time.sleep(600)  # as a cell does: the main thread answers nobody
"""


@pytest.fixture
def busy(path):
    """Starts a kernel that launches one agent, sees its first row, and is busy from then on."""
    running = []

    def start(what, **options):
        argv = [sys.executable, "-c", BUSY_KERNEL, str(path), what, repr(options)]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment())
        running.append(process)
        return process, UUID(process.stdout.readline().strip())

    yield start
    for process in running:
        process.kill()
        process.wait(20)
        process.stdout.close()


@pytest.fixture
def proxy(tmp_path, monkeypatch):
    running = ProxyProcess(tmp_path / "proxy", profiles=toml("count", "count.py", "3000", "0.01")).start()
    monkeypatch.setenv("NBSTREAM_PROXY_TOKEN", running.token)
    yield running
    running.close()


async def test_stop_reaches_a_busy_kernel_at_once(busy, proxy, fetch, view):
    _, agent_id = await asyncio.to_thread(busy, "proxy", url=proxy.url, profile="count")
    one = await view()
    await one.say(type="subscribe", agent_id=agent_id, since=0)
    await one.until("agent:message")
    assert (await fetch("agents", agent_id, method="DELETE"))[0] == 204
    heard = await one.until("agent:complete")
    assert heard["record"]["status"] == "stopped"
    assert one.numbers(agent_id) == list(range(1, heard["head"] + 1))
    assert (await fetch("agents", agent_id, method="DELETE"))[0] == 204, "again is the same"


@pytest.mark.crash
async def test_with_its_kernel_dead_a_watched_agent_is_read_on(busy, proxy, fetch, view, backend):
    kernel, agent_id = await asyncio.to_thread(busy, "proxy", url=proxy.url, profile="count")
    one = await view()
    await one.say(type="subscribe", agent_id=agent_id, since=0)
    await one.until("agent:message")
    kernel.send_signal(signal.SIGKILL)
    kernel.wait(20)
    seen = one.numbers(agent_id)[-1]
    await one.until("agent:message", where=lambda f: last(f) > seen + 50)
    assert (await fetch("agents", agent_id, method="DELETE"))[0] == 204
    end = await one.until("agent:complete")
    assert end["record"]["status"] == "stopped"
    assert one.numbers(agent_id) == list(range(1, end["head"] + 1))
    held = backend.stores.default()
    stored = "\n".join(held.store.raw(agent_id)).splitlines()
    assert stored == proxy.stdout(str(agent_id)).decode().splitlines()[: len(stored)]
    assert len(stored) > seen


@pytest.mark.crash
async def test_stop_where_nobody_reads_any_more(busy, proxy, fetch, view):
    kernel, agent_id = await asyncio.to_thread(busy, "proxy", url=proxy.url, profile="count")
    kernel.send_signal(signal.SIGKILL)
    kernel.wait(20)
    assert (await fetch("agents", agent_id, method="DELETE"))[0] == 204
    one = await view()
    await one.say(type="subscribe", agent_id=agent_id, since=0)
    last = await one.until("agent:complete")
    assert last["record"]["status"] == "stopped"


@pytest.mark.crash
async def test_stop_of_a_run_that_died_with_its_kernel(busy, fetch, view):
    path = str(TESTS / "recordings" / "claude-tool-partial.jsonl")
    kernel, agent_id = await asyncio.to_thread(busy, "recording", path=path, interval=0.5)
    kernel.send_signal(signal.SIGKILL)
    kernel.wait(20)
    assert (await fetch("agents", agent_id, method="DELETE"))[0] == 204
    one = await view()
    await one.say(type="subscribe", agent_id=agent_id, since=0)
    last = await one.until("agent:complete")
    # Which sentence depends on whether the recording could be asked first.
    assert (last["record"]["status"], bool(last["record"]["error"])) == ("stopped", True)


async def test_a_reader_that_does_not_listen_is_not_waited_for_for_ever(fetch, view, store):
    """Its process lives and its store is closed: after two seconds the server does what is left to do."""
    parent = os.getppid()
    reader = {"pid": parent, "start": start_of(parent), "token": "x"}
    source = {"name": "recording", "options": {"path": "gone.jsonl"}}
    record = AgentRecord(id=new_id(), type="claude", status="running", source="recording",
                         metadata={"reader": reader, "source": source})  # fmt: skip
    store.create_agent(record)
    one = await view()
    await one.say(type="subscribe", agent_id=record.id, since=0)
    status = await one.until("agent:status")
    assert status["live"]["state"] == "live"
    assert (await fetch("agents", record.id, method="DELETE"))[0] == 204
    last = await one.until("agent:complete")
    assert last["record"]["status"] == "stopped"
    assert STOP in store.get_agent(record.id).metadata
