"""An agent that is deleted from its store: 410, and every page that lists agents hears of it."""

from __future__ import annotations

import pytest

from nbstream.errors import AgentDeleted
from nbstream.frames import Store
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
