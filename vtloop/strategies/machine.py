"""State machines whose rules are async: one virtual loop lives through all steps of an example.

- Each rule, invariant and teardown that is async is run as a task of that loop. What it leaves
  running goes on during the next one, and the clock goes on too. Between them time stands still.
- Hypothesis keeps a rule in an attribute of the function that it is made of. There, an async
  function is replaced by one that runs it; in the class it stays, so that a rule can await another.
"""

from __future__ import annotations

import asyncio
import copy
import functools
import inspect
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import hypothesis
from hypothesis import stateful

from vtloop.core.loop import loop_of
from vtloop.core.options import USUAL
from vtloop.core.runner import Runner
from vtloop.recording.recording import Recording
from vtloop.timeline.timeline import Timeline
from vtloop.views.marbles import marbles

_MARKERS = (
    stateful.RULE_MARKER,
    stateful.INITIALIZE_RULE_MARKER,
    stateful.INVARIANT_MARKER,
)


def _with_function(rule: Any, function: Callable[..., Any]) -> Any:
    """Return a rule or invariant that is made of another function."""
    made = copy.copy(rule)
    object.__setattr__(made, "function", function)  # an invariant is frozen
    return made


def _completed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return an ordinary function that runs an async one on the loop of its machine."""

    @functools.wraps(function)
    def completed(machine: AsyncStateMachine, **arguments: Any) -> Any:
        __tracebackhide__ = True
        return machine.complete(function(machine, **arguments))

    return completed


def _last(teardown: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Return a teardown after which the loop is closed; one that another one calls is as it was."""

    @functools.wraps(teardown)
    def last(machine: AsyncStateMachine) -> Any:
        __tracebackhide__ = True
        if machine._ending:
            return teardown(machine)
        machine._ending = True
        if sys.exc_info()[0] is not None:  # Hypothesis calls it in a `finally`
            hypothesis.note(_LazyMarbles(machine._recording))
        try:
            made = teardown(machine)
            if asyncio.iscoroutine(made):
                machine.complete(made)
        finally:
            machine._end()
        return None

    return last


class _LazyMarbles:
    """The marbles of an example; found out only if Hypothesis prints them."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def __repr__(self) -> str:
        return marbles(Timeline(self._recording.so_far()))


class AsyncStateMachine(stateful.RuleBasedStateMachine):
    """A `RuleBasedStateMachine` whose rules, invariants and teardown may be async.

        class Buffer(AsyncStateMachine):
            def __init__(self):
                super().__init__()
                self.queue = asyncio.Queue(2)

            @rule(item=st.integers())
            async def put(self, item):
                async with asyncio.timeout(1):
                    await self.queue.put(item)

    `loop` is the virtual loop, and `loop.time()` how many seconds the example has taken so far.
    After the teardown all tasks that are left are cancelled. An example fails also by an exception
    that nobody has retrieved. Hypothesis then notes its marbles.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for _, function in inspect.getmembers(cls, inspect.isfunction):
            for marker in _MARKERS:
                rule = getattr(function, marker, None)
                if rule is not None and inspect.iscoroutinefunction(rule.function):
                    setattr(function, marker, _with_function(rule, _completed(rule.function)))
        if "teardown" in vars(cls):
            cls.teardown = _last(cls.teardown)  # type: ignore[method-assign]

    def __init__(self) -> None:
        super().__init__()
        self._recording = Recording()
        self._ending = False
        self.loop = loop_of(USUAL, self._recording)
        self._runner = Runner(self.loop, USUAL.debug)

    def complete(self, main: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the loop; return what it returns. For rules that are not async."""
        __tracebackhide__ = True
        return self._runner.run(main)

    @_last
    def teardown(self) -> None:
        """Clean up after an example; may be async in a subclass."""

    def _end(self) -> None:
        """Close the loop; raise an exception that nobody has retrieved, unless there is another."""
        failed = sys.exc_info()[0] is not None
        with self._runner:
            pass
        errors = [*self._recording.errors, *self._unretrieved()]
        if errors and not failed:
            hypothesis.note(_LazyMarbles(self._recording))
            raise errors[0]

    def _unretrieved(self) -> Iterator[BaseException]:
        """Yield the exceptions of tasks that nobody has asked for, so far."""
        for ref in self._recording.failed:
            task: Any = ref()
            if task is not None and task._log_traceback:
                yield task.exception()
