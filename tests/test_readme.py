"""The README's two commands are the ones that are run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"README has no section {title!r}"
    return found[1]


@pytest.mark.parametrize(("title", "ends_with"), [("Run", "nbstream demo"), ("Test", "pytest -n 2")])
def test_a_section_holds_one_block_with_one_command_line(title, ends_with):
    blocks = re.findall(r"^```sh\n(.*?)^```", section(title), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    lines = blocks[0].splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("python3 -m venv ")
    assert lines[0].endswith(ends_with)


def test_every_link_to_a_file_leads_to_one():
    root = Path(__file__).parent.parent
    targets = re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", README)
    assert targets
    assert [target for target in targets if not (root / target).exists()] == []


def test_every_promise_of_security_names_tests_that_are_there():
    root = Path(__file__).parent.parent
    promises = re.findall(r"^\| S\d+ \|.*\| (.+) \|$", (root / "SECURITY.md").read_text("utf-8"), re.MULTILINE)
    assert len(promises) >= 8
    named = [re.findall(r"`([^`]+)`", tests) for tests in promises]
    assert all(named)
    assert [test for tests in named for test in tests if not (root / test).is_file()] == []
