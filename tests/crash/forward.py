"""The network between kernels and proxy: forwards bytes, and breaks a connection in the middle of them."""

from __future__ import annotations

import asyncio
import contextlib
import threading

BLOCK = 65536


class Link:
    """One connection; with a share it breaks within the next bytes towards the client, after that share of them."""

    def __init__(self, client: asyncio.StreamWriter):
        self.client = client
        self.share: float | None = None


class Forwarder:
    """Listens on a port of its own and forwards to `target`, which may be down.

    Args:
        target: the proxy's port.
    """

    def __init__(self, target: int):
        self.target = target
        self.port = 0
        self.cuts = 0
        self._links: set[Link] = set()
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Forwarder:
        self._thread.start()
        self._started.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    @property
    def links(self) -> int:
        """Connections that are open."""
        return len(self._links)

    def cut(self, choice: int, share: float) -> None:
        """Breaks one open connection when its client has got a share, below 1, of what comes next."""
        self._loop.call_soon_threadsafe(self._cut, choice, share)

    def _cut(self, choice: int, share: float) -> None:
        links = sorted((link for link in self._links if link.share is None), key=id)
        if links:
            links[choice % len(links)].share = share

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()

    async def _close(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(writer)
        try:
            upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        except asyncio.CancelledError:
            writer.close()
            return
        self._links.add(link)
        ways = {
            asyncio.create_task(self._pump(reader, upstream, None)),
            asyncio.create_task(self._pump(upstream_reader, writer, link)),
        }
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        self._links.discard(link)
        upstream.transport.abort()
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: Link | None) -> None:
        with contextlib.suppress(OSError):
            while block := await reader.read(BLOCK):
                if link is not None and link.share is not None:
                    writer.write(block[: int(link.share * len(block))])
                    await writer.drain()
                    self.cuts += 1
                    return
                writer.write(block)
                await writer.drain()
