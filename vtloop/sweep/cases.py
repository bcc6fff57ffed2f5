"""How the cases of a sweep are run on a bench, and their moments counted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from vtloop.recording.recording import Recording
from vtloop.search.bench import Bench
from vtloop.sweep.counting import Counting, CountingArmed, Timeout
from vtloop.sweep.disturbances import INJECTIONS
from vtloop.sweep.injection import Injection
from vtloop.sweep.moments import UNDISTURBED, Case, Moment
from vtloop.sweep.outcome import SweptOutcome
from vtloop.sweep.second import Again, Others
from vtloop.sweep.victims import Victims


def count(bench: Bench, classes: str) -> tuple[SweptOutcome, Counting]:
    """Run the program undisturbed; return what came of it, and the moments of some classes.

    SimulationError if it does not end, or fails the second time only.
    """
    counting = Counting(classes)
    outcome = bench.get_to_know(lambda limit: Injection(UNDISTURBED, limit), counting)
    return outcome, counting


def run(bench: Bench, case: Case, recording: Recording | None = None) -> SweptOutcome:
    """Run the program with what a case lets happen to it; recorded, it is told where it acted."""
    explain = recording is not None
    kind = INJECTIONS.get(case.letter, Injection)
    return bench.run(kind(case, bench.most_handles, explain), recording=recording)


def run_and_count(
    bench: Bench, case: Case, classes: str, victims: Victims | None = None
) -> tuple[SweptOutcome, Sequence[Moment]]:
    """Run a case; return also the moments at which its task could be cancelled again.

    With `victims` also those at which another one of them could be. There are none if the run had
    no end, as there would be no end of them either.
    """
    again = Again(classes)
    others = None if victims is None else Others(victims.include, classes)
    outcome = bench.run(Injection(case, bench.most_handles, again=again, others=others))
    if outcome.ended == "endless":
        return outcome, ()
    return outcome, again.moments if others is None else [*again.moments, *others.moments]


def is_gone(bench: Bench, case: Case) -> bool:
    """Return whether a second moment is one no more.

    A call in a cleanup that does something for the first time, such as an import or what is cached,
    makes calls that do not come again. It was counted in such a run.
    """
    *_, moment = case.moments
    if case.letter != "D" or moment.kind != "C":
        return False
    _, again = run_and_count(bench, case._replace(moments=case.moments[:1]), "C")
    return moment not in again


def cases_of_run(
    bench: Bench, counting: Counting, owners: Collection[int] | None = None
) -> Iterator[Case]:
    """Yield the cases of the classes S, F and T that were counted.

    With `owners` only those about the groups and timeouts of these tasks, by number.
    """
    for owner, case in counting.of_run:
        if owners is None or owner in owners:
            yield case
    for timeout in counting.timeouts:
        if owners is None or timeout.owner in owners:
            yield from _firings(bench, timeout)


def _firings(bench: Bench, timeout: Timeout) -> Iterator[Case]:
    """Yield the cases of a timeout: those at which it is armed if it does not fire, and never.

    If the program cannot end without it, those up to its own deadline.
    """
    never = Case("timeout", timeout.number, (Moment("TN", 0),))
    counting = CountingArmed()
    outcome = bench.run_unchecked(INJECTIONS["T"](never, bench.most_handles), counting)
    ends = outcome.ended in ("returned", "raised", "cancelled")
    if not ends:
        counting = CountingArmed(timeout.fired)
        bench.run_unchecked(INJECTIONS["T"](never, bench.most_handles), counting)
    for moment in counting.moments:
        yield never._replace(moments=(moment,))
    if ends and timeout.fired is not None:
        yield never
