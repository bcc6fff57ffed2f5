"""What views say, in the language that `words=` chooses: waits, times, counts, who did what.

- A view says a phrase of `phrases`, by its English text: `say("{who} starts at {time}", …)`.
- `words=` is the name of a language that comes along, or a mapping of another one's: from phrases
  in English to the same in that language. What it leaves out stays English.
- Where a phrase counts, the mapping has one text for all numbers, or a tuple with one for each kind
  of number. `"plural"` says which goes with a number n, in the notation of gettext's catalogues,
  without it `"n != 1"`; `"decimal"` and `"thousands"` are how numbers are written.

    >>> from vtloop.views.words import words_of
    >>> say = words_of({"{count} tasks": ("{count} Aufgabe", "{count} Aufgaben"), "decimal": ","})
    >>> say("{count} tasks", count=1), say("{count} tasks", count=2), say.seconds(1_500_000_000)
    ('1 Aufgabe', '2 Aufgaben', '1,5 s')
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from string import Formatter
from typing import Any

from vtloop.timeline.participants import requester
from vtloop.timeline.spans import READY, RUNNING, Bracket, Span
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import NEVER, plain_seconds
from vtloop.values.text import BY_SWEEP
from vtloop.values.trace import PlainEvent, Primitive
from vtloop.values.waits import WAITS, Subject
from vtloop.views.phrases import NUMBERS, PHRASES
from vtloop.views.waiting import TOLD

LANGUAGES = tuple(NUMBERS)
MOST_NAMES = 3  # of tasks that are waited for together; more are counted

Phrases = dict[str, str | tuple[str, ...]]

Rule = Callable[[int], int]  # which form of a phrase goes with a number

_compiled: Callable[[str], Rule] = gettext.c2py
_english_rule = _compiled(NUMBERS["en"]["plural"])
_NUMBERS_TRIED = 1000  # to find how many forms a rule tells apart: all languages repeat before


def phrases(language: str = "en") -> Phrases:
    """Return all that views say in a language, by what they say in English.

    The mapping is what `words=` takes, so it is where to begin another language. ValueError for a
    language that does not come along.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language={language!r} was given; pass {_named_languages()}")
    found: Phrases = dict(NUMBERS[language])
    for english, russian in PHRASES.items():
        key = english if isinstance(english, str) else english[-1]
        found[key] = english if language == "en" else russian
    return found


@lru_cache(maxsize=1)
def _english() -> Phrases:
    return phrases("en")


@lru_cache(maxsize=len(LANGUAGES))
def _of_language(language: str) -> Words:
    return Words(phrases(language))


def words_of(language: str | Mapping[str, Any]) -> Words:
    """Return the words of a language, by its name or by a mapping of phrases.

    ValueError for a language or phrase that there is not, and for a text with something in braces
    that its phrase does not have; TypeError for another type.
    """
    if isinstance(language, str):
        if language not in LANGUAGES:
            raise ValueError(f"words={language!r} was given; pass {_named_languages()}")
        return _of_language(language)
    if not isinstance(language, Mapping):
        raise TypeError(f"words={language!r} was given; pass {_named_languages()}")
    return Words(language)


def _named_languages() -> str:
    names = " or ".join(map(repr, LANGUAGES))
    return f"{names}, or a mapping of phrases, such as vtloop.words.phrases() returns"


