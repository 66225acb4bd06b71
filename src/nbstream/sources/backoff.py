"""How long to wait before trying again: full jitter, so that many readers do not come back at once."""

from __future__ import annotations

import random
from typing import Final

FIRST_S: Final = 0.25
CAP_S: Final = 30.0
"""The longest wait; a `retry:` or `Retry-After` of the other side is honoured up to the same bound."""


class Backoff:
    """Waits that double from 0.25 s to 30 s, each drawn evenly from zero to the bound; progress starts over.

    Args:
        rng: where the jitter comes from; tests give a seeded one.
    """

    def __init__(self, rng: random.Random | None = None) -> None:
        self._rng = rng or random.Random()  # noqa: S311 - jitter is no secret
        self.attempts = 0

    def reset(self) -> None:
        """There was progress: the next wait is a short one."""
        self.attempts = 0

    def next(self, asked: float | None = None) -> float:
        """Seconds to wait now.

        Args:
            asked: seconds the other side asked for; the least we wait, at most 30.
        """
        bound = min(CAP_S, FIRST_S * 2**self.attempts)
        self.attempts = min(self.attempts + 1, 16)
        return max(self._rng.uniform(0, bound), min(asked or 0.0, CAP_S))
