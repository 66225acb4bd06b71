"""Reading with one eye on the clock and the other on Stop."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator
from typing import Any, Final, TypeVar

from nbstream.errors import SourceUnavailable
from nbstream.sources import News

T = TypeVar("T")

STALLED_S: Final = 30.0
"""Silence after which a stream is shown as stalled: a model that thinks says nothing for some seconds."""
SILENCE_S: Final = 600.0
"""Silence after which it is given up; the official clients wait ten minutes too."""
_OVER: Final = object()


async def watched(
    items: AsyncGenerator[T, None],
    stopped: asyncio.Event,
    *,
    stalled_after: float = STALLED_S,
    silence: float = SILENCE_S,
) -> AsyncGenerator[T | News, None]:
    """The items, with news of silence between them; ends when they do, or when it is stopped, and closes them.

    Args:
        items: what is read.
        stopped: set by whoever stops it.
        stalled_after: seconds without an item until that is shown.
        silence: seconds without an item until it is given up.

    Raises:
        SourceUnavailable: nothing came for `silence` seconds.
    """
    stop = asyncio.ensure_future(stopped.wait())
    following: asyncio.Future[Any] = asyncio.ensure_future(anext(items, _OVER))
    left = silence - stalled_after
    waits = [min(stalled_after, silence), left if left < math.inf else None]
    silent = 0
    try:
        while not stop.done():
            await asyncio.wait(
                {stop, following},
                timeout=waits[silent],
                return_when=asyncio.FIRST_COMPLETED,
            )
            if stop.done():
                return
            if following.done():
                item = following.result()
                if item is _OVER:
                    return
                if silent:
                    silent = 0
                    yield News("live")
                yield item
                following = asyncio.ensure_future(anext(items, _OVER))
            elif silent or left <= 0:
                raise SourceUnavailable(f"nothing came for {silence:g} s")
            else:
                silent = 1
                yield News("stalled", f"nothing has come for {stalled_after:g} s; the connection stands")
    finally:
        stop.cancel()
        following.cancel()
        await asyncio.gather(stop, following, return_exceptions=True)
        await items.aclose()
