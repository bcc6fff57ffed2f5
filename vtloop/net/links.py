"""Links between hosts: how long what is sent on them takes."""

from __future__ import annotations

from typing import NamedTuple

from vtloop.values.clock import Seconds, to_nanoseconds


class Link(NamedTuple):
    """What a way from one host to another is like.

    - `latency`: how long a message takes, in seconds
    - `jitter`: how much longer it may take, in seconds; how much is a choice of the run
    - `bandwidth`: how many bytes go through in a second; None for any number
    """

    latency: Seconds = 0
    jitter: Seconds = 0
    bandwidth: float | None = None

    @property
    def is_instant(self) -> bool:
        """Whether messages take no time."""
        return not (self.latency or self.jitter or self.bandwidth)

    @classmethod
    def of(cls, latency: Seconds, jitter: Seconds, bandwidth: float | None) -> Link:
        """Return a link; ValueError for what one cannot be like."""
        for name, seconds in (("latency", latency), ("jitter", jitter)):
            if to_nanoseconds(seconds) < 0:
                raise ValueError(
                    f"{name}={seconds!r} was given; pass a number of seconds from 0 on"
                )
        if bandwidth is not None and not bandwidth > 0:
            raise ValueError(f"bandwidth={bandwidth!r} was given; pass a number of bytes a second")
        return cls(latency, jitter, bandwidth)


INSTANT = Link()
