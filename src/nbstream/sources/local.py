"""The small local model: a real stream with no key and no network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from nbstream.local import LocalServer
from nbstream.sources import End, Gap, News, Request
from nbstream.sources.http import new_client, open_stream
from nbstream.sse import ServerSentEvent

SILENCE_S: Final = 120.0
"""Longest wait between two bytes: a long prompt on a busy machine takes its time before the first token."""


class LocalSource:
    """One answer of the local model, over the Anthropic Messages protocol.

    A 135-million-parameter model: it streams for real, and it does not know much.

    Args:
        model_path: a GGUF file to use instead of the one that `nbstream local pull` fetches.
        max_tokens: the longest answer.
        system: a system prompt.
    """

    name = "local"
    parser = "anthropic"
    resumable = False

    def __init__(self, *, model_path: str | None = None, max_tokens: int = 256, system: str | None = None) -> None:
        self._model_path = model_path
        self._max_tokens = max_tokens
        self._system = system
        self._stopped = asyncio.Event()

    def describe(self) -> dict[str, Any]:
        """The name and options that make this source again."""
        options = {"model_path": self._model_path, "max_tokens": self._max_tokens, "system": self._system}
        return {"name": self.name, "options": options}

    async def events(
        self, request: Request, cursor: str | None
    ) -> AsyncIterator[list[ServerSentEvent] | News | Gap | End]:
        """See `Source.events`. The response is read once and cannot be asked for again."""
        if cursor is not None:
            yield End("gone", detail="the local model does not keep its answers: launch it again")
            return
        yield News("starting", "starting the local model")
        server = await asyncio.to_thread(LocalServer.ensure, self._model_path)
        body: dict[str, Any] = {
            "model": server.model,
            "max_tokens": self._max_tokens,
            "stream": True,
            "messages": [{"role": "user", "content": request.prompt}],
        }
        if self._system:
            body["system"] = self._system
        headers = {"x-api-key": server.api_key, "anthropic-version": "2023-06-01"}
        url = f"{server.url}/v1/messages"
        async with (
            new_client(read_timeout=SILENCE_S) as client,
            open_stream(client, "POST", url, headers=headers, body=body) as batches,
        ):
            yield News("live")
            async for batch in self._until_stopped(batches):
                if batch:
                    yield batch
        yield End("stopped" if self._stopped.is_set() else "eof")

    async def stop(self, request: Request) -> None:
        """Closes the response, which ends the generation at the server."""
        self._stopped.set()

    async def _until_stopped(
        self, batches: AsyncIterator[list[ServerSentEvent]]
    ) -> AsyncIterator[list[ServerSentEvent]]:
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            while True:
                following = asyncio.ensure_future(anext(batches, None))
                await asyncio.wait({stopped, following}, return_when=asyncio.FIRST_COMPLETED)
                if not following.done():
                    following.cancel()
                    await asyncio.gather(following, return_exceptions=True)
                    return
                batch = following.result()
                if batch is None:
                    return
                yield batch
        finally:
            stopped.cancel()
