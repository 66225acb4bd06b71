"""Deltas turned into their blocks, as SQL over the log.

Of a block stay its first row, now empty, and its last, now a `set` with all of its content: so its numbers, its times
and what the fold makes of it are as they were. A block of one or two rows stays as it is, and so do notes and the rows
of the last event, where a reader of the source may go on. What a `drop` withdrew goes. The source as received of every
row that goes is put before that of the next one that stays, so the recording is the same, line for line.
"""

from __future__ import annotations

from typing import Final

_MARKED: Final = """
    log AS (
        SELECT m.*, m.rowid AS place, coalesce(m.event_id = a.last_event_id, false) AS at_the_end
        FROM agent_messages m JOIN agents a ON a.id = m.agent_id
        WHERE {which}
    ),
    dropped AS (
        SELECT agent_id, block, max(sequence_number) AS dropped_at FROM log WHERE op = 'drop' GROUP BY ALL
    ),
    living AS (
        SELECT l.*, dropped_at FROM log l LEFT JOIN dropped d ON l.agent_id = d.agent_id AND l.block = d.block
    ),
    sets AS (
        SELECT agent_id, block, max(sequence_number) AS set_at FROM living
        WHERE op = 'set' AND (dropped_at IS NULL OR sequence_number > dropped_at) GROUP BY ALL
    ),
    folded AS (
        SELECT
            k.agent_id, k.block, min(sequence_number) AS first, max(sequence_number) AS last, count(*) AS many,
            bool_or(at_the_end) AS at_the_end,
            coalesce(
                arg_max({{'type': type, 'role': role, 'part': part}}, sequence_number) FILTER (op = 'set'),
                arg_min({{'type': type, 'role': role, 'part': part}}, sequence_number)
            ) AS face,
            coalesce(string_agg(content, '' ORDER BY sequence_number)
                FILTER (set_at IS NULL OR sequence_number >= set_at), '') AS whole,
            coalesce(arg_max(metadata, sequence_number) FILTER (metadata::VARCHAR <> '{{}}'), '{{}}') AS meta
        FROM living k LEFT JOIN sets s ON k.agent_id = s.agent_id AND k.block = s.block
        WHERE op <> 'note' AND (dropped_at IS NULL OR sequence_number > dropped_at)
        GROUP BY k.agent_id, k.block
    ),
    marked AS (
        SELECT
            l.*, first, last, face, whole, meta,
            coalesce(
                many > 2 AND NOT f.at_the_end AND l.op <> 'note'
                AND (dropped_at IS NULL OR sequence_number > dropped_at), false
            ) AS shrinks,
            l.op = 'note' OR l.at_the_end OR l.block IS NULL
                OR CASE
                    WHEN dropped_at IS NOT NULL AND sequence_number <= dropped_at THEN sequence_number = dropped_at
                    ELSE many <= 2 OR f.at_the_end OR sequence_number IN (first, last)
                END AS stays
        FROM living l LEFT JOIN folded f ON l.agent_id = f.agent_id AND l.block = f.block
    )
"""

_THESE: Final = _MARKED.format(which="m.agent_id IN (SELECT unnest($agents::UUID[]))")

WORTH_IT: Final = (
    f"WITH {_MARKED} SELECT DISTINCT agent_id FROM marked WHERE NOT stays"  # noqa: S608 - fixed names
).replace("{which}", "a.status NOT IN ('created', 'running') AND ({which})")
"""The ended agents that have a row that would go; `{which}` is a condition on the agent's `id`."""

MESSAGES: Final = f"""
    WITH {_THESE},
    grouped AS (
        SELECT *, min(sequence_number) FILTER (stays) OVER (
            PARTITION BY agent_id ORDER BY sequence_number ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS keeper
        FROM marked
    ),
    sources AS (
        SELECT agent_id, keeper, string_agg(raw, chr(10) ORDER BY sequence_number) AS received
        FROM grouped GROUP BY ALL
    ),
    kept AS (
        SELECT m.* REPLACE (
            received AS raw,
            CASE WHEN NOT shrinks THEN m.content WHEN sequence_number = last THEN whole ELSE '' END AS content,
            CASE WHEN NOT shrinks THEN m.op WHEN sequence_number = last THEN 'set' ELSE 'append' END AS op,
            CASE WHEN shrinks AND sequence_number = last THEN face.type ELSE m.type END AS type,
            CASE WHEN shrinks AND sequence_number = last THEN face.role ELSE m.role END AS role,
            CASE WHEN shrinks AND sequence_number = last THEN face.part ELSE m.part END AS part,
            CASE WHEN shrinks AND sequence_number = last THEN meta ELSE m.metadata END AS metadata
        )
        FROM marked m JOIN sources s ON m.agent_id = s.agent_id AND m.sequence_number = s.keeper
        WHERE stays
    )
    SELECT * EXCLUDE (place) FROM (
        SELECT * EXCLUDE (at_the_end, dropped_at, first, last, face, whole, meta, shrinks, stays) FROM kept
        UNION ALL BY NAME
        SELECT *, rowid AS place FROM agent_messages WHERE agent_id NOT IN (SELECT unnest($agents::UUID[]))
    ) ORDER BY place
"""  # noqa: S608 - fixed names, values are parameters

AGENTS: Final = f"""
    WITH {_THESE},
    counted AS (
        SELECT agent_id, count(*) FILTER (stays) AS stayed, max(sequence_number) AS through FROM marked GROUP BY ALL
    )
    SELECT a.* REPLACE (
        coalesce(through, a.compacted_to) AS compacted_to, coalesce(stayed, a.compacted_rows) AS compacted_rows
    ) FROM agents a LEFT JOIN counted c ON a.id = c.agent_id ORDER BY a.rowid
"""  # noqa: S608 - fixed names, values are parameters
