"""What becomes of each message, by the rules that are in force and the links that it crosses."""

from __future__ import annotations

from vtloop.net.links import INSTANT, Link
from vtloop.net.messages import Message
from vtloop.net.rules import DROP, Verdict
from vtloop.net.state import State
from vtloop.values.choices import Keeping
from vtloop.values.clock import NANOSECONDS, Clock, to_nanoseconds

_JITTER_STEPS = 16  # how finely the time of a message is chosen
_CRASHED = DROP._replace(why="crashed")


class Judge:
    """Who says what becomes of the messages of a run."""

    def __init__(self, state: State, clock: Clock, chooser: Keeping) -> None:
        self._state, self._clock, self._chooser = state, clock, chooser
        # From when on each way takes more bytes, in nanoseconds.
        self._free_at: dict[tuple[str, str, Link], int] = {}

    def judge(self, message: Message, may_cut: bool = False) -> Verdict | None:
        """Return what becomes of a message; None if it arrives at once.

        With `may_cut` it may be that it is to be cut in two.
        """
        state, now = self._state, self._clock.now
        if state.link is INSTANT and not (state.rules or state.down or state.links):
            return None  # as on most networks: this is asked of every message
        if state.down and not state.down.isdisjoint((message.source_host, message.target_host)):
            return _CRASHED
        delay, why = 0, ""
        copies: list[int] = []
        links = []
        for entry in state.rules:
            verdict = entry.rule(message) if entry.begins <= now < entry.ends else None
            if verdict is None or (verdict.holds and message.is_released):
                continue
            if verdict.drops or verdict.resets:
                return verdict
            if verdict.holds:
                return verdict._replace(by=entry)
            if verdict.size is not None and may_cut and 0 < verdict.size < len(message.data):
                return verdict
            delay, why = delay + verdict.delays[0], verdict.why
            copies += verdict.delays[1:]
            if verdict.link is not None:
                links.append(verdict.link)
        links.append(self._between(message.source_host, message.target_host))
        delay += sum(self._time_on(link, message) for link in links if not link.is_instant)
        if not (delay or copies):
            return None
        return Verdict((delay, *(delay + copy for copy in copies)), why=why)

    def _between(self, source: str, target: str) -> Link:
        """Return the link from one host to another."""
        state = self._state
        if (source, target) in state.links:
            return state.links[source, target]
        if source == target and len(state.hosts) > 1:
            return INSTANT
        return state.link

    def _time_on(self, link: Link, message: Message) -> int:
        """Return how long a message takes, in nanoseconds, behind those that are on a link."""
        delay = to_nanoseconds(link.latency)
        if link.jitter:
            share = self._chooser.choose("jitter", _JITTER_STEPS)
            delay += to_nanoseconds(link.jitter) * share // (_JITTER_STEPS - 1)
        if link.bandwidth:
            way = message.source_host, message.target_host, link
            now = self._clock.now
            begins = max(now, self._free_at.get(way, 0))
            ends = begins + round(len(message.data) * NANOSECONDS / link.bandwidth)
            self._free_at[way] = ends
            delay += ends - now
        return delay
