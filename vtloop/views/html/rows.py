"""What stands in the rows of a page: tasks, callbacks that print, primitives, sections.

Each row is a mapping. Times are nanoseconds. What there may be very much of is in flat lists, in
which times and steps are told by how much later than the last one they are.

- Every row has `kind`, `label`, and `below`, a smaller line of the label.
- A task's has `depth`, `about`, `start`, `spans` (the step, the length and the look of each in
  turn, from its start on; flat), `ended` (when, how, and how in words; null if it was left
  pending), `cancels` (when, the step, whether CancelledError is delivered or requested, in a word,
  as a sentence), `timeouts` (from, the step, to, whether it fired, what may stand at it, as a
  sentence), `stubs` (when a message leaves that is lost or held, or a refusal arrives, the step,
  whether downwards, until when it is held, else null, as a sentence, and which of these it is), and
  `prints` (when, the step, what).
- That of callbacks has `prints`.
- A primitive's or section's has `has` (how its pieces are said), `pieces` (from, the step, for how
  long, and whose, by the place of the task's row, -1 for nobody), `waiting` and `levels` (since
  when, how many), `says` (how a level is said, by its number), and `uses` (when, the step, and who
  does what, as a place in `told`). Each of these but `says` is flat.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from vtloop.timeline.messages import Message
from vtloop.timeline.participants import name_of, shown, told_apart
from vtloop.timeline.spans import Bracket, Holding, Lane, Use, Visit
from vtloop.timeline.timeline import Timeline
from vtloop.values.columns import cut_in_the_middle
from vtloop.views.html.looks import Looks
from vtloop.views.message_words import one_by_one
from vtloop.views.words import USES, Words

Row: TypeAlias = dict[str, Any]

_NAME = 60  # columns of a name
_NOBODY = -1


class Rows:
    """Makes the rows of a page."""

    def __init__(self, timeline: Timeline, say: Words, looks: Looks) -> None:
        self._timeline, self._say, self._looks = timeline, say, looks
        self._lanes = shown(timeline)
        self._names = told_apart(self._lanes, lambda lane: _NAME)
        self.places = {lane.number: place for place, lane in enumerate(self._lanes)}
        """In which row each task is, by its number."""
        self._prints: dict[int, list[Any]] = {}
        self._cancels: dict[int, list[Any]] = {}
        self._read_events()
        self._timeouts: dict[int, list[Any]] = {}
        for bracket in timeline.timeouts:
            self._timeouts.setdefault(bracket.task, []).append(self._timeout(bracket))
        self._stubs: dict[int, list[Any]] = {}
        for message in timeline.messages:
            if message.refused_at is not None:
                self._stubs.setdefault(message.receiver, []).append(self._refusal(message))
            elif message.held or message.lost is not None:
                self._stubs.setdefault(message.sender, []).append(self._stub(message))

    def all(self) -> list[Row]:
        """Return the rows from the top of the page down."""
        rows = [self._task(lane) for lane in self._lanes]
        others = [self._prints[who] for who in self._prints if who not in self.places]
        if others:
            say = self._say
            rows.append(_row("callbacks", say("event loop"), say("timers and callbacks")))
            rows[-1]["prints"] = sorted(one for each in others for one in each)
        return [*rows, *self._primitives(), *self._sections()]

    def _read_events(self) -> None:
        timeline, say = self._timeline, self._say
        trace = timeline.trace
        for event in trace.events:
            step, at, kind, who, subject, _ = event
            if kind == "print" and who >= 0:
                printed = trace.printed[subject]
                mine = who in self.places and timeline.lanes[who].label == printed.who
                self._prints.setdefault(who if mine else 0, []).append(
                    [printed.at, step, printed.text]
                )
            elif kind == "cancel" and subject in self.places:
                by, message = say.requested(timeline, event)
                sentence = say.cancellation(by, timeline.lanes[subject].label, at, message)
                asked = at, step, 0, say("cancelled by {by}", by=by), sentence
                self._cancels.setdefault(subject, []).append(asked)
            elif kind == "deliver" and subject in self.places:
                name, time = timeline.lanes[subject].label, say.seconds(at)
                sentence = say("CancelledError is thrown into {who} at {time}", who=name, time=time)
                self._cancels.setdefault(subject, []).append((at, step, 1, "", sentence))

    def _task(self, lane: Lane) -> Row:
        own = lane.coroutine if lane.has_own_name else ""
        row = _row("task", self._names[lane.number], own)
        spans = [*self._looks.of(lane)]
        row |= {
            "host": lane.host,
            "depth": lane.depth,
            "about": self._about(lane),
            "start": spans[0][0].start if spans else lane.created,
            "spans": list(
                in_turn(((span.step, span.end - span.start, look) for span, look in spans), 1)
            ),
            "ended": None if lane.ended is None else [lane.ended, lane.outcome, self._end(lane)],
            "cancels": self._cancels.get(lane.number, []),
            "timeouts": self._timeouts.get(lane.number, []),
            "stubs": self._stubs.get(lane.number, []),
            "prints": self._prints.get(lane.number, []),
        }
        return row

    def _about(self, lane: Lane) -> list[str]:
        say = self._say
        end = self._timeline.end if lane.ended is None else lane.ended
        outcome = self._end(lane) or say("left pending at the end")
        about = [f"{say.period(lane.created, end)}: {outcome}"]
        if stack := self._timeline.trace.stacks[lane.place]:
            about.append(say("created at {place}", place=" / ".join(map(str, stack))))
        return about

    def _end(self, lane: Lane) -> str:
        words = self._say(lane.outcome) if lane.outcome else ""
        return f"{words}: {lane.error}" if lane.error else words

    def _timeout(self, bracket: Bracket) -> list[Any]:
        lengths = [None if length is None else max(length, 0) for length in bracket.lengths]
        texts = list(self._say.timeout(lengths))
        sentence = ": ".join(filter(None, (texts[0], self._say.deadline(bracket))))
        step, *_ = self._timeline.trace.events[bracket.first]
        return [bracket.start, step, bracket.end, int(bracket.fired), texts, sentence]

    def _stub(self, message: Message) -> list[Any]:
        until = None
        if message.lost is None:
            until = self._timeline.end if message.released is None else message.released
        place = self.places.get(message.sender, 0)
        down = self.places.get(message.receiver, place + 1) > place
        told = one_by_one(self._say, [message])
        kind = "held" if message.lost is None else "lost"
        return [message.sent, message.sent_in, int(down), until, told, kind]

    def _refusal(self, message: Message) -> list[Any]:
        told = one_by_one(self._say, [message])
        up = 0  # clear of what is printed then
        return [message.refused_at, message.received_in, up, None, told, "refused"]

    # Primitives and sections

    def _primitives(self) -> Iterator[Row]:
        timeline, say = self._timeline, self._say
        held: dict[int, list[Holding]] = {}
        for holding in timeline.holdings:
            held.setdefault(holding.primitive, []).append(holding)
        used: dict[int, list[Use]] = {}
        for use in timeline.uses:
            used.setdefault(use.primitive, []).append(use)
        there = {*held, *used, *timeline.queues, *timeline.levels}
        for number, primitive in enumerate(timeline.trace.primitives):
            if number in there:
                words = say.primitive(primitive)
                label = cut_in_the_middle(primitive.name or words, _NAME)
                kind = say.numbered(primitive) if primitive.shared else primitive.kind
                row = _row("primitive", label, kind if primitive.name else "")
                row["words"] = words
                row["has"] = say("{who} holds {what}", who="{who}", what=words)
                row["pieces"] = self._pieces(held.get(number, ()))
                levels = timeline.levels.get(number, [])
                row["waiting"] = list(in_turn(timeline.queues.get(number, []), 1))
                row["levels"] = list(in_turn(levels, 1))
                row["says"] = self._levels(primitive.kind, levels)
                row["told"], row["uses"] = self._uses(used.get(number, ()))
                yield row

    def _uses(self, uses: Iterable[Use]) -> tuple[list[str], list[int]]:
        """Return what is said of uses, each text once, and the uses, flat."""
        texts: dict[tuple[str, int], int] = {}
        found = [
            (use.at, use.step, texts.setdefault((use.kind, use.task), len(texts)))
            for use in uses
            if use.kind in USES
        ]
        said = [self._say(USES[kind], who=self._who(task)) for kind, task in texts]
        return said, list(in_turn(found, 2))

    def _who(self, task: int) -> str:
        name = name_of(self._timeline, task)
        return name if task > 0 else self._say(name)

    def _levels(self, kind: str, levels: Iterable[tuple[int, int]]) -> dict[int, str]:
        """Return how each level of a primitive is said, if it is not just a number."""
        say = self._say
        if kind == "Event":
            return {1: say("set")}
        if "Queue" not in kind:
            return {}
        return {many: say("{count} items", count=many) for many in {many for _, many in levels}}

    def _sections(self) -> Iterator[Row]:
        say = self._say
        visited: dict[str, list[Visit]] = {}
        for visit in self._timeline.visits:
            visited.setdefault(visit.section, []).append(visit)
        for section, visits in visited.items():
            row = _row("section", cut_in_the_middle(section, _NAME), say("section"))
            row["words"] = say("section {name}", name=section)
            row["has"] = say("{who} is in {what}", who="{who}", what=row["words"])
            row["pieces"] = self._pieces(visits)
            row |= {"waiting": [], "levels": [], "uses": [], "told": [], "says": {}}
            yield row

    def _pieces(self, had: Iterable[Holding | Visit]) -> list[int]:
        found = [
            (
                one.start,
                self._timeline.trace.event(one.first).step,
                one.end - one.start,
                self.places.get(one.task, _NOBODY),
            )
            for one in sorted(had, key=lambda one: (one.start, one.first))
        ]
        return list(in_turn(found, 2))


def _row(kind: str, label: str, below: str) -> Row:
    return {"kind": kind, "label": label, "below": below}


def in_turn(records: Iterable[tuple[int, ...]], growing: int) -> Iterator[int]:
    """Yield the numbers of records; of the first so many, by how much more they are than before."""
    before = (0,) * growing
    for record in records:
        yield from (now - then for now, then in zip(record, before, strict=False))
        yield from record[growing:]
        before = record[:growing]
