"""The notebooks, run by nbval as a reader would run them, in a copy: nothing is written into the tree."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from nbstream.proxy import find_proxy

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.local_llm


@pytest.fixture
def nbval(tmp_path):
    """Run nbval on a folder of notebooks; the proxy that they started ends with the test."""
    runtime = tmp_path / "run"
    environment = os.environ | {"NBSTREAM_RUNTIME": str(runtime), "NBSTREAM_RUNS": str(tmp_path / "runs")}
    folders = []

    def run(folder):
        folders.append(folder)
        options = ["-q", "-p", "no:cacheprovider", "--nbval-lax", "--nbval-sanitize-with", ROOT / "tests" / "nbval.cfg"]
        return subprocess.run(
            [sys.executable, "-m", "pytest", *options, folder],
            env=environment, cwd=folder, capture_output=True, text=True, timeout=110, check=False,
        )  # fmt: skip

    yield run
    for folder in folders:
        found = find_proxy(runtime, directory=folder)
        if found is not None and found.pid:
            os.kill(found.pid, signal.SIGTERM)


def copy_of(notebook, folder):
    folder.mkdir()
    return shutil.copy(notebook, folder)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_says_what_it_said(notebook, nbval, tmp_path):
    copy_of(notebook, tmp_path / "notebooks")
    done = nbval(tmp_path / "notebooks")
    assert done.returncode == 0, done.stdout[-4000:]
    cells = [cell for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"]
    assert f"{len(cells)} passed" in done.stdout


def test_an_output_that_is_checked_and_differs_is_found(nbval, tmp_path):
    path = copy_of(ROOT / "notebooks" / "01_quickstart.ipynb", tmp_path / "notebooks")
    text = Path(path).read_text("utf-8")
    Path(path).write_text(text.replace("hello nbstream", "hello somebody"), "utf-8")
    done = nbval(tmp_path / "notebooks")
    assert done.returncode == 1
    assert "2 failed" in done.stdout, done.stdout[-4000:]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_as_kept_is_whole_and_tells_nothing_of_the_machine_it_ran_on(notebook):
    book = nbformat.read(notebook, as_version=4)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert all(cell.outputs for cell in code)
    assert [output for cell in code for output in cell.outputs if output.output_type == "error"] == []
    assert [output for cell in code for output in cell.outputs if output.get("name") == "stderr"] == []
    assert "widgets" not in book.metadata
    text = notebook.read_text("utf-8")
    assert [place for place in ("/tmp/", "/root/", str(ROOT)) if place in text] == []
