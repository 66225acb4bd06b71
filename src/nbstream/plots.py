"""Charts of the history, one call each: `nbs.plots.timeline(agent)`.

| chart      | shows |
|------------|-------|
| `timeline` | what an agent did when: a bar per content block and tool run, a lane per subagent |
| `usage`    | tokens over time, by kind, and what they came to |
| `latency`  | how long one waited: for the first token, between deltas, for tools |
| `tools`    | which tools were called, how often, for how long, and whether it worked |
| `compare`  | agents side by side: time, tokens, cost, tool calls |

Each takes an agent, its id, several of either, or a store, and gives an `altair` chart to show, change or save. Its
`description` says in words what is to be seen, for those who cannot see it. The colours are Okabe and Ito's, told
apart by eyes of every kind, and stand on light and dark pages alike. Charts hold their rows, at most 5,000 bars.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from nbstream import plotdata
from nbstream.errors import MissingExtra

if TYPE_CHECKING:
    from nbstream.frames import Store
    from nbstream.prices import Prices

Chart = Any
"""An `altair` chart."""
What = Any
"""An agent, its id as UUID or text, a list of either, or a store."""

_BLUE, _SKY, _GREEN, _ORANGE, _RED, _PINK, _GREY = (
    "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7", "#8A8A8A",
)  # fmt: skip
_INK: Final = "#808080"
"""Of words and lines: 4:1 on white and on black."""

_KINDS: Final = {
    "text": _BLUE,
    "reasoning": _PINK,
    "tool input": _SKY,
    "tool running": _ORANGE,
    "error": _RED,
    "note": _GREY,
}
_TOKENS: Final = {"new input": _BLUE, "cache write": _PINK, "cache read": _SKY, "output": _ORANGE}
_OUTCOMES: Final = {"worked": _GREEN, "failed": _RED, "no answer": _GREY}
_MEASURES: Final = dict(zip(plotdata.MEASURES, (_BLUE, _SKY, _ORANGE), strict=True))


def timeline(what: What = None, *, store: Store | None = None, width: int = 640) -> Chart:
    """What happened when: a bar per content block and tool run, a row per kind, a lane per subagent.

    Args:
        what: an agent, its id, several of either, or a store.
        store: where ids are looked up; None takes the agent's own, else the default store.
        width: in pixels.

    Raises:
        MissingExtra: altair is not installed.
    """
    alt = _altair()
    frame, seconds = plotdata.merged(plotdata.bars(*plotdata.meant(what, store)))
    blocks, span = int(frame["blocks"].sum()), float(frame["end"].max()) if len(frame) else 0.0
    several = frame["agent"].nunique() > 1
    single = frame["lane"].nunique() <= 1
    frame["row"] = frame["agent"] if single else frame["agent"] + " · " + frame["lane"] if several else frame["lane"]
    merged = f", merged into slices of {seconds:.2g} s" if seconds else ""
    counts = frame.groupby("kind")["blocks"].sum()
    words = ", ".join(f"{counts[kind]:,} {kind}" for kind in _KINDS if kind in counts)
    base = alt.Chart(frame).encode(
        x=alt.X("start:Q", title="seconds since the first row", axis=alt.Axis(format="~s" if span > 5e3 else "")),
        x2="end:Q",
        y=alt.Y("kind:N", sort=list(_KINDS), title=None, axis=alt.Axis(ticks=False, domain=False)),
        color=_colour(alt, "kind", _KINDS, None),
        tooltip=[
            alt.Tooltip("kind:N"),
            alt.Tooltip("label:N", title="tool"),
            alt.Tooltip("start:Q", title="from, s", format=".3f"),
            alt.Tooltip("end:Q", title="to, s", format=".3f"),
            alt.Tooltip("characters:Q", format=","),
            alt.Tooltip("blocks:Q", format=","),
            alt.Tooltip("sequence_number:Q", title="from message"),
        ],
    )
    # The outline keeps what took no time at all in sight.
    drawn = base.mark_bar(height=13, opacity=0.9, cornerRadius=1.5, strokeWidth=1.2).encode(
        stroke=_colour(alt, "kind", _KINDS, None)
    )
    chart = drawn.properties(width=width, height=alt.Step(20))
    if several or not single:
        lanes = list(dict.fromkeys(frame.sort_values("start")["row"]))
        header = alt.Header(title=None, labelAngle=0, labelAlign="left", labelAnchor="start", labelOrient="top")
        chart = chart.facet(row=alt.Row("row:N", sort=lanes, header=header), spacing=14).resolve_scale(y="independent")
    agents = frame["agent"].unique().tolist()
    about = agents[0] if len(agents) == 1 else f"{len(agents)} agents"
    subtitle = f"{blocks:,} blocks over {span:,.1f} s{merged}"
    return _dressed(alt, chart, f"Timeline of {about}", subtitle, f"{words}.")


def usage(what: What = None, *, prices: Prices | None = None, store: Store | None = None, width: int = 640) -> Chart:
    """Tokens over time, new input, cache and output apart, and the cost so far.

    Args:
        what: an agent, its id, several of either, or a store.
        prices: as for `store.usage`; without them the cost is what the programs say of themselves.
        store: where ids are looked up; None takes the agent's own, else the default store.
        width: in pixels.

    Raises:
        MissingExtra: altair is not installed.
    """
    alt = _altair()
    tokens, cost, rule = plotdata.spent(*plotdata.meant(what, store), prices)
    sums = tokens.groupby("kind")["tokens"].sum()
    time = alt.X("time:T", title=None, scale=alt.Scale(padding=10), axis=alt.Axis(tickCount=6, labelOverlap=True))
    chart = (
        alt.Chart(tokens)
        .mark_bar(size=max(2, width // plotdata.MOMENTS - 2))
        .encode(
            x=time,
            y=alt.Y("sum(tokens):Q", title="tokens", axis=alt.Axis(format=",d", tickCount=5)),
            color=_colour(alt, "kind", _present(_TOKENS, tokens["kind"]), "tokens"),
            order=alt.Order("kind:N"),
            tooltip=[
                alt.Tooltip("time:T", title="from", format="%Y-%m-%d %H:%M:%S"),
                alt.Tooltip("kind:N"),
                alt.Tooltip("tokens:Q", format=","),
            ],
        )
        .properties(width=width, height=200)
    )
    total = float(cost["cost"].sum()) if rule else 0.0
    if rule:
        line = alt.Chart(cost).encode(
            x=time,
            y=alt.Y("so_far:Q", title="US dollars so far", axis=alt.Axis(format="$~f", tickCount=4)),
            tooltip=[alt.Tooltip("time:T", format="%Y-%m-%d %H:%M:%S"), alt.Tooltip("so_far:Q", format="$.4f")],
        )
        drawn = line.mark_line(interpolate="step-after", color=_GREEN, strokeWidth=2) + line.mark_point(
            color=_GREEN, filled=True, size=26
        )
        chart = alt.vconcat(chart, drawn.properties(width=width, height=110), spacing=14).resolve_scale(x="shared")
    words = ", ".join(f"{sums[kind]:,} {kind}" for kind in _TOKENS if kind in sums)
    paid = f"${total:,.4f}, {rule}" if rule else "cost unknown: give prices="
    subtitle = f"{int(sums.sum()):,} tokens · {paid}"
    return _dressed(alt, chart, "Tokens and cost over time", subtitle, f"{words}.")


def latency(what: What = None, *, store: Store | None = None, width: int = 640) -> Chart:
    """How long one waited: for the first token, between two deltas (each block's median), and for tools.

    Args:
        what: an agent, its id, several of either, or a store.
        store: where ids are looked up; None takes the agent's own, else the default store.
        width: in pixels.

    Raises:
        MissingExtra: altair is not installed.
    """
    alt = _altair()
    import numpy as np

    frame = plotdata.waits(*plotdata.meant(what, store))
    shown = [name for name in plotdata.MEASURES if (frame["measure"] == name).any()]
    middle = frame.groupby("measure")["seconds"].quantile(np.array([0.5, 0.95])).unstack()
    words = {name: f"{name}: {_time(middle[0.5][name])} median, {_time(middle[0.95][name])} p95" for name in shown}
    counted = plotdata.histogram(frame) if len(frame) else frame.assign(low=[], high=[], count=[])
    ticks = [0.001, 0.01, 0.1, 1, 10, 100, 1000]
    panels = [
        alt.layer(
            alt.Chart(counted[counted["measure"] == name])
            .mark_bar(color=_MEASURES[name], opacity=0.9, binSpacing=1)
            .encode(
                x=alt.X(
                    "low:Q",
                    scale=alt.Scale(type="log", nice=False, domain=[counted["low"].min(), counted["high"].max()]),
                    title="seconds, logarithmic" if name == shown[-1] else None,
                    axis=alt.Axis(values=ticks, format="~g", grid=False),
                ),
                x2="high:Q",
                y=alt.Y("count:Q", title="count", axis=alt.Axis(tickCount=3, format="d", tickMinStep=1)),
                y2=alt.datum(0),
                tooltip=[
                    alt.Tooltip("low:Q", title="from, s", format=".3~g"),
                    alt.Tooltip("high:Q", title="to, s", format=".3~g"),
                    alt.Tooltip("count:Q", format=","),
                ],
            ),
            *(
                alt.Chart(frame.iloc[:1].assign(at=middle[quantile][name], name=label))
                .mark_rule(color=_INK, strokeDash=dash, strokeWidth=1.5)
                .encode(x="at:Q", tooltip=[alt.Tooltip("name:N"), alt.Tooltip("at:Q", title="seconds", format=".3~g")])
                for quantile, label, dash in ((0.5, "median", [1, 0]), (0.95, "95th percentile", [4, 3]))
            ),
        ).properties(width=width, height=90, title=alt.Title(words[name], fontSize=12, fontWeight="normal"))
        for name in shown
    ]
    chart = alt.vconcat(*panels, spacing=16) if panels else alt.Chart(counted).mark_bar().encode(x="low:Q", y="count:Q")
    subtitle = f"{len(frame):,} waits; full line: median, dashed: 95th percentile"
    return _dressed(alt, chart, "How long one waited", subtitle, "; ".join(words.values()) + ".")


def tools(what: What = None, *, store: Store | None = None, width: int = 300) -> Chart:
    """Which tools were called: how often, whether it worked, and for how long in all.

    Args:
        what: an agent, its id, several of either, or a store.
        store: where ids are looked up; None takes the agent's own, else the default store.
        width: of each of the two halves, in pixels.

    Raises:
        MissingExtra: altair is not installed.
    """
    alt = _altair()
    frame = plotdata.tool_totals(*plotdata.meant(what, store))
    names = frame.groupby("tool")[["calls", "seconds"]].sum().sort_values("calls", ascending=False, kind="stable")
    base = alt.Chart(frame).encode(
        y=alt.Y("tool:N", sort=names.index.tolist(), title=None, axis=alt.Axis(ticks=False, domain=False)),
        color=_colour(alt, "outcome", _present(_OUTCOMES, frame["outcome"]), None),
        tooltip=["tool:N", "outcome:N", alt.Tooltip("calls:Q"), alt.Tooltip("seconds:Q", format=",.2f")],
    )
    count = alt.X("calls:Q", title="calls", axis=alt.Axis(tickMinStep=1, format="d", tickCount=5))
    left = base.mark_bar(height=13, cornerRadius=1.5).encode(x=count)
    right = base.mark_bar(height=13, cornerRadius=1.5).encode(
        x=alt.X("seconds:Q", title="seconds in all", axis=alt.Axis(tickCount=5)),
        y=alt.Y("tool:N", sort=names.index.tolist(), title=None, axis=None),
    )
    chart = alt.hconcat(
        left.properties(width=width, height=alt.Step(22)),
        right.properties(width=width, height=alt.Step(22)),
        spacing=24,
    )
    failed = int(frame.loc[frame["outcome"] == "failed", "calls"].sum())
    subtitle = f"{int(frame['calls'].sum()):,} calls of {len(names)} tools, {failed:,} failed"
    words = ", ".join(
        f"{row['tool']} {row['calls']:,} times for {_time(row['seconds'])}"
        for row in names.reset_index().to_dict("records")
    )
    return _dressed(alt, chart, "Tools by calls and time", subtitle, f"{words}.")


_SIDES: Final = (
    ("seconds", "seconds", ",.1f", _BLUE),
    ("tokens", "tokens", ",.0f", _SKY),
    ("cost_usd", "US dollars", "$,.4f", _GREEN),
    ("tool_calls", "tool calls", ",.0f", _ORANGE),
)


def compare(what: What = None, *, prices: Prices | None = None, store: Store | None = None, width: int = 150) -> Chart:
    """Agents side by side: time, tokens, cost and tool calls.

    Args:
        what: several agents or their ids, or a store.
        prices: as for `store.usage`; without them the cost is what the programs say of themselves.
        store: where ids are looked up; None takes the agents' own, else the default store.
        width: of each of the four columns, in pixels.

    Raises:
        MissingExtra: altair is not installed.
    """
    alt = _altair()
    frame = plotdata.totals(*plotdata.meant(what, store), prices)
    frame["tokens"] = frame[["input_tokens", "output_tokens"]].sum(axis=1, min_count=1)
    shown = frame.head(plotdata.BARS // len(_SIDES))
    order = shown["agent"].tolist()
    tooltip = ["agent:N", "status:N"] + [alt.Tooltip(f"{n}:Q", title=t, format=f) for n, t, f, _ in _SIDES]
    panels = []
    for place, (name, title, form, colour) in enumerate(_SIDES):
        named = alt.Axis(ticks=False, domain=False, labelLimit=240) if place == 0 else None
        known = shown.dropna(subset=[name])
        base = alt.Chart(known if len(known) else shown.assign(**{name: 0.0})).encode(
            x=alt.X(f"{name}:Q", title=title, axis=alt.Axis(labels=False, ticks=False, domain=False, grid=False)),
            y=alt.Y("agent:N", sort=order, title=None, axis=named, scale=alt.Scale(domain=order)),
            tooltip=tooltip,
        )
        value = base.mark_text(align="left", dx=4, color=_INK).encode(text=alt.Text(f"{name}:Q", format=form))
        bar = base.mark_bar(height=13, cornerRadius=1.5, color=colour)
        panels.append((bar + value).properties(width=width, height=alt.Step(22)))
    chart = alt.hconcat(*panels, spacing=44)
    words = "; ".join(
        f"{row['agent']}: {_time(row['seconds'])}, {_said(row['tokens'], ',.0f', ' tokens')}, "
        f"{_said(row['cost_usd'], ',.4f', ' US dollars')}, {row['tool_calls']} tool calls, {row['status']}"
        for row in shown.head(20).to_dict("records")
    )
    more = "" if len(shown) == len(frame) else f", the first {len(shown):,} shown"
    return _dressed(alt, chart, f"{len(frame):,} agents side by side", f"first row to last{more}", f"{words}.")


def _altair() -> Any:
    try:
        import altair as alt
    except ImportError as error:
        raise MissingExtra("a chart", "plots") from error
    return alt


def _present(colours: dict[str, str], values: Any) -> dict[str, str]:
    """Those that are drawn, so that a legend names no other."""
    there = set(values)
    return {name: colour for name, colour in colours.items() if name in there}


def _colour(alt: Any, field: str, colours: dict[str, str], title: str | None) -> Any:
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    legend = None if title is None and field == "kind" else alt.Legend(title=None, orient="top")
    return alt.Color(f"{field}:N", scale=scale, legend=legend)


def _dressed(alt: Any, chart: Any, title: str, subtitle: str, words: str) -> Chart:
    """The chart with its words and a look that stands on light and dark pages."""
    named = alt.Title(title, subtitle=subtitle, anchor="start", fontSize=15, subtitleFontSize=12, offset=12)
    ink = {
        "labelColor": _INK,
        "titleColor": _INK,
        "titleFontWeight": "normal",
        "labelFontSize": 11,
        "titleFontSize": 11,
    }
    return (
        chart.properties(title=named, description=f"{title}: {subtitle}. {words}")
        .configure(background="transparent", font="system-ui, sans-serif", padding=8)
        .configure_title(color=_INK, subtitleColor=_INK)
        .configure_axis(**ink, gridColor=_INK, gridOpacity=0.18, domainColor=_INK, tickColor=_INK)
        .configure_legend(labelColor=_INK, titleColor=_INK, symbolType="square")
        .configure_header(labelColor=_INK, titleColor=_INK, labelFontSize=12)
        .configure_view(stroke=None)
    )


def _time(seconds: float) -> str:
    if seconds >= 120:
        return f"{seconds / 60:,.1f} min"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def _said(value: float | None, form: str, unit: str) -> str:
    return f"unknown{unit}" if value is None or math.isnan(value) else f"{value:{form}}{unit}"
