"""docs/dataframes.md: every column of every frame is on the page with its type, no other is, and its questions run."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

import story
from nbstream import plots
from nbstream.frames import Store

PAGE = (Path(__file__).parent.parent / "docs/dataframes.md").read_text(encoding="utf-8")
VARIANTS = {
    "agents": [{}], "messages": [{}], "transcript": [{}], "tool_calls": [{}], "search": [{}],
    "usage": [{"by": "response"}, {"by": "model"}, {"by": "agent"}], "timeline": [{"by": "block"}, {"by": "response"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store.open(tmp_path_factory.mktemp("docs") / "history.duckdb") as opened:
        story.tell(opened)
        yield opened


def section(name: str) -> str:
    return re.split(r"^## ", PAGE.split(f"\n## {name} — one row per ")[1], flags=re.MULTILINE)[0]


def documented(name: str) -> dict[str, str]:
    """The columns in the section's tables, and the type of each."""
    rows = re.findall(r"^\| (`[^|]*) \| ([^|]*) \|", section(name), re.MULTILINE)
    found = {}
    for names, kinds in rows:
        columns, types = re.findall(r"`(\w+)`", names), [word.split(" ")[0] for word in kinds.split(", ")]
        for place, column in enumerate(columns):
            found[column] = types[place] if len(types) == len(columns) else types[0]
    return found


def kind(dtype: object) -> str:
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    words = {"string": "text", "int": "int", "double": "float", "bool": "bool", "timestamp": "time"}
    return next(word for start, word in words.items() if str(dtype).startswith(start))


@pytest.mark.parametrize("name", VARIANTS)
def test_the_page_names_every_column_with_its_type_and_no_other(store: Store, name: str) -> None:
    named, columns = documented(name), {}
    for options in VARIANTS[name]:
        frame = store.search("word") if name == "search" else getattr(store, name)(**options)
        columns |= {column: kind(dtype) for column, dtype in frame.dtypes.items()}
    in_words = set(re.findall(r"`(\w+)`", section(name).split("has besides")[-1])) if name == "timeline" else set()
    missing = {column for column in columns if column not in named}
    assert missing <= in_words
    assert {column: columns.get(column) for column in named} == named


def test_the_questions_of_the_page_are_answered(store: Store) -> None:
    class Nbs:
        pass

    Nbs.plots = plots
    code = re.search(r"## Questions.*?```python\n(.*?)```", PAGE, re.DOTALL)[1]
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) >= 6
    for line in lines:
        assert eval(line, {"store": store, "nbs": Nbs}) is not None


def test_the_pictures_are_there() -> None:
    for name in re.findall(r"\]\((images/[^)]*)\)", PAGE):
        assert (Path(__file__).parent.parent / "docs" / name).stat().st_size > 10_000
