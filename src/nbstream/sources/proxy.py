"""A run behind `nbstream proxy`: started once, read by position, resumed as often as it takes."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import httpx

from nbstream.errors import (
    EventTooLarge,
    NbstreamError,
    ProgramNotFound,
    ProtocolError,
    SourceGone,
    SourceRefused,
    SourceUnavailable,
)
from nbstream.proxy import ProxyAddress, ensure_proxy, find_proxy
from nbstream.sources import End, Gap, News, Request
from nbstream.sources.backoff import Backoff
from nbstream.sources.http import new_client, open_stream, refusal, unavailable
from nbstream.sources.order import InOrder, MissingEvents
from nbstream.sse import ServerSentEvent

HEARTBEAT_S: Final = 10.0
START_TRIES: Final = 4
"""Connections tried before a run that was never started counts as failed: about two seconds."""
BARREN_TRIES: Final = 3
"""Connections that bring later lines and never the next one, before it counts as gone for good."""
GIVE_UP_S: Final = 600.0
"""Silence of the proxy after which a run that was started counts as interrupted; `attach` tries again."""


class ProxySource:
    """One run of one profile at a proxy.

    Args:
        url: the proxy's address; None finds the proxy of the folder and starts one where there is none.
        token: its token; None takes `NBSTREAM_PROXY_TOKEN`, or what the folder's own proxy left in its state file.
        directory: the folder whose proxy it is, where agents work; None takes the current one.
        profile: which of the proxy's profiles runs.
        parser: the wire format of that profile.
        heartbeat: seconds between the proxy's heartbeats; three missed ones end the connection.
        give_up: seconds without any answer after which a started run counts as interrupted.
        max_event_bytes: limit of one line.
    """

    name = "proxy"
    resumable = True
    conversation = "session"

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str | None = None,
        directory: str | None = None,
        profile: str = "claude",
        parser: str = "claude",
        heartbeat: float = HEARTBEAT_S,
        give_up: float = GIVE_UP_S,
        max_event_bytes: int | None = None,
    ) -> None:
        self.parser = parser
        self._url = url
        self._token = token
        self._directory = Path(directory or Path.cwd()).resolve()
        self._profile = profile
        self._heartbeat = heartbeat
        self._give_up = give_up
        self._limit = max_event_bytes
        self._order = InOrder()

    @property
    def duplicates(self) -> int:
        """Lines that came again and were refused by their position."""
        return self._order.duplicates

    def describe(self) -> dict[str, Any]:
        """The name and options that make this source again; the token stays out."""
        options: dict[str, Any] = {"profile": self._profile, "parser": self.parser, "heartbeat": self._heartbeat}
        options |= {"directory": str(self._directory), **({"url": self._url} if self._url else {})}
        return {"name": self.name, "options": options}

    def again(self, **changes: Any) -> ProxySource:
        """A source like this one for another turn, its token included."""
        options = {**self.describe()["options"], "token": self._token, "give_up": self._give_up}
        return ProxySource(**{**options, "max_event_bytes": self._limit, **changes})

    async def events(
        self, request: Request, cursor: str | None
    ) -> AsyncIterator[list[ServerSentEvent] | News | Gap | End]:
        """See `Source.events`."""
        async with new_client(read_timeout=3 * self._heartbeat) as client:
            if cursor is None:
                yield News("starting", f"asking the proxy for {self._profile}")
                await self._start(client, request)
            self._order = InOrder(cursor)
            # Closed here, not when it is collected, which may be after the end of the loop; it holds a response.
            async with aclosing(self._read(client, request, self._order)) as items:
                async for item in items:
                    yield item

    async def stop(self, request: Request) -> None:
        """Asks the proxy to end the run.

        Raises:
            SourceError: the proxy cannot be reached, or does not know the run.
        """
        async with new_client(read_timeout=3 * self._heartbeat) as client:
            await self._post(client, await self._address(), f"/agent/stop/{request.agent_id}", {})

    async def _address(self) -> ProxyAddress:
        """Where the proxy is now; a restarted one has another port and token, so this is asked at each connection."""
        if self._url is None:
            return await asyncio.to_thread(ensure_proxy, directory=self._directory)
        token = self._token or os.environ.get("NBSTREAM_PROXY_TOKEN")
        if token is None:
            own = await asyncio.to_thread(find_proxy, directory=self._directory)
            no_token = f"no token for {self._url}: give token=… or set NBSTREAM_PROXY_TOKEN"
            if own is None:  # it may be on its way back: a proxy that was killed is started again by somebody
                raise SourceUnavailable(f"no proxy answers for {self._directory}, and there is {no_token}")
            if own.url != self._url.rstrip("/"):
                raise SourceRefused(no_token)
            token = own.token
        return ProxyAddress(url=self._url.rstrip("/"), token=token)

    async def _start(self, client: httpx.AsyncClient, request: Request) -> None:
        body = {"prompt": request.prompt, "profile": self._profile, "agent_id": str(request.agent_id)}
        body |= {key: value for key in ("session_id", "model") if (value := getattr(request, key)) is not None}
        backoff = Backoff()
        while True:
            try:
                await self._post(client, await self._address(), "/agent/start", body)
            except SourceUnavailable as error:
                if backoff.attempts >= START_TRIES:
                    raise SourceUnavailable(f"{error}: is the proxy running? `nbstream proxy` starts one") from error
                await asyncio.sleep(backoff.next(error.retry_after))
            else:
                return

    async def _post(self, client: httpx.AsyncClient, address: ProxyAddress, path: str, body: dict[str, Any]) -> None:
        try:
            response = await client.post(address.url + path, json=body, headers=address.headers)
        except httpx.TransportError as error:
            raise unavailable(address.url + path, error) from error
        if response.status_code == 200:
            return
        if _reason(response) == "program_not_found":
            raise ProgramNotFound(str(response.json()["detail"]))
        raise refusal(response, response.text)

    async def _read(
        self, client: httpx.AsyncClient, request: Request, order: InOrder
    ) -> AsyncGenerator[list[ServerSentEvent] | News | Gap | End, None]:
        """Reads to the terminal event, through as many connections as it takes."""
        backoff = Backoff()
        clock = asyncio.get_running_loop().time
        heard = clock()
        asked: float | None = None
        barren = 0
        while True:
            try:
                async with self._connect(client, await self._address(), request, order) as batches:
                    yield News("live")
                    async for batch in batches:
                        heard = clock()
                        asked = next((event.retry / 1000 for event in reversed(batch) if event.retry), asked)
                        for item in _items(batch, order):
                            backoff.reset()
                            barren = 0
                            yield item
                            if isinstance(item, End):
                                return
                trouble: NbstreamError = SourceUnavailable("the proxy closed the stream before the run was over")
            except SourceGone as error:
                yield End("gone", detail=f"the proxy does not have this run any more: {error}")
                return
            except EventTooLarge as error:
                yield order.give_up_next(f"one line is too large: {error}; the proxy's log has it whole")
                continue
            except (SourceUnavailable, MissingEvents) as error:
                trouble = error
            except (SourceRefused, ProtocolError) as error:
                yield End("gone", detail=str(error))
                return
            barren += 1
            if order.missing and barren > BARREN_TRIES:
                yield order.give_up_missing(f"{BARREN_TRIES} connections did not bring them")
            if clock() - heard > self._give_up:
                yield End("gone", detail=f"no answer for {self._give_up:.0f} s: {trouble}")
                return
            wait = backoff.next(getattr(trouble, "retry_after", None) or asked)
            yield News("reconnecting", f"{trouble}; trying again in {wait:.1f} s (attempt {backoff.attempts})")
            await asyncio.sleep(wait)

    def _connect(self, client: httpx.AsyncClient, address: ProxyAddress, request: Request, order: InOrder) -> Any:
        order.forget_held()
        return open_stream(
            client,
            "GET",
            f"{address.url}/agent/{request.agent_id}/stream",
            headers=address.headers,
            last_event_id=order.cursor,
            max_event_bytes=self._limit,
        )


def _items(batch: list[ServerSentEvent], order: InOrder) -> list[list[ServerSentEvent] | News | Gap | End]:
    """The proxy's envelope taken off: lines in order, gaps by name, the end by its reason."""
    items: list[list[ServerSentEvent] | News | Gap | End] = []
    lines: list[ServerSentEvent] = []
    for event in batch:
        if event.event == "message":
            lines.append(event)
            continue
        if lines:
            items.append(order.take(lines))
            lines = []
        items.extend(_notice(event, order))
    if lines:
        items.append(order.take(lines))
    return [item for item in items if item]


