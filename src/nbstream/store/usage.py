"""Tokens and cost: what each response reported, counted once, and what the program itself says."""

from __future__ import annotations

from typing import Final

from nbstream.messages import (
    CACHE_READ_TOKENS,
    CACHE_WRITE_TOKENS,
    COST_USD,
    FINISH_REASONS,
    INPUT_TOKENS,
    MODEL,
    OUTPUT_TOKENS,
    PARENT,
    REASONING_TOKENS,
    RESPONSE_ID,
)
from nbstream.store.filters import Filter
from nbstream.store.tables import LAST_RESPONSE, category, text

_MODEL_USAGE: Final = "nbstream.model_usage"
TOKENS: Final = {
    "input_tokens": INPUT_TOKENS,
    "output_tokens": OUTPUT_TOKENS,
    "cache_read_tokens": CACHE_READ_TOKENS,
    "cache_write_tokens": CACHE_WRITE_TOKENS,
    "reasoning_tokens": REASONING_TOKENS,
}
_CUMULATIVE: Final = "('codex')"
"""Formats whose report counts its whole session so far, the runs before it too: a resumed thread goes on counting."""


def _counts(column: str) -> str:
    return ", ".join(f"TRY_CAST({text(key, column)} AS BIGINT) AS {name}" for name, key in TOKENS.items())


def _responses(which: Filter) -> str:
    """The last report of each response; a report that names no response is a response of its own.

    Where a format counts its session, the report before is taken off, be it of this run or of the run that this one
    went on from; not where the counts are lower than before, for then they began anew. So the runs before are read
    too, and what was asked for is picked after.
    """
    before = ", ".join(f"lag({name}) OVER session AS last_{name}" for name in TOKENS)
    rest = ", ".join(
        f"CASE WHEN goes_on THEN {name} - coalesce(last_{name}, 0) ELSE {name} END AS {name}" for name in TOKENS
    )
    return f"""
    SELECT * EXCLUDE (session, begun) FROM (
        SELECT
            agent_id, response_id, model, parent_tool_call_id, {rest}, NULL::DOUBLE AS cost_usd, finish_reasons,
            sequence_number, created_at, session, begun,
            CASE WHEN goes_on THEN 'differences' ELSE 'responses' END AS reported_by
        FROM (
            SELECT *, coalesce(
                session IS NOT NULL AND input_tokens >= last_input_tokens AND output_tokens >= last_output_tokens, false
            ) AS goes_on
            FROM (
                SELECT *, {before}
                FROM (
                    SELECT
                        m.agent_id, m.response_id, {text(MODEL, "m.metadata")} AS model,
                        {text(PARENT, "m.metadata")} AS parent_tool_call_id, {_counts("m.metadata")},
                        {text(FINISH_REASONS, "m.metadata")} AS finish_reasons, m.sequence_number, m.created_at,
                        CASE WHEN a.type IN {_CUMULATIVE} THEN coalesce(a.session_id, a.id::VARCHAR) END AS session,
                        a.created_at AS begun
                    FROM (
                        SELECT *, {text(RESPONSE_ID)} AS response_id
                        FROM agent_messages
                        WHERE op = 'note' AND {text("nbstream.kind")} = 'usage' AND (
                            ({which.where()}) OR agent_id IN (SELECT id FROM agents WHERE type IN {_CUMULATIVE})
                        )
                    ) m JOIN agents a ON a.id = m.agent_id
                    QUALIFY row_number() OVER (
                        PARTITION BY agent_id, coalesce(response_id, sequence_number::VARCHAR)
                        ORDER BY sequence_number DESC
                    ) = 1
                )
                WINDOW session AS (PARTITION BY session ORDER BY begun, agent_id, sequence_number)
            )
        )
    )
    WHERE {which.where()}
"""  # noqa: S608 - fixed names, values are parameters


def by_response(which: Filter) -> str:
    """The last report of each response."""
    return f"""
    SELECT * REPLACE (agent_id::VARCHAR AS agent_id, {category("reported_by").removesuffix(" AS reported_by")}
        AS reported_by)
    FROM ({_responses(which)}) u ORDER BY u.agent_id, sequence_number
"""  # noqa: S608 - fixed names, values are parameters


