"""What a run recorded: a self-contained value, which is enough for every view of the run.

Times and durations are nanoseconds of virtual time. Steps are counted from 0 in the order in which
they began; tasks have numbers from 1 on, and 0 stands for a callback or whatever else is no task.
What a step waits for at its end, and what an event is about, is its *subject*; the tables `WAITS`
and `EVENTS` say what that is.

In a file a trace is JSON lines: the header, then one record a line, each a list that begins with
the name of its table. A file whose name ends in '.gz' is compressed.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from vtloop.errors import SimulationError
from vtloop.values.clock import START
from vtloop.values.files import opened
from vtloop.values.source import Place
from vtloop.values.text import counted

FORMAT = 1  # of the file; a reader refuses any other

# What a step of a task may wait for at its end: in words, and what its subject is.
WAITS = {
    "turn": ("its next turn", ""),
    "sleep": ("a sleep until {}", "a deadline"),
    "lock": ("{}", "a thing"),
    "semaphore": ("{}", "a thing"),
    "event": ("{} to be set", "a thing"),
    "notification": ("a notification of {}", "a thing"),
    "relock": ("{}, after a notification", "a thing"),  # the lock of a Condition
    "barrier": ("the other parties of {}", "a thing"),
    "get": ("an item of {}", "a thing"),
    "put": ("room in {}", "a thing"),
    "join": ("all items of {} to be done", "a thing"),
    "task": ("{}", "tasks"),
    "gather": ("gather() of {}", "tasks"),
    "wait": ("wait() of {}", "tasks"),
    "wait_for": ("wait_for() of {}", "tasks"),
    "as_completed": ("as_completed()", ""),
    "group": ("its TaskGroup: {}", "tasks"),
    "shield": ("{}, shielded", "tasks"),
    "thread": ("a thread", ""),
    "future": ("a Future", ""),
    "other": ("{}", "words"),
}

# How else a step of a task may end, and the subject then.
ENDS = {"returned": "", "raised": "the exception", "cancelled": ""}

# What a step is that is no task's; the subject is the callback's name.
CALLBACKS = {"callback": "made ready by another step", "timer": "set by another step"}

# What may happen during a step: what the subject is, and the detail.
EVENTS = {
    "create": ("a task", ""),
    # Requested by whoever runs in this step; by -1 if nothing did, as when a runner cleans up.
    "cancel": ("a task", "the message, or None"),
    "deliver": ("a task", ""),  # CancelledError is thrown into it
    "set": ("a timer", "its deadline"),
    "fire": ("a timer", ""),
    "unset": ("a timer", ""),
    "acquire": ("a thing", "how many wait for it"),
    "release": ("a thing", "how many wait for it"),
    "enter": ("a section, by its name", ""),
    "leave": ("a section, by its name", ""),
    "print": ("a line, by its index", ""),
    "block": (
        "a blocking call, by its index",
        "",
    ),  # in each step it is part of: an eager task's too
    "late": ("since when the step could have run", ""),  # unless since its waker's step began
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


class Thing(NamedTuple):
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


# One handle that ran: (at, who, woken_by, ended, subject, stack). `woken_by` is the step that made
# it ready, or, for a timer, that set it; -1 if no step did: before the first, or a thread did.
# `stack` is the index of the place where the task is suspended. It is a plain tuple, as there is
# one for every step.
Step: TypeAlias = tuple[int, int, int, str, Any, int]

# Something that happened: (step, at, kind, who, subject, detail).
Event: TypeAlias = tuple[int, int, str, int, Any, Any]


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
    things: tuple[Thing, ...]
    """The primitives that occur, in order of appearance."""
    stacks: tuple[Stack, ...]
    """The places in the code that occur; the first is empty, for an unknown one."""
    steps: tuple[Step, ...]
    events: tuple[Event, ...]
    printed: tuple[Printed, ...]
    blocked: tuple[Blocked, ...]
    notices: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Trace of {counted(len(self.tasks), 'task')}, {counted(len(self.steps), 'step')}>"

    @property
    def wall_clock(self) -> str | None:
        """Where the wall clock started, as an ISO datetime, if somebody has chosen that."""
        start = self.header.get("wall_clock")
        return None if start == START else start

    def digest(self) -> str:
        """Return a hash that is equal for equal runs, on the same version of Python."""
        import hashlib  # here, as it is slow to import

        run = (  # without its places in the code, which are no part of it
            [made[:-1] for made in self.tasks],
            self.things,
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
        for table in _TABLES:
            for record in getattr(self, table):
                yield json.dumps([table, record], ensure_ascii=False, separators=(",", ":"))


def is_file_of_trace(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a trace, by its name."""
    return os.fspath(path).removesuffix(".gz").endswith(".jsonl")


ENDED_BY = {"acquire": "release", "enter": "leave"}
"""Events that begin something which goes on, and those that end it."""


def pairs(events: Sequence[Event], begins: str) -> list[tuple[int, int]]:
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
            mine = next((one for one in there if one[0] == who), there[0])
            there.remove(mine)
            found.append((mine[1], index))
    found += [(first, -1) for left in going_on.values() for _, first in left]
    return sorted(found)


_TABLES: dict[str, Any] = {
    "tasks": TaskMade._make,
    "things": Thing._make,
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
    return Trace(header, **{table: tuple(records) for table, records in tables.items()})


def _not_a_trace(path: str | os.PathLike[str], what: str) -> SimulationError:
    return SimulationError(
        f"{os.fspath(path)!r} was opened as a trace, while it is {what}; this version of vtloop "
        f"reads what Trace.save writes in format {FORMAT}"
    )


def _with_tuples(value: Any) -> Any:
    """Return a value with tuples for the lists that JSON makes of them."""
    return tuple(map(_with_tuples, value)) if isinstance(value, list) else value
