"""The queries behind the DataFrames: one table each, see `nbstream.frames` for what their columns mean."""

from __future__ import annotations

from typing import Final

from nbstream.messages import (
    CACHE_READ_TOKENS,
    CACHE_WRITE_TOKENS,
    COST_USD,
    FINISH_REASONS,
    INPUT_TOKENS,
    IS_ERROR,
    MODEL,
    OUTPUT_TOKENS,
    PARENT,
    REASONING_TOKENS,
    RESPONSE_ID,
    TOOL_CALL_ID,
    TOOL_NAME,
    TURNS,
)
from nbstream.store.filters import Filter

_MODEL_USAGE: Final = "nbstream.model_usage"
_TOKENS: Final = {
    "input_tokens": INPUT_TOKENS,
    "output_tokens": OUTPUT_TOKENS,
    "cache_read_tokens": CACHE_READ_TOKENS,
    "cache_write_tokens": CACHE_WRITE_TOKENS,
    "reasoning_tokens": REASONING_TOKENS,
}


def _text(key: str, column: str = "metadata") -> str:
    """The value of a metadata key, as text; NULL where it is not there."""
    return f"({column} ->> '$.\"{key}\"')"


def _counts(column: str) -> str:
    return ", ".join(f"TRY_CAST({_text(key, column)} AS BIGINT) AS {name}" for name, key in _TOKENS.items())


CATEGORIES: Final = {
    "type": ("assistant", "user", "system", "error", "tool", "response"),
    "role": ("system", "user", "assistant", "tool"),
    "part": ("text", "reasoning", "refusal", "tool_call", "tool_call_response"),
    "op": ("append", "set", "drop", "note"),
    "status": ("created", "running", "completed", "failed", "stopped", "interrupted"),
    "reported_by": ("agent", "responses"),
}
"""The columns of few values, and these."""


def category(name: str) -> str:
    """A column of few values, as a category: DuckDB gives an ENUM to Arrow as a dictionary."""
    values = ", ".join(f"'{value}'" for value in CATEGORIES[name])
    return f"{name}::ENUM({values}) AS {name}"


# The program's own last word on an agent: its running totals, so never a sum of them.
_LAST_RESPONSE: Final = """
    SELECT agent_id, arg_max(metadata, sequence_number) AS metadata
    FROM agent_messages
    WHERE type = 'response'
    GROUP BY agent_id
"""


def _responses(which: Filter) -> str:
    """The last report of each response; a report that names no response is a response of its own."""
    return f"""
    SELECT
        agent_id,
        response_id,
        {_text(MODEL)} AS model,
        {_text(PARENT)} AS parent_tool_call_id,
        {_counts("metadata")},
        NULL::DOUBLE AS cost_usd,
        {_text(FINISH_REASONS)} AS finish_reasons,
        sequence_number,
        created_at
    FROM (
        SELECT *, {_text(RESPONSE_ID)} AS response_id
        FROM agent_messages
        WHERE op = 'note' AND {_text("nbstream.kind")} = 'usage' AND {which.where()}
    )
    QUALIFY row_number() OVER (
        PARTITION BY agent_id, coalesce(response_id, sequence_number::VARCHAR) ORDER BY sequence_number DESC
    ) = 1
"""  # noqa: S608 - fixed names, values are parameters


def agents(which: Filter, *, status: bool = False) -> str:
    """Agents, oldest first; with `status`, those of `$status` only."""
    return f"""
    SELECT
        id::VARCHAR AS id, a.type, {category("status")}, source, a.model, prompt, session_id,
        parent_agent_id::VARCHAR AS parent_agent_id, created_at, started_at, completed_at, error,
        next_sequence_number - 1 AS messages,
        duplicates,
        TRY_CAST({_text(COST_USD, "r.metadata")} AS DOUBLE) AS cost_usd,
        TRY_CAST({_text(TURNS, "r.metadata")} AS BIGINT) AS turns,
        last_event_id,
        a.metadata
    FROM agents a LEFT JOIN ({_LAST_RESPONSE}) r ON r.agent_id = a.id
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
            {_text(TOOL_CALL_ID)} AS tool_call_id,
            row_number() OVER (
                PARTITION BY agent_id, part, {_text(TOOL_CALL_ID)} ORDER BY sequence_number
            ) AS turn
        FROM transcript
        WHERE part IN ('tool_call', 'tool_call_response') AND {which.where()}
    )
    SELECT
        agent_id::VARCHAR AS agent_id,
        tool_call_id,
        coalesce({_text(TOOL_NAME, "c.metadata")}, {_text(TOOL_NAME, "r.metadata")}) AS tool,
        c.content AS input,
        r.content AS output,
        TRY_CAST({_text(IS_ERROR, "r.metadata")} AS BOOLEAN) AS is_error,
        coalesce({_text(PARENT, "c.metadata")}, {_text(PARENT, "r.metadata")}) AS parent_tool_call_id,
        c.last_created_at AS called_at,
        r.created_at AS answered_at,
        (epoch_us(r.created_at) - epoch_us(c.last_created_at)) / 1e6 AS seconds,
        c.sequence_number AS sequence_number,
        r.sequence_number AS output_sequence_number
    FROM (FROM blocks WHERE part = 'tool_call') c
    FULL JOIN (FROM blocks WHERE part = 'tool_call_response') r USING (agent_id, tool_call_id, turn)
    ORDER BY agent_id, coalesce(c.sequence_number, r.sequence_number)
"""  # noqa: S608 - fixed names, values are parameters


def usage_by_response(which: Filter) -> str:
    """The last report of each response."""
    return f"""
    SELECT * REPLACE (agent_id::VARCHAR AS agent_id) FROM ({_responses(which)}) u ORDER BY u.agent_id, sequence_number
"""  # noqa: S608 - fixed names, values are parameters


def usage_by_model(which: Filter) -> str:
    """Totals by agent and model.

    Where the program itself reported its totals by model, these: they count what its notes leave out. Else the sum of
    its responses; the cost is then known only where one model had it all.
    """
    return f"""
    WITH last AS ({_LAST_RESPONSE}),
    reported AS (
        SELECT
            agent_id, j.key AS model, {_counts("j.value")},
            TRY_CAST({_text(COST_USD, "j.value")} AS DOUBLE) AS cost_usd
        FROM last, json_each(last.metadata -> '$."{_MODEL_USAGE}"') j
        WHERE {which.where(agent="last.agent_id") if which.timeless else "false"}
    ),
    summed AS (
        SELECT
            agent_id, model, {", ".join(f"sum({name})::BIGINT AS {name}" for name in _TOKENS)},
            CASE WHEN count(*) OVER (PARTITION BY agent_id) = 1
                THEN TRY_CAST(any_value({_text(COST_USD, "l.metadata")}) AS DOUBLE) END AS cost_usd
        FROM ({_responses(which)}) LEFT JOIN last l USING (agent_id)
        WHERE agent_id NOT IN (SELECT agent_id FROM reported)
        GROUP BY agent_id, model
    )
    SELECT agent_id::VARCHAR AS agent_id, model, {", ".join(_TOKENS)}, cost_usd, {category("reported_by")}
    FROM (
        SELECT *, 'agent' AS reported_by FROM reported
        UNION ALL BY NAME
        SELECT *, 'responses' AS reported_by FROM summed
    ) u
    ORDER BY u.agent_id, model
"""  # noqa: S608 - fixed names, values are parameters
