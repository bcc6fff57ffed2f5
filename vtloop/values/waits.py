"""What a task may wait for, and how that is said: of a run that goes on, or of a trace."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Subject(Enum):
    """What a step or an event is about, and how a record tells it."""

    NOTHING = "nothing, or nothing that is told"
    DEADLINE = "an instant, in nanoseconds; -1 for never"
    PRIMITIVE = "a lock, a queue…, by its index"
    TASK = "a task, by its number"
    TASKS = "tasks, by their numbers; 0 stands for another future"
    TASKS_UNTOLD = "tasks, of which it is not told which"
    TYPE = "a type, by its name"
    ERROR = "an exception, by its repr"
    TIMER = "a timer, by its number"
    SECTION = "a section, by its name"
    LINE = "a printed line, by its index"
    CALL = "a blocking call, by its index"
    TIMEOUT = "a timeout, by its number"
    MESSAGE = "a message of the network, by its number"
    ADDRESS = "an address of the network, as it is printed"


class WaitKind(NamedTuple):
    """A kind of wait: what is waited for, and how that is said."""

    subject: Subject
    words: str  # in every view
    at_length: str = ""  # in a message, which may know more, as it looks at the objects themselves

    def message(self, *details: object) -> str:
        """Return what a message says; `details` are the subject, and what else is known."""
        return (self.at_length or self.words).format(*details)


# What a step of a task may wait for at its end. All that is said of waits is said here.
WAITS = {
    "turn": WaitKind(Subject.NOTHING, "its next turn"),
    "sleep": WaitKind(Subject.DEADLINE, "a sleep until {}"),
    "lock": WaitKind(Subject.PRIMITIVE, "{}", "{}, held by {}"),
    "semaphore": WaitKind(Subject.PRIMITIVE, "{}", "{}, held by {}"),
    "event": WaitKind(Subject.PRIMITIVE, "{} to be set"),
    "notification": WaitKind(Subject.PRIMITIVE, "a notification of {}"),
    "relock": WaitKind(  # the lock of a Condition
        Subject.PRIMITIVE, "{}, after a notification", "the lock of {}, after its notification"
    ),
    "barrier": WaitKind(
        Subject.PRIMITIVE,
        "the other parties of {}",
        "the other parties of {} ({} of {} are there)",
    ),
    "get": WaitKind(Subject.PRIMITIVE, "an item of {}"),
    "put": WaitKind(Subject.PRIMITIVE, "room in {}", "room in {} (it holds {} of {})"),
    "join": WaitKind(
        Subject.PRIMITIVE, "all items of {} to be done", "all items of {} to be done (task_done)"
    ),
    "task": WaitKind(Subject.TASKS, "{}", "task {}"),
    "gather": WaitKind(Subject.TASKS, "gather() of {}"),
    "wait": WaitKind(Subject.TASKS, "wait() of {}"),
    "wait_for": WaitKind(Subject.TASKS, "wait_for() of {}"),
    "as_completed": WaitKind(
        Subject.TASKS_UNTOLD, "as_completed()", "the next result of as_completed()"
    ),
    "group": WaitKind(Subject.TASKS, "its TaskGroup: {}", "the tasks of its TaskGroup: {}"),
    "shield": WaitKind(Subject.TASKS, "{}, shielded"),
    "thread": WaitKind(Subject.NOTHING, "a thread", "a function in a thread"),
    "connection": WaitKind(Subject.ADDRESS, "a connection to {}"),
    "handshake": WaitKind(Subject.ADDRESS, "a TLS handshake with {}"),
    "client": WaitKind(Subject.ADDRESS, "a client at {}"),
    "data": WaitKind(Subject.ADDRESS, "data from {}", "data from {}, which {} is to send"),
    "datagram": WaitKind(Subject.ADDRESS, "a datagram at {}"),
    "room": WaitKind(
        Subject.ADDRESS, "room to send to {}", "room to send to {}, where {} is to read"
    ),
    "close": WaitKind(
        Subject.ADDRESS,
        "the connection to {} to close",
        "the connection to {} to close, whose other end {} has",
    ),
    "leave": WaitKind(Subject.ADDRESS, "the clients at {} to leave"),
    "future": WaitKind(Subject.NOTHING, "a Future", "a Future that nobody has set yet"),
    "other": WaitKind(Subject.TYPE, "{}", "an awaitable of type {}"),
}
FOR_EVER = "nothing, for ever (a sleep of infinite length)"
"""What a message says of a sleep that never ends."""
