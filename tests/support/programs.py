"""Small asyncio programs, drawn by Hypothesis, and a stage that runs them on any loop.

A program is data, a tree of templates and what fills their holes, and it is Python: `str(program)`
is its text, which is compiled and run. So what fails can be read.

The grammar is the tables below, simplest first, as Hypothesis shrinks towards the first. A hole is
filled by the entry of `HOLES`; `{block}` is statements, `{call}` a call of a coroutine function of
its own. There are no loops without end and no waits in a circle, so a program always comes to its
end, or to a deadlock.

What the programs find around them is asyncio, the objects of `PRELUDE`, and:

- `note(value)` writes a line into the log: the time, the task and the value
- `attempt(function, ...)` calls, and notes what is returned or raised; `noted_errors()` goes on
  after an Exception
- `spawn(coroutine)` is `create_task`; `task(k)` is one of all tasks, modulo their number;
  `younger(k)` is one that began after the current one, so that nobody waits in a circle
- `keep(handle)` keeps a handle for `handle(k)`, again modulo
"""

import asyncio
import contextlib
import contextvars
import functools
import gc
import re
import sys
import textwrap
from collections import deque
from dataclasses import dataclass
from string import Formatter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

drawn = settings(
    deadline=None, suppress_health_check=list(HealthCheck), print_blob=False, database=None
)
"""For tests that draw programs: they take long, and are drawn anew each time."""

quietly = pytest.mark.filterwarnings("ignore")
"""For tests that draw programs: these leave coroutines and exceptions behind."""

PRELUDE = """\
lock = Lock()
semaphore = Semaphore(2)
event = Event()
condition = Condition()
queue = Queue(1)
stack = LifoQueue()
heap = PriorityQueue(2)
barrier = Barrier(2)
future = loop.create_future()
other = loop.create_future()
"""

STATEMENTS = tuple(
    """\
note({n})
await sleep({delay})
return {n}
raise Error({n})
spawn({call})
note(await {awaitable})
note(await {wait})
note(await wait_for({wait}, {limit}))
note(task({k}).cancel())
note(task({k}).cancel("enough"))
note(current_task().cancelling())
note(current_task().uncancel())
spawn({call}, context=copy_context())
keep(loop.call_later({delay}, {action}))
keep(loop.call_soon({action}))
keep(loop.call_at(loop.time() + {delay}, {action}))
keep(loop.call_soon_threadsafe({action}))
handle({k}).cancel()
note(await gather({awaitable}, {awaitable}))
note(await gather({awaitable}, {awaitable}, {awaitable}, return_exceptions=True))
note(await wait_for({awaitable}, {limit}))
note(await wait_for(gather({awaitable}, {awaitable}), {limit}))
note(await wait([{future}, {future}], timeout={limit}, return_when={when}))
note(await wait([{future}, {future}, {future}], return_when={when}))
note(await shield({awaitable}))
note({future}.cancel())
{future}.add_done_callback(note)
attempt(future.set_result, {n})
attempt(future.set_exception, Error({n}))
event.set()
event.clear()
attempt(lock.release)
semaphore.release()
attempt(condition.notify_all)
attempt({queue}.put_nowait, {n})
attempt({queue}.get_nowait)
attempt({queue}.task_done)
await barrier.abort()
await barrier.reset()
""".splitlines()
)
if sys.version_info >= (3, 12):
    STATEMENTS += ("loop.set_task_factory(eager_task_factory)",)
if sys.version_info >= (3, 13):
    STATEMENTS += ("{queue}.shutdown({immediate})",)

