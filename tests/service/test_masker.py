"""Secrets that come in pieces: masked wherever the cuts are, with every row and every other byte kept."""

from __future__ import annotations

import json
import random

import pytest

from nbstream.messages import MASKED, AgentMessage
from nbstream.secrets import LABEL, mask
from nbstream.service.masker import Masker
from planted import heart, planted

SECRETS = planted(seed=11)


def rows_of(pieces: list[str], block: str = "b") -> list[AgentMessage]:
    """One delta a piece, as a program sends it: its event's data is masked on its own first."""
    data = [
        json.dumps({"index": 0, "delta": {"text": piece}, "uuid": f"u{number}"}) for number, piece in enumerate(pieces)
    ]
    return [
        AgentMessage(
            type="assistant", op="append", block=block, part="text", content=json.loads(raw)["delta"]["text"], raw=raw
        )
        for raw, _count in map(mask, data)
    ]


def cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def pushed(rows: list[AgentMessage], step: int = 1) -> list[AgentMessage]:
    masker = Masker()
    out = [row for at in range(0, len(rows), step) for row in masker.push(rows[at : at + step])]
    return out + masker.flush()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 40])
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_no_secret_gets_through_whatever_the_cuts(size, step):
    text = "Here they are:\n" + "\n".join(f"- `{secret}`, kept safe" for secret in SECRETS) + "\nend"
    pieces = cut(text, size)
    out = pushed(rows_of(pieces), step)
    assert len(out) == len(pieces)
    content = "".join(row.content for row in out)
    raw = "".join(json.loads(row.raw)["delta"]["text"] for row in out)
    assert raw == content
    for secret in SECRETS:
        assert heart(secret) not in content
    assert len(LABEL.findall(content)) == len(SECRETS)
    assert content.startswith("Here they are:\n- `")
    assert content.endswith("`, kept safe\nend")
    assert [json.loads(row.raw)["uuid"] for row in out] == [f"u{number}" for number in range(len(pieces))]


def test_what_only_begins_like_a_secret_comes_as_it_was():
    text = "use sk-learn, npm_config_x, eyJ and Bearer of news; -----BEGIN it all-----"
    for size in (1, 3, 9):
        out = pushed(rows_of(cut(text, size)))
        assert "".join(row.content for row in out) == text
        assert not any(MASKED in row.metadata for row in out)


def test_rows_wait_only_while_a_secret_may_go_on():
    masker = Masker()
    first, second, third = rows_of(["token ghp_a1", "b2c3", " no, wrong"])
    assert masker.push([first]) == []
    assert masker.push([second]) == []
    assert masker.push([third]) == [first, second, third]


def test_two_answers_that_come_in_turn_are_both_masked_and_in_order():
    dice = random.Random(3)
    texts = {"a": f"one {SECRETS[0]} two", "b": f"three {SECRETS[6]} four"}
    queues = {block: rows_of(cut(text, 4), block) for block, text in texts.items()}
    mixed = []
    while any(queues.values()):
        mixed.append(queues[dice.choice([block for block in queues if queues[block]])].pop(0))
    out = pushed(mixed)
    assert [row.block for row in out] == [row.block for row in mixed]
    for block, secret in (("a", SECRETS[0]), ("b", SECRETS[6])):
        content = "".join(row.content for row in out if row.block == block)
        assert heart(secret) not in content
        assert len(LABEL.findall(content)) == 1


def test_anything_but_a_delta_ends_the_wait():
    masker = Masker()
    (first,) = rows_of(["see sk-"])
    note = AgentMessage(type="system", op="note", content="paused")
    assert masker.push([first]) == []
    assert masker.push([note]) == [first, note]


def test_the_end_lets_go_of_what_waits():
    masker = Masker()
    rows = rows_of(cut(f"the key is {SECRETS[0]}", 6))
    out = masker.push(rows) + masker.flush()
    assert len(out) == len(rows)
    assert "".join(row.content for row in out).startswith("the key is ")
    assert heart(SECRETS[0])[:20] not in "".join(row.content for row in out)
    assert masker.flush() == []


def test_a_text_that_the_event_spells_in_another_way_is_masked_there_too():
    secret = SECRETS[0]
    rows = []
    for piece in cut(f"é {secret} é", 10):
        raw = json.dumps({"x": piece}).replace("k", "\\u006b")
        rows.append(AgentMessage(type="assistant", op="append", block="b", content=piece, raw=raw))
    out = pushed(rows)
    assert heart(secret) not in "".join(json.loads(row.raw)["x"] for row in out)
    assert "".join(json.loads(row.raw)["x"] for row in out) == "".join(row.content for row in out)


def test_the_count_is_of_secrets_not_of_rows():
    out = pushed(rows_of(cut(f"a {SECRETS[0]} b {SECRETS[1]} c", 5)))
    assert sum(row.metadata.get(MASKED, 0) for row in out) == 2
