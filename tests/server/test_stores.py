"""Which store holds an agent: joined through its owner, taken over when that dies, found later, never by a path."""

from __future__ import annotations

import asyncio
import os
from uuid import UUID, uuid4

import pytest

from nbstream.frames import Store
from nbstream.server import stores as stores_module
from nbstream.server.scope import Scope
from nbstream.server.stores import Stores
from nbstream.store.notes import note, noted, notes_folder
from server.conftest import last
from store.given import agent, messages


async def test_a_store_that_a_kernel_has_is_read_through_it(fetch, kernel):
    running, agent_id = kernel()
    await asyncio.to_thread(running.save, agent_id, range(1, 6))
    status, joined, _ = await fetch("agents", agent_id, "messages")
    assert (status, [m["sequence_number"] for m in joined["messages"]]) == (200, [1, 2, 3, 4, 5])


@pytest.mark.crash
async def test_the_same_answer_when_the_kernel_was_killed(fetch, kernel, backend):
    """Joined first; then the owner is killed with what it has committed, and the server has the file itself."""
    running, agent_id = kernel()
    await asyncio.to_thread(running.save, agent_id, range(1, 6))
    _, joined, _ = await fetch("agents", agent_id, "messages", params={"raw": "true"})
    held, _ = backend.stores.find(agent_id, Scope())
    assert held.store.role == "joined"
    running.kill()
    _, owned, _ = await fetch("agents", agent_id, "messages", params={"raw": "true"})
    assert owned == joined
    assert held.store.role == "owner"


@pytest.mark.crash
async def test_a_view_goes_on_when_the_kernel_is_killed_and_another_one_writes(view, kernel, path):
    first, agent_id = kernel(status="running")
    one = await view()
    await one.say(type="subscribe", agent_id=agent_id, since=0)
    await one.until("agent:status")
    await asyncio.to_thread(first.save, agent_id, range(1, 4))
    await one.until("agent:message", where=lambda f: last(f) == 3)
    first.kill()
    with Store.open(path) as second:  # whoever comes: it joins the server, or owns the file and the server joins it
        await asyncio.to_thread(lambda: second.save(agent_id, messages(agent_id, 4, 6)).result())
        await one.until("agent:message", where=lambda f: last(f) == 6)
    assert one.numbers(agent_id) == [1, 2, 3, 4, 5, 6]


async def test_a_store_that_is_made_later_is_news(view, kernel, jp_root_dir):
    one = await view()
    await one.say(type="ping")
    await one.until("pong")
    folder = jp_root_dir / "deep" / "er"
    folder.mkdir(parents=True)
    _, agent_id = await asyncio.to_thread(kernel, folder / "other.duckdb")
    created = await one.until("agent:created", where=lambda f: f["record"]["id"] == str(agent_id))
    assert created["record"]["status"] == "created"


async def test_agents_that_come_and_change_are_news(view, store, fetch):
    first = agent(store)
    await fetch("agents")
    one = await view()
    second = agent(store)
    created = await one.until("agent:created", where=lambda f: f["record"]["id"] == str(second))
    store.update_agent(first, status="running").result()
    updated = await one.until("agent:updated")
    assert (created["record"]["status"], updated["record"]["id"], updated["record"]["status"]) == (
        "created", str(first), "running",
    )  # fmt: skip


async def test_a_deleted_file_is_news(view, store, path, fetch):
    agent_id = agent(store)
    await fetch("agents")
    one = await view()
    await one.say(type="subscribe", agent_id=agent_id, since=0)
    await one.until("agent:status")
    store.close()
    path.unlink()
    gone = await one.until("agent:deleted")
    assert gone["agent_id"] == str(agent_id)


@pytest.fixture
def found(tmp_path):
    """Stores of a root; what they announce."""
    root = tmp_path / "root"
    root.mkdir()
    heard = []
    made = Stores(None, [root], lambda kind, record: heard.append((kind, record.id)))
    yield root, made, heard
    made.close()


def make(path):
    with Store.open(path) as opened:
        return agent(opened)


def ids(made):
    return {record.id for record in made.records(Scope())}


def test_only_stores_under_the_roots_exist(found, tmp_path):
    root, made, _ = found
    inside, outside = make(root / "a.duckdb"), make(tmp_path / "b.duckdb")
    (root / "link.duckdb").symlink_to(tmp_path / "b.duckdb")
    note(root / "link.duckdb")
    note(root / ".." / "b.duckdb")
    assert ids(made) == {inside}
    assert made.find(inside, Scope())[1].id == inside
    with pytest.raises(Exception, match=f"no agent {outside} here"):
        made.find(outside, Scope())


def test_a_file_that_nobody_noted_is_never_opened(found):
    root, made, _ = found
    planted = make(root / "planted.duckdb")
    for one in notes_folder().glob("*.json"):
        one.unlink()
    assert ids(made) == set()
    with pytest.raises(Exception, match=f"no agent {planted} here"):
        made.find(planted, Scope())


def test_a_store_that_nobody_asks_for_is_let_go_and_found_again(tmp_path):
    now = [100.0]
    made = Stores(tmp_path / "a.duckdb", [tmp_path], lambda *_: None, clock=lambda: now[0])
    agent_id = make(tmp_path / "a.duckdb")
    held, _ = made.find(agent_id, Scope())
    held.used = now[0]
    made.look()
    assert made._held
    now[0] += stores_module.IDLE_S + 1
    made.look()
    assert not made._held
    assert ids(made) == {agent_id}
    assert not made._held, "what nobody has touched is not opened to be listed"
    with Store.open(tmp_path / "a.duckdb") as other:
        assert other.role == "owner"
        second = agent(other)
        assert made.find(second, Scope())[0].store is not None
    made.close()


def test_a_file_that_is_no_store_is_left_out(found):
    root, made, _ = found
    good = make(root / "a.duckdb")
    (root / "bad.duckdb").write_bytes(b"not a database at all")
    note(root / "bad.duckdb")
    assert ids(made) == {good}
    with pytest.raises(Exception, match="no agent"):
        made.find(uuid4(), Scope())


def test_notes_are_private_and_those_of_deleted_files_go(tmp_path):
    make(tmp_path / "a.duckdb")
    make(tmp_path / "b.duckdb")
    folder = notes_folder()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {one.stat().st_mode & 0o777 for one in folder.glob("*")} == {0o600}
    assert noted() == [tmp_path / "b.duckdb", tmp_path / "a.duckdb"]
    (tmp_path / "a.duckdb").unlink()
    assert noted() == [tmp_path / "b.duckdb"]
    assert len(list(folder.glob("*"))) == 1
    folder.chmod(0o777)
    assert noted() == [], "others may have written there"
    folder.chmod(0o700)


def test_a_store_opens_where_no_note_can_be_written(tmp_path, monkeypatch, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("NBSTREAM_STATE", str(blocked))
    assert isinstance(make(tmp_path / "a.duckdb"), UUID)
    assert "could not be noted" in caplog.text
    assert os.environ["NBSTREAM_STATE"] == str(blocked)
