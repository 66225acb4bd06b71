"""A running `opencode serve`: one session, one prompt, and the server's event stream as far as it is about them.

The stream tells of everything the server does and never ends, so what belongs to other sessions is left out, and the
run is over when the format's own reader says that the session has come to rest.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, Final, Literal

import httpx

from nbstream.errors import SourceGone
from nbstream.parsers import parser_named
from nbstream.sources import Request
from nbstream.sources.api import ApiSource
from nbstream.sources.http import open_stream
from nbstream.sse import ServerSentEvent

Reply = Literal["once", "always", "reject"]
STOP_S: Final = 10.0
"""Seconds that the server may take to abort, before its stream is left."""


class OpencodeSource(ApiSource):
    """One prompt at a running `opencode serve`.

    Args:
        base_url: its address, by default `http://127.0.0.1:4096`.
        agent: which of its agents, None for its default.
        permission: decides what it asks leave for: gets the question, returns "once", "always" or "reject"; runs in a
            thread. Without it every question is refused.
        options: as for `ApiSource`; the model is `provider/model`, the key is `OPENCODE_SERVER_PASSWORD`.
    """

    name = "opencode-serve"
    parser = "opencode"
    conversation = "session"
    default_url = "http://127.0.0.1:4096"
    key_env = ("OPENCODE_SERVER_PASSWORD",)

    def __init__(
        self,
        base_url: str | None = None,
        *,
        agent: str | None = None,
        permission: Callable[[dict[str, Any]], Reply] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(base_url, **options)
        self._options |= {"agent": agent}
        self._permission = permission
        self._session = ""
        self._sent: dict[str, str] = {}

    def again(self, **changes: Any) -> ApiSource:
        """A source like this one for another turn."""
        return super().again(**{"permission": self._permission, **changes})

    def authorization(self, key: str) -> dict[str, str]:
        """The header that carries the password."""
        return {"authorization": "Basic " + base64.b64encode(f"opencode:{key}".encode()).decode()}

    async def stop(self, request: Request) -> None:
        """Asks the server to abort the session; what it says until it rests is kept."""
        if not self._session:
            self._stopped.set()
            return
        asyncio.get_running_loop().call_later(STOP_S, self._stopped.set)
        async with self._client() as client:
            await self._ask(client, f"/session/{self._session}/abort", {}, self._sent)

    async def _stream(
        self, request: Request, headers: Mapping[str, str]
    ) -> AsyncGenerator[list[ServerSentEvent] | None, None]:
        watcher, asked = parser_named(self.parser), False
        self._sent = dict(headers)
        async with (
            self._client() as client,
            open_stream(client, "GET", self._address("/event"), headers=headers) as batches,
        ):
            session = request.session_id or (await self._ask(client, "/session", {}, headers))["id"]
            self._session, family = session, {session}
            yield None
            async for batch in batches:
                if not asked:
                    asked = True  # the server has said hello, so nothing of the answer is missed
                    await self._ask(client, f"/session/{session}/prompt_async", self.content(request), headers)
                events = [event for event in batch if _concerns(event, family)]
                for event in events:
                    watcher.parse(event)
                    await self._answer(client, event, headers)
                yield events
                if watcher.finished:
                    return

    def content(self, request: Request) -> dict[str, Any]:
        """The prompt's body."""
        model = request.model or self._options["model"]
        provider, _, name = (model or "").partition("/")
        chosen = {"providerID": provider, "modelID": name} if name else None
        more = self._given(model=chosen, agent=self._options["agent"], system=self._options["system"])
        return {"parts": [{"type": "text", "text": request.prompt}], **more, **self._options["body"]}

    async def _answer(self, client: httpx.AsyncClient, event: ServerSentEvent, headers: Mapping[str, str]) -> None:
        """The answer to a question for leave."""
        frame = _frame(event)
        if frame.get("type") not in ("permission.asked", "permission.updated"):
            return
        asked = frame.get("properties") or {}
        reply: Reply = "reject"
        if self._permission is not None:
            reply = await asyncio.to_thread(self._permission, asked)
        try:
            await self._ask(client, f"/permission/{asked.get('id')}/reply", {"reply": reply}, headers)
        except SourceGone:  # an older server
            path = f"/session/{asked.get('sessionID')}/permissions/{asked.get('id')}"
            await self._ask(client, path, {"response": reply}, headers)


def _frame(event: ServerSentEvent) -> dict[str, Any]:
    try:
        found = json.loads(event.data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _concerns(event: ServerSentEvent, family: set[str]) -> bool:
    """Whether an event is about one of these sessions, or about none; a subagent's session joins them."""
    properties = _frame(event).get("properties")
    if not isinstance(properties, dict):
        return True
    inner = [value for key in ("info", "part") if isinstance(value := properties.get(key), dict)]
    named = {shape.get("sessionID") for shape in (properties, *inner)} - {None}
    for info in inner:
        if info.get("parentID") in family and str(info.get("id", "")).startswith("ses_"):
            family.add(str(info["id"]))
            named.add(info["id"])
        elif str(info.get("id", "")).startswith("ses_"):
            named.add(info["id"])
    return not named or bool(named & family)
