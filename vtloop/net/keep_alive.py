"""Keep-alive: how an idle end of a connection finds out that the other one is not there any more.

With SO_KEEPALIVE, an end that has heard nothing for TCP_KEEPIDLE seconds asks the other one whether
it is there, by a probe each TCP_KEEPINTVL seconds. After TCP_KEEPCNT that nobody has answered, the
connection has timed out (RFC 9293, 3.8.4; Linux' tcp_keepalive_timer). TCP_USER_TIMEOUT takes the
place of the number.

- A probe that is certain to be answered changes nothing, so it is not sent: else each idle
  connection would keep its run going for ever. One is sent only while the other host is down, its
  end of the connection is gone, or a rule may swallow it.
- A rule that has let a probe through does so again, until something else happens: more bytes, or
  other rules.
- Probes are no messages that a program has sent. So they are not told of, and links take no time
  for them.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from typing import Any

from vtloop.net.faults import Fault
from vtloop.net.interfaces import Kernel
from vtloop.net.messages import Message
from vtloop.net.options import USUAL
from vtloop.net.rules import InForce
from vtloop.values.clock import NANOSECONDS

KEPT_ALIVE = socket.SOL_SOCKET, socket.SO_KEEPALIVE
ITS_OPTIONS = {KEPT_ALIVE, *USUAL}
"""What says whether and when an end asks."""


class KeepAlive:
    """What one end of a connection knows of the other one's being there."""

    __slots__ = ("_alarm", "_alarm_at", "_end", "_kernel", "_let_through", "_unanswered", "heard")

    def __init__(self, end: Any, kernel: Kernel) -> None:
        self._end, self._kernel = end, kernel
        self.heard = kernel.clock.now
        """When the other end was heard of last, in nanoseconds."""
        self._unanswered = 0  # probes
        self._let_through: list[InForce] = []  # the rules that have, since it was
        self._alarm = self._alarm_at = 0  # the next probe on the wire, and its instant; 0 for none

    def hear(self) -> None:
        """Take note that the other end is there, as bytes have got to or from it."""
        self.heard, self._unanswered = self._kernel.clock.now, 0
        if self._kernel.state.rules:
            self._let_through.clear()
            self.look()

    def look(self) -> None:
        """See when to ask next, if there is any doubt whether that would be answered."""
        if self._unanswered:
            return  # the next probe is due anyway
        due = min(self._doubts(), default=0)
        if due != self._alarm_at:
            self.stop()
            self._ask_at(due)

    def stop(self) -> None:
        """Ask no more."""
        if self._alarm:
            self._kernel.wire.call_off(self._alarm)
        self._alarm = self._alarm_at = 0

    def _ask_at(self, due: int) -> None:
        if due:
            self._alarm, self._alarm_at = self._kernel.wire.later(due, self._is_due), due

    def _doubts(self) -> Iterator[int]:
        """Yield when probes are due that may not be answered."""
        peer, state = self._end.peer, self._kernel.state
        if peer is None:
            return
        now = self._kernel.clock.now
        if peer.host in state.down or peer.is_over:
            yield self._due_from(now)
        for entry in state.rules:
            due = self._due_from(max(entry.begins, now))
            known = any(entry is one for one in self._let_through)
            if entry.ends > due and not known and self._is_met(entry.rule):
                yield due

    def _due_from(self, instant: int) -> int:
        """Return when the first probe is due from an instant on, if those before are answered."""
        idle = self._seconds("TCP_KEEPIDLE")
        rounds = max(1, -(-(instant - self.heard) // idle))
        return self.heard + rounds * idle

    def _is_met(self, rule: Any) -> bool:
        """Return whether a rule may swallow a probe or its answer."""
        if not isinstance(rule, Fault):
            return True
        one, other = self._end, self._end.peer
        return rule.swallows and any(
            rule.meets(Message("", *ends)) for ends in ((one, other), (other, one))
        )

    def _is_due(self) -> None:
        """Ask the other end, or give up."""
        self._alarm = self._alarm_at = 0
        end, now = self._end, self._kernel.clock.now
        if end.peer is None:
            return
        if not self._unanswered:
            if end.is_waiting_for_answer:  # what was sent is sent again, which tells as much
                self._ask_at(now + self._seconds("TCP_KEEPIDLE"))
                return
            if now < self._due_from(now):
                self.look()
                return
        elif self._has_timed_out(now):
            end.failed(errno.ETIMEDOUT)
            return
        self._unanswered += 1
        if self._gets_through(end, end.peer):
            self._asked(end.peer)
        if self._unanswered and end.peer is not None:
            self._ask_at(now + self._seconds("TCP_KEEPINTVL"))

    def _has_timed_out(self, now: int) -> bool:
        if limit := user_timeout(self._end):
            return now - self.heard >= limit
        return self._unanswered >= self._option("TCP_KEEPCNT")

    def _gets_through(self, source: Any, target: Any) -> bool:
        """Return whether what no program has sent gets to another end."""
        verdict = self._kernel.judge(Message("", source, target))
        return verdict is None or not (verdict.drops or verdict.holds or verdict.resets)

    def _asked(self, peer: Any) -> None:
        """Let the other end answer."""
        if peer.is_over:
            self._kernel.wire.send_in_order(Message("reset", peer, self._end))
        elif self._gets_through(peer, self._end):
            self.heard, self._unanswered = self._kernel.clock.now, 0
            now, rules = self.heard, self._kernel.state.rules
            self._let_through = [one for one in rules if one.begins <= now < one.ends]
            self.look()

    def _seconds(self, name: str) -> int:
        """Return an option that is in seconds, in nanoseconds."""
        return self._option(name) * NANOSECONDS

    def _option(self, name: str) -> int:
        key = socket.IPPROTO_TCP, getattr(socket, name)
        value: int = self._end.options.get(key) or USUAL[key]
        return value


_USER_TIMEOUT = socket.IPPROTO_TCP, getattr(socket, "TCP_USER_TIMEOUT", 18)


def user_timeout(end: Any) -> int:
    """Return for how many nanoseconds an end may hear nothing; 0 if nobody has said so."""
    milliseconds: int = end.options.get(_USER_TIMEOUT, 0)
    return milliseconds * 1_000_000
