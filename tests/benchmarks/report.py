"""docs/benchmarks.md, from the figures that were kept: goals, machine, method and every table."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import growth, results
from benchmarks.figures import Figure, aligned, notes, number, table
from benchmarks.goals import GOALS, Goal, Verdict, verdict

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
IMAGES = PAGE.parent / "images"

HEAD = """# Benchmarks

Every figure of this page was written by one command, and the page by another:

```sh
python -m pip install -e '.[bench]'
python tests/benchmarks/run.py          # about 30 minutes; NAME for one bench (soak is one more), --quick to see that it works
python tests/benchmarks/run.py --docs
```

A figure is the median of several runs, with the lowest and the highest in parentheses. Behind it, after a dot, stands how many times as good
nbstream is: above 1 it is quicker or smaller than whoever the column is about, below 1 slower or larger. A floor is no product: it is the least that
anybody must do who does this. Units that end in `/s` are better when they are higher, all others when they are lower.
"""


def page(kept: results.Results) -> str:
    """The whole page."""
    parts = [HEAD, "## Goals\n", _goals(kept.figures), "## Machine\n", _machine(kept.runs)]
    parts += ["## As things grow\n", _pictures(kept.figures)] if _pictures(kept.figures) else []
    for run in kept.runs:
        parts.append(_bench(run, kept.figures))
    return "\n".join(parts).rstrip() + "\n"


def _goals(figures: Sequence[Figure]) -> str:
    judged = [(goal, verdict(goal, figures)) for goal in GOALS]
    cells = [["what", "must", "seen", "met?"]]
    cells += [
        [goal.what, goal.must, found.seen, found.words if not goal.proof else "shown by tests"]
        for goal, found in judged
    ]
    return aligned(cells) + "\n" + _missed(judged)


def _missed(judged: Sequence[tuple[Goal, Verdict]]) -> str:
    missed = [(goal, found) for goal, found in judged if found.met is False]
    if not missed:
        return ""
    lines = ["", "What is missed, and why:", ""]
    for goal, found in missed:
        text = f"- **{goal.what}: {goal.must}.** Seen: {found.seen}, {number(found.short)} % off."
        text += f" Tried: {goal.tried}." if goal.tried else ""
        text += f" The limit: {goal.bound}." if goal.bound else ""
        lines.append(text)
    return "\n".join(lines) + "\n"


def _machine(runs: Sequence[dict[str, Any]]) -> str:
    lines = []
    for about in _distinct([run["machine"] for run in runs]):
        names = [run["bench"] for run in runs if run["machine"] == about]
        which = "" if len(names) == len(runs) else f" ({', '.join(names)})"
        lines.append(f"- {about['processor']}, {about['cores']} cores, {about['memory']}, {about['kernel']}{which}")
    for versions in _distinct([run["versions"] for run in runs]):
        names = [run["bench"] for run in runs if run["versions"] == versions]
        which = "" if len(names) == len(runs) else f" ({', '.join(names)})"
        lines.append("- " + ", ".join(f"{name} {number_}" for name, number_ in versions.items()) + which)
    cells = [["bench", "date", "took, s", "load before"]]
    for run in runs:
        name = f"{run['bench']} (quick)" if run["quick"] else run["bench"]
        cells.append([name, run["date"], str(run["seconds"]), str(run["load"])])
    words = "Load is what waited for a core before the bench began; each bench has the machine for itself."
    return "\n".join([*lines, "", words, "", aligned(cells), ""])


def _distinct(values: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [value for place, value in enumerate(values) if value not in values[:place]]


def _pictures(figures: Sequence[Figure]) -> str:
    lines = [
        f"![{picture.title}: {picture.y} by {picture.x}](images/bench-{picture.name}.png)\n"
        for picture in growth.PICTURES
        if growth.points(picture, figures)
    ]
    return "\n".join(lines)


def _bench(run: dict[str, Any], figures: Sequence[Figure]) -> str:
    rows = [row for row in figures if row.bench in run["rows"]]
    parts = [f"## {run['bench']}\n", method(ROOT / run["script"]), "", table(rows), ""]
    if said := notes(rows):
        parts += [*(f"- {note}" for note in said), ""]
    return "\n".join(parts)


def method(script: Path) -> str:
    """What the script says of itself, its command line as a block."""
    words = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
    paragraphs = words.split("\n\n")
    return "\n\n".join(f"```sh\n{one.strip()}\n```" if one.startswith("    ") else one for one in paragraphs)


def write(file: Path) -> None:
    """Writes the page and its pictures."""
    kept = results.load(file)
    if not kept.runs:
        raise SystemExit(f"expected figures in {file}, there are none: run the benches first")
    PAGE.write_text(page(kept), encoding="utf-8")
    for name in growth.draw(kept.figures, IMAGES):
        print(IMAGES.relative_to(ROOT) / name)
    print(PAGE.relative_to(ROOT))
