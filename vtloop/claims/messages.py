"""Claims about the network: what is sent to whom, received from whom, and who is connected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from vtloop.claims.claim import unique
from vtloop.claims.events import Happening, Occurrence, Seen
from vtloop.claims.words import called, listed
from vtloop.timeline.messages import Message
from vtloop.timeline.participants import name_of
from vtloop.timeline.periods import event_at
from vtloop.timeline.timeline import Timeline

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here


_OF_ADDRESSES = ":/"  # what names of hosts never have


class _Way(NamedTuple):
    """What may happen to messages, seen from the task that does it."""

    kinds: tuple[str, ...]  # of the messages, names in `trace.MESSAGES`
    peer: int  # 0 if the other one has sent them, 1 if it is to get them
    claim: str  # of the peer, and of the task if one is named
    done: str  # of the task and the peer
    nothing: str  # of the peer


_SENT = _Way(
    ("data", "datagram"), 1, "data is sent{to}{by}", "{who} sent data{to}", "no data was sent{to}"
)
_RECEIVED = _Way(
    ("data", "datagram"),
    0,
    "data{of} is received{by}",
    "{who} received data{of}",
    "no data{of} was received",
)
_CONNECTED = _Way(
    ("accept",),
    0,
    "a connection{to} is made{by}",
    "{who} connected{to}",
    "no connection{to} was made",
)


class Messages(Happening):
    """Messages are sent, or arrive where they are to."""

    def __init__(self, way: _Way, peer: str | None, by: str | int | None) -> None:
        self._way = way
        self._peer = peer
        self._by = by

    def __str__(self) -> str:
        by = "" if self._by is None else f" by {called(self._by)}"
        return self._way.claim.format(by=by, **_with(self._peer))

    def seen(self, timeline: Timeline) -> Seen:
        tasks = None
        if self._by is not None:
            tasks = {one.number for one in timeline.named(self._by) or [timeline[self._by]]}
        self._refuse_unknown_host(timeline)
        there, others = [], []
        for message, event, task in self._all(timeline):
            address = (message.source, message.destination)[self._way.peer]
            who = name_of(timeline, task) if task else "somebody"
            fits = self._peer in (None, address, message.hosts[self._way.peer])
            words = self._way.done.format(who=who, **_with(address))
            if fits and (tasks is None or task in tasks):
                there.append(Occurrence(event_at(timeline, event), task, words))
            else:
                others.append(words)
        nothing = self._way.nothing.format(**_with(self._peer))
        if self._by is not None:
            nothing += f" by {called(self._by)}"
        otherwise = f"{nothing}; {listed(unique(others))}" if others else nothing
        there.sort(key=lambda one: one.position)
        return Seen(tuple(there), otherwise, tuple(sorted(tasks or ())))

    def _refuse_unknown_host(self, timeline: Timeline) -> None:
        peer = self._peer
        if peer is None or any(mark in peer for mark in _OF_ADDRESSES):
            return
        hosts = {host for message in timeline.messages for host in message.hosts} - {""}
        if peer not in hosts:
            raise LookupError(
                f"The host {peer!r} was asked for, while no message came from it or went there; "
                f"ask for one of these: {', '.join(sorted(hosts)) or 'there is none'}, or for an "
                "address, such as '10.0.0.2:5432'"
            )

    def _all(self, timeline: Timeline) -> Iterator[tuple[Message, int, int]]:
        """Yield the messages in question, each with the event that counts and the task."""
        for message in timeline.messages:
            event, task = (message.last, message.receiver)
            if self._way.peer:
                event, task = (message.first, message.sender)
            if message.kind in self._way.kinds and event >= 0:
                yield message, event, task


def _with(peer: str | None) -> dict[str, str]:
    return {"to": "", "of": ""} if peer is None else {"to": f" to {peer}", "of": f" from {peer}"}


def sent(to: str | None = None, *, by: str | int | None = None) -> Happening:
    """Return the moments at which data is sent, be it lost or not.

    `to` is an address such as "10.0.0.2:5432", or a host by its name; `by` is a task.
    """
    return Messages(_SENT, to, by)


def received(source: str | None = None, *, by: str | int | None = None) -> Happening:
    """Return the moments at which data is read that comes from an address or host, by a task."""
    return Messages(_RECEIVED, source, by)


def connected(to: str | None = None, *, by: str | int | None = None) -> Happening:
    """Return the moments at which connections to an address or host are there for a task."""
    return Messages(_CONNECTED, to, by)
