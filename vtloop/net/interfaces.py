"""What the kinds of sockets need of the kernel that they are of (see `kernel`)."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from typing import Any, Protocol
from weakref import WeakSet

from vtloop.net.messages import Message
from vtloop.net.rules import Verdict
from vtloop.net.state import State
from vtloop.values.choices import Keeping
from vtloop.values.clock import Clock
from vtloop.values.source import Place


class Timers(Protocol):
    """The loop that runs, as far as it lets things happen later."""

    def schedule(self, deadline: int, callback: Callable[..., object], *args: Any) -> Any: ...

    def abandon(self, is_gone: Callable[[Context], bool]) -> None:
        """Run nothing any more that belongs to a context of which the function says so."""


class Messages(Protocol):
    """What is told of the messages of the network; see `trace.MESSAGES` for their kinds.

    Numbers are those of a recorder's own count, from 1 on.
    """

    here: Callable[[], str]
    """Returns the host on which the code is that runs; the network puts its own in this place."""

    def opened(self) -> Place | None:
        """Return where the program is that opens a socket now."""

    def sent(
        self,
        kind: str,
        source: str,
        destination: str,
        size: int | None,
        hosts: tuple[str, str],
        held: bool,
    ) -> int:
        """Note that the step that runs now has sent a message; return its number.

        Source and destination are addresses as they are printed, such as '10.0.0.2:5432', or the
        path of a UNIX socket. The size is in bytes, None where it differs from run to run, as with
        TLS. A host is told by its name, and '' is the machine of the program itself.
        """

    def arrived(self, number: int) -> None:
        """Note that it is where its receiver can read it; be it between two steps."""

    def lost(self, number: int, why: str) -> None:
        """Note that a fault of some name has swallowed it."""

    def released(self, number: int) -> None:
        """Note that one that was held goes on."""

    def received(self, number: int) -> None:
        """Note that the step that runs now has read the last byte of it."""


class Wire(Protocol):
    """What carries messages (see `wire`)."""

    def note(self, message: Message, held: bool = False) -> None: ...
    def note_at_once(self, message: Message) -> None: ...
    def received(self, message: Message) -> None: ...
    def send(
        self,
        message: Message,
        arrive: Callable[[Message], object],
        refuse: Callable[[], object],
    ) -> None: ...
    def send_in_order(self, message: Message) -> None: ...
    def send_silently(self, source: Any, target: Any, then: Callable[[], object]) -> None: ...
    def later(self, instant: int, act: Callable[[], object], apart: bool = False) -> int: ...
    def call_off(self, number: int) -> None: ...


class Ports(Protocol):
    """Who has which port (see `ports`)."""

    def find(self, host: str, type: int, ip: str, port: int, source: Any = None) -> Any: ...
    def share(self, endpoint: Any) -> None: ...
    def check_to_listen(self, endpoint: Any) -> None: ...


class Paths(Protocol):
    """Who has which path (see `paths`)."""

    def find(self, path: str | bytes) -> Any: ...


class Kernel(Protocol):
    """What all sockets of a run share."""

    clock: Clock
    chooser: Keeping
    endpoints: WeakSet[Any]
    state: State
    kept_alive: dict[Any, None]

    @property
    def wire(self) -> Wire: ...
    @property
    def ports(self) -> Ports: ...
    @property
    def paths(self) -> Paths: ...
    @property
    def loop(self) -> Timers | None: ...
    @property
    def messages(self) -> Messages | None: ...
    def judge(self, message: Message, may_cut: bool = False) -> Verdict | None: ...
    def hold(self, message: Message, verdict: Verdict, go_on: Callable[[], object]) -> None: ...
    def is_secret(self, message: Message) -> bool: ...
    def here(self) -> str: ...
    def route(self, endpoint: Any, ip: str) -> str: ...
    def source_for(self, endpoint: Any, ip: str) -> tuple[str, int]: ...
    def target(self, endpoint: Any, address: Any) -> tuple[str, int]: ...
    def bind(self, endpoint: Any, address: Any) -> None: ...
    def bind_to_reach(self, endpoint: Any, ip: str) -> None: ...
    def unbind(self, endpoint: Any) -> None: ...
    def replace(self, old: Any, new: Any) -> None: ...
    def connect(self, client: Any, address: Any) -> None: ...
    def listen(self, stream: Any, backlog: int) -> Any: ...
