"""Histories whose verdict is known, for each model: those that literature and accidents tell of."""

import asyncio

import pytest

from tests.support.histories import written
from vtloop import linearizable
from vtloop.histories import Counter, Dictionary, Lock, Members, Queue, Raised, Register

# By model: what it is, is it linearizable, and who does what: one line for each client.
KNOWN = [
    # Registers, as in Lamport, "On interprocess communication", 1986
    (
        "reads during a write may see the old value and then the new one",
        *(Register(0), True),
        ("writer", "[----------]", [("write", 1, None)]),
        ("reader", " [--] [---] ", [("read", 0), ("read", 1)]),
    ),
    (
        "reads during a write may not see the new value and then the old one",
        *(Register(0), False),
        ("writer", "[----------]", [("write", 1, None)]),
        ("reader", " [--] [---] ", [("read", 1), ("read", 0)]),
    ),
    (
        "reads of two clients during a write may not see it and then not, one after the other",
        *(Register(0), False),
        ("writer", "[----------]", [("write", 1, None)]),
        ("one", " [--]       ", [("read", 1)]),
        ("other", "      [--]  ", [("read", 0)]),
    ),
    (
        "a read after a write may not be stale",
        *(Register(0), False),
        ("writer", "[---]      ", [("write", 1, None)]),
        ("reader", "      [---]", [("read", 0)]),
    ),
    (
        "two writes at once may come in either order, but all see the same",
        *(Register(), False),
        ("a", "[---]            ", [("write", 1, None)]),
        ("b", "[---]            ", [("write", 2, None)]),
        ("c", "      [--] [--] ", [("read", 1), ("read", 2)]),
    ),
    (
        "a write that was given up may take effect later",
        *(Register(0), True),
        ("writer", "[-...........", [("write", 1, None)]),
        ("reader", "   [--] [--] ", [("read", 0), ("read", 1)]),
    ),
    (
        "a write that was given up takes effect once",
        *(Register(0), False),
        ("writer", "[-................", [("write", 1, None)]),
        ("reader", "   [--] [--] [--] ", [("read", 0), ("read", 1), ("read", 0)]),
    ),
    (
        "of two that compare with the same value, one may set it",
        *(Register(0), False),
        ("a", "[----]", [("compare_and_set", 0, 1, True)]),
        ("b", "[----]", [("compare_and_set", 0, 2, True)]),
    ),
    (
        "who compares with a value that is back does not see that it was away",
        *(Register("A"), True),
        ("a", "[------------------]", [("compare_and_set", "A", "C", True)]),
        ("b", "  [--] [--]         ", [("write", "B", None), ("write", "A", None)]),
    ),
    # Dictionaries
    (
        "a key has its value whatever is done with another one",
        *(Dictionary(), False),
        ("a", "[--] [--]", [("put", "x", 1, None), ("get", "y", None)]),
        ("b", "[--] [--]", [("put", "y", 2, None), ("get", "x", 1)]),
    ),
    (
        "what was deleted is not there",
        *(Dictionary({"x": 1}, Raised(KeyError)), False),
        ("a", "[--]     ", [("delete", "x", None)]),
        ("b", "     [--]", [("get", "x", 1)]),
    ),
    (
        "a key that is missing may be an error",
        *(Dictionary(missing=Raised(KeyError)), True),
        ("a", "[--]", [("get", "x", Raised(KeyError))]),
    ),
    # Queues, as in Herlihy and Wing, "Linearizability", 1990
    (
        "items that are put at once may come in either order",
        *(Queue(), True),
        ("a", "[----] [--]", [("put", "x", None), ("get", "y")]),
        ("b", "   [-] [--]", [("put", "y", None), ("get", "x")]),
    ),
    (
        "the first in is the first out",
        *(Queue(), False),
        ("a", "[--]       [--]", [("put", "x", None), ("get", "y")]),
        ("b", "     [--]      ", [("put", "y", None)]),
    ),
    (
        "an item may be taken before its put has returned",
        *(Queue(), True),
        ("a", "[---------...", [("put", "x", None)]),
        ("b", "     [--]    ", [("get", "x")]),
    ),
    (
        "no item is delivered twice",
        *(Queue(), False),
        ("a", "[--] [--]     ", [("put", "x", None), ("get", "x")]),
        ("b", "     [-----]  ", [("get", "x")]),
    ),
    (
        "a queue with an item is not empty",
        *(Queue(), False),
        ("a", "[--]           ", [("put", "x", None)]),
        ("b", "     [--]      ", [("get_nowait", Raised(asyncio.QueueEmpty))]),
    ),
    # Locks
    (
        "a lock goes from one to the next",
        *(Lock(), True),
        ("a", "[--]     [--]    ", [("acquire", "a", True), ("release", "a", None)]),
        ("b", "   [---------] [-]", [("acquire", "b", True), ("release", "b", None)]),
    ),
    (
        "two do not hold a lock at once",
        *(Lock(), False),
        ("a", "[--]        [--]", [("acquire", "a", True), ("release", "a", None)]),
        ("b", "   [-----]      ", [("acquire", "b", True)]),
    ),
    (
        "who does not hold a lock does not release it",
        *(Lock(), False),
        ("a", "[--]     ", [("acquire", "a", True)]),
        ("b", "     [--]", [("release", "b", None)]),
    ),
    # Counters and sets
    (
        "each addition counts",
        *(Counter(), False),
        ("a", "[----]", [("add", 1)]),
        ("b", "[----]", [("add", 1)]),
    ),
    (
        "an addition that was cancelled counts once, or not",
        *(Counter(), False),
        ("a", "[-........", [("add", None)]),
        ("b", "    [--]  ", [("read", 2)]),
    ),
    (
        "what was added is there until it is taken away",
        *(Members(), True),
        ("a", "[--]     [--]", [("add", 7, None), ("discard", 7, None)]),
        ("b", "   [-] [---] ", [("contains", 7, True), ("contains", 7, False)]),
    ),
    (
        "what was taken away is not there",
        *(Members({7}), False),
        ("a", "[--]     ", [("discard", 7, None)]),
        ("b", "     [--]", [("contains", 7, True)]),
    ),
]


@pytest.mark.parametrize(
    ("what", "model", "expected", "lines"),
    [(*row[:3], row[3:]) for row in KNOWN],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_verdict_is_the_known_one(what, model, expected, lines):
    verdict = linearizable(written(*lines), model)
    assert verdict.resolved
    assert verdict.ok is bool(verdict) is expected, str(verdict)