COMPOUNDS: tuple[str, ...] = (
    """\
with noted_errors():
    {block}
""",
    """\
try:
    {block}
except CancelledError as error:
    note(error)
    {block}
""",
    """\
try:
    {block}
finally:
    {block}
""",
    """\
async with timeout({limit}):
    {block}
""",
    """\
async with timeout({limit}) as scope:
    scope.reschedule(loop.time() + {delay})
    {block}
""",
    """\
async with timeout_at(loop.time() + {delay}) as scope:
    {block}
note(scope.expired())
""",
    """\
async with TaskGroup() as group:
    group.create_task({call})
    {block}
""",
    """\
async with TaskGroup() as group:
    group.create_task({call})
    group.create_task({call})
    keep(loop.call_later({delay}, attempt, group.create_task, {call}))
""",
    """\
for next_done in as_completed([{coroutine}, {coroutine}, {coroutine}], timeout={limit}):
    note(await next_done)
""",
    """\
async with lock:
    {block}
""",
    """\
async with semaphore:
    {block}
""",
    """\
async with condition:
    note(await condition.wait())
    {block}
""",
    """\
async with condition:
    note(await condition.wait_for(event.is_set))
""",
    """\
async with condition:
    condition.notify({n})
    {block}
""",
    """\
keep(loop.call_later({delay}, {action}))
keep(loop.call_later({delay}, {action}))
keep(loop.call_later({delay}, {action}))
""",
    """\
for turn in range(2):
    {block}
""",
    """\
async for tick in ticks({delay}):
    break
""",
    """\
async with aclosing(ticks({delay})) as all_ticks:
    async for tick in all_ticks:
        note(tick)
        {block}
""",
)
if sys.version_info >= (3, 13):
    COMPOUNDS += (
        """\
async for done in as_completed([{coroutine}, {coroutine}], timeout={limit}):
    note(done)
""",
    )

# What takes its time and gives a value.
FUTURES = ("future", "other", "younger({k})", "spawn({call})")
COROUTINES = ("sleep({delay}, {n})", "{call}", "{wait}", "wait_for({awaitable}, {limit})")
AWAITABLES = (*COROUTINES, *FUTURES, "shield({awaitable})")

# What ends when somebody else does something.
WAITS = (
    "event.wait()",
    "lock.acquire()",
    "semaphore.acquire()",
    "queue.get()",
    "queue.put({n})",
    "{queue}.get()",
    "{queue}.put({n})",
    "{queue}.join()",
    "barrier.wait()",
)

# What a callback does.
ACTIONS = (
    "note, {n}",
    "event.set",
    "event.clear",
    "task({k}).cancel",
    "handle({k}).cancel",
    "attempt, future.set_result, {n}",
    "attempt, other.cancel",
    "fail, {n}",
    "lambda: spawn({call})",
    "lambda: keep(loop.call_soon({action}))",
    "lambda: keep(loop.call_later({delay}, {action}))",
)

# Few, so that deadlines meet: also 0.1 + 0.2 and 0.3, which floats keep apart.
DELAYS = ["1", "0", "0.1", "0.2", "0.3", "0.5", "-1", "-0.1", "inf"]

_MOST_STATEMENTS = 6  # of a block
_MOST_IN_MAIN = 12
_DEPTH = 3  # of blocks and calls in one another


# Programs as data


@dataclass(frozen=True)
class Phrase:
    """A template and what fills its holes: other phrases, blocks of phrases, or texts."""

    template: str
    fillings: tuple


@dataclass(frozen=True)
class Call:
    """A call of a coroutine function that has `block` as its body."""

    block: list


class Program:
    """A program: the body of its `main`."""

    def __init__(self, main):
        self._functions = []
        self.templates = set()
        self._functions.append("")
        self._functions[0] = self._function("main", main)
        code = "\n\n".join(reversed(self._functions))
        prelude = [
            line
            for line in PRELUDE.splitlines()
            if re.search(rf"\b{line.partition(' ')[0]}\b", code)
        ]
        self.text = "\n".join([*prelude, "", code]) if prelude else code
        self.code = compile(self.text, "<program>", "exec")

    def __str__(self):
        return self.text

    def __repr__(self):
        return f"Program:\n\n{textwrap.indent(self.text, '    ')}\n"

    def _function(self, name, block):
        body = textwrap.indent(self._render(block), "    ")
        return f"async def {name}():\n{body}\n"

    def _render(self, part):
        if isinstance(part, str):
            return part
        if isinstance(part, list):
            return "\n".join(map(self._render, part)) or "pass"
        if isinstance(part, Call):
            number = len(self._functions)
            self._functions.append("")
            self._functions[number] = self._function(f"f{number}", part.block)
            return f"f{number}()"
        self.templates.add(part.template)
        fillings = iter(part.fillings)
        lines = []
        for line in part.template.splitlines():
            count = len(_holes(line))
            filled = [self._render(next(fillings)) for _ in range(count)]
            if line.lstrip() == "{block}":
                lines.append(textwrap.indent(filled[0], line[: -len("{block}")]))
            else:
                lines.append(_HOLE.sub("{}", line).format(*filled))
        return "\n".join(lines)


_HOLE = re.compile(r"\{\w+\}")


def _holes(template):
    return [name for _, name, _, _ in Formatter().parse(template) if name]


