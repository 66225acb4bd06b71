"""Out and in again: the same log, whatever carried it; imported twice, it is there once."""

from __future__ import annotations

import json

import pytest

from nbstream.errors import AgentDeleted, AgentNotFound, IdConflict
from nbstream.exchange import export_history, import_history, log_hash
from nbstream.frames import Store
from recorded import RECORDED
from store.given import agent, message, messages
from store.test_retention import play

SOME = ["claude-tool-partial.jsonl", "codex-tool.jsonl", "llama-openai-tools.sse", "gemini-text.jsonl"]


@pytest.fixture(autouse=True)
def runtime(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("NBSTREAM_RUNTIME", str(tmp_path_factory.mktemp("run")))


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "history.duckdb") as opened:
        for name in SOME:
            play(opened, name)
        odd = agent(opened, prompt='quote "\\ \u2028 🪶', metadata={"a": {"b": [1, None, 1.5]}}, owner="ada")
        rows = [message(odd, 1, content="\x00=1+1", metadata={"z": 1, "a": "ü"}), message(odd, 2, content="🪶\r\n")]
        opened.save(odd, rows).result()
        opened.save(odd, rows).result()  # two duplicates
        yield opened


@pytest.mark.parametrize("suffix", ["jsonl", "parquet", "duckdb"])
@pytest.mark.parametrize("compacted", [False, True])
def test_out_in_and_out_again(store, tmp_path, suffix, compacted) -> None:
    if compacted:
        assert store.compact().agents >= 2
    path = tmp_path / f"out.{suffix}"
    if suffix == "duckdb":
        path = store.path
        store.close()
        first = Store.open(path)
    else:
        assert export_history(store, path) == 5
        first = store
    with Store.open(tmp_path / "other.duckdb") as other:
        if suffix != "duckdb":
            done = import_history(path, store=other)
            assert (done.rows, done.read) == (len(store.messages(to="arrow")), done.rows)
        else:
            with first:
                wanted = log_hash(first)
                done = import_history(path, store=other)
        assert log_hash(other) == (wanted if suffix == "duckdb" else log_hash(store))
        assert other.verify(), other.verify()
        again = tmp_path / f"again.{suffix}"
        if suffix != "duckdb":
            export_history(other, again)
        if suffix == "jsonl":
            assert again.read_bytes() == path.read_bytes()
        twice = import_history(path, store=other)
        assert (twice.rows, twice.read) == (0, done.read)
        assert other.verify()
        # What comes next is numbered after the highest number ever given.
        agent_id = done.agents[-1]
        assert other.save(agent_id, [message(agent_id, 77)]).result().messages[0].sequence_number == 3


def test_a_part_of_a_store(store, tmp_path) -> None:
    [one, *_] = store.list_agents()
    assert export_history(store, tmp_path / "one.jsonl", one.id) == 1
    lines = (tmp_path / "one.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["agent"]["id"] == str(one.id)
    assert len(lines) == 1 + store.head(one.id)
    assert "raw" in json.loads(lines[1])
    with pytest.raises(AgentNotFound):
        export_history(store, tmp_path / "none.jsonl", "00000000-0000-0000-0000-000000000007")
    assert not list(tmp_path.glob("*none*"))
    for wrong in ("x.txt", "x"):
        with pytest.raises(ValueError, match="expected a file that ends in"):
            export_history(store, tmp_path / wrong)
    with pytest.raises(FileNotFoundError, match="make it"):
        export_history(store, tmp_path / "no" / "x.jsonl")


def test_what_does_not_fit_is_refused_and_nothing_of_it_kept(store, tmp_path) -> None:
    [one, *_] = store.list_agents()
    export_history(store, tmp_path / "one.parquet", one.id)
    with Store.open(tmp_path / "other.duckdb") as other:
        other.create_agent(one)
        other.save(one.id, messages(one.id, 9001, 9003)).result()
        with pytest.raises(IdConflict, match="do not fit"):
            import_history(tmp_path / "one.parquet", store=other)
        assert other.head(one.id) == 3
        other.update_agent(one.id, status="completed").result()
        other.delete(one.id)
        with pytest.raises(AgentDeleted):
            import_history(tmp_path / "one.parquet", store=other)
    (tmp_path / "bad.parquet").write_bytes(b"no")
    (tmp_path / "empty.jsonl").write_bytes(b"")
    (tmp_path / "cut.jsonl").write_bytes(b'{"nbstream":1,"agent":{"id":"x"}}\n')
    for name in ("bad.parquet", "empty.jsonl", "cut.jsonl"):
        with pytest.raises((ValueError, KeyError)):
            import_history(tmp_path / name, store=store)
    with pytest.raises(FileNotFoundError):
        import_history(tmp_path / "not-there.jsonl", store=store)


def test_progress_is_told(store, tmp_path) -> None:
    told = []
    export_history(store, tmp_path / "a.jsonl", progress=lambda done, total: told.append((done, total)))
    rows = len(store.messages(to="arrow"))
    assert told[-1] == (rows, rows)
    assert export_history(store, tmp_path / "b.parquet", progress=True) == 5


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_any_recording_is_read_as_a_stream(tmp_path, name) -> None:
    from fold import RECORDINGS

    copy = tmp_path / name
    copy.write_bytes((RECORDINGS / name).read_bytes())
    with Store.open(":memory:") as store:
        done = import_history(copy, store=store)
        assert done.rows == done.read > 0
        again = import_history(copy, store=store)
        assert (again.rows, again.read) == (0, done.read)
        assert store.verify()
        with copy.open("ab") as file:  # another file is another agent
            file.write(b'{"type":"x"}\n')
        assert import_history(copy, store=store).agents != done.agents
