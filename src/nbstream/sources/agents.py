"""Agents behind HTTP servers that speak a protocol of their own: AG-UI, Vercel's UI stream, LangGraph; or none."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from nbstream.errors import SourceRefused
from nbstream.sources import Request, shapes
from nbstream.sources.api import ApiSource
from nbstream.sources.http import open_stream
from nbstream.sse import ServerSentEvent


class AgUiSource(ApiSource):
    """An agent that speaks AG-UI; `base_url` is its whole address, the rest as for `ApiSource`."""

    name = "ag-ui"
    parser = "ag-ui"

    def content(self, request: Request) -> dict[str, Any]:
        """The request's body, AG-UI's RunAgentInput."""
        options = self._options
        system = [{"id": "system", "role": "system", "content": options["system"]}] if options["system"] else []
        return {
            "threadId": request.session_id or str(request.agent_id),
            "runId": str(request.agent_id),
            "state": {},
            "messages": [*system, *options["messages"], *shapes.ag_ui(request)],
            "tools": options["tools"],
            "context": [],
            "forwardedProps": {},
        }


class VercelSource(ApiSource):
    """A route of the Vercel AI SDK, as `useChat` calls it; `base_url` is its whole address."""

    name = "vercel"
    parser = "vercel"

    def content(self, request: Request) -> dict[str, Any]:
        """The request's body."""
        return {
            "id": request.session_id or str(request.agent_id),
            "messages": [*self._options["messages"], *shapes.ui_messages(request)],
            "trigger": "submit-message",
        }


class LangGraphSource(ApiSource):
    """A graph at a LangGraph server, which keeps the conversation in a thread.

    Args:
        assistant: the graph's or assistant's name.
        stream_mode: which of the server's streams are asked for.
        options: as for `ApiSource`; `base_url` defaults to the development server's.
    """

    name = "langgraph"
    parser = "langgraph"
    conversation = "thread"
    default_url = "http://127.0.0.1:2024"
    key_env = ("LANGGRAPH_API_KEY",)

    def __init__(
        self,
        base_url: str | None = None,
        *,
        assistant: str = "agent",
        stream_mode: tuple[str, ...] = ("messages-tuple",),
        **options: Any,
    ) -> None:
        super().__init__(base_url, **options)
        self._options |= {"assistant": assistant, "stream_mode": list(stream_mode)}

    def authorization(self, key: str) -> dict[str, str]:
        """The header that carries the key."""
        return {"x-api-key": key}

    def path(self, request: Request) -> str:
        """The route; the thread's id is the conversation's, so the first turn names it."""
        return f"/threads/{_thread(request)}/runs/stream"

    def content(self, request: Request) -> dict[str, Any]:
        """The request's body; a closed connection ends the run, so that Stop does."""
        return {
            "assistant_id": self._options["assistant"],
            "input": {"messages": [*self._options["messages"], {"role": "user", "content": request.prompt}]},
            "stream_mode": self._options["stream_mode"],
            "on_disconnect": "cancel",
        }

    async def _stream(
        self, request: Request, headers: Mapping[str, str]
    ) -> AsyncGenerator[list[ServerSentEvent] | None, None]:
        async with self._client() as client:
            thread = {"thread_id": _thread(request), "if_exists": "do_nothing"}
            await self._ask(client, "/threads", thread, headers)
            async with self._open(client, request, headers) as batches:
                yield None
                async for batch in batches:
                    yield batch


def _thread(request: Request) -> str:
    return request.session_id or str(request.agent_id)


class HttpSource(ApiSource):
    """Any address that answers a prompt with events or lines.

    Args:
        base_url: the whole address.
        parser: the wire format; `auto` finds out by the keys of the first objects.
        prompt_field: the field of the JSON body that holds the prompt; `body=` adds others.
        method: `POST`, or `GET` for a stream that is only read.
        options: as for `ApiSource`.
    """

    name = "http"
    lines = None
    conversation = None

    def __init__(
        self,
        base_url: str | None = None,
        *,
        parser: str = "auto",
        prompt_field: str = "prompt",
        method: str = "POST",
        **options: Any,
    ) -> None:
        super().__init__(base_url, **options)
        if method not in ("POST", "GET"):
            raise SourceRefused(f"expected method='POST' or 'GET', got {method!r}")
        self.parser = parser
        self._options |= {"parser": parser, "prompt_field": prompt_field, "method": method}

    def content(self, request: Request) -> dict[str, Any]:
        """The request's body."""
        return {self._options["prompt_field"]: request.prompt}

    def _open(self, client: Any, request: Request, headers: Mapping[str, str]) -> Any:
        if self._options["method"] == "POST":
            return super()._open(client, request, headers)
        return open_stream(client, "GET", self._address(""), headers=headers, lines=None)
