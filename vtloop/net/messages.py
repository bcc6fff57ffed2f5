"""What travels from one socket to another."""

from __future__ import annotations

from typing import Any


class Message:
    """A piece of a stream, a datagram, or what makes and ends a connection.

    Kinds: 'connect', 'accept', 'refuse', 'data', 'end', 'reset', 'datagram'. `source` and `target`
    are the endpoints that it is from and for; no target where that is found out on arrival.
    """

    __slots__ = (
        "data",
        "destination",
        "end",
        "kind",
        "number",
        "source",
        "source_host",
        "target",
        "target_host",
        "tries",
    )

    def __init__(
        self,
        kind: str,
        source: Any,
        target: Any,
        data: bytes = b"",
        destination: str = "",
        target_host: str | None = None,
    ) -> None:
        self.kind = kind
        self.source = source
        self.target = target
        self.data = data
        self.source_host = source.host
        """The name of the host that it comes from."""
        self.target_host: str = target.host if target_host is None else target_host
        self.destination = destination
        """The address that it goes to, in words, if that is not the target's."""
        self.number = 0
        """What a recorder calls it; 0 if there is none."""
        self.end = 0
        """How many bytes are to be read until it has been."""
        self.tries = 0
        """How often it was sent again."""

    def __repr__(self) -> str:
        what = f"{len(self.data)} bytes" if self.data else self.kind
        return f"<Message {what} from {self.source_name} to {self.target_name}>"

    @property
    def source_name(self) -> str:
        """The address that it comes from, such as '10.0.0.2:5432'."""
        name: str = self.source.printed_name()
        return name

    @property
    def target_name(self) -> str:
        """The address that it goes to."""
        name: str = self.destination or self.target.printed_name()
        return name
