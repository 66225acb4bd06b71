"""A real JupyterLab, a real Notebook 7 and a real Chromium; a fresh page and notebook per test.

Playwright's own loop runs in the main thread while it is open, and asyncio tests cannot start beside it: so Chromium lives
for a module, not for the session.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import nbformat
import psutil
import pytest
from playwright.sync_api import sync_playwright

import nbstream.widget
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


SOURCES = Path(nbstream.widget.__file__).parent


def install(home: Path, *, off: bool = False) -> dict[str, str]:
    """Puts nbstream's Jupyter parts, as they are in the sources, before whatever is installed; `off` hides them all.

    Returns the variables that make a server look there. What a wheel installs where is a test of its own.
    """
    place = home / "share/labextensions/nbstream"
    shutil.copytree(SOURCES / "labextension", place)
    shutil.copy(SOURCES / "static/widget.js", place / "static")
    config = home / "etc/jupyter_server_config.d"
    config.mkdir(parents=True)
    (config / "nbstream.json").write_text(
        json.dumps({"ServerApp": {"jpserver_extensions": {"nbstream.server": not off}}})
    )
    if off:
        pages = home / "config/labconfig"
        pages.mkdir(parents=True)
        (pages / "page_config.json").write_text(json.dumps({"disabledExtensions": {"nbstream": True}}))
    return {"JUPYTER_PATH": str(home / "share"), "JUPYTER_CONFIG_PATH": str(home / "etc")}


class Lab:
    """One Jupyter server on loopback with folders of its own.

    Args:
        app: what its notebooks are opened in, `lab` or `notebook`.
        base_url: its prefix, as a hub gives one.
        off: without nbstream's Jupyter parts.
    """

    def __init__(self, root: Path, home: Path, app: str = "lab", base_url: str = "/", *, off: bool = False) -> None:
        self.root, self.home, self.app, self.base_url = root, home, app, base_url
        self.token = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = home / "server.log"
        self._env = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "JPY"))}
        self._env |= install(home, off=off)
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
        return f"http://127.0.0.1:{self.port}{self.base_url.rstrip('/')}"

    def page_url(self, name: str) -> str:
        place = "doc/tree" if self.app == "lab" else "notebooks"
        return f"{self.url}/{place}/{name}?token={self.token}" + ("&reset" if self.app == "lab" else "")

    def start(self) -> None:
        argv = [
            *(sys.executable, "-m", "jupyter", self.app, "--no-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0"),
            *(f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={self.root}"),
            *(f"--ServerApp.base_url={self.base_url}", "--ServerApp.open_browser=False"),
            *("--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"),
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(argv, env=self._env, stdout=log, stderr=log, cwd=self.root)
        until(self._answers, timeout=60, what=f"the Jupyter server (its log: {self.log})")

    def stop(self) -> None:
        """In order, kernels included.

        A request that is under way then leaves a thread of AnyIO's behind in Jupyter that nobody ends, and Python waits
        for it: such a process is ended, if all has been closed. That nbstream holds nothing up is a test of its own.
        """
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            left = [file.path for file in psutil.Process(self.process.pid).open_files() if ".duckdb" in file.path]
            self.process.kill()
            self.process.wait(20)
            if left:
                raise AssertionError(
                    f"Jupyter did not end, with {left} open:\n{self.log.read_text()[-3000:]}"
                ) from None

    def api(self, path: str, method: str = "GET") -> object:
        headers = {"Authorization": f"token {self.token}"}
        answer = httpx.request(method, f"{self.url}/api/{path}", headers=headers, timeout=10, trust_env=False)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def add_kernel(self, name: str, first: Path) -> str:
        """A kernel whose packages in the folder `first` come before all others. Returns its name."""
        spec = {
            "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": name,
            "language": "python",
            "env": {"PYTHONPATH": str(first)},
        }
        folder = self.home / "share/kernels" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "kernel.json").write_text(json.dumps(spec))
        return name

    def end_proxies(self) -> None:
        """A proxy that a notebook started outlives its kernel by design; these tests started it, so they end it."""
        for state in (self.home / "nbstream-runtime").glob("proxy-*.json"):
            os.kill(json.loads(state.read_text())["pid"], signal.SIGTERM)

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"Jupyter ended with {self.process.returncode}:\n{self.log.read_text()[-3000:]}")
        try:
            return bool(self.api("status"))
        except httpx.HTTPError:
            return False


def running(tmp_path_factory, app: str, **options):
    server = Lab(tmp_path_factory.mktemp(f"{app}-root"), tmp_path_factory.mktemp(f"{app}-home"), app, **options)
    server.start()
    yield server
    server.stop()
    server.end_proxies()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """JupyterLab."""
    yield from running(tmp_path_factory, "lab")


@pytest.fixture(scope="session")
def notebook7(tmp_path_factory):
    """Notebook 7, under a prefix as a hub gives one."""
    yield from running(tmp_path_factory, "notebook", base_url="/user/bob/")


@pytest.fixture(scope="session")
def bare(tmp_path_factory):
    """A JupyterLab in which nbstream is not installed."""
    yield from running(tmp_path_factory, "lab", off=True)


class Notebook:
    """One notebook open in one page."""

    def __init__(self, lab: Lab, page, name: str) -> None:
        self.lab, self.page, self.name = lab, page, name
        self.path = lab.root / name

    def open(self, *, kernel: bool = True) -> None:
        """Opens it; without a kernel it is as after *No Kernel* in the dialog that asks."""
        if not kernel:
            written = nbformat.read(self.path, 4)
            # A language that nobody has, or the one kernel of its language would be started without asking.
            written.metadata["kernelspec"] = {"name": "gone", "display_name": "Gone", "language": "gone"}
            written.metadata.pop("language_info", None)
            nbformat.write(written, self.path)
        self.page.goto(self.lab.page_url(self.name))
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        if kernel:
            self.ready()
        else:
            self.page.locator(".jp-Dialog").get_by_role("button", name="No Kernel").click()

    def reload(self) -> None:
        """As a person's F5: the page is loaded anew, and nothing more is waited for."""
        self.page.goto(self.lab.page_url(self.name).replace("&reset", ""), wait_until="commit")

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


