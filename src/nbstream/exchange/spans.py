"""Runs as OpenTelemetry spans, under the names of its conventions for generative AI; needs the extra `otel`.

Of each agent: `invoke_agent`, below it `chat MODEL` for each response that told its tokens, and `execute_tool NAME` for
each tool call, which for a subagent's own hangs below the call that made it. Times are those of the log: when nbstream
received a row. Nothing that anybody said is in a span unless it is asked for.

Source: OpenTelemetry semantic conventions, `gen-ai-spans` and `gen-ai-agent-spans`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from nbstream.errors import MissingExtra
from nbstream.messages import (
    CACHE_READ_TOKENS,
    CACHE_WRITE_TOKENS,
    FINISH_REASONS,
    INPUT_TOKENS,
    MODEL,
    OUTPUT_TOKENS,
    REASONING_TOKENS,
    RESPONSE_ID,
    TOOL_CALL_ID,
    TOOL_NAME,
)
from nbstream.store.filters import ids_of
from nbstream.store.identity import message_id

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

    from nbstream.frames import Store
    from nbstream.messages import AgentRecord

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
_PROVIDERS: Final = {
    "claude": "anthropic", "anthropic": "anthropic", "codex": "openai", "openai-chat": "openai",
    "openai-responses": "openai", "gemini": "gcp.gemini", "gemini-cli": "gcp.gemini",
}  # fmt: skip
_TOKENS: Final = {
    INPUT_TOKENS: "input_tokens",
    OUTPUT_TOKENS: "output_tokens",
    CACHE_READ_TOKENS: "cache_read_tokens",
    CACHE_WRITE_TOKENS: "cache_write_tokens",
    REASONING_TOKENS: "reasoning_tokens",
}


def spans_of(store: Store, agent_id: Any = None, *, content: bool = False) -> list[ReadableSpan]:
    """The spans of agents that have ended, each agent a trace; the same ids every time, so sent twice is one trace.

    Args:
        store: whose.
        agent_id: an agent, its id, or several of either; None for all.
        content: also what was asked and what tools were given and answered.

    Raises:
        MissingExtra: opentelemetry-sdk is not installed.
        AgentNotFound: one of the agents is not there.
    """
    ids = ids_of(agent_id)
    records = store.list_agents() if ids is None else [store.get_agent(UUID(one)) for one in ids]
    spans: list[ReadableSpan] = []
    for record in records:
        if record.completed_at is not None or record.status not in ("created", "running"):
            spans += _Trace(store, record, content=content).spans()
    return spans


def export_spans(store: Store, exporter: SpanExporter, agent_id: Any = None, *, content: bool = False) -> int:
    """Send the spans of agents that have ended to an exporter of OpenTelemetry; how many there were.

    Args:
        store: whose.
        exporter: for instance an `OTLPSpanExporter`; it is not shut down.
        agent_id: an agent, its id, or several of either; None for all.
        content: also what was asked and what tools were given and answered.

    Raises:
        MissingExtra: opentelemetry-sdk is not installed.
        RuntimeError: the exporter says that it failed.
    """
    spans = spans_of(store, agent_id, content=content)
    from opentelemetry.sdk.trace.export import SpanExportResult

    if spans and exporter.export(spans) is not SpanExportResult.SUCCESS:
        raise RuntimeError(f"the exporter {type(exporter).__name__} did not take {len(spans)} spans: see its log")
    return len(spans)


class _Trace:
    """One agent's spans."""

    def __init__(self, store: Store, record: AgentRecord, *, content: bool) -> None:
        try:
            from opentelemetry.sdk.resources import Resource
        except ImportError as error:
            raise MissingExtra("spans of OpenTelemetry", "otel") from error

        self._store = store
        self._record = record
        self._content = content
        self._resource = Resource({"service.name": "nbstream"})
        self._calls: dict[str, str] = {}

    def spans(self) -> list[ReadableSpan]:
        """The agent's, then those of its responses and tools in their order."""
        record = self._record
        tools = self._store.tool_calls(record.id, to="arrow").to_pylist()
        self._calls = {row["tool_call_id"]: f"tool/{row['sequence_number']}" for row in tools if row["tool_call_id"]}
        paces = {
            (row["response_id"], row["parent_tool_call_id"]): row
            for row in self._store.timeline(record.id, by="response", to="arrow").to_pylist()
        }
        begun = record.started_at or record.created_at
        rows = self._store.messages(record.id, to="arrow").column("created_at").to_pylist()
        times = [time for time in (begun, *rows[:1]) if time is not None]
        spans = [self._agent(min(times), max([record.completed_at or max(times), *rows[-1:]]))] if times else []
        usages = self._store.usage(record.id, to="arrow").to_pylist()
        spans += [self._chat(row, paces.get((row["response_id"], row["parent_tool_call_id"]))) for row in usages]
        return [*spans, *(self._tool(row) for row in tools)]

    def _agent(self, start: datetime, end: datetime) -> ReadableSpan:
        record = self._record
        attributes = {
            OPERATION: "invoke_agent",
            "gen_ai.agent.id": str(record.id),
            "gen_ai.agent.name": record.source,
            "gen_ai.conversation.id": record.session_id,
            "gen_ai.request.model": record.model,
            "gen_ai.input.messages": _message(record.prompt) if self._content else None,
        }
        failed = (record.error or record.status) if record.status in ("failed", "interrupted") else None
        return self._span(f"invoke_agent {record.source}", "agent", None, (start, end), attributes, failed)

    def _chat(self, usage: Mapping[str, Any], pace: Mapping[str, Any] | None) -> ReadableSpan:
        end = usage["created_at"]
        start = pace["asked_at"] or pace["first_token_at"] or end if pace else end
        reasons = usage["finish_reasons"]
        attributes = {
            OPERATION: "chat",
            "gen_ai.request.model": usage["model"],
            MODEL: usage["model"],
            RESPONSE_ID: usage["response_id"],
            FINISH_REASONS: json.loads(reasons) if reasons else None,
            **{key: usage[name] for key, name in _TOKENS.items()},
        }
        ended = max(end, pace["ended_at"]) if pace else end
        name = f"chat {usage['model']}" if usage["model"] else "chat"
        return self._span(
            name, f"chat/{usage['sequence_number']}", usage["parent_tool_call_id"], (start, ended), attributes
        )

    def _tool(self, row: Mapping[str, Any]) -> ReadableSpan:
        start = row["called_at"] or row["answered_at"]
        attributes = {
            OPERATION: "execute_tool",
            TOOL_NAME: row["tool"],
            TOOL_CALL_ID: row["tool_call_id"],
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.arguments": row["input"] if self._content else None,
            "gen_ai.tool.call.result": row["output"] if self._content else None,
        }
        key = f"tool/{row['sequence_number']}"
        times = (start, max(start, row["answered_at"] or start))
        failed = "the tool failed" if row["is_error"] else None
        return self._span(
            f"execute_tool {row['tool'] or ''}".strip(), key, row["parent_tool_call_id"], times, attributes, failed
        )

    def _span(
        self,
        name: str,
        key: str,
        parent_call: str | None,
        times: tuple[datetime, datetime],
        attributes: Mapping[str, Any],
        failed: str | None = None,
    ) -> ReadableSpan:
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.trace import SpanKind, Status, StatusCode

        above = None if key == "agent" else self._context(self._calls.get(parent_call or "", "agent"))
        known = {PROVIDER: _PROVIDERS.get(self._record.type), **attributes, "error.type": "error" if failed else None}
        return ReadableSpan(
            name=name,
            context=self._context(key),
            parent=above,
            resource=self._resource,
            attributes={label: value for label, value in known.items() if value is not None},
            kind=SpanKind.CLIENT if key.startswith("chat") else SpanKind.INTERNAL,
            status=Status(StatusCode.ERROR, failed) if failed else Status(StatusCode.UNSET),
            start_time=_nanoseconds(times[0]),
            end_time=_nanoseconds(times[1]),
        )

    def _context(self, key: str) -> Any:
        """The trace is the agent's id, the span's is derived from it."""
        from opentelemetry.trace import SpanContext, TraceFlags

        span = message_id(self._record.id, f"span/{key}", 0).int & (1 << 64) - 1
        return SpanContext(self._record.id.int, span, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _message(text: str | None) -> str | None:
    return json.dumps([{"role": "user", "parts": [{"type": "text", "content": text}]}]) if text else None


def _nanoseconds(time: datetime) -> int:
    seconds = int(time.timestamp() // 1)
    return seconds * 1_000_000_000 + time.microsecond * 1_000


__all__: Sequence[str] = ["export_spans", "spans_of"]
