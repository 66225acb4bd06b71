"""Agents deleted, deltas compacted, texts redacted: what goes is gone from the file, what stays is as it was."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import duckdb
import pytest

from nbstream.errors import AgentBusy, AgentDeleted, AgentNotFound
from nbstream.frames import Store
from nbstream.parsers import parser_named
from nbstream.service.recorder import Recorder
from recorded import EXITS, RECORDED, events_with_ids
from store.given import START, agent, environment, message, messages, record
from store.test_processes import Child

STEP = int(os.environ.get("NBSTREAM_KILL_STEP", "13"))
"""Statements between two kills: 1 is every one of them, and takes minutes."""

PLANTED = "PLANTED-4711-SECRET"


@pytest.fixture(autouse=True)
def runtime(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("NBSTREAM_RUNTIME", str(tmp_path_factory.mktemp("run")))


def ended(store: Store, agent_id: UUID, status: str = "completed") -> UUID:
    store.update_agent(agent_id, status=status).result()
    return agent_id


def planted(store: Store, count: int = 400) -> UUID:
    """An ended agent with the planted text in everything, and once across three deltas."""
    agent_id = agent(store, prompt=f"say {PLANTED}", error=f"no {PLANTED}", metadata={"asked": {"x": PLANTED}})
    pieces = [PLANTED[:5], PLANTED[5:12], PLANTED[12:]]
    rows = [
        message(agent_id, n, content=text, raw=json.dumps({"delta": text}))
        for n, text in enumerate([*("word " for _ in range(count)), *pieces, " end"], 1)
    ]
    whole = "word " * count + PLANTED + " end"
    rows += [
        message(agent_id, count + 5, op="set", content=whole, raw=json.dumps({"text": whole}), metadata={"m": PLANTED}),
        message(agent_id, count + 6, op="note", block=None, content="done", raw="{}"),
    ]
    store.save(agent_id, rows, last_event_id=f"1.{count + 6}").result()
    return ended(store, agent_id)


def play(store: Store, name: str) -> UUID:
    """A recording, as the service would have stored it."""
    agent_id = agent(store, type=RECORDED[name])
    recorder = Recorder(agent_id, parser_named(RECORDED[name]), lambda: START)
    rows = recorder.rows(events_with_ids(name))
    ending, last, cursor = recorder.end("exited", EXITS[name])
    store.save(agent_id, [*rows, *last], last_event_id=cursor).result()
    return ended(store, agent_id, ending.status)


def in_file(path: Path, text: str) -> int:
    files = [path, path.with_name(path.name + ".wal")]
    return sum(one.read_bytes().count(text.encode()) for one in files if one.exists())


def log(store: Store) -> list[dict]:
    return store.messages(raw=True, to="arrow").to_pylist()


def test_a_deleted_agent_is_gone_from_the_file_and_its_id_is_not_used_again(path: Path) -> None:
    with Store.open(path) as store:
        kept, gone = planted(store), planted(store)
        other = agent(store)
        store.save(other, messages(other, 1, 5)).result()
        before = store.messages(other, raw=True, to="arrow")
        store.delete(kept)
        heard = []
        store.on_commit(heard.append)
        done = store.delete(gone)
        assert (done.agents, done.rows_before - done.rows_after, done.scrubbed) == (1, 406, True)
        assert [(one.agent_id, one.deleted) for one in heard] == [(gone, True)]
        with pytest.raises(AgentDeleted):
            store.get_agent(gone)
        with pytest.raises(AgentDeleted):
            store.head(gone)
        with pytest.raises(AgentDeleted):
            store.save(gone, messages(gone, 1, 1)).result()
        with pytest.raises(AgentDeleted):
            store.create_agent(record(id=gone))
        with pytest.raises(AgentDeleted):
            store.delete(gone)
        with pytest.raises(AgentNotFound):
            store.delete(UUID(int=7))
        assert store.messages(other, raw=True, to="arrow").equals(before)
        assert store.save(other, messages(other, 6, 6)).result().messages[0].sequence_number == 6
        assert store.verify()
        assert [one.id for one in store.list_agents()] == [other]
        assert in_file(path, PLANTED) == 0
    assert in_file(path, PLANTED) == 0


def test_without_scrubbing_the_bytes_would_still_be_there(path: Path) -> None:
    """The test of this test: DuckDB keeps what it deletes."""
    with Store.open(path) as store:
        planted(store)
    with duckdb.connect(str(path)) as foreign:
        foreign.execute("DELETE FROM agent_messages; CHECKPOINT")
    assert in_file(path, PLANTED) > 0


def test_an_agent_that_runs_is_left_alone(store: Store) -> None:
    agent_id = agent(store, status="running")
    for change in (store.delete, store.compact):
        with pytest.raises(AgentBusy, match="stop it first"):
            change(agent_id)
    assert store.compact().agents == 0
    assert store.get_agent(agent_id).status == "running"


@pytest.mark.parametrize(
    "name",
    [
        "claude-tool-partial.jsonl",
        "claude-parallel-partial.jsonl",
        "claude-subagent-partial.jsonl",
        "llama-openai-tools.sse",
        "gemini-tool.jsonl",
        "claude-err529.jsonl",
    ],
)
def test_compacted_history_reads_as_before(path: Path, name: str) -> None:
    with Store.open(path) as store:
        agent_id, other = play(store, name), play(store, "codex-text.jsonl")
        views = (store.transcript, store.tool_calls, store.usage)
        before = [view(agent_id, to="arrow") for view in views]
        lines = "\n".join(store.raw(agent_id)).split("\n")
        numbers = {row["id"]: row["sequence_number"] for row in log(store)}
        untouched = store.messages(other, raw=True, to="arrow")
        head = store.head(agent_id)

        done = store.compact(agent_id)

        assert [view(agent_id, to="arrow") for view in views] == before
        assert "\n".join(store.raw(agent_id)).split("\n") == lines
        assert all(numbers[row["id"]] == row["sequence_number"] for row in log(store))
        assert store.messages(other, raw=True, to="arrow").equals(untouched)
        assert store.head(agent_id) == head == store.read(agent_id)[-1].sequence_number
        report = store.verify()
        assert report, report
        assert any("compacted" in gap for gap in report.gaps) == (done.agents == 1)
        again = store.compact(agent_id)
        assert (again.agents, again.rows_after) == (0, done.rows_after)
        more = store.save(agent_id, [message(agent_id, 10_000)]).result()
        assert more.messages[0].sequence_number == head + 1
    with duckdb.connect(str(path)) as foreign:
        foreign.execute("DELETE FROM agent_messages WHERE sequence_number = 1")
    with Store.open(path) as store:
        assert not store.verify()


def test_a_block_of_deltas_becomes_two_rows(store: Store) -> None:
    agent_id = planted(store)
    done = store.compact()
    assert (done.rows_before, done.rows_after) == (406, 3)
    first, last, note = store.read(agent_id)
    assert (first.content, first.op, last.op, note.content) == ("", "append", "set", "done")
    assert last.content.endswith(f"{PLANTED} end")
    assert store.verify()


def test_what_was_dropped_goes(store: Store) -> None:
    agent_id = agent(store)
    ops = ["append", "append", "drop", "append", "append", "append", "note", "append"]
    rows = [message(agent_id, n, op=op, block=None if op == "note" else "b") for n, op in enumerate(ops, 1)]
    store.save(agent_id, [*rows, message(agent_id, 9, op="drop", block="c")]).result()
    before = store.transcript(to="arrow")
    ended(store, agent_id)
    store.compact()
    assert [row.sequence_number for row in store.read(agent_id)] == [3, 4, 7, 8, 9]
    assert store.transcript(to="arrow") == before
    assert "\n".join(store.raw(agent_id)).count("\n") == 8
    assert store.verify()


def test_a_text_is_taken_out_of_everything(path: Path) -> None:
    with Store.open(path) as store:
        agent_id = planted(store)
        before = [(row["id"], row["sequence_number"]) for row in log(store)]
        done = store.redact(PLANTED)
        assert (done.matches, done.agents, done.scrubbed) == (4, 1, True)
        rows = log(store)
        assert [(row["id"], row["sequence_number"]) for row in rows] == before
        assert rows[400]["content"] == "[masked redacted 00000000]"
        assert [json.loads(row["raw"])["delta"] for row in rows[400:403]] == ["[masked redacted 00000000]", "", ""]
        assert json.loads(rows[404]["raw"])["text"] == rows[404]["content"]
        found = store.get_agent(agent_id)
        assert PLANTED not in repr(found)
        assert found.metadata["redacted"] == 4
        assert store.query("SELECT kind, matches FROM retention").to_pylist() == [{"kind": "redact", "matches": 4}]
        assert store.verify()
        assert in_file(path, PLANTED) == 0
        assert store.redact(PLANTED).agents == 0
    assert in_file(path, PLANTED) == 0


def test_an_expression_and_a_text_that_json_writes_otherwise(store: Store) -> None:
    agent_id = agent(store)
    odd = 'say "Grüße"\nnow'
    rows = [
        message(agent_id, 1, op="set", content=f"a {odd} b", raw=json.dumps({"t": f"a {odd} b"})),
        message(
            agent_id,
            2,
            op="set",
            block="t",
            content=json.dumps({"x": odd}),
            raw=json.dumps({"j": json.dumps({"x": odd})}),
        ),
        message(agent_id, 3, op="set", block="n", content="call 555-1234 or 555-9876", raw="555-1234"),
    ]
    store.save(agent_id, rows).result()
    assert store.redact(odd, replacement="-").matches == 2
    assert store.redact(re.compile(r"555-\d{4}"), agent_id, replacement="#").matches == 2
    text = json.dumps([[row["content"], row["raw"]] for row in log(store)], ensure_ascii=False)
    assert "Gr" not in text
    assert store.read(agent_id)[2].content == "call # or #"
    with pytest.raises(ValueError, match="empty"):
        store.redact("")


def test_another_process_may_ask_and_hears_of_it(path: Path) -> None:
    with Store.open(path) as owner:
        gone, kept = planted(owner), planted(owner)
        child = Child(path)
        try:
            script = f"""
