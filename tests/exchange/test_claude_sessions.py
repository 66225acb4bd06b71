"""Session files that Claude Code 2.1.330 wrote: a session asked twice, and a fork of it with a subagent."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nbstream.exchange import import_history
from nbstream.frames import Store

SESSIONS = Path(__file__).parent / "sessions"
FIRST, FORK = "9ab0e83e-12bb-40ae-831a-686c1adbb3a0", "b01f9a9d-eaa9-4294-8e2b-e4347b46967a"


@pytest.fixture
def folder(tmp_path) -> Path:
    return Path(shutil.copytree(SESSIONS, tmp_path / "projects" / "-home-ada-project"))


@pytest.fixture
def store():
    with Store.open(":memory:") as opened:
        yield opened


def responses(folder: Path) -> set[str]:
    """The ids of every answer of the API in the files."""
    frames = [json.loads(line) for path in folder.rglob("*.jsonl") for line in path.read_text().splitlines()]
    return {frame["message"]["id"] for frame in frames if frame["type"] == "assistant"}


def test_resumed_forked_and_with_a_subagent_each_answer_counts_once(store, folder) -> None:
    done = import_history(folder.parent, store=store)
    assert len(done.agents) == 2
    assert any("copies of an older session" in words for words in done.skipped)
    first, fork = store.list_agents()
    assert (first.session_id, first.prompt, first.status) == (FIRST, "what is in note.txt?", "completed")
    assert (fork.session_id, fork.prompt) == (FORK, "use a subagent")
    assert first.model == fork.model == "claude-opus-5-5"
    assert first.created_at < first.completed_at < fork.completed_at
    usage = store.usage(to="arrow").to_pylist()
    assert sorted(row["response_id"] for row in usage) == sorted(responses(folder))
    assert {row["output_tokens"] for row in usage} == {11, 12}
    assert {row["input_tokens"] for row in usage} == {21 + 3 + 5}
    assert [row["parent_tool_call_id"] for row in usage if row["parent_tool_call_id"]] == ["toolu_02"]
    calls = store.tool_calls(to="arrow").to_pylist()
    assert [(row["tool"], row["tool_call_id"]) for row in calls] == [
        ("Read", "toolu_01"), ("Agent", "toolu_02"), ("Read", "toolu_03"),
    ]  # fmt: skip
    assert all(row["output"] and row["seconds"] >= 0 for row in calls)
    said = [
        row["content"]
        for row in store.transcript(fork.id, to="arrow").to_pylist()
        if row["type"] == "assistant" and row["part"] == "text"
    ]
    assert set(said) == {"sub says heron", "The subagent says heron."}
    assert store.verify()


def test_twice_is_once_and_a_session_that_has_grown_goes_on(store, folder) -> None:
    path = folder / f"{FIRST}.jsonl"
    whole = path.read_text().splitlines(keepends=True)
    path.write_text("".join(whole[:-8]))
    begun = import_history(path, store=store)
    path.write_text("".join(whole))
    grown = import_history(path, store=store)
    assert grown.agents == begun.agents
    assert grown.rows > 0
    assert import_history(path, store=store).rows == 0
    assert store.verify()
    texts = [row["content"] for row in store.transcript(to="arrow").to_pylist() if row["part"] == "text"]
    assert "Again: a heron." in texts
    assert len(texts) == len(set(texts))
    store.compact()
    assert import_history(path, store=store).rows == 0


def test_every_line_is_in_raw(store, folder) -> None:
    done = import_history(folder / f"{FIRST}.jsonl", store=store)
    [agent_id] = done.agents
    assert "\n".join(store.raw(agent_id)) + "\n" == (folder / f"{FIRST}.jsonl").read_text()


def test_a_subagent_within_the_file_of_an_older_version(store, tmp_path) -> None:
    def line(uuid: str, parent: str | None, kind: str, content, side: bool = False, **message) -> str:
        body = {"role": kind, "content": content, **message}
        frame = {
            "type": kind,
            "uuid": uuid,
            "parentUuid": parent,
            "sessionId": "s",
            "isSidechain": side,
            "message": body,
        }
        return json.dumps(frame | {"timestamp": f"2025-08-01T10:00:0{uuid}.000Z"})

    usage = {"usage": {"input_tokens": 1, "output_tokens": 2}, "model": "m"}
    call = {"type": "tool_use", "id": "t1", "name": "Task", "input": {"prompt": "look"}}
    lines = [
        line("1", None, "user", "go"),
        line("2", "1", "assistant", [call], id="a", **usage),
        line("3", None, "user", "look", side=True),
        line("4", "3", "assistant", [{"type": "text", "text": "seen"}], side=True, id="b", **usage),
        line("5", "2", "user", [{"type": "tool_result", "tool_use_id": "t1", "content": "seen"}]),
        line("6", "5", "assistant", [{"type": "text", "text": "done"}], id="c", **usage),
        line("7", "6", "assistant", [{"type": "text", "text": "and"}], id="c", **usage),
        '{"type":"summary","summary":"x","leafUuid":"7"}',
        '{"type":"assistant","uuid":"8","mess',
    ]
    (tmp_path / "s.jsonl").write_text("\n".join(lines))
    import_history(tmp_path / "s.jsonl", store=store)
    usages = store.usage(to="arrow").to_pylist()
    assert [(row["response_id"], row["parent_tool_call_id"]) for row in usages] == [
        ("a", None),
        ("b", "t1"),
        ("c", None),
    ]
    assert store.verify()
