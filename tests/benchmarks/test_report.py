"""The page of figures follows from the figures kept; the runner keeps what a failed bench had; the guard can say no."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from dataclasses import replace

import pytest
import vl_convert

from benchmarks import goals, growth, guard, report, results
from benchmarks import run as runner
from benchmarks.feeding import cut, event_of, lines, stream_of
from benchmarks.figures import Figure, figure, hand_in, notes, read, table, times_better
from nbstream.sse import EventStreamDecoder

KEPT = results.load(results.FILE)


def test_the_page_is_what_the_figures_make():
    wanted = report.page(KEPT)
    assert report.PAGE.read_text("utf-8") == wanted, "run `python tests/benchmarks/run.py --docs`"


def test_every_picture_of_the_page_is_there_and_can_be_drawn():
    named = re.findall(r"\]\(images/(bench-\w+\.png)\)", report.PAGE.read_text("utf-8"))
    assert named
    for name in named:
        assert (report.IMAGES / name).read_bytes().startswith(b"\x89PNG")
    for picture in growth.PICTURES:
        if rows := growth.points(picture, KEPT.figures):
            assert f"bench-{picture.name}.png" in named
            svg = vl_convert.vegalite_to_svg(growth.chart(picture, rows).to_dict(), allowed_base_urls=[])
            assert picture.title in svg


def test_no_figure_says_whose_machine_it_was():
    import socket

    text = results.FILE.read_text("utf-8") + report.PAGE.read_text("utf-8")
    assert socket.gethostname() not in text
    assert "/root" not in text
    assert "/home" not in text


def test_one_bench_again_replaces_its_rows_only(tmp_path):
    file = tmp_path / "results.json"
    old, other, new = (figure(bench, "c", "nbstream", "ms", [value]) for bench, value in (("a", 1), ("b", 2), ("a", 3)))
    results.merge(file, {"bench": "a", "date": "1"}, [old, replace(old, case="gone")])
    results.merge(file, {"bench": "b", "date": "1"}, [other])
    results.merge(file, {"bench": "a", "date": "2"}, [new])
    kept = results.load(file)
    assert kept.figures == [new, other]
    assert [(run["bench"], run["date"]) for run in kept.runs] == [("a", "2"), ("b", "1")]


@pytest.mark.parametrize(("unit", "better"), [("ms", 4.0), ("messages/s", 0.25)])
def test_better_is_lower_but_for_rates(unit, better):
    ours, peer = (figure("b", "c", who, unit, [value]) for who, value in (("nbstream", 1.0), ("peer", 4.0)))
    assert times_better(ours, peer) == better


def test_a_table_has_a_row_a_case_and_the_floor_last():
    rows = [
        figure("b", "one", "floor: nothing", "ms", [1.0], "of one thread"),
        figure("b", "one", "peer", "ms", [8.0, 10.0, 12.0]),
        figure("b", "one", "nbstream", "ms", [5.0], "of one thread"),
        figure("b", "two", "nbstream", "rows/s", [1234.5]),
    ]
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in table(rows).splitlines()]
    assert found[0] == ["case", "unit", "nbstream", "peer", "floor: nothing"]
    assert found[2] == ["one", "ms", "5.00", "10.0 (8.00-12.0) · 2.00x", "1.00 · 0.2x"]
    assert found[3] == ["two", "rows/s", "1,234", "", ""]
    assert notes(rows) == ["one (floor: nothing, nbstream): of one thread"]


@pytest.mark.parametrize(
    ("value", "peer", "words"),
    [(10.0, 40.0, "yes"), (10.0, 15.0, "**no**, by 25.0 %"), (None, 1.0, "not measured"), (1.0, None, "not measured")],
)
def test_a_goal_is_met_by_its_figures_alone(value, peer, words):
    goal = goals.Goal(what="w", must="m", bench="b", case="c", over="peer", limit=2)
    figures = [figure("b", "c", who, "ms", [one]) for who, one in (("nbstream", value), ("peer", peer)) if one]
    assert goals.verdict(goal, figures).words == words


def test_an_upper_limit_says_by_how_much_it_is_missed():
    goal = goals.Goal(what="w", must="m", bench="b", case="c", unit="ms", limit=40, most=True)
    figures = [figure("b", "c", "nbstream", unit, [one]) for unit, one in (("MB", 1.0), ("ms", 50.0))]
    assert goals.verdict(goal, figures) == goals.Verdict("50.0 ms", met=False, short=25.0)


def test_figures_are_read_as_they_were_handed_in(tmp_path, capsys):
    rows = [figure("b", "c", "nbstream", "ms", [1, 2, 6], "a note")]
    hand_in(rows, tmp_path / "f.json")
    assert read(tmp_path / "f.json") == rows == [Figure(**json.loads((tmp_path / "f.json").read_text())[0])]
    assert rows[0].value == 2
    assert "== b" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "limit", "said"),
    [
        ("raise SystemExit('no such thing')", 60.0, "no such thing"),
        ("print('nothing written')", 60.0, "wrote no figures"),
        ("import time\nprint('stuck', flush=True)\ntime.sleep(600)", 1.0, "was ended after 1 s"),
    ],
)
def test_a_bench_that_fails_or_hangs_is_ended_and_keeps_what_it_had(tmp_path, monkeypatch, capsys, code, limit, said):
    (tmp_path / "bench.py").write_text(code)
    file, row = tmp_path / "results.json", figure("it", "c", "nbstream", "ms", [1.0])
    results.merge(file, {"bench": "it"}, [row])
    monkeypatch.setattr(runner, "TESTS", tmp_path)
    monkeypatch.setattr(runner.Bench, "limit", lambda self, *, quick: limit)
    bench = runner.Bench("it", "bench.py", 1, 1, "")
    assert runner.run_all([bench], quick=False, file=file) == 1
    assert said in capsys.readouterr().out
    assert results.load(file).figures == [row]


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(SystemExit, match="no bench named speed: expected some of decoder, ingest"):
        runner.chosen_benches(["decoder", "speed"])
    assert [bench.name for bench in runner.chosen_benches(["ingest", "decoder"])] == ["decoder", "ingest"]


def test_a_bench_that_works_is_kept_with_the_machine(tmp_path, monkeypatch):
    code = """
        import json, sys
        row = {"bench": "it", "case": "c", "who": "nbstream", "value": 7.0, "unit": "ms", "spread": None, "runs": 1, "note": ""}
        open(sys.argv[sys.argv.index("--json") + 1], "w").write(json.dumps([row]))
    """
    (tmp_path / "bench.py").write_text(textwrap.dedent(code))
    monkeypatch.setattr(runner, "TESTS", tmp_path)
    file = tmp_path / "results.json"
    assert runner.run_all([runner.Bench("it", "bench.py", 1, 1, "")], quick=True, file=file) == 0
    kept = results.load(file)
    assert [row.value for row in kept.figures] == [7.0]
    assert kept.runs[0]["quick"] is True
    assert kept.runs[0]["versions"]["Python"] == sys.version.split()[0]


def test_the_guard_refuses_a_decoder_that_is_ten_times_slower(capsys):
    def slowed(chunks):
        for _ in range(10):
            decoder = EventStreamDecoder()
            for chunk in chunks:
                decoder.feed(chunk)

    assert not guard.passed(guard.decoding(slowed, events=2_000)[:2], rounds=2)
    assert capsys.readouterr().out.count("TOO SLOW") == 2


def test_the_streams_of_the_benches_have_events_of_the_size_they_say():
    log = lines(50)
    assert {len(event_of(number, line)) for number, line in enumerate(log, 1) if number > 2} == {183}
    decoder = EventStreamDecoder()
    found = [event for chunk in cut(stream_of(log), 100) for event in decoder.feed(chunk)]
    assert [(event.id, event.data) for event in found] == [(f"e1.{n}", line) for n, line in enumerate(log, 1)]
