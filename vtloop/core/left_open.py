"""What a program leaves open in its network, as far as it has not begun to close it.

One looks twice. What counts is open when the program is over, and still is when the tasks that were
left have been cancelled and have cleaned up.
"""

from __future__ import annotations

from asyncio.sslproto import SSLProtocol
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtloop.core.loop import VirtualLoop
    from vtloop.net.descriptors import File
    from vtloop.net.kernel import Kernel
    from vtloop.net.unclosed import Look, Unclosed


def has_sockets(loop: VirtualLoop) -> bool:
    """Return whether anything is open in the run of a loop, be it about to be closed."""
    kernel: Kernel | None = loop.clock.kernel
    return kernel is not None and kernel.descriptors.any_open


def unclosed(loop: VirtualLoop) -> list[Unclosed]:
    """Return what is open at a first look."""
    return _look(loop.clock.kernel).unclosed() if has_sockets(loop) else []


def left_open(loop: VirtualLoop, first: list[Unclosed]) -> list[Unclosed]:
    """Return what is still open of what was at a first look, when all that is ready has run."""
    if not first:
        return []
    loop.finish_instant()
    files = set(_look(loop.clock.kernel).files.values())
    return [one for one in first if not files.isdisjoint(one.files)]


def dropped(loop: VirtualLoop, file: File) -> Unclosed:
    """Return what it is that nobody can close any more, as Python now does for its owner."""
    return _look(loop.clock.kernel).dropped(file)


def close_all(loop: VirtualLoop) -> None:
    """Close what is open, as Python complains of it at some time otherwise."""
    if not has_sockets(loop):
        return
    kernel: Kernel = loop.clock.kernel
    for numbers in kernel.descriptors.files().values():
        for number in numbers:
            transport = _transport(kernel, number)
            if transport is None:
                kernel.descriptors.close(number)
            else:
                transport.abort()
    loop.finish_instant()


def _look(kernel: Kernel) -> Look:
    from vtloop.net.unclosed import Look  # here, as most runs have no sockets

    return Look(kernel, lambda number: _is_closing(kernel, number))


def _transport(kernel: Kernel, number: int) -> Any:
    """Return asyncio's transport for a descriptor; None if there is none, or none any more."""
    transport = kernel.transports.get(number)
    if transport is None or transport.get_extra_info("socket").fileno() != number:
        return None
    return transport


def _is_closing(kernel: Kernel, number: int) -> bool:
    """Return whether somebody has closed a transport that still has its descriptor."""
    transport = _transport(kernel, number)
    if transport is None:
        return False
    protocol = transport.get_protocol()
    if isinstance(protocol, SSLProtocol):  # its last words are on their way
        of_program: Any = protocol._app_transport
        if of_program is not None and of_program._closed:
            return True
    return bool(transport.is_closing())
