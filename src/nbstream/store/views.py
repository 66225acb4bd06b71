"""The log folded into what a reader sees; the TypeScript reducer obeys the same rule and the same golden cases."""

from __future__ import annotations

from typing import Final

# Per (agent, block): rows after the block's last `drop`; from its last `set`, if there is one, that row's content and
# the appends after it, else all appends. Type, role and part are the last set's, else the first row's; metadata is the
# latest that says anything. Notes stand alone, except those about usage, which are bookkeeping. The struct keeps
# arg_max and arg_min from passing over a null role.
TRANSCRIPT: Final = """
    WITH kept AS NOT MATERIALIZED (
        SELECT
            m.*,
            max(sequence_number) FILTER (op = 'set') OVER (PARTITION BY agent_id, block) AS set_at
        FROM (
            SELECT
                *,
                max(sequence_number) FILTER (op = 'drop') OVER (PARTITION BY agent_id, block) AS dropped_at
            FROM agent_messages
            WHERE op <> 'note'
        ) AS m
        WHERE dropped_at IS NULL OR sequence_number > dropped_at
    ),
    folded AS NOT MATERIALIZED (
        SELECT
            agent_id,
            min(sequence_number) AS sequence_number,
            max(sequence_number) AS last_sequence_number,
            block,
            coalesce(
                arg_max({'type': type, 'role': role, 'part': part}, sequence_number) FILTER (op = 'set'),
                arg_min({'type': type, 'role': role, 'part': part}, sequence_number)
            ) AS face,
            coalesce(
                string_agg(content, '' ORDER BY sequence_number)
                    FILTER (set_at IS NULL OR sequence_number >= set_at),
                ''
            ) AS content,
            coalesce(arg_max(metadata, sequence_number) FILTER (metadata::VARCHAR <> '{}'), '{}') AS metadata,
            min(created_at) AS created_at,
            max(created_at) AS last_created_at
        FROM kept
        GROUP BY agent_id, block
    )
    SELECT
        agent_id, sequence_number, last_sequence_number, block,
        face.type AS type, face.role AS role, face.part AS part,
        content, metadata, created_at, last_created_at
    FROM folded
    UNION ALL
    SELECT
        agent_id, sequence_number, sequence_number, NULL, type, role, part, content, metadata, created_at, created_at
    FROM agent_messages
    WHERE op = 'note' AND (metadata ->> '$."nbstream.kind"') IS DISTINCT FROM 'usage'
"""
