"""`verify` against the proxy's own log: it notices a line that is missing, changed or invented."""

from __future__ import annotations

import os
import re
import signal

import pytest

from nbstream import service as nbs
from nbstream.proxy import find_proxy
from nbstream.proxy.folders import find_log


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of the shipped recording, its log beside it, in folders of this module."""
    home = tmp_path_factory.mktemp("proof")
    work = home / "work"
    work.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NBSTREAM_RUNTIME", str(home / "runtime"))
        patch.setenv("NBSTREAM_RUNS", str(home / "runs"))
        patch.chdir(work)
        store = nbs.connect(work / "store.duckdb")
        agent = nbs.launch("x", source="replay", store=store)
        assert agent.wait(timeout=60) == "completed"
        yield store, agent, find_log(agent.id, work).path
        nbs.close_all()
        os.kill(find_proxy(directory=work).pid, signal.SIGTERM)


@pytest.fixture
def log(run):
    """The log, put back as it was afterwards."""
    path = run[2]
    kept = path.read_bytes()
    yield path
    path.write_bytes(kept)


def test_equal_logs_are_counted(run):
    store, _, _ = run
    report = store.verify()
    assert report, str(report)
    assert report.logs == 1
    assert "1 compared with the proxy's log" in str(report)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: lines[:-1], "has 49 lines or more, its log .* has 48"),
        (lambda lines: [*lines, b'{"type":"late"}\n'], "line 50 of .* is not in the store"),
        (lambda lines: [*lines[:6], lines[6].replace(b"type", b"tipe"), *lines[7:]], "line 7 of .* is not what"),
        (lambda lines: lines[1:], "line 1 of .* is not what"),
    ],
    ids=["shorter", "longer", "changed", "first gone"],
)
def test_a_difference_is_a_violation_that_names_the_line(run, log, change, says):
    store, agent, _ = run
    log.write_bytes(b"".join(change(log.read_bytes().splitlines(keepends=True))))
    report = store.verify()
    assert not report
    [violation] = report.violations
    assert str(agent.id) in violation
    assert re.search(says, violation)


def test_a_log_that_is_gone_is_not_compared(run, log):
    store, _, _ = run
    moved = log.rename(log.with_suffix(".moved"))
    report = store.verify()
    moved.rename(log)
    assert report
    assert report.logs == 0
