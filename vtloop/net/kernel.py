"""The kernels of all hosts of one run: who has which address, and how a message gets to its host.

A `Kernel` is made anew for each run, from a `Network` that says what is there.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import Any
from weakref import WeakSet, WeakValueDictionary

from vtloop.net import addresses
from vtloop.net.connecting import Attempt, connect_unix
from vtloop.net.datagrams import Datagrams
from vtloop.net.descriptors import Descriptors, File
from vtloop.net.endpoints import Endpoint, failure
from vtloop.net.interfaces import Messages, Timers
from vtloop.net.judging import Judge
from vtloop.net.keep_alive import KeepAlive
from vtloop.net.listeners import Listener
from vtloop.net.messages import Message
from vtloop.net.names import Names
from vtloop.net.network import Network
from vtloop.net.paths import Paths
from vtloop.net.ports import Ports
from vtloop.net.rules import InForce, Verdict
from vtloop.net.state import Held
from vtloop.net.streams import Stream
from vtloop.net.wire import Wire
from vtloop.values.clock import NEVER, Clock
from vtloop.values.source import Place


class Kernel:
    """What all simulated sockets of a run share."""

    def __init__(
        self, network: Network, clock: Clock, wait: Callable[[Endpoint, int, int], bool]
    ) -> None:
        self.network = network
        self.state, chooser = network.begin()
        if clock.rule is not None:
            self.state.add_rule(InForce(clock.rule))
        self.clock = clock
        self.chooser = chooser if clock.chooser is None else clock.chooser
        """Who chooses what is left to chance: whoever does so for the run, or for its network."""
        self.endpoints: WeakSet[Endpoint] = WeakSet()
        self.kept_alive: dict[KeepAlive, None] = {}
        """Of all ends of connections that ask whether the other one is there."""
        self.state.rules_changed = self._look_again
        self.judge = Judge(self.state, clock, self.chooser).judge
        """Returns what becomes of a message; None if it arrives at once."""
        self.wait = wait
        """Waits until an endpoint is ready, at most until an instant; returns whether it is."""
        self.wait_for_files: list[Callable[[], object]] = []
        """Called when a thread of the run has written to a real file."""
        self.ports = Ports()
        self.paths = Paths()
        self.descriptors = Descriptors()
        self.transports: WeakValueDictionary[int, Any] = WeakValueDictionary()
        """asyncio's transports, those of all loops of the run, by descriptor."""
        self.wire = Wire(self)
        self.messages: Messages | None = None
        """Who is told of messages, if anybody is."""
        self._opened: Callable[[], Place | None] | None = None
        self.dropped: Callable[[File], object] | None = None
        """Called with what is open as Python collects its last owner."""
        self.names = Names(
            self.state.addresses_of, "localhost", self.state.names, self.state.give_name
        )

    @property
    def loop(self) -> Timers | None:
        """The loop that runs now."""
        loop: Timers | None = self.clock.loop
        return loop

    def serve(self) -> None:
        """Let things happen in the loop that runs from now on."""
        recorder = getattr(self.clock.loop, "recorder", None)
        self._opened = getattr(self.clock.loop, "opened", None)
        self.dropped = getattr(self.clock.loop, "dropped", None)
        if recorder is not None:
            self._opened = self._opened or recorder.messages.opened
            self.messages = recorder.messages
            recorder.messages.here = self.here
        self.wire.set_alarm()

    def file(self, endpoint: Endpoint) -> File:
        """Return a new open file, which the program opens here."""
        return File(endpoint, None if self._opened is None else self._opened())

    def rest(self) -> None:
        """Let nothing happen until a loop runs again."""
        self.messages = self._opened = self.dropped = None
        self.wire.unset_alarm()

    # Hosts

    def here(self) -> str:
        """Return the host on which what runs now is."""
        return self.state.here()

    def route(self, endpoint: Endpoint, ip: str) -> str:
        """Return the host that an endpoint gets to at an address; OSError if there is none."""
        if addresses.is_loopback(ip) or addresses.is_any(ip):
            return endpoint.host
        host = self.state.host_at(ip)
        if host is None:
            raise OSError(
                errno.ENETUNREACH,
                f"Network is unreachable: {ip} was asked for in a simulation, where nothing leaves "
                f"the process, and whose hosts are {self.state.told()}; let a host have that "
                f"address, with network.host('name', ip={ip!r}), and run a stand-in there",
            )
        return host

    def source_for(self, endpoint: Endpoint, ip: str) -> tuple[str, int]:
        """Return the address that what an endpoint sends to an IP comes from."""
        own, port = endpoint.local
        if not addresses.is_any(own):
            return own, port
        if addresses.is_loopback(ip) or addresses.is_any(ip):
            return ("::1" if ":" in ip else "127.0.0.1"), port
        if self.state.host_at(ip) == endpoint.host:
            return ip, port
        return self.state.ip_of(endpoint.host, ":" in ip), port

    # Addresses

    def bind(self, endpoint: Endpoint, address: Any) -> None:
        """Give a checked address to an endpoint."""
        if endpoint.is_unix:
            self.paths.bind(endpoint, address)
            return
        ip, port = addresses.canonical(endpoint.family, address, self.names.own_address)
        own = addresses.is_any(ip) or addresses.is_loopback(ip) or addresses.is_multicast(ip)
        if not own and self.state.host_at(ip) != endpoint.host:
            raise failure(errno.EADDRNOTAVAIL)
        self.ports.take(endpoint, ip, port)

    def target(self, endpoint: Endpoint, address: Any) -> tuple[str, int]:
        """Return the (ip, port) that a checked address of another socket means."""
        ip, port = addresses.canonical(endpoint.family, address, self.names.address)
        if addresses.is_any(ip):
            ip = "::1" if ":" in ip else "127.0.0.1"
        return ip, port

    def bind_to_reach(self, endpoint: Endpoint, ip: str) -> None:
        """Let an endpoint that has no port have one, as it is about to send to an address."""
        if endpoint.local is None:
            self.ports.take(endpoint, "::" if ":" in ip else "0.0.0.0", 0)

    def unbind(self, endpoint: Endpoint) -> None:
        """Take note that an endpoint is closed."""
        if endpoint.is_unix:
            self.paths.leave(endpoint)
        else:
            self.ports.leave(endpoint)

    def replace(self, old: Endpoint, new: Endpoint) -> None:
        """Let an endpoint have the address of another one."""
        (self.paths if old.is_unix else self.ports).replace(old, new)

    def connect(self, client: Stream, address: Any) -> None:
        """Begin to connect a stream to a checked address; BlockingIOError for TCP."""
        if client.is_unix:
            connect_unix(self, client, address)
            return
        ip, port = self.target(client, address)
        host = self.route(client, ip)
        self.bind_to_reach(client, ip)
        client.local = self.source_for(client, ip)
        Attempt(self, client, host, ip, port)
        raise failure(errno.EINPROGRESS)

    def listen(self, stream: Stream, backlog: int) -> Listener:
        """Return what takes connections in the place of a stream that has an address."""
        return Listener(stream, backlog)

    # Messages

    def hold(self, message: Message, verdict: Verdict, go_on: Callable[[], object]) -> None:
        """Keep a message until it is released, or the rule ends that holds it."""
        rule = verdict.by
        assert rule is not None
        self.state.held.append(Held(message, rule, go_on))
        if rule.ends < NEVER:
            self.wire.later(rule.ends, lambda: self.state.let_go(rule))

    def _look_again(self) -> None:
        """Let those ask whom other rules let doubt whether their peers are there."""
        for keep_alive in tuple(self.kept_alive):
            keep_alive.look()

    def crash(self, host: str) -> None:
        """Let a host be silent from now on, and what runs there run no more."""
        state = self.state
        if host in state.down:
            return
        state.crash(host)
        state.held = [held for held in state.held if held.message.source_host != host]
        self.wire.forget(host)
        if self.loop is not None:
            self.loop.abandon(state.is_gone)
        for endpoint in tuple(self.endpoints):
            if endpoint.host == host:
                endpoint.vanish()

    def is_secret(self, message: Message) -> bool:
        """Return whether a message is of TLS, so that its length may differ by some bytes."""
        source = message.source
        return isinstance(source, Stream) and source.is_secret

    # Sockets

    def make(self, family: int, type: int, proto: int) -> Endpoint:
        """Return a new endpoint; OSError or ValueError for a kind that is not simulated."""
        unix = getattr(socket, "AF_UNIX", None)
        if family not in (socket.AF_INET, socket.AF_INET6, unix):
            raise failure(errno.EAFNOSUPPORT)
        if type == socket.SOCK_STREAM and proto in (0, socket.IPPROTO_TCP):
            return Stream(self, family, type, proto)
        if type == socket.SOCK_DGRAM and proto in (0, socket.IPPROTO_UDP):
            return Datagrams(self, family, type, proto)
        if family == unix and type == socket.SOCK_SEQPACKET:
            return Stream(self, family, type, proto)
        raise failure(errno.EPROTONOSUPPORT if type in _KINDS else errno.EINVAL)


_KINDS = (1, 2, 3, 5)
