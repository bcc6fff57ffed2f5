"""Whatever makes a loop in a script makes a virtual one, or is refused by name; all is put back."""

import asyncio
import os
import selectors
import subprocess
import sys
import textwrap
from asyncio import SelectorEventLoop as KeptLoop
from asyncio import new_event_loop as kept_new_event_loop
from pathlib import Path

import pytest

import vtloop
from vtloop.core.loop import make_virtual
from vtloop.core.patches.environment import Environment
from vtloop.core.patches.inner_loops import STOCK_LOOPS
from vtloop.integrations.cli.loop_makers import LoopMakers
from vtloop.values.clock import START, Clock

PACKAGE = Path(vtloop.__file__).parent

PROGRAM = """
import asyncio, selectors, sys
from asyncio import SelectorEventLoop as Kept, new_event_loop as kept_new_event_loop

async def main():
    await asyncio.sleep(86400)
    print(type(asyncio.get_running_loop()).__name__)

def run(loop):
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()

def by_a_default(make=Kept):
    run(make())

TABLE = {"kept": Kept, "function": kept_new_event_loop}

"""


@pytest.fixture
def script(tmp_path):
    """Write a script, and return a function that runs it as `vtloop run`, or as `python`, does."""

    def run(source, *options, command=("-m", "vtloop", "run"), before=PROGRAM):
        path = tmp_path / "program.py"
        path.write_text(before + textwrap.dedent(source))
        return subprocess.run(
            [sys.executable, *options, *command, str(path)],
            env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


WAYS = [
    "asyncio.run(main())",
    "with asyncio.Runner() as runner: runner.run(main())",
    "with asyncio.Runner(loop_factory=Kept) as runner: runner.run(main())",
    "with asyncio.Runner(loop_factory=lambda: Kept()) as runner: runner.run(main())",
    "run(asyncio.new_event_loop())",
    "run(asyncio.SelectorEventLoop())",
    "run(asyncio.SelectorEventLoop(selectors.SelectSelector()))",
    "run(asyncio.SelectorEventLoop(selector=None))",
    "by_a_default()",
    "run(TABLE['kept']())",
    "run(TABLE['function']())",
    "asyncio.set_event_loop(asyncio.new_event_loop()); run(asyncio.get_event_loop())",
    "from asyncio.unix_events import _UnixSelectorEventLoop; run(_UnixSelectorEventLoop())",
]
if sys.version_info >= (3, 12):
    WAYS += ["asyncio.run(main(), loop_factory=asyncio.SelectorEventLoop)"]
if sys.version_info >= (3, 13):
    WAYS += ["asyncio.run(main(), loop_factory=asyncio.EventLoop)", "run(asyncio.EventLoop())"]


def test_every_way_to_make_a_loop_makes_a_virtual_one_without_a_warning(script):
    done = script("\n".join(WAYS), "-W", "error")
    assert (done.stdout, done.stderr) == ("VirtualLoop\n" * len(WAYS), "")


@pytest.mark.parametrize(
    "policy",
    [
        "class Policy(asyncio.DefaultEventLoopPolicy): _loop_factory = asyncio.SelectorEventLoop",
        "class Policy(asyncio.DefaultEventLoopPolicy):\n"
        "    def new_event_loop(self): return Kept(selectors.SelectSelector())",
    ],
)
def test_a_policy_of_the_scripts_own_makes_virtual_loops_of_asyncios(script, policy):
    done = script(f"{policy}\nasyncio.set_event_loop_policy(Policy())\nasyncio.run(main())")
    assert (done.stdout, done.returncode) == ("VirtualLoop\n", 0)


# What a script may do, the loop's class, and which line makes it.
REFUSED = {
    "an heir": (
        "class Own(asyncio.SelectorEventLoop): pass",
        "loop = Own()",
        "run(loop)",
        "__main__.Own",
    ),
    "an heir with arguments of its own": (
        "class Own(Kept):\n    def __init__(self, name): super().__init__()",
        "loop = Own('name')",
        "run(loop)",
        "__main__.Own",
    ),
    "an heir of a part": (
        "from asyncio.base_events import BaseEventLoop\nclass Own(BaseEventLoop): pass",
        "loop = Own()",
        "run(loop)",
        "__main__.Own",
    ),
    "a policy's": (
        "class Own(Kept): pass\n"
        "class Policy(asyncio.DefaultEventLoopPolicy): _loop_factory = Own\n"
        "asyncio.set_event_loop_policy(Policy())",
        "loop = asyncio.new_event_loop()",
        "run(loop)",
        "__main__.Own",
    ),
    "a factory's": (
        "class Own(Kept): pass",
        "with asyncio.Runner(loop_factory=Own) as runner: runner.run(main())",
        "",
        "__main__.Own",
    ),
    "one that is no heir of asyncio's": (
        "class Own(asyncio.AbstractEventLoop):\n"
        "    def run_forever(self): asyncio._set_running_loop(self)\n"
        "    def get_debug(self): return False",
        "loop = Own()",
        "loop.run_forever()",
        "__main__.Own",
    ),
}
if sys.platform != "win32":
    REFUSED["uvloop's"] = (
        "import uvloop",
        "loop = uvloop.new_event_loop()",
        "run(loop)",
        "uvloop.Loop",
    )
    REFUSED["that of uvloop.run"] = ("import uvloop", "uvloop.run(main())", "", "uvloop.Loop")
    REFUSED["that of uvloop.install"] = (
        "import uvloop\nuvloop.install()",
        "asyncio.run(main())",
        "",
        "uvloop.Loop",
    )


@pytest.mark.parametrize("kind", REFUSED)
def test_another_loop_is_refused_by_name_with_the_line_that_makes_it(script, kind):
    before, makes, then, name = REFUSED[kind]
    line = (PROGRAM + before).count("\n") + 2
    done = script(f"{before}\n{makes}\n{then}\n")
    assert done.returncode == 1
    (said,) = (text for text in done.stderr.splitlines() if text.startswith("vtloop.errors."))
    assert said.startswith(f"vtloop.errors.NotSimulated: An event loop of {name} was made")
    assert f"program.py:{line} in <module>: {makes}" in said
    assert "VirtualLoop" not in done.stdout
    assert "Exception ignored" not in done.stderr


def test_a_loop_that_hands_its_calls_on_to_a_virtual_one_is_none_of_ours(script):
    done = script(
        """
        class Front(asyncio.AbstractEventLoop):
            def __init__(self, loop): self.loop = loop
            def run_until_complete(self, main): return self.loop.run_until_complete(main)
            def close(self): self.loop.close()

        run(Front(asyncio.SelectorEventLoop()))
        """
    )
    assert (done.stdout, done.stderr) == ("VirtualLoop\n", "")


# What there is to see of the current event loop, without its kind.
LOOKS = """
import asyncio, threading, warnings
warnings.simplefilter("always")
def look(what, *args):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            found = what(*args)
            found = isinstance(found, asyncio.AbstractEventLoop) or found
        except Exception as error:
            found = repr(error)
    print(getattr(what, "__name__", what), found, *(str(one.message) for one in said))

async def main():
    look(asyncio.get_event_loop)
    return asyncio.get_event_loop() is asyncio.get_running_loop()
"""


@pytest.mark.parametrize(
    "steps",
    [
        "look(asyncio.get_event_loop)\nlook(asyncio.get_event_loop)",
        "print(asyncio.run(main()))\nlook(asyncio.get_event_loop)",
        "asyncio.set_event_loop(None)\nlook(asyncio.get_event_loop)",
        "loop = asyncio.new_event_loop()\nasyncio.set_event_loop(loop)\n"
        "print(asyncio.get_event_loop() is loop, loop.run_until_complete(main()))",
        "thread = threading.Thread(target=look, args=(asyncio.get_event_loop,), name='T')\n"
        "thread.start(); thread.join()",
        "look(asyncio.get_running_loop)\nlook(asyncio.set_event_loop, 'no loop')",
        "look(asyncio.get_event_loop_policy().get_event_loop)",
        "print(type(asyncio.get_event_loop_policy()).__name__)\n"
        "look(asyncio.set_event_loop_policy, None)",
        "with asyncio.Runner() as runner: print(runner.run(main()), runner.get_loop() is None)\n"
        "look(runner.get_loop)",
    ],
)
def test_the_current_event_loop_is_what_it_is_for_the_stock_loop(script, steps):
    virtual = script(steps, before=LOOKS)
    stock = script(steps, command=(), before=LOOKS)
    assert virtual.stdout == stock.stdout
    assert virtual.returncode == stock.returncode == 0


def initialise(loop):
    make_virtual(loop, until=5)


def test_references_from_before_make_virtual_loops_with_the_scripts_options():
    with Environment(Clock(), False, START, None), LoopMakers(initialise):
        for make in (KeptLoop, lambda: KeptLoop(selectors.SelectSelector()), kept_new_event_loop):
            loop = make()
            assert type(loop) is vtloop.VirtualLoop
            with pytest.raises(vtloop.UntilReached):
                loop.run_until_complete(asyncio.sleep(10))
            loop.close()


def test_a_stock_loop_is_refused_arguments_that_it_does_not_take():
    with LoopMakers(initialise), pytest.raises(TypeError, match="argument"):
        KeptLoop(nonsense=1)


def test_all_is_put_back_and_stock_loops_work_as_before():
    class Heir(KeptLoop):
        def __init__(self, selector, more):
            super().__init__(selector)

    class Other(asyncio.AbstractEventLoop):
        pass

    kinds = (*STOCK_LOOPS, asyncio.BaseEventLoop, asyncio.AbstractEventLoop, Heir, Other)

    def surroundings():
        names = "__init__", "__new__", "__init_subclass__"
        return (
            [vars(kind).get(name) for kind in kinds for name in names],
            asyncio._set_running_loop,
            asyncio.events._set_running_loop,
            vars(asyncio.events).get("_event_loop_policy"),
        )

    before = surroundings()
    with pytest.raises(KeyError), LoopMakers(initialise):
        assert surroundings() != before

        class Late(asyncio.AbstractEventLoop):
            pass

        asyncio.set_event_loop(kept_new_event_loop())
        asyncio.get_event_loop().close()
        raise KeyError
    assert surroundings() == before
    assert "__init__" not in vars(Late)
    for loop in (KeptLoop(selectors.SelectSelector()), Heir(selectors.SelectSelector(), 2)):
        assert loop.run_until_complete(asyncio.sleep(0, "stock")) == "stock"
        loop.close()
    Other()
