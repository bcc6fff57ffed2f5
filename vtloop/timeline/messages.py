"""Messages of the network: which task sent each, which one has read it, and when.

- A transport often sends or reads in a callback. The sender is then the task behind that callback,
  the receiver the task that it wakes.
- Where there is none, it is the task that has else to do with that end of the connection. So it is
  where a receiver, by reading, makes room for more: what is sent then is not its own.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from vtloop.timeline.spans import Arrow, Lane
from vtloop.values.clock import NEVER
from vtloop.values.trace import PlainEvent, Trace

ANSWERS = ("accept", "refuse", "reset")
"""The messages that the network itself may send, for no task."""


class Message(NamedTuple):
    """What one end of the network sends to another. Times are nanoseconds, None for never."""

    number: int
    kind: str  # a name in `trace.MESSAGES`
    source: str  # an address, as it is printed
    destination: str
    size: int | None  # in bytes; None where that differs from run to run
    hosts: tuple[str, str]  # of both ends; '' is the machine of the program itself
    held: bool  # whether it was held at first
    sender: int  # the task; 0 if none is known
    sent_in: int  # a step of the sender's, -1 if none is known
    sent: int
    receiver: int  # the task; 0 if none is known
    received_in: int  # the step of the receiver's that follows, -1 if none does
    received: int | None  # when it was read
    arrived: int | None  # when it could be read
    released: int | None  # when one that was held went on
    lost: int | None
    why: str  # the name of the fault by which it was lost, or ''
    first: int  # the event with which it was sent, by its index
    last: int  # the one with which it is with its receiver; -1 if none is

    @property
    def refused_at(self) -> int | None:
        """When it has told a task that nobody takes its connection, if that is what it says."""
        return self.arrived if self.kind == "refuse" and self.received_in >= 0 else None


class _Sent:
    """A message, as it is put together: its events, by their kinds."""

    def __init__(self, index: int, event: PlainEvent) -> None:
        self.index = index
        self.step, self.at, _, self.who, self.number, detail = event
        self.kind, self.source, self.destination, self.size, hosts, self.held = detail
        self.hosts: tuple[str, str] = tuple(hosts)
        self.events: dict[str, PlainEvent] = {}
        self.last = -1

    def note(self, index: int, event: PlainEvent) -> None:
        """Take note of what happens to it; of a datagram that is doubled, the first one counts."""
        _, _, kind, *_ = event
        if kind in self.events and kind != "resume":
            return
        self.events[kind] = event
        if kind == "receive" or (kind == "arrive" and "receive" not in self.events):
            self.last = index

    def at_of(self, *kinds: str) -> int | None:
        """Return when the first of these things happened to it that did; None if none did."""
        return next((self.events[kind][1] for kind in kinds if kind in self.events), None)

    def message(self, sender: tuple[int, int], receiver: tuple[int, int]) -> Message:
        """Return it whole, with the tasks at its ends and their steps."""
        lost = self.events.get("lose")
        return Message(
            self.number,
            self.kind,
            self.source,
            self.destination,
            self.size,
            self.hosts,
            self.held,
            *sender,
            self.at,
            *receiver,
            self.at_of("receive"),
            self.at_of("arrive", "receive"),
            self.at_of("resume"),
            self.at_of("lose"),
            "" if lost is None else lost[-1],
            self.index,
            self.last,
        )


def messages_of(
    trace: Trace, lanes: Mapping[int, Lane], step_behind: Callable[[int], int]
) -> list[Message]:
    """Return what was sent, in order.

    `step_behind` returns the task's step that has led to a callback's, -1 if none has.
    """
    sent: dict[int, _Sent] = {}
    for index, event in enumerate(trace.events):
        _, _, kind, _, number, _ = event
        if kind == "send":
            sent[number] = _Sent(index, event)
        elif kind in ("arrive", "lose", "resume", "receive") and number in sent:
            sent[number].note(index, event)
    return _put_together(trace, lanes, step_behind, [*sent.values()]) if sent else []


def _put_together(
    trace: Trace,
    lanes: Mapping[int, Lane],
    step_behind: Callable[[int], int],
    sent: list[_Sent],
) -> list[Message]:
    woken = _Woken(trace)
    ends = _Ends(trace, lanes)
    seen = [(_sender(trace, one, step_behind), _reader(one, woken)) for one in sent]
    for one, ((sender, _), (reader, _)) in zip(sent, seen, strict=True):
        if sender != reader:
            ends.note(one.source, one.destination, one.step, sender)
        if reader:
            ends.note(one.destination, one.source, one.events["receive"][0], reader)
    found = []
    for one, ((sender, sent_in), (receiver, received_in)) in zip(sent, seen, strict=True):
        if not sender or sender == receiver:
            at_end = ends.sender(one, receiver) or sender
            if at_end != sender:
                sender, sent_in = at_end, -1
        if not receiver:
            event = one.events.get("arrive")
            receiver = ends.receiver(one, sender)
            if receiver and event is not None:
                received_in = _next_step(trace, lanes[receiver], event)
            elif event is not None:
                receiver, received_in = woken.by(event[0])
        found.append(one.message((sender, sent_in), (receiver, received_in)))
    return found


def _sender(trace: Trace, one: _Sent, step_behind: Callable[[int], int]) -> tuple[int, int]:
    """Return which task has sent a message, and in which step; 0 and -1 if it is not seen."""
    if one.kind in ANSWERS:
        return 0, -1
    if one.who > 0:
        return one.who, one.step
    if one.step >= 0 and trace.step(one.step).who == 0:
        behind = step_behind(one.step)
        if behind >= 0:
            return trace.step(behind).who, behind
    return 0, -1


def _reader(one: _Sent, woken: _Woken) -> tuple[int, int]:
    """Return which task has read a message, and in which step; 0 and -1 if it is not seen."""
    event = one.events.get("receive")
    if event is None:
        return 0, -1
    step, _, _, who, _, _ = event
    return (who, step) if who > 0 else woken.by(step)


class _Woken:
    """Which steps the callbacks of a run have made ready."""

    def __init__(self, trace: Trace) -> None:
        self._steps = trace.steps
        self._made_ready: dict[int, list[int]] = defaultdict(list)
        for index, (_, _, source, ended, _, _) in enumerate(trace.steps):
            if source >= 0 and ended != "timer" and trace.steps[source][1] == 0:
                self._made_ready[source].append(index)

    def by(self, callback: int) -> tuple[int, int]:
        """Return the first task that a callback wakes, also by way of others, and its step."""
        todo = [callback]
        for index in todo:
            for ready in self._made_ready.get(index, ()):
                who = self._steps[ready][1]
                if who:
                    return who, ready
                todo.append(ready)
        return 0, -1


class _Ends:
    """Which tasks have to do with the ends of connections, and when."""

    def __init__(self, trace: Trace, lanes: Mapping[int, Lane]) -> None:
        self._lanes = lanes
        self._known: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        self._sorted = False
        self._listeners: dict[str, int] = {}
        """The tasks that wait for clients, by the address, and the port, at which they do."""
        for _, who, _, ended, subject, _ in trace.steps:
            if ended == "client":
                for address in subject.split(", "):
                    self._listeners.setdefault(address, who)
                    self._listeners.setdefault(address.rpartition(":")[2], who)

    def note(self, own: str, other: str, step: int, task: int) -> None:
        if task:
            self._known[own, other].append((step, task))
            self._known[own, ""].append((step, task))

    def sender(self, one: _Sent, receiver: int) -> int:
        """Return who has sent a message, as far as it can be told; 0 for nobody."""
        task = self._task(one.source, one.destination, one.step, receiver)
        return self._listening(one.source, task, one.at) if one.kind in ANSWERS else task

    def receiver(self, one: _Sent, sender: int) -> int:
        """Return for whom a message is, as far as it can be told; 0 for nobody."""
        step, at, *_ = one.events.get("arrive") or (one.step, one.at)
        if one.kind != "connect":
            return self._task(one.destination, one.source, step, sender)
        served = (one.destination, one.source) in self._known
        task = self._task(one.destination, one.source, step, sender) if served else 0
        return self._listening(one.destination, task, at)

    def _task(self, own: str, other: str, step: int, but: int) -> int:
        """Return the task that last had to do with an end, or will be the first to; 0 for none.

        Both ends of a UNIX socket have one address: `but` is the task at the other one.
        """
        if not self._sorted:
            for known in self._known.values():
                known.sort()
            self._sorted = True
        known = self._known.get((own, other)) or self._known.get((own, ""), [])
        if own == other:
            known = [(noted, task) for noted, task in known if task != but]
        if not known:
            return 0
        return known[max(bisect_right(known, (step, 1 << 62)) - 1, 0)][1]

    def _listening(self, address: str, task: int, at: int) -> int:
        """Return the task that listens at an address, unless another one serves the client yet."""
        if task and self._lanes[task].created <= at:
            return task
        port = address.rpartition(":")[2]
        return self._listeners.get(address) or self._listeners.get(port) or task


def _next_step(trace: Trace, lane: Lane, event: PlainEvent) -> int:
    """Return the step of a task that follows an event at the same instant; -1 if none does."""
    step, at, *_ = event
    place = bisect_left(lane.steps, step)
    if place < len(lane.steps) and trace.steps[lane.steps[place]][0] == at:
        return lane.steps[place]
    return -1


def hosts_of(messages: Iterable[Message]) -> dict[str, str]:
    """Return the names of hosts by their IP addresses, as far as messages tell."""
    hosts: dict[str, str] = {}
    for one in messages:
        for address, host in zip((one.source, one.destination), one.hosts, strict=True):
            ip = address.rpartition(":")[0]
            if host and not ip.startswith(_LOOPBACK):
                hosts[ip] = host
    return hosts


_LOOPBACK = ("127.", "[::1]")  # every host has these


def arrows_of(messages: Iterable[Message], lanes: Mapping[int, Lane]) -> Iterator[Arrow]:
    """Yield an arrow for the messages that lead from one step to the same other one.

    Between tasks, as far as they have arrived. What only closes a connection has none, unless it
    wakes somebody, or finds the other end in use.
    """
    messages, closed = list(messages), _closed(messages)
    told = [
        (_ends(one), place)
        for place, one in enumerate(messages)
        if _is_told(one)
        and (one.kind not in _CLOSING or _is_felt(one) or _finds_use(one, closed, lanes))
    ]
    for (sender, receiver, sent_in, received_in, sent, arrived, _), same in groupby(
        sorted(told), key=lambda pair: pair[0]
    ):
        places = tuple(place for _, place in same)
        yield Arrow(
            "message", sender, receiver, sent_in, received_in, sent, arrived, messages=places
        )


def _is_told(one: Message) -> bool:
    if not one.sender or not one.receiver or one.sender == one.receiver or one.arrived is None:
        return False
    return one.kind not in ANSWERS or one.arrived > one.sent  # no step tells of the network's own


_CLOSING = ("end", "reset")


def _closed(messages: Iterable[Message]) -> dict[tuple[str, str], int]:
    """Return when each end of a connection was closed: by its own address and the other one."""
    closed: dict[tuple[str, str], int] = {}
    for one in messages:
        if one.kind in _CLOSING:
            closed.setdefault((one.source, one.destination), one.sent)
    return closed


def _is_felt(one: Message) -> bool:
    """Return whether a message that closes a connection wakes somebody who waits for its end."""
    return one.kind == "end" and one.received_in >= 0


def _finds_use(
    one: Message, closed: Mapping[tuple[str, str], int], lanes: Mapping[int, Lane]
) -> bool:
    """Return whether the task to which a message comes still uses that end of the connection."""
    if one.arrived is None:
        return False
    ended = lanes[one.receiver].ended
    goes_on = ended is None or ended > one.arrived
    return goes_on and closed.get((one.destination, one.source), NEVER) > one.arrived


def _ends(one: Message) -> tuple[Any, ...]:
    return (
        one.sender,
        one.receiver,
        one.sent_in,
        one.received_in,
        one.sent,
        one.arrived,
        one.released or 0,
    )


def without_told(arrows: Iterable[Arrow], by_messages: Iterable[Arrow]) -> Iterator[Arrow]:
    """Yield arrows, but for the wake-ups of which messages tell already."""
    told = {(one.source_step, one.target_step) for one in by_messages}
    for arrow in arrows:
        if arrow.kind != "wake" or (arrow.source_step, arrow.target_step) not in told:
            yield arrow