class Words:
    """The phrases of one language, and sentences of them. Times are nanoseconds."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        english = _english()
        for phrase in told:
            if phrase not in english:
                raise _unknown(phrase)
        plural = told.get("plural", english["plural"])
        try:
            rule = _compiled(plural)
            many = 1 + max(map(rule, range(_NUMBERS_TRIED)))
        except (ValueError, TypeError, ZeroDivisionError) as error:
            raise ValueError(
                f"words={{'plural': {plural!r}}} was given, while that is no rule for the plural "
                f"({error}); pass one as in gettext's catalogues, such as 'n != 1'"
            ) from None
        self._forms: dict[str, tuple[Rule, tuple[str, ...]]] = {}
        for phrase, text in english.items():
            if phrase in told:
                self._forms[phrase] = rule, _checked(phrase, told[phrase], many)
            else:
                self._forms[phrase] = _english_rule, (text,) if isinstance(text, str) else text
        (self._decimal,), (self._thousands,) = (
            self._forms[name][1] for name in ("decimal", "thousands")
        )

    def __call__(self, phrase: str, /, **values: str | int) -> str:
        """Return a phrase with what is to be filled in; `count` chooses the form."""
        rule, forms = self._forms[phrase]
        count = values.get("count", 0)
        form = forms[min(rule(count), len(forms) - 1) if isinstance(count, int) else 0]
        filled = {
            name: value if isinstance(value, str) else self.number(f"{value:,}")
            for name, value in values.items()
        }
        return form.format_map(filled)

    def number(self, plain: str) -> str:
        """Return a number that is written as in Python, in the way of the language."""
        marks = {".": self._decimal, ",": self._thousands}
        return "".join(marks.get(char, char) for char in plain)

    def seconds(self, nanoseconds: int) -> str:
        """Return a time or duration in exact seconds, such as '1.5 s'."""
        if nanoseconds >= NEVER:
            return self("never")
        return self("{number} s", number=self.number(plain_seconds(nanoseconds)))

    def at(self, time: int) -> str:
        """Return an instant: 'at 2 s'."""
        return self("at {time}", time=self.seconds(time))

    def period(self, start: int, end: int) -> str:
        """Return from when to when, and how long that is."""
        if start == end:
            return self.at(start)
        since, until, length = map(self.seconds, (start, end, end - start))
        return self("from {start} to {end}, {length}", start=since, end=until, length=length)

    # Who and what

    def primitive(self, primitive: Primitive) -> str:
        """Return a primitive: "Lock 'x'"."""
        if not primitive.name:
            return self.numbered(primitive)
        named = self("{kind} '{name}'", kind=primitive.kind, name=primitive.name)
        if not primitive.shared:
            return named
        return self("{named} #{number}", named=named, number=str(primitive.number))

    def numbered(self, primitive: Primitive) -> str:
        """Return a primitive without its name: 'Lock #1'."""
        return self("{kind} #{number}", kind=primitive.kind, number=str(primitive.number))

    def tasks(self, names: Sequence[str], futures: int = 0) -> str:
        """Return tasks that are waited for, and other futures: the names of a few, or a count."""
        counted = self("{count} tasks", count=len(names))
        parts = [counted] if len(names) > MOST_NAMES else list(names)
        if futures:
            parts.append(self("{count} futures", count=futures))
        return ", ".join(parts) or self("futures")

    def requested(self, timeline: Timeline, event: PlainEvent) -> tuple[str, str]:
        """Return who requests a cancellation, and its message, '' if it has none."""
        phrase, who = requester(timeline, event)
        message = "" if event[-1] == BY_SWEEP else event[-1] or ""  # a sweep's is none of theirs
        return (who if phrase == "{who}" else self(phrase, who=who)), message

    def cancellation(self, by: str, who: str, at: int, message: str = "") -> str:
        """Return who requests at which instant to cancel whom, and with which message."""
        time = self.seconds(at)
        request = self("{by} requests to cancel {who} at {time}", by=by, who=who, time=time)
        if not message:
            return request
        return self("{request}, message '{message}'", request=request, message=message)

    # Waits

    def wait(self, timeline: Timeline, span: Span) -> str:
        """Return for what a task waits in a span, as a part of a sentence."""
        if span.kind == "sleep":
            length = _length_of_sleep(timeline, span)
            if length is None:
                return self("a sleep without end")
            return self("a sleep of {length}", length=self.seconds(length))
        sentence, _, _ = TOLD[span.kind]
        return self(sentence, **self._subject(timeline, span))

    def waits(self, timeline: Timeline, span: Span) -> Iterator[str]:
        """Yield what may be written in a wait, the longest first."""
        if span.kind == "sleep":
            yield from self.sleep(_length_of_sleep(timeline, span))
            return
        _, in_bar, short = TOLD[span.kind]
        subject = WAITS[span.kind].subject
        if subject is Subject.ADDRESS:
            yield from self._at_host(timeline, span)
        yield self(in_bar, **self._subject(timeline, span))
        primitive = timeline.primitive(span)
        if primitive is not None:
            yield self.primitive(primitive)
            yield primitive.name or primitive.kind
            yield short or primitive.kind
            return
        if subject is Subject.ADDRESS and not short:
            yield self._subject(timeline, span)["address"]
        if subject is Subject.TASKS:
            numbers = timeline.trace.step(span.step).subject
            if 1 < len(numbers) <= MOST_NAMES:
                yield self(in_bar, tasks=self("{count} tasks", count=len(numbers)))
        if short:
            yield short

    def _at_host(self, timeline: Timeline, span: Span) -> Iterator[str]:
        """Yield what a wait is for, with the name of a host in place of its address."""
        ip, _, port = str(timeline.trace.step(span.step).subject).rpartition(":")
        if ip in timeline.hosts:
            _, in_bar, _ = TOLD[span.kind]
            yield self(in_bar, address=f"{timeline.hosts[ip]}:{port}")
            yield self(in_bar, address=timeline.hosts[ip])

    def kind(self, timeline: Timeline, span: Span) -> str:
        """Return what all waits of this kind are called, for whomever and however long they are.

        Those for a primitive have its name: "Lock 'x'".
        """
        if span.kind == "sleep":
            return self("sleep")
        primitive = timeline.primitive(span)
        if primitive is not None:
            return self.primitive(primitive)
        sentence, _, short = TOLD[span.kind]
        return short or self(
            "a task" if span.kind == "task" else sentence, **self._subject(timeline, span)
        )

    def sleep(self, length: int | None) -> Iterator[str]:
        """Yield what may be written in a sleep of some length, None for one without end."""
        if length is None:
            yield self("sleep for ever")
            yield self("for ever")
        else:
            yield self("sleep {length}", length=self.seconds(length))
            yield self.seconds(length)
        yield self("sleep")

    def cut(self, waits: Iterator[str], after: int | None = None) -> Iterator[str]:
        """Yield what may be written in a wait that ended before what it asked for.

        `waits` is what may be written in it otherwise, and `after` how long it took in fact.
        """
        length = "" if after is None else self.seconds(after)
        whole = list(waits)
        for wait in whole[:-1] or whole:  # the last says least of what was waited for
            if length:
                yield self("{wait}, cut after {length}", wait=wait, length=length)
            yield self("{wait}, cut short", wait=wait)
        yield from whole  # as that it was cut is also seen
        if length:
            yield self("cut after {length}", length=length)
        yield self("cut short")

    def timeout(self, lengths: Sequence[int | None], kind: str = "timeout") -> Iterator[str]:
        """Yield what may be written at a timeout, the longest first.

        `lengths` are those of its `Bracket`, and `kind` is 'timeout' or 'wait_for'.
        """
        told = [self("no deadline") if one is None else self.seconds(one) for one in lengths]
        if len(told) > 1:
            yield self("timeout {length}, then {later}", length=told[0], later=", ".join(told[1:]))
        if lengths and lengths[-1] is not None:
            phrase = "timeout {length}" if kind == "timeout" else "wait_for {length}"
            yield self(phrase, length=told[-1])
            yield told[-1]
        else:
            yield self("timeout without a deadline")
        yield self("timeout")

    def deadline(self, bracket: Bracket) -> str:
        """Return what became of the last deadline of a timeout, '' if it had none."""
        if bracket.deadline is None:
            return ""
        time = self.seconds(bracket.deadline)
        if bracket.fired:
            return self("the deadline was {time}, and passed", time=time)
        return self("the deadline was {time}, and was not reached", time=time)

    def does(self, timeline: Timeline, who: str, span: Span) -> str:
        """Return what a task does in a span, as a sentence."""
        if span.state == READY:
            return self("{who} is ready to run", who=who)
        if span.state == RUNNING:
            return self(_RUNS.get(span.kind, _SUSPENDS), who=who, step=str(span.step))
        return self("{who} waits for {what}", who=who, what=self.wait(timeline, span))

    def _subject(self, timeline: Timeline, span: Span) -> dict[str, str]:
        """Return what the phrase of a wait has in braces."""
        what = WAITS[span.kind].subject
        if what is Subject.PRIMITIVE:
            return {"primitive": self.primitive(timeline.trace.primitives[span.primitive])}
        if what is Subject.TASKS:
            numbers = timeline.trace.step(span.step).subject
            names = [timeline.lanes[number].label for number in numbers if number]
            return {"tasks": self.tasks(names, len(numbers) - len(names))}
        if what is Subject.ADDRESS:
            return {"address": str(timeline.trace.step(span.step).subject)}
        return {"type": str(timeline.trace.step(span.step).subject)} if span.step >= 0 else {}


# What is said of the uses of a primitive; those that are not here are told by something else.
USES = {
    "put": "{who} puts",
    "get": "{who} takes",
    "shutdown": "{who} shuts it down",
    "set": "{who} sets",
    "clear": "{who} clears",
    "notify": "{who} notifies",
    "arrive": "{who} arrives",
    "give up": "{who} gives up",
    "reset": "{who} resets",
    "abort": "{who} aborts",
}

_SUSPENDS = "{who} runs, step {step}, and suspends"
_RUNS = {
    "returned": "{who} runs, step {step}, and returned",
    "raised": "{who} runs, step {step}, and raised",
    "cancelled": "{who} runs, step {step}, and cancelled",
}


def _length_of_sleep(timeline: Timeline, span: Span) -> int | None:
    deadline: int = timeline.trace.step(span.step).subject
    return None if deadline < 0 else deadline - span.start


def _unknown(phrase: object) -> ValueError:
    near = get_close_matches(str(phrase), _english(), n=3, cutoff=0.5)
    ask = f"the nearest are {', '.join(map(repr, near))}" if near else "none is like it"
    return ValueError(
        f"words={{{phrase!r}: …}} was given, while views say no such phrase; {ask}, and "
        "vtloop.words.phrases() has all of them"
    )


def _checked(phrase: str, told: Any, many: int) -> tuple[str, ...]:
    """Return the forms of a phrase that a mapping tells; raises unless they can be said."""
    counts = isinstance(_english()[phrase], tuple)
    forms = told if isinstance(told, tuple | list) and counts else (told,)
    if not all(isinstance(form, str) for form in forms):
        of_each = f", or a tuple of {many}, one for each kind of number" if counts else ""
        raise TypeError(f"words={{{phrase!r}: {told!r}}} was given; pass a text{of_each}")
    if len(forms) not in (1, many):
        raise ValueError(
            f"words={{{phrase!r}: {told!r}}} was given, while the rule 'plural' tells {many} kinds "
            "of numbers apart; pass a text for each, or one for all"
        )
    for form in forms:
        unknown = _places(form) - _places(phrase)
        if unknown:
            has = " and ".join(f"{{{name}}}" for name in sorted(_places(phrase))) or "nothing"
            raise ValueError(
                f"words={{{phrase!r}: {form!r}}} was given, while it is not known what to fill "
                f"into {' or '.join(f'{{{name}}}' for name in sorted(unknown))}; what the phrase "
                f"has in braces is {has}"
            )
    return tuple(forms)


def _places(form: str) -> set[str]:
    """Return what a text has in braces."""
    try:
        parts = list(Formatter().parse(form))
    except ValueError:
        return {"…"}
    return {
        f"{name}!{conversion or ''}:{spec}" if spec or conversion else name
        for _, name, spec, conversion in parts
        if name is not None
    }
