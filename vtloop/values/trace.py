"""What a run recorded: a self-contained value, which is enough for every view of the run.

Times and durations are nanoseconds of virtual time. Steps are counted from 0 in the order in which
they began; tasks have numbers from 1 on, and 0 stands for a callback or whatever else is no task.
What a step waits for at its end, and what an event is about, is its *subject*; the tables
`waits.WAITS` and `EVENTS` say what that is.

In a file a trace is JSON lines: the header, then one record a line, each a list that begins with
the name of its table. A file whose name ends in '.gz' is compressed.
"""

from __future__ import annotations

import io
import os
from collections import namedtuple
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from vtloop.errors import SimulationError
from vtloop.values.clock import START
from vtloop.values.files import opened
from vtloop.values.source import Place
from vtloop.values.text import counted
from vtloop.values.waits import Subject

FORMAT = 1  # of the file; a reader refuses any other


# How else a step of a task may end.
ENDS = {
    "returned": Subject.NOTHING,
    "raised": Subject.ERROR,
    "cancelled": Subject.NOTHING,
}

# What a step is that is no task's; the subject is the callback's name.
CALLBACKS = {"callback": "made ready by another step", "timer": "set by another step"}

# What may happen during a step: what it is about, and what its detail is.
EVENTS = {
    "create": (Subject.TASK, ""),
    "host": (Subject.TASK, "the host of the network that it is on, if it is none of the program"),
    # Requested by whoever runs in this step; by -1 if nothing did, as when a runner cleans up.
    "cancel": (Subject.TASK, "the message, or None"),
    "deliver": (Subject.TASK, ""),  # CancelledError is thrown into it
    "crash": (Subject.TASK, ""),  # of its host, so that it never goes on
    "set": (Subject.TIMER, "its deadline"),
    "fire": (Subject.TIMER, ""),
    "unset": (Subject.TIMER, ""),
    "acquire": (Subject.PRIMITIVE, "how many wait for it"),
    "release": (Subject.PRIMITIVE, "how many wait for it"),
    "enter": (Subject.SECTION, ""),
    "leave": (Subject.SECTION, ""),
    "print": (Subject.LINE, ""),
    "use": (Subject.PRIMITIVE, "what was done with it, a name in `USES`, and the two numbers"),
    # Of a task, which is within it from then on.
    "timeout": (Subject.TIMEOUT, "how it was made, 'timeout' or 'wait_for'; its deadline or None"),
    "reschedule": (Subject.TIMEOUT, "its new deadline or None"),
    "exit": (Subject.TIMEOUT, ""),
    # Each of these two comes right before the cancellation that it requests. A timeout may request
    # one that is none of a task: then it stands alone.
    "expire": (Subject.TIMEOUT, ""),
    "abort": (Subject.TASK, ""),  # whose TaskGroup it is
    # In each step that the call is a part of: in that of an eager task too.
    "block": (Subject.CALL, ""),
    # Since when the step could have run, unless since its waker's step began.
    "late": (Subject.DEADLINE, ""),
    "send": (
        Subject.MESSAGE,
        "its kind, a name in `MESSAGES`; the addresses of sender and receiver; its size in bytes, "
        "or None; the hosts of both, '' for the machine of the program; whether it is held",
    ),
    "arrive": (Subject.MESSAGE, ""),  # where it can be read
    "lose": (Subject.MESSAGE, "the name of the fault"),
    "resume": (Subject.MESSAGE, ""),  # one that was held goes on
    "receive": (Subject.MESSAGE, ""),  # the last byte of it is read
}


# What is sent over the network.
MESSAGES = {
    "connect": "a connection is asked for",
    "accept": "the answer that there is one",
    "refuse": "the answer that there is none",
    "data": "bytes of a stream",
    "end": "there are no more bytes",
    "reset": "the connection is over",
    "datagram": "bytes by themselves",
}


# What may be done with a primitive, and what the two numbers tell that go with it: before, after.
USES = {
    "put": "the items in the queue",
    "get": "the items in the queue",
    "shutdown": "the items in the queue",
    "done": "the items that are not done, be they in the queue or taken out",
    "set": "1 if the event is set, else 0",
    "clear": "1 if the event is set, else 0",
    "notify": "the tasks that wait for the condition, and were not notified",
    "arrive": "the parties at the barrier",
    "trip": "the parties at the barrier, of which the last has come",
    "give up": "the parties at the barrier, of which one was cancelled",
    "reset": "the parties at the barrier",
    "abort": "the parties at the barrier",
}


