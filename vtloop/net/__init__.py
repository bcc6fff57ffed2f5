"""A network in memory: what sockets of a run are, and all that is between them.

A program that listens and connects within one run just works. Hosts, links and faults are said with
a `Network`:

    network = vtloop.net.Network(latency=0.02)
    vtloop.run(main(), network=network)

It has no clock and no threads of its own: time is the run's, and the core lets what is due happen.

Used from outside: `network.Network`, `links`, `kernel.Kernel`, `sockets`, `selector.Selector`,
`endpoints`, `descriptors`, `tls`.
May import: `private`, `values`, `patching`.

A map of the package, from the bottom up:

- `addresses`, `services`, `names`: what an address is, and what a name stands for
- `messages`, `links`, `state`: what travels, what becomes of it, and where there is what
- `network`: all this, as users say it
- `interfaces`: what sockets need of their kernel
- `endpoints`, `options`: what all sockets have
- `streams`, `listeners`, `datagrams`: the kinds of sockets, as a kernel keeps them
- `descriptors`, `ports`, `paths`: who has which number, address and file
- `connecting`, `wire`: how connections are made, and when messages arrive
- `kernel`: what all sockets of a run share
- `sockets`, `selector`: what a program and its loop see of them
- `tls`: TLS on sockets that block
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtloop.net.links import DROP as DROP
    from vtloop.net.links import HOLD as HOLD
    from vtloop.net.links import PASS as PASS
    from vtloop.net.links import RESET as RESET
    from vtloop.net.links import Verdict as Verdict
    from vtloop.net.links import after as after
    from vtloop.net.messages import Message as Message
    from vtloop.net.network import Network as Network

_HOMES = {
    **dict.fromkeys(("DROP", "HOLD", "PASS", "RESET", "Verdict", "after"), "links"),
    "Message": "messages",
    "Network": "network",
}
__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
