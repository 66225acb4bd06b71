"""The queries behind the DataFrames: one table each, see `nbstream.frames` for what their columns mean."""

from __future__ import annotations

from typing import Final

from nbstream.messages import (
    COST_USD,
    IS_ERROR,
    PARENT,
    TOOL_CALL_ID,
    TOOL_NAME,
    TURNS,
)
from nbstream.prices import TOKEN_RULES
from nbstream.store.filters import Filter

# The program's own last word on an agent: its running totals, so never a sum of them.
LAST_RESPONSE: Final = """
    SELECT agent_id, arg_max(metadata, sequence_number) AS metadata
    FROM agent_messages
    WHERE type = 'response'
    GROUP BY agent_id
"""


def text(key: str, column: str = "metadata") -> str:
    """The value of a metadata key, as text; NULL where it is not there."""
    return f"({column} ->> '$.\"{key}\"')"


CATEGORIES: Final = {
    "type": ("assistant", "user", "system", "error", "tool", "response"),
    "role": ("system", "user", "assistant", "tool"),
    "part": ("text", "reasoning", "refusal", "tool_call", "tool_call_response"),
    "op": ("append", "set", "drop", "note"),
    "status": ("created", "running", "completed", "failed", "stopped", "interrupted"),
    "reported_by": TOKEN_RULES,
}
"""The columns of few values, and these."""


def category(name: str) -> str:
    """A column of few values, as a category: DuckDB gives an ENUM to Arrow as a dictionary."""
    values = ", ".join(f"'{value}'" for value in CATEGORIES[name])
    return f"{name}::ENUM({values}) AS {name}"


def agents(which: Filter, *, status: bool = False) -> str:
    """Agents, oldest first; with `status`, those of `$status` only."""
    return f"""
    SELECT
        id::VARCHAR AS id, a.type, {category("status")}, source, a.model, prompt, session_id,
        parent_agent_id::VARCHAR AS parent_agent_id, created_at, started_at, completed_at, error,
        next_sequence_number - 1 AS messages,
        duplicates,
        TRY_CAST({text(COST_USD, "r.metadata")} AS DOUBLE) AS cost_usd,
        TRY_CAST({text(TURNS, "r.metadata")} AS BIGINT) AS turns,
        last_event_id,
        a.metadata
    FROM agents a LEFT JOIN ({LAST_RESPONSE}) r ON r.agent_id = a.id
    WHERE {which.where(agent="id")}{" AND status = $status" if status else ""}
    ORDER BY created_at, id
"""  # noqa: S608 - fixed names, values are parameters


def messages(which: Filter, *, raw: bool) -> str:
    """The log."""
    return f"""
        SELECT
            id::VARCHAR AS id, agent_id::VARCHAR AS agent_id, sequence_number,
            {category("type")}, {category("role")}, {category("part")}, block,
            {category("op")}, content, {"raw, " if raw else ""}metadata, created_at, event_id
        FROM agent_messages
        WHERE {which.where()}
        ORDER BY agent_messages.agent_id, sequence_number
    """  # noqa: S608 - fixed names, values are parameters


def transcript(which: Filter) -> str:
    """The blocks; `since` is about a block's last row, so that one that has grown is there again."""
    return f"""
        SELECT
            agent_id::VARCHAR AS agent_id, sequence_number, last_sequence_number, block,
            {category("type")}, {category("role")}, {category("part")}, content,
            metadata, created_at, last_created_at
        FROM transcript
        WHERE {which.where(number="last_sequence_number")}
        ORDER BY transcript.agent_id, sequence_number
    """  # noqa: S608 - fixed names, values are parameters


def tool_calls(which: Filter) -> str:
    """Calls and results, paired by the call's id; where a program uses one id twice, in their order.

    FULL JOIN, so that a call without result and a result without call are rows too.
    """
    return f"""
    WITH blocks AS (
        SELECT
            *,
            {text(TOOL_CALL_ID)} AS tool_call_id,
            row_number() OVER (
                PARTITION BY agent_id, part, {text(TOOL_CALL_ID)} ORDER BY sequence_number
            ) AS turn
        FROM transcript
        WHERE part IN ('tool_call', 'tool_call_response') AND {which.where()}
    )
    SELECT
        agent_id::VARCHAR AS agent_id,
        tool_call_id,
        coalesce({text(TOOL_NAME, "c.metadata")}, {text(TOOL_NAME, "r.metadata")}) AS tool,
        c.content AS input,
        r.content AS output,
        TRY_CAST({text(IS_ERROR, "r.metadata")} AS BOOLEAN) AS is_error,
        coalesce({text(PARENT, "c.metadata")}, {text(PARENT, "r.metadata")}) AS parent_tool_call_id,
        c.last_created_at AS called_at,
        r.created_at AS answered_at,
        (epoch_us(r.created_at) - epoch_us(c.last_created_at)) / 1e6 AS seconds,
        c.sequence_number AS sequence_number,
        r.sequence_number AS output_sequence_number
    FROM (FROM blocks WHERE part = 'tool_call') c
    FULL JOIN (FROM blocks WHERE part = 'tool_call_response') r USING (agent_id, tool_call_id, turn)
    ORDER BY agent_id, coalesce(c.sequence_number, r.sequence_number)
"""  # noqa: S608 - fixed names, values are parameters
