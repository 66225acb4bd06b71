"""The history as DataFrames: one table, one row per noun.

| method         | one row per … |
|----------------|---------------|
| `agents`       | agent |
| `messages`     | `AgentMessage`: the log, deltas included |
| `transcript`   | content block, as a reader sees it |
| `tool_calls`   | tool call, with its result |
| `usage`        | model response that reported its tokens, each counted once; or agent and model |
| `sql`          | row of your query |

Columns are Arrow-backed in pandas: UUIDs and JSON are text, times are UTC with microseconds, a missing value is NA.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from nbstream.errors import MissingExtra
from nbstream.proof import against_logs
from nbstream.store import MessageStore, Report, tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

Format = Literal["pandas", "polars", "arrow"]
Frame = Any
"""A pandas or polars DataFrame or a pyarrow Table, by `to`."""


class Store(MessageStore):
    """A store whose history comes as DataFrames.

    Every method of frames takes `to`: `pandas` (the default), `polars` (needs the extra of that name) or `arrow`.
    """

    def verify(self) -> Report:
        """Proves every rule of the log again, and compares each run with its proxy's log where that is still here.

        Returns:
            a report that is true when all holds; it prints itself.
        """
        report = super().verify()
        compared, wrong = against_logs(self)
        return replace(report, logs=compared, violations=[*report.violations, *wrong])

    def agents(self, *, to: Format = "pandas") -> Frame:
        """One row per agent, oldest first.

        Columns:
            id (text, a UUID); type, status, source, model, prompt, session_id (text);
            parent_agent_id (text, a UUID); created_at, started_at, completed_at (UTC, µs); error (text);
            messages (int): rows of its log; duplicates (int): messages refused because they were there already;
            cost_usd (float, US dollars), turns (int): the program's own last word;
            last_event_id (text): the source's last event in the log; metadata (text, JSON).
        """
        return _frame(self.query(tables.AGENTS), to)

    def messages(
        self, agent_id: UUID | str | None = None, since: int = 0, *, raw: bool = False, to: Format = "pandas"
    ) -> Frame:
        """One row per message, by agent and sequence number.

        Args:
            agent_id: whose; None for all agents.
            since: only sequence numbers above it.
            raw: add the column `raw`: the source as received, one event a line.
            to: the kind of table.

        Columns:
            id, agent_id (text, UUIDs); sequence_number (int, from 1 per agent); type, role, part, block, op (text);
            content (text; JSON for a tool call's input); raw (text, if asked for); metadata (text, JSON);
            created_at (UTC, µs): when nbstream received it; event_id (text): the source's own id of the event.
        """
        params = {"agent_id": _id(agent_id), "since": since}
        return _frame(self.query(tables.messages(raw=raw), params), to)

    def transcript(self, agent_id: UUID | str | None = None, *, to: Format = "pandas") -> Frame:
        """One row per content block, as a reader sees it: deltas joined, withdrawn answers left out.

        Columns:
            agent_id (text, a UUID); sequence_number, last_sequence_number (int): its first and last row in the log;
            block (text, NA for notes); type, role, part (text); content (text); metadata (text, JSON);
            created_at, last_created_at (UTC, µs): when its first and last row came.
        """
        return _frame(self.query(tables.TRANSCRIPT, {"agent_id": _id(agent_id)}), to)

    def tool_calls(self, agent_id: UUID | str | None = None, *, to: Format = "pandas") -> Frame:
        """One row per tool call with its result, in the order of the calls.

        Columns:
            agent_id (text, a UUID); tool_call_id, tool (text); input (text, JSON; NA for a result without a call);
            output (text; NA while it runs); is_error (bool); parent_tool_call_id (text): the call whose subagent made
            this one; called_at, answered_at (UTC, µs); seconds (float) between them;
            sequence_number, output_sequence_number (int): where call and result begin in the log.
        """
        return _frame(self.query(tables.TOOL_CALLS, {"agent_id": _id(agent_id)}), to)

    def usage(
        self,
        agent_id: UUID | str | None = None,
        *,
        by: Literal["response", "model"] = "response",
        to: Format = "pandas",
    ) -> Frame:
        """Tokens and cost: one row per model response, or per agent and model; each counted once, so sum freely.

        Args:
            agent_id: whose; None for all agents.
            by: `response`: each response's last report; `model`: totals, the program's own where it gives them.
            to: the kind of table.

        Columns of both:
            agent_id (text, a UUID); model (text); input_tokens (int): all input, cache included; output_tokens;
            cache_read_tokens, cache_write_tokens: the part of the input that came from, or went into, the cache;
            reasoning_tokens: the part of the output that was thinking.

        Columns of `response`:
            response_id (text); parent_tool_call_id (text): the call whose subagent spoke, NA on the main thread;
            finish_reasons (text, JSON); sequence_number (int), created_at (UTC, µs): of the report.

        Columns of `model`:
            cost_usd (float, US dollars); reported_by (text): `agent`, its own totals, or `responses`, their sum.
        """
        query = {"response": tables.USAGE_BY_RESPONSE, "model": tables.USAGE_BY_MODEL}[by]
        return _frame(self.query(query, {"agent_id": _id(agent_id)}), to)

    def sql(
        self, query: str, params: Sequence[Any] | Mapping[str, Any] | None = None, *, to: Format = "pandas"
    ) -> Frame:
        """The result of one reading SQL statement on `agents`, `agent_messages` and `transcript`.

        Raises:
            QueryRefused: it would change the store or reach outside it, or it is not SQL the store can answer.
        """
        return _frame(self.query(query, params), to)


def _id(agent_id: UUID | str | None) -> str | None:
    return None if agent_id is None else str(UUID(str(agent_id)))


def _frame(table: pa.Table, to: Format) -> Frame:
    if to == "arrow":
        return table
    if to == "pandas":
        import pandas as pd

        return table.to_pandas(types_mapper=pd.ArrowDtype)
    if to == "polars":
        try:
            import polars as pl
        except ImportError as error:
            raise MissingExtra("a DataFrame of polars", "polars") from error
        return pl.from_arrow(table)
    raise ValueError(f"expected to='pandas', 'polars' or 'arrow', got {to!r}")
