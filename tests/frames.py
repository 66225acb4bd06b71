"""Frames of Claude Code and events of Anthropic's wire, as short as a test needs them."""

from __future__ import annotations

from typing import Any

Frame = dict[str, Any]
SESSION = "5e551011-0000-4000-8000-000000000001"


def message_start(message_id: str = "msg_1", **usage: int) -> Frame:
    message = {
        "id": message_id,
        "model": "claude-x",
        "content": [],
        "usage": usage or {"input_tokens": 10, "output_tokens": 1},
    }
    return {"type": "message_start", "message": message}


def block_start(index: int, block: str | Frame = "text") -> Frame:
    empty: dict[str, Frame] = {"text": {"type": "text", "text": ""}, "thinking": {"type": "thinking", "thinking": ""}}
    return {
        "type": "content_block_start",
        "index": index,
        "content_block": empty[block] if isinstance(block, str) else block,
    }


def tool_start(
    index: int, call_id: str = "toolu_1", name: str = "Read", value: Any = None, kind: str = "tool_use"
) -> Frame:
    return block_start(index, {"type": kind, "id": call_id, "name": name, "input": {} if value is None else value})


def delta(index: int, kind: str, value: Any) -> Frame:
    field = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}.get(kind, "value")
    field = {"signature_delta": "signature", "citations_delta": "citation", "compaction_delta": "content"}.get(
        kind, field
    )
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, field: value}}


def words(index: int, text: Any) -> Frame:
    return delta(index, "text_delta", text)


def block_stop(index: int) -> Frame:
    return {"type": "content_block_stop", "index": index}


def message_delta(stop_reason: str | None = "end_turn", **usage: Any) -> Frame:
    return {"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": usage}


MESSAGE_STOP: Frame = {"type": "message_stop"}
PING: Frame = {"type": "ping"}


def event(inner: Frame, parent: str | None = None, **more: Any) -> Frame:
    """An API event as Claude Code passes it on."""
    return {"type": "stream_event", "event": inner, "session_id": SESSION, "parent_tool_use_id": parent, **more}


def assistant(
    *content: Frame, message_id: str = "msg_1", parent: str | None = None, uuid: str = "a1", **more: Any
) -> Frame:
    usage = {"input_tokens": 10, "cache_read_input_tokens": 4, "output_tokens": 1}
    message = {"id": message_id, "model": "claude-x", "role": "assistant", "content": list(content), "usage": usage}
    return {
        "type": "assistant",
        "message": message,
        "session_id": SESSION,
        "parent_tool_use_id": parent,
        "uuid": uuid,
        **more,
    }


def text(value: str) -> Frame:
    return {"type": "text", "text": value}


def tool_use(call_id: str = "toolu_1", name: str = "Read", **value: Any) -> Frame:
    return {"type": "tool_use", "id": call_id, "name": name, "input": value}


def user(*content: Any, parent: str | None = None, uuid: str = "u1", **more: Any) -> Frame:
    message = {"role": "user", "content": content[0] if content and isinstance(content[0], str) else list(content)}
    return {
        "type": "user",
        "message": message,
        "session_id": SESSION,
        "parent_tool_use_id": parent,
        "uuid": uuid,
        **more,
    }


def tool_result(content: Any, call_id: str = "toolu_1", **more: Any) -> Frame:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content, **more}


def system(subtype: str, **more: Any) -> Frame:
    return {"type": "system", "subtype": subtype, "session_id": SESSION, **more}


def result(subtype: str = "success", *, is_error: bool = False, **more: Any) -> Frame:
    return {"type": "result", "subtype": subtype, "is_error": is_error, "session_id": SESSION, **more}
