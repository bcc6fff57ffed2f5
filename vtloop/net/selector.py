"""The selector of a loop: which of its simulated sockets are ready.

It has the interface of `selectors.BaseSelector`, as far as asyncio's own connection code uses it.
A socket whose endpoint has changed is put among those that are looked at before the loop's next
iteration; one that is still ready then stays there, as with a selector that is level-triggered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from selectors import EVENT_READ, EVENT_WRITE, SelectorKey
from typing import Any, Protocol

from vtloop.net.descriptors import Descriptors
from vtloop.net.endpoints import END, READABLE, WRITABLE, Endpoint

# What a selector says, by the flags of an endpoint.
_EVENTS = tuple(
    (EVENT_READ if flags & READABLE else 0) | (EVENT_WRITE if flags & WRITABLE else 0)
    for flags in range(2 * END)
)


class Wakes(Protocol):
    """A loop, as far as its selector knows it."""

    def socket_is_ready(self) -> object:
        """Take note that a socket may be ready."""


class Selector:
    """Which sockets a loop watches; `active` are those that may be ready."""

    def __init__(
        self,
        descriptors: Descriptors,
        active: dict[int, None],
        loop: Callable[[], Wakes | None],
    ) -> None:
        self.active = active
        self._descriptors = descriptors
        self._loop = loop
        self._keys: dict[int, SelectorKey] = {}
        self._watched: dict[int, tuple[Endpoint, Callable[[], object]]] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        """Watch a socket; OSError if it is none of this run."""
        number = number_of(fileobj)
        endpoint = self._descriptors.find(number).endpoint
        if number in self._keys:
            raise KeyError(f"{fileobj!r} (FD {number}) is already registered")

        def watcher() -> None:
            if number not in self.active:
                self.active[number] = None
                if (loop := self._loop()) is not None:
                    loop.socket_is_ready()

        endpoint.watchers.append(watcher)
        self._watched[number] = endpoint, watcher
        key = self._keys[number] = SelectorKey(fileobj, number, events, data)
        self.active[number] = None
        return key

    def unregister(self, fileobj: Any) -> SelectorKey:
        """Do not watch a socket any more; KeyError if it is not watched."""
        number = self._number(fileobj)
        key = self._keys.pop(number)
        endpoint, watcher = self._watched.pop(number)
        endpoint.watchers.remove(watcher)
        self.active.pop(number, None)
        return key

    def modify(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        """Watch a socket for something else."""
        key = self._keys[self._number(fileobj)]
        key = self._keys[key.fd] = key._replace(events=events, data=data)
        self.active[key.fd] = None
        return key

    def get_key(self, fileobj: Any) -> SelectorKey:
        """Return what is watched of a socket; KeyError if nothing is."""
        return self._keys[self._number(fileobj)]

    def get_map(self) -> Mapping[Any, SelectorKey]:
        """Return all that is watched, by descriptors, or by what has one."""
        return _Map(self._keys, self._number)

    def _number(self, fileobj: Any) -> int:
        """Return the descriptor of what is watched: what is closed has none itself any more."""
        try:
            return number_of(fileobj)
        except ValueError:
            for key in self._keys.values():
                if key.fileobj is fileobj:
                    return key.fd
            raise

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Return what is ready now; it never waits."""
        found = []
        for number in tuple(self.active):
            if not self._descriptors.has(number):  # as epoll forgets what is closed
                del self.active[number]
                continue
            key = self._keys[number]
            ready = _EVENTS[self._watched[number][0].readiness()] & key.events
            if ready:
                found.append((key, ready))
            else:
                del self.active[number]
        return found

    def close(self) -> None:
        """Watch nothing any more."""
        for number in tuple(self._keys):
            self.unregister(number)


class _Map(Mapping[Any, SelectorKey]):
    """What a selector watches, as asyncio looks it up."""

    def __init__(self, keys: dict[int, SelectorKey], number: Callable[[Any], int]) -> None:
        self._keys = keys
        self._number = number

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[int]:
        return iter(self._keys)

    def __getitem__(self, fileobj: Any) -> SelectorKey:
        return self._keys[self._number(fileobj)]


def number_of(fileobj: Any) -> int:
    """Return the descriptor of what has one, or is one; ValueError if it cannot be watched."""
    if isinstance(fileobj, int):
        number = fileobj
    else:
        try:
            number = int(fileobj.fileno())
        except (AttributeError, TypeError, ValueError):
            raise ValueError(f"Invalid file object: {fileobj!r}") from None
    if number < 0:
        raise ValueError(f"Invalid file descriptor: {number}")
    return number
