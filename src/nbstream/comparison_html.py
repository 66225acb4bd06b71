"""A comparison as HTML. What agents said is hostile input: all of it is text here, hidden characters made visible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final, Protocol

from nbstream.widget.words import clock, duration, ending, plural, visible

STEP_LIMIT: Final = 100
"""Steps of one run in HTML; the rest is in the frame."""

TEXT_LIMIT: Final = 160
"""Characters of an input or an output."""

NOTHING: Final = "\N{EN DASH}"

_TABLE: Final = "border-collapse:collapse;font-size:12px;margin:4px 0 12px"
_CELL: Final = "text-align:left;vertical-align:top;padding:2px 8px;border-bottom:1px solid rgba(128,128,128,.25)"
_CODE: Final = "font-family:monospace;white-space:pre-wrap;overflow-wrap:anywhere;max-width:38ch"
_TONES: Final = {
    "other output": "rgba(230,160,0,.13)",
    "other input": "rgba(230,160,0,.22)",
    "only first": "rgba(200,60,60,.16)",
    "only other": "rgba(40,140,80,.16)",
}


class Step(Protocol):
    """What is read of an aligned step."""

    @property
    def step(self) -> int:
        """Its number, from 1."""

    @property
    def outcome(self) -> str:
        """What the two are to each other."""

    @property
    def first(self) -> Mapping[str, Any] | None:
        """The first run's tool call."""

    @property
    def other(self) -> Mapping[str, Any] | None:
        """The other run's."""


def html(summary: Sequence[Mapping[str, Any]], pairs: Sequence[Sequence[Step]]) -> str:
    """One table of the runs, and a table of steps for each after the first.

    Args:
        summary: rows of `Comparison.summary`, missing values as None.
        pairs: the aligned steps of each run after the first.
    """
    # The classes tell MathJax, in Jupyter and in exports, that two dollar signs are no formula.
    parts = ['<div class="nbstream-comparison tex2jax_ignore mathjax_ignore">', _runs(summary)]
    for number, steps in enumerate(pairs, 1):
        parts += _steps(number, steps)
    return "".join([*parts, "</div>"])


def _runs(summary: Sequence[Mapping[str, Any]]) -> str:
    heads = ("run", "source", "model", "status", "steps", "first difference", "time", "input", "output", "cost")
    rows = []
    for number, row in enumerate(summary):
        difference = "" if number == 0 else f"step {row['first_difference']}" if row["first_difference"] else "none"
        rows.append(
            (
                f"{number} · {row['agent_id'][:8]}…",
                *(_text(row[name]) for name in ("source", "model")),
                ending(row["status"]),
                f"{row['steps']:,}",
                difference,
                *(_measure(row, name, number) for name in ("seconds", "input_tokens", "output_tokens", "cost_usd")),
            )
        )
    return _table(heads, ((row, "") for row in rows))


def _steps(number: int, steps: Sequence[Step]) -> Iterator[str]:
    differ = sum(step.outcome != "same" for step in steps)
    yield f"<div><b>0 and {number}</b>: {plural(len(steps), 'step')}, {differ:,} not the same</div>"
    heads = ("step", "", "tool", "0: input", f"{number}: input", "0: output", f"{number}: output", "time")
    first = next((step.step for step in steps if step.outcome != "same"), 0)
    shown = steps[:STEP_LIMIT]
    yield _table(heads, ((_step(step, first), _TONES.get(step.outcome, "")) for step in shown), code=range(3, 7))
    if len(steps) > len(shown):
        yield f"<div>… {plural(len(steps) - len(shown), 'more step')} in <code>.frame()</code></div>"


def _step(step: Step, first: int) -> tuple[str, ...]:
    a, b = step.first or {}, step.other or {}
    same_input = step.outcome in {"same", "other output"}
    mark = f"{step.outcome}{' ◂ first difference' if step.step == first else ''}"
    times = " → ".join(NOTHING if each.get("seconds") is None else duration(each["seconds"]) for each in (a, b))
    return (
        str(step.step),
        mark,
        _text(a.get("tool") or b.get("tool")),
        _text(a.get("input")),
        "″" if same_input else _text(b.get("input")),
        _text(a.get("output")),
        "″" if step.outcome == "same" else _text(b.get("output")),
        times,
    )


def _table(heads: Iterable[str], rows: Iterable[tuple[Sequence[str], str]], *, code: Iterable[int] = ()) -> str:
    wide = set(code)
    head = "".join(f'<th style="{_CELL}">{escape(each)}</th>' for each in heads)
    body = []
    for cells, tone in rows:
        row = "".join(
            f'<td style="{_CELL};{_CODE if at in wide else ""}">{escape(cell)}</td>' for at, cell in enumerate(cells)
        )
        body.append(f'<tr style="background:{tone or "none"}">{row}</tr>')
    return f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'


def _text(value: str | None) -> str:
    # Cut first: an output may be megabytes.
    text = visible((value or "")[: TEXT_LIMIT * 4]).strip()
    return text if len(text) <= TEXT_LIMIT and len(value or "") <= TEXT_LIMIT * 4 else f"{text[:TEXT_LIMIT]}…"


def _measure(row: Mapping[str, Any], name: str, number: int) -> str:
    value, delta = row[name], row[f"{name}_delta"]
    if value is None:
        return NOTHING
    shown = _amount(name, value)
    if number == 0 or delta is None:
        return shown
    sign = "+" if delta >= 0 else "\N{MINUS SIGN}"
    return f"{shown} ({sign}{_amount(name, abs(delta))})"


def _amount(name: str, value: float) -> str:
    if name == "cost_usd":
        return f"${value:.4f}" if 0 < value < 0.1 else f"${value:.2f}"
    if name == "seconds":
        return duration(value) if value < 3600 else clock(value)
    return f"{value:,}"
