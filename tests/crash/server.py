"""A reader beside the kernels, as the Jupyter server is one: follows every agent and sees that nothing is skipped.

    server.py STORE SEEN READY

It reads no source of its own. What it has seen is written to SEEN as it goes: messages, and every violation.
"""

import sys
import time
from pathlib import Path

from nbstream.frames import Store
from nbstream.service import Follower, StreamingService

LOOK_S = 0.5


def main(path: str, seen: Path, ready: Path) -> None:
    with Store.open(path) as store, seen.open("a", buffering=1) as report:
        service = StreamingService(store)
        followers = {}
        looked = 0.0
        while True:
            if time.monotonic() - looked > LOOK_S:
                looked = time.monotonic()
                for record in store.list_agents():
                    if record.id not in followers:
                        since = max(0, store.head(record.id) - 100)
                        followers[record.id] = Follower(service, record.id, since)
                ready.write_text(str(time.time()))
            for agent_id, follower in followers.items():
                at = follower.position
                batch = follower.batch(0.01)
                if [m.sequence_number for m in batch] != list(range(at + 1, at + 1 + len(batch))):
                    report.write(f"violation {agent_id}: after {at} came {[m.sequence_number for m in batch][:20]}\n")
                if batch:
                    report.write(f"messages {len(batch)}\n")
            if not followers:
                time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
