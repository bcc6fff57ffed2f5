"""Linearizability: whether what clients did at once could have been done one after the other.

    >>> import asyncio, vtloop
    >>> from vtloop.histories import Counter, History
    >>> class Hits:
    ...     number = 0
    ...     async def add(self):
    ...         number = self.number
    ...         await asyncio.sleep(0)  # somebody else comes between
    ...         self.number = number + 1
    ...         return self.number
    >>> async def main():
    ...     history = History()
    ...     hits = history.of(Hits())
    ...     async with asyncio.TaskGroup() as group:
    ...         group.create_task(hits.add(), name="Ann")
    ...         group.create_task(hits.add(), name="Bob")
    ...     return history
    >>> print(vtloop.linearizable(vtloop.run(main), Counter))
    not linearizable as Counter: 2 of 2 operations contradict each other:
      Ann  add() -> 1  0 s to 0 s
      Bob  add() -> 1  0 s to 0 s  fits nowhere
    The furthest that any order comes: add(). The state is then 1, and
      Bob: add() returned 1, where it returns 2

- A `History` takes down who did what, from when to when, and what came back.
- A `Model` says what one client would see: `Register`, `Dictionary`, `Queue`, `Lock`, `Counter`,
  `Members`, or a class of your own.
- `linearizable(history, model)` is a `Verdict`: true, with an order; refuted, with the fewest
  operations that contradict each other; or unresolved, if its budget was too small.

May import: `errors`, `values`, `core`, `views`.

A map of the package, from the bottom up:

- `operations`: what a client did, and what came back
- `history`: takes it down
- `model`, `models`: what one client would see
- `ordering`: the search for an order
- `contradiction`: what is wrong if there is none
- `places`, `picture`: the chart
- `verdict`: `linearizable`, and what it returns
"""

from vtloop.histories.contradiction import Contradiction
from vtloop.histories.history import Call, History
from vtloop.histories.model import Model
from vtloop.histories.models import Counter, Dictionary, Lock, Members, Queue, Register
from vtloop.histories.operations import ANY, Operation, Raised
from vtloop.histories.verdict import Verdict, linearizable

__all__ = [
    "ANY",
    "Call",
    "Contradiction",
    "Counter",
    "Dictionary",
    "History",
    "Lock",
    "Members",
    "Model",
    "Operation",
    "Queue",
    "Raised",
    "Register",
    "Verdict",
    "linearizable",
]
