"""Codex's items: what each type is to a reader. One item holds a tool's call and its result: two blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.parsers import _content_block as blocks
from nbstream.parsers._content import result_text
from nbstream.parsers._content_block import ContentBlock
from nbstream.parsers._stream import error_words
from nbstream.parsers._values import count, dump, items, mapping, present, text

if TYPE_CHECKING:
    from collections.abc import Callable

View = tuple[str, ContentBlock, str]
"""What follows the item's key in the block's, the block should it be new, and its whole content."""

RESULT: Final = "/result"
_FAILED: Final = frozenset({"failed", "declined", "error"})


def _agent_message(key: str, item: dict[str, Any], _done: bool) -> list[View]:
    content = text(item.get("text"))
    return [("", blocks.answer(key, "text"), content)] if content else []


def _reasoning(key: str, item: dict[str, Any], _done: bool) -> list[View]:
    content = text(item.get("text"))
    return [("", blocks.answer(key, "reasoning"), content)] if content else []


def _command(key: str, item: dict[str, Any], done: bool) -> list[View]:
    output, status = text(item.get("aggregated_output")), text(item.get("status"))
    code = count(item.get("exit_code"))
    call = ("", blocks.call(key, "command_execution", key), dump({"command": item.get("command")}))
    if not done and not output:
        return [call]
    failed = status in _FAILED or bool(code)
    metadata = {"nbstream.exit_code": code}
    return [call, (RESULT, blocks.result(key + RESULT, "command_execution", key, metadata, failed=failed), output)]


def _file_change(key: str, item: dict[str, Any], done: bool) -> list[View]:
    changes, status = items(item.get("changes")), text(item.get("status"))
    call = ("", blocks.call(key, "file_change", key), dump({"changes": changes}))
    if not done:
        return [call]
    words = [f"{text(mapping(change).get('kind'))} {text(mapping(change).get('path'))}".strip() for change in changes]
    result = blocks.result(key + RESULT, "file_change", key, failed=status in _FAILED)
    return [call, (RESULT, result, "\n".join(filter(None, [status, *words])))]


def _mcp(key: str, item: dict[str, Any], done: bool) -> list[View]:
    name, server = text(item.get("tool")), {"nbstream.mcp_server": text(item.get("server"))}
    arguments = item.get("arguments")
    call = ("", blocks.call(key, name, key, server), arguments if isinstance(arguments, str) else dump(arguments or {}))
    if not done:
        return [call]
    error, answer = item.get("error"), mapping(item.get("result"))
    content = answer.get("content")
    said = result_text(content) if content else dump(item["result"]) if item.get("result") else ""
    failed = bool(error) or text(item.get("status")) in _FAILED
    result = blocks.result(key + RESULT, name, key, server, failed=failed)
    return [call, (RESULT, result, error_words(error) if error else said)]


def _web_search(key: str, item: dict[str, Any], done: bool) -> list[View]:
    sought = dump(present({"query": text(item.get("query")), "action": item.get("action")}))
    call = ("", blocks.call(key, "web_search", key), sought)
    if not done:
        return [call]
    # What was found goes to the model only; without a result the call would seem to go on.
    return [call, (RESULT, blocks.result(key + RESULT, "web_search", key), "")]


def _todo_list(key: str, item: dict[str, Any], _done: bool) -> list[View]:
    lines = [
        f"[{'x' if todo.get('completed') is True else ' '}] {text(todo.get('text'))}"
        for todo in map(mapping, items(item.get("items")))
    ]
    return [("", ContentBlock(key, "system", "system", "text"), "\n".join(lines))]


VIEWS: Final[dict[str, Callable[[str, dict[str, Any], bool], list[View]]]] = {
    "agent_message": _agent_message,
    "command_execution": _command,
    "file_change": _file_change,
    "mcp_tool_call": _mcp,
    "reasoning": _reasoning,
    "todo_list": _todo_list,
    "web_search": _web_search,
}
"""Item types that make blocks, and how; the last argument tells whether the item is complete."""
