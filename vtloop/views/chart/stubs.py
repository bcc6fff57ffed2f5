"""Where the ways of messages begin that are lost or held, and where refusals arrive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from vtloop.timeline.messages import Message
from vtloop.timeline.timeline import Timeline
from vtloop.views.chart.scale import Scale

_MOST = 80  # more are only counted


class Stub(NamedTuple):
    """Where a message waits that is held, leaves that is lost, or arrives that is a refusal."""

    message: Message
    left: float  # where it leaves, across the chart; of a refusal, where it arrives
    right: float  # where it goes on; the end of the chart if it is held to the end
    row: int  # the place of the sender's row; of a refusal, of the receiver's
    down: bool

    @property
    def below(self) -> int:
        """The row below whose bar it stands, be it above that of the next."""
        return self.row if self.down else self.row - 1


def stubs_of(timeline: Timeline, scale: Scale, alone: Mapping[int, int]) -> list[Stub]:
    """Return the messages that are lost, held or refusals, as far as their tasks have own rows."""
    found = list(_stubs(timeline, scale, alone))
    return found if len(found) <= _MOST else []


def _stubs(timeline: Timeline, scale: Scale, alone: Mapping[int, int]) -> Iterator[Stub]:
    last = max(alone.values(), default=0)
    for message in timeline.messages:
        if (at := message.refused_at) is not None:
            if (row := alone.get(message.receiver)) is not None:
                there = scale.during(message.received_in, at)
                yield Stub(message, there, there, row, down=False)  # clear of what is printed then
            continue
        row = alone.get(message.sender)
        if row is None or not (message.held or message.lost is not None):
            continue
        left = right = scale.during(message.sent_in, message.sent)
        if message.released is not None:
            right = scale.at(message.released)
        elif message.lost is None:
            right = scale.end
        other = alone.get(message.receiver, row)
        yield Stub(message, left, right, row, row < last if other == row else other > row)
