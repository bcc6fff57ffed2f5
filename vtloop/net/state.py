"""What a network is like at a time in a run: its hosts, links and rules, and what is held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextvars import Context, ContextVar, Token
from itertools import count
from typing import NamedTuple

from vtloop.net.links import INSTANT, Link
from vtloop.net.messages import Message
from vtloop.net.rules import InForce

HERE: ContextVar[tuple[str, int]] = ContextVar("vtloop.net.host", default=("", 0))
"""The host that what runs now was started on: its name, and how often it had crashed before."""


class Held(NamedTuple):
    """A message that is held."""

    message: Message
    rule: InForce
    """What holds it."""
    go_on: Callable[[], object]
    """Lets it go on."""


class State:
    """What a network is like; each run changes a copy of its own.

    `link` is the way between different hosts, and of what a program sends to itself where there are
    no hosts.
    """

    def __init__(self, link: Link) -> None:
        self.link = INSTANT if link.is_instant else link
        self.hosts: dict[str, list[str]] = {}
        """The addresses that the name of each host stands for."""
        self._own: dict[str, tuple[str, str]] = {}
        self.links: dict[tuple[str, str], Link] = {}
        self.rules: list[InForce] = []
        self.rules_changed: Callable[[], object] = lambda: None
        """Called when there are other rules."""
        self.held: list[Held] = []
        """Messages that are held, in the order in which they were sent."""
        self.down: set[str] = set()
        """The hosts that have crashed, and not come up again."""
        self._crashes: Counter[str] = Counter()
        self._named: dict[str, list[str]] = {}
        """The addresses of names that servers listen on."""
        self._at: dict[str, str] = {}
        self.add_host("", None)

    def copy(self) -> State:
        """Return one that can be changed."""
        other = State(self.link)
        other.hosts = {name: [*ips] for name, ips in self.hosts.items()}
        other._named = {name: [*ips] for name, ips in self._named.items()}
        other._own = {**self._own}
        other._at, other.links, other.rules = {**self._at}, {**self.links}, [*self.rules]
        return other

    # Hosts

    def add_host(self, name: str, ip: str | None) -> None:
        """Add a host, whose name stands for one address.

        It has one of each family besides, from which it sends. A name that stood for both would
        make two errors of a refusal, as a connection is tried with each of its addresses.
        """
        numbers = count(len(self.hosts) + 1)
        pairs = ((f"10.0.{n >> 8}.{n & 255}", f"fd00::{n:x}") for n in numbers)
        own = next(pair for pair in pairs if self._at.keys().isdisjoint(pair))
        self.hosts[name], self._own[name] = [], own
        self._at.update(dict.fromkeys(own, name))
        self.add_address(name, ip or own[0])

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
        """Let a name stand for the host on which what runs now is, with an address of its own."""
        ips = (f"10.1.{n >> 8}.{n & 255}" for n in count(1))
        ip = next(ip for ip in ips if ip not in self._at)
        self._named[name] = [ip]
        self._at[ip] = self.here()

    def here(self) -> str:
        """Return the name of the host on which what runs now is."""
        name, _ = HERE.get()
        return name if name in self.hosts else ""

    def enter(self, name: str) -> Token[tuple[str, int]]:
        """Let what is started from now on be on a host; return what `HERE` is set back with."""
        return HERE.set((name, self._crashes[name]))

    def crash(self, name: str) -> None:
        """Let a host be silent, and what was started there be no more."""
        self.down.add(name)
        self._crashes[name] += 1

    def is_gone(self, context: Context) -> bool:
        """Return whether what runs in a context was on a host that has crashed since."""
        name, crashes = context.get(HERE, ("", 0))
        return crashes < self._crashes[name]

    def host_at(self, ip: str) -> str | None:
        """Return the host that has an address."""
        return self._at.get(ip)

    def ip_of(self, host: str, is_ipv6: bool = False) -> str:
        """Return the address of a host."""
        known = self.hosts[host], self._own[host]
        return next(ip for ips in known for ip in ips if (":" in ip) == is_ipv6)

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

    # Rules, and the messages that they hold

    def add_rule(self, entry: InForce) -> None:
        """Let a rule decide too."""
        self.rules.append(entry)
        self.rules_changed()

    def remove_rule(self, entry: InForce) -> None:
        """Let a rule decide no more, and what it holds go on."""
        self.rules.remove(entry)
        self.rules_changed()
        self.let_go(entry)

    def let_go(self, rule: InForce | None = None, message: Message | None = None) -> None:
        """Let messages go on that a rule holds, or any; one of them, or all."""
        going: list[Held] = []
        staying: list[Held] = []
        for held in self.held:
            goes = rule in (None, held.rule) and message in (None, held.message)
            (going if goes else staying).append(held)
        self.held = staying
        for held in going:
            held.message.is_released |= rule is None  # nobody holds it again
            held.go_on()
