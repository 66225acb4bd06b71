"""For every test: the notes of stores go to a folder that is gone at the end, also from processes that a test starts."""

from __future__ import annotations

import os
import tempfile

import pytest


@pytest.fixture(autouse=True, scope="session")
def state_of_its_own():
    with tempfile.TemporaryDirectory(prefix="nbstream-state-") as folder:
        before = os.environ.get("NBSTREAM_STATE")
        os.environ["NBSTREAM_STATE"] = folder
        yield
        if before is None:
            del os.environ["NBSTREAM_STATE"]
        else:
            os.environ["NBSTREAM_STATE"] = before