def by_model(which: Filter) -> str:
    """Totals by agent and model.

    Where the program itself reported its totals by model, these: they count what its notes leave out. Else the sum of
    its responses; the cost is then known only where one model had it all.
    """
    return f"""
    WITH last AS ({LAST_RESPONSE}),
    reported AS (
        SELECT
            agent_id, j.key AS model, {_counts("j.value")},
            TRY_CAST({text(COST_USD, "j.value")} AS DOUBLE) AS cost_usd
        FROM last, json_each(last.metadata -> '$."{_MODEL_USAGE}"') j
        WHERE {which.where(agent="last.agent_id") if which.timeless else "false"}
    ),
    summed AS (
        SELECT
            agent_id, model, {", ".join(f"sum({name})::BIGINT AS {name}" for name in TOKENS)},
            CASE WHEN count(*) OVER (PARTITION BY agent_id) = 1
                THEN TRY_CAST(any_value({text(COST_USD, "l.metadata")}) AS DOUBLE) END AS cost_usd,
            min(reported_by) AS reported_by
        FROM ({_responses(which)}) LEFT JOIN last l USING (agent_id)
        WHERE agent_id NOT IN (SELECT agent_id FROM reported)
        GROUP BY agent_id, model
    )
    SELECT agent_id::VARCHAR AS agent_id, model, {", ".join(TOKENS)}, cost_usd, {category("reported_by")}
    FROM (
        SELECT *, 'agent' AS reported_by FROM reported
        UNION ALL BY NAME
        SELECT * FROM summed
    ) u
    ORDER BY u.agent_id, model
"""  # noqa: S608 - fixed names, values are parameters


def checks(which: Filter) -> str:
    """One row per agent: what its responses come to, and its program's own last word."""
    by_model = ", ".join(
        f"(SELECT sum(TRY_CAST({text(key, 'j.value')} AS BIGINT)) "  # noqa: S608 - fixed names
        f"FROM json_each(metadata -> '$.\"{_MODEL_USAGE}\"') j)::BIGINT AS model_{name}"
        for name, key in TOKENS.items()
    )
    return f"""
    WITH counted AS (
        SELECT
            agent_id, count(*) AS responses, min(reported_by) AS reported_by,
            sum(input_tokens)::BIGINT AS counted_input_tokens, sum(output_tokens)::BIGINT AS counted_output_tokens
        FROM ({_responses(which)}) GROUP BY agent_id
    ),
    last AS (SELECT *, {by_model}, {_counts("metadata")} FROM ({LAST_RESPONSE})),
    program AS (
        SELECT
            l.agent_id, TRY_CAST({text(COST_USD, "l.metadata")} AS DOUBLE) AS cost_usd,
            {", ".join(_program(name) for name in ("input_tokens", "output_tokens"))}
        FROM last l JOIN agents a ON a.id = l.agent_id
        WINDOW session AS (
            PARTITION BY
                CASE WHEN a.type IN {_CUMULATIVE} AND a.session_id <> '' THEN a.session_id ELSE a.id::VARCHAR END
            ORDER BY a.created_at, a.id
        )
    )
    SELECT
        a.id::VARCHAR AS agent_id, a.type, a.session_id, coalesce(responses, 0) AS responses,
        counted_input_tokens, counted_output_tokens, program_input_tokens, program_output_tokens, p.cost_usd,
        (program_input_tokens + program_output_tokens) - (counted_input_tokens + counted_output_tokens)
            AS difference_tokens
    FROM agents a LEFT JOIN counted c ON c.agent_id = a.id LEFT JOIN program p ON p.agent_id = a.id
    WHERE {which.where(agent="a.id", time="a.created_at")}
    ORDER BY a.created_at, a.id
"""  # noqa: S608 - fixed names, values are parameters


def _program(name: str) -> str:
    """The program's own total of a run: that of its session less that of the run before, where it counts sessions."""
    return f"""coalesce(model_{name}, CASE
        WHEN {name} >= lag({name}) OVER session THEN {name} - lag({name}) OVER session ELSE {name}
    END) AS program_{name}"""
