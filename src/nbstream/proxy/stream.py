"""A run as Server-Sent Events: what was asked for from the log, then whatever comes, then how it ended.

| event | id | data |
|---|---|---|
| `message` | `{epoch}.{line}` | one line of the program's stdout |
| `oversize` | `{epoch}.{line}` | a line over the limit: `{"line", "bytes", "path_in_log", "head"}`, see below |
| `gap` | none | `{"from", "to", "next", "reason"}`: lines that are not in the log; `next`: the id to resume after |
| `complete` | none | `{"status", "duration", "messageCount", "exit_code", "signal", "stderr", "reason"}`: the last |
| `error` | none | `{"message", "reason"}`: the log cannot be read; the last event |

Every line has its number, an empty one too, so ids have no holes. A line over `max_line_bytes` comes as its number, its
size, the offset in the log at which it begins, and the first 64 KiB as text. Invalid UTF-8 is replaced and a CR within
a line comes out as LF (the format has no other way); the log keeps the bytes. Heartbeats are comments and carry no id.
Each client reads the log for itself: a slow one delays nobody, has about 1 MiB in flight at most (most of it in the
kernel), and is cut off when it takes nothing for `send_timeout`. A client that goes away stops nothing.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from nbstream.errors import NbstreamError
from nbstream.proxy.tail import Lines, Oversize

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.types import Receive, Scope, Send

    from nbstream.proxy.runs import Run
    from nbstream.proxy.tail import LineTail

SEND_BYTES = 65536  # of one send: with the server's own buffer of as much, what a client can leave lying
STDERR_IN_EVENT = 4096  # bytes of stderr's tail in the last event
EVENT_ID = re.compile(r"([0-9a-f]{1,32})\.([0-9]{1,15})")
HEARTBEAT = b":\n\n"
STREAM_HEADERS = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}


class EventIdMalformed(NbstreamError):
    """The Last-Event-ID is none that this proxy ever gave."""


class EpochUnknown(NbstreamError):
    """The Last-Event-ID is of another log than the one that is there."""


class AboveHead(NbstreamError):
    """The Last-Event-ID is of a line that was never written."""


async def position(run: Run, last_event_id: str | None) -> int:
    """The line after which a client wants to go on, 0 for the start.

    Raises:
        EventIdMalformed, EpochUnknown, AboveHead: see there.
    """
    if not last_event_id:
        return 0
    match = EVENT_ID.fullmatch(last_event_id)
    if match is None:
        raise EventIdMalformed(f"expected Last-Event-ID like {run.meta.epoch}.17, got {last_event_id[:64]!r}")
    if match[1] != run.meta.epoch:
        raise EpochUnknown(f"Last-Event-ID is of epoch {match[1]}, this log is {run.meta.epoch}: begin a new stream")
    await run.caught_up.wait()
    if int(match[2]) > run.head:
        run.count_now()
    if int(match[2]) > run.head:
        raise AboveHead(f"Last-Event-ID is line {int(match[2])}, the log has {run.head}: begin a new stream")
    return int(match[2])


def encode_event(event: str, value: dict[str, Any], event_id: str | None = None) -> bytes:
    """One event that is not a line of the log."""
    head = f"id: {event_id}\n" if event_id else ""
    return f"{head}event: {event}\ndata: {json.dumps(value)}\n\n".encode()


def encode_lines(epoch: bytes, batch: Lines) -> bytes:
    """The events of whole lines, in one piece: about half a microsecond each."""
    lines = batch.lines
    joined = b"\n".join(lines)
    try:
        joined.decode()
    except UnicodeDecodeError:
        lines = [line.decode(errors="replace").encode() for line in lines]
    if b"\r" in joined:
        lines = [line.replace(b"\r", b"\ndata: ") for line in lines]
    numbered = enumerate(lines, batch.first)
    return b"".join([b"id: %b.%d\nevent: message\ndata: %b\n\n" % (epoch, number, line) for number, line in numbered])


def _encode(run: Run, item: Lines | Oversize, after: int) -> bytes:
    """The events of what a read made, without the lines that the client has."""
    epoch = run.meta.epoch
    if isinstance(item, Oversize):
        head = item.head.decode(errors="replace")
        value = {"line": item.line, "bytes": item.size, "path_in_log": item.offset, "head": head}
        return encode_event("oversize", value, f"{epoch}.{item.line}") if item.line > after else b""
    known = max(0, after + 1 - item.first)
    if known >= len(item.lines):
        return b""
    wanted = Lines(item.first + known, item.lines[known:]) if known else item
    return encode_lines(epoch.encode(), wanted)


def complete_event(run: Run) -> bytes:
    """The last event of a run that is over."""
    meta = run.meta
    return encode_event(
        "complete",
        {
            "status": meta.status,
            "duration": meta.duration,
            "messageCount": meta.lines,
            "exit_code": meta.exit_code,
            "signal": meta.signal,
            "stderr": run.stderr_tail(STDERR_IN_EVENT),
            "reason": meta.reason,
        },
    )


async def _wait(pulse: asyncio.Event, heartbeat: float) -> bool:
    """Waits for a change; False when a heartbeat is due first."""
    try:
        async with asyncio.timeout(heartbeat):
            await pulse.wait()
    except TimeoutError:
        return False
    return True


async def _follow(run: Run, tail: LineTail, after: int, heartbeat: float) -> AsyncIterator[bytes]:
    clock = asyncio.get_running_loop().time
    due = clock() + heartbeat  # by when something must be sent, also while a long line grows
    while True:
        pulse, over = run.pulse, run.ended.is_set()  # looked at before reading: no change can fall between
        items = tail.read(final=over)
        if items is None and over:
            break
        part = b"".join([_encode(run, item, after) for item in items or ()])
        if not part and items is None and not await _wait(pulse, due - clock()):
            part = HEARTBEAT
        if part:
            yield part
            due = clock() + heartbeat


async def events(run: Run, after: int, heartbeat: float) -> AsyncIterator[bytes]:
    """The stream after a line, as pieces of bytes that begin and end with an event.

    Args:
        run: the run, watched.
        after: the last line that the client has.
        heartbeat: seconds of silence before a comment.
    """
    line = after
    try:
        while not run.log.exists() and not run.ended.is_set():
            if not await _wait(run.pulse, heartbeat):
                yield HEARTBEAT
        if run.log.exists():
            with run.tail(after) as tail:
                async for part in _follow(run, tail, after, heartbeat):
                    yield part
                line = max(after, tail.line)
    except OSError as problem:
        yield encode_event("error", {"message": f"the log cannot be read: {problem}", "reason": "log_unreadable"})
        return
    if line < run.head:
        behind = f"{run.meta.epoch}.{run.head}"
        yield encode_event("gap", {"from": line + 1, "to": run.head, "next": behind, "reason": "the log was shortened"})
    yield complete_event(run)


class EventStream(Response):
    """The response that sends a run.

    Args:
        run: the run, watched.
        after: the last line that the client has.
        heartbeat: seconds.
        cut_off: breaks the connection of a client that takes nothing any more.
        is_gone: whether the connection of a request is broken; sending on it then still succeeds.
        closing: set when the proxy ends and leaves the run to the next one.
        headers: more headers.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        run: Run,
        after: int,
        heartbeat: float,
        cut_off: Callable[[Scope], None],
        is_gone: Callable[[Scope], bool],
        closing: asyncio.Event,
        headers: dict[str, str],
    ) -> None:
        super().__init__(headers=STREAM_HEADERS | headers)
        del self.headers["content-length"]
        self._run = run
        self._after = after
        self._heartbeat = heartbeat
        self._cut_off = cut_off
        self._is_gone = is_gone
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the stream until it ends, the client goes, or the proxy does."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        sending = asyncio.create_task(self._send(scope, send))
        others = {asyncio.create_task(_leave(receive)), asyncio.create_task(self._closing.wait())}
        try:
            await asyncio.wait({sending, *others}, return_when=asyncio.FIRST_COMPLETED)
            finished = sending.done()
        finally:
            for task in (sending, *others):
                task.cancel()
            await asyncio.gather(sending, *others, return_exceptions=True)
        if not finished:
            await send({"type": "http.response.body", "body": b""})
            return
        try:
            sending.result()
        except TimeoutError:
            self._cut_off(scope)
            await asyncio.sleep(0)  # lets the server see that the connection is gone

    async def _send(self, scope: Scope, send: Send) -> None:
        async for part in events(self._run, self._after, self._heartbeat):
            for start in range(0, len(part), SEND_BYTES):
                body = part[start : start + SEND_BYTES]
                message = {"type": "http.response.body", "body": body, "more_body": True}
                async with asyncio.timeout(self._run.limits.send_timeout):
                    await send(message)
                await asyncio.sleep(0)  # a client that takes all at once never makes `send` wait: others have a turn
        gone = self._is_gone(scope)
        await send({"type": "http.response.body", "body": b""})
        if not gone:
            self._run.delivered.set()


async def _leave(receive: Receive) -> None:
    """Returns when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
