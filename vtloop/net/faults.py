"""Faults of a network, by name: each is a rule on messages (see `rules`).

    with network.rule(partition("api", "db")):
        await asyncio.sleep(3600)

Each takes *places* that say which messages it meets: none means all of them, one means what is sent
from there or to there, two mean what is sent from one to the other. A place is the name of a host,
an address such as '10.0.0.2' or '10.0.0.2:5432', a host and a port, 'db:5432', a port of any host,
':5432', or a path. With `one_way` only what goes to the last of the places is met: so
`partition("api", "db", one_way=True)` swallows what api says, while api hears what db does.

The names are those of the field: Toxiproxy's, FoundationDB's, turmoil's.
"""

from __future__ import annotations

from collections.abc import Callable

from vtloop.net.links import Link
from vtloop.net.messages import Message
from vtloop.net.rules import DROP, HOLD, PASS, RESET, Verdict, after
from vtloop.values.clock import Seconds, to_nanoseconds

_OF_STREAMS = ("data", "end", "reset")


class Fault:
    """A rule that has a name, and does something to the messages of some places."""

    def __init__(
        self,
        name: str,
        places: tuple[str, ...],
        act: Callable[[Message], Verdict | None],
        one_way: bool = False,
        swallows: bool = False,
    ) -> None:
        if len(places) > 2 or not all(isinstance(place, str) for place in places):
            raise TypeError(
                f"{places!r} were given as the places of a {name}; pass up to two, each a host's "
                "name, an address, or a port such as ':5432'"
            )
        self.name, self.places, self.one_way = name, places, one_way
        self.swallows = swallows
        """Whether it keeps back messages of all kinds."""
        self._act = act

    def __repr__(self) -> str:
        way = "one way " if self.one_way else ""
        places = " and ".join(map(repr, self.places)) or "all"
        return f"<{self.name} {way}of {places}>"

    def __call__(self, message: Message) -> Verdict | None:
        """Return what becomes of a message."""
        return self._act(message) if self.meets(message) else PASS

    def meets(self, message: Message) -> bool:
        """Return whether a message is one of those of its places."""
        places = self.places
        if not places:
            return True
        source = message.source_host, message.source_name
        target = message.target_host, message.target_name
        if len(places) == 1:
            return _is_at(places[0], *target) or (not self.one_way and _is_at(places[0], *source))
        one, other = places
        return (_is_at(one, *source) and _is_at(other, *target)) or (
            not self.one_way and _is_at(other, *source) and _is_at(one, *target)
        )


def _is_at(place: str, host: str, address: str) -> bool:
    """Return whether a message that is at an address of a host is at a place."""
    if place in (host, address):
        return True
    ip, _, port = address.rpartition(":")
    ip = ip.strip("[]")
    if place == ip:
        return True
    name, _, wanted = place.rpartition(":")
    return wanted == port != "" and name in ("", host, ip)


# Nothing gets through


def partition(*places: str, one_way: bool = False) -> Fault:
    """Let nothing get through, and nobody hear of it.

    TCP sends what is lost again: a connection lives on if the partition ends within some 15
    minutes, and then gets all that was said, a little later.
    """
    lost = DROP._replace(why="partition")
    return Fault("partition", places, lambda _: lost, one_way, swallows=True)


def black_hole(*places: str) -> Fault:
    """Swallow all that is sent to a place; what that says itself gets out."""
    lost = DROP._replace(why="black hole")
    return Fault("black_hole", places, lambda _: lost, one_way=True, swallows=True)


def half_open(*places: str) -> Fault:
    """Let nobody hear that a connection has ended: neither its end nor a reset gets through.

    So the other side keeps a connection that is none any more (RFC 9293, half-open connections).
    Those that a pool has of a server that is gone come about by `Network.crash`.
    """
    lost = DROP._replace(why="half-open")
    kinds = ("end", "reset")
    return Fault("half_open", places, lambda one: lost if one.kind in kinds else PASS)


