"""Claims about a scenario, and how they are measured in its transcript.

A claim is a sentence and a check; a check is a function from a transcript to a verdict. Nothing is
taken on trust: a verdict comes from the lines, their times and their tasks alone, and says in words
what was measured. The checks below are made to be combined:

    within("both awaited", takes(2, "started", "finished"))

What the scripts keep to, for the checks' sake: whoever is watched by name prints `name finished` at
its end or `name cancelled`, `name enters` where only some may be inside at once, and `name done`
where they are counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from itertools import groupby, pairwise

from scenarios.transcript import Line, NotShown, Transcript


class Outcome(Enum):
    """What measuring a claim can come to."""

    HOLDS = "holds"
    REFUTED = "refuted"
    HALF_TRUE = "half true"
    NOT_SHOWN = "not shown"


HOLDS, REFUTED, HALF_TRUE, NOT_SHOWN = Outcome


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a check, and what was measured, in words."""

    outcome: Outcome
    measured: str

    @classmethod
    def of(cls, condition: bool, measured: str) -> Verdict:
        """The verdict on a claim that holds if the condition does, and else is refuted."""
        return cls(HOLDS if condition else REFUTED, measured)

    def __str__(self) -> str:
        return f"{self.outcome.value}: {self.measured}"


Check = Callable[[Transcript], Verdict]


@dataclass(frozen=True, slots=True)
class Claim:
    """Something said about a scenario, how to measure it, and what that should come to."""

    words: str
    check: Check
    expected: Outcome = HOLDS

    def judge(self, transcript: Transcript) -> Verdict:
        """Measure the claim in the transcript of the whole script."""
        try:
            return self.check(transcript)
        except NotShown as missing:
            return Verdict(NOT_SHOWN, str(missing))


def within(title: str, check: Check) -> Check:
    """The check, applied to one section; times count from its heading."""

    def check_section(transcript: Transcript) -> Verdict:
        verdict = check(transcript.section(title))
        return Verdict(verdict.outcome, f"{title}: {verdict.measured}")

    return check_section


def every(*checks: Check) -> Check:
    """All the checks together: half true if some hold and some do not."""

    def check(transcript: Transcript) -> Verdict:
        verdicts = [part(transcript) for part in checks]
        outcomes = {verdict.outcome for verdict in verdicts}
        measured = verdicts[0].measured
        for before, verdict in pairwise(verdicts):
            joint = "; " if verdict.outcome is before.outcome else "; but "
            measured += joint + verdict.measured
        return Verdict(outcomes.pop() if len(outcomes) == 1 else HALF_TRUE, measured)

    return check


def prints(*expected: tuple[float, str]) -> Check:
    """Lines with these texts come at these seconds, in this order and just as often."""
    wanted = [(Fraction(at), text) for at, text in expected]
    texts = {text for _, text in wanted}

    def check(transcript: Transcript) -> Verdict:
        lines = transcript.select(texts.__contains__)
        return Verdict.of(
            [(line.at, line.text) for line in lines] == wanted,
            _in_words(lines) or "nothing of the kind was printed",
        )

    return check


def never_prints(text: str) -> Check:
    """No line has this text."""

    def check(transcript: Transcript) -> Verdict:
        lines = transcript.select(text.__eq__)
        if lines:
            return Verdict(REFUTED, f'"{text}" was printed {moment(lines[0].at)}')
        return Verdict(HOLDS, f'"{text}" was never printed')

    return check


def takes(seconds: float, start: str, end: str) -> Check:
    """From the first line that begins with `start` to the first one with `end` it takes so long."""

    def check(transcript: Transcript) -> Verdict:
        taken = transcript.first(end).at - transcript.first(start).at
        return Verdict.of(taken == seconds, f'"{start}" to "{end}" took {duration(taken)}')

    return check


def comes_before(earlier: str, later: str) -> Check:
    """The line with the one text comes before the line with the other."""

    def check(transcript: Transcript) -> Verdict:
        pair = transcript.first(earlier), transcript.first(later)
        first, second = sorted(pair, key=transcript.lines.index)
        return Verdict.of(
            (first, second) == pair,
            f'first "{first.text}" {moment(first.at)}, then "{second.text}" {moment(second.at)}',
        )

    return check


def is_cancelled(name: str) -> Check:
    """`name` ends by being cancelled."""

    def check(transcript: Transcript) -> Verdict:
        end, was_cancelled = _end_of(name, transcript)
        if was_cancelled:
            return Verdict(HOLDS, f"{name} was cancelled {moment(end.at)}")
        return Verdict(REFUTED, f"{name} was not cancelled, it finished {moment(end.at)}")

    return check


def runs_on(name: str) -> Check:
    """`name` is not cancelled but comes to its own end."""

    def check(transcript: Transcript) -> Verdict:
        end, was_cancelled = _end_of(name, transcript)
        if was_cancelled:
            return Verdict(REFUTED, f"{name} was cancelled {moment(end.at)}")
        return Verdict(HOLDS, f"{name} ran on and finished {moment(end.at)}")

    return check


def at_most_inside(limit: int, *, leaves: str) -> Check:
    """Of those who enter, no more than `limit` are inside before one of them leaves.

    A line `name enters` lets one in; a line of `name` and then the pattern `leaves` lets one out.
    The limit has to be reached, or there was nothing to measure.
    """

    def check(transcript: Transcript) -> Verdict:
        inside: set[str] = set()
        most = 0
        for line in transcript:
            name, _, rest = line.text.partition(" ")
            if rest == "enters":
                inside.add(name)
                most = max(most, len(inside))
            elif re.match(leaves, rest):
                inside.discard(name)
        if most < limit:
            raise NotShown(f"there were never {limit} inside at once")
        return Verdict.of(most == limit, f"at most {most} inside at once")

    return check


def all_done(number: int, seconds: float) -> Check:
    """So many lines `name done` come, the last of them at `seconds`."""

    def check(transcript: Transcript) -> Verdict:
        done = transcript.select(lambda text: text.endswith(" done"))
        if len(done) != number:
            raise NotShown(f"{number} were to be done, but {len(done)} were")
        last = done[-1].at
        return Verdict.of(last == seconds, f"{number} were done, the last {moment(last)}")

    return check


def moment(at: Fraction) -> str:
    """A time of a transcript in words, like `at 0` or `at +2.5 s`."""
    return f"at +{duration(at)}" if at else "at 0"


def duration(seconds: Fraction) -> str:
    """A number of seconds in words, like `2.5 s`."""
    return f"{float(seconds):.9g} s"


def listed(items: Iterable[object], conjunction: str) -> str:
    """The items in words, like `1, 2 and 3`."""
    *most, last = map(str, items)
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def _in_words(lines: Iterable[Line]) -> str:
    """Lines with their times, like `"hello" at 0, then "something" and "world" at +2 s`."""
    moments = groupby(lines, key=lambda line: line.at)
    return ", then ".join(
        listed((f'"{line.text}"' for line in together), "and") + f" {moment(at)}"
        for at, together in moments
    )


def _end_of(name: str, transcript: Transcript) -> tuple[Line, bool]:
    """The line at which `name` ends, and whether it ends by being cancelled."""
    ends = {f"{name} finished": False, f"{name} cancelled": True}
    lines = transcript.select(ends.__contains__)
    if len(lines) != 1:
        raise NotShown(f"{name} ends {len(lines)} times")
    return lines[0], ends[lines[0].text]
