"""A notebook run with no page at all (nbclient, papermill, nbconvert --execute) keeps the story too."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient

RECORDING = Path(__file__).parent.parent / "recordings" / "claude-tool-partial.jsonl"
LAUNCH = """
import nbstream as nbs
store = nbs.connect("headless.duckdb")
agent = nbs.launch("Read the note", nbs.ReplaySource({path!r}, interval=0.02, exit_code=0), store=store)
agent
"""


def test_the_copy_replaces_the_view_of_an_earlier_cell(tmp_path):
    cells = [LAUNCH.format(path=str(RECORDING)), "await agent", "import time; time.sleep(0.5)"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(book, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    data = book.cells[0].outputs[0]["data"]
    assert set(data) == {"text/html", "text/markdown", "text/plain"}
    assert "The file says: hello nbstream" in data["text/html"]
    assert "The file says: hello nbstream" in data["text/markdown"]
