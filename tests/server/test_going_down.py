"""A server that is told to end does so, whatever its stores are doing, and leaves them closed in order."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time

import pytest
from tornado.websocket import websocket_connect

from browser.live import recording
from nbstream.frames import Store
from nbstream.server.scope import Scope
from nbstream.server.stores import Stores
from nbstream.server.threads import Threads
from server.conftest import Kernel
from server.serving import JupyterServer, hang_up
from store.given import environment, record
from support import until

SECONDS = 30
"""It takes one or two; a machine that runs other things as well may need more."""


@pytest.mark.asyncio
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("told", "killed"),
    [(signal.SIGTERM, True), (signal.SIGINT, False)],
    ids=["SIGTERM, kernel killed", "SIGINT, kernel alive"],
)
async def test_a_server_that_reads_and_shows_agents_ends_when_told(tmp_path, monkeypatch, told, killed):
    """It ends with SIGINT too, where Jupyter, without a terminal, ends extensions no more."""
    monkeypatch.setenv("NBSTREAM_RUNTIME", str(tmp_path / "run"))
    monkeypatch.setenv("NBSTREAM_RUNS", str(tmp_path / "runs"))
    root = tmp_path / "root"
    root.mkdir()
    played = {"recording": {"path": str(recording(tmp_path / "run.jsonl", 5_000)), "interval": 0.002}}
    options = ["--NbstreamServer.sources=recording", f"--NbstreamServer.source_options={played}"]
    with Store.open(root / "kernel.duckdb") as before:
        theirs = before.create_agent(record(status="running")).id
    kernel = Kernel(root / "kernel.duckdb")
    server = JupyterServer(root, *options, state=tmp_path / "state")
    try:
        answer = server.client.post("nbstream/api/agents", json={"prompt": "x"})
        assert answer.status_code == 201, answer.text
        ours = answer.json()["id"]
        socket = await websocket_connect(server.socket_url)
        for agent_id in (ours, theirs):
            await socket.write_message(json.dumps({"type": "subscribe", "agent_id": str(agent_id), "since": 0}))
        rows = 0
        while rows < 50:
            frame = json.loads(await socket.read_message())
            rows += len(frame.get("messages", ()))
        if killed:
            kernel.kill()
        began = time.monotonic()
        server.process.send_signal(told)
        server.process.wait(SECONDS)
        print(f"ended after {time.monotonic() - began:.1f} s")
        await hang_up(socket)
    finally:
        server.process.kill()
        server.__exit__()
        kernel.close()
    assert not (root / "nbstream.duckdb.wal").exists(), "the store was left open"
    with Store.open(root / "nbstream.duckdb") as after:
        assert after.role == "owner"
        assert after.verify()
        assert after.head(after.list_agents()[0].id) >= 50


def test_an_owner_that_dies_while_its_agents_are_listed_keeps_nobody_waiting(tmp_path, monkeypatch):
    path = tmp_path / "x.duckdb"
    with Store.open(path) as before:
        before.create_agent(record())
    kernel = Kernel(path)
    list_agents = Store.list_agents

    def die_meanwhile(store, **options):
        with Store.open(path) as other:
            other.create_agent(record())  # of which the listener hears
        kernel.kill()
        return list_agents(store, **options)

    monkeypatch.setattr(Store, "list_agents", die_meanwhile)
    stores = Stores(path, [tmp_path], lambda *_: None)
    found = []
    asking = threading.Thread(target=lambda: found.extend(stores.records(Scope())), daemon=True)
    asking.start()
    asking.join(SECONDS)
    assert len(found) == 2
    stores.close()


def test_a_store_that_will_not_close_keeps_no_other_one_open(tmp_path, monkeypatch, caplog):
    paths = [tmp_path / "a.duckdb", tmp_path / "b.duckdb"]
    stores = Stores(None, [tmp_path], lambda *_: None)
    for path in paths:
        with Store.open(path) as before:
            before.create_agent(record())
    held = [stores._open(path) for path in paths]
    close = held[0].service.close

    def refuse() -> None:
        close()
        raise TimeoutError

    monkeypatch.setattr(held[0].service, "close", refuse)
    stores.close()
    assert "could not be closed in order" in caplog.text
    for path in paths:
        with Store.open(path) as after:
            assert after.role == "owner"
            assert after.list_agents()


def test_a_thread_that_waits_for_ever_keeps_no_other_work_waiting():
    threads = Threads(2, "test")
    never = threading.Event()
    threads.submit(never.wait)
    assert [threads.submit(pow, 2, n).result(SECONDS) for n in range(3)] == [1, 2, 4]
    failed = threads.submit(lambda: 1 / 0)
    assert isinstance(failed.exception(SECONDS), ZeroDivisionError)
    threads.shutdown(wait=False)
    with pytest.raises(RuntimeError):
        threads.submit(pow, 1, 1)
    never.set()


STUCK = """
import asyncio, pathlib, sys, threading
from nbstream.server.backend import Backend
from nbstream.server.scope import Scope

async def main():
    path = pathlib.Path(sys.argv[1])
    backend = Backend(path, [path.parent], [], {})
    backend.begin()
    assert await backend.call(backend.stores.records, Scope())
    print("open", flush=True)

threading.Thread(target=sys.stdin.read).start()  # as a thread of Jupyter's that nobody ends
asyncio.run(main())
"""


def test_stores_are_closed_also_where_a_thread_of_others_keeps_python_from_ending(tmp_path):
    path = tmp_path / "x.duckdb"
    with Store.open(path) as before:
        before.create_agent(record())
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
    )
    with process:
        assert process.stdout.readline() == b"open\n"
        with Store.open(path) as after:
            until(lambda: after.role == "owner", timeout=SECONDS, what="the file, given up by a process that lives")
        assert process.poll() is None
