"""The seam to the row: commits that fall between joining the room and reading the history, with nothing after them."""

from __future__ import annotations

from nbstream.service import Follower, StreamingService
from store.given import agent, message
from support import until


def test_what_is_committed_in_between_is_handed_out(store, monkeypatch):
    """A commit before the room is joined, one after the history is read, and then silence: no later row shows a hole."""
    agent_id = agent(store)
    service = StreamingService(store)
    numbers = iter(range(1, 10))

    def commit():
        store.save(agent_id, [message(agent_id, next(numbers))]).result()

    join, read = service.hub.subscribe, store.read

    def subscribe(*given, **options):
        commit()
        return join(*given, **options)

    def history(*given, **options):
        rows = read(*given, **options)
        if len(seen) < 2:
            commit()
        return rows

    seen = []
    monkeypatch.setattr(service.hub, "subscribe", subscribe)
    monkeypatch.setattr(store, "read", history)
    follower = Follower(service, agent_id)
    until(lambda: seen.extend(m.sequence_number for m in follower.batch()) or len(seen) >= store.head(agent_id) >= 2)
    assert seen == list(range(1, store.head(agent_id) + 1))
    follower.close()
    service.close()
