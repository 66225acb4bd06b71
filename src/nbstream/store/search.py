"""Words in everything that was ever said: folded blocks are kept beside the log, the rest is folded as it is asked for.

A word may cross the border of two deltas, so blocks are searched, not rows; folding a million rows takes more than a
second. `search_blocks` therefore holds each agent's blocks as its log had them up to `search_marks.upto`. What came
after is found by number, and only the blocks that it touched are folded anew: the answer is exact at any moment, and
quick when little came. The writer goes on with it whenever nothing waits to be saved. Both tables are derived:
emptied, they fill again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import TOOL_NAME
from nbstream.store.filters import Filter
from nbstream.store.tables import category
from nbstream.store.views import transcript_of

if TYPE_CHECKING:
    from uuid import UUID

    import duckdb

    from nbstream.search import Term, Terms

STEP_ROWS: Final = 20_000
"""Most rows of the log that one step folds: a save that comes meanwhile waits some 50 ms."""

RANKED: Final = 5_000
"""Most places that are ranked; of more, the newest."""

EXCERPT: Final = 4_000
"""Characters of a place that are brought along for its snippet, from 200 before the first word found."""

# `step` says which rows are news: those of an agent above `low`, up to `high`. A block that one of them touches is
# folded from all its rows.
_TOUCHED: Final = """
    touched AS (
        SELECT DISTINCT m.agent_id, m.block
        FROM agent_messages m JOIN step s ON m.agent_id = s.agent_id
        WHERE m.block IS NOT NULL AND m.sequence_number > s.low AND m.sequence_number <= s.high
    )
"""
_FRESH: Final = f"""
    news AS NOT MATERIALIZED (
        SELECT m.*
        FROM agent_messages m
        JOIN step s ON m.agent_id = s.agent_id
        LEFT JOIN touched t ON t.agent_id = m.agent_id AND t.block = m.block
        WHERE m.sequence_number <= s.high AND (t.block IS NOT NULL OR (m.block IS NULL AND m.sequence_number > s.low))
    ),
    fresh AS (
        SELECT
            agent_id, sequence_number, last_sequence_number, block, type, role, part,
            (metadata ->> '$."{TOOL_NAME}"') AS tool, content, created_at
        FROM ({transcript_of("news")})
        WHERE content <> ''
    )
"""  # noqa: S608 - fixed names

_STEP: Final = """
    WITH step AS (
        SELECT unnest($agents::UUID[]) AS agent_id, unnest($low::BIGINT[]) AS low, unnest($high::BIGINT[]) AS high
    )
"""

_BEHIND: Final = """
    SELECT id, coalesce(upto, 0), next_sequence_number - 1
    FROM agents LEFT JOIN search_marks ON agent_id = id
    WHERE next_sequence_number - 1 > coalesce(upto, 0)
    ORDER BY created_at, id
