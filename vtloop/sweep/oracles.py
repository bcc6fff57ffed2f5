"""What can be wrong with a run in which a task was cancelled, whatever the program.

An oracle judges the facts of a run. It does not know the program, so what it finds in the
undisturbed run too is not blamed on a cancellation. What asyncio documents, such as tasks that
`asyncio.wait` leaves behind, is found as well, but on a level of its own: by design.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from vtloop.search.outcome import Left, Outcome, kinds_of
from vtloop.sweep.injection import MESSAGE
from vtloop.values.clock import NANOSECONDS, plain_seconds

ERROR, BY_DESIGN = "error", "by design"


class Finding(NamedTuple):
    """Something that an oracle holds against a run."""

    oracle: str
    subject: str  # the same in all runs that show the same: 'Lock made at pool.py:12 in main'
    words: str
    level: str = ERROR


FAILURE = "failure"


def failures_of(undisturbed: Outcome) -> Iterator[Finding]:
    """Yield what is wrong with a program that fails though nobody has cancelled anything."""
    if undisturbed.ended in ("raised", "cancelled"):
        yield Finding(FAILURE, "the main coroutine", f"it raised {undisturbed.error}")


class Oracle(Protocol):
    """Judges the facts of a run."""

    @property
    def name(self) -> str:
        """What its findings are told under."""

    def judge(self, outcome: Outcome) -> list[Finding]: ...


@dataclass(frozen=True)
class Rule:
    """An oracle that is one function: it yields the subject and the words of each finding.

    If it is about one `fact`, a field of the outcome, it need not be asked where that is empty.
    """

    name: str
    complaints: Callable[[Outcome], Iterator[tuple[str, str]]]
    level: str = ERROR
    fact: str = ""

    def judge(self, outcome: Outcome) -> list[Finding]:
        return [Finding(self.name, *found, self.level) for found in self.complaints(outcome)]


# The victim


def _swallowed(run: Outcome) -> Iterator[tuple[str, str]]:
    if run.victim == "returned" and run.cancelling > 0:
        yield (
            run.who,
            f"it was cancelled and returned normally, while cancelling() was {run.cancelling}; let "
            "CancelledError pass, or call uncancel() where the cancellation ends",
        )
    for who in run.swallowed:
        yield (
            who,
            "it was cancelled with all other tasks and returned normally, and took nothing back; "
            "let CancelledError pass",
        )


def _message_lost(run: Outcome) -> Iterator[tuple[str, str]]:
    if run.message is not None and run.message != MESSAGE:
        has = f"has the message {run.message!r}" if run.message else "has none"
        yield (
            run.who,
            f"it was cancelled with a message, while the CancelledError that ended it {has}; "
            "raise the one that was caught",
        )


def _out_of_nothing(run: Outcome) -> Iterator[tuple[str, str]]:
    whom = [run.who] if run.victim == "cancelled" and run.delivered and not run.cancelling else []
    for who in dict.fromkeys((*run.by_nobody, *whom)):
        yield (
            who,
            "it ended with CancelledError, while cancelling() was 0 as every request had been "
            "taken back by uncancel(); whoever takes back the last one has to end the error",
        )
    for who in run.bystanders:
        yield (
            who,
            "it ended with CancelledError, while nobody had cancelled it: it awaited a task that "
            f"was cancelled as {run.who} was, which awaited it too; let each await "
            "asyncio.shield(task)",
        )


# What goes on too long, by the class of the case, and after what.
_OVER = {
    "F": ("the block of its TaskGroup", "a task of that had failed"),
    "T": ("the block of its timeout", "that had fired"),
}


@dataclass(frozen=True)
class SlowCleanup:
    """A task takes long to end after it was cancelled, or to leave a block that is over."""

    bound: float = 60  # virtual seconds
    name: str = "slow cleanup"

    def judge(self, outcome: Outcome) -> list[Finding]:
        if outcome.cleanup <= self.bound * NANOSECONDS:
            return []
        seconds = plain_seconds(outcome.cleanup)
        what, end = _OVER.get(outcome.case.letter, ("it", "it was cancelled"))
        pending = " and was still pending" if outcome.victim is None else ""
        words = f"{what} went on for {seconds} s after {end}{pending}"
        return [Finding(self.name, outcome.who, f"{words}; the bound is {self.bound:g} s")]


# The run


def _stuck(run: Outcome) -> Iterator[tuple[str, str]]:
    # With two tasks gone there may be nobody left but the main one: that is no fault.
    if run.ended == "deadlock" and not (run.case.of_two_tasks and run.pending <= 1):
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
    """Tasks and callbacks end with exceptions of their own, whoever was cancelled; see `failures`.

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


ORACLES: tuple[Oracle, ...] = (
    Rule("cancel swallowed", _swallowed),
    Rule("message lost", _message_lost),
    Rule("cancelled by nobody", _out_of_nothing),
    SlowCleanup(),
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
    Rule("never retrieved", _never_retrieved, fact="unretrieved"),
    Rule("hidden by shield", _hidden, fact="hidden"),
    Rule("destroyed while pending", _destroyed, fact="destroyed"),
    Rule("never awaited", _never_awaited, fact="unawaited"),
    Rule("finalised late", _late, fact="late"),
    Rule("left behind", _left_by_design, BY_DESIGN, "left"),
)
"""All of them, in the order in which their findings are told."""
