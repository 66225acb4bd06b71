"""For every test: notes of stores go to a folder that is gone at the end; and which tests run beside which.

With two workers (`-n 2 --dist loadgroup`) a file stays with one of them, and everything that needs a browser is one
group: two browsers at once on a small machine would only be in each other's way.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
WITH_A_BROWSER = {"browser", "hostile", "widget"}


def pytest_itemcollected(item):
    # At once: xdist reads the groups before any other hook sees the whole list.
    path = item.path.relative_to(TESTS)
    item.add_marker(pytest.mark.xdist_group("browser" if path.parts[0] in WITH_A_BROWSER else path.as_posix()))


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
