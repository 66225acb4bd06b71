"""Claude Code's `system` frames and other notices: which of them a reader sees, and in what words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import IS_ERROR, MODEL, TOOL_CALL_ID, TOOL_NAME, AgentMessage
from nbstream.parsers._rows import note
from nbstream.parsers._values import count, dump, items, mapping, number, text

if TYPE_CHECKING:
    from collections.abc import Callable

CONVERSATION_ID: Final = "gen_ai.conversation.id"

SILENT_TYPES: Final = frozenset(
    {
        "command_lifecycle",
        "control_cancel_request",
        "control_request",
        "control_response",
        "keep_alive",
        "prompt_suggestion",
        "tool_progress",
    }
)
"""Frames that are bookkeeping for other programs."""

SILENT_SUBTYPES: Final = frozenset(
    {
        "background_tasks_changed",
        "command_lifecycle",
        "commands_changed",
        "control_request_progress",
        "elicitation_complete",
        "files_persisted",
        "hook_progress",
        "hook_started",
        "memory_recall",
        "plugin_install",
        "session_state_changed",
        "status",
        "task_progress",
        "thinking_tokens",
        "worker_shutting_down",
    }
)
"""The same among `system` frames."""


def init(frame: dict[str, Any]) -> AgentMessage:
    """The session's first frame: what runs, where, with how many tools."""
    model, folder = text(frame.get("model")), text(frame.get("cwd"))
    tools, servers = items(frame.get("tools")), items(frame.get("mcp_servers"))
    words = [model or "Session started", f"in {folder}" if folder else "", f"with {len(tools)} tools" if tools else ""]
    return note(
        "init",
        " ".join(word for word in words if word),
        {
            MODEL: model,
            CONVERSATION_ID: text(frame.get("session_id")),
            "nbstream.cwd": folder,
            "nbstream.tools": [text(tool) for tool in tools],
            "nbstream.mcp_servers": [text(mapping(server).get("name")) for server in servers],
            "nbstream.permission_mode": text(frame.get("permissionMode")),
            "nbstream.program_version": text(frame.get("claude_code_version")),
        },
    )


def _api_retry(frame: dict[str, Any]) -> AgentMessage:
    attempt, limit = count(frame.get("attempt")), count(frame.get("max_retries"))
    delay, status = number(frame.get("retry_delay_ms")), count(frame.get("error_status"))
    error = text(frame.get("error"))
    answer = " ".join(filter(None, (text(status), f"({error})" if error else ""))) or "an error"
    wait = "" if delay is None else f" in {delay / 1000:.1f} s"
    turn = "" if attempt is None else f" (attempt {attempt}" + (")" if limit is None else f" of {limit})")
    metadata = {"nbstream.attempt": attempt, "nbstream.max_attempts": limit, "nbstream.delay_ms": delay}
    return note(
        "retry", f"The API answered {answer}; trying again{wait}{turn}.", metadata | {"error.type": error or status}
    )


def _compact_boundary(frame: dict[str, Any]) -> AgentMessage:
    details = mapping(frame.get("compact_metadata"))
    before, after = count(details.get("pre_tokens")), count(details.get("post_tokens"))
    sizes = "" if before is None else f" from {before:,}" + ("" if after is None else f" to {after:,}") + " tokens"
    how = {"auto": " by itself", "manual": " on request"}.get(text(details.get("trigger")), "")
    return note("notice", f"The conversation was compacted{how}{sizes}.")


def _said(frame: dict[str, Any]) -> AgentMessage:
    """A notice in the source's own words."""
    words = next(
        (text(frame.get(key)) for key in ("content", "text", "message", "summary", "error") if frame.get(key)), ""
    )
    level = text(frame.get("level")) or text(frame.get("priority"))
    return note("notice", words or dump(frame), {"nbstream.level": level})


def _permission_denied(frame: dict[str, Any]) -> AgentMessage:
    tool = text(frame.get("tool_name"))
    words = text(frame.get("message")) or "Not allowed."
    metadata = {TOOL_NAME: tool, TOOL_CALL_ID: text(frame.get("tool_use_id"))}
    return note("notice", f"Permission denied: {tool}: {words}" if tool else f"Permission denied: {words}", metadata)


