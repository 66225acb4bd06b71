"""The other processes' side of the socket: the same methods, asked of the owner."""

from __future__ import annotations

import contextlib
import itertools
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from nbstream.errors import SaveFailed, StoreError
from nbstream.messages import AgentMessage, AgentRecord
from nbstream.store import endpoint, wire
from nbstream.store.outbox import MISSED, Outbox
from nbstream.store.plan import BEFORE_FAILED
from nbstream.store.requests import Committed, Create, Request, Retain, Save, Snapshot, must_fail, row_count, settle
from nbstream.store.verify import Report
from nbstream.store.writer import PENDING_BYTES, PENDING_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from nbstream.messages import AgentStatus
    from nbstream.store.wire import Frame, Header

CLOSE_SECONDS: Final = 10.0
"""How long a store that closes waits for its owner's answers."""


class OwnerGone(Exception):
    """The owner's process has ended or closed the store; ask the next owner."""


class Joined:
    """A store that another process has open.

    Three threads keep one order: what the owner says is read by one; what listeners and futures of writes hear is
    told by a second, in the order the owner said it; a third is whoever asks.

    Args:
        path: the store's file.

    Attributes:
        ended: set when the owner is gone and all that it said has been told.

    Raises:
        OwnerGone: nobody serves this store.
        StoreError: its owner runs another version of nbstream.
    """

    role: Literal["joined"] = "joined"

    def __init__(self, path: Path) -> None:
        self.ended = threading.Event()
        self._channel = _greet(path)
        self._numbers = itertools.count(1)
        self._asked: dict[int, Future[Frame]] = {}
        self._writes: dict[int, Request] = {}
        self._rows = 0
        self._bytes = 0
        self._gone = False
        self._changed = threading.Condition()
        self._order = threading.Lock()
        self._news = Outbox()
        self._listener: Callable[[Committed], None] | None = None
        self._resync: Callable[[Snapshot], None] | None = None
        self._first: Future[Snapshot] | None = None
        self._awaited: int | None = None
        self._threads = [
            threading.Thread(target=target, name=f"nbstream-store-{name}", daemon=True)
            for name, target in (("joined", self._receive), ("joined-news", self._tell))
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, request: Request) -> None:
        """Send a write to the owner; blocks while too much is unanswered.

        Raises:
            OwnerGone: the owner is gone; the request was not taken.
        """
        if must_fail(request):
            settle(request, SaveFailed(BEFORE_FAILED))
            return
        rows = row_count(request)
        frame = _write(request)
        with self._order:  # the order of the numbers is the order on the wire
            with self._changed:
                while not self._gone and self._writes and not self._fits(rows, request.size):
                    self._changed.wait()
                if self._gone:
                    raise OwnerGone
                number = next(self._numbers)
                self._writes[number] = request
                self._rows += rows
                self._bytes += request.size
            self._send(number, *frame)

    def unanswered(self) -> list[Request]:
        """The writes that the owner did not answer, in order; final once `ended` is set."""
        return [self._writes[number] for number in sorted(self._writes)]

    def agent(self, agent_id: UUID) -> AgentRecord:
        """One agent."""
        header, _ = self._ask({"call": "agent", "agent_id": str(agent_id)})
        return AgentRecord(**wire.record_values(header["record"]))

    def agents(self, status: AgentStatus | None) -> list[AgentRecord]:
        """All agents, oldest first."""
        header, _ = self._ask({"call": "agents", "status": status})
        return [AgentRecord(**wire.record_values(shape)) for shape in header["records"]]

    def messages(self, agent_id: UUID, since: int, limit: int | None, *, raw: bool) -> list[AgentMessage]:
        """An agent's messages after `since`."""
        ask = {"call": "messages", "agent_id": str(agent_id), "since": since, "limit": limit, "raw": raw}
        _, body = self._ask(ask)
        return wire.messages_from(body)

    def raw(self, agent_id: UUID, since: int) -> list[tuple[int, str]]:
        """A page of the recording."""
        _, body = self._ask({"call": "raw", "agent_id": str(agent_id), "since": since})
        return wire.raw_from(body)

    def head(self, agent_id: UUID) -> int:
        """The highest sequence number of an agent."""
        header, _ = self._ask({"call": "head", "agent_id": str(agent_id)})
        return int(header["head"])

    def query(self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None) -> pa.Table:
        """The result of one reading statement."""
        named = params is not None and hasattr(params, "keys")
        _, body = self._ask({"call": "query", "sql": sql, "named": named}, wire.params_bytes(params))
        return wire.table_from(body)

    def verify(self) -> Report:
        """Every rule proved again, by the owner."""
        header, _ = self._ask({"call": "verify"})
        return Report(**header["report"])

    def follow(self, listener: Callable[[Committed], None], resync: Callable[[Snapshot], None]) -> Snapshot:
        """Hear what each commit does from a moment on; returns what the store holds at that moment.

        Args:
            listener: hears it.
            resync: called in place of news that had to be dropped, with what the store holds by then.
        """
        first: Future[Snapshot] = Future()
        with self._changed:
            if self._gone:
                raise OwnerGone
            self._listener, self._resync, self._first = listener, resync, first
        self._ask_snapshot()
        return first.result()

    def unfollow(self, listener: Callable[[Committed], None]) -> None:
        """Hear no more."""
        self._listener = self._resync = None

    def close(self) -> None:
        """Wait until every write is answered, though not for ever, then hang up."""
        with self._changed:
            self._changed.wait_for(lambda: self._gone or not self._writes, CLOSE_SECONDS)
            self._gone = True
        self._channel.hang_up()
        for thread in self._threads:
            thread.join()
        for request in self.unanswered():
            settle(request, SaveFailed("the store was closed before its owner answered; it may have been saved"))

    def _fits(self, rows: int, size: int) -> bool:
        return self._rows + rows <= PENDING_ROWS and self._bytes + size <= PENDING_BYTES

    def _send(self, number: int, header: Header, body: bytes) -> None:
        try:
            self._channel.send(header | {"reply": number}, body)
        except OSError:
            self._channel.hang_up()  # whoever receives sees it, and everything unanswered is dealt with there

    def _ask(self, header: Header, body: bytes = b"") -> Frame:
        future: Future[Frame] = Future()
        with self._changed:
            if self._gone:
                raise OwnerGone
            number = next(self._numbers)
            self._asked[number] = future
        self._send(number, header, body)
        answer = future.result()
        if "error" in answer[0]:
            raise wire.error_from(answer[0]["error"])
        return answer

    def _receive(self) -> None:
        """Answers to questions go straight to who asked; all else keeps its order."""
        while frame := self._channel.receive():
            header, body = frame
            asked = self._asked.pop(header.get("reply", 0), None)
            if asked is not None:
                asked.set_result(frame)
            elif header.get("push") == "committed":
                self._news.news(header, body)
            else:
                self._news.reply(header, body)
        with self._changed:
            self._gone = True
            self._changed.notify_all()
        for future in list(self._asked.values()):
            future.set_exception(OwnerGone())
        self._news.close()
        self._threads[1].join()
        if self._first is not None:
            self._first.set_exception(OwnerGone())
        self._channel.close()
        self.ended.set()

    def _tell(self) -> None:
        """Tell listeners and those who hold futures of writes, in the order the owner said it."""
        while frame := self._news.take():
            header, body = frame
            if header.get("push") == MISSED:
                self._ask_snapshot()
            elif header.get("push") == "committed":
                # Until the snapshot comes that was asked for last, all news is in it.
                if self._listener is not None and self._awaited is None:
                    self._listener(_committed(header, body))
            elif header["reply"] == self._awaited:
                self._awaited = None
                self._begin_again(header)
            else:
                self._settle(header, body)

    def _ask_snapshot(self) -> None:
        with self._changed:
            number = self._awaited = next(self._numbers)
        self._send(number, {"call": "follow"}, b"")

    def _begin_again(self, header: Header) -> None:
        first, self._first = self._first, None
        if "error" in header:
            if first is not None:
                first.set_exception(wire.error_from(header["error"]))
            return
        records = [AgentRecord(**wire.record_values(shape)) for shape in header["records"]]
        snapshot = Snapshot({UUID(agent_id): head for agent_id, head in header["heads"].items()}, records)
        if first is not None:
            first.set_result(snapshot)
        elif self._resync is not None:
            with contextlib.suppress(OwnerGone):  # then the rest is read from the next owner
                self._resync(snapshot)

    def _settle(self, header: Header, body: bytes) -> None:
        with self._changed:
            request = self._writes.pop(header["reply"], None)
            if request is None:
                return
            self._rows -= row_count(request)
            self._bytes -= request.size
            self._changed.notify_all()
        if "error" in header:
            settle(request, wire.error_from(header["error"]))
        elif isinstance(request, Save):
            settle(request, _committed(header, body))
        elif isinstance(request, Retain):
            settle(request, header["retained"])
        else:
            settle(request, AgentRecord(**wire.record_values(header["record"])))


