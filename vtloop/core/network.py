"""The network of a run, for its threads: the kernel is made when one of them first needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vtloop.core.threads.actor import here
from vtloop.core.threads.sockets import wait
from vtloop.net import network
from vtloop.values.clock import Clock
from vtloop.values.source import place, program_frames

if TYPE_CHECKING:
    from vtloop.net.kernel import Kernel


def kernel_of(clock: Clock) -> Kernel | None:
    """Return what the sockets of a run share; None if the run is to have no network."""
    if clock.kernel is None and clock.network is not None:
        # Here, as it is slow to import, and most runs have no sockets.
        from vtloop.net.kernel import Kernel

        clock.kernel = Kernel(clock.network, clock, wait)
        clock.kernel.serve()
        clock.has_sockets()
    kernel: Kernel | None = clock.kernel
    return kernel


def kernel_here() -> Kernel | None:
    """Return that of the run that this thread belongs to; None if it belongs to none."""
    actor = here.actor
    return None if actor is None else kernel_of(actor.clock)


def _kernel_with(given: network.Network | None) -> Kernel | None:
    """Return the kernel of the run that this thread belongs to, if that has a network: a given one.

    The network that a program uses first is its run's, if nobody has said which one that has. If it
    has another one, its user is told: what is done to this one changes nothing there.
    """
    actor = here.actor
    if actor is None:
        return None
    clock = actor.clock
    if clock.network is network.EVERYWHERE and clock.kernel is None and given is not None:
        clock.network = given
    if given is None or (clock.network is not None and clock.network.stands_for(given)):
        return kernel_of(clock)
    if clock.loop is not None:
        clock.loop.notice(
            f"{place(program_frames()[0])} used {given!r} in a run that has another network, where "
            "it changes nothing; run the program with network=…"
        )
    return None


network.kernel_here = _kernel_with
