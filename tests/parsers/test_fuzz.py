"""Some hundred damaged streams for each parser, by the code that reads hundreds of thousands."""

import pytest

from fuzz_parsers import NAMES, Fuzzer
from nbstream.parsers.lookup import PARSERS

STREAMS = 300


def test_every_parser_is_fuzzed():
    assert set(NAMES) == set(PARSERS)


@pytest.mark.parametrize("name", NAMES)
def test_no_damaged_stream_makes_a_parser_raise_and_all_of_it_is_in_raw(name):
    report = Fuzzer(name, seed=2).run(STREAMS)
    assert report.streams == STREAMS
    assert report.rebuilt > STREAMS // 20
    assert report.recut > STREAMS // 40
    assert len(report.kinds) >= 2
    assert report.rows > STREAMS
