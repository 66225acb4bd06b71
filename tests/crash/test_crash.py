"""A short run of the crash harness; the long one is `python tests/crash/harness.py --kills 1000 --messages 100000`."""

from __future__ import annotations

import random

import pytest

from crash.harness import Options, run


@pytest.mark.crash
@pytest.mark.timeout(300)
def test_whatever_is_killed_the_log_equals_its_source(tmp_path):
    options = Options(kills=25, messages=2_400, seed=random.randrange(1 << 32), limit=240.0)
    print(f"seed {options.seed}")
    outcome = run(options, tmp_path)
    print(outcome)
    assert outcome.good, f"seed {options.seed}\n{outcome}"
    assert outcome.kills.total() >= options.kills
    assert outcome.messages >= options.messages
