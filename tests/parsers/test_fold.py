"""The reference fold keeps the rule that its golden cases state."""

import json

import pytest

from fold import GOLDEN, fold

CASES = json.loads((GOLDEN / "fold.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_golden_case(case):
    assert fold(case["rows"]) == case["blocks"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_rows_delivered_out_of_order_give_the_same_transcript(case):
    assert fold(reversed(case["rows"])) == case["blocks"]


def test_case_names_are_unique():
    names = [case["name"] for case in CASES]
    assert len(names) == len(set(names))
    assert len(names) >= 15
