"""`AgentMessage` is made by hand-written assignments: it must stay what its fields say, and frozen."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from nbstream.messages import AgentMessage

MADE = AgentMessage(type="assistant", content="text", op="append", metadata={"a": 1})


def test_its_maker_takes_every_field_with_its_default_and_sets_it():
    takes = inspect.signature(AgentMessage).parameters
    assert list(takes) == [field.name for field in fields(AgentMessage)]
    values = {name: object() for name in takes}
    made = AgentMessage(**values)  # type: ignore[arg-type]
    assert {name: getattr(made, name) for name in takes} == values
    assert (MADE.block, MADE.id, MADE.sequence_number) == (None, None, None)
    assert AgentMessage(type="user", content="", op="note").metadata == {}


def test_it_is_frozen_and_has_no_other_fields():
    with pytest.raises(FrozenInstanceError):
        MADE.content = "other"  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        MADE.more = 1  # type: ignore[attr-defined]


def test_it_is_replaced_copied_compared_and_pickled_like_any_dataclass():
    changed = replace(MADE, content="other")
    assert type(changed) is AgentMessage
    assert (changed.content, changed.metadata, MADE.content) == ("other", {"a": 1}, "text")
    assert (
        changed != MADE == replace(changed, content="text") == copy.deepcopy(MADE) == pickle.loads(pickle.dumps(MADE))
    )
