"""Valid streams of each wire format, made at random, with what a reader must see of them.

A maker takes a `random.Random`, so that the same code serves hypothesis (`streams.of(name)`, which shrinks) and the
fuzzer, which needs hundreds of thousands of streams.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypothesis import strategies as st

from streams.anthropic import anthropic
from streams.kit import Stream
from streams.openai_chat import openai_chat
from streams.openai_responses import openai_responses

MAKERS: dict[str, Callable[[Random], Stream]] = {
    "anthropic": anthropic,
    "openai-chat": openai_chat,
    "openai-responses": openai_responses,
}
"""A maker of valid streams by the name of the format."""


def of(name: str) -> st.SearchStrategy[Stream]:
    """Valid streams of the named format; `Stream.wire` is what a server would send."""
    return st.randoms(use_true_random=False).map(MAKERS[name])


__all__ = ["MAKERS", "Stream", "of"]
