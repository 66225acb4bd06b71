"""A kernel: launches its agents, reads them, and looks after those that a killed one has left; ends when all have ended.

kernel.py STORE URL DIRECTORY NAME AGENTS READY
"""

import sys
import time
from pathlib import Path

from nbstream import service as nbs
from nbstream.messages import TERMINAL
from nbstream.sources.proxy import ProxySource

LOOK_S = 0.5
"""Seconds between two looks for agents whose reader has died; a person would run `nbs.attach` again."""


def main(path: str, url: str, directory: str, name: str, agents: int, ready: Path) -> None:
    store = nbs.connect(path)
    prompts = [f"{name}-{number}" for number in range(agents)]
    known = {record.prompt: record.id for record in store.list_agents()}
    followers = {}
    for prompt in prompts:
        if prompt in known:
            agent = nbs.attach(known[prompt], store=store)
        else:
            source = ProxySource(url, directory=directory, profile="emit", heartbeat=1.0)
            agent = nbs.launch(prompt, source, store=store)
        followers[agent.id] = agent.follow(since=max(0, store.head(agent.id) - 10))
    ready.write_text(str(time.time()))
    looked = time.monotonic()
    while not all(follower.done for follower in followers.values()):
        for agent_id, follower in followers.items():
            at = follower.position
            for message in follower.batch(0.02):
                if message.sequence_number != at + 1:
                    raise AssertionError(f"agent {agent_id}: after {at} came {message.sequence_number}")
                at += 1
        if time.monotonic() - looked > LOOK_S:
            looked = time.monotonic()
            for agent_id in followers:
                if store.get_agent(agent_id).status not in TERMINAL:
                    nbs.attach(agent_id, store=store)


if __name__ == "__main__":
    store_path, proxy_url, proxy_directory, own_name, how_many, ready_file = sys.argv[1:]
    main(store_path, proxy_url, proxy_directory, own_name, int(how_many), Path(ready_file))
