"""A model on this machine: a real stream with no key and no network, over any of three protocols."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Final, Literal

from nbstream.errors import SourceRefused
from nbstream.local import LocalServer
from nbstream.sources import End, News, Request, Said
from nbstream.sources.api import LOST, ApiSource, Events
from nbstream.sources.models import AnthropicSource, OpenAIChatSource, OpenAIResponsesSource

SILENCE_S: Final = 120.0
"""Longest wait between two bytes: a long prompt on a busy machine takes its time before the first token."""
PROTOCOLS: Final[dict[str, tuple[type[ApiSource], str]]] = {
    "chat": (OpenAIChatSource, "/v1"),
    "messages": (AnthropicSource, ""),
    "responses": (OpenAIResponsesSource, "/v1"),
}
"""Each protocol's source, and what its routes begin with on the model's server."""


class LocalSource:
    """One answer of a local model.

    The default is a 135-million-parameter model: it streams for real, and it does not know much.

    Args:
        model_path: a GGUF file to use instead of the one that `nbstream local pull` fetches.
        protocol: how it is asked: `messages` (Anthropic's), `chat` or `responses` (OpenAI's).
        max_tokens: the longest answer.
        system: a system prompt.
        tools: the tools it may ask for, in the protocol's own shape.
        examples: tool calls to learn from, each `{"prompt", "tool", "input", "output", "answer"}`. A small model asks
            for a tool only after it has seen two.
        temperature: of the sampling; 0, the server's default, repeats itself.
    """

    name = "local"
    resumable = False
    conversation = "messages"

    def __init__(
        self,
        *,
        model_path: str | None = None,
        protocol: Literal["chat", "messages", "responses"] = "messages",
        max_tokens: int = 256,
        system: str | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
        examples: Sequence[Mapping[str, Any]] = (),
        temperature: float | None = None,
    ) -> None:
        if protocol not in PROTOCOLS:
            raise SourceRefused(f"expected protocol to be one of {', '.join(PROTOCOLS)}, got {protocol!r}")
        self._kind, self._prefix = PROTOCOLS[protocol]
        self.parser = self._kind.parser
        self._model_path = model_path
        self._options: dict[str, Any] = {
            "protocol": protocol,
            "max_tokens": max_tokens,
            "system": system,
            "tools": list(tools),
            "examples": list(examples),
            "temperature": temperature,
        }
        self._asked: ApiSource | None = None
        self._stopping = False

    def describe(self) -> dict[str, Any]:
        """The name and options that make this source again."""
        return {"name": self.name, "options": {"model_path": self._model_path, **self._options}}

    async def events(self, request: Request, cursor: str | None) -> Events:
        """See `Source.events`. The response is read once and cannot be asked for again."""
        if cursor is not None:
            yield End("gone", detail=f"the local model does not keep its answers; {LOST}")
            return
        yield News("starting", "starting the local model")
        server = await asyncio.to_thread(LocalServer.ensure, self._model_path)
        if self._stopping:
            yield End("stopped")
            return
        asked = ("max_tokens", "system", "tools", "temperature")
        self._asked = self._kind(
            server.url + self._prefix,
            api_key=lambda: server.api_key,
            model=server.model,
            silence=SILENCE_S,
            **{name: self._options[name] for name in asked},
        )
        examples = [said for example in enumerate(self._options["examples"], 1) for said in _told(*example)]
        told = replace(request, history=(*examples, *request.history))
        async with aclosing(self._asked.events(told, None)) as items:
            async for item in items:
                yield item

    async def stop(self, request: Request) -> None:
        """Closes the response, which ends the generation at the server."""
        self._stopping = True
        if self._asked is not None:
            await self._asked.stop(request)


def _told(number: int, example: Mapping[str, Any]) -> list[Said]:
    """One worked example of a tool's use, as an earlier turn."""
    call_id, tool = f"example{number}", str(example["tool"])
    return [
        Said(role="user", content=str(example["prompt"])),
        Said(role="assistant", content=json.dumps(example["input"]), tool=tool, call_id=call_id),
        Said(role="tool", content=str(example["output"]), tool=tool, call_id=call_id),
        Said(role="assistant", content=str(example["answer"])),
    ]
