"""What the deployment page names is there: traits, variables, flags."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from nbstream.server import NbstreamServer, _jupyter_server_extension_points

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")


def test_traits():
    named = set(re.findall(r"c\.NbstreamServer\.(\w+)", PAGE))
    own = NbstreamServer.class_own_traits(config=True)
    ours = {name for name, trait in own.items() if trait.this_class is NbstreamServer}
    assert named == ours
    table = re.search(r"\| `sources` \| (.*) \|", PAGE)[1]
    assert [name.strip("` ") for name in table.split(",")] == NbstreamServer().sources


def test_variables():
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    for name in set(re.findall(r"\b(?:NBSTREAM|JUPYTERHUB)_\w+", PAGE)):
        assert f'"{name}"' in sources, name


def test_flags_of_the_proxy():
    said = subprocess.run(
        [sys.executable, "-m", "nbstream.proxy", "proxy", "--help"], capture_output=True, text=True, check=True
    ).stdout
    commands = [line for line in PAGE.splitlines() if "nbstream proxy --" in line or '"proxy", "--' in line]
    flags = set(re.findall(r"--[a-z-]+", " ".join(commands))) | {"--allow-remote", "--allow-host"}
    assert len(commands) == 2
    assert {flag for flag in flags if flag not in said} == set()


def test_installing_enables_the_extension():
    """The file that hatch puts in place names the module, and the module has the extension."""
    shared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
        "shared-data"
    ]
    source = next(path for path, place in shared.items() if place.startswith("etc/jupyter/jupyter_server_config.d/"))
    config = json.loads((ROOT / source).read_text())
    (point,) = _jupyter_server_extension_points()
    assert config == {"ServerApp": {"jpserver_extensions": {point["module"]: True}}}
    assert point["app"] is NbstreamServer
