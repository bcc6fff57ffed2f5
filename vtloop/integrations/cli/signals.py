"""Signals that are to arrive at a script, each at its second of virtual time.

A script that serves until somebody stops it, such as one of `aiohttp.web.run_app`, has no place to
say when that is to be.
"""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterable
from typing import NamedTuple

from vtloop.core.loop import VirtualLoop
from vtloop.integrations.options import seconds
from vtloop.values.clock import to_nanoseconds


class Due(NamedTuple):
    """A signal, and the instant at which it arrives, in nanoseconds."""

    at: int
    number: signal.Signals


def due(text: str) -> Due:
    """Return the signal that a text such as 'SIGTERM@30' means; the SIG may be left out."""
    name, _, at = text.rpartition("@")
    try:
        number = signal.Signals[f"SIG{name.removeprefix('SIG')}"]
    except KeyError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no signal and its second; give one such as SIGTERM@30"
        ) from None
    return Due(to_nanoseconds(seconds(at)), number)


class Signals:
    """What is still to arrive, in whichever loop of the script runs then."""

    def __init__(self, signals: Iterable[Due]) -> None:
        self._left = dict(enumerate(signals))

    def expect(self, loop: VirtualLoop) -> None:
        """Let them arrive in a loop that is about to run; those that are late, at once."""
        for which, one in self._left.items():
            loop.schedule(max(one.at, loop.virtual_time()), self._send, which)

    def _send(self, which: int) -> None:
        if (one := self._left.pop(which, None)) is not None:
            signal.raise_signal(one.number)
