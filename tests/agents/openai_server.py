"""OpenAI's two protocols on loopback: Responses, which Codex speaks, and chat completions, which opencode speaks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from agents.messages_server import Text, ToolUse
from agents.script import CACHED_TOKENS, INPUT_TOKENS, ScriptedApi, Thought, Turn, spoken_tokens, thought_tokens


class ResponsesApi(ScriptedApi):
    """`POST /v1/responses`, streamed."""

    def answers(self, path: str) -> bool:
        return path == "/v1/responses"

    def framed(self, event: dict) -> str:
        return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"

    async def events(self, turn: Turn, body: dict, number: int) -> AsyncIterator[dict]:
        response = {"id": f"resp_{number:04}", "object": "response", "model": body["model"], "output": []}
        yield {"type": "response.created", "response": response | {"status": "in_progress"}}
        for index, part in enumerate(turn):
            at = {"output_index": index, "item_id": f"item_{number}_{index}"}
            done = _item(part, at["item_id"])
            yield {"type": "response.output_item.added", "output_index": index, "item": _opened(done)}
            if isinstance(part, Text):
                async for piece in self.gated(part):
                    yield {"type": "response.output_text.delta", **at, "content_index": 0, "delta": piece}
            elif isinstance(part, Thought):
                yield {"type": "response.reasoning_summary_part.added", **at, "summary_index": 0}
                yield {
                    "type": "response.reasoning_summary_text.delta",
                    **at,
                    "summary_index": 0,
                    "delta": part.words,
                }
            else:
                yield {"type": "response.function_call_arguments.delta", **at, "delta": done["arguments"]}
            yield {"type": "response.output_item.done", "output_index": index, "item": done}
            response["output"].append(done)
        thinking = thought_tokens(turn)
        spoken = spoken_tokens(turn) + thinking
        usage = {
            "input_tokens": INPUT_TOKENS,
            "input_tokens_details": {"cached_tokens": CACHED_TOKENS},
            "output_tokens": spoken,
            "output_tokens_details": {"reasoning_tokens": thinking},
            "total_tokens": INPUT_TOKENS + spoken,
        }
        yield {"type": "response.completed", "response": response | {"status": "completed", "usage": usage}}


def _item(part: Thought | Text | ToolUse, item_id: str) -> dict:
    """An output item when it is complete."""
    if isinstance(part, Thought):
        summary = [{"type": "summary_text", "text": part.words}]
        return {"type": "reasoning", "id": item_id, "summary": summary, "encrypted_content": "opaque"}
    if isinstance(part, Text):
        content = [{"type": "output_text", "text": "".join(part.pieces), "annotations": []}]
        return {"type": "message", "id": item_id, "role": "assistant", "status": "completed", "content": content}
    call = {"name": part.name, "call_id": part.call_id, "arguments": json.dumps(part.input), "status": "completed"}
    return {"type": "function_call", "id": item_id, **call}


def _opened(done: dict) -> dict:
    """The same item when it begins."""
    empty = {"summary": [], "content": [], "arguments": ""}
    return {**done, **{key: value for key, value in empty.items() if key in done}}


class ChatApi(ScriptedApi):
    """`POST /v1/chat/completions`, streamed."""

    def answers(self, path: str) -> bool:
        return path == "/v1/chat/completions"

    def aside(self, body: dict) -> Turn | None:
        # Without tools the program asks for a title of its session.
        return None if body.get("tools") else (Thought("A title."),)

    async def events(self, turn: Turn, body: dict, number: int) -> AsyncIterator[dict]:
        base = {"id": f"chatcmpl-{number:04}", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}

        def chunk(delta: dict, finish: str | None = None) -> dict:
            return base | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

        yield chunk({"role": "assistant", "content": ""})
        for part in turn:
            if isinstance(part, Thought):
                yield chunk({"reasoning_content": part.words})
            elif isinstance(part, Text):
                async for piece in self.gated(part):
                    yield chunk({"content": piece})
            else:
                call = {"index": 0, "id": part.call_id, "type": "function"}
                yield chunk({"tool_calls": [call | {"function": {"name": part.name, "arguments": ""}}]})
                yield chunk({"tool_calls": [{"index": 0, "function": {"arguments": json.dumps(part.input)}}]})
        yield chunk({}, "tool_calls" if isinstance(turn[-1], ToolUse) else "stop")
        thinking = thought_tokens(turn)
        spoken = spoken_tokens(turn) + thinking
        usage = {
            "prompt_tokens": INPUT_TOKENS,
            "completion_tokens": spoken,
            "total_tokens": INPUT_TOKENS + spoken,
            "prompt_tokens_details": {"cached_tokens": CACHED_TOKENS},
            "completion_tokens_details": {"reasoning_tokens": thinking},
        }
        yield base | {"choices": [], "usage": usage}
