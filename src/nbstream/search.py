"""What a search asks for, and how its hits are ranked and shown; no SQL here."""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import pyarrow as pa

TERM_LIMIT: Final = 32
"""Words and phrases of one search."""

SNIPPET: Final = 160
"""Characters of a snippet, about."""

_NEAR: Final = 80
"""Characters between the words of a search at which closeness counts half."""

_TERM: Final = re.compile(r'(?P<minus>-?)"(?P<phrase>[^"]*)"?|(?P<word>\S+)')
_CUT: Final = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase, in lower case; the words of a phrase may have any white space between them."""

    words: tuple[str, ...]

    @property
    def pattern(self) -> str:
        """A regular expression that Python and RE2 read alike."""
        return r"\s+".join(map(re.escape, self.words))


@dataclass(frozen=True)
class Terms:
    """What must be there, and what must not.

    Args:
        wanted: at least one.
        unwanted: may be empty.
    """

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...] = ()

    @cached_property
    def finder(self) -> re.Pattern[str]:
        """Finds each wanted term, its number as the name of the group that matched."""
        return re.compile("|".join(f"(?P<t{n}>{term.pattern})" for n, term in enumerate(self.wanted)), re.IGNORECASE)


def terms_of(words: str) -> Terms:
    """The terms of a search: words, "quoted phrases", and -those that must not be there.

    Args:
        words: as a reader types it; a word that begins with `-` is found in quotes.

    Raises:
        ValueError: no word that must be there, or more than 32.
    """
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for found in _TERM.finditer(words):
        word = found["word"]
        minus = bool(found["minus"]) or (word is not None and word.startswith("-") and len(word) > 1)
        text = found["phrase"] if word is None else word.removeprefix("-") if minus else word
        if split := tuple(text.lower().split()):
            (unwanted if minus else wanted).append(Term(split))
    if not wanted:
        raise ValueError(f'expected a word to search for, got {words!r}: words, "a phrase", -without')
    if len(wanted) + len(unwanted) > TERM_LIMIT:
        raise ValueError(f"expected at most {TERM_LIMIT} words, got {len(wanted) + len(unwanted)}")
    return Terms(tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(unwanted)))


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an excerpt the terms stand closest together.

    Args:
        start, end: of that stretch; equal when nothing was found.
        whole: terms that are found as whole words, not inside longer ones.
        all: whether every term is in it.
    """

    start: int
    end: int
    whole: int
    all: bool

    @property
    def closeness(self) -> float:
        """0 when the terms are not together, 1 when nothing is between them."""
        return 1 / (1 + (self.end - self.start) / _NEAR) if self.all else 0.0


def closest(text: str, terms: Terms) -> Place:
    """The shortest stretch with all terms, or the first hit where they are not all there; one pass over the text."""
    last: dict[str, re.Match[str]] = {}
    whole: set[str] = set()
    best: Place | None = None
    first: re.Match[str] | None = None
    for found in terms.finder.finditer(text):
        name = found.lastgroup or ""
        first = first or found
        last[name] = found
        if _alone(text, found):
            whole.add(name)
        if len(last) == len(terms.wanted):
            start, end = min(one.start() for one in last.values()), max(one.end() for one in last.values())
            if best is None or end - start < best.end - best.start:
                best = Place(start, end, 0, all=True)
    if best is not None:
        return Place(best.start, best.end, len(whole), all=True)
    return Place(first.start(), first.end(), len(whole), all=False) if first else Place(0, 0, 0, all=False)


def _alone(text: str, found: re.Match[str]) -> bool:
    before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
    return not (before.isalnum() or after.isalnum())


def score(matches: int, place: Place, terms: Terms, age_days: float) -> float:
    """How good a hit is: up to 3 for how often, 2 for how close, 1 for whole words, 1 for how new.

    Args:
        matches: of all terms, in the whole block.
        place: where they stand closest.
        terms: of the search.
        age_days: older than the newest hit.
    """
    often = min(3.0, math.log1p(matches / len(terms.wanted)))
    close = 2 * place.closeness if len(terms.wanted) > 1 else 0.0
    return often + close + place.whole / len(terms.wanted) + 1 / (1 + max(0.0, age_days) / 30)


def snippet(text: str, place: Place, terms: Terms, marks: tuple[str, str], *, more: bool) -> str:
    """The words around a place, on one line, with what was searched for between marks.

    Args:
        text: the excerpt.
        place: where.
        terms: of the search.
        marks: before and after each.
        more: whether there is text before the excerpt.
    """
    room = max(0, SNIPPET - (place.end - place.start)) // 2
    start, end = max(0, place.start - room), min(len(text), max(place.end + room, place.start + SNIPPET // 2))
    end = min(end, start + 2 * SNIPPET)
    if start and (cut := _CUT.search(text, start, place.start)):
        start = cut.end()
    if end < len(text):
        end = max((cut.start() for cut in _CUT.finditer(text, min(place.end, end), end)), default=end)
    shown = terms.finder.sub(lambda found: f"{marks[0]}{found[0]}{marks[1]}", text[start:end])
    return ("…" if start or more else "") + " ".join(shown.split()) + ("…" if end < len(text) else "")


def ranked(found: pa.Table, terms: Terms, marks: tuple[str, str], limit: int) -> pa.Table:
    """The best hits, each with its score and snippet, best first.

    Args:
        found: what `store.search.places` gives.
        terms: of the search.
        marks: before and after each word in a snippet.
        limit: most rows.
    """
    shown = []
    for at, row in enumerate(found.select(["excerpt", "skipped", "matches", "age_days"]).to_pylist()):
        place = closest(row["excerpt"], terms)
        shown.append((score(row["matches"], place, terms, row["age_days"]), -at, place, row))
    best = heapq.nlargest(limit, shown, key=lambda one: one[:2])
    table = found.take(pa.array([-at for _, at, _, _ in best], pa.int64()))
    texts = [snippet(row["excerpt"], place, terms, marks, more=row["skipped"] > 0) for _, _, place, row in best]
    scores: Sequence[Any] = [round(points, 3) for points, *_ in best]
    table = table.drop_columns(["excerpt", "skipped", "age_days"])
    table = table.add_column(0, "score", pa.array(scores, pa.float64()))
    return table.append_column("snippet", pa.array(texts, pa.string()))
