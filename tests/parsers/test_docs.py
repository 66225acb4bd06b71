"""The tables of docs/formats.md name each adapter and each test by its real name."""

import ast
import re

import pytest

from fold import TESTS
from nbstream.parsers.lookup import PARSERS

PAGE = (TESTS.parent / "docs" / "formats.md").read_text(encoding="utf-8")
CASES = sorted(set(re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE)))
ROWS = re.findall(r"^\| ([a-z-]+) \| [^|].*\| `test_", PAGE, re.MULTILINE)


def names_in(file):
    tree = ast.parse((TESTS / "parsers" / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("file", sorted({file for file, _ in CASES}))
def test_each_named_test_exists(file):
    assert {name for found, name in CASES if found == file} <= names_in(file)


def test_every_adapter_is_there():
    assert set(ROWS) == set(PARSERS) - {"auto"}
    assert set(re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE)) == set(PARSERS) - {"auto"}
    assert len(CASES) > 100