Stack: TypeAlias = tuple[Place, ...]  # outermost first


class TaskMade(NamedTuple):
    """A task, as it was created."""

    number: int
    label: str  # 'worker#2', or the name it was given
    coroutine: str
    parent: int  # 0 if no task created it
    at: int
    step: int  # during which it was created, or after which; -1 before the first
    stack: int  # where, in the user's code


OF_RUNNER = ("Executors.shutdown_default_executor", "BaseEventLoop.shutdown_asyncgens")
"""The coroutines with which a runner cleans up, as `TaskMade` has them: no part of the program."""
OF_CONNECTIONS = (
    "BaseEventLoop._create_server_getaddrinfo",
    "BaseSelectorEventLoop._accept_connection2",
    "staggered_race.<locals>.run_one_coro",
)
"""The coroutines that asyncio runs in tasks of their own as it makes connections."""


class Primitive(NamedTuple):
    """A primitive that tasks share: a lock, a queue…"""

    kind: str  # 'Lock'
    name: str  # under which the code knows it, where it was made if that is seen; or ''
    number: int  # among those of its kind, from 1 on
    shared: bool = False  # whether another one of its kind has the same name
    argument: str = ""  # under which who used it first knows it

    def __str__(self) -> str:
        if not self.name:
            return f"{self.kind} #{self.number}"
        words = f"{self.kind} {self.name!r}"
        return f"{words} #{self.number}" if self.shared else words


class Step(NamedTuple):
    """One handle that ran."""

    at: int  # nanoseconds
    who: int  # the task, 0 for a callback
    woken_by: int  # the step that made it ready, or set its timer; -1 if none did, but a thread
    ended: str  # a name in `waits.WAITS` or `ENDS`; in `CALLBACKS` for what is no task's
    subject: Any  # as these tables say
    stack: int  # the index of the place where the task is suspended


class Event(NamedTuple):
    """Something that happened."""

    step: int  # in which it did, or after which; -1 before the first
    at: int  # nanoseconds
    kind: str  # a name in `EVENTS`
    who: int  # the task, 0 for a callback, -1 for the run itself
    subject: Any  # as that table says
    detail: Any


# A step and an event as they are kept: plain tuples, with the same fields in the same order. There
# is one for whatever happens, and to make a tuple takes a quarter of the time.
PlainStep: TypeAlias = tuple[int, int, int, str, Any, int]
PlainEvent: TypeAlias = tuple[int, int, str, int, Any, Any]


class Blocked(NamedTuple):
    """A call that blocked the loop's own thread, and with it every task."""

    at: int  # nanoseconds
    duration: int  # nanoseconds
    who: str
    how: str  # 'time.sleep', 'busy'
    place: str  # 'file.py:12 in worker: time.sleep(1)'


class Printed(NamedTuple):
    """A line that was printed."""

    at: int  # nanoseconds, of its first character
    who: str
    text: str


class Trace(NamedTuple):
    """What a run recorded."""

    header: dict[str, Any]
    """Versions, options and outcome: plain values by name."""
    tasks: tuple[TaskMade, ...]
    """In order of creation."""
    primitives: tuple[Primitive, ...]
    """The primitives that occur, in order of appearance."""
    stacks: tuple[Stack, ...]
    """The places in the code that occur; the first is empty, for an unknown one."""
    steps: tuple[PlainStep, ...]
    """The fields of `Step`; `step` returns one of them by name."""
    events: tuple[PlainEvent, ...]
    """The fields of `Event`; `event` returns one of them by name."""
    printed: tuple[Printed, ...]
    blocked: tuple[Blocked, ...]
    notices: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Trace of {counted(len(self.tasks), 'task')}, {counted(len(self.steps), 'step')}>"

    @property
    def things(self) -> tuple[Primitive, ...]:
        """The primitives, by the name that they have in files."""
        return self.primitives

    @property
    def wall_clock(self) -> str | None:
        """Where the wall clock started, as an ISO datetime, if somebody has chosen that."""
        start = self.header.get("wall_clock")
        return None if start == START else start

    def step(self, index: int) -> Step:
        """Return a step, by its index."""
        return Step._make(self.steps[index])

    def event(self, index: int) -> Event:
        """Return an event, by its index."""
        return Event._make(self.events[index])

    def digest(self) -> str:
        """Return a hash that is equal for equal runs, on the same version of Python."""
        import hashlib  # here, as it is slow to import

        run = (  # without its places in the code, which are no part of it
            [made[:-1] for made in self.tasks],
            tuple(map(_Digested._make, self.primitives)),
            [step[:-1] for step in self.steps],
            self.events,
            self.printed,
            [block[:-1] for block in self.blocked],
        )
        return hashlib.sha256(repr(run).encode()).hexdigest()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file, as JSON lines; compressed if its name ends in '.gz'."""
        with opened(path, "wb") as file:
            file.writelines(self.encoded())

    def encoded(self) -> Iterator[bytes]:
        """Yield the lines of its file."""
        return (f"{line}\n".encode("utf-8", "surrogatepass") for line in self._lines())

    def _lines(self) -> Iterator[str]:
        import json  # here, as most runs are never saved, and it is slow to import

        yield json.dumps({"vtloop trace": FORMAT, **self.header})
        for table, records in zip(_TABLES, self[1:], strict=True):
            for record in records:
                yield json.dumps([table, record], ensure_ascii=False, separators=(",", ":"))


# A primitive as it is in digests, in which it has another name: so they stay what they were.
_Digested: Any = namedtuple("Thing", list(Primitive._fields))  # type: ignore[misc]


def is_file_of_trace(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a trace, by its name."""
    return os.fspath(path).removesuffix(".gz").endswith(".jsonl")


