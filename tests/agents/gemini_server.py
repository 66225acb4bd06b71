"""The Gemini API on loopback, as Gemini CLI speaks it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from agents.messages_server import Refusal, Text, ToolUse
from agents.script import CACHED_TOKENS, INPUT_TOKENS, ScriptedApi, Thought, Turn, spoken_tokens, thought_tokens
from support import reply


class GeminiApi(ScriptedApi):
    """`POST /v1beta/models/MODEL:streamGenerateContent?alt=sse`."""

    def answers(self, path: str) -> bool:
        return path.startswith("/v1beta/models/") and path.endswith(":streamGenerateContent")

    def framed(self, event: dict) -> str:
        return f"data: {json.dumps(event)}\r\n\r\n"

    def refused(self, refusal: Refusal) -> bytes:
        error = {"error": {"code": refusal.status, "message": refusal.message, "status": refusal.type}}
        return reply(refusal.status, json.dumps(error), **refusal.headers)

    async def events(self, turn: Turn, body: dict, number: int) -> AsyncIterator[dict]:
        base = {"modelVersion": "gemini-loopback", "responseId": f"response-{number}"}

        def chunk(part: dict, finish: str | None = None) -> dict:
            candidate = {"content": {"role": "model", "parts": [part]}, "index": 0}
            return base | {"candidates": [candidate | ({"finishReason": finish} if finish else {})]}

        for part in turn:
            if isinstance(part, Thought):
                yield chunk({"text": part.words, "thought": True})
            elif isinstance(part, Text):
                async for piece in self.gated(part):
                    yield chunk({"text": piece})
            elif isinstance(part, ToolUse):
                yield chunk({"functionCall": {"name": part.name, "args": part.input, "id": part.call_id}})
        spoken, thinking = spoken_tokens(turn), thought_tokens(turn)
        usage = {
            "promptTokenCount": INPUT_TOKENS,
            "cachedContentTokenCount": CACHED_TOKENS,
            "candidatesTokenCount": spoken,
            "thoughtsTokenCount": thinking,
            "totalTokenCount": INPUT_TOKENS + spoken + thinking,
        }
        yield chunk({"text": ""}, "STOP") | {"usageMetadata": usage}
