"""The file that keeps the figures: of each bench its last run and its rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.figures import Figure, dumped

FILE = Path(__file__).resolve().parent / "results.json"


class Results(NamedTuple):
    """What was measured.

    Args:
        runs: of each bench, when and on what it ran.
        figures: in the order of the runs.
    """

    runs: list[dict[str, Any]]
    figures: list[Figure]


def load(file: Path) -> Results:
    """What the file holds; nothing where there is none."""
    if not file.exists():
        return Results([], [])
    held = json.loads(file.read_text(encoding="utf-8"))
    return Results(held["runs"], [Figure(**row) for row in held["rows"]])


def merge(file: Path, run: dict[str, Any], figures: Sequence[Figure]) -> None:
    """Puts one bench's new figures in the place of its old ones; every other bench keeps what it has."""
    before = load(file)
    names = list(dict.fromkeys([each["bench"] for each in before.runs] + [run["bench"]]))
    runs = {each["bench"]: each for each in before.runs} | {run["bench"]: run}
    # A script may name its rows' bench otherwise than the runner names the script: the run owns what it wrote.
    run["rows"] = sorted({row.bench for row in figures})
    replaced = set(run["rows"]) | {run["bench"]}
    kept = [row for row in before.figures if row.bench not in replaced]
    order = [bench for name in names for bench in runs[name].get("rows", [name])]
    rows = sorted([*kept, *figures], key=lambda row: order.index(row.bench) if row.bench in order else len(order))
    listed = [asdict(row) for row in rows]
    text = f'{{\n "runs": {dumped([runs[name] for name in names], " ")},\n "rows": {dumped(listed, " ")}\n}}\n'
    file.write_text(text, encoding="utf-8")
