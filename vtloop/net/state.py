"""What a network is like at a time in a run: its hosts, links and rules, and what is held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from itertools import count

from vtloop.net.links import INSTANT, Link, Rule, Verdict
from vtloop.net.messages import Message
from vtloop.values.choices import Chooser
from vtloop.values.clock import NANOSECONDS, Clock, to_nanoseconds

HERE: ContextVar[str] = ContextVar("vtloop.net.host", default="")
"""The name of the host that what runs now was started on."""

_JITTER_STEPS = 16  # how finely the time of a message is chosen


class State:
    """What a network is like; each run changes a copy of its own.

    `link` is the way between different hosts, and of what a program sends to itself where there are
    no hosts. `chooser` decides what is left to chance, if anybody does.
    """

    def __init__(self, link: Link, chooser: Chooser | None) -> None:
        self.link = link
        self.chooser = chooser
        self.hosts: dict[str, list[str]] = {}
        """The addresses of each host."""
        self.links: dict[tuple[str, str], Link] = {}
        self.rules: list[Rule] = []
        self.held: list[tuple[Message, Callable[[], object]]] = []
        """Messages that are held, with what lets them go on."""
        self._named: dict[str, list[str]] = {}
        """The addresses of names that servers listen on."""
        self._at: dict[str, str] = {}
        self._free_at: dict[tuple[str, str], int] = {}
        self.add_host("", None)

    def copy(self) -> State:
        """Return one that can be changed."""
        other = State(self.link, self.chooser)
        other.hosts = {name: [*ips] for name, ips in self.hosts.items()}
        other._named = {name: [*ips] for name, ips in self._named.items()}
        other._at, other.links, other.rules = {**self._at}, {**self.links}, [*self.rules]
        return other

    # Hosts

    def add_host(self, name: str, ip: str | None) -> None:
        """Add a host, with an address of its own, and one of IPv6."""
        number = len(self.hosts) + 1
        self.hosts[name] = []
        self.add_address(name, ip or f"10.0.{number >> 8}.{number & 255}")
        self.add_address(name, f"fd00::{number:x}")

    def add_address(self, name: str, ip: str) -> None:
        """Give a host another address; ValueError if another one has it."""
        if self._at.get(ip, name) != name:
            raise ValueError(
                f"Host {name!r} was to have the address {ip}, which {self._at[ip]!r} has; choose "
                "another one"
            )
        if ip not in self.hosts[name]:
            self.hosts[name].append(ip)
            self._at[ip] = name

    def give_name(self, name: str) -> None:
        """Let a name stand for the host on which what runs now is, with addresses of its own."""
        addresses = ([f"10.1.{n >> 8}.{n & 255}", f"fd01::{n:x}"] for n in count(1))
        ips = next(ips for ips in addresses if self._at.keys().isdisjoint(ips))
        self._named[name] = ips
        self._at.update(dict.fromkeys(ips, self.here()))

    def here(self) -> str:
        """Return the name of the host on which what runs now is."""
        name = HERE.get()
        return name if name in self.hosts else ""

    def host_at(self, ip: str) -> str | None:
        """Return the host that has an address."""
        return self._at.get(ip)

    def ip_of(self, host: str, is_ipv6: bool = False) -> str:
        """Return the address of a host."""
        return next(ip for ip in self.hosts[host] if (":" in ip) == is_ipv6)

    def addresses_of(self, name: str) -> Sequence[str]:
        """Return what a name resolves to."""
        if name in self._named and name not in self.hosts:
            return self._named[name]
        return self.hosts.get(name, ()) if name else ()

    def names(self) -> Sequence[str]:
        """Return the names of its hosts."""
        return [name for name in (*self.hosts, *self._named) if name]

    def told(self) -> str:
        """Return in words which hosts there are."""
        return ", ".join(
            f"{repr(name) if name else 'this machine'} ({', '.join(ips)})"
            for name, ips in self.hosts.items()
        )

    # Messages

    def judge(self, message: Message, clock: Clock) -> Verdict | None:
        """Return what becomes of a message; None if it arrives at once."""
        source, target = message.source_host, message.target_host
        extra, why = 0, ""
        copies: tuple[int, ...] = (0,)
        for rule in self.rules:
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
        if (source, target) in self.links:
            return self.links[source, target]
        if source == target and len(self.hosts) > 1:
            return INSTANT
        return self.link

    def _time_on(self, link: Link, message: Message, clock: Clock) -> int:
        delay = to_nanoseconds(link.latency)
        if link.jitter:
            share = self.choose("jitter", _JITTER_STEPS)
            delay += to_nanoseconds(link.jitter) * share // (_JITTER_STEPS - 1)
        if link.bandwidth:
            way = message.source_host, message.target_host
            begins = max(clock.now, self._free_at.get(way, 0))
            ends = begins + round(len(message.data) * NANOSECONDS / link.bandwidth)
            self._free_at[way] = ends
            delay += ends - clock.now
        return delay

    def choose(self, kind: str, n: int) -> int:
        """Return which of `n` things happens; 0, the least fault, if nobody is there to choose."""
        return 0 if self.chooser is None else self.chooser.choose(kind, n)
