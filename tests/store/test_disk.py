"""A full disk and a killed writer, for real: what was committed is there, what failed is not, and saving goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nbstream.frames import Store
from store.given import environment

# The limit on the size of a file stands in for a full disk: write() fails in the same way, at the same place.
_FULL = """
import json, os, resource, signal, sys
from nbstream.errors import SaveFailed
from nbstream.frames import Store
from store.given import agent, message
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store.open(sys.argv[1])
agent_id = agent(store)
heard = []
store.on_commit(lambda one: heard.extend(m.event_id for m in one.messages))
unlimited = resource.RLIM_INFINITY
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, unlimited))
kept, failed = [], []
def save(event):
    try:
        kept.extend(m.event_id for m in store.save(agent_id, [message(agent_id, event, content="x" * 50_000)]).result(20).messages)
    except SaveFailed as error:
        failed.append(str(error))
for event in range(1, 101):
    save(event)
    if len(failed) == 3:
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, unlimited))
for again in range(event - 2, event + 20):  # those that failed, and new ones
    save(again)
report = store.verify()
print(json.dumps({"agent": str(agent_id), "kept": kept, "failed": failed, "heard": heard, "verified": bool(report)}), flush=True)
os._exit(0)  # no close, no checkpoint: the next opening replays the write-ahead log
"""


def _run(script: str, path: Path) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        check=True,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
    )
    return json.loads(done.stdout)


@pytest.mark.crash
def test_a_full_disk_fails_saves_and_nothing_else(path) -> None:
    said = _run(_FULL, path)
    assert len(said["failed"]) == 3
    assert all("nothing of it was kept" in text and "File too large" in text for text in said["failed"])
    assert said["kept"] == said["heard"] == [f"1.{n}" for n in range(1, len(said["kept"]) + 1)]
    assert said["verified"]
    with Store.open(path) as store:
        [record] = store.list_agents()
        assert [m.event_id for m in store.read(record.id)] == said["kept"]
        assert store.verify()


# Here the log has room and the file has not: DuckDB then declares the whole database lost.
_NO_CHECKPOINT = """
import json, os, resource, signal, sys, threading
from nbstream.frames import Store
from nbstream.store import connection, writer
from store.given import agent, message
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
connection.CHECKPOINT_BYTES = 0
writer.CHECKPOINT_AGAIN_SECONDS = 0.0
opened = []
reopen = connection.Database.reopen
connection.Database.reopen = lambda self: (opened.append(1), reopen(self))
tried = threading.Semaphore(0)
checkpoint = writer.Writer._checkpoint
writer.Writer._checkpoint = lambda self, idle: (checkpoint(self, idle=idle), idle or tried.release())
store = Store.open(sys.argv[1])
agent_id = agent(store)
assert tried.acquire(timeout=20)
unlimited = resource.RLIM_INFINITY
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, unlimited))
kept, read = [], []
for event in range(1, 61):
    kept.extend(m.event_id for m in store.save(agent_id, [message(agent_id, event, content=os.urandom(6_000).hex())]).result(20).messages)
    assert tried.acquire(timeout=20)
    read.append(store.head(agent_id))
    if len(opened) == 3:
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, unlimited))
kept.extend(m.event_id for m in store.save(agent_id, [message(agent_id, event + 1)]).result(20).messages)
verified = bool(store.verify())
store.close()
print(json.dumps({"kept": kept, "read": read, "opened": len(opened), "verified": verified}), flush=True)
"""


@pytest.mark.crash
def test_a_full_disk_at_a_checkpoint_costs_nothing(path) -> None:
    said = _run(_NO_CHECKPOINT, path)
    count = len(said["read"])
    assert said["opened"] == 3
    assert said["read"] == list(range(1, count + 1))
    assert said["kept"] == [f"1.{n}" for n in range(1, count + 2)]
    assert said["verified"]
    with Store.open(path) as store:
        assert store.verify().rows == count + 1
        assert store.verify()


_KILLED = """
import json, os, sys
from nbstream.frames import Store
from store.given import agent, messages
store = Store.open(sys.argv[1])
agent_id = agent(store)
for n in range(1, 51):
    if n == 30:
        store._backend._writer._session.checkpoint()  # the log that follows is one that we made, see keep_private
    store.save(agent_id, messages(agent_id, n, n)).result(20)
print(json.dumps({"kept": 50}), flush=True)
os._exit(0)
"""


@pytest.mark.crash
def test_what_was_acknowledged_survives_the_death_of_the_process(path) -> None:
    _run(_KILLED, path)
    assert path.with_name(path.name + ".wal").stat().st_size > 0
    with Store.open(path) as store:
        assert store.verify().rows == 50
        assert store.verify()


def test_an_empty_log_that_was_left_behind_does_not_disturb(path) -> None:
    Store.open(path).close()
    path.with_name(path.name + ".wal").touch(0o600)
    with Store.open(path) as store:
        assert store.verify()
