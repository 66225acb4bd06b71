"""A store in a file, with all that reads into it closed at the end."""

from __future__ import annotations

import pytest

from nbstream import service as nbs


@pytest.fixture
def store(tmp_path):
    yield nbs.connect(tmp_path / "store.duckdb")
    nbs.close_all()
