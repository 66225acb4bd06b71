"""Many processes, one store: real processes, and real kills."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from nbstream.errors import AgentNotFound, IdConflict, QueryRefused, SaveFailed, StoreClosed, StoreError, StoreLocked
from nbstream.frames import Store
from nbstream.store import Committed
from store.given import agent, environment, message, messages, record


class Child:
    """Another process that has the store open."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "child.py"), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            text=True,
        )
        self.role = self.hear()["role"]

    def hear(self) -> dict[str, Any]:
        return json.loads(self.process.stdout.readline())

    def tell(self, **order: Any) -> None:
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def ask(self, **order: Any) -> dict[str, Any]:
        self.tell(**order)
        return self.hear()

    def kill(self) -> list[dict[str, Any]]:
        """SIGKILL; what it had said before."""
        self.process.kill()
        rest = self.process.stdout.read()
        self.process.wait()
        self.close()
        return [json.loads(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]

    def close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        self.process.wait(20)


@pytest.fixture(autouse=True)
def runtime(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("NBSTREAM_RUNTIME", str(tmp_path_factory.mktemp("run")))


@pytest.fixture
def start(path):
    children: list[Child] = []

    def begin() -> Child:
        children.append(Child(path))
        return children[-1]

    yield begin
    for child in children:
        child.close()


def test_two_processes_write_and_read_one_store(path, start) -> None:
    with Store.open(path) as store:
        one, two = agent(store), agent(store)
        child = start()
        assert (store.role, child.role) == ("owner", "joined")
        assert child.ask(do="save", agent=str(one), events=[1, 2, 3]) == {"numbers": [1, 2, 3], "duplicates": 0}
        assert len(store.save(one, messages(one, 2, 5)).result().messages) == 2
        assert child.ask(do="save", agent=str(one), events=[4, 5, 6]) == {"numbers": [6], "duplicates": 2}
        assert child.ask(do="await", agent=str(one), count=6) == {"heard": [1, 2, 3, 4, 5, 6]}
        store.save(two, messages(two, 1, 2)).result()
        assert child.ask(do="await", agent=str(two), count=2) == {"heard": [1, 2]}
        counted = "SELECT count(*) AS n FROM agent_messages"
        assert child.ask(do="sql", sql=counted) == {"rows": [{"n": 8}]}
        assert store.verify()


def test_every_method_of_a_joined_store_answers_as_the_owner_does(path, start) -> None:
    owner = start()
    with Store.open(path) as store:
        assert (owner.role, store.role) == ("owner", "joined")
        heard: list[Committed] = []
        store.on_commit(heard.append)
        given = store.create_agent(record(prompt="Größe", metadata={"a": [1, None]}))
        assert store.create_agent(given) == given
        assert store.get_agent(given.id) == given
        assert store.list_agents() == store.list_agents(status="created") == [given]
        assert store.list_agents(status="failed") == []
        sent = [
            message(given.id, 1, metadata={"x": {"y": 1.5}}),
            message(given.id, 1, 1, role=None, block=None, op="note"),
        ]
        saved = store.save(given.id, sent, last_event_id="1.1").result()
        assert [m.sequence_number for m in saved.messages] == [1, 2]
        assert saved.messages == store.read(given.id)
        assert [m.raw for m in store.read(given.id, raw=True)] == ['{"n": 1}', None]
        assert store.read(given.id, since=1, limit=5)[0].sequence_number == 2
        assert list(store.raw(given.id)) == ['{"n": 1}']
        assert store.head(given.id) == 2
        assert store.get_agent(given.id).last_event_id == "1.1"
        changed = store.update_agent(given.id, status="failed", completed_at=given.created_at, error="no").result()
        assert changed == store.get_agent(given.id)
        assert [(len(one.messages), one.record and one.record.status) for one in heard] == [
            (0, "created"), (2, None), (0, "failed"),
        ]  # fmt: skip
        assert store.save(given.id, sent).result().duplicates == 2
        found = store.query(
            "SELECT id FROM agents WHERE id = $id AND created_at = $at", {"id": given.id, "at": given.created_at}
        )
        assert found.to_pylist() == [{"id": str(given.id)}]
        assert store.query("SELECT ? + 1 AS n", [1]).to_pylist() == [{"n": 2}]
        assert store.transcript(given.id)["content"].tolist() == ["1/0 ", "1/1 "]
        assert len(store.messages()) == 2
        report = store.verify()
        assert report
        assert (report.rows, report.duplicates) == (2, 2)


def test_errors_of_a_joined_store_are_those_of_the_owner(path, start) -> None:
    start()
    with Store.open(path) as store:
        agent_id = agent(store, prompt="a")
        stranger = record().id
        for call, kind in (
            (lambda: store.get_agent(stranger), AgentNotFound),
            (lambda: store.head(stranger), AgentNotFound),
            (lambda: store.save(stranger, messages(stranger, 1, 1)).result(), AgentNotFound),
            (lambda: store.update_agent(stranger, status="failed").result(), AgentNotFound),
            (lambda: store.create_agent(record(id=agent_id, prompt="b")), IdConflict),
            (lambda: store.query("DELETE FROM agents"), QueryRefused),
            (lambda: store.query("SELECT * FROM read_text('/etc/hostname')"), QueryRefused),
            (lambda: store.save(agent_id, [message(agent_id, 1, type="nonsense")]).result(), SaveFailed),
            (lambda: store.update_agent(agent_id, colour="red"), TypeError),
        ):
            with pytest.raises(kind):
                call()
        store.close()
        with pytest.raises(StoreClosed):
            store.list_agents()


def test_a_joined_store_keeps_nothing_after_a_save_that_failed(path, start) -> None:
    start()
    with Store.open(path) as store:
        agent_id = agent(store)
        refused = store.save(agent_id, [message(agent_id, 1, type="nonsense")])
        behind = [refused]  # sent before the answer to the one before can have come
        for event in range(2, 30):
            behind.append(store.save(agent_id, messages(agent_id, event, event), after=behind[-1]))
        assert all(isinstance(one.exception(20), SaveFailed) for one in behind)
        late = store.save(agent_id, messages(agent_id, 30, 30), after=behind[-1])
        assert "messages before these" in str(late.exception(20))
        assert store.read(agent_id) == []
        kept = [None]
        for event in range(1, 30):
            kept.append(store.save(agent_id, messages(agent_id, event, event), after=kept[-1]))
        assert [one.result(20).messages[0].sequence_number for one in kept[1:]] == list(range(1, 30))


@pytest.mark.crash
@pytest.mark.parametrize("acknowledged", [3, 40, 150])
def test_the_owner_is_killed_and_the_other_goes_on(path, start, acknowledged: int) -> None:
    """Two write, one of them also reads by SQL; the owner is killed in the middle of it."""
    owner = start()
    with Store.open(path) as store:
        theirs, ours = agent(store), agent(store)
        heard: dict[Any, list[int]] = {theirs: [], ours: []}
        store.on_commit(lambda one: heard[one.agent_id].extend(m.sequence_number for m in one.messages))
        over = threading.Event()
        counts: list[int] = []

        def ask() -> None:
            while not over.is_set():
                rows = store.query("SELECT count(*) AS n FROM agent_messages").to_pylist()
                counts.append(rows[0]["n"])

        asking = threading.Thread(target=ask)
        asking.start()
        owner.tell(do="write", agent=str(theirs))
        futures = []
        number = 0
        while owner.hear()["acknowledged"] < acknowledged:
            number += 1
            futures.append(store.save(ours, [message(ours, number)]))
        for _ in range(200):  # in flight when it dies
            number += 1
            futures.append(store.save(ours, [message(ours, number)]))
        rest = owner.kill()
        killed = time.monotonic()
        last = max([acknowledged, *(one["acknowledged"] for one in rest)])
        after = store.save(ours, [message(ours, number + 1)], last_event_id="1.end").result(20)
        took = time.monotonic() - killed
        over.set()
        asking.join()
        assert store.role == "owner"
        assert took < 15
        for future in futures:
            done = future.result(20)
            assert len(done.messages) + done.duplicates == 1
        assert after.messages[0].sequence_number == number + 1
        assert [m.event_id for m in store.read(ours)] == [f"1.{n}" for n in range(1, number + 2)]
        kept = [m.event_id for m in store.read(theirs)]
        assert len(kept) >= last  # what was acknowledged is there
        assert kept == [f"1.{n}" for n in range(1, len(kept) + 1)]
        assert heard == {theirs: list(range(1, len(kept) + 1)), ours: list(range(1, number + 2))}
        assert counts == sorted(counts)
        assert store.verify()


@pytest.mark.crash
def test_owners_die_one_after_the_other(path, start) -> None:
    children = [start() for _ in range(3)]
    assert [child.role for child in children] == ["owner", "joined", "joined"]
    with Store.open(path) as store:
        agent_id = agent(store)
        total = 0
        while children:
            roles = [child.ask(do="role")["role"] for child in children] + [store.role]
            assert roles.count("owner") == 1
            dying = children.pop(roles.index("owner") if roles.index("owner") < len(children) else 0)
            store.save(agent_id, messages(agent_id, total + 1, total + 50))
            dying.kill()
            total += 50
            for child in children:
                assert child.ask(do="await", agent=str(agent_id), count=total)["heard"] == list(range(1, total + 1))
        assert store.save(agent_id, []).result(20).messages == []
        assert store.role == "owner"
        assert [m.event_id for m in store.read(agent_id)] == [f"1.{n}" for n in range(1, total + 1)]
        assert store.verify()


def test_the_owner_closes_and_the_other_takes_over(path, start) -> None:
    child = start()
    with Store.open(path) as store:
        agent_id = agent(store)
        store.save(agent_id, messages(agent_id, 1, 10)).result()
        child.close()
        assert store.save(agent_id, messages(agent_id, 11, 12)).result(20).messages[0].sequence_number == 11
        assert store.role == "owner"
        assert start().role == "joined"


def test_a_joined_store_that_leaves_disturbs_nobody(path, start) -> None:
    with Store.open(path) as store:
        agent_id = agent(store)
        for _ in range(2):
            start().kill()
        store.save(agent_id, messages(agent_id, 1, 3)).result(20)
        child = start()
        store.save(agent_id, messages(agent_id, 4, 5)).result(20)
        assert child.ask(do="await", agent=str(agent_id), count=2) == {"heard": [4, 5]}
    assert child.ask(do="role") in ({"role": "owner"}, {"role": "joined"})


@pytest.mark.crash
def test_a_foreign_program_takes_the_file_from_under_us(path, start, monkeypatch) -> None:
    monkeypatch.setattr("nbstream.store.store.TAKE_OVER_SECONDS", 0.5)
    owner = start()
    with Store.open(path) as store:
        agent_id = agent(store)
        store.save(agent_id, messages(agent_id, 1, 3)).result()
        # The foreigner stands ready and gets the lock first, because we are made to look late.
        gate = threading.Event()
        monkeypatch.setattr("nbstream.store.store.own", _late(gate))
        owner.kill()
        waiting = threading.Thread(target=lambda: failures.append(_failure(store, agent_id)))
        failures: list[BaseException | None] = []
        waiting.start()
        holder = subprocess.Popen(
            [sys.executable, "-c", "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); sys.stdin.read()",
             str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert holder.stdout.readline() == b"1\n"
        gate.set()
        waiting.join(20)
        assert isinstance(failures[0], StoreLocked | SaveFailed)
        assert str(holder.pid) in str(failures[0])
        holder.communicate(b"")
        # When the file is free again, the store heals by itself.
        until = time.monotonic() + 20
        while (failure := _failure(store, agent_id)) is not None:
            assert isinstance(failure, StoreLocked | SaveFailed)
            assert time.monotonic() < until
        assert store.role == "owner"
        assert store.verify()


def _late(gate: threading.Event):
    from nbstream.store.shared import own

    def late(path: Path):
        assert gate.wait(20)
        return own(path)

    return late


def _failure(store: Store, agent_id) -> BaseException | None:
    try:
        store.save(agent_id, messages(agent_id, 4, 6)).result(20)
    except StoreError as error:
        return error
    return None


_FORK = """
import os, sys
from nbstream.errors import StoreError
from nbstream.frames import Store
from store.given import agent, messages
store = Store.open(sys.argv[1])
agent_id = agent(store)
child = os.fork()
if child == 0:
    try:
        store.save(agent_id, messages(agent_id, 1, 1))
        os._exit(1)
    except StoreError as error:
        assert "open it again" in str(error), error
    store.close()
    with Store.open(sys.argv[1]) as mine:
        assert mine.role == "joined"
        mine.save(agent_id, messages(agent_id, 1, 3)).result(20)
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert store.head(agent_id) == 3
store.save(agent_id, messages(agent_id, 4, 5)).result(20)
assert store.verify()
store.close()
"""


def test_a_fork_joins_its_parent(path) -> None:
    subprocess.run([sys.executable, "-c", _FORK, str(path)], check=True, env=environment(), timeout=60)
    with Store.open(path) as store:
        assert store.verify().rows == 5


_FORGETFUL = """
import sys
from nbstream.frames import Store
from store.given import agent, messages
store = Store.open(sys.argv[1])
agent_id = agent(store)
for n in range(1, 501):
    store.save(agent_id, messages(agent_id, n, n))
"""


@pytest.mark.parametrize("joined", [False, True])
def test_what_is_queued_when_python_ends_is_saved(path, start, joined: bool) -> None:
    if joined:
        start()
    done = subprocess.run(
        [sys.executable, "-c", _FORGETFUL, str(path)], check=True, env=environment(), timeout=60, capture_output=True
    )
    assert done.stderr == b""
    with Store.open(path) as store:
        assert store.verify().rows == 500


def test_one_process_that_opens_a_store_twice_has_one_owner(path) -> None:
    with Store.open(path) as one, Store.open(path) as two:
        assert (one.role, two.role) == ("owner", "owner")
        agent_id = agent(one)
        heard: list[Committed] = []
        two.on_commit(heard.append)
        futures = [store.save(agent_id, messages(agent_id, n, n)) for n in range(1, 101) for store in (one, two)]
        outcomes = [future.result(20) for future in futures]
        assert sum(len(done.messages) for done in outcomes) == sum(done.duplicates for done in outcomes) == 100
        one.close()
        assert two.save(agent_id, messages(agent_id, 101, 101)).result(20).messages[0].sequence_number == 101
        assert [m.sequence_number for one in heard for m in one.messages] == list(range(1, 102))
        with pytest.raises(StoreClosed):
            one.list_agents()
