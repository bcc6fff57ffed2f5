"""Histories written down: who did what, from when to when, and what came back."""

import re
from itertools import combinations, permutations

from vtloop.histories import Operation, Raised
from vtloop.histories.ordering import fits

STEP = 1_000_000_000  # nanoseconds from one column to the next
UNKNOWN = object()
"""The result of an operation whose result nobody knows."""


def written(*lines):
    """Return the operations of a picture: a line for each client, a column for each event.

    `("A", "[--] [...", [("write", 1, None), ("read",)])` has two operations of a client. One ends
    with `]`, or goes on (`.`) without a result.
    """
    operations = []
    for row, (client, picture, asked) in enumerate(lines):
        bars = [*re.finditer(r"\[[^\[\] ]*\]?", picture)]
        assert len(bars) == len(asked), picture
        for bar, one in zip(bars, asked, strict=True):
            name, *arguments, result = one
            begun, end = bar.start(), bar.end() - 1
            is_known = bar[0].endswith("]")
            operations.append(
                Operation(
                    client,
                    name,
                    tuple(arguments),
                    result if is_known else None,
                    1 + begun * 100 + row,
                    1 + end * 100 + 50 + row if is_known else None,
                    begun * STEP,
                    end * STEP if is_known else None,
                    "returned" if is_known else "pending",
                )
            )
    return operations


def has_an_order(model, operations):
    """Return whether a history is linearizable, by trying each order of each of its parts."""
    parts = {}
    for one in operations:
        parts.setdefault(model.part_of(one), []).append(one)
    return all(_some_order(model, model.initial_of(part), ops) for part, ops in parts.items())


def _some_order(model, start, operations):
    known = [one for one in operations if one.last is not None]
    others = [one for one in operations if one.last is None]
    return any(
        _is_allowed(model, start, order)
        for count in range(len(others) + 1)
        for some in combinations(others, count)
        for order in permutations([*known, *some])
    )


def _is_allowed(model, start, order):
    for place, one in enumerate(order):
        if any(later.last is not None and later.last < one.first for later in order[place + 1 :]):
            return False
    states = [start]
    for one in order:
        states = [
            after
            for state in states
            for after, result in model.outcomes(state, one)
            if one.last is None or fits(result, one)
        ]
    return bool(states)


__all__ = ["Raised", "has_an_order", "written"]
