"""Model APIs whose bytes a test decides, and short answers of each protocol."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence

from nbstream.sources import End, News, Request
from support import STREAM_HEAD, HttpRequest, LoopbackServer, reply

LINES_HEAD = STREAM_HEAD.replace(b"text/event-stream", b"application/x-ndjson")
KEY = "sk-planted-0123456789abcdef"


def sse(*frames: dict | str) -> bytes:
    data = [frame if isinstance(frame, str) else json.dumps(frame) for frame in frames]
    return STREAM_HEAD + b"".join(f"data: {line}\n\n".encode() for line in data)


def chat_answer(text: str = "Hello.", call: dict | None = None) -> bytes:
    """One answer over Chat Completions: text, or a call of a tool."""
    delta = {"content": text}
    if call is not None:
        function = {"name": call["name"], "arguments": json.dumps(call["input"])}
        delta = {"tool_calls": [{"index": 0, "id": call["id"], "type": "function", "function": function}]}
    base = {"id": "c1", "object": "chat.completion.chunk", "model": "m-1"}
    reason = "tool_calls" if call else "stop"
    return sse(
        {**base, "choices": [{"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": None}]},
        {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
        {**base, "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}},
        "[DONE]",
    )


def anthropic_answer(text: str = "Hello.", call: dict | None = None) -> bytes:
    block = {"type": "text", "text": ""}
    delta = {"type": "text_delta", "text": text}
    if call is not None:
        block = {"type": "tool_use", "id": call["id"], "name": call["name"], "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(call["input"])}
    message = {"id": "m1", "role": "assistant", "model": "m-1", "content": [], "usage": {"input_tokens": 5}}
    return sse(
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use" if call else "end_turn"},
            "usage": {"output_tokens": 2},
        },
        {"type": "message_stop"},
    )


def responses_answer(text: str = "Hello.", call: dict | None = None) -> bytes:
    item = {"type": "message", "id": "i1", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    if call is not None:
        arguments = json.dumps(call["input"])
        item = {
            "type": "function_call",
            "id": "i1",
            "call_id": call["id"],
            "name": call["name"],
            "arguments": arguments,
        }
    response = {"id": "r1", "model": "m-1", "status": "completed", "output": [item]}
    response["usage"] = {"input_tokens": 5, "output_tokens": 2}
    return sse(
        {
            "type": "response.created",
            "sequence_number": 0,
            "response": {"id": "r1", "model": "m-1", "status": "in_progress"},
        },
        {"type": "response.output_item.added", "sequence_number": 1, "output_index": 0, "item": item},
        {"type": "response.output_item.done", "sequence_number": 2, "output_index": 0, "item": item},
        {"type": "response.completed", "sequence_number": 3, "response": response},
    )


def gemini_answer(text: str = "Hello.", call: dict | None = None) -> bytes:
    part = (
        {"text": text}
        if call is None
        else {"functionCall": {"id": call["id"], "name": call["name"], "args": call["input"]}}
    )
    content = {"role": "model", "parts": [part]}
    counts = {"promptTokenCount": 5, "candidatesTokenCount": 2}
    frame = {
        "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
        "usageMetadata": counts,
        "modelVersion": "m-1",
    }
    return sse(frame)


def ollama_answer(text: str = "Hello.", call: dict | None = None) -> bytes:
    message = {"role": "assistant", "content": text}
    if call is not None:
        message = {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": call["id"], "function": {"name": call["name"], "arguments": call["input"]}}],
        }
    lines = [
        {"model": "m-1", "message": message, "done": False},
        {
            "model": "m-1",
            "message": {"role": "assistant", "content": ""},
            "done": True,
            "done_reason": "stop",
            "prompt_eval_count": 5,
            "eval_count": 2,
        },
    ]
    return LINES_HEAD + b"".join(json.dumps(line).encode() + b"\n" for line in lines)


ANSWERS: dict[str, Callable[..., bytes]] = {
    "openai-chat": chat_answer,
    "anthropic": anthropic_answer,
    "openai-responses": responses_answer,
    "gemini": gemini_answer,
    "ollama": ollama_answer,
}
KEY_ENV = {
    "openai-chat": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "openai-responses": "OPENAI_API_KEY",
    "gemini": "GEMINI_API_KEY",
    "ollama": "OLLAMA_API_KEY",
}


class Api(LoopbackServer):
    """A server that gives these answers, one a request; the last one again and again."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        super().__init__(self._give)

    async def _give(self, _request: HttpRequest, writer) -> None:
        writer.write(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])

    @property
    def bodies(self) -> list[dict]:
        return [request.json for request in self.requests]


def request(prompt: str = "Hi", **fields) -> Request:
    return Request(agent_id=uuid.uuid4(), prompt=prompt, **fields)


async def played(source, asked: Request | None = None) -> tuple[list[str], list[News], End]:
    """What a source yields: the data of its events, its news, its end."""
    data: list[str] = []
    news: list[News] = []
    async for item in source.events(asked or request(), None):
        if isinstance(item, End):
            return data, news, item
        if isinstance(item, News):
            news.append(item)
        else:
            data += [event.data for event in item]
    raise AssertionError("the source ended without an End")


def refusals() -> Sequence[tuple[bytes, str]]:
    """Answers that no second try can mend, and what the error must say."""
    return [
        (reply(401, '{"error": {"message": "bad key"}}'), "401: bad key.*check the token or the key"),
        (reply(403, '{"error": {"message": "not yours"}}'), "403: not yours"),
        (reply(404, '{"error": {"message": "no model m"}}'), "404: no model m"),
        (reply(400, '{"error": {"message": "too long"}}'), "400: too long"),
        (reply(200, '{"error": {"message": "quota used up"}}'), "200 with application/json.*quota used up"),
        (reply(200, "<html>Log in</html>", "text/html"), "200 with text/html.*expected.*Log in"),
    ]