import sys
from uuid import UUID
from nbstream.frames import Store
from nbstream.errors import AgentDeleted
with Store.open({str(path)!r}) as store:
    heard = []
    store.on_commit(heard.append)
    print(store.role, store.compact().agents, store.redact({PLANTED!r}).matches, store.delete(UUID({str(gone)!r})).agents)
    print([(str(one.agent_id), one.deleted) for one in heard])
    try:
        store.get_agent(UUID({str(gone)!r}))
    except AgentDeleted:
        print("deleted")
"""
            said = subprocess.run(
                [sys.executable, "-c", script],
                env=environment(),
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            ).stdout.split("\n")
            assert said[:3] == ["joined 2 6 1", str([(str(gone), True)]), "deleted"]
        finally:
            child.close()
        assert [one.id for one in owner.list_agents()] == [kept]
        assert owner.verify()


@pytest.mark.crash
@pytest.mark.parametrize("kind", ["delete", "compact", "redact"])
def test_killed_before_any_statement_it_is_whole_and_can_be_finished(path: Path, tmp_path: Path, kind: str) -> None:
    with Store.open(path) as store:
        gone, kept = planted(store, 20), planted(store, 10)
        store.save(agent(store), []).result()
        target = store.read(gone)[0].id
        counts = {store.query("SELECT count(*) n FROM agent_messages").to_pylist()[0]["n"]}
    changes = (
        f"SELECT '{target}'::UUID AS id, 'changed' AS content, 'changed' AS raw, '{{}}' AS metadata"
        if kind == "redact"
        else ""
    )
    folder = tmp_path / "copies"
    folder.mkdir()
    agents = json.dumps([str(gone)])
    run = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "killed.py"), str(path), str(folder), kind, agents, changes, str(STEP)],
        env=environment(), capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    kills = int(run.stdout)
    assert kills >= 13
    outcomes = []
    for number in range(0, kills + 1, STEP):
        copy = folder / f"{number}.duckdb"
        with Store.open(copy) as store:
            assert store.verify(), store.verify()
            rows = store.query("SELECT count(*) n FROM agent_messages").to_pylist()[0]["n"]
            there = [one.id for one in store.list_agents()]
            done = {
                "delete": gone not in there,
                "compact": rows < max(counts),
                "redact": store.read(gone)[:1] != [] and store.read(gone)[0].content == "changed",
            }[kind]
            outcomes.append(done)
            assert len(store.read(kept)) == 16
            if not done and kind != "redact":
                getattr(store, kind)(gone)
                assert store.verify()
        with duckdb.connect(str(copy)) as foreign:
            assert foreign.execute("SELECT count(*) FROM retention WHERE NOT scrubbed").fetchall() == [(0,)]
            assert "nbstream_scrub" not in str(foreign.execute("SHOW TABLES").fetchall())
    assert outcomes == sorted(outcomes)  # never done before a kill and undone after a later one
    assert {False, True} == set(outcomes)


def test_bytes_that_a_reader_held_are_scrubbed_when_it_is_gone(path: Path) -> None:
    with Store.open(path) as store:
        gone = planted(store)
        reader = store._backend._database.cursor()
        reader.execute("BEGIN; SELECT count(*) FROM agent_messages")
        reader.fetchall()
        assert not store.delete(gone).scrubbed
        assert in_file(path, PLANTED) > 0
        reader.close()
    with Store.open(path):
        pass
    assert in_file(path, PLANTED) == 0