def refused(*places: str) -> Fault:
    """Refuse connections, as a machine does on which nobody listens; datagrams too."""
    refusal = RESET._replace(why="refused")
    kinds = ("connect", "datagram")
    return Fault("refused", places, lambda one: refusal if one.kind in kinds else PASS, True)


def reset(*places: str) -> Fault:
    """Reset each connection, at both its ends, as something is sent on it."""
    broken = RESET._replace(why="reset")
    return Fault("reset", places, lambda one: broken if one.kind in _OF_STREAMS else PASS)


def reset_after(size: int, *places: str) -> Fault:
    """Reset each connection, at both its ends, when so many bytes have gone one way."""
    _check_size(size)
    broken = RESET._replace(why=f"reset after {size} bytes")

    def act(message: Message) -> Verdict | None:
        left = size - message.offset
        if message.kind != "data" or len(message.data) <= left:
            return PASS
        return Verdict(size=left) if left > 0 else broken

    return Fault("reset_after", places, act)


# Late


def slow(
    *places: str,
    latency: Seconds = 0,
    jitter: Seconds = 0,
    bandwidth: float | None = None,
    one_way: bool = False,
) -> Fault:
    """Let messages take longer; see `Network` for what a link is like."""
    late = Verdict(link=Link.of(latency, jitter, bandwidth), why="slow")
    return Fault("slow", places, lambda _: late, one_way)


def clog(*places: str, one_way: bool = False) -> Fault:
    """Hold messages until it ends, or until they are released; then all of them go on."""
    held = HOLD._replace(why="clog")
    return Fault("clog", places, lambda _: held, one_way, swallows=True)


# By chance


def loss(share: float, *places: str, one_way: bool = False) -> Fault:
    """Lose messages, by chance: what is lost of a stream comes later, as TCP sends it again."""
    _check_share(share)
    lost = DROP._replace(why="lost")

    def act(message: Message) -> Verdict | None:
        return lost if message.chance("loss", share) else PASS

    return Fault("loss", places, act, one_way, swallows=True)


def duplication(share: float, *places: str, one_way: bool = False) -> Fault:
    """Let datagrams arrive twice, by chance."""
    _check_share(share)
    twice = Verdict((0, 0), why="doubled")

    def act(message: Message) -> Verdict | None:
        return twice if message.kind == "datagram" and message.chance("double", share) else PASS

    return Fault("duplication", places, act, one_way)


def reordering(share: float, seconds: Seconds, *places: str, one_way: bool = False) -> Fault:
    """Let datagrams be late, by chance, so that those overtake them that are sent meanwhile."""
    _check_share(share)
    late = after(seconds, "reordered")

    def act(message: Message) -> Verdict | None:
        return late if message.kind == "datagram" and message.chance("reorder", share) else PASS

    return Fault("reordering", places, act, one_way)


# In other pieces


def split(size: int, *places: str, one_way: bool = False) -> Fault:
    """Let what is sent on a connection be read in pieces of at most so many bytes."""
    _check_size(size)
    pieces = Verdict(size=size)

    def act(message: Message) -> Verdict | None:
        return pieces if message.kind == "data" and len(message.data) > size else PASS

    return Fault("split", places, act, one_way)


def coalesce(seconds: Seconds, *places: str, one_way: bool = False) -> Fault:
    """Let what is sent on a connection arrive together, each so many virtual seconds.

    So what was written at several times is read at once, as where Nagle's algorithm is at work.
    """
    period = to_nanoseconds(seconds)
    if period <= 0:
        raise ValueError(f"Messages were to coalesce for {seconds!r} s; pass more seconds than 0")

    def act(message: Message) -> Verdict | None:
        if message.kind not in ("data", "end"):
            return PASS
        return Verdict((-message.now % period,), why="coalesced")

    return Fault("coalesce", places, act, one_way)


def _check_size(size: int) -> None:
    if not isinstance(size, int) or size < 1:
        raise ValueError(f"{size!r} was given as a number of bytes; pass an int from 1 on")


def _check_share(share: float) -> None:
    if not 0 <= share <= 1:
        raise ValueError(f"{share!r} was given as a share of messages; pass a number from 0 to 1")
