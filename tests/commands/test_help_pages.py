"""The page on the command line says what the program says."""

import re

import pytest

from commands.help_pages import PAGE, helps, page_now
from nbstream.cli import build_parser


def test_the_page_is_as_the_program_would_write_it():
    text = PAGE.read_text("utf-8")
    assert page_now(text) == text, "run: python tests/commands/help_pages.py"


def test_every_command_is_on_the_page_once():
    named = re.findall(r"<!-- help: ([a-z ]*) -->", PAGE.read_text("utf-8"))
    assert sorted(named) == sorted(name for name, _ in helps(build_parser()))


def test_a_help_that_was_changed_by_hand_is_found():
    text = PAGE.read_text("utf-8")
    assert page_now(text.replace("usage: nbstream agents", "usage: nbstream people", 1)) == text


def test_a_command_that_is_gone_is_found():
    with pytest.raises(KeyError, match="nbstream gone"):
        page_now("<!-- help: nbstream gone -->\n```text\nx\n```\n")