"""


def advance(cursor: duckdb.DuckDBPyConnection, rows: int = STEP_ROWS) -> bool:
    """Fold the next rows of the log into the tables of the search, in one transaction.

    Args:
        cursor: the writer's, with no transaction open.
        rows: of the log, at most; but one at least.

    Returns:
        False when there was nothing to fold.
    """
    agents: list[UUID] = []
    lows: list[int] = []
    highs: list[int] = []
    left = max(1, rows)
    for agent_id, low, head in cursor.execute(_BEHIND).fetchall():
        high = min(head, low + left)
        agents, lows, highs = [*agents, agent_id], [*lows, low], [*highs, high]
        left -= high - low
        if left <= 0:
            break
    if not agents:
        return False
    given = {"agents": agents, "low": lows, "high": highs}
    cursor.begin()
    cursor.execute(
        f"{_STEP}, {_TOUCHED} "  # noqa: S608 - fixed names
        "DELETE FROM search_blocks b USING touched t WHERE b.agent_id = t.agent_id AND b.block = t.block",
        given,
    )
    cursor.execute(f"INSERT INTO search_blocks {_STEP}, {_TOUCHED}, {_FRESH} FROM fresh", given)
    cursor.execute(
        f"INSERT INTO search_marks {_STEP} SELECT agent_id, high FROM step "  # noqa: S608 - fixed names
        "ON CONFLICT (agent_id) DO UPDATE SET upto = excluded.upto",
        given,
    )
    cursor.commit()
    return True


def forget(cursor: duckdb.DuckDBPyConnection, agent_id: UUID) -> None:
    """Take an agent's texts out of the tables of the search; what is left of its log is folded again later.

    Args:
        cursor: the writer's, in the transaction that changes or deletes rows of this agent's log.
        agent_id: whose.
    """
    cursor.execute("DELETE FROM search_blocks WHERE agent_id = ?", [agent_id])
    cursor.execute("DELETE FROM search_marks WHERE agent_id = ?", [agent_id])


def places(terms: Terms, which: Filter, part: str | None) -> str:
    """The places where all terms are, best by a first look, with an excerpt each; `$limit` of them.

    Columns: agent_id, sequence_number (0 for a prompt), last_sequence_number, type, role, part, tool, created_at,
    matches, age_days (before the newest), skipped (characters before the excerpt), excerpt.
    """
    found = " AND ".join(_has(n, term) for n, term in enumerate(terms.wanted))
    hidden = "".join(f" AND NOT ({_has(n, term, 'u')})" for n, term in enumerate(terms.unwanted))
    matches = " + ".join(_count(n, term) for n, term in enumerate(terms.wanted))
    firsts = ", ".join(_first(n, term) for n, term in enumerate(terms.wanted))
    return f"""
    WITH step AS (
        SELECT a.id AS agent_id, coalesce(upto, 0) AS low, {2**62} AS high
        FROM agents a LEFT JOIN search_marks s ON s.agent_id = a.id
        WHERE next_sequence_number - 1 > coalesce(upto, 0) AND {_agents_only(which).where(agent="a.id")}
    ),
    {_TOUCHED},
    {_FRESH},
    everything AS (
        SELECT * EXCLUDE (block) FROM search_blocks b
        WHERE agent_id IN (SELECT id FROM agents) AND NOT EXISTS (
            SELECT 1 FROM touched t WHERE t.agent_id = b.agent_id AND t.block = b.block
        )
        UNION ALL BY NAME
        SELECT * EXCLUDE (block) FROM fresh
        UNION ALL BY NAME
        SELECT
            id AS agent_id, 0 AS sequence_number, 0 AS last_sequence_number, 'user' AS type, 'user' AS role,
            'prompt' AS part, prompt AS content, created_at
        FROM agents WHERE prompt <> ''
    ),
    found AS (
        SELECT *, lower(content) AS folded FROM everything
        WHERE {found}{hidden} AND {which.where()}{" AND part = $part" if part is not None else ""}
        ORDER BY created_at DESC, agent_id, sequence_number DESC
        LIMIT {RANKED}
    ),
    looked AS (
        SELECT *, {matches} AS matches, least({firsts}) AS first, greatest({firsts}) AS last_first,
            epoch_us(max(created_at) OVER ()) - epoch_us(created_at) AS age
        FROM found
    )
    SELECT
        agent_id::VARCHAR AS agent_id, sequence_number, last_sequence_number, {category("type")}, {category("role")},
        part, tool, created_at, matches::BIGINT AS matches, age / 8.64e10 AS age_days,
        greatest(0, first - 1 - 200) AS skipped,
        substr(content, greatest(1, first - 200), {EXCERPT}) AS excerpt
    FROM looked
    ORDER BY
        least(3, ln(1 + matches / {len(terms.wanted)})) + 2 / (1 + (last_first - first) / 80)
            + 1 / (1 + age / 8.64e10 / 30) DESC,
        created_at DESC, agent_id, sequence_number
    LIMIT $limit
"""  # noqa: S608 - fixed names, values are parameters


def values(terms: Terms, which: Filter, part: str | None, limit: int) -> dict[str, Any]:
    """The parameters of `places`."""
    given: dict[str, Any] = which.params() | {"limit": limit} | ({} if part is None else {"part": part})
    for letter, group in (("w", terms.wanted), ("u", terms.unwanted)):
        for n, term in enumerate(group):
            for place, word in enumerate(term.words):
                given[f"{letter}{n}_{place}"] = word
            if len(term.words) > 1:
                given[f"{letter}{n}"] = term.pattern
    return given


def _agents_only(which: Filter) -> Filter:
    return Filter(agents=which.agents, session=which.session)


def _has(n: int, term: Term, letter: str = "w") -> str:
    """Whether a term is there. The words of a phrase are looked for first, since that is quicker."""
    words = [f"contains(lower(content), lower(${letter}{n}_{place}))" for place in range(len(term.words))]
    phrase = [f"regexp_matches(lower(content), ${letter}{n})"] if len(term.words) > 1 else []
    return " AND ".join(words + phrase)


def _count(n: int, term: Term) -> str:
    if len(term.words) > 1:
        return f"len(regexp_extract_all(folded, $w{n}))"
    return f"(length(folded) - length(replace(folded, lower($w{n}_0), ''))) // length($w{n}_0)"


def _first(n: int, term: Term) -> str:
    if len(term.words) > 1:
        return f"instr(folded, regexp_extract(folded, $w{n}))"
    return f"instr(folded, lower($w{n}_0))"
