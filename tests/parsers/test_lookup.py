"""Parsers by name."""

import pytest

from nbstream.errors import UnknownSource
from nbstream.parsers import MessageParser, parser_named
from nbstream.parsers.anthropic import AnthropicParser
from nbstream.parsers.claude import ClaudeParser
from nbstream.parsers.lookup import PARSERS


def test_each_name_gives_its_own_parser():
    assert isinstance(parser_named("claude"), ClaudeParser)
    assert isinstance(parser_named("anthropic"), AnthropicParser)


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_a_parser_is_fresh_and_keeps_the_protocol(name):
    parser: MessageParser = parser_named(name)
    assert parser is not parser_named(name)
    assert (parser.session_id, parser.model, parser.finished) == (None, None, False)
    assert parser.finalize("stopped").status == "stopped"


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UnknownSource, match=r"anthropic.*claude.*'clawed'"):
        parser_named("clawed")
