"""Two notebooks of one JupyterLab on one store: both write, one asks in SQL, and the one that owns the file is killed."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from support import until

pytestmark = [pytest.mark.browser, pytest.mark.crash, pytest.mark.timeout(100)]

RECORDING = Path(__file__).parent.parent / "recordings" / "claude-tool-partial.jsonl"
SETUP = "import os, time\nimport nbstream as nbs\nstore = nbs.connect('shared.duckdb')\nprint(os.getpid(), store.role)"
LAUNCH = """
agent = nbs.launch("x", nbs.ReplaySource({path!r}, interval={interval}, exit_code=0), store=store)
print(agent.id)
"""
ASK = """
counts = []
until = time.time() + 2
while time.time() < until:
    counts.append(store.sql("SELECT count(*) AS n FROM agent_messages")["n"][0])
print(len(counts) > 1, counts == sorted(counts), counts[-1] > counts[0])
"""
GO_ON = """
began = time.time()
other = nbs.launch("y", nbs.ReplaySource({path!r}, exit_code=0), store=store)
print("took", time.time() - began, store.role)
print(other.wait(30), nbs.attach({id!r}, store=store).wait(60), agent.wait(60))
print(bool(store.verify()), store.agents()["messages"].nunique(), len(store.agents()))
"""


def launch(interval: float) -> str:
    return LAUNCH.format(path=str(RECORDING), interval=interval)


def said(book, cell: int, pattern: str) -> re.Match[str]:
    return until(lambda: re.search(pattern, book.text(cell)), timeout=60, what=f"{pattern} in {book.text(cell)!r}")


def test_the_owner_is_killed_and_the_other_notebook_goes_on(notebook):
    first = notebook(SETUP, launch(0.2))
    second = notebook(SETUP, launch(0.1), ASK, "")
    first.run(0)
    pid = int(said(first, 0, r"(\d+) owner")[1])
    second.run(0)
    said(second, 0, r"\d+ joined")
    first.run(1)
    agent_id = said(first, 1, r"[0-9a-f-]{36}")[0]
    second.run(1)
    second.run(2)
    said(second, 2, "True True True")
    os.kill(pid, signal.SIGKILL)
    second.page.evaluate(
        "code => window.jupyterapp.shell.currentWidget.content.widgets[3].model.sharedModel.setSource(code)",
        GO_ON.format(path=str(RECORDING), id=agent_id),
    )
    second.run(3)
    # The file goes to whoever is quickest: this kernel, or the Jupyter server that looks at it too.
    assert float(said(second, 3, r"took ([\d.]+) (?:owner|joined)")[1]) < 15
    said(second, 3, "completed completed completed")
    said(second, 3, "True 1 3")