def _notice(event: ServerSentEvent, order: InOrder) -> list[list[ServerSentEvent] | News | Gap | End]:
    """One event of the proxy's own. Unknown names are a later proxy's and say nothing about the lines."""
    try:
        said = json.loads(event.data)
    except ValueError:
        said = {}
    if not isinstance(said, dict):
        said = {}
    order.know_epoch(event.id or str(said.get("next") or ""))
    if event.event == "complete":
        # With lines still missing it is no end yet: the stream closes after it, and the reconnect asks for them.
        return [_end(said)] if order.has_all(said.get("messageCount")) else []
    if event.event == "error":
        return [
            End("gone", detail=str(said.get("message") or "the proxy could not go on with this run"), metadata=said)
        ]
    if event.event == "gap" and isinstance(said.get("from"), int) and isinstance(said.get("to"), int):
        return [order.give_up_to(said["from"], said["to"], str(said.get("reason") or "the proxy does not have them"))]
    if event.event == "oversize":
        reason = f"a line of {said.get('bytes', '?')} bytes is over the proxy's limit; its log has it whole"
        return [order.give_up_next(reason)]
    return []


def _end(said: dict[str, Any]) -> End:
    stderr = str(said.get("stderr") or "").strip()
    exit_code = said.get("exit_code")
    return End(
        "stopped" if said.get("status") == "stopped" else "exited",
        exit_code=exit_code if isinstance(exit_code, int) else None,
        detail=said.get("reason") or (stderr.splitlines()[-1] if stderr else None),
        metadata=said,
    )


def claude(**options: Any) -> ProxySource:
    """Claude Code, run by the proxy's profile `claude`."""
    return ProxySource(**{"profile": "claude", "parser": "claude", **options})


def codex(**options: Any) -> ProxySource:
    """Codex, run by the proxy's profile `codex`."""
    return ProxySource(**{"profile": "codex", "parser": "codex", **options})


def gemini_cli(**options: Any) -> ProxySource:
    """Gemini CLI, run by the proxy's profile `gemini-cli`."""
    return ProxySource(**{"profile": "gemini-cli", "parser": "gemini-cli", **options})


def opencode_run(**options: Any) -> ProxySource:
    """`opencode run`, run by the proxy's profile `opencode`."""
    return ProxySource(**{"profile": "opencode", "parser": "opencode-run", **options})


def replay(*, recording: str | None = None, **options: Any) -> ProxySource:
    """A recording, played by the proxy as if its program ran now.

    Args:
        recording: its name at the proxy; None plays the one that nbstream ships.
        options: as for `ProxySource`.
    """
    profile = f"replay:{recording}" if recording else "replay"
    return ProxySource(**{"profile": profile, "parser": "claude", **options})


def _reason(response: httpx.Response) -> str | None:
    try:
        found = response.json()
    except ValueError:
        return None
    return found.get("reason") if isinstance(found, dict) else None
