from __future__ import annotations

import re
import uuid

from hypothesis import example, given
from hypothesis import strategies as st

from nbstream.store import message_id, new_id

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.uuids(), TEXT | st.from_regex(r"\A.*[0-9]{1,12}\Z"), st.integers(min_value=0))
@example(uuid.UUID(int=0xABCD), "1.٣", 0)
@example(uuid.UUID(int=0xABCD), "12345678901", 1)
def test_an_id_is_the_agents_end_the_events_number_and_the_digest_of_version_5(agent_id, event_id, part) -> None:
    made = message_id(agent_id, event_id, part)
    number = int(re.search(r"[0-9]{0,9}\Z", event_id)[0] or 0)
    digest = uuid.uuid5(agent_id, f"{event_id}/{part}").hex
    assert made.hex == f"{agent_id.int & 0xFFFF:04x}{number:08x}8{digest[13:]}"
    assert (made.version, made.variant) == (8, uuid.RFC_4122)
    assert made == uuid.UUID(made.hex)


def test_ids_of_an_agent_sort_as_its_events_were_numbered() -> None:
    agent_id = uuid.uuid4()
    ids = [message_id(agent_id, f"1731000000.{line}", 0) for line in range(1, 20_000)]
    assert ids == sorted(ids)


def test_new_ids_are_version_7_unique_and_sorted_by_time() -> None:
    ids = [new_id() for _ in range(2_000)]
    assert len(set(ids)) == len(ids)
    assert {(one.version, one.variant) for one in ids} == {(7, uuid.RFC_4122)}
    milliseconds = [one.int >> 80 for one in ids]
    assert milliseconds == sorted(milliseconds)
