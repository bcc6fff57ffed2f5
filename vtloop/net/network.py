"""The network of a run: its hosts, the links between them, and the rules on what they send.

    network = vtloop.net.Network(latency=0.02)

    async def main():
        with network.host("db"):
            server = await asyncio.start_server(answer, "db", 5432)
        reader, writer = await asyncio.open_connection("db", 5432)

    vtloop.run(main(), network=network)

Each run begins with the network as it was made: what a program changes while it runs is gone with
the run. Hosts are named by the program; what runs outside of all of them is on the machine of the
program, whose name is ''.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from vtloop.net.links import Link, Rule
from vtloop.net.messages import Message
from vtloop.net.state import HERE, State
from vtloop.values.choices import Chooser
from vtloop.values.clock import Seconds, to_nanoseconds

kernel_here: Callable[[], Any] = lambda: None  # noqa: E731 the core puts its own here
"""Returns the kernel of the run that this thread belongs to, None if there is none."""


class Network:
    """What is there for a run to talk to.

    - `latency`, `jitter`: how many seconds a message takes between two hosts, and how many more it
      may take, which is a choice of the run
    - `bandwidth`: how many bytes go through in a second, None for any number
    - `chooser`: who decides what is left to chance (see `choices.Chooser`); without one, nothing is

    A host talks to itself at once, unless `link` says otherwise. If there are no hosts but the
    machine of the program, what that sends to itself takes as long as between two hosts.
    """

    def __init__(
        self,
        *,
        latency: Seconds = 0,
        jitter: Seconds = 0,
        bandwidth: float | None = None,
        chooser: Chooser | None = None,
    ) -> None:
        link = _checked(latency, jitter, bandwidth)
        self._made = State(link, chooser)

    def __repr__(self) -> str:
        link = self._made.link
        given = [f"{name}={value!r}" for name, value in link._asdict().items() if value]
        return f"Network({', '.join(given)})"

    @property
    def _state(self) -> State:
        """Return what it is like now: in a run, what that has made of it."""
        kernel = kernel_here()
        of_run = kernel is not None and kernel.network.stands_for(self)
        return kernel.state if of_run else self._made

    def begin(self) -> State:
        """Return what it is like as a run begins."""
        return self._made.copy()

    def stands_for(self, network: Network) -> bool:
        """Return whether what is said of a network is said of this one, as its run has this one."""
        return network is self

    @contextmanager
    def host(self, name: str, ip: str | None = None) -> Iterator[str]:
        """Let what is made within, and the tasks that start there, be on a host.

        A host has an address of its own, 10.0.0.2 and so on unless `ip` is given, and `name`
        resolves to it. Gives that address. ValueError if another host has `ip`.
        """
        state = self._state
        if name not in state.hosts:
            state.add_host(name, ip)
        elif ip is not None:
            state.add_address(name, ip)
        token = HERE.set(name)
        try:
            yield state.hosts[name][0]
        finally:
            HERE.reset(token)

    def link(
        self,
        one: str,
        other: str,
        *,
        latency: Seconds = 0,
        jitter: Seconds = 0,
        bandwidth: float | None = None,
    ) -> None:
        """Say what the way between two hosts is like, in both directions; see `Network`."""
        link = _checked(latency, jitter, bandwidth)
        self._state.links[one, other] = self._state.links[other, one] = link

    @contextmanager
    def rule(self, rule: Rule) -> Iterator[None]:
        """Let a rule decide what becomes of the messages that are sent meanwhile (see `links`)."""
        rules = self._state.rules
        rules.append(rule)
        try:
            yield
        finally:
            rules.remove(rule)

    @property
    def held(self) -> list[Message]:
        """The messages that are held, in the order in which they were sent."""
        return [message for message, _ in self._state.held]

    def release(self, message: Message | None = None) -> None:
        """Let a held message go on, or all of them."""
        state = self._state
        going = [entry for entry in state.held if message is None or entry[0] is message]
        state.held = [entry for entry in state.held if entry not in going]
        for _, go_on in going:
            go_on()


def _checked(latency: Seconds, jitter: Seconds, bandwidth: float | None) -> Link:
    for name, seconds in (("latency", latency), ("jitter", jitter)):
        if to_nanoseconds(seconds) < 0:
            raise ValueError(f"{name}={seconds!r} was given; pass a number of seconds from 0 on")
    if bandwidth is not None and not bandwidth > 0:
        raise ValueError(f"bandwidth={bandwidth!r} was given; pass a number of bytes a second")
    return Link(latency, jitter, bandwidth)


def current_network() -> Network:
    """Return the network of the run that goes on in this thread.

    RuntimeError where no run goes on, or one with `network=None`.
    """
    kernel = kernel_here()
    if kernel is None:
        raise RuntimeError(
            "current_network() was called where no run with a network goes on; call it in a "
            "program that runs, or keep the Network that the run is given"
        )
    network: Network = kernel.network
    return network


EVERYWHERE = Network()
"""The network of a run of which nothing is said: one machine, that talks to itself at once."""
