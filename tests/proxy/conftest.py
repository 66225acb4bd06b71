"""A proxy for each test that needs one of its own kind, closed with everything it has started."""

from __future__ import annotations

import pytest

from proxy.process import ProxyProcess


@pytest.fixture
def make_proxy(tmp_path):
    made = []

    def make(**options) -> ProxyProcess:
        proxy = ProxyProcess(tmp_path / f"proxy{len(made)}", **options)
        made.append(proxy)
        return proxy.start()

    yield make
    for proxy in made:
        proxy.close()
