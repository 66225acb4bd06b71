"""An agent that is deleted from its store: 410, and every page that lists agents hears of it."""

from __future__ import annotations

import threading

import pytest

from nbstream.errors import AgentDeleted
from nbstream.frames import Store
from nbstream.server import stores as stores_module
from nbstream.server.refusals import AgentGone, status_of
from nbstream.server.scope import Scope
from nbstream.server.stores import Stores
from store.given import agent


def test_an_agent_that_is_deleted_is_gone(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("NBSTREAM_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("NBSTREAM_RUNTIME", str(tmp_path / "run"))
    path = tmp_path / "history.duckdb"
    heard = []
    with Store.open(path) as store:
        agent_id = agent(store, status="completed")
    stores = Stores(path, [tmp_path], lambda kind, record: heard.append((kind, record.id)))
    try:
        held, _ = stores.find(agent_id, Scope(None))
        held.store.delete(agent_id)
        assert heard == [("agent:deleted", agent_id)]
        with pytest.raises(AgentGone):
            stores.find(agent_id, Scope(None))
        assert stores.records(Scope(None)) == []
        assert status_of(AgentDeleted()) == 410
    finally:
        stores.close()


def test_an_agent_whose_file_is_gone_is_gone_while_its_store_is_closed(tmp_path, monkeypatch) -> None:
    """Not unknown: closing takes a while, and a page that asks meanwhile must not be told that it never was."""
    monkeypatch.setenv("NBSTREAM_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("NBSTREAM_RUNTIME", str(tmp_path / "run"))
    path = tmp_path / "history.duckdb"
    closing, asked = threading.Event(), threading.Event()
    close, heard = stores_module._close, []

    def close_slowly(held):
        closing.set()
        assert asked.wait(20)
        close(held)

    with Store.open(path) as store:
        agent_id = agent(store, status="completed")
    stores = Stores(path, [tmp_path], lambda kind, record: heard.append((kind, record.id)))
    try:
        stores.find(agent_id, Scope(None))
        monkeypatch.setattr(stores_module, "_close", close_slowly)
        path.unlink()
        looks = [threading.Thread(target=stores.look) for _ in range(2)]
        looks[0].start()
        assert closing.wait(20)
        with pytest.raises(AgentGone):
            stores.find(agent_id, Scope(None))
        looks[1].start()
        asked.set()
        for look in looks:
            look.join(20)
        assert heard == [("agent:deleted", agent_id)], "told once"
    finally:
        asked.set()
        stores.close()
