"""A real JupyterLab and a real Chromium; a fresh page and notebook per test.

Playwright's own loop runs in the main thread while it is open, and asyncio tests cannot start beside it: so Chromium lives
for a module, not for the session.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import sync_playwright

from support import until

SHOTS = Path(__file__).parent / "screenshots"
READY = """() => {
  const app = window.jupyterapp; if (!app) return false;
  const panel = app.shell.currentWidget;
  if (!panel?.sessionContext?.isReady || !panel.context.isReady) return false;
  const kernel = panel.sessionContext.session?.kernel;
  return !!kernel && kernel.status === 'idle' && kernel.connectionStatus === 'connected';
}"""
RUN = """async (index) => {
  const app = window.jupyterapp, notebook = app.shell.currentWidget.content;
  notebook.activeCellIndex = index; notebook.deselectAll();
  await app.commands.execute('notebook:run-cell');
}"""


def chromium_path() -> str | None:
    """The machine's own Chromium, or None for the one that Playwright fetched."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium. Where the machine has none, Playwright's own is fetched."""
    path = chromium_path()
    if path is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"], check=True)
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


class Lab:
    """One JupyterLab server on loopback with folders of its own."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        self.token = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = home / "server.log"
        self._env = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "JPY"))}
        self._env |= {
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
            "IPYTHONDIR": str(home / "ipython"),
            "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
            "NBSTREAM_RUNTIME": str(home / "nbstream-runtime"),
            "NBSTREAM_RUNS": str(home / "nbstream-runs"),
        }
        (home / "nbstream-runtime").mkdir(mode=0o700)
        # Asking whether to fetch news would cover the page.
        notices = home / "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
        notices.parent.mkdir(parents=True)
        notices.write_text('{"fetchNews": "false"}')

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        argv = [
            *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0"),
            *(f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={self.root}"),
            *("--LabApp.expose_app_in_browser=True", "--ServerApp.open_browser=False"),
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(argv, env=self._env, stdout=log, stderr=log, cwd=self.root)
        until(self._answers, timeout=60, what=f"the JupyterLab server (its log: {self.log})")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            self.process.wait(20)

    def api(self, path: str, method: str = "GET") -> object:
        request = urllib.request.Request(
            f"{self.url}/api/{path}", method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            body = response.read()
        return json.loads(body) if body else None

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"JupyterLab ended with {self.process.returncode}:\n{self.log.read_text()[-3000:]}")
        try:
            return bool(self.api("status"))
        except OSError:
            return False


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    home = tmp_path_factory.mktemp("lab-home")
    server = Lab(tmp_path_factory.mktemp("lab-root"), home)
    server.start()
    yield server
    server.stop()
    # A proxy that a notebook started outlives its kernel by design; these tests started it, so they end it.
    for state in (home / "nbstream-runtime").glob("proxy-*.json"):
        os.kill(json.loads(state.read_text())["pid"], signal.SIGTERM)


class Notebook:
    """One notebook open in one page."""

    def __init__(self, lab: Lab, page, name: str) -> None:
        self.lab, self.page, self.name = lab, page, name
        self.path = lab.root / name

    def open(self) -> None:
        self.page.goto(f"{self.lab.url}/doc/tree/{self.name}?token={self.lab.token}&reset")
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        self.ready()

    def ready(self) -> None:
        self.page.wait_for_function(READY, timeout=60_000)

    def run(self, index: int, *, wait: bool = True) -> None:
        """Runs a cell; without `wait` it goes on in the page."""
        self.page.evaluate(RUN if wait else RUN.replace("await app.commands", "app.commands"), index)

    def output(self, index: int):
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".jp-OutputArea-output")

    def text(self, index: int) -> str:
        return "\n".join(self.output(index).all_inner_texts())

    def save(self) -> None:
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def restart_kernel(self) -> None:
        """As *Restart kernel* does it: the kernel is killed and started anew, the page stays."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
        self.ready()

    def shot(self, name: str) -> Path:
        SHOTS.mkdir(exist_ok=True)
        path = SHOTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path


@pytest.fixture
def notebook(lab, chromium, request):
    """Opens a notebook with the given code cells."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(30_000)
    opened: list[Notebook] = []

    def make(*cells: str | nbformat.NotebookNode) -> Notebook:
        name = f"{request.node.name.split('[')[0]}-{len(opened)}.ipynb"
        nodes = [nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=nodes, metadata=kernel), lab.root / name)
        page = context.new_page()
        page.on("dialog", lambda dialog: dialog.accept())
        book = Notebook(lab, page, name)
        opened.append(book)
        book.open()
        return book

    yield make
    for book in opened:
        if request.node.stash.get(FAILED, False):
            book.shot(f"failed-{request.node.name}")
    context.close()
    for session in lab.api("sessions"):
        lab.api(f"sessions/{session['id']}", "DELETE")


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report