def _greet(path: Path) -> wire.Channel:
    try:
        connection, secret = endpoint.connect(path)
    except (OSError, ValueError) as error:
        raise OwnerGone from error
    channel = wire.Channel(connection)
    try:
        channel.send({"call": "hello", "version": wire.VERSION, "secret": secret})
        answer = channel.receive()
    except OSError:
        answer = None
    if answer is None:
        channel.close()
        raise OwnerGone
    if answer[0].get("version") != wire.VERSION:
        channel.close()
        raise StoreError(
            f"{path} is open in process {answer[0].get('pid')}, which runs another version of nbstream: "
            "restart it, so that both run the same"
        )
    return channel


def _write(request: Request) -> Frame:
    if isinstance(request, Save):
        header: Header = {"agent_id": str(request.agent_id), "last_event_id": request.last_event_id}
        if request.after is not None:
            header["after"] = True
        return header | {"call": "save"}, wire.messages_bytes(request.messages, raw=True, metadata=request.metadata)
    if isinstance(request, Retain):
        return {
            "call": "retain",
            "kind": request.kind,
            "agents": [str(agent_id) for agent_id in request.agents],
            "agent_changes": dict(request.agent_changes),
            "records": [wire.whole_record_json(record) for record in request.records],
            "matches": request.matches,
        }, request.changes
    if isinstance(request, Create):
        return {"call": "create", "record": wire.whole_record_json(request.record)}, b""
    changes = wire.record_json(request.changes)
    return {
        "call": "update",
        "agent_id": str(request.agent_id),
        "changes": changes,
        "expect": dict(request.expect),
        "merge": dict(request.merge),
    }, b""


def _committed(header: Header, body: bytes) -> Committed:
    record = header.get("record")
    return Committed(
        agent_id=UUID(header["agent_id"]),
        messages=wire.messages_from(body) if body else [],
        duplicates=header["duplicates"],
        deleted=header.get("deleted", False),
        record=None if record is None else AgentRecord(**wire.record_values(record)),
    )
