"""`import`, and `export` into formats that only a file can have."""

import json
from importlib.resources import files
from pathlib import Path

import pytest

from nbstream.cli import main
from nbstream.frames import Store

RECORDINGS = Path(str(files("nbstream") / "proxy" / "recordings"))


@pytest.fixture
def store(tmp_path, capsys):
    """A store with an imported agent, and its id."""
    file = tmp_path / "history.duckdb"
    assert main(["import", str(file), str(RECORDINGS / "claude-tool.jsonl"), "--json"]) == 0
    [agent_id] = json.loads(capsys.readouterr().out)["agents"]
    return file, agent_id


def test_sessions_are_imported_once(tmp_path, capsys):
    file = tmp_path / "mine.duckdb"
    assert main(["import", str(file), str(RECORDINGS / "claude-sessions")]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == "2 agents: 23 messages, 23 of them new"
    assert rest[0].startswith("left out: ")
    assert main(["import", str(file), str(RECORDINGS / "claude-sessions")]) == 0
    assert capsys.readouterr().out.startswith("2 agents: 23 messages, 0 of them new")
    with Store.open(file) as opened:
        assert opened.verify()


def test_an_export_comes_back_into_another_store(store, tmp_path, capsys):
    file, agent_id = store
    target, other = tmp_path / "log.parquet", tmp_path / "other.duckdb"
    assert main(["export", str(file), agent_id, "--format", "parquet", "--output", str(target)]) == 0
    assert main(["import", str(other), str(target), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["agents"] == [agent_id]
    with Store.open(file) as one, Store.open(other) as two:
        assert [*one.raw(agent_id)] == [*two.raw(agent_id)]


@pytest.mark.parametrize("name", ["html", "csv"])
def test_a_transcript_is_written_into_a_file(store, tmp_path, name):
    file, agent_id = store
    target = tmp_path / f"run.{name}"
    assert main(["export", str(file), agent_id, "--format", name, "--output", str(target)]) == 0
    assert "hello nbstream" in target.read_text("utf-8")


def test_what_cannot_be_done_is_one_line(store, tmp_path, capsys):
    file, agent_id = store
    assert main(["export", str(file), agent_id, "--format", "parquet"]) == 2
    assert "expected --output FILE" in capsys.readouterr().err
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    for path in (tmp_path / "photo.jpg", tmp_path / "no-such-file"):
        assert main(["import", str(file), str(path)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
