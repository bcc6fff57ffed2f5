"""What a kind of search has to say of itself: which cases there are, and how each is run.

The engine knows a *case* by its token, which is its text, and by what an experiment says of it. So
a case can be any plain value: hashable, equal to its copy in another process. This goes on:

1. `plan` gets to know the program, by `Bench.get_to_know`.
2. Each of `Plan.cases` is `run`; what came of all of them is told to `Plan.follow_ups`, which says
   what is tried next, until there is no more.
3. A token is a case again by `case_of`; `for_replay` is what runs it.

A run is made by `Bench.run`, with a `Conduct`: that is where something happens to the program.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from vtloop.recording.recording import Recording
from vtloop.search.bench import Bench
from vtloop.search.oracles import OF_ANY_RUN, Finding, Oracle
from vtloop.search.outcome import AnyOutcome

AnyCase = TypeVar("AnyCase", bound=Hashable)


class Wording(NamedTuple):
    """How reports and messages speak of a kind of search."""

    search: str
    """'sweep'. Reports name a command `vtloop sweep` and a function `vtloop.sweep.replay` after it;
    with a new kind of search, both have to be written."""
    case: str  # what is tried of a program: 'moment'
    undisturbed: str  # how the program runs by itself: 'without any cancellation'
    claim: str  # what is true if nothing was found: 'is safe to cancel'


class Result(NamedTuple, Generic[AnyCase]):
    """What is kept of a case."""

    case: AnyCase
    missed: bool = False
    findings: tuple[Finding, ...] = ()
    leads: tuple[Any, ...] = ()
    """What to go on from: see `Outcome.leads`."""


class Experiment(ABC, Generic[AnyCase, AnyOutcome]):
    """A kind of search, with its options: a plain value, which goes to other processes.

    How one search goes on is in a `Plan`, which stays where it was made.
    """

    wording: ClassVar[Wording]
    oracles: ClassVar[Sequence[Oracle[Any]]] = OF_ANY_RUN
    """Those that judge if nobody asks for others."""

    @property
    @abstractmethod
    def undisturbed(self) -> AnyCase:
        """The case in which nothing happens to the program."""

    @abstractmethod
    def case_of(self, token: str) -> AnyCase:
        """Return the case that a token names. ValueError if it is none."""

    @abstractmethod
    def run(self, bench: Bench, case: AnyCase, recording: Recording | None = None) -> AnyOutcome:
        """Run a case. Whoever records it looks at it: then its outcome says where it acted."""

    @abstractmethod
    def plan(self, bench: Bench) -> Plan[AnyCase, AnyOutcome]:
        """Get to know the program by running it; return how it is searched."""

    # What may be left as it is

    def for_replay(self) -> Experiment[AnyCase, AnyOutcome]:
        """Return what can run one case again, and need not plan a search."""
        return self

    def lead_of(self, text: str) -> Any:
        """Return the lead with a text, which has no blanks in it."""
        raise ValueError(f"{text!r} was given as a lead, while this kind of search has none")

    def kind_of(self, case: AnyCase) -> str:
        """Return the kind by which cases are counted where something is wrong; '' for no kinds."""
        return ""

    def is_apart(self, case: AnyCase) -> bool:
        """Return whether what is wrong in a case is told apart from the same in other cases."""
        return False

    def simplicity(self, case: AnyCase) -> tuple[Any, ...]:
        """Return a sort key; of equal cases the first is the simplest.

        It begins with how many things happen to the program. What takes more of them is told last.
        """
        return (1,)

    def turn(self, case: AnyCase) -> int:
        """Return a sort key: which cases are tried later, whatever their order in the plan."""
        return 0

    def in_words(self) -> dict[str, str]:
        """Return what tells a search from others of its kind, by name of the option."""
        return {}


class Plan(Generic[AnyCase, AnyOutcome]):
    """Which cases of a program are tried, round by round.

    `undisturbed` is the outcome of the run in which nothing happened to it.
    """

    doing: str = "searching"
    """What is done in this round, in words for a progress bar."""

    def __init__(self, undisturbed: AnyOutcome, cases: Iterable[AnyCase] = ()) -> None:
        self.undisturbed = undisturbed
        self._cases = cases

    def known(self, case: AnyCase) -> AnyCase | None:
        """Return a case as the program has it: also with a name that it lacks.

        None if the program has not what the case is about, as far as that is known by now.
        """
        return case

    def cases(self) -> Sequence[AnyCase]:
        """Return the cases of the first round, the simplest first."""
        return [*self._cases]

    def follow_ups(self, results: Sequence[Result[AnyCase]]) -> Sequence[AnyCase]:
        """Return the cases of the next round, given what came of the last; none to end."""
        return ()

    def details(self, tried: Sequence[Result[AnyCase]]) -> dict[str, Any]:
        """Return the fields that a report of this kind has besides those of all, by name."""
        return {}