@functools.cache
def _entries(table, depth):
    """Return the strategy of the entries of a table that may stand at a depth."""
    deep = {"call", "block"}
    if depth < 0:
        deep |= {"awaitable", "coroutine", "future", "action"}
    return st.sampled_from(
        [entry for entry in table if depth > 0 or deep.isdisjoint(_holes(entry))]
    )


@st.composite
def _phrase(draw, table, depth):
    template = draw(_entries(table, depth))
    return Phrase(template, tuple(draw(HOLES[hole](depth - 1)) for hole in _holes(template)))


@functools.cache
def _phrases(table):
    return functools.cache(lambda depth: _phrase(table, depth))


@functools.cache
def _block(depth):
    simple = _phrase(STATEMENTS, depth)
    statement = simple if depth < 1 else simple | _phrase(COMPOUNDS, depth)
    return st.lists(statement, max_size=_MOST_STATEMENTS)


@functools.cache
def _call(depth):
    return _block(depth).map(Call)


def _word(words):
    strategy = st.sampled_from(words)
    return lambda depth: strategy


HOLES = {
    "n": _word("012"),
    "k": _word("0123456"),
    "delay": _word(DELAYS),
    "limit": _word([*DELAYS, "None"]),
    "when": _word(["ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"]),
    "queue": _word(["queue", "stack", "heap"]),
    "immediate": _word(["False", "True"]),
    "awaitable": _phrases(AWAITABLES),
    "coroutine": _phrases(COROUTINES),
    "wait": _phrases(WAITS),
    "future": _phrases(FUTURES),
    "action": _phrases(ACTIONS),
    "call": _call,
    "block": _block,
}


def programs():
    """Return the strategy of all programs."""
    statement = _phrase(STATEMENTS, _DEPTH) | _phrase(COMPOUNDS, _DEPTH)
    main = st.lists(statement, min_size=1, max_size=_MOST_IN_MAIN)
    return st.builds(lambda main, frame: Program(frame(main)), main, st.sampled_from(FRAMES))


# What may be around `main`: most give the tasks that it spawns some time before they are cancelled.
FRAMES = (
    lambda main: main,
    lambda main: [*main, "await sleep(2)"],
    lambda main: [Phrase("with noted_errors():\n    {block}", (main,)), "await sleep(2)"],
    lambda main: [Phrase("spawn({call})", (Call(main),)), "await sleep(2)"],
)


# Running them


class Error(Exception):
    """What programs raise."""


class Watched(deque):
    """A loop's queue of ready handles that records each handle that is run."""

    def __init__(self, loop):
        super().__init__()
        self._loop = loop
        self._tasks = []
        self.ran = []

    def popleft(self):
        handle = super().popleft()
        if not handle._cancelled and (name := self._describe(handle._callback)):
            self.ran.append(f"{self._loop.time():g} {name}")
        return handle

    def _describe(self, callback):
        while isinstance(callback, functools.partial):
            callback = callback.func
        owner = getattr(callback, "__self__", None)
        if isinstance(owner, asyncio.Task):
            return f"{getattr(callback, '__name__', 'step')} of the {self._ordinal(owner)}. task"
        name = getattr(callback, "__qualname__", None) or type(callback).__qualname__
        # How the stock loop wakes itself from its selector; there is nothing to wake here.
        return "" if name.endswith("._read_from_self") else name.rpartition(".")[2]

    def _ordinal(self, task):
        """Number tasks by when they first ran, as names and addresses differ between loops."""
        for number, other in enumerate(self._tasks, 1):
            if other is task:
                return number
        self._tasks.append(task)
        return len(self._tasks)


