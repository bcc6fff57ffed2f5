"""What a simulated network answers, in the place of methods that a loop refuses otherwise."""

from __future__ import annotations

from typing import Any, Protocol


class Network(Protocol):
    """What a simulated network answers; the loop passes each call on, arguments unchanged.

    `method` is the event loop's method that was called, such as 'create_unix_server'.
    """

    async def connect(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Return (transport, protocol) of a new connection."""

    async def listen(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Return an `asyncio.AbstractServer`."""

    async def datagram(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Return (transport, protocol) of a datagram endpoint."""

    async def resolve(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Return what `socket.getaddrinfo` or `socket.getnameinfo` would."""
