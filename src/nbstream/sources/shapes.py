"""A conversation in each API's own shape."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from nbstream.sources import Request, Said

Message = dict[str, Any]


def tool_input(said: Said) -> dict[str, Any]:
    """A call's input as an object; one that was cut off is kept as text under `input`."""
    try:
        value = json.loads(said.content or "{}")
    except ValueError:
        value = said.content
    return value if isinstance(value, dict) else {"input": value}


def chat(request: Request) -> list[Message]:
    """OpenAI Chat Completions: calls beside the text, each result a message."""
    messages: list[Message] = []
    for said in _with_prompt(request):
        if said.role == "tool":
            messages.append({"role": "tool", "tool_call_id": said.call_id, "content": said.content})
        elif said.role == "user":
            messages.append({"role": "user", "content": said.content})
        else:
            message = _last(messages, "assistant", {"role": "assistant", "content": ""})
            if said.call_id:
                function = {"name": said.tool, "arguments": json.dumps(tool_input(said))}
                call = {"id": said.call_id, "type": "function", "function": function}
                message.setdefault("tool_calls", []).append(call)
            else:
                message["content"] += said.content
    return messages


def anthropic(request: Request) -> list[Message]:
    """Anthropic Messages: blocks, and results in a user's message."""
    messages: list[Message] = []
    for said in _with_prompt(request):
        role = "assistant" if said.role == "assistant" else "user"
        block: Message = {"type": "text", "text": said.content}
        if said.role == "tool":
            block = {"type": "tool_result", "tool_use_id": said.call_id, "content": said.content}
            block |= {"is_error": True} if said.is_error else {}
        elif said.call_id:
            block = {"type": "tool_use", "id": said.call_id, "name": said.tool, "input": tool_input(said)}
        _last(messages, role, {"role": role, "content": []})["content"].append(block)
    return messages


def responses(request: Request) -> list[Message]:
    """OpenAI Responses: items, one after the other."""
    items: list[Message] = []
    for said in _with_prompt(request):
        if said.role == "tool":
            items.append({"type": "function_call_output", "call_id": said.call_id, "output": said.content})
        elif said.call_id:
            arguments = json.dumps(tool_input(said))
            call = {"type": "function_call", "call_id": said.call_id, "name": said.tool, "arguments": arguments}
            items.append(call)
        else:
            part = "output_text" if said.role == "assistant" else "input_text"
            content = [{"type": part, "text": said.content}]
            items.append({"type": "message", "role": said.role, "content": content})
    return items


def gemini(request: Request) -> list[Message]:
    """Gemini: parts; a result is an object."""
    contents: list[Message] = []
    for said in _with_prompt(request):
        role = "model" if said.role == "assistant" else "user"
        part: Message = {"text": said.content}
        if said.role == "tool":
            key = "error" if said.is_error else "result"
            part = {"functionResponse": {"name": said.tool, "response": {key: said.content}}}
        elif said.call_id:
            # The signature of the thought before the call is not kept; this value stands for one that is not there.
            part = {"functionCall": {"name": said.tool, "args": tool_input(said)}}
            part["thoughtSignature"] = "skip_thought_signature_validator"
        _last(contents, role, {"role": role, "parts": []})["parts"].append(part)
    return contents


def ollama(request: Request) -> list[Message]:
    """Ollama: like chat, with inputs as objects and results by the tool's name."""
    messages: list[Message] = []
    for said in _with_prompt(request):
        if said.role == "tool":
            messages.append({"role": "tool", "tool_name": said.tool, "content": said.content})
        elif said.role == "user":
            messages.append({"role": "user", "content": said.content})
        else:
            message = _last(messages, "assistant", {"role": "assistant", "content": ""})
            if said.call_id:
                call = {"function": {"name": said.tool, "arguments": tool_input(said)}}
                message.setdefault("tool_calls", []).append(call)
            else:
                message["content"] += said.content
    return messages


def ag_ui(request: Request) -> list[Message]:
    """AG-UI: like chat, in camelCase, each message with an id."""
    messages = [_camel(message) for message in chat(request)]
    return [{"id": f"{request.agent_id}-{at}", **message} for at, message in enumerate(messages, 1)]


def ui_messages(request: Request) -> list[Message]:
    """Vercel's UIMessages: a tool's call and result are one part."""
    results = {said.call_id: said for said in request.history if said.role == "tool"}
    messages: list[Message] = []
    for said in _with_prompt(request):
        if said.role == "tool":
            continue
        part: Message = {"type": "text", "text": said.content}
        if said.call_id:
            result = results[said.call_id]
            outcome = {"state": "output-available", "output": result.content}
            if result.is_error:
                outcome = {"state": "output-error", "errorText": result.content}
            part = {"type": f"tool-{said.tool}", "toolCallId": said.call_id, "input": tool_input(said), **outcome}
        fresh = {"id": f"{request.agent_id}-{len(messages) + 1}", "role": said.role, "parts": []}
        _last(messages, said.role, fresh)["parts"].append(part)
    return messages


def _with_prompt(request: Request) -> Iterable[Said]:
    yield from request.history
    if request.prompt:
        yield Said(role="user", content=request.prompt)


def _last(messages: list[Message], role: str, fresh: Message) -> Message:
    """The last message if it is that role's, else a new one."""
    if not messages or messages[-1]["role"] != role:
        messages.append(fresh)
    return messages[-1]


def _camel(message: Message) -> Message:
    names = {"tool_calls": "toolCalls", "tool_call_id": "toolCallId"}
    return {names.get(name, name): value for name, value in message.items()}
