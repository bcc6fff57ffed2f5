"""What is under way between sockets: when each message arrives, and what becomes of it.

- Without a link or a rule that says otherwise a message arrives at once, within the call that
  sends it, as over a loopback interface on an infinitely fast machine.
- Else it arrives by a timer of the loop that runs. All that is under way shares one timer, which a
  loop hands on to the next one of the same run.
- A stream is in order: what comes later never arrives before. If a message of it is dropped, it is
  sent again after 0.2 s, 0.4 s… (RFC 6298; Linux gives up after 15 tries, some 925 s, or when the
  socket's TCP_USER_TIMEOUT is over), and what comes later waits behind it.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, TypeAlias

from vtloop.net.interfaces import Kernel
from vtloop.net.keep_alive import user_timeout
from vtloop.net.messages import Message
from vtloop.net.rules import Verdict
from vtloop.net.streams import Flow, Stream
from vtloop.values.clock import NANOSECONDS, NEVER

Arrive: TypeAlias = Callable[[Message], object]
Act: TypeAlias = Callable[[], object]

_FIRST_WAIT, _LONGEST_WAIT = NANOSECONDS // 5, 120 * NANOSECONDS
_TRIES = 15


def _waited(tries: int) -> int:
    """Return how long a message has waited that was sent again so many times, in nanoseconds."""
    return sum(min(_FIRST_WAIT << number, _LONGEST_WAIT) for number in range(tries))


class Wire:
    """All that is under way in a run."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._due: list[tuple[int, int, Act, bool]] = []
        self._number = 0
        self._alarm: Any = None
        self._alarm_at = -1

    # What is recorded

    def note(self, message: Message, held: bool = False) -> None:
        """Tell the recorder of a message that has been sent; one without a kind is not told of."""
        tell = self._kernel.messages
        if tell is not None and message.kind:
            sizes = message.kind in ("data", "datagram") and not self._kernel.is_secret(message)
            message.number = tell.sent(
                message.kind,
                message.source_name,
                message.target_name,
                len(message.data) if sizes else None,
                (message.source_host, message.target_host),
                held,
            )

    def received(self, message: Message) -> None:
        """Tell the recorder that a message has been read to its end."""
        tell = self._kernel.messages
        if tell is not None and message.number:
            tell.received(message.number)

    def _arrived(self, message: Message) -> None:
        if message.number and self._kernel.messages is not None:
            self._kernel.messages.arrived(message.number)

    def note_at_once(self, message: Message) -> None:
        """Tell the recorder of a message that is there as it is sent, as within one machine."""
        self.note(message)
        self._arrived(message)

    def _released(self, message: Message) -> None:
        if message.number and self._kernel.messages is not None:
            self._kernel.messages.released(message.number)

    def _lost(self, message: Message, why: str) -> None:
        if message.number and self._kernel.messages is not None:
            self._kernel.messages.lost(message.number, why)

    # Sending

    def send(self, message: Message, arrive: Arrive, refuse: Act) -> None:
        """Send a message that is no part of a stream; call `arrive` with it if it gets there.

        `refuse` is called if its sender is to hear that nobody wants it.
        """
        verdict = self._kernel.judge(message)
        self.note(message, verdict is not None and verdict.holds)
        self._do(message, arrive, refuse, verdict)

    def _let_go(self, message: Message, arrive: Arrive, refuse: Act) -> None:
        """Send a message that was held."""
        self._released(message)
        self._do(message, arrive, refuse, self._kernel.judge(message))

    def _do(self, message: Message, arrive: Arrive, refuse: Act, verdict: Verdict | None) -> None:
        """Do with a message what was judged."""
        if verdict is None:
            self._get_there(message, arrive)
        elif verdict.holds:
            self._kernel.hold(message, verdict, lambda: self._let_go(message, arrive, refuse))
        elif verdict.drops:
            self._lost(message, verdict.why)
        elif verdict.resets:
            self._lost(message, verdict.why)
            refuse()
        else:
            for delay in verdict.delays:
                self.later(self._kernel.clock.now + delay, lambda: self._get_there(message, arrive))

    def _get_there(self, message: Message, arrive: Arrive) -> None:
        self._arrived(message)
        arrive(message)

    def send_in_order(self, message: Message) -> None:
        """Send a piece of a stream to its other end."""
        rest: Message | None = message
        while rest is not None:
            piece, rest = rest, None
            while (
                verdict := self._kernel.judge(piece, may_cut=True)
            ) is not None and verdict.size is not None:
                more = piece.cut(verdict.size)
                if rest is not None:
                    more.data += rest.data
                rest = more
            self._send_in_order(piece, piece.target.arrive, verdict)

    def send_silently(self, source: Stream, target: Stream, then: Act) -> None:
        """Let what nobody is told of travel from one end of a stream to the other."""
        message = Message("", source, target)
        self._send_in_order(message, lambda _: then(), self._kernel.judge(message))

    def _send_in_order(self, message: Message, arrive: Arrive, verdict: Verdict | None) -> None:
        source = message.source
        assert isinstance(source, Stream)
        flow = source.flow
        is_alone = flow is None and not message.is_rest
        if verdict is None and is_alone and self._kernel.messages is None:
            arrive(message)  # at once, as most do, and nobody is to be told
            return
        holds = verdict is not None and verdict.holds
        self.note(message, holds)
        if flow is not None and flow.waiting:
            flow.waiting.append((message, arrive))
            if holds:
                self._hold(flow, message, verdict)
            return
        if verdict is None and not message.is_rest and (flow is None or not flow.under_way):
            self._get_there(message, arrive)
            return
        if flow is None:
            flow = source.flow = Flow()
        self._obey(flow, message, arrive, verdict)

    def _obey(self, flow: Flow, message: Message, arrive: Arrive, verdict: Verdict | None) -> bool:
        """Do with a piece of a stream what was judged; return whether the next one may go."""
        if verdict is not None:
            if verdict.resets:
                # What has been sent before arrives before, and is seen before.
                flow.last = max(flow.last, self._kernel.clock.now)
                self.later(flow.last, lambda: self._break(message, verdict), apart=True)
                return True
            if verdict.holds:
                flow.waiting.appendleft((message, arrive))
                self._hold(flow, message, verdict)
                return False
            if verdict.drops:
                self._lost(message, verdict.why)
                if message.kind == "reset":  # nobody sends that again
                    return True
                flow.waiting.appendleft((message, arrive))
                self._wait_to_try_again(flow, message)
                return False
        delay = 0 if verdict is None else verdict.delays[0]
        flow.last = max(flow.last, self._kernel.clock.now + delay)
        flow.under_way += 1

        def get_there() -> None:
            flow.under_way -= 1
            self._get_there(message, arrive)

        self.later(flow.last, get_there, apart=message.is_rest)
        return True

    def _hold(self, flow: Flow, message: Message, verdict: Verdict | None) -> None:
        """Hold a piece of a stream, and with it all that comes behind it."""
        assert verdict is not None
        message.is_held = True
        self._kernel.hold(message, verdict, lambda: self._go_on(flow, message))

    def _wait_to_try_again(self, flow: Flow, message: Message) -> None:
        waited, limit = _waited(message.tries), user_timeout(message.source)
        message.tries += 1
        wait = min(_waited(message.tries), limit or NEVER) - waited
        self.later(self._kernel.clock.now + wait, lambda: self._try_again(flow, message))

    def _try_again(self, flow: Flow, message: Message) -> None:
        limit = user_timeout(message.source)
        if _waited(message.tries) < limit if limit else message.tries <= _TRIES:
            self._again(flow)
            return
        flow.waiting.clear()
        source = message.source
        assert isinstance(source, Stream)
        source.failed(errno.ETIMEDOUT)

    def _go_on(self, flow: Flow, message: Message) -> None:
        """Send a message that was held, and what waits behind it, unless others are held before."""
        message.is_held = False
        self._released(message)
        self._again(flow)

    def _again(self, flow: Flow) -> None:
        """Send what waits, in order, until a message is dropped or held."""
        while flow.waiting and not flow.waiting[0][0].is_held:
            message, arrive = flow.waiting.popleft()
            if message.tries:
                self.note(message)  # it is another message on the wire
            if not self._obey(flow, message, arrive, self._kernel.judge(message)):
                return

    def forget(self, host: str) -> None:
        """Send no more of what waits on a host, as that has crashed."""
        for end in self._kernel.endpoints:
            if end.host == host and isinstance(end, Stream) and end.flow is not None:
                end.flow.waiting.clear()

    def _break(self, message: Message, verdict: Verdict) -> None:
        """Reset a connection at both ends, as a box between them does."""
        self._lost(message, verdict.why)
        source, target = message.source, message.target
        for end in (source, target):
            if isinstance(end, Stream) and end.peer is not None:
                end.failed(errno.ECONNRESET)

    # Time

    def later(self, instant: int, act: Act, apart: bool = False) -> int:
        """Do something at an instant, in nanoseconds, whichever loop runs then.

        If it is to be apart, what happens before it at that instant is seen by the program first.
        Returns the number by which it can be called off.
        """
        self._number += 1
        heappush(self._due, (instant, self._number, act, apart))
        self.set_alarm()
        return self._number

    def call_off(self, number: int) -> None:
        """Do not do what was to be done later, if it has not been done."""
        self._due = [due for due in self._due if due[1] != number]
        heapify(self._due)
        if not self._due or self._due[0][0] != self._alarm_at:
            self.unset_alarm()
            self.set_alarm()

    @property
    def first(self) -> int:
        """When something happens next, in nanoseconds; `NEVER` if nothing does."""
        return self._due[0][0] if self._due else NEVER

    def set_alarm(self) -> None:
        """Let the loop that runs wake when something happens next."""
        loop = self._kernel.loop
        if loop is None or not self._due:
            return
        instant = self._due[0][0]
        if self._alarm is None or instant < self._alarm_at:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm_at = instant
            self._alarm = loop.schedule(instant, self.deliver)

    def unset_alarm(self) -> None:
        """Let go of the timer of a loop that does not run any more."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def deliver(self) -> None:
        """Do all that is due, up to what is to be apart."""
        self._alarm = None
        now = self._kernel.clock.now
        begun = False
        while self._due and self._due[0][0] <= now and not (begun and self._due[0][3]):
            begun = True
            heappop(self._due)[2]()
        self.set_alarm()
