"""`nbs.show`: what it takes for a hit, which place and words it makes of it, and what an output holds of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

import nbstream as nbs
from nbstream.errors import AgentNotFound
from nbstream.frames import Store
from nbstream.messages import KIND
from nbstream.widget.outline import Node
from nbstream.widget.place import Place, around
from store.given import agent, message


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("NBSTREAM_RUNTIME", str(tmp_path))
    with Store.open(tmp_path / "history.duckdb") as store:
        yield store


@pytest.fixture
def run(store: Store) -> UUID:
    agent_id = agent(store, prompt="find the needle")
    rows = [message(agent_id, n, block=f"b{n}", op="set", content=f"block {n}") for n in range(1, 60)]
    rows.append(message(agent_id, 60, block="hit", op="set", content="A Needle, and hay stack."))
    store.save(agent_id, rows).result()
    store.update_agent(agent_id, status="completed").result()
    return agent_id


def test_a_row_of_any_kind_of_frame_is_the_same_place(store: Store, run: UUID) -> None:
    words = '"hay stack" needle'
    hits = store.search(words)
    rows = [
        hits.iloc[0],
        next(hits.itertuples()),
        hits.iloc[0].to_dict(),
        store.search(words, to="polars").row(0, named=True),
        store.search(words, to="arrow").to_pylist()[0],
    ]
    for row in rows:
        shown = nbs.show(row, store=store)
        assert shown.agent.id == run
        assert shown.place == Place(60, ("needle", "hay stack"))
    assert nbs.show(rows[0], words="Other -not", store=store).place == Place(60, ("other",))
    assert nbs.show(rows[0], 3, store=store).place == Place(3, ("needle", "hay stack"))
    transcript = store.transcript(run).iloc[4]
    assert nbs.show(transcript, store=store).place == Place(5)


def test_an_agent_or_its_id_at_a_message_or_at_its_end(store: Store, run: UUID) -> None:
    assert nbs.show(run, at=7, store=store).place == Place(7)
    shown = nbs.show(str(run), store=store)
    assert shown.place is None
    assert nbs.show(shown.agent, at=0).place == Place(0)
    assert repr(nbs.show(shown.agent, at=1234)).endswith("at message 1,234>")


def test_a_hit_in_a_prompt_is_the_top(store: Store, run: UUID) -> None:
    hit = store.search("needle", part="prompt").iloc[0]
    assert nbs.show(hit, store=store).place == Place(0, ("needle",))


@pytest.mark.parametrize("to", ["pandas", "polars", "arrow"])
def test_a_whole_frame_is_refused_with_what_to_write(store: Store, run: UUID, to: str) -> None:
    with pytest.raises(TypeError, match=r"got a table of \d+: hits\.iloc\[0\]"):
        nbs.show(store.search("needle", to=to), store=store)


def test_what_is_no_hit_is_refused(store: Store, run: UUID) -> None:
    with pytest.raises(AgentNotFound):
        nbs.show(UUID(int=7), at=1, store=store)
    with pytest.raises(ValueError, match="a UUID"):
        nbs.show("seven", at=1, store=store)
    with pytest.raises(ValueError, match="0 or more"):
        nbs.show(run, at=-1, store=store)
    for other in (7, {"words": "x"}, None):
        with pytest.raises(TypeError, match="agent_id and sequence_number"):
            nbs.show(other, store=store)


def test_the_copy_shows_what_is_around_the_place_and_marks_it(store: Store, run: UUID) -> None:
    shown = nbs.show(run, at=30, store=store)
    data, _ = shown.bundle(Place(30))
    widget = shown.widget()
    assert (widget.at, list(widget.words)) == (30, [])
    widget.close()
    for kind in ("text/html", "text/markdown", "text/plain"):
        text = data[kind]
        assert text.index("block 29") < text.index("opened here") < text.index("block 30") < text.index("block 31")
        assert "block 17" not in text.split()
        assert "18 blocks in the store" in text, "the prompt is one of them"
        assert "27 blocks in the store" in text


def numbered(first: int, last: int, *children: Node) -> Node:
    return Node(look="text", content=f"{first}", metadata={}, first=first, last=last, children=list(children))


def marked(nodes: list[Node]) -> str:
    """The content after the mark, wherever it is."""
    for at, node in enumerate(nodes):
        if node.metadata.get(KIND) == "opened here":
            return f"{nodes[at + 1].content}: {node.content}"
        if found := marked(node.children):
            return found
    return ""


@pytest.mark.parametrize(
    ("at", "where"),
    [
        (1, "1: message 1"),
        (4, "3: message 4"),
        (5, "5: message 5"),
        (6, "5: message 6"),
        (8, "8: message 8"),
        (99, "8: message 99 is not in this transcript; the nearest block follows"),
    ],
)
def test_a_block_that_begins_there_or_is_around_it_or_is_the_nearest(at: int, where: str) -> None:
    assert marked(around([numbered(1, 2), numbered(3, 7, numbered(5, 6)), numbered(8, 9)], at)) == where


def test_a_place_in_nothing_is_nothing() -> None:
    assert around([], 3) == []
