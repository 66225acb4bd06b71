"""For every test: notes of stores go to a folder that is gone at the end; and which tests run beside which.

With two workers (`-n 2`) a file stays with one of them, and everything that needs a browser is one group: two browsers
at once on a small machine would only be in each other's way.
"""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent
WITH_A_BROWSER = {"browser", "hostile", "widget"}


class ByFile(LoadScopeScheduling):
    """Deals out files, and the files with a browser as one."""

    def _split_scope(self, nodeid):
        path = nodeid.partition("::")[0]
        return "browser" if Path(path).parts[1] in WITH_A_BROWSER else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log)


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


@pytest.fixture(autouse=True, scope="module")
def nothing_left_open():
    """A socket or file that nobody closed is told of where it was opened, not where the collector comes by."""
    yield
    gc.collect()
