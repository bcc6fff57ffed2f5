"""The network of a run: its hosts, the links between them, and the rules on what they send.

    network = vtloop.net.Network(latency=0.02)

    async def main():
        with network.host("db"):
            server = await asyncio.start_server(answer, "db", 5432)
        ...

    vtloop.run(main(), network=network)

Each run begins with the network as it was made: what a program changes while it runs is gone with
the run. Hosts are named by the program; what runs outside of all of them is on the machine of the
program, whose name is ''.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from vtloop.net.links import INSTANT, Link, Rule, Verdict
from vtloop.net.messages import Message
from vtloop.values.choices import Chooser
from vtloop.values.clock import NANOSECONDS, Clock, Seconds, to_nanoseconds

_HERE: ContextVar[str] = ContextVar("vtloop.net.host", default="")
_JITTER_STEPS = 16  # how finely the time of a message is chosen


class _State:
    """What a run has changed."""

    def __init__(self) -> None:
        self.hosts: dict[str, list[str]] = {}  # the addresses of each
        self.at: dict[str, str] = {}
        self.links: dict[tuple[str, str], Link] = {}
        self.rules: list[Rule] = []
        self.held: list[tuple[Message, Callable[[], object]]] = []
        self.down: set[str] = set()
        self.free_at: dict[tuple[str, str], int] = {}

    def copy(self) -> _State:
        other = _State()
        other.hosts = {name: [*ips] for name, ips in self.hosts.items()}
        other.at, other.links, other.rules = {**self.at}, {**self.links}, [*self.rules]
        return other


class Network:
    """What is there for a run to talk to.

    - `latency`, `jitter`, `bandwidth`: of the links between different hosts, see `links.Link`; a
      host talks to itself at once. With no hosts, what the program sends to itself takes that long.
    - `chooser`: who decides what is left to chance; by default, nothing is
    """

    def __init__(
        self,
        *,
        latency: Seconds = 0,
        jitter: Seconds = 0,
        bandwidth: float | None = None,
        chooser: Chooser | None = None,
    ) -> None:
        self._link = _checked(latency, jitter, bandwidth)
        self._chooser = chooser
        self._made = self._state = _State()
        self._add_host("", None)

    def begin(self) -> Network:
        """Be as it was made, as another run begins."""
        self._state = self._made.copy()
        return self

    def end(self) -> None:
        """Forget what a run has changed."""
        self._state = self._made

    # Hosts

    @contextmanager
    def host(self, name: str, ip: str | None = None) -> Iterator[str]:
        """Let what is made within, and the tasks that start there, be on a host.

        A host has an address of its own, 10.0.0.2 and so on unless `ip` is given, and `name`
        resolves to it. Gives that address.
        """
        if name not in self._state.hosts:
            self._add_host(name, ip)
        elif ip is not None and ip not in self._state.hosts[name]:
            self._add_address(name, ip)
        token = _HERE.set(name)
        try:
            yield self._state.hosts[name][0]
        finally:
            _HERE.reset(token)

    def _add_host(self, name: str, ip: str | None) -> None:
        number = len(self._state.hosts) + 1
        self._state.hosts[name] = []
        self._add_address(name, ip or f"10.0.{number >> 8}.{number & 255}")
        self._add_address(name, f"fd00::{number:x}")

    def _add_address(self, name: str, ip: str) -> None:
        if ip in self._state.at:
            raise ValueError(
                f"Host {name!r} was to have the address {ip}, which {self._state.at[ip]!r} has; "
                "choose another one"
            )
        self._state.hosts[name].append(ip)
        self._state.at[ip] = name

    def here(self) -> str:
        """Return the name of the host on which what runs now is."""
        name = _HERE.get()
        return name if name in self._state.hosts else ""

    def host_at(self, ip: str) -> str | None:
        """Return the host that has an address."""
        return self._state.at.get(ip)

    def ip_of(self, host: str, is_ipv6: bool = False) -> str:
        """Return the address of a host."""
        return next(ip for ip in self._state.hosts[host] if (":" in ip) == is_ipv6)

    def addresses_of(self, name: str) -> Sequence[str]:
        """Return what a name resolves to."""
        return self._state.hosts.get(name, ()) if name else ()

    def names(self) -> Sequence[str]:
        """Return the names of its hosts."""
        return [name for name in self._state.hosts if name]

    def told(self) -> str:
        """Return in words which hosts there are."""
        hosts = [
            f"{name!r} ({', '.join(ips)})" if name else f"this machine ({', '.join(ips)})"
            for name, ips in self._state.hosts.items()
        ]
        return ", ".join(hosts)

    # Links and rules

    def link(
        self,
        one: str,
        other: str,
        *,
        latency: Seconds = 0,
        jitter: Seconds = 0,
        bandwidth: float | None = None,
    ) -> None:
        """Say what the way between two hosts is like, in both directions."""
        link = _checked(latency, jitter, bandwidth)
        self._state.links[one, other] = self._state.links[other, one] = link

    @contextmanager
    def rule(self, rule: Rule) -> Iterator[None]:
        """Let a rule decide what becomes of the messages that are sent meanwhile."""
        rules = self._state.rules
        rules.append(rule)
        try:
            yield
        finally:
            rules.remove(rule)

    def judge(self, message: Message, clock: Clock) -> Verdict | None:
        """Return what becomes of a message; None if it arrives at once."""
        state, source, target = self._state, message.source_host, message.target_host
        if state.down and (source in state.down or target in state.down):
            return Verdict(drops=True, why="crash")
        extra, why = 0, ""
        copies: tuple[int, ...] = (0,)
        for rule in state.rules:
            verdict = rule(message)
            if verdict is not None:
                if verdict.drops or verdict.resets or verdict.holds:
                    return verdict
                extra, why, copies = extra + verdict.delays[0], verdict.why, verdict.delays
        link = self._link_between(source, target)
        if link.is_instant and not extra and len(copies) == 1:
            return None
        delay = extra + self._time_on(link, message, clock)
        return Verdict((delay, *(delay + copy for copy in copies[1:])), why=why)

    def _link_between(self, source: str, target: str) -> Link:
        state = self._state
        if (source, target) in state.links:
            return state.links[source, target]
        if source == target and len(state.hosts) > 1:
            return INSTANT
        return self._link

    def _time_on(self, link: Link, message: Message, clock: Clock) -> int:
        delay = to_nanoseconds(link.latency)
        if link.jitter:
            share = self.choose("jitter", _JITTER_STEPS)
            delay += to_nanoseconds(link.jitter) * share // (_JITTER_STEPS - 1)
        if link.bandwidth:
            way = message.source_host, message.target_host
            begins = max(clock.now, self._state.free_at.get(way, 0))
            ends = begins + round(len(message.data) * NANOSECONDS / link.bandwidth)
            self._state.free_at[way] = ends
            delay += ends - clock.now
        return delay

    def choose(self, kind: str, n: int) -> int:
        """Return which of `n` things happens; 0, the least fault, if nobody is there to choose."""
        return 0 if self._chooser is None else self._chooser.choose(kind, n)

    # Held messages

    def keep(self, message: Message, go_on: Callable[[], object]) -> None:
        """Hold a message until it is released."""
        self._state.held.append((message, go_on))

    @property
    def held(self) -> list[Message]:
        """The messages that are held, in the order in which they were sent."""
        return [message for message, _ in self._state.held]

    def release(self, message: Message | None = None) -> None:
        """Let a held message go on, or all of them."""
        held = self._state.held
        going = [entry for entry in held if message is None or entry[0] is message]
        self._state.held = [entry for entry in held if entry not in going]
        for _, go_on in going:
            go_on()

    def is_down(self, host: str) -> bool:
        """Return whether a host has crashed."""
        return host in self._state.down


def _checked(latency: Seconds, jitter: Seconds, bandwidth: float | None) -> Link:
    for name, seconds in (("latency", latency), ("jitter", jitter)):
        if to_nanoseconds(seconds) < 0:
            raise ValueError(f"{name}={seconds!r} was given; pass a number of seconds from 0 on")
    if bandwidth is not None and not bandwidth > 0:
        raise ValueError(f"bandwidth={bandwidth!r} was given; pass a number of bytes a second")
    return Link(latency, jitter, bandwidth)


def is_network(value: Any) -> bool:
    """Return whether a value can be the network of a run."""
    return isinstance(value, Network)
