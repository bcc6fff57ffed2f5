"""A network in memory: what sockets of a run are, and all that is between them.

A program that listens and connects within one run just works. Hosts, links and faults are said with
a `Network`:

    network = vtloop.net.Network(latency=0.02)
    vtloop.run(main(), network=network)

It has no clock and no threads of its own: time is the run's, and the core lets what is due happen.

Used from outside: `network.Network`, `rules`, `faults`, `kernel.Kernel`, `sockets`, `tls`, `files`,
`endpoints`, `selector.Selector`, `descriptors`, `unclosed`.
May import: `private`, `values`, `patching`.

A map of the package, from the bottom up:

- `addresses`, `services`, `names`: what an address is, and what a name stands for
- `messages`, `links`, `rules`, `faults`: what travels, on what, and what becomes of it
- `state`, `judging`: what the network is like at a time, and what it does with a message
- `network`: all this, as users say it
- `interfaces`: what sockets need of their kernel
- `endpoints`, `options`: what all sockets have
- `keep_alive`: whether the other end of a connection is there
- `streams`, `listeners`, `datagrams`: the kinds of sockets, as a kernel keeps them
- `descriptors`, `ports`, `paths`: who has which number, address and file
- `connecting`, `wire`: how connections are made, and when messages arrive
- `kernel`: what all sockets of a run share
- `unclosed`: which of them are still open
- `sockets`, `tls`, `files`, `selector`: what a program, `os` and its loop see of them
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtloop.net.faults import Fault as Fault
    from vtloop.net.faults import black_hole as black_hole
    from vtloop.net.faults import clog as clog
    from vtloop.net.faults import coalesce as coalesce
    from vtloop.net.faults import duplication as duplication
    from vtloop.net.faults import half_open as half_open
    from vtloop.net.faults import loss as loss
    from vtloop.net.faults import partition as partition
    from vtloop.net.faults import refused as refused
    from vtloop.net.faults import reordering as reordering
    from vtloop.net.faults import reset as reset
    from vtloop.net.faults import reset_after as reset_after
    from vtloop.net.faults import slow as slow
    from vtloop.net.faults import split as split
    from vtloop.net.messages import Message as Message
    from vtloop.net.network import Network as Network
    from vtloop.net.network import current_network as current_network
    from vtloop.net.rules import DROP as DROP
    from vtloop.net.rules import HOLD as HOLD
    from vtloop.net.rules import PASS as PASS
    from vtloop.net.rules import RESET as RESET
    from vtloop.net.rules import Verdict as Verdict
    from vtloop.net.rules import after as after

_HOMES = {
    **dict.fromkeys(("DROP", "HOLD", "PASS", "RESET", "Verdict", "after"), "rules"),
    **dict.fromkeys(
        (
            "Fault",
            "black_hole",
            "clog",
            "coalesce",
            "duplication",
            "half_open",
            "loss",
            "partition",
            "refused",
            "reordering",
            "reset",
            "reset_after",
            "slow",
            "split",
        ),
        "faults",
    ),
    "Message": "messages",
    **dict.fromkeys(("Network", "current_network"), "network"),
}
__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
