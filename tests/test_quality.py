"""The checks on the code itself: lint, format, types, the import contract, and what must never be in the tree."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))
SCRIPTS = Path(sysconfig.get_path("scripts"))


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "argv",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy", "--no-error-summary"),
        ("lint-imports", "--no-cache"),
    ],
    ids=lambda argv: argv[0] + "-" + argv[1].strip("-"),
)
@pytest.mark.timeout(300)
def test_the_code_passes(argv):
    program = shutil.which(argv[0], path=str(SCRIPTS))
    assert program, f"{argv[0]} is not installed in {SCRIPTS}"
    done = run(program, *argv[1:])
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_import_contract_names_every_part():
    """A new module that the contract does not know would be free to import anything."""
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    named = {name.strip() for layer in layers for name in re.split(r"[|:]", layer)}
    top = {path.stem if path.is_file() else path.name for path in (ROOT / "src/nbstream").iterdir()}
    assert top - {"__init__", "py", "__pycache__"} - named == set()


def test_nothing_is_left_undone():
    marks = re.compile(r"#\s*(TODO|FIXME|XXX|HACK)|NotImplementedError|pragma: no cover")
    found = [str(path) for path in SOURCES if marks.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_the_top_level_holds_what_the_layout_names():
    tracked = run("git", "ls-files").stdout.split("\n")
    top = {name.split("/")[0] for name in tracked if name and not name.startswith(".")}
    expected = {"pyproject.toml", "src", "notebooks", "tests", "docs", "README.md", "LICENSE"}
    assert top == expected | {"CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}


def test_importing_nbstream_does_not_need_the_optional_parts():
    code = (
        "import sys, nbstream; "
        "late = [m for m in ('starlette', 'uvicorn', 'xllamacpp', 'jupyterlab', 'polars') if m in sys.modules]; "
        "assert not late, late"
    )
    done = run(sys.executable, "-W", "error", "-c", code)
    assert done.returncode == 0, done.stderr
