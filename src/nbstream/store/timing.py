"""The queries behind `timeline`: when each block was written, and how quick each response was."""

from __future__ import annotations

from typing import Final

from nbstream.messages import MODEL, OUTPUT_TOKENS, PARENT, RESPONSE_ID, TOOL_NAME
from nbstream.store.filters import Filter


def _text(key: str, column: str = "metadata") -> str:
    return f"({column} ->> '$.\"{key}\"')"


_SECONDS: Final = "(epoch_us({later}) - epoch_us({earlier})) / 1e6"


def _seconds(later: str, earlier: str) -> str:
    return _SECONDS.format(later=later, earlier=earlier)


def _blocks(which: Filter) -> str:
    """One row per block of the transcript, with its pace. A struct keeps arg_min from passing over NULL."""
    return f"""
        WITH log AS (
            SELECT
                agent_id, block, sequence_number, op, created_at,
                lag(created_at) OVER (PARTITION BY agent_id ORDER BY sequence_number) AS before,
                lag(created_at) OVER (PARTITION BY agent_id, block ORDER BY sequence_number) AS before_in_block
            FROM agent_messages
            WHERE {which.where()}
        ),
        pace AS (
            SELECT
                agent_id, block,
                count(*) FILTER (op = 'append') AS deltas,
                arg_min({{'at': before}}, sequence_number).at AS waited_from,
                median({_seconds("created_at", "before_in_block")}) FILTER (op = 'append') AS gap_p50_seconds,
                quantile_cont({_seconds("created_at", "before_in_block")}, 0.99) FILTER (op = 'append')
                    AS gap_p99_seconds,
                max({_seconds("created_at", "before_in_block")}) FILTER (op = 'append') AS gap_max_seconds
            FROM log
            WHERE block IS NOT NULL
            GROUP BY agent_id, block
        ),
        blocks AS (
            SELECT
                t.agent_id, t.sequence_number, t.last_sequence_number, t.block, t.type, t.part, t.metadata,
                length(t.content) AS characters,
                t.created_at AS started_at, t.last_created_at AS ended_at,
                p.deltas, p.gap_p50_seconds, p.gap_p99_seconds, p.gap_max_seconds,
                coalesce(p.waited_from, a.started_at) AS waited_from
            FROM (FROM transcript WHERE {which.where()}) t
            JOIN agents a ON a.id = t.agent_id
            LEFT JOIN pace p ON p.agent_id = t.agent_id AND p.block = t.block
        )
    """  # noqa: S608 - fixed names, values are parameters


def by_block(which: Filter) -> str:
    """One row per block, and one per run of a tool."""
    return f"""
        {_blocks(which)},
        results AS (
            SELECT agent_id, {_text("gen_ai.tool.call.id")} AS tool_call_id, min(started_at) AS answered_at
            FROM blocks WHERE part = 'tool_call_response' GROUP BY ALL
        )
        SELECT
            agent_id::VARCHAR AS agent_id, sequence_number, kind, label, response_id, parent_tool_call_id,
            started_at, ended_at, {_seconds("ended_at", "started_at")} AS seconds,
            CASE WHEN block IS NOT NULL THEN {_seconds("started_at", "waited_from")} END AS wait_seconds,
            deltas, characters, gap_p50_seconds, gap_max_seconds
        FROM (
            SELECT
                b.*, coalesce(part, {_text("nbstream.kind")}, type) AS kind, {_text(TOOL_NAME)} AS label,
                {_text(RESPONSE_ID)} AS response_id, {_text(PARENT)} AS parent_tool_call_id
            FROM blocks b WHERE part IS DISTINCT FROM 'tool_call_response'
            UNION ALL BY NAME
            SELECT
                c.agent_id, c.sequence_number, 'tool' AS kind, {_text(TOOL_NAME, "c.metadata")} AS label,
                {_text(RESPONSE_ID, "c.metadata")} AS response_id, {_text(PARENT, "c.metadata")} AS parent_tool_call_id,
                c.ended_at AS started_at, r.answered_at AS ended_at
            FROM blocks c JOIN results r
                ON r.agent_id = c.agent_id AND r.tool_call_id = {_text("gen_ai.tool.call.id", "c.metadata")}
            WHERE c.part = 'tool_call'
        ) bars
        ORDER BY bars.agent_id, started_at, sequence_number, kind = 'tool'
    """  # noqa: S608 - fixed names, values are parameters


def by_response(which: Filter) -> str:
    """One row per answer of a model: how long it took to begin, and how quick it was then."""
    return f"""
        {_blocks(which)},
        answers AS (
            SELECT
                agent_id, {_text(RESPONSE_ID)} AS response_id,
                arg_min({_text(MODEL)}, sequence_number) AS model,
                arg_min({_text(PARENT)}, sequence_number) AS parent_tool_call_id,
                min(sequence_number) AS sequence_number,
                arg_min({{'at': waited_from}}, sequence_number).at AS asked_at,
                min(started_at) AS first_token_at,
                max(ended_at) AS ended_at,
                sum(deltas)::BIGINT AS deltas, sum(characters)::BIGINT AS characters,
                count(*) FILTER (part = 'tool_call') AS tool_calls,
                median(gap_p50_seconds) AS gap_p50_seconds,
                max(gap_p99_seconds) AS gap_p99_seconds, max(gap_max_seconds) AS gap_max_seconds
            FROM blocks
            WHERE part IS NOT NULL AND {_text(RESPONSE_ID)} IS NOT NULL
            GROUP BY agent_id, {_text(RESPONSE_ID)}
        ),
        tokens AS (
            SELECT agent_id, {_text(RESPONSE_ID)} AS response_id,
                arg_max(TRY_CAST({_text(OUTPUT_TOKENS)} AS BIGINT), sequence_number) AS output_tokens
            FROM agent_messages
            WHERE op = 'note' AND {_text("nbstream.kind")} = 'usage' AND {which.where()}
            GROUP BY ALL
        )
        SELECT
            agent_id::VARCHAR AS agent_id, response_id, model, parent_tool_call_id, sequence_number,
            asked_at, first_token_at, ended_at,
            {_seconds("first_token_at", "asked_at")} AS time_to_first_token,
            {_seconds("ended_at", "first_token_at")} AS seconds,
            output_tokens,
            output_tokens / nullif({_seconds("ended_at", "first_token_at")}, 0) AS tokens_per_second,
            deltas, characters, tool_calls, gap_p50_seconds, gap_p99_seconds, gap_max_seconds
        FROM answers LEFT JOIN tokens USING (agent_id, response_id)
        ORDER BY answers.agent_id, sequence_number
    """  # noqa: S608 - fixed names, values are parameters
