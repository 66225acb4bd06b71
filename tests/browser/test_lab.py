"""A person's notebook: the view lives while cells run, outlives its kernel, and leaves a story behind.

All but the last on a Jupyter without nbstream's server part, so by widget and comm; test_survives.py has the other way.
"""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from support import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

ROOT = Path(__file__).parent.parent.parent
RECORDING = ROOT / "tests/recordings/claude-tool-partial.jsonl"
ANSWER = "The file says: hello nbstream — ünïcode ✓ 漢字."


@pytest.fixture
def notebook(bare, desk):
    """Opens a notebook where there is nothing of nbstream but in the kernel."""
    bare.app = "lab"
    return lambda *cells: desk.open(bare, *cells)


SETUP = """
import nbstream as nbs
store = nbs.connect("{name}.duckdb")
"""
LAUNCH = """
agent = nbs.launch("Read the note", nbs.ReplaySource({path!r}, interval={interval}, exit_code=0), store=store)
agent
"""


def setup(name: str) -> str:
    return SETUP.format(name=name)


def launch(interval: float) -> str:
    return LAUNCH.format(path=str(RECORDING), interval=interval)


VIEW = """(index) => {
  const cell = document.querySelectorAll('.jp-Notebook .jp-Cell')[index];
  const host = cell?.querySelector('.nbstream-root');
  if (!host) return null;
  return {status: host.dataset.status, head: Number(host.dataset.head), text: (host.shadowRoot ?? host).textContent};
}"""


SLEEP = """
import time
from pathlib import Path
while not Path("wake").exists():
    time.sleep(1)
"""


def view(book, cell: int):
    """What a live view shows, None where there is none."""
    return book.page.evaluate(VIEW, cell)


def test_text_is_there_while_it_streams_and_a_sleeping_cell_stops_nothing(notebook):
    book = notebook(setup("sleep"), launch(0.15), SLEEP, "print(agent.status)")
    book.run(0)
    book.run(1)
    book.run(2, wait=False)
    early = until(lambda: (v := view(book, 1)) and "Let me read it" in v["text"] and v, what="the first words")
    assert early["status"] == "running"
    assert ANSWER not in early["text"]
    book.shot("live")
    until(lambda: ANSWER in book.output(1).first.inner_html(), what="the whole answer, during the sleep")
    prompt = book.page.locator(".jp-Notebook .jp-Cell").nth(2).locator(".jp-InputPrompt").inner_text()
    assert prompt == "[*]:", "the sleeping cell was meant to be still running"
    book.shot("finished")
    (book.lab.root / "wake").touch()
    book.run(3)
    until(lambda: "completed" in book.text(3), timeout=30, what="the final status")


def test_the_saved_notebook_tells_the_story_with_no_kernel(notebook):
    book = notebook(setup("saved"), launch(0.0))
    book.run(0)
    book.run(1)
    until(lambda: ANSWER in book.output(1).first.inner_html(), what="the answer")
    until(lambda: view(book, 1) is None, what="the static copy in place of the live view")
    book.save()
    saved = nbformat.read(book.path, 4)
    data = saved.cells[1].outputs[-1]["data"]
    assert set(data) == {"text/html", "text/markdown", "text/plain"}
    for kind in data:
        assert "The file says: hello nbstream" in data[kind], kind
    assert "<script" not in data["text/html"]
    assert "widgets" not in saved.metadata or not saved.metadata["widgets"]
    book.shot("static")


def test_after_a_kernel_restart_attach_shows_the_same_view_and_reads_on(notebook):
    attach = "agent = nbs.attach(store.agents()['id'][0], store=store)\nagent"
    book = notebook(setup("restart"), launch(0.1), setup("restart"), attach)
    book.run(0)
    book.run(1)
    before = until(lambda: (v := view(book, 1)) and v["head"] >= 5 and v, what="some messages")
    book.restart_kernel()
    book.run(2)
    book.run(3)
    again = until(lambda: (v := view(book, 3)) and v["head"] >= before["head"] and v, what="the view after the restart")
    assert "I should read the file" in again["text"]
    until(lambda: ANSWER in book.output(3).first.inner_html(), what="the rest of the answer")
    book.shot("attached")


def test_stop_in_the_view_stops_the_agent(notebook):
    book = notebook(setup("stop"), launch(0.3), "print(agent.wait(20), store.head(agent.id))")
    book.run(0)
    book.run(1)
    until(lambda: (v := view(book, 1)) and v["head"] >= 2, what="the first messages")
    book.page.locator(".nbstream-root").get_by_role("button", name="Stop").click()
    book.run(2)
    until(lambda: "stopped" in book.text(2), what="the final status")


def test_the_quickstart_runs_for_a_person(lab, desk):
    book = desk.open(lab, *nbformat.read(ROOT / "notebooks/01_quickstart.ipynb", 4).cells)
    code = [index for index, cell in enumerate(book_cells(book)) if cell == "code"]
    streamed = False
    for index in code:
        book.run(index, wait=False)
        streamed = until(lambda: idle_or_streaming(book), timeout=90, what=f"cell {index}") == "streaming" or streamed
        until(lambda: kernel_idle(book), timeout=90, what=f"the end of cell {index}")
    assert streamed, "no text was seen in a live view while its agent was running"
    until(lambda: running_views(book) == 0, timeout=30, what="the end of every agent in its view")
    book.save()
    saved = nbformat.read(book.path, 4)
    errors = [output for cell in saved.cells for output in cell.get("outputs", []) if output["output_type"] == "error"]
    assert errors == []
    story = json.dumps([cell.get("outputs", []) for cell in saved.cells], ensure_ascii=False)
    assert "hello nbstream" in story
    book.shot("quickstart")


def book_cells(book) -> list[str]:
    return book.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.type)"
    )


def kernel_idle(book) -> bool:
    return book.page.evaluate(
        """() => {
          const panel = window.jupyterapp.shell.currentWidget;
          return panel.sessionContext.session.kernel.status === 'idle'
            && !panel.content.widgets.some(cell => cell.model.executionState === 'running');
        }"""
    )


def running_views(book) -> int:
    return book.page.locator(".nbstream-root[data-status=running]").count()


def idle_or_streaming(book) -> str | None:
    """`streaming` as soon as a running agent's view shows text of an answer."""
    shown = book.page.evaluate(
        """() => [...document.querySelectorAll('.nbstream-root')].some(host =>
             host.dataset.status === 'running' && Number(host.dataset.head) > 1)"""
    )
    return "streaming" if shown else ("idle" if kernel_idle(book) else None)
