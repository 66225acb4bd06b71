"""verify() finds each kind of damage. The damage is done by another program, past the constraints where it must be."""

from __future__ import annotations

import duckdb
import pytest

from nbstream.frames import Store
from nbstream.messages import AgentMessage
from nbstream.store import Report, message_id
from store.given import agent, message, messages

UNGUARDED = (
    "CREATE TABLE copy AS FROM agent_messages; DROP VIEW transcript; DROP TABLE agent_messages; "
    "ALTER TABLE copy RENAME TO agent_messages;"
)


@pytest.fixture
def damaged(path):
    """Runs SQL on a store of two agents with 10 messages each, and gives its report."""
    with Store.open(path) as store:
        for agent_id in (agent(store), agent(store)):
            store.save(agent_id, [*messages(agent_id, 1, 9), message(agent_id, 9, 1)]).result()
        assert store.verify()

    def report(sql: str) -> Report:
        with duckdb.connect(str(path)) as foreign:
            foreign.execute(sql)
        with Store.open(path) as store:
            return store.verify()

    return report


def test_a_sound_store(store: Store) -> None:
    assert store.verify()
    agent_id = agent(store)
    store.save(agent_id, messages(agent_id, 1, 5)).result()
    store.save(agent_id, messages(agent_id, 1, 5)).result()
    report = store.verify()
    assert bool(report) is True
    assert (report.agents, report.rows, report.duplicates) == (1, 5, 5)
    assert str(report).endswith(
        "every rule holds\n5 messages of 1 agents · 0 holes · 5 duplicates refused · 0 explicit gaps"
    )
    assert report._repr_html_().startswith("<pre>")


def test_ids_of_events_with_any_name_are_proved(store: Store) -> None:
    agent_id = agent(store)
    names = [
        "x",
        "7",
        "1.",
        "1.٣",
        "a7b",
        "1.007",
        "12345678",
        "123456789",
        "1234567890",
        "9" * 40,
        "-3",
        "7 ",
        "a\n7",
        "é7",
    ]
    rows = [message(agent_id, 1, event_id=name, id=message_id(agent_id, name, 0)) for name in names]
    store.save(agent_id, rows).result()
    assert [row.id for row in store.read(agent_id)] == [row.id for row in rows]
    assert str(store.verify()).count("!") == 0


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DELETE FROM agent_messages WHERE sequence_number = 4", "missing sequence numbers: [0-9a-f-]{36}: 4"),
        ("DELETE FROM agent_messages WHERE sequence_number <= 2", "missing sequence numbers: [0-9a-f-]{36}: 1-2"),
        ("DELETE FROM agent_messages WHERE sequence_number >= 8", "missing sequence numbers: [0-9a-f-]{36}: 8-10"),
        ("DELETE FROM agent_messages", "missing sequence numbers: [0-9a-f-]{36}: 1-10"),
        ("UPDATE agents SET next_sequence_number = 5", "at or above the next one to give: .*: 10, next 5"),
        (
            "UPDATE agent_messages SET event_id = '1.77' WHERE sequence_number = 3",
            "id not derived from its event: .*message 3 of event 1.77",
        ),
        (
            UNGUARDED + "INSERT INTO agent_messages FROM agent_messages WHERE sequence_number = 3",
            "id used twice: .*2 rows",
        ),
        (
            UNGUARDED + "UPDATE agent_messages SET sequence_number = 4 WHERE sequence_number = 3",
            r"sequence number used twice: .*: 4 \(2 rows\)",
        ),
        (UNGUARDED + "DELETE FROM agents", "messages of no agent: .*: 10 rows"),
    ],
)
def test_damage_is_found(damaged, damage: str, said: str) -> None:
    import re

    report = damaged(damage)
    assert not report
    assert sum(re.search(said, text) is not None for text in report.violations) == 2  # of both agents
    assert "violations" in str(report)
    assert bool(report.holes) == ("missing" in said or "UPDATE agent_messages SET sequence_number" in damage)


def test_many_findings_are_counted_not_listed(damaged) -> None:
    report = damaged("UPDATE agent_messages SET event_id = '1.' || (sequence_number + 100)")
    assert "id not derived from its event: and 0 more" not in str(report)
    assert len(report.violations) == 20
    report = damaged(
        "INSERT INTO agent_messages SELECT uuid(), agent_id, sequence_number + 100, type, role, part, content, raw, "
        "metadata, created_at, block, op, event_id || 'x' FROM agent_messages"
    )
    assert "id not derived from its event: and 20 more" in report.violations


def test_explicit_gaps_are_named_and_no_violation(store: Store) -> None:
    agent_id = agent(store)
    gap = AgentMessage(
        type="system", op="note", content="Events 5-9 are gone: past retention", metadata={"nbstream.kind": "gap"}
    )
    store.save(agent_id, [*messages(agent_id, 1, 4), gap, *messages(agent_id, 10, 12)]).result()
    report = store.verify()
    assert report
    assert report.gaps == [f"{agent_id}: message 5: Events 5-9 are gone: past retention"]


def test_hostile_content_is_escaped_in_html(store: Store) -> None:
    agent_id = agent(store)
    gap = AgentMessage(
        type="system", op="note", content="<img src=x onerror=alert(1)>", metadata={"nbstream.kind": "gap"}
    )
    store.save(agent_id, [gap]).result()
    assert "<img" not in store.verify()._repr_html_()
