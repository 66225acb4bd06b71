"""A store in a file, a service on it, and a proxy whose wire a test decides."""

from __future__ import annotations

import pytest

from nbstream import service as nbs
from nbstream.sources.proxy import ProxySource
from support import LoopbackServer, ScriptedProxy


@pytest.fixture
def store(tmp_path):
    yield nbs.connect(tmp_path / "store.duckdb")
    nbs.close_all()


@pytest.fixture
def proxied(store):
    """Launches one agent against a `ScriptedProxy` and waits for its end."""

    def go(script: ScriptedProxy, *, wait: bool = True, **options):
        with LoopbackServer(script) as server:
            options = {"heartbeat": 1.0, "token": "t", **options}
            agent = nbs.launch("prompt", ProxySource(server.url, **options), store=store)
            if wait:
                agent.wait(timeout=60)
        return agent

    return go