class Stage:
    """One run of a program on a loop."""

    def __init__(self, loop):
        self.loop = loop
        self.log = []
        self._tasks = []
        self._handles = []
        self._variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
        loop.set_exception_handler(self._reported)

    def names(self):
        """Return what a program finds around it."""
        own = ("note", "attempt", "noted_errors", "spawn", "task", "younger", "keep", "handle")
        return {
            **{name: getattr(asyncio, name) for name in asyncio.__all__},
            **{name: getattr(self, name) for name in own},
            "fail": self.fail,
            "ticks": self.ticks,
            "current_task": self._current_task,
            "copy_context": contextvars.copy_context,
            "aclosing": contextlib.aclosing,
            "inf": float("inf"),
            "loop": self.loop,
            "Error": Error,
        }

    def load(self, program):
        """Return the `main` of a program, each of whose functions tells its begin and end."""
        names = self.names()
        exec(program.code, names)
        for name, value in list(names.items()):
            if getattr(value, "__code__", None) and value.__code__.co_filename == "<program>":
                names[name] = self._logged(name, value)
        return names["main"]

    def _logged(self, name, function):
        async def logged():
            self._register(self._current_task())
            self._variable.set(name)
            self.note("begins")
            try:
                value = await function()
            except BaseException as error:
                self.note(f"raises {self.show(error)}")
                raise
            self.note(f"returns {self.show(value)}")
            return value

        return logged

    def _current_task(self):
        return asyncio.current_task(self.loop)

    def _register(self, task):
        if not any(task is other for other in self._tasks):
            self._tasks.append(task)
        return task

    def _place(self, task):
        return next((n for n, other in enumerate(self._tasks) if other is task), None)

    def finished(self):
        """Tell whether no task is pending."""
        return all(task.done() for task in self._tasks)

    def show(self, value):
        if isinstance(value, BaseExceptionGroup):
            return f"{type(value).__name__}({self.show(value.exceptions)})"
        if isinstance(value, BaseException):
            return f"{type(value).__name__}{self.show(value.args)}"
        if isinstance(value, asyncio.Task):
            return f"task {self._place(value)}"
        if isinstance(value, asyncio.Future):
            return f"{type(value).__name__} {value._state}"
        if isinstance(value, (set, dict)):
            return f"{{{', '.join(sorted(map(self.show, value)))}}}"
        if isinstance(value, (list, tuple)):
            return f"({', '.join(map(self.show, value))})"
        return re.sub(r" ?(at )?0x\w+|\bTask-\d+", "", str(value))

    def _reported(self, loop, context):
        # What is told when something is freed depends on the collector, not on the loop.
        if "never retrieved" not in context["message"] and "destroyed" not in context["message"]:
            self.note(f"reported: {self.show(context.get('exception'))}")

    # What programs use

    def note(self, value):
        task = self._current_task()
        who = "callback" if task is None else self.show(task)
        function = self._variable.get("")
        self.log.append(f"{self.loop.time():g} {who} of {function}: {self.show(value)}")

    def attempt(self, function, *args):
        try:
            self.note(function(*args))
        except Exception as error:
            self.note(error)

    @contextlib.contextmanager
    def noted_errors(self):
        try:
            yield
        except Exception as error:
            self.note(error)

    def fail(self, number):
        raise Error(number)

    def spawn(self, coroutine, **options):
        return self._register(self.loop.create_task(coroutine, **options))

    def task(self, k):
        return self._tasks[k % len(self._tasks)]

    def younger(self, k):
        later = self._tasks[self._place(self._current_task()) + 1 :]
        if later:
            return later[k % len(later)]
        nothing = self.loop.create_future()
        nothing.set_result("nothing")
        return nothing

    def keep(self, handle):
        self._handles.append(handle)

    def handle(self, k):
        if not self._handles:
            return self.loop.create_future()
        return self._handles[k % len(self._handles)]

    async def ticks(self, delay):
        try:
            for number in range(3):
                yield number
                await asyncio.sleep(delay)
        finally:
            await asyncio.sleep(0)
            self.note("no more ticks")


@dataclass(frozen=True)
class Record:
    """What came of a run: what the program wrote, how it ended, and each handle that ran."""

    log: tuple
    handles: tuple


def run(program, loop):
    """Run a program on a new loop, and close the loop."""
    collecting = gc.isenabled()
    gc.disable()  # what a collection finalises, it finalises at any time
    try:
        record, finished = _run(program, loop)
    finally:
        if collecting:
            gc.enable()
    if not finished:  # their cleanup must not run in the middle of somebody else's run
        gc.collect(0)
    return record


def _run(program, loop):
    watched = loop._ready = Watched(loop)
    stage = Stage(loop)
    runner = asyncio.Runner(loop_factory=lambda: loop)
    for part in (lambda: runner.run(stage.load(program)()), runner.close):
        try:
            stage.note(f"ended with {stage.show(part())}")
        except BaseException as error:
            if "Deadlock" in type(error).__name__:  # each loop has words of its own for it
                stage.note("deadlock")
            else:
                stage.note(f"ended with {stage.show(error)}")
    return Record(tuple(stage.log), tuple(watched.ran)), stage.finished()
