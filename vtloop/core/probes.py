"""What a program under test may ask and say of itself: the time, and which section it is in."""

from __future__ import annotations

from vtloop.core.patches.asyncio_locks import current_recorder
from vtloop.core.threads.actor import here
from vtloop.errors import SimulationError
from vtloop.values.clock import to_seconds

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here


def now() -> float:
    """Return the virtual time in seconds of the run that this thread is in, as `loop.time()` does.

    Raises SimulationError outside of a run.
    """
    return to_seconds(instant("The virtual time was asked for"))


def instant(what_for: str) -> int:
    """Return the virtual time of this thread's run in nanoseconds.

    `what_for` says what is done, for the error of a thread that is in no run.
    """
    actor = here.actor
    if actor is None:
        raise SimulationError(
            f"{what_for} while no loop in virtual time runs in this thread; do so in a task, "
            "callback or worker thread of vtloop.simulate, vtloop.run or a VirtualLoop"
        )
    return actor.clock.now


class section:
    """Mark a stretch of a task's code under a name, for claims and views of the run.

        async with section("upload"):
            await send(file)

    A plain `with` does the same. Any number of tasks may be in sections of one name at once, each
    as often as it likes. In a run that is not recorded it does nothing, nor in threads.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"section({self.name!r})"

    def __enter__(self) -> None:
        if (recorder := current_recorder()) is not None:
            recorder.entered(self.name)

    def __exit__(self, *exc_info: object) -> None:
        if (recorder := current_recorder()) is not None:
            recorder.left(self.name)

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(self, *exc_info: object) -> None:
        self.__exit__()
