"""A run that is larger than a page's memory, in a real JupyterLab: its beginning is read again from the store when it is wanted."""

from __future__ import annotations

import json

import pytest

from browser.live import LAUNCH, SETUP, wait_view
from support import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

CALLS = 260
OUTPUT = "0123456789abcde\n" * 6_250
"""100 kB: the run is 26 MB, of which a page keeps 16."""
ROWS = 2 * CALLS + 2
"""Each call and its result, how the run began and how it ended."""


def large_run(path):
    lines: list[dict] = [{"type": "system", "subtype": "init", "session_id": "s", "tools": ["Bash"], "model": "m"}]
    for n in range(CALLS):
        call = {"type": "tool_use", "id": f"toolu_{n}", "name": "Bash", "input": {"command": f"step {n}."}}
        message = {"id": f"msg_{n}", "type": "message", "role": "assistant", "model": "m", "content": [call]}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{n}", "content": f"output {n}\n{OUTPUT}"}
        lines.append({"type": "assistant", "message": message, "parent_tool_use_id": None, "session_id": "s"})
        lines.append({"type": "user", "message": {"role": "user", "content": [result]}, "parent_tool_use_id": None})
    lines.append({"type": "result", "subtype": "success", "is_error": False, "result": "Done.", "session_id": "s"})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def to_the_top(page, root) -> None:
    """As a reader goes there: a move without a wheel, a touch or a key may be the browser's own, and the end be followed."""
    scroller = root.locator(".scroller")
    scroller.hover()

    def moved() -> bool:
        page.mouse.wheel(0, -200_000)
        return scroller.evaluate("s => new Promise(done => requestAnimationFrame(() => done(s.scrollTop)))") == 0

    until(moved, timeout=30, what="the top of the view")


def test_what_a_page_has_let_go_of_comes_back_from_the_server(desk, lab, tmp_path):
    path = large_run(tmp_path / "run.jsonl")
    book = desk.open(lab, SETUP.format(store=f"{desk.name}.duckdb"), LAUNCH.format(path=str(path), interval=0.0))
    book.run(0)
    book.run(1)
    seen = wait_view(
        book, "all rows on the page", lambda v: v["state"] == "finished" and v["head"] == ROWS, timeout=120
    )
    assert seen["holes"] == 0
    root = book.page.locator(".nbstream-root")
    first = int(root.locator(".earlier").first.inner_text().split()[0]) - 1  # the run's first block is how it began
    assert 50 < first < CALLS - 100
    to_the_top(book.page, root)
    root.locator(".slot").filter(has_text=f"step {first}.").wait_for()
    assert root.locator(".slot").filter(has_text="step 0.").count() == 0
    root.locator(".earlier").first.click()
    root.locator(".here").filter(has_text=f"step {first}.").wait_for(timeout=60_000)
    again = wait_view(book, "all of it", lambda v: v["state"] == "finished" and v["head"] == seen["head"], timeout=60)
    assert again["holes"] == 0
    assert root.locator(".earlier").first.is_hidden()
    to_the_top(book.page, root)
    root.locator(".slot").filter(has_text="output 0\n").first.wait_for()
    assert root.locator(".slot").filter(has_text="step 0.").count() == 1
