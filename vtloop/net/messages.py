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
        "is_held",
        "is_released",
        "is_rest",
        "kind",
        "number",
        "offset",
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
        self.offset = 0
        """How many bytes have gone before it, of a stream."""
        self.is_held = self.is_released = False
        """Whether it is held, and whether it was let go, so that no rule holds it again."""
        self.is_rest = False
        """Whether it was cut off another message, and arrives after what has read that."""

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

    @property
    def now(self) -> int:
        """The virtual time, in nanoseconds since the start of the run."""
        now: int = self.source.kernel.clock.now
        return now

    def chance(self, kind: str, share: float) -> bool:
        """Return whether something happens to it that happens to a share of messages, from 0 to 1.

        That is a choice of the run (see `choices`); `kind` is a word for what it is. If nobody is
        there to choose it does not happen.
        """
        if not 0 < share < 1:
            return share >= 1
        happens: bool = self.source.kernel.chooser.chance(kind, share)
        return happens

    def cut(self, size: int) -> Message:
        """Keep so many bytes; return a message with the rest."""
        rest = Message(self.kind, self.source, self.target, self.data[size:], self.destination)
        rest.offset, rest.is_rest = self.offset + size, True
        self.data = self.data[:size]
        return rest
