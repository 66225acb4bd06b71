"""Every rule of the log proved again from its rows; the constraints that guard them are not trusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import duckdb

_SHOWN: Final = 20
"""Findings of one kind that are spelled out; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What `verify` found; true when every rule holds.

    Args:
        path: the store.
        agents: how many.
        rows: messages in the log.
        duplicates: messages refused in the store's life, because they were there already.
        gaps: ranges that a source lost for good, named by rows of their own, and ranges that were compacted: explicit,
            so no violation.
        holes: ranges of sequence numbers that are missing from the log.
        violations: each broken rule, one sentence; holes are among them.
        logs: agents whose rows were compared with their proxy's log, line for line.
    """

    path: str
    agents: int
    rows: int
    duplicates: int
    gaps: list[str] = field(default_factory=list)
    holes: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    logs: int = 0

    def __bool__(self) -> bool:
        return not self.violations

    def __str__(self) -> str:
        verdict = "every rule holds" if self else f"{len(self.violations)} violations"
        lines = [
            f"{self.path}: {verdict}",
            (
                f"{self.rows:,} messages of {self.agents:,} agents · {len(self.holes)} holes · "
                f"{self.duplicates:,} duplicates refused · {len(self.gaps)} explicit gaps"
                + (f" · {self.logs:,} compared with the proxy's log" if self.logs else "")
            ),
        ]
        return "\n".join([*lines, *(f"! {text}" for text in self.violations), *(f"gap: {text}" for text in self.gaps)])

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


# Each rule is a query whose rows are its violations, one text each. What is derived is computed anew: the id of a part
# from its agent, its event id and its rank among the rows of that event (`identity.py`).
_HOLES: Final = """
    SELECT agent_id || ': ' || CASE WHEN low = high THEN low::VARCHAR ELSE low || '-' || high END
    FROM (
        SELECT agent_id, 1 + lag(sequence_number, 1, 0) OVER (PARTITION BY agent_id ORDER BY sequence_number) AS low,
            sequence_number - 1 AS high
        FROM (
            SELECT agent_id, sequence_number FROM agent_messages
            UNION ALL
            SELECT id, next_sequence_number FROM agents
        )
    )
    WHERE low <= high AND high > coalesce((SELECT compacted_to FROM agents WHERE id = agent_id), 0)
    ORDER BY agent_id, low
"""

# The hexadecimal digits of a derived id, from its `digest`.
_DERIVED: Final = """
    right(replace(agent_id::VARCHAR, '-', ''), 4)
    || printf('%08x', coalesce(nullif(regexp_extract(event_id, '[0-9]{0,9}$'), ''), '0')::BIGINT)
    || '8' || _DIGEST[14:16] || substr('89ab89ab89ab89ab', 1 + instr('0123456789abcdef', _DIGEST[17]) - 1, 1)
    || _DIGEST[18:32]
"""

# Where compaction took parts of an event, its rank says no more which part a row is: it must be one of the first.
_IS_A_PART: Final = """
    list_contains(
        list_transform(range(64), lambda part: sha1(
            unhex(replace(agent_id::VARCHAR, '-', '')) || encode(event_id || '/' || part)))
        .list_transform(lambda one: _DERIVED),
        replace(id::VARCHAR, '-', '')
    )
