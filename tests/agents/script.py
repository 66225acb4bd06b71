"""What an API on loopback answers, whatever its wire: turns of thoughts, text and tool calls, behind a gate."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count

from agents.messages_server import EVERYTHING, Gate, Refusal, Text, ToolUse
from support import STREAM_HEAD, HttpRequest, reply

INPUT_TOKENS = 29
CACHED_TOKENS = 5
"""Of every answer; the counts of these wires have the cached ones in the input."""
THINKING_TOKENS = 4
"""Of every thought; the answer's tokens have them in."""


@dataclass(frozen=True)
class Thought:
    """What a model thinks before it answers.

    Args:
        words: shown by the programs that show thoughts.
    """

    words: str


Part = Thought | Text | ToolUse
Turn = tuple[Part, ...]


def spoken_tokens(turn: Turn) -> int:
    """What the server counts for a turn's text and calls: without the thoughts."""
    return sum(10 + len(part.deltas()) for part in turn if not isinstance(part, Thought))


def thought_tokens(turn: Turn) -> int:
    """What the server counts for a turn's thoughts."""
    return sum(THINKING_TOKENS for part in turn if isinstance(part, Thought))


@dataclass
class ScriptedApi:
    """Answers each request of a model with the next turn; the handler of a `LoopbackServer`.

    Args:
        turns: what is answered, in order; a request beyond them is refused with 400, which shows in the answer.
        gate: which pieces of text may be sent.

    Attributes:
        asked: the bodies of the requests for an answer, in order.
        seen: every request with its headers.
        strangers: what was asked for that this server is not: a way out of this machine, or an unknown path.
        sent: pieces of text sent so far.
    """

    turns: list[Turn | Refusal] = field(default_factory=list)
    gate: Gate = field(default_factory=Gate)
    asked: list[dict] = field(default_factory=list)
    seen: list[HttpRequest] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        self._numbers = count(1)

    def answers(self, path: str) -> bool:
        """Whether a POST to the path asks for an answer of the model."""
        raise AssertionError(path)

    def events(self, turn: Turn, body: dict, number: int) -> AsyncIterator[dict]:
        """The answer on this API's wire."""
        raise AssertionError(body)

    def aside(self, body: dict) -> Turn | None:
        """The answer to what a program asks beside the conversation; None: it belongs to it."""
        return None

    def refused(self, refusal: Refusal) -> bytes:
        """An error on this API's wire."""
        error = {"error": {"message": refusal.message, "type": refusal.type, "code": refusal.type}}
        return reply(refusal.status, json.dumps(error), **refusal.headers)

    def framed(self, event: dict) -> str:
        """One event as it is sent."""
        return f"data: {json.dumps(event)}\n\n"

    def play(self, turns: list[Turn | Refusal], limit: int = EVERYTHING) -> None:
        """Begins another run's script; whatever waits at the gate of the one before goes on.

        Args:
            turns: what is answered.
            limit: how many pieces of text may pass at first.
        """
        self.gate.open_to()
        self.gate, self.turns, self.sent = Gate(limit), list(turns), 0
        self.asked.clear()
        self.seen.clear()
        self.strangers.clear()

    async def gated(self, part: Text) -> AsyncIterator[str]:
        """The pieces of an answer, each when the test lets it pass."""
        gate = self.gate
        for piece in part.pieces:
            await gate.passing(self.sent + 1)
            self.sent += 1
            yield piece

    async def __call__(self, request: HttpRequest, writer: asyncio.StreamWriter) -> None:
        self.seen.append(request)
        path = request.path.partition("?")[0]
        if request.method != "POST" or not self.answers(path):
            self.strangers.append(f"{request.method} {request.path}")
            writer.write(self.refused(Refusal(404, "not_found_error", f"no {path} here")))
            return
        if (aside := self.aside(request.json)) is not None:
            await self._stream(aside, request.json, writer)
            return
        self.asked.append(request.json)
        turn = (
            self.turns.pop(0) if self.turns else Refusal(400, "invalid_request_error", "the script has no more turns")
        )
        if isinstance(turn, Refusal):
            writer.write(self.refused(turn))
            return
        await self._stream(turn, request.json, writer)

    async def _stream(self, turn: Turn, body: dict, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM_HEAD)
        async for event in self.events(turn, body, next(self._numbers)):
            writer.write(self.framed(event).encode())
            await writer.drain()
