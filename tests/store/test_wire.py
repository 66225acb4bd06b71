"""The socket itself: what is said on it, what happens when one side is slow, strange or not allowed."""

from __future__ import annotations

import contextlib
import json
import socket
import stat
import struct
import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from nbstream.errors import AgentNotFound, StoreError
from nbstream.frames import Store
from nbstream.store import Committed, endpoint, wire
from nbstream.store.feed import Feed
from nbstream.store.joined import Joined, OwnerGone
from nbstream.store.outbox import Outbox
from store.given import START, agent, message, messages, record


@pytest.fixture(autouse=True)
def runtime(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("run")
    folder.chmod(0o700)
    monkeypatch.setenv("NBSTREAM_RUNTIME", str(folder))
    return folder


@pytest.fixture(params=["unix", "tcp"])
def transport(request, monkeypatch):
    if request.param == "tcp":
        monkeypatch.setattr("nbstream.store.endpoint._unix", lambda place: False)
    return request.param


@pytest.fixture
def joined(transport, store, path):
    """A joined store beside its owner, in one process: the socket between them is real."""
    other = Joined(path)
    yield other
    other.close()


def test_both_transports(joined, store) -> None:
    agent_id = agent(store)
    heard: list[Committed] = []
    told = threading.Event()
    assert joined.follow(lambda one: (heard.append(one), told.set()), lambda _: None).heads == {agent_id: 0}
    done = store.save(agent_id, messages(agent_id, 1, 3)).result()
    assert told.wait(20)
    assert [m.sequence_number for m in heard[0].messages] == [1, 2, 3]
    assert joined.messages(agent_id, 0, None, raw=True) == done.messages
    with pytest.raises(AgentNotFound):
        joined.agent(uuid4())


def test_nobody_else_can_reach_the_owner(transport, store, runtime) -> None:
    assert stat.S_IMODE(runtime.stat().st_mode) == 0o700
    [place] = runtime.iterdir()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert place.suffix == {"unix": ".sock", "tcp": ".json"}[transport]
    store.close()
    assert list(runtime.iterdir()) == []


def test_a_runtime_folder_that_others_can_enter_is_not_used(path, runtime, caplog) -> None:
    runtime.chmod(0o755)
    with pytest.raises(StoreError, match="chmod 700"):
        endpoint.runtime_dir()
    with Store.open(path) as store:  # works, alone
        assert store.list_agents() == []
    assert "cannot be shared" in caplog.text


def test_a_path_too_long_for_a_unix_socket_goes_by_tcp(path, runtime, monkeypatch) -> None:
    folder = runtime / ("x" * 90)
    monkeypatch.setenv("NBSTREAM_RUNTIME", str(folder))
    with Store.open(path):
        assert [place.suffix for place in folder.iterdir()] == [".json"]
        other = Joined(path)
        assert other.agents(None) == []
        other.close()


def test_a_dead_owners_socket_is_replaced(path, runtime) -> None:
    listener, _, _ = endpoint.listen(path)
    listener.close()  # as a kill leaves it: the file stays
    assert len(list(runtime.iterdir())) == 1
    with pytest.raises(OwnerGone):
        Joined(path)
    with Store.open(path) as store:
        other = Joined(path)
        assert other.agents(None) == store.list_agents()
        other.close()


def _said(path, *frames: bytes, answers: int = 0) -> bytes:
    """What the owner answers to these bytes: so many frames, then, when we say no more, what else until it hangs up."""
    connection, _ = endpoint.connect(path)
    with connection, connection.makefile("rb") as reader:
        connection.settimeout(20)
        answer = b""
        with contextlib.suppress(ConnectionError):  # it may hang up before it has read all of it
            connection.sendall(b"".join(frames))
            for _ in range(answers):
                lengths = reader.read(12)
                answer += reader.read(sum(struct.unpack(">IQ", lengths)))
            connection.shutdown(socket.SHUT_WR)
            answer += reader.read()
        return answer


def _frame(header: object, body: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(body)) + text + body


HELLO = {"call": "hello", "version": wire.VERSION, "secret": ""}


def test_strange_frames_do_not_disturb_the_owner(store, path) -> None:
    agent_id = agent(store)
    assert _said(path, b"GET / HTTP/1.1\r\n\r\n") == b""
    assert _said(path, b"\xff" * 40) == b""
    assert _said(path, struct.pack(">IQ", 2**31, 0)) == b""
    assert _said(path, _frame(HELLO)[:-3]) == b""
    assert b'"version"' in _said(path, _frame(HELLO), answers=1)
    said = _said(path, _frame(HELLO), _frame({"call": "nonsense", "reply": 1, "agent_id": str(agent_id)}), answers=2)
    assert b"expected a call of this version, got 'nonsense'" in said
    assert b"error" in _said(
        path, _frame(HELLO), _frame({"call": "save", "reply": 1, "agent_id": "x"}, b"junk"), answers=2
    )
    assert b"error" in _said(
        path, _frame(HELLO), _frame({"call": "query", "reply": 1, "sql": "x", "named": False}, b"junk"), answers=2
    )
    assert store.save(agent_id, messages(agent_id, 1, 1)).result(20).messages


def test_a_wrong_secret_is_not_answered(path, monkeypatch) -> None:
    monkeypatch.setattr("nbstream.store.endpoint._unix", lambda place: False)
    with Store.open(path):
        assert _said(path, _frame(HELLO), _frame({"call": "agents", "reply": 1, "status": None})) == b""
        assert _said(path, _frame(HELLO | {"secret": "0" * 64})) == b""


def test_another_version_is_refused_with_what_to_do(store, path) -> None:
    said = _said(
        path, _frame(HELLO | {"version": 99}), _frame({"call": "agents", "reply": 1, "status": None}), answers=1
    )
    assert b"records" not in said
    store.close()
    listener, _, remove = endpoint.listen(path)  # an owner of the next version
    with listener:
        threading.Thread(target=_greet_as_version, args=(listener, wire.VERSION + 1)).start()
        with pytest.raises(StoreError, match="process 4711, which runs another version of nbstream: restart it"):
            Joined(path)
    remove()


def _greet_as_version(listener: socket.socket, version: int) -> None:
    connection, _ = listener.accept()
    channel = wire.Channel(connection)
    assert channel.receive() is not None
    channel.send({"version": version, "pid": 4711})
    assert channel.receive() is None
    channel.close()


def test_a_slow_listener_misses_nothing(joined, store, monkeypatch) -> None:
    """News that finds no room is dropped, named, and read from the store: in order, each once."""
    monkeypatch.setattr("nbstream.store.outbox.NEWS_BYTES", 5_000)
    one, two = agent(store), agent(store)
    feed = Feed()
    gate, all_there = threading.Event(), threading.Event()
    heard: dict[object, list[int]] = {one: [], two: []}
    statuses: list[str] = []

    def listen(committed: Committed) -> None:
        gate.wait(20)
        heard[committed.agent_id].extend(m.sequence_number for m in committed.messages)
        if committed.record is not None:
            statuses.append(committed.record.status)
        if all(len(numbers) >= 1_001 for numbers in heard.values()):
            all_there.set()

    feed.add(listen)
    feed.begin(joined)
    missed: list[bool] = []
    fill = feed.fill
    joined._resync = lambda snapshot: (missed.append(True), fill(snapshot))
    for start in range(1, 1_000, 100):
        for who in (one, two):
            store.save(who, messages(who, start, start + 99)).result(20)
    store.update_agent(one, status="completed").result(20)
    gate.set()
    for who in (one, two):
        store.save(who, messages(who, 2_000, 2_000)).result(20)
    assert all_there.wait(30)
    assert heard == {one: list(range(1, 1_002)), two: list(range(1, 1_002))}
    assert missed
    assert statuses == ["completed"]


def test_an_outbox_names_what_it_drops_and_keeps_replies(monkeypatch) -> None:
    monkeypatch.setattr("nbstream.store.outbox.NEWS_BYTES", 10)
    box = Outbox()
    box.news({"push": "committed", "n": 1}, b"x" * 8)
    box.news({"push": "committed", "n": 2}, b"x" * 8)
    box.reply({"reply": 1})
    box.news({"push": "committed", "n": 3}, b"x")
    assert box.take() == ({"push": "committed", "n": 1}, b"x" * 8)
    assert box.take() == ({"push": "missed"}, b"")
    box.news({"push": "committed", "n": 4}, b"x" * 100)  # alone it may be larger than the box
    box.close()
    assert [box.take() for _ in range(3)] == [({"reply": 1}, b""), ({"push": "committed", "n": 4}, b"x" * 100), None]


def test_too_much_unanswered_blocks_the_one_who_saves(transport, path, monkeypatch) -> None:
    from nbstream.store import requests
    from nbstream.store.owner import Owner
    from nbstream.store.server import Server
    from store.test_commit import Gated

    monkeypatch.setattr("nbstream.store.joined.PENDING_ROWS", 10)
    sessions: list[Gated] = []
    owner = Owner(path, lambda database: sessions.append(Gated(database)) or sessions[-1])
    server = Server(owner, path)
    joined = Joined(path)
    created = requests.create(record())
    joined.submit(created)
    agent_id = created.future.result(20).id
    sessions[0].go.clear()
    saves = [requests.save(agent_id, messages(agent_id, n, n + 4), None) for n in (1, 6, 11)]
    through = threading.Event()
    thread = threading.Thread(target=lambda: ([joined.submit(one) for one in saves], through.set()))
    thread.start()
    assert not through.wait(0.3)
    assert len(joined.unanswered()) == 2
    sessions[0].go.set()
    thread.join(20)
    assert [len(one.future.result(20).messages) for one in saves] == [5, 5, 5]
    joined.close()
    server.stop_accepting()
    owner.close()
    server.close()


def test_messages_keep_every_field() -> None:
    agent_id = uuid4()
    sent = [
        message(agent_id, 1, metadata={"ü": [1, {"a": None}]}, content="\0\ud7ff😀"),
        replace(
            message(agent_id, 2, role=None, part=None, block=None, raw=None, event_id=None),
            agent_id=agent_id,
            sequence_number=7,
        ),
    ]
    assert wire.messages_from(wire.messages_bytes(sent, raw=True)) == sent
    assert [m.raw for m in wire.messages_from(wire.messages_bytes(sent, raw=False))] == [None, None]
    assert wire.messages_from(wire.messages_bytes([], raw=True)) == []


def test_records_keep_every_field() -> None:
    full = record(
        parent_agent_id=uuid4(), created_at=START, started_at=START, metadata={"a": [1]}, prompt="\ud7ff", error="e"
    )
    shape = json.loads(json.dumps(wire.whole_record_json(full)))
    assert type(full)(**wire.record_values(shape)) == full


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1,
        -(2**40),
        1.5,
        "ü",
        b"\0",
        Decimal("1.25"),
        date(2026, 1, 2),
        datetime(2026, 1, 2, tzinfo=UTC),
        uuid4(),
        [1, 2],
    ],
    ids=lambda value: type(value).__name__,
)
def test_parameters_keep_their_types(value) -> None:
    assert wire.params_from(wire.params_bytes([value]), named=False) == [value]
    assert wire.params_from(wire.params_bytes({"a": value, "b": 1}), named=True) == {"a": value, "b": 1}


def test_no_parameters() -> None:
    assert wire.params_from(wire.params_bytes(None), named=False) is None
    assert wire.params_from(wire.params_bytes([]), named=False) == []


def test_an_error_of_an_unknown_kind_is_still_an_error() -> None:
    error = wire.error_from({"kind": "MemoryError", "message": "too large"})
    assert isinstance(error, StoreError)
    assert "too large" in str(error)
