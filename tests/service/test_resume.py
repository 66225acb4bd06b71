"""A reader dies and another one goes on: complete where the source is still there, an honest status where it is not."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nbstream import service as nbs
from nbstream.frames import Store
from nbstream.sources.proxy import ProxySource
from nbstream.sources.replay import ReplaySource
from proxy.process import ProxyProcess, toml
from support import LoopbackServer, ScriptedProxy, reply, until

RECORDINGS = Path(__file__).parent.parent / "recordings"

KERNEL = """
import sys, time
from nbstream import service as nbs
from nbstream.sources.proxy import ProxySource
from nbstream.sources.replay import ReplaySource

path, what, options = sys.argv[1], sys.argv[2], eval(sys.argv[3])
store = nbs.connect(path)
source = {"proxy": ProxySource, "recording": ReplaySource}[what](**options)
agent = nbs.launch("go", source, store=store)
print(agent.id, flush=True)
time.sleep(600)
"""


@pytest.fixture
def kernel(tmp_path):
    """Starts a kernel process that launches one agent and then sleeps; gives the process and the agent's id."""
    started = []

    def start(what: str, options: dict):
        process = subprocess.Popen(
            [sys.executable, "-c", KERNEL, str(tmp_path / "store.duckdb"), what, repr(options)],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(30)
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
    process.wait(30)


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
def test_after_a_kill_attach_gives_the_whole_table(kernel, proxy, opened, monkeypatch, tmp_path):
    agent_id = launch_at(kernel, proxy, monkeypatch)
    with Store.open(tmp_path / "store.duckdb") as store:  # connect() would read on at once
        before = store.head(store.list_agents()[0].id)
    store = opened()
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
    assert agent.wait(timeout=30) == "interrupted"
    assert "does not have this run any more" in agent.error
    assert "404" in agent.error
    *read, last = store.read(agent.id)
    assert read
    assert last.metadata["nbstream.kind"] == "end", "a row says that the stream is over"
    assert [row for row in read if row.metadata["nbstream.kind"] == "end"] == []
    assert nbs.attach(agent_id, store=store).wait(timeout=30) == "interrupted"
    assert store.read(agent.id) == [*read, last], "and says it once"
    assert store.verify(), str(store.verify())


@pytest.mark.crash
def test_a_source_that_cannot_be_asked_again_is_interrupted_at_the_next_connect(kernel, opened):
    recording = RECORDINGS / "claude-tool-partial.jsonl"
    process, agent_id = kernel("recording", {"path": str(recording), "interval": 0.05})
    kill(process)
    described = "its reader ended and its source cannot be asked again"
    with Store.open(process.args[3]) as raw:  # as if it had been a model in the dead kernel
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


@pytest.fixture
def halved(store, monkeypatch):
    """An agent whose source was lost behind line 33, which makes no row, and the script that can bring the rest."""
    monkeypatch.setenv("NBSTREAM_PROXY_TOKEN", "t")
    lines = (RECORDINGS / "claude-tool-partial.jsonl").read_text("utf-8").splitlines()
    script = ScriptedProxy(lines)
    size = len(ScriptedProxy(lines[:33], complete=None).stream_bytes())

    def half(connection: int, _left: int) -> int | None:
        if connection > 1:
            return None
        script.answers.append(GONE)
        return size

    script.cut = half
    with LoopbackServer(script) as server:
        agent = nbs.launch("x", ProxySource(server.url), store=store)
        assert agent.wait(timeout=30) == "interrupted"
        yield agent, script, server


GONE = reply(404, '{"detail": "no such run"}')


def assert_whole(store, agent, script):
    assert raw_lines(store, agent) == script.lines
    report = store.verify()
    assert report, str(report)


def test_an_agent_interrupted_twice_ends_as_if_it_never_was(store, halved):
    agent, script, _ = halved
    rows = store.head(agent.id)
    script.answers.append(GONE)
    assert nbs.attach(agent.id, store=store).wait(timeout=30) == "interrupted"
    assert store.head(agent.id) == rows, "the same end is written once"
    again = nbs.attach(agent.id, store=store)
    assert again.wait(timeout=30) == "completed"
    assert again.error is None
    assert_whole(store, again, script)


def test_a_cursor_that_was_set_back_is_not_trusted(store, halved):
    """As by a second process that read the same agent and was behind."""
    agent, script, _ = halved
    store.update_agent(agent.id, last_event_id="e1.2").result()
    assert nbs.attach(agent.id, store=store).wait(timeout=30) == "completed"
    assert script.cursors[-1] != "e1.2"
    assert_whole(store, agent, script)


@pytest.mark.parametrize("started", [True, False])
def test_a_run_without_a_row_is_asked_for_only_if_it_may_not_have_begun(store, monkeypatch, started):
    """The row's session and model are those that the stream has named; a proxy refuses another request of that id."""
    monkeypatch.setenv("NBSTREAM_PROXY_TOKEN", "t")
    script = ScriptedProxy((RECORDINGS / "claude-text.jsonl").read_text("utf-8").splitlines(), cut=lambda n, _: 0)
    with LoopbackServer(script) as server:
        agent = nbs.launch("x", ProxySource(server.url), store=store)
        until(lambda: agent.record.started_at is not None, what="a running agent")
        script.answers.append(GONE)
        agent.wait(timeout=30)
        learned = {} if started else {"started_at": None, "session_id": "another", "model": "another"}
        store.update_agent(agent.id, status="interrupted", last_event_id=None, **learned).result()
        script.cut = lambda n, _: None
        assert nbs.attach(agent.id, store=store).wait(timeout=30) == "completed"
        asked = [request.json for request in server.requests if request.path == "/agent/start"]
    assert asked == [asked[0]] * (1 if started else 2)


def follow_to_the_end(follower) -> list[int]:
    numbers = []
    until(lambda: numbers.extend(m.sequence_number for m in follower.batch(0.05)) or follower.done)
    follower.close()
    return numbers


def test_the_last_rows_are_handed_out_before_the_end_is(store):
    agent = nbs.launch("x", ReplaySource(RECORDINGS / "claude-text-partial.jsonl", interval=0.01), store=store)
    follower = agent.follow()
    seen = [message.sequence_number for message in follower.batch()]
    agent.wait(timeout=30)
    assert not follower.done
    assert seen + follow_to_the_end(follower) == list(range(1, store.head(agent.id) + 1))


def test_rows_that_the_queue_gave_up_last_are_read_from_the_store(store):
    agent = nbs.launch("x", ReplaySource(RECORDINGS / "claude-text-partial.jsonl", interval=0.01), store=store)
    follower = agent.follow()
    follower._subscriber._limit = 0
    seen = [message.sequence_number for message in follower.batch()]
    agent.wait(timeout=30)
    assert follower._subscriber.dropped
    assert seen + follow_to_the_end(follower) == list(range(1, store.head(agent.id) + 1))


def test_of_two_that_resume_at_once_one_gets_it(store):
    """Both have seen the dead reader; the second's claim finds the first's."""
    agent = nbs.launch("x", ReplaySource(RECORDINGS / "claude-tool-partial.jsonl", interval=0.02), store=store)
    dead = {"pid": 2**22 + 1, "start": "1", "token": "x"}
    seen = store.get_agent(agent.id)
    ours = seen.metadata["reader"]
    first = store.update_agent(agent.id, expect={"reader": ours}, metadata={**seen.metadata, "reader": dead}).result()
    second = store.update_agent(agent.id, expect={"reader": ours}, metadata={**seen.metadata, "reader": ours}).result()
    assert first.metadata["reader"] == second.metadata["reader"] == dead
    assert agent.wait(timeout=30) == "completed"
