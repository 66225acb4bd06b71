"""`docs/command-line.md`: the words around are written by hand, each command's help is the program's own.

python tests/commands/help_pages.py          writes the page anew
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator
from pathlib import Path

from nbstream.cli import build_parser

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"
_HELP = re.compile(r"(<!-- help: ([a-z ]*) -->\n)```text\n.*?```\n", re.DOTALL)


def helps(parser: argparse.ArgumentParser, name: str = "nbstream") -> Iterator[tuple[str, str]]:
    """Every command with its help, 100 columns wide."""
    yield name, parser.format_help()
    for action in parser._actions:  # argparse has no public list of them
        if isinstance(action, argparse._SubParsersAction):
            for word, inner in action.choices.items():
                yield from helps(inner, f"{name} {word}")


def page_now(text: str) -> str:
    """The page with each help as it is now.

    Raises:
        KeyError: the page names a command that is not there.
    """
    before, os.environ["COLUMNS"] = os.environ.get("COLUMNS"), "100"
    try:
        now = dict(helps(build_parser()))
    finally:
        del os.environ["COLUMNS"]
        if before is not None:
            os.environ["COLUMNS"] = before
    return _HELP.sub(lambda match: f"{match[1]}```text\n{now[match[2]]}```\n", text)


if __name__ == "__main__":
    PAGE.write_text(page_now(PAGE.read_text("utf-8")), "utf-8")
