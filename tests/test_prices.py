"""What tokens cost by the reader's own prices, beside what the program says."""

from __future__ import annotations

import pytest

from nbstream.frames import Store
from nbstream.messages import AgentMessage
from nbstream.prices import Price, price_of
from store.given import agent

PRICES = {"m": Price(input=2.0, output=10.0, cache_read=0.2, cache_write=2.5), "m-large": Price(input=4.0, output=20.0)}


def usage(model: str, **tokens: int) -> AgentMessage:
    names = {"cache_read": "cache_read.input_tokens", "cache_write": "cache_write.input_tokens"}
    metadata = {f"gen_ai.usage.{names.get(name, f'{name}_tokens')}": count for name, count in tokens.items()}
    metadata |= {"nbstream.kind": "usage", "gen_ai.response.model": model}
    return AgentMessage(type="system", op="note", content="", metadata=metadata)


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "history.duckdb") as opened:
        yield opened


def test_each_kind_of_token_has_its_price(store: Store) -> None:
    who = agent(store)
    rows = [
        usage("m-2026", input=1_000_000, cache_read=400_000, cache_write=100_000, output=50_000),
        usage("m-large-2026", input=1_000_000, cache_read=500_000, output=0),
        usage("other", input=1, output=1),
    ]
    store.save(who, rows).result()
    found = store.usage(prices=PRICES, to="arrow").to_pylist()
    # 500,000 plain at 2, 400,000 read at 0.2, 100,000 written at 2.5, 50,000 out at 10, each per million
    assert [row["cost_usd"] for row in found] == [pytest.approx(1.0 + 0.08 + 0.25 + 0.5), pytest.approx(4.0), None]
    assert [row["cost_rule"] for row in found] == ["prices", "prices", "unknown"]
    assert [row["cost_rule"] for row in store.usage(to="arrow").to_pylist()] == ["unknown"] * 3


def test_the_programs_own_figure_goes_before_and_the_other_is_beside_it(store: Store) -> None:
    who = agent(store)
    own = AgentMessage(type="response", op="note", content="", metadata={"nbstream.cost_usd": 0.5})
    store.save(who, [usage("m", input=100_000, output=10_000), own]).result()
    [total] = store.usage(by="model", prices=PRICES, to="arrow").to_pylist()
    assert (total["cost_usd"], total["cost_rule"]) == (0.5, "agent")
    assert total["computed_usd"] == pytest.approx(0.3)


def test_the_longest_name_that_a_model_begins_with_counts() -> None:
    assert price_of("m-large-2026", PRICES) is PRICES["m-large"]
    assert price_of("m-small", PRICES) is PRICES["m"]
    assert price_of("x", PRICES) is None
    assert price_of(None, PRICES) is None
