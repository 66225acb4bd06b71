"""Another process on the same store, told what to do by JSON lines on its standard input.

`write`  saves events for ever and prints the number of each that is acknowledged
`await`  prints when the store has so many messages of an agent, and what a listener heard of it
`role`   prints the role it has now
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any
from uuid import UUID

from nbstream.frames import Store
from store.given import message


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def write(store: Store, agent_id: UUID) -> None:
    number = 0
    while True:
        number += 1
        store.save(agent_id, [message(agent_id, number)], last_event_id=f"1.{number}").result()
        say(acknowledged=number)


def main() -> None:
    heard: dict[UUID, list[int]] = {}
    changed = threading.Condition()

    def listen(committed) -> None:
        with changed:
            heard.setdefault(committed.agent_id, []).extend(m.sequence_number for m in committed.messages)
            changed.notify_all()

    with Store.open(sys.argv[1]) as store:
        store.on_commit(listen)
        say(role=store.role)
        for line in sys.stdin:
            order = json.loads(line)
            agent_id = UUID(order["agent"]) if "agent" in order else None
            if order["do"] == "write":
                threading.Thread(target=write, args=(store, agent_id), daemon=True).start()
            elif order["do"] == "role":
                say(role=store.role)
            elif order["do"] == "await":
                with changed:
                    while len(heard.get(agent_id, [])) < order["count"]:
                        assert changed.wait(60)
                    say(heard=heard.get(agent_id, []))
            elif order["do"] == "save":
                done = store.save(agent_id, [message(agent_id, n) for n in order["events"]]).result()
                say(numbers=[m.sequence_number for m in done.messages], duplicates=done.duplicates)
            elif order["do"] == "sql":
                say(rows=store.query(order["sql"]).to_pylist())


main()
