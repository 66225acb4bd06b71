"""Models by their own APIs, directly: one request, one streamed answer, no proxy of ours in between."""

from __future__ import annotations

from typing import Any

from nbstream.sources import Request, shapes
from nbstream.sources.api import ApiSource

MAX_TOKENS = 4096
"""Where Anthropic's API wants a limit and nobody has named one."""


class OpenAIChatSource(ApiSource):
    """OpenAI's Chat Completions, and the many servers that speak it; options as for `ApiSource`."""

    name = "openai-chat"
    parser = "openai-chat"
    default_url = "https://api.openai.com/v1"
    url_env = "OPENAI_BASE_URL"
    key_env = ("OPENAI_API_KEY",)

    def path(self, request: Request) -> str:
        """The route."""
        return "/chat/completions"

    def content(self, request: Request) -> dict[str, Any]:
        """The request's body. Counts are asked for; a server that does not know how to ask ignores it."""
        options = self._options
        system = [{"role": "system", "content": options["system"]}] if options["system"] else []
        limit = "max_completion_tokens" if self._host == "api.openai.com" else "max_tokens"
        return {
            "stream": True,
            "stream_options": {"include_usage": True},
            "messages": [*system, *options["messages"], *shapes.chat(request)],
            **self._given(model=self._model(request), tools=options["tools"], temperature=options["temperature"]),
            **self._given(**{limit: options["max_tokens"]}),
        }


class AnthropicSource(ApiSource):
    """Anthropic's Messages, and servers that speak it; options as for `ApiSource`."""

    name = "anthropic"
    parser = "anthropic"
    default_url = "https://api.anthropic.com"
    url_env = "ANTHROPIC_BASE_URL"
    key_env = ("ANTHROPIC_API_KEY",)

    def path(self, request: Request) -> str:
        """The route."""
        return "/v1/messages"

    def authorization(self, key: str) -> dict[str, str]:
        """The header that carries the key."""
        return {"x-api-key": key}

    def content(self, request: Request) -> dict[str, Any]:
        """The request's body."""
        options = self._options
        return {
            "stream": True,
            "max_tokens": options["max_tokens"] or MAX_TOKENS,
            "messages": [*options["messages"], *shapes.anthropic(request)],
            **self._given(model=self._model(request), system=options["system"]),
            **self._given(tools=options["tools"], temperature=options["temperature"]),
        }

    async def _authorized(self) -> dict[str, str]:
        return {"anthropic-version": "2023-06-01", **await super()._authorized()}


class OpenAIResponsesSource(ApiSource):
    """OpenAI's Responses, and servers that speak it; options as for `ApiSource`. Nothing is stored at the provider."""

    name = "openai-responses"
    parser = "openai-responses"
    default_url = "https://api.openai.com/v1"
    url_env = "OPENAI_BASE_URL"
    key_env = ("OPENAI_API_KEY",)

    def path(self, request: Request) -> str:
        """The route."""
        return "/responses"

    def content(self, request: Request) -> dict[str, Any]:
        """The request's body."""
        options = self._options
        return {
            "stream": True,
            "store": False,
            "input": [*options["messages"], *shapes.responses(request)],
            **self._given(model=self._model(request), instructions=options["system"], tools=options["tools"]),
            **self._given(max_output_tokens=options["max_tokens"], temperature=options["temperature"]),
        }


class GeminiSource(ApiSource):
    """Google's Gemini API; options as for `ApiSource`."""

    name = "gemini"
    parser = "gemini"
    default_url = "https://generativelanguage.googleapis.com"
    url_env = "GOOGLE_GEMINI_BASE_URL"
    key_env = ("GEMINI_API_KEY", "GOOGLE_API_KEY")

    def path(self, request: Request) -> str:
        """The route, with the model in it."""
        return f"/v1beta/models/{self._model(request) or 'default'}:streamGenerateContent?alt=sse"

    def authorization(self, key: str) -> dict[str, str]:
        """The header that carries the key; in the address it would be logged on the way."""
        return {"x-goog-api-key": key}

    def content(self, request: Request) -> dict[str, Any]:
        """The request's body."""
        options = self._options
        configured = self._given(maxOutputTokens=options["max_tokens"], temperature=options["temperature"])
        return {
            "contents": [*options["messages"], *shapes.gemini(request)],
            **({"systemInstruction": {"parts": [{"text": options["system"]}]}} if options["system"] else {}),
            **({"generationConfig": configured} if configured else {}),
            **self._given(tools=options["tools"]),
        }


class OllamaSource(ApiSource):
    """Ollama's own API; options as for `ApiSource`."""

    name = "ollama"
    parser = "ollama"
    default_url = "http://127.0.0.1:11434"
    key_env = ("OLLAMA_API_KEY",)
    lines = True

    def path(self, request: Request) -> str:
        """The route."""
        return "/api/chat"

    def content(self, request: Request) -> dict[str, Any]:
        """The request's body."""
        options = self._options
        system = [{"role": "system", "content": options["system"]}] if options["system"] else []
        configured = self._given(num_predict=options["max_tokens"], temperature=options["temperature"])
        return {
            "stream": True,
            "messages": [*system, *options["messages"], *shapes.ollama(request)],
            **({"options": configured} if configured else {}),
            **self._given(model=self._model(request), tools=options["tools"]),
        }
