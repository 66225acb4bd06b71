"""The owner's side of the socket: every method of the store, for other processes of the same user."""

from __future__ import annotations

import contextlib
import hmac
import os
import socket
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from nbstream.errors import StoreClosed
from nbstream.messages import AgentRecord
from nbstream.store import endpoint, wire
from nbstream.store.outbox import Outbox
from nbstream.store.requests import Committed, Follow, Retain, Save, Snapshot, create, save, update

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nbstream.store.owner import Owner
    from nbstream.store.requests import Request
    from nbstream.store.wire import Frame, Header

_READERS: Final = 4
"""Reads and queries that run at a time for all clients; more wait their turn."""

_FLUSH_SECONDS: Final = 2.0
"""How long a closing owner waits for a client to take its last frames."""


class Server:
    """Serves an owned store on its socket.

    Args:
        owner: the store; the server ends with `close`, before or after it.
        path: the store's file.
    """

    def __init__(self, owner: Owner, path: Path) -> None:
        self._owner = owner
        self._listener, self._secret, self._remove = endpoint.listen(path)
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="nbstream-store-read")
        self._lock = threading.Lock()
        self._clients: set[_Client] = set()
        self._closed = False
        owner.listen(self._publish)
        self._thread = threading.Thread(target=self._accept, name="nbstream-store-accept", daemon=True)
        self._thread.start()

    def stop_accepting(self) -> None:
        """No new clients: those that come find nobody, and wait for the lock."""
        with self._lock:
            self._closed = True
        self._remove()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def close(self) -> None:
        """Hang up on every client; they see it at once and look for the next owner."""
        self._owner.unfollow(self._publish)
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            client.close()
        self._pool.shutdown(cancel_futures=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._closed:
                    connection.close()
                    return
                client = _Client(self._owner, self._secret, connection, self._pool, self._forget)
                self._clients.add(client)
            client.start()

    def _forget(self, client: _Client) -> None:
        with self._lock:
            self._clients.discard(client)

    def _publish(self, committed: Committed) -> None:
        """On the writer's thread: the frame is made once for all."""
        with self._lock:
            clients = [client for client in self._clients if client.subscribed]
        if clients:
            header, body = _committed(committed)
            for client in clients:
                client.outbox.news(header | {"push": "committed"}, body)


def _committed(committed: Committed) -> Frame:
    header: Header = {"agent_id": str(committed.agent_id), "duplicates": committed.duplicates}
    if committed.record is not None:
        header["record"] = wire.whole_record_json(committed.record)
    if committed.deleted:
        header["deleted"] = True
    return header, wire.messages_bytes(committed.messages, raw=False) if committed.messages else b""


def _snapshot(snapshot: Snapshot) -> Header:
    return {
        "heads": {str(agent_id): head for agent_id, head in snapshot.heads.items()},
        "records": [wire.whole_record_json(record) for record in snapshot.records],
    }


class _Client:
    """One connection: a thread that reads requests, one that writes what is in the outbox."""

    def __init__(
        self,
        owner: Owner,
        secret: str,
        connection: socket.socket,
        pool: ThreadPoolExecutor,
        forget: Callable[[_Client], None],
    ) -> None:
        self._owner = owner
        self._secret = secret
        self._channel = wire.Channel(connection)
        self._pool = pool
        self._forget = forget
        self.outbox = Outbox()
        self.subscribed = False
        self._saves: dict[UUID, Future[Committed]] = {}
        self._order = threading.Lock()
        self._sender = threading.Thread(target=self._send, name="nbstream-store-client-out", daemon=True)
        self._receiver = threading.Thread(target=self._receive, name="nbstream-store-client", daemon=True)

    def start(self) -> None:
        """Begin to listen and to answer."""
        self._sender.start()
        self._receiver.start()

    def close(self) -> None:
        """Send what is in the outbox, then hang up."""
        self._end()
        self._receiver.join()

    def _end(self) -> None:
        self.outbox.close()
        self._sender.join(_FLUSH_SECONDS)
        self._channel.hang_up()
        self._sender.join()

    def _send(self) -> None:
        try:
            while frame := self.outbox.take():
                self._channel.send(*frame)
        except OSError:
            self._channel.hang_up()

    def _receive(self) -> None:
        try:
            if self._greet():
                while frame := self._channel.receive():
                    self._handle(*frame)
        finally:
            self._forget(self)
            self._end()
            self._channel.close()

    def _greet(self) -> bool:
        """Answer the first frame; whoever does not know the secret, or speaks another version, is sent away."""
        frame = self._channel.receive()
        if frame is None or not hmac.compare_digest(str(frame[0].get("secret")).encode(), self._secret.encode()):
            return False
        self.outbox.reply({"version": wire.VERSION, "pid": os.getpid()})
        return frame[0].get("version") == wire.VERSION

    def _handle(self, header: Header, body: bytes) -> None:
        try:
            request = _request(header, body)
            if isinstance(request, Save):
                request = self._in_order(request, follows="after" in header)
            if request is not None:
                request.future.add_done_callback(lambda future: self._settle(header, future))
                self._owner.submit(request)
            elif header["call"] == "follow":
                follow = Follow(self._subscribe, Future())
                follow.future.add_done_callback(lambda future: self._settle(header, future))
                self._owner.submit(follow)
            else:
                self._later(header, body)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client must hear of it
            self._fail(header, error)

    def _in_order(self, request: Save, *, follows: bool) -> Save:
        """The save with the one before it, where the client wants it kept only if that one is."""
        with self._order:
            before = self._saves.get(request.agent_id) if follows else None
            self._saves[request.agent_id] = request.future
        request.future.add_done_callback(lambda future: self._kept(request.agent_id, future))
        return replace(request, after=before)

    def _kept(self, agent_id: UUID, future: Future[Committed]) -> None:
        """Forget the last save of an agent once it holds: what follows it may."""
        with self._order:
            if self._saves.get(agent_id) is future and future.exception() is None:
                del self._saves[agent_id]

    def _later(self, header: Header, body: bytes) -> None:
        """Read on a thread of the pool. When Python ends, the pool ends before us: to the client, the owner is gone."""
        try:
            self._pool.submit(self._read, header, body)
        except RuntimeError:
            self._channel.hang_up()

    def _subscribe(self) -> None:
        self.subscribed = True

    def _settle(self, header: Header, future: Future[Any]) -> None:
        """What became of it; on the writer's thread, after the listeners, so all news before it is in the outbox."""
        error = future.exception()
        if error is not None:
            self._fail(header, error)
        elif isinstance(future.result(), Snapshot):
            self._answer(header, _snapshot(future.result()), b"")
        elif isinstance(future.result(), Committed):
            self._answer(header, *_committed(future.result()))
        elif isinstance(future.result(), dict):
            self._answer(header, {"retained": future.result()}, b"")
        else:
            self._answer(header, {"record": wire.whole_record_json(future.result())}, b"")

    def _read(self, header: Header, body: bytes) -> None:
        try:
            self._answer(header, *_answer(self._owner, header, body))
        except Exception as error:  # noqa: BLE001 - whatever it is, the client must hear of it
            self._fail(header, error)

    def _answer(self, header: Header, answer: Header, body: bytes) -> None:
        self.outbox.reply(answer | {"reply": header["reply"]}, body)

    def _fail(self, header: Header, error: BaseException) -> None:
        """Tell the client; but that this owner is closing is no answer: the client asks the next owner."""
        if not isinstance(error, StoreClosed):
            self._answer(header, {"error": wire.error_json(error)}, b"")


def _request(header: Header, body: bytes) -> Request | None:
    """The write that a frame asks for, None when it asks for something else."""
    call = header["call"]
    if call == "save":
        return save(UUID(header["agent_id"]), wire.messages_from(body), header["last_event_id"])
    if call == "create":
        return create(AgentRecord(**wire.record_values(header["record"])))
    if call == "retain":
        return Retain(
            kind=header["kind"],
            agents=tuple(UUID(agent_id) for agent_id in header["agents"]),
            changes=body,
            agent_changes=header["agent_changes"],
            records=[AgentRecord(**wire.record_values(shape)) for shape in header["records"]],
            matches=header["matches"],
        )
    if call == "update":
        changes = wire.record_values(header["changes"])
        return update(UUID(header["agent_id"]), changes, header["expect"], header["merge"])
    return None


def _answer(owner: Owner, header: Header, body: bytes) -> Frame:
    """The answer to a frame that asks to read."""
    call = header["call"]
    if call == "agents":
        return {"records": [wire.whole_record_json(record) for record in owner.agents(header["status"])]}, b""
    if call == "query":
        params = wire.params_from(body, named=header["named"])
        return {}, wire.table_bytes(owner.query(header["sql"], params))
    if call == "verify":
        return {"report": asdict(owner.verify())}, b""
    agent_id = UUID(header["agent_id"])
    if call == "agent":
        return {"record": wire.whole_record_json(owner.agent(agent_id))}, b""
    if call == "head":
        return {"head": owner.head(agent_id)}, b""
    if call == "raw":
        return {}, wire.raw_bytes(owner.raw(agent_id, header["since"]))
    if call == "messages":
        messages = owner.messages(agent_id, header["since"], header["limit"], raw=header["raw"])
        return {}, wire.messages_bytes(messages, raw=header["raw"])
    raise ValueError(f"expected a call of this version, got {call!r}")
