"""Words found in everything that was said, also in what comes this moment, from every process."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from nbstream.frames import Store
from nbstream.messages import AgentMessage
from nbstream.search import Term, closest, snippet, terms_of
from store.given import START, agent, environment


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "history.duckdb") as opened:
        yield opened


def block(name: str, *deltas: str, day: int = 0, part: str = "text", **changes) -> list[AgentMessage]:
    """The rows of one block, a delta each."""
    fields = {"type": "assistant", "role": "assistant", "op": "append"} | changes
    moment = START + timedelta(days=day)
    return [AgentMessage(block=name, part=part, content=text, created_at=moment, **fields) for text in deltas]


def found(store: Store, words: str, *args, **options) -> list[tuple[int, str]]:
    rows = store.search(words, *args, to="arrow", **options).to_pylist()
    return [(row["sequence_number"], row["snippet"]) for row in rows]


def test_what_a_reader_types_becomes_terms() -> None:
    terms = terms_of('Alpha "Beta  GAMMA" -delta -"e f" "-g" "" -')
    assert terms.wanted == (Term(("alpha",)), Term(("beta", "gamma")), Term(("-g",)), Term(("-",)))
    assert terms.unwanted == (Term(("delta",)), Term(("e", "f")))
    assert terms_of('one "two three').wanted == (Term(("one",)), Term(("two", "three")))
    for nothing in ("", "  ", "-only", '""'):
        with pytest.raises(ValueError, match="expected a word"):
            terms_of(nothing)
    with pytest.raises(ValueError, match="at most 32"):
        terms_of(" ".join(f"w{n}" for n in range(33)))


def test_every_part_is_searched_and_words_may_cross_deltas(store: Store) -> None:
    who = agent(store, prompt="Why does the KETTLE sing?")
    rows = [
        *block("a", "the ket", "tle is hot"),
        *block("b", "a Kettle, I think", part="reasoning"),
        *block("c", '{"thing": "kett', 'le"}', part="tool_call", type="tool", metadata={"gen_ai.tool.name": "Boil"}),
        *block("d", "kettle: done", part="tool_call_response", type="tool", role="tool"),
        AgentMessage(type="error", op="note", content="kettle overflow", created_at=START),
        AgentMessage(type="system", op="note", content="kettle 3", metadata={"nbstream.kind": "usage"}),
        *block("e", "a pot"),
    ]
    store.save(who, rows).result()
    hits = store.search("kettle", to="arrow").to_pylist()
    assert {(row["sequence_number"], row["last_sequence_number"], row["part"]) for row in hits} == {
        (0, 0, "prompt"), (1, 2, "text"), (3, 3, "reasoning"), (4, 5, "tool_call"), (6, 6, "tool_call_response"), (7, 7, None),
    }  # fmt: skip
    assert {row["tool"] for row in hits} == {None, "Boil"}
    assert {row["agent_id"] for row in hits} == {str(who)}
    assert found(store, "kettle", part="prompt") == [(0, "Why does the «KETTLE» sing?")]
    assert found(store, "kettle", part="text", marks=("[", "]")) == [(1, "the [kettle] is hot")]
    assert [number for number, _ in found(store, "kettle", type="error")] == [7]
    assert found(store, "kettle", type=["system"]) == []


def test_all_words_phrases_and_words_that_must_not_be_there(store: Store) -> None:
    who = agent(store)
    rows = [
        *block("a", "red fox and blue fox"),
        *block("b", "blue\n fox only"),
        *block("c", "fox red 100% _x_ a.b 'q'"),
    ]
    store.save(who, rows).result()
    assert {number for number, _ in found(store, "FOX")} == {1, 2, 3}
    assert {number for number, _ in found(store, "fox red")} == {1, 3}
    assert {number for number, _ in found(store, '"blue fox"')} == {1, 2}
    assert {number for number, _ in found(store, "fox -red")} == {2}
    assert {number for number, _ in found(store, 'fox -"blue fox"')} == {3}
    for literal in ("100%", "_x_", "a.b", "'q'"):
        assert [number for number, _ in found(store, literal)] == [3]
    for absent in ("a%b", "axb", "f_x", "');--", "$w0"):
        assert found(store, absent) == []


def test_letters_beyond_ascii(store: Store) -> None:
    who = agent(store)
    store.save(who, [*block("a", "Über das MÜSLI ☃"), *block("b", "ПРИВЕТ мир 你好世界")]).result()
    assert found(store, "müsli über") == [(1, "«Über» das «MÜSLI» ☃")]
    assert found(store, "привет 好世") == [(2, "«ПРИВЕТ» мир 你«好世»界")]


def test_the_closest_the_most_and_the_newest_come_first(store: Store) -> None:
    who = agent(store)
    far = "lamp " + "x " * 300 + "oil"
    rows = [*block("far", far), *block("near", "lamp oil"), *block("many", "cat cat cat cat"), *block("one", "one cat")]
    rows += [*block("old", "an owl"), *block("new", "an owl", day=90), *block("part", "catalogue", day=0)]
    store.save(who, rows).result()
    assert [number for number, _ in found(store, "lamp oil")] == [2, 1]
    assert [number for number, _ in found(store, "cat")] == [3, 4, 7]
    assert [number for number, _ in found(store, "owl")] == [6, 5]
    scores = store.search("cat")["score"].tolist()
    assert scores == sorted(scores, reverse=True)
    assert len(store.search("cat", limit=2)) == 2


def test_filters(store: Store) -> None:
    one, two = agent(store, prompt="bell", session_id="s1"), agent(store, prompt="bell")
    store.save(one, [*block("a", "a bell"), *block("b", "a bell", day=5)]).result()
    store.save(two, block("a", "a bell")).result()
    assert set(store.search("bell", one)["agent_id"]) == {str(one)}
    assert len(store.search("bell", [one, two], part="text")) == 3
    assert set(store.search("bell", session="s1")["agent_id"]) == {str(one)}
    assert [n for n, _ in found(store, "bell", one, part="text", after=START + timedelta(days=1))] == [2]
    assert [n for n, _ in found(store, "bell", one, part="text", before=START + timedelta(days=1))] == [1]


def test_withdrawn_and_replaced_words_are_not_found(store: Store) -> None:
    who = agent(store)
    store.save(who, [*block("a", "draft "), *block("a", "words")]).result()
    assert [n for n, _ in found(store, '"draft words"')] == [1]
    store.save(who, [*block("a", "final", op="set")]).result()
    assert found(store, "draft") == []
    assert [n for n, _ in found(store, "final")] == [1]
    store.save(who, [*block("a", "", op="drop")]).result()
    assert found(store, "final") == []


def test_a_snippet_is_one_line_around_the_closest_place() -> None:
    text = "alpha " + "x" * 50 + " word\nword " * 40 + "beta alpha  gamma " + "tail " * 100
    terms = terms_of("alpha beta")
    shown = snippet(text, closest(text, terms), terms, ("<", ">"), more=True)
    assert "<beta> <alpha> gamma tail" in shown
    assert shown.startswith("…word")
    assert shown.endswith("tail…")
    assert "\n" not in shown
    assert len(shown) < 200
    assert snippet("alpha", closest("alpha", terms), terms, ("", ""), more=False) == "alpha"


WAIT = """
import sys
from nbstream.frames import Store
with Store.open(sys.argv[1]) as store:
    assert store.role == "joined"
    print(store.search("kettle", to="arrow").column("snippet").to_pylist(), flush=True)
"""


def test_a_process_that_joined_finds_the_same(store: Store) -> None:
    store.save(agent(store), block("a", "ket", "tle")).result()
    done = subprocess.run(
        [sys.executable, "-c", WAIT, str(store.path)],
        check=False,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("['«kettle»']\n", "")


def test_the_message_types_of_hits_are_those_of_the_log(store: Store) -> None:
    store.save(agent(store), [replace(row, type="tool") for row in block("a", "kettle")]).result()
    hits = store.search("kettle")
    assert hits["type"].cat.categories.tolist() == store.messages()["type"].cat.categories.tolist()
    assert Path(store.path).exists()
