"""The network of a run: its hosts, the links between them, and the rules on what they send.

    network = vtloop.net.Network(latency=0.02)

    async def main():
        with network.host("db"):
            server = await asyncio.start_server(answer, "db", 5432)
        with network.rule(vtloop.net.partition("db")):
            reader, writer = await asyncio.open_connection("db", 5432)

    vtloop.run(main(), network=network)

A run that is given none has the one that its program uses first, as under `vtloop run`. Each run
begins with the network as it was made: what a program changes while it runs is gone with the run.
Hosts are named by the program; what runs outside of all of them is on the machine of the program,
whose name is ''.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from vtloop.net.links import Link
from vtloop.net.messages import Message
from vtloop.net.rules import InForce, Rule
from vtloop.net.state import HERE, State
from vtloop.values.choices import Choices, Chooser, Keeping, Random, Replaying
from vtloop.values.clock import NEVER, Seconds, format_seconds, to_nanoseconds

kernel_here: Callable[[Network | None], Any] = lambda network: None  # noqa: E731 the core's comes here
"""Returns the kernel of the run that this thread belongs to; None if that has not this network."""


class Network:
    """What is there for a run to talk to.

    - `latency`, `jitter`: how many seconds a message takes between two hosts, and how many more it
      may take, which is left to chance
    - `bandwidth`: how many bytes go through in a second, None for any number
    - `seed`: what chance is made of, for jitter and for faults such as `loss`. Without one nothing
      happens by chance, unless somebody makes the choices of the run, such as Hypothesis
    - `chooser`: who chooses instead (see `vtloop.choices`): `Replaying(Choices.parse(token))` makes
      the choices of another run again

    A host talks to itself at once, unless `link` says otherwise. If there are no hosts but the
    machine of the program, what that sends to itself takes as long as between two hosts.
    """

    def __init__(
        self,
        *,
        latency: Seconds = 0,
        jitter: Seconds = 0,
        bandwidth: float | None = None,
        seed: int | str | None = None,
        chooser: Chooser | None = None,
    ) -> None:
        if seed is not None and chooser is not None:
            raise TypeError(
                f"seed={seed!r} was given, and a chooser, which would not heed it; pass one of them"
            )
        self._made = State(Link.of(latency, jitter, bandwidth))
        self._seed, self._chooser = seed, chooser

    def __repr__(self) -> str:
        given = {name: value or None for name, value in self._made.link._asdict().items()}
        given |= {"seed": self._seed, "chooser": self._chooser}
        words = [f"{name}={value!r}" for name, value in given.items() if value is not None]
        rules = "".join(map(_told, self._made.rules))
        return f"Network({', '.join(words)}){rules}"

    @property
    def _state(self) -> State:
        """Return what it is like now: in a run, what that has made of it."""
        kernel = kernel_here(self)
        state: State = self._made if kernel is None else kernel.state
        return state

    def __reduce__(self) -> str:
        """Refuse to be copied to another process, where programs would not know the copy."""
        if self is EVERYWHERE:
            return "EVERYWHERE"
        raise TypeError(
            f"{self!r} was to go to another process, where it would be another one than that which "
            "the program names; pass its name, such as network='module:network'"
        )

    def begin(self) -> tuple[State, Keeping]:
        """Return what it is like as a run begins, and who chooses there."""
        chooser: Any = self._chooser
        if self._seed is not None:
            chooser = Random(self._seed)
        elif chooser is None:
            chooser = Replaying(Choices())
        elif hasattr(chooser, "begin"):
            chooser.begin()
        return self._made.copy(), Keeping(chooser)

    def stands_for(self, network: Network) -> bool:
        """Return whether what is said of a network is said of this one, as its run has this one."""
        return network is self

    # Hosts

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
        token = state.enter(name)
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
        link = Link.of(latency, jitter, bandwidth)
        self._state.links[one, other] = self._state.links[other, one] = link

    def crash(self, name: str) -> None:
        """Let a host crash, as if its power had failed; to be called in a run.

        Its tasks never go on: they are not cancelled, and no `finally` of theirs runs. What it has
        sent still arrives, and then it is silent: no connection is closed, so that others hear of
        it by their own timeouts. Threads that it has started go on, without sockets.

        LookupError if there is no such host, RuntimeError if no run of this network goes on.
        """
        self._kernel_to(name, "crash").crash(name)

    def restart(self, name: str) -> None:
        """Let a host that has crashed be there again, with nothing that runs on it.

        What is to run there is to be started, within `host`. It answers with a reset to what comes
        for its old connections. Errors as for `crash`; nothing is done if it is up.
        """
        self._kernel_to(name, "restart").state.down.discard(name)

    def _kernel_to(self, name: str, do: str) -> Any:
        kernel = kernel_here(self)
        if kernel is None:
            raise RuntimeError(
                f"Host {name!r} was to {do} while no run of this network goes on; call it in a "
                "program that runs with network=…"
            )
        if name not in kernel.state.hosts or not name:
            raise LookupError(
                f"Host {name!r} was to {do}, while the network has {kernel.state.told()}; name one "
                "of its hosts other than this machine"
            )
        return kernel

    # Rules

    @contextmanager
    def rule(self, rule: Rule) -> Iterator[None]:
        """Let a rule decide what becomes of the messages that are sent meanwhile.

        See `vtloop.net.rules`, and `vtloop.net.faults` for those that have names. What it holds
        goes on when it ends.
        """
        entry = InForce(rule)
        self._state.add_rule(entry)
        try:
            yield
        finally:
            self._state.remove_rule(entry)

    def schedule(self, rule: Rule, *, after: Seconds = 0, lasting: Seconds | None = None) -> None:
        """Let a rule decide for some time: from so many virtual seconds on, so many seconds long.

        They count from now in a run, and before it from its start; None lets it go on to the end.
        What it holds goes on when it ends. ValueError for negative times.
        """
        begins = to_nanoseconds(after)
        length = NEVER if lasting is None else to_nanoseconds(lasting)
        if begins < 0 or length < 0:
            raise ValueError(
                f"{rule!r} was to begin after {after!r} s and to last {lasting!r} s; pass seconds "
                "from 0 on"
            )
        kernel = kernel_here(self)
        if kernel is not None:
            begins += kernel.clock.now
        self._state.add_rule(InForce(rule, begins, min(begins + length, NEVER)))

    @property
    def held(self) -> list[Message]:
        """The messages that are held, in the order in which they were sent."""
        return [held.message for held in self._state.held]

    def release(self, message: Message | None = None) -> None:
        """Let a held message go on, or all of them, and let no rule hold it again."""
        self._state.let_go(message=message)


def _told(entry: InForce) -> str:
    begins, ends = map(format_seconds, entry[1:])
    return f" with {entry.rule!r} from {begins} {'on' if entry.ends >= NEVER else f'to {ends}'}"


def current_network() -> Network:
    """Return the network of the run that goes on in this thread.

    RuntimeError where no run goes on, or one with `network=None`.
    """
    kernel = kernel_here(None)
    if kernel is None:
        raise RuntimeError(
            "current_network() was called where no run with a network goes on; call it in a "
            "program that runs, or keep the Network that the run is given"
        )
    network: Network = kernel.network
    return network


EVERYWHERE = Network()
"""The network of a run of which nothing is said: one machine, that talks to itself at once."""
