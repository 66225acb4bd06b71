"""The template of the how-to, copied out of the page, installed as a package of its own, and run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "add-your-own-agent.md"
SCRIPT = """
import json, sys
import nbstream as nbs
store = nbs.connect(sys.argv[1])
agent = nbs.launch("Pretty Polly wants a cracker", source="parrot", store=store, pause=0.001)
stopped = nbs.launch("word " * 1000, source="parrot", store=store, pause=0.01)
silent = nbs.launch("  ", source="parrot", store=store)
status = agent.wait(30)
stopped.stop()
recording = nbs.launch("x", nbs.ReplaySource(sys.argv[2], parser="parrot"), store=store)
print(json.dumps({
    "status": [status, stopped.wait(30), silent.wait(30), recording.wait(30)],
    "errors": [agent.error, silent.error],
    "text": store.transcript(agent.id).content.tolist(),
    "replayed": store.transcript(recording.id)[["type", "content"]].values.tolist(),
    "model": agent.record.model,
    "deltas": len(store.messages(agent.id)),
    "verified": bool(store.verify()),
}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder that holds the package as pip installed it."""
    folder = tmp_path_factory.mktemp("package")
    files = re.findall(r"^`([\w./]+)`\n\n```\w+\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert [name for name, _ in files] == ["pyproject.toml", "nbstream_parrot/parser.py", "nbstream_parrot/source.py"]
    for name, text in files:
        path = folder / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    argv = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*argv, "--target", folder / "installed", folder / "source"], check=True, capture_output=True)
    return folder / "installed"


def test_the_template_runs_as_an_installed_package(installed, tmp_path):
    (tmp_path / "r.jsonl").write_text('{"say": "Hello"}\nno json\n{"say": 3}\n[]\n{"over": true}\n')
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-W", "error", tmp_path / "script.py", tmp_path / "s.duckdb", tmp_path / "r.jsonl"],
        env=os.environ | {"PYTHONPATH": str(installed)}, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["status"] == ["completed", "stopped", "failed", "completed"]
    assert told["errors"] == [None, "expected some words to repeat, got an empty prompt"]
    assert told["text"] == ["Pretty Polly wants a cracker "]
    assert told["deltas"] >= 5
    assert told["model"] == "parrot-1"
    assert told["replayed"] == [
        ["assistant", "Hello"],
        ["system", "no json"],
        ["system", '{"say": 3}'],
        ["system", "[]"],
    ]
    assert told["verified"]


def test_without_the_package_its_name_is_not_known():
    code = "import nbstream as nbs; nbs.launch('x', source='parrot', store=nbs.connect(':memory:'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "no source named 'parrot'" in done.stderr
