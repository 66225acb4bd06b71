"""An agent that speaks the Agent Client Protocol: a child process, JSON-RPC over its stdin and stdout.

We are the client, and offer nothing: no files, no terminal. What the agent asks leave for is refused, or decided by
the person's function. Source: agentclientprotocol.com, protocol version 1.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

from nbstream.errors import SourceRefused, SourceUnavailable
from nbstream.sources import End, News, Request
from nbstream.sources.api import LOST, Events
from nbstream.sources.child import Child
from nbstream.sources.pace import STALLED_S, watched
from nbstream.sse import ServerSentEvent

CANCEL_S: Final = 10.0
"""Seconds that the agent may take to end a cancelled turn, before its process is ended."""
NO_METHOD: Final = -32601
"""JSON-RPC: method not found."""

Decide = Callable[[dict[str, Any]], str | bool | None]


class AcpSource:
    """One prompt to an ACP agent.

    Args:
        argv: its command line, for instance `["opencode", "acp"]`.
        cwd: the folder it works in, None for the current one.
        env: variables it gets besides this process's own; their values are never stored.
        permission: decides what it asks leave for: gets the question as the protocol has it, returns the id of an
            option, True for its first "allow" option, or False; runs in a thread. Without it all is refused.
        stalled_after: seconds of silence after which it is shown as stalled.
        withheld: names of options that were not stored and must be given again.
    """

    name = "acp"
    parser = "acp"
    resumable = False
    conversation = "session"

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        permission: Decide | None = None,
        stalled_after: float = STALLED_S,
        withheld: Sequence[str] = (),
    ) -> None:
        if isinstance(argv, str) or not argv:
            raise SourceRefused("expected argv to be a list of texts, for instance ['opencode', 'acp']")
        self._argv, self._env, self._permission = list(argv), dict(env or {}), permission
        self._cwd = str(Path(cwd or Path.cwd()).resolve())
        self._stalled_after = stalled_after
        self._withheld = [what for what in withheld if not (what == "env" and env)]
        self._child: Child | None = None
        self._calls = 0
        self._session: str | None = None
        self._stopping = False
        self._stopped = asyncio.Event()

    def describe(self) -> dict[str, Any]:
        """The name and options that make this source again; the values of `env` stay out."""
        options = {"argv": self._argv, "cwd": self._cwd, "stalled_after": self._stalled_after}
        return {"name": self.name, "options": options | ({"withheld": ["env"]} if self._env else {})}

    def again(self, **changes: Any) -> AcpSource:
        """A source like this one for another turn."""
        options = {**self.describe()["options"], "env": self._env, "permission": self._permission}
        options.pop("withheld", None)
        return AcpSource(**{**options, **changes})

    async def events(self, request: Request, cursor: str | None) -> Events:
        """See `Source.events`. What the agent has said is not kept anywhere else."""
        if cursor is not None:
            yield End("gone", detail=f"the agent ended with the process that had started it; {LOST}")
            return
        if self._withheld:
            raise SourceRefused(f"{', '.join(self._withheld)} may hold secrets and was not stored: give it again")
        yield News("starting", f"starting {Path(self._argv[0]).name}")
        self._child = child = await Child.start(self._argv, cwd=self._cwd, env=self._env)
        try:
            turn = watched(
                self._turn(child, request), self._stopped, stalled_after=self._stalled_after, silence=math.inf
            )
            async with aclosing(turn):
                async for item in turn:
                    if item is None:
                        yield News("live")
                    elif item:
                        yield item
            yield End("stopped" if self._stopping else "eof", detail=child.stderr.strip()[-300:] or None)
        finally:
            await child.close()

    async def stop(self, request: Request) -> None:
        """Cancels the turn, and ends the process where that does not help."""
        self._stopping = True
        if self._child is None or self._session is None:
            self._stopped.set()
            return
        asyncio.get_running_loop().call_later(CANCEL_S, self._stopped.set)
        await self._child.write(_line(method="session/cancel", params={"sessionId": self._session}))

    async def _turn(self, child: Child, request: Request) -> AsyncGenerator[list[ServerSentEvent] | None, None]:
        """The conversation from the greeting to the answer to the prompt; None once the agent is ready."""
        lines = _one_by_one(child.lines())
        greeting = {"fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False}
        params: dict[str, Any] = {"protocolVersion": 1, "clientCapabilities": greeting}
        able = await self._result(child, lines, "initialize", params)
        place = {"cwd": self._cwd, "mcpServers": []}
        if request.session_id is None:
            opened = await self._result(child, lines, "session/new", place)
            self._session = str(opened.get("sessionId") or "")
        else:
            if not (able.get("agentCapabilities") or {}).get("loadSession"):
                raise SourceRefused(f"{self._argv[0]} cannot go on with an earlier session: launch a new one")
            # It tells the earlier turns again; they are in the log of their own run.
            self._session = request.session_id
            await self._result(child, lines, "session/load", {"sessionId": self._session, **place})
        if request.model:
            chosen = {"sessionId": self._session, "modelId": request.model}
            await self._result(child, lines, "session/set_model", chosen)
        yield None
        prompt = {"sessionId": self._session, "prompt": [{"type": "text", "text": request.prompt}]}
        number = await self._call(child, "session/prompt", prompt)
        async for event, frame in lines:
            yield [event]
            if await self._answered(child, frame, number):
                return

    async def _call(self, child: Child, method: str, params: dict[str, Any]) -> int:
        self._calls += 1
        await child.write(_line(id=self._calls, method=method, params=params))
        return self._calls

    async def _result(self, child: Child, lines: Any, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """What the agent answers to a call before the prompt.

        Raises:
            SourceRefused: it answered with an error.
            SourceUnavailable: it ended instead.
        """
        number = await self._call(child, method, params)
        async for _, frame in lines:
            if not await self._answered(child, frame, number):
                continue
            if "error" in frame:
                said = frame["error"].get("message") if isinstance(frame["error"], dict) else frame["error"]
                raise SourceRefused(f"{self._argv[0]} answered {method} with an error: {said}")
            return frame["result"] if isinstance(frame.get("result"), dict) else {}
        code = await child.wait()
        raise SourceUnavailable(f"{self._argv[0]} ended with exit code {code} at {method}: {child.stderr.strip()}")

    async def _answered(self, child: Child, frame: dict[str, Any], number: int) -> bool:
        """Whether this is the answer to the call of that number; what the agent asks of us is answered."""
        if "method" not in frame:
            return frame.get("id") == number
        if "id" in frame:
            if frame["method"] == "session/request_permission":
                outcome = await self._decide(frame.get("params") or {})
                await child.write(_line(id=frame["id"], result={"outcome": outcome}))
            else:
                error = {"code": NO_METHOD, "message": f"this client does not offer {frame['method']}"}
                await child.write(_line(id=frame["id"], error=error))
        return False

    async def _decide(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The outcome of a question for leave: an option of it, or `cancelled` where none refuses."""
        options = [option for option in asked.get("options") or [] if isinstance(option, dict)]
        answer: Any = None
        if self._permission is not None and not self._stopping:
            answer = await asyncio.to_thread(self._permission, asked)
        wanted = "allow" if answer is True else "reject"
        for option in options:
            chosen = option.get("optionId")
            if chosen == answer if isinstance(answer, str) else str(option.get("kind", "")).startswith(wanted):
                return {"outcome": "selected", "optionId": chosen}
        return {"outcome": "cancelled"}


async def _one_by_one(
    batches: AsyncGenerator[list[ServerSentEvent], None],
) -> AsyncGenerator[tuple[ServerSentEvent, dict[str, Any]], None]:
    """Each line, and what it says as JSON-RPC; a line that is none is left out, programs print banners."""
    async for batch in batches:
        for event in batch:
            try:
                frame = json.loads(event.data)
            except ValueError:
                continue
            if isinstance(frame, dict):
                yield event, frame


def _line(**fields: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", **fields}) + "\n"