class Desk:
    """Opens notebooks for one test, and clears up after it."""

    def __init__(self, chromium, name: str) -> None:
        self._chromium, self.name = chromium, name
        self._contexts = []
        self.opened: list[Notebook] = []

    def page(self):
        """A window of a browser of its own."""
        context = self._chromium.new_context(viewport={"width": 1200, "height": 900})
        context.set_default_timeout(30_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: dialog.accept())
        return page

    def write(self, lab: Lab, *cells: str | nbformat.NotebookNode, kernel: str = "python3") -> str:
        name = f"{self.name}-{len(list(lab.root.glob('*.ipynb')))}.ipynb"
        nodes = [nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
        spec = {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=nodes, metadata=spec), lab.root / name)
        return name

    def open(self, lab: Lab, *cells: str | nbformat.NotebookNode, kernel: str = "python3") -> Notebook:
        return self.show(lab, self.write(lab, *cells, kernel=kernel))

    def show(self, lab: Lab, name: str, page=None, *, kernel: bool = True) -> Notebook:
        book = Notebook(lab, page or self.page(), name)
        self.opened.append(book)
        book.open(kernel=kernel)
        return book

    def end_kernels(self, lab: Lab) -> None:
        for session in lab.api("sessions"):
            lab.api(f"sessions/{session['id']}", "DELETE")

    def close(self, *, failed: bool) -> None:
        for number, book in enumerate(self.opened):
            if failed and not book.page.is_closed():
                book.shot(f"failed-{self.name}-{number}")
        for context in self._contexts:
            context.close()
        for lab in {book.lab for book in self.opened}:
            self.end_kernels(lab)


@pytest.fixture
def desk(chromium, request):
    """Opens notebooks on any of the servers."""
    desk = Desk(chromium, re.sub(r"\W+", "-", request.node.name).strip("-"))
    yield desk
    desk.close(failed=request.node.stash.get(FAILED, False))


@pytest.fixture
def notebook(lab, desk):
    """Opens a JupyterLab notebook with the given code cells."""
    shared = desk.page()

    def make(*cells: str | nbformat.NotebookNode) -> Notebook:
        return desk.show(lab, desk.write(lab, *cells), shared.context.new_page())

    return make


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report
