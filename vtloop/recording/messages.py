"""The messages of the simulated network, as a recorder is told of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vtloop.values.source import Place


class Messages:
    """Counts messages, and tells what happens to each by its number."""

    def __init__(
        self, tell: Callable[[str, int, Any], object], opened: Callable[[], Place | None]
    ) -> None:
        """`tell` is told of an event: its kind, its subject and its detail.

        `opened` returns where the program is that opens a socket now.
        """
        self.opened = opened
        self.here: Callable[[], str] = str  # no host, as long as there is no network
        self._tell = tell
        self._count = 0

    def sent(
        self,
        kind: str,
        source: str,
        destination: str,
        size: int | None,
        hosts: tuple[str, str],
        held: bool,
    ) -> int:
        self._count = number = self._count + 1
        self._tell("send", number, (kind, source, destination, size, hosts, held))
        return number

    def arrived(self, number: int) -> None:
        self._tell("arrive", number, None)

    def lost(self, number: int, why: str) -> None:
        self._tell("lose", number, why)

    def released(self, number: int) -> None:
        self._tell("resume", number, None)

    def received(self, number: int) -> None:
        self._tell("receive", number, None)