def _refusal(frame: dict[str, Any]) -> AgentMessage:
    model, other = text(frame.get("original_model")), text(frame.get("fallback_model"))
    words = text(frame.get("content")) or text(frame.get("message"))
    if not words:
        words = f"{model or 'The model'} refused" + (f"; {other} goes on." if other else ".")
    return note("notice", words, {"nbstream.original_model": model, "nbstream.fallback_model": other})


def _hook_response(frame: dict[str, Any]) -> AgentMessage | None:
    code = frame.get("exit_code")
    if text(frame.get("outcome")) not in ("error", "blocked") and code in (None, 0):
        return None
    name = text(frame.get("hook_name")) or text(frame.get("hook_event")) or "hook"
    output = text(frame.get("stderr")) or text(frame.get("output")) or text(frame.get("stdout"))
    words = f"The hook {name} failed" + (f": {output.strip()}" if output.strip() else ".")
    return note("notice", words, {IS_ERROR: True, "nbstream.exit_code": number(code)})


def _task(frame: dict[str, Any]) -> AgentMessage | None:
    patch = mapping(frame.get("patch"))
    status = text(frame.get("status")) or text(patch.get("status"))
    what = text(frame.get("description")) or text(frame.get("summary")) or text(patch.get("description"))
    verb = {"task_started": "started", "task_updated": status}.get(text(frame.get("subtype")), status or "ended")
    if not what and status in ("", "completed"):
        return None  # bookkeeping only, or what the task's notification says as well
    sentence = " ".join(filter(None, ("Task", verb))) + (f": {what}" if what else "")
    counts = mapping(frame.get("usage"))
    return note(
        "task",
        sentence,
        {
            "nbstream.task_id": text(frame.get("task_id")),
            "nbstream.task_status": status or ("started" if verb == "started" else ""),
            "nbstream.task_type": text(frame.get("task_type")),
            "nbstream.duration_ms": count(counts.get("duration_ms")),
            "nbstream.total_tokens": count(counts.get("total_tokens")),
            TOOL_CALL_ID: text(frame.get("tool_use_id")),
        },
    )


NOTES: Final[dict[str, Callable[[dict[str, Any]], AgentMessage | None]]] = {
    "api_retry": _api_retry,
    "compact_boundary": _compact_boundary,
    "hook_response": _hook_response,
    "informational": _said,
    "local_command_output": _said,
    "mirror_error": _said,
    "model_refusal_fallback": _refusal,
    "model_refusal_no_fallback": _refusal,
    "notification": _said,
    "permission_denied": _permission_denied,
    "session_writes_lost": _said,
    "task_notification": _task,
    "task_started": _task,
    "task_updated": _task,
}
"""`system` subtypes that make a note, and how."""


def rate_limit(frame: dict[str, Any]) -> AgentMessage | None:
    """A `rate_limit_event`; None while all is allowed."""
    limit = mapping(frame.get("rate_limit_info"))
    status = text(limit.get("status"))
    if status in ("", "allowed"):
        return None
    kind, used = text(limit.get("rateLimitType")), number(limit.get("utilization"))
    words = f"Rate limit {kind}: {status}" if kind else f"Rate limit: {status}"
    metadata = {"nbstream.rate_limit_status": status, "nbstream.utilization": used}
    return note("notice", words, metadata | {"nbstream.resets_at": number(limit.get("resetsAt"))})


def auth_status(frame: dict[str, Any]) -> AgentMessage | None:
    """An `auth_status`; None unless it reports an error."""
    error = text(frame.get("error"))
    return note("notice", f"Signing in failed: {error}", {IS_ERROR: True}) if error else None


def conversation_reset(frame: dict[str, Any]) -> AgentMessage:
    """The conversation begins anew under another id."""
    new = text(frame.get("new_conversation_id"))
    return note("notice", "The conversation was started anew.", {CONVERSATION_ID: new})


def tool_use_summary(frame: dict[str, Any]) -> AgentMessage | None:
    """What a row of tool calls was about, in the program's words."""
    summary = text(frame.get("summary"))
    return note("notice", summary) if summary else None


NOTICES: Final[dict[str, Callable[[dict[str, Any]], AgentMessage | None]]] = {
    "auth_status": auth_status,
    "conversation_reset": conversation_reset,
    "rate_limit_event": rate_limit,
    "tool_use_summary": tool_use_summary,
}
"""Other frames that make a note, and how."""
