"""What a benchmark hands on: one figure a row, of the same shape from every script."""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

OURS = "nbstream"
FLOOR = "floor: "
"""Begins the name of the least that anybody must do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number.

    Args:
        bench: the script's name without `bench_`.
        case: what was asked of each of those who are compared; with the bench the key of a row of the table.
        who: `nbstream`, a peer's name, or `floor: ` and what that is.
        value: the median of the runs.
        unit: one that ends in `/s` is better when it is higher, every other when it is lower.
        spread: the lowest and the highest run, None for a single one.
        runs: how many.
        note: what must be known to read the number.
    """

    bench: str
    case: str
    who: str
    value: float
    unit: str
    spread: list[float] | None = None
    runs: int = 1
    note: str = ""

    @property
    def is_floor(self) -> bool:
        return self.who.startswith(FLOOR)

    @property
    def is_ours(self) -> bool:
        return self.who == OURS or self.who.startswith(f"{OURS},")


def figure(bench: str, case: str, who: str, unit: str, values: Sequence[float], note: str = "") -> Figure:
    """The median of the runs with their spread."""
    spread = [min(values), max(values)] if len(values) > 1 else None
    return Figure(
        bench=bench, case=case, who=who, value=statistics.median(values), unit=unit, spread=spread, runs=len(values),
        note=note,
    )  # fmt: skip


def times_better(ours: Figure, other: Figure) -> float:
    """How many times as good ours is; below 1 it is worse."""
    low, high = (other.value, ours.value) if ours.unit.endswith("/s") else (ours.value, other.value)
    return high / low if low else float("inf")


def options(doc: str | None) -> argparse.ArgumentParser:
    """The command line that every script has."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="less of everything: for trying it out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


def hand_in(figures: Iterable[Figure], path: Path | None) -> None:
    """Prints the figures as a table, and writes them where they are asked for."""
    rows = list(figures)
    print(tables(rows), flush=True)
    if path is not None:
        path.write_text(dumped([asdict(row) for row in rows]), encoding="utf-8")


def read(path: Path) -> list[Figure]:
    """The figures of a file that `hand_in` wrote."""
    return [Figure(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def dumped(rows: Sequence[dict[str, Any]], indent: str = "") -> str:
    """JSON with one row a line, so that a change of one figure is a change of one line."""
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    return "[\n" + ",\n".join(f"{indent} {line}" for line in lines) + f"\n{indent}]" + ("" if indent else "\n")


def number(value: float) -> str:
    """Three figures that mean something, no exponent."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 1 or value == 0 else f"{value:.2g}"


def shown(row: Figure, ours: Figure | None) -> str:
    """A cell: the figure, its spread, and how many times as good ours is."""
    text = number(row.value)
    if row.spread is not None:
        text += f" ({number(row.spread[0])}-{number(row.spread[1])})"
    if ours is not None and ours is not row and ours.unit == row.unit:
        text += f" · {number(times_better(ours, row))}x"
    return text


def table(rows: Sequence[Figure]) -> str:
    """The cases of one bench, one row each, a column for everybody who is compared."""
    names = list(dict.fromkeys(row.who for row in rows))
    names.sort(key=lambda name: (name.startswith(FLOOR), not name.startswith(OURS)))
    cells = [["case", "unit", *names]]
    for case, unit in dict.fromkeys((row.case, row.unit) for row in rows):
        mine = {row.who: row for row in rows if (row.case, row.unit) == (case, unit)}
        ours = next((row for row in mine.values() if row.is_ours), None)
        cells.append([case, unit, *(shown(mine[name], ours) if name in mine else "" for name in names)])
    return aligned(cells)


def notes(rows: Sequence[Figure]) -> list[str]:
    """What must be known to read the numbers, each once, with those it is about."""
    found: dict[str, list[str]] = {}
    for case in dict.fromkeys(row.case for row in rows):
        mine = [row for row in rows if row.case == case]
        for note in dict.fromkeys(row.note for row in mine if row.note):
            about = [row.who for row in mine if row.note == note]
            found.setdefault(note, []).append(case if len(about) == len(mine) else f"{case} ({', '.join(about)})")
    return [f"{'; '.join(about[:3])}{' …' if len(about) > 3 else ''}: {note}" for note, about in found.items()]


def tables(rows: Sequence[Figure]) -> str:
    """Every bench's table under its name, with the notes."""
    parts = []
    for bench in dict.fromkeys(row.bench for row in rows):
        mine = [row for row in rows if row.bench == bench]
        parts.append("\n".join([f"== {bench}", table(mine), *(f"- {note}" for note in notes(mine))]))
    return "\n\n".join(parts)


def aligned(cells: Sequence[Sequence[str]]) -> str:
    """A table of Markdown that can be read as text."""
    clean = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in cells]
    widths = [max(len(row[column]) for row in clean) for column in range(len(clean[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in clean
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
