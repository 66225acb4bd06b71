"""A real marimo app in a real page: an agent as the last expression of a cell is live, and then complete."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from fold import RECORDINGS
from support import until

APP = """
import marimo
app = marimo.App()

@app.cell
def _():
    import nbstream as nbs
    store = nbs.connect({store!r})
    agent = nbs.launch("Look at the file", source=nbs.ReplaySource({recording!r}, interval={interval}), store=store)
    agent
    return agent, nbs

@app.cell
def _():
    import marimo as mo
    return (mo,)

@app.cell
def _(agent, mo, nbs):
    mo.vstack([mo.md("by hand"), mo.ui.anywidget(nbs.AgentWidget(agent))])
    return

@app.cell
def _(agent, mo):
    agent.wait(60)
    mo.vstack([mo.md("ended"), agent])
    return
"""


@dataclass
class Marimo:
    url: str
    log: Path


@pytest.fixture(scope="module")
def marimo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marimo]:
    """`marimo run` on loopback, with folders of its own."""
    home = tmp_path_factory.mktemp("marimo")
    app = home / "app.py"
    recording = str(RECORDINGS / "claude-tool-partial.jsonl")
    app.write_text(APP.format(store=str(home / "history.duckdb"), recording=recording, interval=0.1))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = [sys.executable, "-m", "marimo", "-q", "run", str(app), "--headless", "--no-token", "--port", str(port)]
    env = os.environ | {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "MARIMO_SKIP_UPDATE_CHECK": "1"}
    log = home / "server.log"
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as out:
        server = subprocess.Popen(argv, cwd=home, env=env, stdout=out, stderr=out, start_new_session=True)
        try:
            until(lambda: answers(f"{url}/health"), timeout=30, what="marimo")
            yield Marimo(url, log)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(15)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_an_agent_in_a_cell_is_live_and_ends_well(marimo: Marimo, page: Page) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.route(
        lambda url: not url.startswith((marimo.url, marimo.url.replace("http", "ws"))), lambda route: route.abort()
    )
    page.goto(marimo.url)
    views = page.locator(".nbstream-root")
    views.first.wait_for(timeout=30_000)
    live = page.locator('.nbstream-root[data-state="live"]')
    live.first.wait_for(timeout=20_000)
    assert views.first.get_attribute("data-head") != "0" or until(
        lambda: views.first.get_attribute("data-head") != "0", what="a row while it runs"
    )
    ended = page.locator(".nbstream-copy")
    ended.wait_for(timeout=30_000)
    until(lambda: page.locator('.nbstream-root[data-state="live"]').count() == 0, what="the end in the views")
    assert views.count() == 2, "the last expression, and the widget by hand"
    for place in range(2):
        text = str(views.nth(place).evaluate("root => root.shadowRoot.textContent"))
        assert "Read" in text
        assert "finished" in text
    assert "finished" in ended.inner_text()
    assert [said for said in complaints if "ERR_FAILED" not in said] == [], marimo.log.read_text()
