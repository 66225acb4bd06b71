"""The Messages API on loopback: what a real agent program talks to, token by token, at the pace a test decides."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count

from support import STREAM_HEAD, HttpRequest, reply

EVERYTHING = 10**9
REQUEST_ID = "req_loopback"
INPUT_USAGE = {"input_tokens": 21, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 5}
"""Of every answer, as the API counts: `input_tokens` is what did not go through the cache."""


class Gate:
    """Lets the first `limit` pieces of text of a test through; the test moves the limit from its own thread.

    Args:
        limit: how many pieces may pass.
    """

    def __init__(self, limit: int = EVERYTHING) -> None:
        self._limit = limit
        self._moved = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def open_to(self, limit: int = EVERYTHING) -> None:
        """Lets pieces up to that number pass, counted from the first one of the test."""
        self._limit = limit
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._moved.set)

    async def passing(self, number: int) -> None:
        """Waits until piece `number`, from 1, may pass."""
        self._loop = asyncio.get_running_loop()
        while number > self._limit:
            self._moved.clear()
            await self._moved.wait()


@dataclass(frozen=True)
class Text:
    """An answer of text.

    Args:
        pieces: one delta each.
    """

    pieces: tuple[str, ...]
    stop_reason = "end_turn"

    def block(self) -> dict:
        return {"type": "text", "text": ""}

    def deltas(self) -> list[dict]:
        return [{"type": "text_delta", "text": piece} for piece in self.pieces]


@dataclass(frozen=True)
class ToolUse:
    """An answer that calls one tool; its input comes in two deltas."""

    name: str
    input: dict
    call_id: str
    stop_reason = "tool_use"

    def block(self) -> dict:
        return {"type": "tool_use", "id": self.call_id, "name": self.name, "input": {}}

    def deltas(self) -> list[dict]:
        whole = json.dumps(self.input)
        half = len(whole) // 2
        return [{"type": "input_json_delta", "partial_json": part} for part in (whole[:half], whole[half:])]


@dataclass(frozen=True)
class Refusal:
    """An HTTP error in place of an answer."""

    status: int
    type: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)

    def bytes(self) -> bytes:
        error = {"type": "error", "error": {"type": self.type, "message": self.message}, "request_id": REQUEST_ID}
        return reply(self.status, json.dumps(error), request_id=REQUEST_ID, **self.headers)


Turn = Text | ToolUse | Refusal


@dataclass
class MessagesApi:
    """Answers each streaming request for a message with the next turn; the handler of a `LoopbackServer`.

    Args:
        turns: what is answered, in order; a request beyond them is refused with 400, which shows in the answer.
        gate: which pieces of text may be sent.

    Attributes:
        asked: the bodies of the requests for a message, in order.
        seen: every request with its headers.
        sent: pieces of text sent so far.
        strangers: what was asked for that this server is not: a way out of this machine, or an unknown path.
    """

    turns: list[Turn]
    gate: Gate = field(default_factory=Gate)
    asked: list[dict] = field(default_factory=list)
    seen: list[HttpRequest] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        self._left = list(self.turns)
        self._numbers = count(1)

    def play(self, turns: list[Turn]) -> None:
        """Sets what is answered from now on, for turns that name what was made after the server."""
        self._left = list(turns)

    async def __call__(self, request: HttpRequest, writer: asyncio.StreamWriter) -> None:
        self.seen.append(request)
        path = request.path.partition("?")[0]
        if request.method == "POST" and path == "/v1/messages":
            await self._message(request.json, writer)
        elif request.method == "POST" and path == "/v1/messages/count_tokens":
            writer.write(reply(200, json.dumps({"input_tokens": 21})))
        elif request.method == "GET" and path == "/v1/models":
            writer.write(reply(200, json.dumps({"data": [], "has_more": False, "first_id": None, "last_id": None})))
        elif request.method == "HEAD":
            writer.write(b"HTTP/1.1 200 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        else:
            self.strangers.append(f"{request.method} {request.path}")
            writer.write(Refusal(404, "not_found_error", f"no {path} here").bytes())

    async def _message(self, body: dict, writer: asyncio.StreamWriter) -> None:
        self.asked.append(body)
        turn = (
            self._left.pop(0) if self._left else Refusal(400, "invalid_request_error", "the script has no more turns")
        )
        if isinstance(turn, Refusal):
            writer.write(turn.bytes())
            return
        writer.write(STREAM_HEAD.replace(b"\r\n\r\n", f"\r\nrequest-id: {REQUEST_ID}\r\n\r\n".encode()))
        async for event in self._events(turn, body["model"]):
            writer.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
            await writer.drain()

    async def _events(self, turn: Text | ToolUse, model: str) -> AsyncIterator[dict]:
        message = {"id": f"msg_{next(self._numbers):04}", "type": "message", "role": "assistant", "model": model}
        opening = {
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": INPUT_USAGE | {"output_tokens": 1},
        }
        yield {"type": "message_start", "message": message | opening}
        yield {"type": "ping"}
        yield {"type": "content_block_start", "index": 0, "content_block": turn.block()}
        for delta in turn.deltas():
            if delta["type"] == "text_delta":
                await self.gate.passing(self.sent + 1)
                self.sent += 1
            yield {"type": "content_block_delta", "index": 0, "delta": delta}
        yield {"type": "content_block_stop", "index": 0}
        closing = {"stop_reason": turn.stop_reason, "stop_sequence": None}
        yield {"type": "message_delta", "delta": closing, "usage": {"output_tokens": output_tokens(turn)}}
        yield {"type": "message_stop"}


def output_tokens(turn: Text | ToolUse) -> int:
    """What the server counts for an answer."""
    return 10 + len(turn.deltas())
