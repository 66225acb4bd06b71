"""`search`, `compact`, `delete`, and `export` into a file, on a real store."""

import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from uuid import UUID

import pytest

import nbstream as nbs
from nbstream.cli import main
from nbstream.frames import Store
from nbstream.service import close_all


@pytest.fixture
def store(tmp_path):
    """A closed store with two ended agents; their ids."""
    file = tmp_path / "history.duckdb"
    opened = nbs.connect(file)
    agents = [nbs.launch("What does note.txt say?", nbs.ReplaySource("claude-tool"), store=opened) for _ in range(2)]
    for agent in agents:
        agent.wait(30)
    ids = [str(agent.id) for agent in agents]
    close_all()
    return file, ids


def test_search_prints_the_places_best_first(store, capsys):
    file, ids = store
    assert main(["search", str(file), "note.txt"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 4
    assert {line[:36] for line in lines} == set(ids)
    assert all("«note.txt»" in line for line in lines)


def test_search_as_json_of_one_agent(store, capsys):
    file, ids = store
    assert main(["search", str(file), "note.txt", "--agent", ids[1], "--limit", "2", "--json"]) == 0
    hits = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [hit["agent_id"] for hit in hits] == [ids[1]] * 2
    assert datetime.fromisoformat(hits[0]["created_at"]).tzinfo == UTC
    assert hits[0]["score"] >= hits[1]["score"]


def test_search_that_finds_nothing_exits_1_and_one_for_nothing_2(store, capsys):
    file, _ = store
    assert main(["search", str(file), "nowhere-to-be-found"]) == 1
    assert capsys.readouterr() == ("", "")
    assert main(["search", str(file), "--", "-only"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_compact_says_what_it_did(store, capsys):
    file, ids = store
    with Store.open(file) as opened:
        before = opened.transcript(ids[0]).drop(columns=["created_at", "last_created_at"])
    assert main(["compact", str(file), ids[0], "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert done["agents"] == 1
    assert done["rows_after"] < done["rows_before"]
    assert main(["compact", str(file)]) == 0
    assert "compacted: " in capsys.readouterr().out
    assert main(["verify", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["violations"] == []
    with Store.open(file) as opened:
        after = opened.transcript(ids[0]).drop(columns=["created_at", "last_created_at"])
    assert after["content"].to_list() == before["content"].to_list()


def test_delete_takes_one_agent_and_leaves_the_other(store, capsys):
    file, ids = store
    assert main(["delete", str(file), ids[0], "--yes"]) == 0
    assert capsys.readouterr().out.startswith("1 agent deleted: ")
    with Store.open(file) as opened:
        assert [str(record.id) for record in opened.list_agents()] == [ids[1]]
        assert opened.verify()


def test_delete_without_a_terminal_needs_a_yes(store, capsys, monkeypatch):
    file, ids = store
    with open(os.devnull) as nobody:  # noqa: PTH123 - not a path of ours
        monkeypatch.setattr(sys, "stdin", nobody)
        assert main(["delete", str(file), ids[0]]) == 2
    assert "expected --yes" in capsys.readouterr().err
    with Store.open(file) as opened:
        assert len(opened.list_agents()) == 2


@pytest.mark.parametrize(("answer", "status", "left"), [(b"\n", 1, 2), (b"y\n", 0, 1)])
def test_delete_on_a_terminal_asks_and_no_is_the_default(store, answer, status, left):
    file, ids = store
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "nbstream", "delete", file, ids[0]], stdin=theirs, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        os.write(ours, answer)
        _, asked = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == status, asked
    assert "What does note.txt say?" in asked
    assert "Delete for good? [y/N]" in asked
    with Store.open(file) as opened:
        assert len(opened.list_agents()) == left


def test_an_export_into_a_file_is_whole_or_not_there(store, capsys, tmp_path):
    file, ids = store
    target = tmp_path / "log.jsonl"
    assert main(["export", str(file), ids[0], "--format", "jsonl", "--output", str(target)]) == 0
    assert capsys.readouterr().out == ""
    with Store.open(file) as opened:
        assert len(target.read_text("utf-8").splitlines()) == opened.head(UUID(ids[0]))
    missing = tmp_path / "no-such-folder" / "log.jsonl"
    assert main(["export", str(file), ids[0], "--format", "jsonl", "--output", str(missing)]) == 2
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_agents_of_one_status(store, capsys):
    file, ids = store
    assert main(["agents", str(file), "--status", "completed"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(ids)
    assert main(["agents", str(file), "--status", "running", "--json"]) == 0
    assert capsys.readouterr().out == ""
