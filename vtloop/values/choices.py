"""The choices of a run, and who makes them.

A run is a function of its choices. A choice is made wherever a run could do one of several things;
choice 0 is what stock asyncio does. So all that is to be kept of a run, to see it again, are its
*deviations*: the choices that were not 0. Each is known by what kind of choice it was and by how
many of that kind there were before it, its index. A kind is a word:

    tie         which of several timers of one instant fires next, the first being the one that was
                made first; a chooser is asked by `core.ties`, until one timer is left
    jitter loss what becomes of a message of the network, one after the other as they are sent: how
    double …    late it is, whether it is lost or doubled (see `net.faults`); 0 is the least of that
    A B R S …   whom a sweep cancels at a moment, and what else happens there: see `sweep.moments`.
                The index is which handle or idle moment it is. No chooser is asked, as nearly all
                of them are 0: a case is made of those that are not

To add a kind of choice takes three things: a policy that asks a `Chooser`, as `core.ties` does,
with stock asyncio's way as the first of the things to do; a place where its deviations join those
of the run, as in `Fate.choices`; and somebody who makes them again, as `sweep.replay` does. Name
the kind in the table above. The token and the order by simplicity come with that.

A loop that has no policy with a chooser asks nobody, and pays nothing. Of a million possible
choices those are kept that were not 0.
"""

from __future__ import annotations

import random
import re
from binascii import crc32
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import total_ordering
from itertools import groupby
from typing import Any, NamedTuple, Protocol

FORM = "c1"
"""What a token begins with: its form, by which a later one can be told from it."""

_KIND = re.compile(r"[A-Za-z+][A-Za-z0-9+_-]*")
_TOKEN = re.compile(r"(?P<form>c[0-9]+):(?:(?P<body>[!-9;-~]*):(?P<checksum>[0-9a-f]{8})|.*)")
_GROUP = re.compile(rf"({_KIND.pattern})((?:\.[0-9]+(?:=[0-9]+)?)+)")


class Choice(NamedTuple):
    """One choice."""

    kind: str
    at: int
    """Its index: how many of that kind there were before it."""
    value: int

    def __str__(self) -> str:
        return f"{self.kind} {self.at} is {self.value}"


@total_ordering
@dataclass(frozen=True, repr=False)
class Choices:
    """The choices of a run, given as (kind, index, value), in any order; all others are 0.

    Of two of them the simpler one is less, so that `min()` finds the simplest; see `simplicity`.
    TypeError if something is no such three, ValueError if a kind is no word, a number is negative,
    or a choice is made twice.
    """

    deviations: tuple[Choice, ...] = ()
    """Those that are not 0, by kind and then by index."""

    def __init__(self, deviations: Iterable[tuple[str, int, int]] = ()) -> None:
        chosen = sorted(map(_checked, deviations), key=_position)
        if len({one[:2] for one in chosen}) < len(chosen):
            raise ValueError("A choice was given twice, with one value or two; give each once")
        object.__setattr__(self, "deviations", tuple(one for one in chosen if one.value))

    def __len__(self) -> int:
        """Return how many deviations there are."""
        return len(self.deviations)

    @property
    def simplicity(self) -> tuple[Any, ...]:
        """The sort key: less is simpler.

        Few deviations are simpler than many, as each is something to understand. Of as many, those
        are simpler whose values are less in sum, as a value is how far from stock asyncio the run
        goes there. Then comes what deviates earlier, so that there is less to read before it.

        Hypothesis, whose idea this is, lets the later one be simpler. It can, as its sequences have
        an end. A later moment could be found for ever here, while from any choices only finitely
        many steps lead down to simpler ones: so a search for the simplest comes to its end.
        """
        return (
            len(self.deviations),
            sum(one.value for one in self.deviations),
            tuple((*_position(one), one.value) for one in self.deviations),
        )

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Choices):
            return NotImplemented
        return self.simplicity < other.simplicity

    def __str__(self) -> str:
        """Return the token: one line, from which `Choices.parse` makes the same choices again.

        An index whose value is 1 stands alone: 'c1:tie.0.4=2,A.12=3:' and a checksum.
        """
        groups = groupby(self.deviations, key=lambda one: one.kind)
        body = ",".join(
            kind + "".join(f".{one.at}" + f"={one.value}" * (one.value > 1) for one in same)
            for kind, same in groups
        )
        return f"{FORM}:{body}:{_checksum(body)}"

    def __repr__(self) -> str:
        words = ", ".join(map(str, self.deviations))
        return f"<Choices: {words or 'as stock asyncio does'}>"

    @classmethod
    def parse(cls, token: str) -> Choices:
        """Return the choices that a token names.

        ValueError if it is no token, or not as it was: each change of one character is noticed.
        TypeError if it is no text.
        """
        if not isinstance(token, str):
            raise TypeError(f"{token!r} was given as a token of choices; pass the text of one")
        text = token.strip()
        found = _TOKEN.fullmatch(text)
        form = None if found is None else found["form"]
        if found is None or (form == FORM and found["body"] is None):
            raise ValueError(
                f"{token!r} was given as a token of choices, while these look like "
                f"'{cls([('tie', 0, 1)])}'; copy a whole one"
            )
        if form != FORM:
            raise ValueError(
                f"{token!r} is a token of the form {form!r}, while this version of vtloop knows "
                f"{FORM!r}; use the version that has made it"
            )
        body = found["body"]
        groups = [_GROUP.fullmatch(group) for group in body.split(",")] if body else []
        if found["checksum"] == _checksum(body) and None not in groups:
            return cls(_parsed(groups))
        raise ValueError(f"{token!r} is a token that was damaged; copy it once more, as a whole")


