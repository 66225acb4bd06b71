"""The pictures of docs/benchmarks.md: what a message costs as something grows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#8A8A8A")
"""Okabe and Ito's, told apart by eyes of every kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One chart.

    Args:
        name: of the file, behind `bench-`.
        bench: whose figures.
        case: what a case must match; the group `x` is the place, `series`, if there is one, a line's name.
        zero: the y axis begins at 0.
    """

    name: str
    title: str
    bench: str
    case: str
    x: str
    y: str
    zero: bool = True


PICTURES = (
    Picture(
        name="store", title="Saving into a store that grows", bench="frames",
        case=r"(?P<x>[\d,]+) rows: saving", x="rows in the store", y="messages saved a second",
    ),
    Picture(
        name="since", title="The last 100 rows of an agent, out of ever more", bench="frames",
        case=r"(?P<x>[\d,]+) rows: messages\(since\) of 100 rows", x="rows in the store", y="ms",
    ),
    Picture(
        name="render", title="A streamed answer in deltas of 20 characters, at full speed", bench="stream",
        case=r"(?P<x>[\d,]+) kB(?: of (?P<series>prose))?, full speed: main thread", x="length of the answer, kB",
        y="ms of the main thread in all",
    ),
    Picture(
        name="agents", title="1,000 messages a second of ever more agents", bench="delay",
        case=r"1,000 messages/s, (?P<x>[\d,]+) agents?, kernel idle: (?P<series>p\d+)", x="agents",
        y="ms from bytes in to emitted",
    ),
    Picture(
        name="soak", title="Twenty agents at 50 messages a second, their views open", bench="soak",
        case=r"about minute (?P<x>\d+): (?P<series>kernel|server|page heap|page)", x="minutes", y="MB of memory",
    ),
)  # fmt: skip


def points(picture: Picture, figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """The rows of the chart: x, y and the line they are on."""
    found = []
    for row in figures:
        match = re.fullmatch(picture.case, row.case)
        if row.bench != picture.bench or match is None or row.is_floor:
            continue
        series = ", ".join(filter(None, (match.groupdict().get("series"), row.who)))
        low, high = row.spread or (row.value, row.value)
        found.append({"x": int(match["x"].replace(",", "")), "y": row.value, "low": low, "high": high, "line": series})
    return found if len({one["x"] for one in found}) > 1 else []


def chart(picture: Picture, rows: list[dict[str, Any]]) -> Any:
    """An altair chart: a line with its points and the spread of the runs."""
    import altair as alt

    lines = list(dict.fromkeys(row["line"] for row in rows))
    wide = max(row["x"] for row in rows) >= 50 * min(row["x"] for row in rows)
    x = alt.X("x:Q", title=picture.x, scale=alt.Scale(type="log" if wide else "linear"), axis=alt.Axis(format="~s"))
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=x,
        color=alt.Color(
            "line:N", title=None, sort=lines, scale=alt.Scale(domain=lines, range=list(COLOURS[: len(lines)])),
            legend=alt.Legend(orient="top") if len(lines) > 1 else None,
        ),
    )  # fmt: skip
    y = alt.Y("y:Q", title=picture.y, scale=alt.Scale(zero=picture.zero))
    spread = base.mark_rule(opacity=0.5).encode(y=alt.Y("low:Q", title=picture.y), y2="high:Q")
    return (spread + base.mark_line(point=True).encode(y=y)).properties(width=480, height=240, title=picture.title)


def draw(figures: Sequence[Figure], folder: Path) -> list[str]:
    """Writes each picture that has points; the names of the files."""
    import vl_convert

    names = []
    for picture in PICTURES:
        if rows := points(picture, figures):
            spec = chart(picture, rows).to_dict() | {"background": "white"}
            names.append(f"bench-{picture.name}.png")
            (folder / names[-1]).write_bytes(vl_convert.vegalite_to_png(spec, scale=1.5))
    return names
