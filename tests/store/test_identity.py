from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from nbstream.store import message_id, new_id


@given(st.uuids(), st.text(st.characters(exclude_categories=["Cs"])), st.integers(min_value=0))
def test_message_id_is_the_uuid5_of_event_and_part(agent_id: uuid.UUID, event_id: str, part: int) -> None:
    assert message_id(agent_id, event_id, part) == uuid.uuid5(agent_id, f"{event_id}/{part}")


def test_new_ids_are_version_7_unique_and_sorted_by_time() -> None:
    ids = [new_id() for _ in range(2_000)]
    assert len(set(ids)) == len(ids)
    assert {(one.version, one.variant) for one in ids} == {(7, uuid.RFC_4122)}
    milliseconds = [one.int >> 80 for one in ids]
    assert milliseconds == sorted(milliseconds)