def _checked(given: Any) -> Choice:
    """Return what was given as a choice; TypeError or ValueError if it cannot be one."""
    match given:
        case (str(kind), int(at), int(value)):
            if _KIND.fullmatch(kind) and min(at, value) >= 0:
                return Choice(kind, at, value)
            refused: type[Exception] = ValueError
        case _:
            refused = TypeError
    shown = tuple(given) if isinstance(given, Choice) else given
    raise refused(
        f"The choice {shown!r} was given; pass a kind such as 'tie', an index and a value, from 0 "
        "on"
    )


def _position(one: Choice) -> tuple[int, str, int]:
    """Return where a choice stands: short kinds come first, so that C9 comes before C10."""
    return len(one.kind), one.kind, one.at


def _checksum(body: str) -> str:
    return f"{crc32(f'{FORM}:{body}'.encode()):08x}"


def _parsed(groups: Iterable[Any]) -> Iterator[tuple[str, int, int]]:
    for group in groups:
        kind, places = group.groups()
        for place in places[1:].split("."):
            index, _, value = place.partition("=")
            yield kind, int(index), int(value or 1)


class Chooser(Protocol):
    """Who is asked wherever a run could do one of several things."""

    def choose(self, kind: str, n: int) -> int:
        """Return which of `n` things is done, from 0 on. 0 is what stock asyncio does.

        `kind` is a word for what it is that is chosen.

        One that chooses at random may have a method `chance(kind, share)` besides, which returns
        whether something happens that happens in a share of all cases; others are asked for one of
        two things.
        """


class Random:
    """A chooser that chooses at random, from a seed: each kind has a sequence of its own.

    So what happens to one message does not change when a fault of another kind is added.
    """

    def __init__(self, seed: int | str) -> None:
        self._seed = seed
        self.begin()

    def __repr__(self) -> str:
        return f"Random({self._seed!r})"

    def begin(self) -> None:
        """Choose the same again, as another run begins."""
        self._sequences: dict[str, random.Random] = {}

    def _of(self, kind: str) -> random.Random:
        if kind not in self._sequences:
            self._sequences[kind] = random.Random(f"{self._seed}/{kind}")
        return self._sequences[kind]

    def choose(self, kind: str, n: int) -> int:
        return self._of(kind).randrange(n)

    def chance(self, kind: str, share: float) -> bool:
        return self._of(kind).random() < share


class Replaying:
    """A chooser that makes the choices of another run again: those beyond them are 0.

    So is one that is out of range, as this run has fewer things to do there than that one had.
    What is of a kind that nobody asks for is not made either: see `missed`.
    """

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self.begin()

    def begin(self) -> None:
        """Make all of them again, as another run begins."""
        self._left = {(kind, index): value for kind, index, value in self._choices.deviations}
        self._asked: Counter[str] = Counter()

    def choose(self, kind: str, n: int) -> int:
        place = kind, self._asked[kind]
        self._asked[kind] += 1
        return self._left.pop(place) if self._left.get(place, n) < n else 0

    @property
    def missed(self) -> Choices:
        """The deviations that have not been made: out of range, or not asked for so far."""
        return Choices((*place, value) for place, value in self._left.items())


class Keeping:
    """A chooser that lets another one choose, and keeps the deviations."""

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser
        self.begin()

    def begin(self) -> None:
        """Forget what was chosen, as another run begins."""
        self._asked: Counter[str] = Counter()
        self._deviations: list[Choice] = []

    def choose(self, kind: str, n: int) -> int:
        return self._kept(kind, n, self._chooser.choose(kind, n))

    def chance(self, kind: str, share: float) -> bool:
        """Return whether something happens that happens in a share of all cases."""
        heeds_shares = getattr(self._chooser, "chance", None)
        if heeds_shares is None:
            return self.choose(kind, 2) == 1
        return self._kept(kind, 2, int(heeds_shares(kind, share))) == 1

    def _kept(self, kind: str, n: int, value: int) -> int:
        if not 0 <= value < n:
            raise ValueError(
                f"{value} was chosen of {n} things of the kind {kind!r}; return a number from 0 to "
                f"{n - 1}"
            )
        if value:
            self._deviations.append(Choice(kind, self._asked[kind], value))
        self._asked[kind] += 1
        return value

    @property
    def choices(self) -> Choices:
        """What was chosen so far."""
        return Choices(self._deviations)
