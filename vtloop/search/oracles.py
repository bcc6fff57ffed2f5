"""What can be wrong with a run, whatever the program and whatever was done to it.

An oracle judges the facts of a run. It does not know the program, so what it finds in the
undisturbed run too is not blamed on a case. What asyncio documents, such as tasks that
`asyncio.wait` leaves behind, is found as well, but on a level of its own: by design.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from vtloop.search.outcome import AnyOutcome, Left, Outcome, kinds_of

OutcomeToJudge = TypeVar("OutcomeToJudge", bound=Outcome, contravariant=True)

ERROR, BY_DESIGN = "error", "by design"


class Finding(NamedTuple):
    """Something that an oracle holds against a run."""

    oracle: str
    subject: str  # the same in all runs that show the same: 'Lock made at pool.py:12 in main'
    words: str
    level: str = ERROR


FAILURE = "failure"


def failures_of(undisturbed: Outcome) -> Iterator[Finding]:
    """Yield what is wrong with a program that fails though nothing has happened to it."""
    if undisturbed.ended in ("raised", "cancelled"):
        yield Finding(FAILURE, "the main coroutine", f"it raised {undisturbed.error}")


class Oracle(Protocol[OutcomeToJudge]):
    """Judges the facts of a run."""

    @property
    def name(self) -> str:
        """What its findings are told under."""

    def judge(self, outcome: OutcomeToJudge) -> list[Finding]: ...


@dataclass(frozen=True)
class Rule(Generic[AnyOutcome]):
    """An oracle that is one function: it yields the subject and the words of each finding.

    With `fact`, the name of a field of the outcome, the rule is skipped where that field is empty.
    """

    name: str
    complaints: Callable[[AnyOutcome], Iterator[tuple[str, str]]]
    level: str = ERROR
    fact: str = ""

    def judge(self, outcome: AnyOutcome) -> list[Finding]:
        return [Finding(self.name, *found, self.level) for found in self.complaints(outcome)]


# How it goes


def _stuck(run: Outcome) -> Iterator[tuple[str, str]]:
    if run.is_stuck:
        yield "the main coroutine", run.detail
    if run.stuck == "deadlock":
        yield "the tasks that were left", "they did not end when the loop cancelled them"


def _endless(run: Outcome) -> Iterator[tuple[str, str]]:
    for who, ended in (
        ("the main coroutine", run.ended),
        ("the tasks that were left, when the loop cancelled them,", run.stuck),
    ):
        if ended in ("livelock", "endless"):
            yield who, f"{who} went on many times as long as the undisturbed run"


def _lost_wakeup(run: Outcome) -> Iterator[tuple[str, str]]:
    for primitive in run.primitives:
        if primitive.complaint == "lost wake-up":
            yield primitive.name, primitive.detail


def _released_twice(run: Outcome) -> Iterator[tuple[str, str]]:
    for primitive in run.primitives:
        if primitive.complaint == "released twice":
            yield primitive.name, primitive.detail


def _left_held(run: Outcome) -> Iterator[tuple[str, str]]:
    for primitive in run.primitives:
        if primitive.complaint not in ("lost wake-up", "released twice"):
            yield primitive.name, f"{primitive.complaint}: {primitive.detail}"


def _assertion(run: Outcome) -> Iterator[tuple[str, str]]:
    for fault in run.faults:
        if fault.is_assertion:
            yield fault.text, "the program's own assertion failed"


def _out_of_asyncio(run: Outcome) -> Iterator[tuple[str, str]]:
    for fault in run.faults:
        if fault.kind == "RuntimeError" and fault.by_asyncio:
            yield fault.text, "asyncio raised it, as it was used in a way that it refuses"


@dataclass(frozen=True)
class Failures:
    """Tasks and callbacks end with exceptions of their own; see `failures`.

    Those of the classes that are `expected` are the program's way to say that somebody is gone. So
    are those that such a one was raised from. TypeError if that is no tuple of classes.
    """

    expected: tuple[type[BaseException], ...] = ()
    name: str = FAILURE
    fact = "failures"

    def __post_init__(self) -> None:
        given: object = self.expected
        kinds = given if isinstance(given, tuple) else (None,)
        if not all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds):
            raise TypeError(
                f"Failures was made with expected={given!r}, while that is no tuple of classes of "
                "exceptions; give one, such as expected=(ConnectionError,)"
            )

    def judge(self, outcome: Outcome) -> list[Finding]:
        if not outcome.failures:
            return []
        expected = {kinds_of(kind)[0] for kind in self.expected}
        told = {text for oracle in (_assertion, _out_of_asyncio) for text, _ in oracle(outcome)}
        return [
            Finding(self.name, subject, f"{failure.who} {failure.how}")
            for failure in outcome.failures
            if failure.text not in told and expected.isdisjoint(failure.kinds)
            for subject in [" at ".join(filter(None, (failure.text, failure.place)))]
        ]


def _broken(run: Outcome) -> Iterator[tuple[str, str]]:
    for words in run.broken:
        yield "the run", words


def _violated(run: Outcome) -> Iterator[tuple[str, str]]:
    for words in run.violated:
        yield "the invariant", words


# What is left behind


def _left(run: Outcome) -> Sequence[Left]:
    return run.left if run.ended in ("returned", "raised", "cancelled") else ()


def _orphan(run: Outcome) -> Iterator[tuple[str, str]]:
    for left in _left(run):
        if not left.given_to and not left.cleans_up:
            yield (
                left.coroutine,
                f"{left.label} was pending when the main coroutine had ended; cancel and await it, "
                "or make it in a TaskGroup",
            )


def _cut_off(run: Outcome) -> Iterator[tuple[str, str]]:
    for left in _left(run):
        if not left.given_to and left.cleans_up:
            yield (
                left.coroutine,
                f"{left.label} was cancelled and was still cleaning up when the main coroutine had "
                "ended, and then is cancelled once more; await whom you cancel",
            )


def _left_by_design(run: Outcome) -> Iterator[tuple[str, str]]:
    for left in _left(run):
        if left.given_to:
            yield left.coroutine, f"{left.given_to}() leaves {left.label} running, as documented"


def _left_open(run: Outcome) -> Iterator[tuple[str, str]]:
    for one in run.left_open:
        if not one.by_asyncio:
            yield one.name, f"{one.what} was left open; close it however its block ends"


def _open_by_design(run: Outcome) -> Iterator[tuple[str, str]]:
    for one in run.left_open:
        if one.by_asyncio:
            yield (
                one.name,
                f"{one.what} was left open by asyncio, as create_server() was cancelled in its "
                "last step",
            )


def _never_retrieved(run: Outcome) -> Iterator[tuple[str, str]]:
    for error in run.unretrieved:
        yield error, "a task or future ended with it, and nobody has retrieved it"


def _hidden(run: Outcome) -> Iterator[tuple[str, str]]:
    for error in run.hidden:
        yield (
            error,
            "a shielded task ended with it just as its caller was cancelled, and shield() has "
            "retrieved it for nobody; keep the task, and await it",
        )


def _destroyed(run: Outcome) -> Iterator[tuple[str, str]]:
    for coroutine in run.destroyed:
        yield coroutine, "its task was collected while it was pending; keep a reference to it"


def _never_awaited(run: Outcome) -> Iterator[tuple[str, str]]:
    for coroutine in run.unawaited:
        yield coroutine, "it was made and never awaited"


def _late(run: Outcome) -> Iterator[tuple[str, str]]:
    for generator in run.late:
        yield (
            generator,
            "the generator was left unfinished, so its cleanup runs late and in another task; use "
            "contextlib.aclosing()",
        )


OF_ANY_RUN: tuple[Oracle[Outcome], ...] = (
    Rule("lost wake-up", _lost_wakeup, fact="primitives"),
    Rule("deadlock", _stuck),
    Rule("endless", _endless),
    Rule("released twice", _released_twice, fact="primitives"),
    Rule("left held", _left_held, fact="primitives"),
    Rule("RuntimeError of asyncio", _out_of_asyncio, fact="faults"),
    Rule("assertion", _assertion, fact="faults"),
    Failures(),
    Rule("check", _broken, fact="broken"),
    Rule("always", _violated, fact="violated"),
    Rule("orphan", _orphan, fact="left"),
    Rule("cleanup cut off", _cut_off, fact="left"),
    Rule("left open", _left_open, fact="left_open"),
    Rule("never retrieved", _never_retrieved, fact="unretrieved"),
    Rule("hidden by shield", _hidden, fact="hidden"),
    Rule("destroyed while pending", _destroyed, fact="destroyed"),
    Rule("never awaited", _never_awaited, fact="unawaited"),
    Rule("finalised late", _late, fact="late"),
    Rule("left behind", _left_by_design, BY_DESIGN, "left"),
    Rule("left open by asyncio", _open_by_design, BY_DESIGN, "left_open"),
)
"""The oracles that judge any run, in the order of their findings; a new one goes here."""
