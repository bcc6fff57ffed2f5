"""Which member draws which run: they take turns, as each finds what others miss.

What a program has decides: where there is nothing to order members of time draw all runs, and the
other way round. One hold at a time is tried in between, until all were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from vtloop.explore.known import Known
from vtloop.explore.members.exhaustive import Exhaustive
from vtloop.explore.members.fifo import Fifo
from vtloop.explore.members.heavy import Heavy
from vtloop.explore.members.holds import Holds
from vtloop.explore.members.lates import Lates
from vtloop.explore.members.meet import Meet
from vtloop.explore.members.member import Delays, Order
from vtloop.explore.members.paced import Paced
from vtloop.explore.members.pct import PCT
from vtloop.explore.members.pos import POS
from vtloop.explore.members.random_walk import RandomWalk
from vtloop.explore.members.replaying import Replaying
from vtloop.explore.members.slow import Slow
from vtloop.explore.members.urw import URW
from vtloop.explore.schedule import Schedule

Member: TypeAlias = Order | Delays


class Drawing(NamedTuple):
    """Who draws a run."""

    order: Order
    delays: Delays

    @property
    def name(self) -> str:
        """The members' names."""
        return " + ".join(self.guarantees) or Fifo.__name__

    @property
    def guarantees(self) -> dict[str, str]:
        """What is certain by each member that does something, by its name."""
        return {type(one).__name__: one.guarantee for one in self if not isinstance(one, Fifo)}


STOCK = Drawing(Fifo(), Fifo())


class Portfolio:
    """Says who draws each run; `members` are those that take turns if the user has chosen some.

    `kept` are schedules that failed in earlier searches.
    """

    def __init__(
        self,
        known: Known,
        mode: str,
        members: Sequence[Member] | None,
        kept: Iterable[Schedule] = (),
    ) -> None:
        self._known, self._mode = known, mode
        self._members = members
        self._kept = [one for one in kept if mode == "any" or one.is_realisable]
        self.holds, self.lates = Holds(), Lates()

    def __iter__(self) -> Iterator[Drawing]:
        """Yield who draws each run, until there is no more to try.

        First comes stock asyncio, which teaches what there is, then what is kept.
        """
        yield STOCK
        for again in map(Replaying, self._kept):
            yield Drawing(again, again)
        if self._members is not None:
            yield from self._chosen(self._members)
            return
        known = self._known
        if not known.timers and (self._mode == "realisable" or not known.decisions):
            return  # there is one schedule
        turn = 0
        while True:
            turns = self._turns()
            drawing = turns[turn % len(turns)]()
            turn += 1
            if drawing is not None:
                yield drawing

    def _chosen(self, members: Sequence[Member]) -> Iterator[Drawing]:
        while True:
            left = [one for one in members if not getattr(one, "done", False)]
            if not left:
                return
            for one in left:
                yield _drawing_of(one)

    def _turns(self) -> Sequence[Callable[[], Drawing | None]]:
        has_time, has_order = self._known.timers > 0, bool(self._known.decisions)
        if self._mode == "realisable" or not has_order:
            return [turn or self._one_late for turn in _OF_TIME]
        if not has_time:
            return [turn or self._one_hold for turn in _OF_ORDER]
        return [
            turn or (self._one_late if index % 2 else self._one_hold)
            for index, turn in enumerate(_OF_BOTH)
        ]

    def _one_hold(self) -> Drawing | None:
        return None if self.holds.done else Drawing(self.holds, Fifo())

    def _one_late(self) -> Drawing | None:
        return None if self.lates.done else Drawing(Fifo(), self.lates)


def _drawing_of(member: Any) -> Drawing:
    return Drawing(member, Fifo()) if hasattr(member, "pick") else Drawing(Fifo(), member)


def _by(order: Callable[[], Order], delays: Callable[[], Delays] = Fifo) -> Callable[[], Drawing]:
    return lambda: Drawing(order(), delays())


def _deeper() -> PCT:
    return PCT(depth=3)


# None stands for the next of all single holds, or of all single timers that are late.
_OF_ORDER = (_by(URW), _by(URW), _by(PCT), _by(URW), _by(POS), _by(_deeper), None)
_OF_TIME = (
    *(_by(Fifo, Meet), None, _by(Fifo, Slow), None),
    *(_by(Fifo, Meet), _by(Fifo, Heavy), None, _by(Fifo, Paced)),
)
_OF_BOTH = (
    *(_by(URW), _by(Fifo, Meet), None, _by(POS), None),
    *(_by(URW, Meet), _by(Fifo, Slow), None, _by(URW), None),
    *(_by(Fifo, Heavy), _by(RandomWalk, Meet), None, _by(URW), None),
    *(_by(Fifo, Paced), _by(POS, Meet), None, _by(PCT), None),
)

MEMBERS: tuple[type, ...] = (
    *(Fifo, RandomWalk, URW, POS, PCT, Holds, Exhaustive),
    *(Lates, Meet, Slow, Heavy, Paced),
)
"""All that there are."""
