"""What several tests share: a loopback HTTP server whose bytes a test decides, and a wait for a condition."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

RECORDINGS_DIR = "recordings"


@dataclass
class HttpRequest:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


Handler = Callable[[HttpRequest, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class LoopbackServer:
    """A real server on 127.0.0.1 that answers with exactly the bytes its handler writes.

    One connection serves one request; when the handler returns, the connection is closed.
    """

    handler: Handler
    requests: list[HttpRequest] = field(default_factory=list)
    port: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def __enter__(self):
        self._open.clear()
        self._loop = asyncio.new_event_loop()
        started = threading.Event()

        def run():
            asyncio.set_event_loop(self._loop)
            self._server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", self.port))
            self.port = self._server.sockets[0].getsockname()[1]
            started.set()
            self._loop.run_forever()
            self._loop.close()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        started.wait(30)
        return self

    def __exit__(self, *_):
        async def down():
            # A connection that is being accepted while the server closes would be closed by nobody.
            while accepting := [task for task in asyncio.all_tasks() if "accept" in task.get_coro().__qualname__]:
                await asyncio.gather(*accepting)
            self._server.close()
            handlers = asyncio.all_tasks() - {asyncio.current_task()}
            for task in handlers:
                task.cancel()
            await asyncio.gather(*handlers, return_exceptions=True)
            for writer in self._open:
                writer.transport.abort()
            await asyncio.sleep(0)
            self._loop.stop()

        asyncio.run_coroutine_threadsafe(down(), self._loop)
        self._thread.join(30)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _connected(self, reader, writer):
        self._open.add(writer)
        task = self._loop.create_task(self._serve(reader, writer))
        task.add_done_callback(lambda _: self._open.discard(writer) if writer.is_closing() else None)

    async def _serve(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *rest = head.split("\r\n")
            method, path, _ = first.split(" ", 2)
            headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in rest if line)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            request = HttpRequest(method, path, headers, body)
            self.requests.append(request)
            await self.handler(request, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def reply(status: int, body: bytes | str = b"", content_type: str = "application/json", **headers: str) -> bytes:
    """A whole response with a body."""
    body = body.encode() if isinstance(body, str) else body
    lines = [
        f"HTTP/1.1 {status} X",
        f"content-type: {content_type}",
        f"content-length: {len(body)}",
        "connection: close",
    ]
    lines += [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
"""The head of an event stream that ends when the connection does."""


def until(condition: Callable[[], object], timeout: float = 60.0, what: str = "the condition") -> object:
    """Waits until the condition holds and returns what it gave; fails with its name when it does not."""
    end = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come about within {timeout} s")
        time.sleep(0.01)


@dataclass
class ScriptedProxy:
    """The wire of a proxy for one run of known lines, with a choice of what goes wrong on the way.

    Args:
        lines: the run's log.
        cut: given the number of the connection (from 1) and the bytes left to send, how many go before it breaks.
        deliver: turns the events to send (id, line) into what is sent instead, for instance doubled or shuffled.
        complete: the data of the last event; None ends the response without one.
        answers: statuses and bodies to answer stream requests with first, one a connection.
    """

    lines: list[str]
    epoch: str = "e1"
    cut: Callable[[int, int], int | None] = lambda _connection, _left: None
    deliver: Callable[[list[tuple[int, str]]], list[tuple[int, str]]] = lambda events: events
    complete: dict | None = field(default_factory=lambda: {"status": "completed", "exit_code": 0})
    answers: list[bytes] = field(default_factory=list)
    connections: int = 0
    starts: int = 0
    stops: int = 0
    cursors: list[str | None] = field(default_factory=list)

    async def __call__(self, request: HttpRequest, writer: asyncio.StreamWriter) -> None:
        if request.path == "/agent/start":
            self.starts += 1
            writer.write(reply(200, json.dumps({"agent_id": request.json["agent_id"], "pid": 1, "status": "started"})))
        elif request.path.startswith("/agent/stop/"):
            self.stops += 1
            writer.write(reply(200, json.dumps({"status": "stopped", "agent_id": request.path.rsplit("/", 1)[1]})))
        elif self.answers:
            writer.write(self.answers.pop(0))
        else:
            await self._stream(request, writer)

    def stream_bytes(self, after: int = 0) -> bytes:
        events = self.deliver([(n, line) for n, line in enumerate(self.lines, 1) if n > after])
        sent = b"".join(
            f"id: {self.epoch}.{n}\nevent: message\ndata: {line}\n\n".encode("utf-8", "surrogatepass")
            for n, line in events
        )
        if self.complete is not None:
            sent += f"event: complete\ndata: {json.dumps(self.complete)}\n\n".encode()
        return sent

    async def _stream(self, request: HttpRequest, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        cursor = request.headers.get("last-event-id")
        self.cursors.append(cursor)
        rest = self.stream_bytes(int(cursor.rpartition(".")[2]) if cursor else 0)
        cut = self.cut(self.connections, len(rest))
        writer.write(STREAM_HEAD + (rest if cut is None else rest[:cut]))
        await writer.drain()
