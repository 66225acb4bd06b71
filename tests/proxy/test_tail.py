"""Lines out of a growing file: the same whatever the writes and reads are."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.proxy import tail as tail_module
from nbstream.proxy.tail import Lines, LineTail, Oversize

CONTENT = st.binary(max_size=300) | st.lists(st.sampled_from([b"a", b"\n", b"\r", b"bb" * 9]), max_size=60).map(
    b"".join
)


def drain(tail, *, final=False):
    """Everything a tail has, as (number, line or size)."""
    found = []
    while (items := tail.read(final=final)) is not None:
        for item in items:
            if isinstance(item, Oversize):
                found.append((item.line, item))
            else:
                found.extend(enumerate(item.lines, item.first))
    return found


def expected(content):
    *whole, rest = content.split(b"\n")
    return list(enumerate([*whole, rest] if rest else whole, 1))


@given(content=CONTENT, cuts=st.lists(st.integers(0, 300), max_size=8))
def test_the_lines_do_not_depend_on_the_writes(tmp_path_factory, content, cuts):
    path = tmp_path_factory.mktemp("tail") / "log"
    path.write_bytes(b"")
    edges = sorted({0, len(content), *(cut for cut in cuts if cut < len(content))})
    found = []
    with LineTail(path) as tail, path.open("ab", buffering=0) as file:
        for start, end in itertools.pairwise(edges):
            file.write(content[start:end])
            found += drain(tail)
            assert len(found) == content[:end].count(b"\n"), "half lines are held back"
        found += drain(tail, final=True)
    assert found == expected(content)


@given(content=CONTENT, limit=st.integers(0, 20), block=st.integers(1, 40))
def test_no_line_is_lost_whatever_the_limit(tmp_path_factory, content, limit, block):
    path = tmp_path_factory.mktemp("tail") / "log"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch, LineTail(path, max_line_bytes=limit) as tail:
        patch.setattr(tail_module, "BLOCK", block)
        found = drain(tail, final=True)
    assert [number for number, _ in found] == [number for number, _ in expected(content)]
    for (_, item), (_, line) in zip(found, expected(content), strict=True):
        if isinstance(item, Oversize):
            assert len(line) > limit
            assert content[item.offset : item.offset + item.size] == line
            assert line.startswith(item.head)
        else:
            assert item == line
            assert len(line) <= limit


def test_a_line_over_the_limit_keeps_its_number_and_its_place(tmp_path):
    path = tmp_path / "log"
    long = b"z" * 3_000_000
    path.write_bytes(b"one\n" + long + b"\nthree\n")
    with LineTail(path, max_line_bytes=1_000_000) as tail:
        found = dict(drain(tail))
    assert found[1] == b"one"
    assert found[2] == Oversize(2, 3_000_000, 4, b"z" * 65536)
    assert found[3] == b"three"


def test_it_starts_where_it_is_told(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"a\nb\nc\nd")
    with LineTail(path, offset=4, line=2) as tail:
        assert tail.read() == [Lines(3, [b"c"])]
        assert tail.read() is None
        assert tail.read(final=True) == [Lines(4, [b"d"])]
        assert tail.read(final=True) is None


def test_a_long_line_costs_linear_time_and_no_more_memory_than_the_limit(tmp_path):
    import tracemalloc

    path = tmp_path / "log"
    path.write_bytes(b"q" * 20_000_000 + b"\n")
    with LineTail(path, max_line_bytes=200_000) as tail:
        tracemalloc.start()
        found = drain(tail)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert found[0][1].size == 20_000_000
    assert peak < 1_000_000
