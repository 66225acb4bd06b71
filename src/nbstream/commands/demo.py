"""`nbstream demo`: the quickstart notebook in JupyterLab, or run headless with `--check`."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sys
import tempfile
import threading
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx

import nbstream
from nbstream import local
from nbstream.commands.text import Narrator, cut, plain
from nbstream.errors import MissingExtra, NbstreamError, SourceUnavailable
from nbstream.frames import Store
from nbstream.proxy import find_proxy

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

NOTEBOOK: Final = "01_quickstart.ipynb"
ANSWER_SECONDS: Final = 120.0  # for JupyterLab to answer; a cold start on a slow disk takes twenty
CELL_SECONDS: Final = 120
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")


def demo(options: argparse.Namespace) -> int:
    """Fetch the model, lay out the notebook, and open it, or run it headless with `check`."""
    needed = ("nbclient", "ipykernel") if options.check else ("jupyterlab", "ipykernel")
    if any(find_spec(name) is None for name in needed):
        raise MissingExtra("nbstream demo", "lab")
    _fetch_model()
    return check(shipped_notebook()) if options.check else _open(options.folder, options.port, browser=options.browser)


def shipped_notebook() -> Path:
    """The quickstart: inside an installed package, or beside the sources it is edited in."""
    package = Path(nbstream.__file__).parent
    places = [package / "notebooks" / NOTEBOOK, package.parents[1] / "notebooks" / NOTEBOOK]
    for place in places:
        if place.is_file():
            return place
    raise SourceUnavailable(
        f"expected the notebook at {places[0]}: this installation is not whole, install nbstream again"
    )


def lay_out(folder: Path) -> Path:
    """Put the notebook into `folder`, not run yet; one that is there and was changed is the person's, and stays."""
    shipped = _without_outputs(shipped_notebook())
    target = folder / NOTEBOOK
    folder.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.write_bytes(shipped)
    elif target.read_bytes() != shipped:
        print(f"{target} is not the notebook as shipped, and is kept; remove it to start afresh", file=sys.stderr)
    return target


def _without_outputs(path: Path) -> bytes:
    notebook = json.loads(path.read_bytes())
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return json.dumps(notebook, indent=1, ensure_ascii=False).encode() + b"\n"


def _fetch_model() -> None:
    """Have the model ready before the notebook asks for it. Without it the notebook still runs and says so."""
    try:
        local.require_runtime()
        local.find_model()
    except NbstreamError as error:
        print(f"The notebook will run without the local model: {error}", file=sys.stderr)


def _open(folder: Path, port: int | None, *, browser: bool) -> int:
    """Run JupyterLab in this process until it is ended."""
    notebook = lay_out(folder).resolve()
    arguments = [str(notebook), "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={notebook.parent}"]
    if port is not None:
        arguments += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if os.geteuid() == 0:
        arguments.append("--allow-root")  # a container; it listens on loopback and asks for a token
    if not browser:
        arguments.append("--no-browser")
        threading.Thread(target=_print_address, args=(notebook.name,), daemon=True).start()
    with _quiet_settings():
        import_module("jupyterlab.labapp").LabApp.launch_instance(arguments)
    return 0


@contextlib.contextmanager
def _quiet_settings() -> Iterator[None]:
    """No question about news, no request for it or for updates: the demo is as offline as the rest."""
    with tempfile.TemporaryDirectory(prefix="nbstream-demo-") as name:
        file = Path(name) / "labconfig" / "page_config.json"
        file.parent.mkdir()
        file.write_text('{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}', "ascii")
        # Searched first, and beside the person's own settings, which stay as they are.
        others = os.environ.get("JUPYTER_CONFIG_PATH")
        os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join([name, *([others] if others else [])])
        yield


def _print_address(name: str) -> None:
    """Print the notebook's address once it answers; JupyterLab keeps it in a file named after the process."""
    from jupyter_core.paths import jupyter_runtime_dir

    state = Path(jupyter_runtime_dir()) / f"jpserver-{os.getpid()}.json"
    state.unlink(missing_ok=True)  # of an earlier process with this number
    with httpx.Client(trust_env=False) as client:
        if _wait_until(lambda: _answers(client, _read_json(state)), ANSWER_SECONDS):
            server = json.loads(state.read_text("utf-8"))
            print(f"{server['url']}lab/tree/{quote(name)}?token={server['token']}", flush=True)
        else:
            print(f"JupyterLab did not answer within {ANSWER_SECONDS:.0f} s; its log is above", file=sys.stderr)


def _read_json(path: Path) -> dict[str, Any] | None:
    """The file's JSON; None while it is not there or half written."""
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return content


def _answers(client: httpx.Client, server: dict[str, Any] | None) -> bool:
    if server is None:
        return False
    try:
        return client.get(f"{server['url']}api/status", params={"token": server["token"]}).is_success
    except httpx.TransportError:
        return False


def check(path: Path) -> int:
    """Execute a notebook in a folder of its own, then print what its agents said; 1 when a cell failed."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = import_module("nbformat").read(path, as_version=4)
    numbers = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    begun: dict[int, float] = {}

    def starts(cell: Any, cell_index: int) -> None:
        begun[cell_index] = time.monotonic()
        number = numbers.index(cell_index) + 1
        print(f"cell {number}/{len(numbers)}: {cut(_headline(cell.source), 70)}", flush=True)

    def ends(cell: Any, cell_index: int, execute_reply: Any) -> None:  # noqa: ARG001 - called by these names
        status = execute_reply["content"]["status"]
        print(f"  {status}, {time.monotonic() - begun[cell_index]:.1f} s", flush=True)

    failed = 0
    with _work_folder() as (folder, environment):
        client = NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
            on_cell_execute=starts,
            on_cell_executed=ends,
        )
        try:
            client.execute(env=environment)
        except CellExecutionError as error:
            failed = 1
            print(plain(_COLOURS.sub("", error.traceback)), file=sys.stderr)
        except (CellTimeoutError, DeadKernelError) as error:
            failed = 1
            print(error, file=sys.stderr)
        for store in sorted(folder.glob("*.duckdb")):
            _print_transcripts(store)
    return failed


@contextlib.contextmanager
def _work_folder() -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder that is gone afterwards, with an environment that keeps the proxy of the notebook in it."""
    with tempfile.TemporaryDirectory(prefix="nbstream-demo-") as name:
        folder, runtime = Path(name), Path(name) / "run"
        try:
            yield folder, os.environ | {"NBSTREAM_RUNTIME": str(runtime), "NBSTREAM_RUNS": str(Path(name) / "runs")}
        finally:
            if (found := find_proxy(runtime, directory=folder)) and found.pid:
                os.kill(found.pid, signal.SIGTERM)
                _wait_until(lambda: find_proxy(runtime, directory=folder) is None)


def _wait_until(done: Callable[[], object], seconds: float = 10.0) -> bool:
    """Look every tenth of a second; false when it did not come true in time."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not done():
        if time.monotonic() > deadline:
            return False
        pause.wait(0.1)
    return True


def _headline(source: str) -> str:
    """The first line of a cell that says something."""
    return next((line for line in source.splitlines() if line.strip() and not line.startswith("# NBVAL")), "")


def _print_transcripts(path: Path) -> None:
    with Store.open(path) as store:
        for record in store.list_agents():
            print(f"\n=== {record.source}: {cut(record.prompt, 60)} ({record.status})")
            narrator = Narrator(sys.stdout.write)
            for message in store.read(record.id):
                narrator.tell(message)
            narrator.end()