""".replace("_DERIVED", _DERIVED.replace("_DIGEST", "one"))

_RULES: Final = {
    "sequence number used twice": """
        SELECT agent_id || ': ' || sequence_number || ' (' || count(*) || ' rows)'
        FROM agent_messages GROUP BY agent_id, sequence_number HAVING count(*) > 1 ORDER BY ALL
    """,
    "id used twice": """
        SELECT id || ' (' || count(*) || ' rows)' FROM agent_messages GROUP BY id HAVING count(*) > 1 ORDER BY ALL
    """,
    "sequence number at or above the next one to give": """
        SELECT m.agent_id || ': ' || max(sequence_number) || ', next ' || any_value(next_sequence_number)
        FROM agent_messages m JOIN agents a ON a.id = m.agent_id
        GROUP BY m.agent_id HAVING max(sequence_number) >= any_value(next_sequence_number) ORDER BY ALL
    """,
    "messages of no agent": """
        SELECT agent_id || ': ' || count(*) || ' rows' FROM agent_messages
        WHERE agent_id NOT IN (SELECT id FROM agents) GROUP BY agent_id ORDER BY ALL
    """,
    "id not derived from its event": """
        SELECT agent_id || ': message ' || sequence_number || ' of event ' || event_id || ' is ' || id
        FROM (
            SELECT m.id, agent_id, sequence_number, event_id, sha1(
                unhex(replace(agent_id::VARCHAR, '-', ''))
                || encode(event_id || '/' || (row_number() OVER (
                    PARTITION BY agent_id, event_id ORDER BY sequence_number) - 1))
            ) AS digest, sequence_number <= coalesce(compacted_to, 0) AS compacted
            FROM agent_messages m JOIN agents a ON a.id = m.agent_id WHERE event_id IS NOT NULL
        )
        WHERE replace(id::VARCHAR, '-', '') <> _DERIVED AND NOT (compacted AND _IS_A_PART)
        ORDER BY agent_id, sequence_number
    """.replace("_IS_A_PART", _IS_A_PART).replace("_DERIVED", _DERIVED.replace("_DIGEST", "digest")),
    "rows missing from what was compacted": """
        SELECT a.id || ': ' || count(m.id) || ' rows up to ' || compacted_to || ', ' || compacted_rows || ' were kept'
        FROM agents a LEFT JOIN agent_messages m ON m.agent_id = a.id AND m.sequence_number <= compacted_to
        WHERE compacted_to IS NOT NULL
        GROUP BY a.id, compacted_to, compacted_rows HAVING count(m.id) <> compacted_rows ORDER BY ALL
    """,
    "the same id came with different bytes": """
        SELECT agent_id || ': message ' || sequence_number || ': ' || content FROM agent_messages
        WHERE type = 'error' AND (metadata ->> '$."nbstream.kind"') = 'conflict' ORDER BY agent_id, sequence_number
    """,
}

_GAPS: Final = """
    SELECT agent_id || ': message ' || sequence_number || ': ' || content FROM agent_messages
    WHERE op = 'note' AND (metadata ->> '$."nbstream.kind"') = 'gap' ORDER BY agent_id, sequence_number
"""

_COMPACTED: Final = """
    SELECT id || ': compacted up to message ' || compacted_to || ', ' || compacted_rows || ' of them kept'
    FROM agents WHERE compacted_to IS NOT NULL ORDER BY created_at, id
"""


def verify(cursor: duckdb.DuckDBPyConnection, path: str) -> Report:
    """Prove every rule again, in one snapshot of the store. Reads all of it: some seconds for a million messages.

    Args:
        cursor: a connection of its own.
        path: the store, for the report.
    """
    cursor.execute("BEGIN TRANSACTION READ ONLY")
    [(agents, rows, duplicates)] = cursor.execute(
        "SELECT (SELECT count(*) FROM agents), (SELECT count(*) FROM agent_messages), "
        "(SELECT coalesce(sum(duplicates), 0)::BIGINT FROM agents)"
    ).fetchall()
    holes = _texts(cursor, _HOLES)
    violations = [f"missing sequence numbers: {text}" for text in holes]
    for rule, sql in _RULES.items():
        violations += [f"{rule}: {text}" for text in _texts(cursor, sql)]
    return Report(
        path=path,
        agents=agents,
        rows=rows,
        duplicates=duplicates,
        gaps=[*_texts(cursor, _GAPS), *_texts(cursor, _COMPACTED)],
        holes=holes,
        violations=violations,
    )


def _texts(cursor: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    found = [text for (text,) in cursor.execute(sql).fetchall()]
    if len(found) > _SHOWN:
        return [*found[:_SHOWN], f"and {len(found) - _SHOWN:,} more"]
    return found
