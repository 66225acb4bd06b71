"""Draws the pictures of `docs/images`: `python tests/widget/shots.py`.

From recordings where there is one, from made-up rows for what no recording has; the same page as in the tests.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from nbstream.messages import COST_USD, INPUT_TOKENS, OUTPUT_TOKENS, AgentMessage, AgentRecord  # noqa: E402
from nbstream.wire import batch_json, status_json  # noqa: E402
from widget.conftest import ARGUMENTS, CHROMIUM  # noqa: E402
from widget.page_kit import ViewPage  # noqa: E402
from widget.rows import DONE, START, Log, record, story  # noqa: E402

IMAGES = HERE.parents[2] / "docs" / "images"

Draw = Callable[[ViewPage], None]


def show(view: ViewPage, rows: Sequence[AgentMessage], agent: AgentRecord, *, live_now: bool = False) -> None:
    """Mounts a view of the rows; a live one runs by the clock of the page, which is set to their time."""
    if live_now:
        now = int((rows[-1].created_at or START).timestamp() * 1000)
        view.page.evaluate(
            "now => { const since = performance.now(); Date.now = () => now + performance.now() - since }", now
        )
    view.render()
    view.status(agent, head=len(rows), duplicates=3)
    view.rows(rows)
    view.wait_head(len(rows))
    view.page.wait_for_timeout(400)


def live(view: ViewPage) -> None:
    log = story(finished=False)
    show(view, log.rows, record(), live_now=True)


def finished(view: ViewPage) -> None:
    show(view, story().rows, DONE)
    view.page.wait_for_timeout(300)


def tool_card(view: ViewPage) -> None:
    log = Log()
    log.call("c1", "Bash", '{"command": "pytest -q tests/test_loader.py", "description": "Run the tests"}')
    log.result(
        "c1",
        "\x1b[32m.......\x1b[0m\x1b[31mF\x1b[0m\n\x1b[1mFAILED\x1b[0m tests/test_loader.py::test_lazy\n1 failed, 7 passed in 0.41s",
    )
    log.call(
        "c2", "WebSearch", '{"query": "importlib lazy loading", "options": {"limit": 3, "languages": ["en", "de"]}}'
    )
    log.result(
        "c2",
        json.dumps(
            {"results": [{"title": "importlib", "score": 0.93}, {"title": "PEP 690", "score": 0.87}], "took_ms": 212}
        ),
    )
    log.call(
        "c3",
        "Edit",
        json.dumps(
            {
                "file_path": "src/app/loader.py",
                "old_string": "PLUGINS = scan()\n",
                "new_string": "@cache\ndef plugins():\n    return scan()\n",
            }
        ),
    )
    log.result("c3", "The file src/app/loader.py has been updated.")
    log.call("c4", "Bash", '{"command": "python -m app --profile"}')
    show(view, log.rows, record(prompt="Make the loader lazy."), live_now=True)


def error(view: ViewPage) -> None:
    log = Log()
    log.text("a", "I will look at the failing job first.")
    log.call("c", "Bash", '{"command": "gh run view 4182 --log-failed"}')
    log.result("c", "error: could not find any workflow run with ID 4182", error=True)
    log.note("retry", "The model was overloaded; attempt 3 of 10 in 4.2 s.")
    words = "API Error: 529 Overloaded. The service did not answer after 10 attempts."
    log.add(words, type="error", role=None, part=None, op="note")
    show(
        view,
        log.rows,
        record(
            "failed", error=words, prompt="Why did the nightly job fail?", completed_at=START + timedelta(seconds=41)
        ),
    )


def subagents(view: ViewPage) -> None:
    log = Log()
    log.text("a", "Two questions that do not need each other; I ask them at the same time.")
    for name, task in (("a", "find eager imports"), ("b", "time the test suite")):
        log.call(name, "Task", json.dumps({"description": task, "prompt": task, "subagent_type": "Explore"}))
    log.call("a1", "Grep", '{"pattern": "^import|^from", "path": "src/"}', parent="a")
    log.call("b1", "Bash", '{"command": "pytest --durations=3 -q"}', parent="b")
    log.result("a1", "src/app/loader.py:3:from app import plugins\nsrc/app/cli.py:1:import app.loader", parent="a")
    log.result("b1", "0.40s setup test_loader\n0.03s call test_cli", parent="b")
    log.text("as", "Only `loader.py` imports at start.", metadata={"nbstream.parent_tool_call_id": "a"})
    log.call("b2", "Read", '{"file_path": "tests/conftest.py"}', parent="b")
    log.result("a", "Eager: src/app/loader.py line 3.", after=4)
    show(view, log.rows, record(prompt="Where does the start-up time go?"), live_now=True)


def grid(view: ViewPage) -> None:
    view.page.evaluate("document.getElementById('cell').style.maxWidth = 'none'")
    ids = [UUID(int=(7 << 76) | (1 << 127) | n) for n in range(6)]
    view.page.evaluate("t => nbstream.renderModel(t)", {"agent_ids": [str(each) for each in ids], "columns": 3})
    for number, agent_id in enumerate(ids):
        over = number % 3 == 1
        log = story(finished=over)
        if not over:
            log.add(
                "",
                type="system",
                role="system",
                part=None,
                op="note",
                metadata={
                    "nbstream.kind": "usage",
                    INPUT_TOKENS: 9000 + 731 * number,
                    OUTPUT_TOKENS: 410 + 57 * number,
                    COST_USD: 0.01,
                },
            )
        rows = [
            replace(row, agent_id=agent_id, id=UUID(int=agent_id.int + (index << 20)))
            for index, row in enumerate(log.rows)
        ]
        agent = replace(DONE if over else record(), id=agent_id, source=("claude", "codex", "gemini")[number % 3])
        if number == 0:
            now = int((rows[-1].created_at or START).timestamp() * 1000) + 20_000
            view.page.evaluate(
                "now => { const since = performance.now(); Date.now = () => now + performance.now() - since }", now
            )
        view.deliver(status_json(agent, head=len(rows)), batch_json(agent_id, rows, head=len(rows)))
    view.page.wait_for_timeout(1500)


def top(draw: Draw) -> Draw:
    """The picture from the start of the run instead of its end."""

    def drawn(view: ViewPage) -> None:
        draw(view)
        view.page.evaluate("nbstream.root.shadowRoot.querySelector('.scroller').scrollTop = 0")
        view.page.wait_for_timeout(300)

    return drawn


SHOTS: dict[str, tuple[Draw, int, bool]] = {
    "view-live": (live, 860, False),
    "view-finished": (finished, 860, False),
    "view-start": (top(finished), 860, False),
    "view-tool-card": (tool_card, 860, False),
    "view-error": (error, 860, False),
    "view-subagents": (subagents, 860, False),
    "view-grid": (grid, 1240, False),
    "view-dark": (live, 860, True),
    "view-narrow": (finished, 360, False),
}


def shoot(browser: Browser, name: str) -> None:
    """Draws one picture, cut to what it shows."""
    draw, width, dark = SHOTS[name]
    view = ViewPage(browser, dark=dark, width=width, height=1100)
    view.page.evaluate("document.getElementById('cell').style.maxWidth = 'none'")
    draw(view)
    height = view.page.evaluate("Math.ceil(document.getElementById('cell').getBoundingClientRect().bottom + 18)")
    view.page.screenshot(
        path=IMAGES / f"{name}.png", clip={"x": 0, "y": 0, "width": width, "height": min(height, 1100)}
    )
    view.close()


def main() -> None:
    """Draws all of them, or those that are named."""
    with sync_playwright() as playwright:
        path = CHROMIUM if Path(CHROMIUM).exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for name in sys.argv[1:] or SHOTS:
            shoot(browser, name)
        browser.close()


if __name__ == "__main__":
    main()
