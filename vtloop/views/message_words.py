"""What is said of messages: what each is, from where to where, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vtloop.timeline.messages import Message
from vtloop.timeline.timeline import Timeline
from vtloop.views.words import Words

_WHAT = {
    "connect": "a request to connect",
    "accept": "an answer: connected",
    "refuse": "an answer: refused",
    "data": "data",
    "end": "the end of the data",
    "reset": "a reset",
    "datagram": "a datagram",
}
_OF_SIZE = {"data": "{count} bytes", "datagram": "a datagram of {count} bytes"}
_MOST = 6  # messages, that are told one by one


def what(say: Words, message: Message) -> str:
    """Return what a message is, such as '120 bytes'."""
    if message.size is not None and message.kind in _OF_SIZE:
        return say(_OF_SIZE[message.kind], count=message.size)
    return say(_WHAT[message.kind])


def way(say: Words, message: Message) -> str:
    """Return what a message is, and from where to where it goes."""
    source, target = message.source, message.destination
    return say(
        "{what} from {source} to {target}", what=what(say, message), source=source, target=target
    )


def fate(say: Words, message: Message) -> str:
    """Return what hindered a message, '' if nothing did."""
    if message.lost is not None:
        return say("lost: {why}", why=message.why)
    if message.released is not None:
        return say("held until {time}", time=say.seconds(message.released))
    return say("held to the end") if message.held else ""


def sentence(say: Words, timeline: Timeline, messages: Sequence[Message]) -> str:
    """Return who sends what to whom; an address stands for a task that is not known."""
    first = messages[0]
    lanes = timeline.lanes
    one = lanes[first.sender].label if first.sender else first.source
    other = lanes[first.receiver].label if first.receiver else first.destination
    return say("{one} sends {what} to {other}", one=one, other=other, what=summary(say, messages))


def one_by_one(say: Words, messages: Iterable[Message]) -> str:
    """Return lines that tell of messages, one each; of many only how many there are."""
    found = list(messages)
    lines = [": ".join(filter(None, (way(say, one), fate(say, one)))) for one in found[:_MOST]]
    if len(found) > _MOST:
        lines.append(say("… {count} more", count=len(found) - _MOST))
    return "\n".join(lines)


def summary(say: Words, messages: Iterable[Message]) -> str:
    """Return what goes from one task to another at once, in a few words: '3 messages, 2,140 bytes'.

    What makes and ends connections is told only where there is nothing else.
    """
    found = list(messages)
    carrying = [one for one in found if one.kind in _OF_SIZE] or found
    if len(carrying) == 1:
        return what(say, carrying[0])
    words = say("{count} messages", count=len(carrying))
    sizes = [one.size for one in carrying]
    if any(size is None for size in sizes) or not any(sizes):
        return words
    return f"{words}, {say('{count} bytes', count=sum(size or 0 for size in sizes))}"