ENDED_BY = {"acquire": "release", "enter": "leave", "timeout": "exit"}
"""Events that begin something which goes on, and those that end it."""


def pairs(events: Sequence[PlainEvent], begins: str) -> list[tuple[int, int]]:
    """Return each event of a kind in `ENDED_BY` with the one that ends it, by their indexes.

    The second is -1 if nothing has ended it. They are in the order in which they begin.
    """
    going_on: dict[Any, list[tuple[int, int]]] = {}  # by subject: (who, the event)
    found: list[tuple[int, int]] = []
    for index, (_, _, kind, who, subject, _) in enumerate(events):
        if kind == begins:
            going_on.setdefault(subject, []).append((who, index))
        elif kind == ENDED_BY[begins] and (there := going_on.get(subject)):
            # Somebody who did not begin it may end it.
            by, began = next(((by, first) for by, first in there if by == who), there[0])
            there.remove((by, began))
            found.append((began, index))
    found += [(first, -1) for left in going_on.values() for _, first in left]
    return sorted(found)


# The tables of a file, in the order of the fields of a trace, and what makes a record of a list.
_TABLES: dict[str, Any] = {
    "tasks": TaskMade._make,
    "things": Primitive._make,
    "stacks": lambda places: tuple(map(Place._make, places)),
    "steps": tuple,
    "events": tuple,
    "printed": Printed._make,
    "blocked": Blocked._make,
    "notices": str,
}


def load(path: str | os.PathLike[str]) -> Trace:
    """Return the trace that `Trace.save` has written to a file.

    Raises SimulationError for a file of another kind or format, and for a damaged one.
    """
    import json
    import zlib
    from gzip import BadGzipFile

    no_trace = ValueError, LookupError, AttributeError, TypeError, EOFError, BadGzipFile, zlib.error
    with opened(path, "rb") as compressed:
        file = io.TextIOWrapper(compressed, "utf-8", "surrogatepass", newline="\n")
        try:
            header = json.loads(file.readline())
            found = header.pop("vtloop trace")
        except no_trace:
            header, found = {}, None
        if found != FORMAT:
            kind = "no trace" if found is None else f"a trace of format {found}"
            raise _not_a_trace(path, kind)
        tables: dict[str, list[Any]] = {table: [] for table in _TABLES}
        try:
            for line in file:
                table, record = json.loads(line)
                tables[table].append(_TABLES[table](_with_tuples(record)))
        except no_trace as error:
            number = 2 + sum(map(len, tables.values()))
            raise _not_a_trace(path, f"damaged in line {number}") from error
    return Trace(header, *map(tuple, tables.values()))


def _not_a_trace(path: str | os.PathLike[str], what: str) -> SimulationError:
    return SimulationError(
        f"{os.fspath(path)!r} was opened as a trace, while it is {what}; this version of vtloop "
        f"reads what Trace.save writes in format {FORMAT}"
    )


def _with_tuples(value: Any) -> Any:
    """Return a value with tuples for the lists that JSON makes of them."""
    return tuple(map(_with_tuples, value)) if isinstance(value, list) else value
