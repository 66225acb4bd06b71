"""The prebuilt extension: two small files by hand, and the widget's own bundle beside them, in every wheel."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import nbstream.widget
from nbstream.widget.code import BUNDLE

ROOT = Path(__file__).parents[2]
WIDGET = Path(nbstream.widget.__file__).parent
ENTRY = (WIDGET / "labextension/static/remoteEntry.js").read_text(encoding="utf-8")
PLACE = "data/share/jupyter/labextensions/nbstream/"


def test_its_manifest_is_what_jupyterlab_reads() -> None:
    manifest = json.loads((WIDGET / "labextension/package.json").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (manifest["name"], manifest["version"]) == (project["name"], project["version"])
    build = manifest["jupyterlab"]["_build"]
    assert manifest["jupyterlab"]["mimeExtension"] is True
    assert (WIDGET / "labextension" / build["load"]).is_file()
    assert f'"{build["mimeExtension"]}"' in ENTRY


def test_it_renders_the_type_that_outputs_carry_with_the_widget_s_bundle() -> None:
    assert f'"{nbstream.widget.AGENT_MIME}"' in ENTRY
    assert re.findall(r'new URL\("(.*?)", document', ENTRY) == [BUNDLE.name]
    exported = re.search(r"export ?\{(.*?)\}", BUNDLE.read_text(encoding="utf-8"), re.DOTALL)
    assert exported
    assert "agentRenderer" in exported[1]


@pytest.mark.timeout(300)
def test_a_wheel_brings_it_to_where_jupyter_looks(tmp_path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", str(tmp_path), str(ROOT)],
        check=True,
    )
    with zipfile.ZipFile(next(tmp_path.glob("nbstream-*.whl"))) as wheel:
        there = {name.split(PLACE, 1)[1]: wheel.read(name) for name in wheel.namelist() if PLACE in name}
    sources = WIDGET / "labextension"
    assert there == {
        **{str(path.relative_to(sources)): path.read_bytes() for path in sources.rglob("*") if path.is_file()},
        "static/widget.js": BUNDLE.read_bytes(),
    }
