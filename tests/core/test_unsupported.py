"""What the simulation refuses, and that nothing of an event loop is forgotten."""

import asyncio
import contextlib
import inspect
import sys
from unittest import mock

import pytest

import vtloop
from vtloop.core.borrowed import Stock
from vtloop.core.connections import Connections
from vtloop.core.executors import Executors
from vtloop.core.patches import environment, recorded
from vtloop.core.scheduling import Scheduling
from vtloop.core.signals import Signals
from vtloop.core.unsupported import NETWORK, REFUSED, Unsupported

INTERFACE = {
    name
    for name, value in vars(asyncio.AbstractEventLoop).items()
    if callable(value) and not name.startswith("__")
}


def test_the_tables_and_the_loop_cover_the_whole_interface_without_overlap():
    rooms = (vtloop.VirtualLoop, Scheduling, Executors, Stock, Connections, Signals)
    implemented = {name for room in rooms for name in vars(room) if name in INTERFACE}
    assert implemented | set(REFUSED) | set(NETWORK) == INTERFACE | set(REFUSED) | set(NETWORK)
    assert not implemented & (set(REFUSED) | set(NETWORK))
    assert not set(REFUSED) & set(NETWORK)


def test_the_tables_name_only_methods_that_event_loops_have():
    assert set(REFUSED) | set(NETWORK) <= INTERFACE


@pytest.mark.parametrize("method", [*REFUSED, *NETWORK])
def test_a_refused_method_raises_at_the_call_and_says_what_to_do(method):
    async def main():
        await asyncio.sleep(1.5)
        with pytest.raises(vtloop.NotSimulated) as error:
            getattr(asyncio.get_running_loop(), method)(1, 2, 3)
        return str(error.value)

    message = vtloop.run(main(), network=None)
    touches, instead = {**REFUSED, **NETWORK}[method]
    assert message == (
        f"loop.{method}() was called at virtual time 1.5 s while running in a simulation, "
        f"which has no {touches}; {instead}"
    )


def test_a_refusal_is_a_not_implemented_error_so_that_fallbacks_work():
    async def main():
        try:
            asyncio.get_running_loop().connect_read_pipe(asyncio.Protocol, None)
        except NotImplementedError:
            return "fallback"

    assert vtloop.run(main()) == "fallback"


@pytest.mark.parametrize(
    ("start", "method"),
    [
        (lambda: asyncio.open_connection("localhost", 80), "create_connection"),
        (lambda: asyncio.start_server(print, port=80), "create_server"),
        (lambda: asyncio.create_subprocess_exec("true"), "subprocess_exec"),
        (lambda: asyncio.create_subprocess_shell("true"), "subprocess_shell"),
    ],
)
def test_asyncios_own_functions_meet_the_refusal(start, method):
    async def main():
        await start()

    with pytest.raises(vtloop.NotSimulated, match=rf"loop\.{method}\(\) was called"):
        vtloop.run(main(), network=None)


def test_refused_methods_show_their_own_names():
    for method in [*REFUSED, *NETWORK]:
        function = inspect.getattr_static(Unsupported, method)
        assert function.__qualname__ == f"Unsupported.{method}"
        assert function.__doc__


# Since 3.14 `asyncio.iscoroutinefunction` is deprecated; on 3.11 that of `inspect` takes only what
# is async indeed.
ASKED = asyncio.iscoroutinefunction if sys.version_info < (3, 12) else inspect.iscoroutinefunction


def test_what_counts_as_a_coroutine_function_is_as_with_the_stock_loop():
    with (
        contextlib.closing(asyncio.new_event_loop()) as stock,
        contextlib.closing(vtloop.VirtualLoop()) as ours,
    ):
        methods = [name for name in dir(stock) if callable(getattr(stock, name))]
        public = [name for name in methods if not name.startswith("_")]
        assert len(public) > 50
        for name in public:
            assert ASKED(getattr(ours, name)) == ASKED(getattr(stock, name)), name


@pytest.mark.parametrize(
    "replaced", [*environment.ALWAYS, *recorded.RECORDED], ids=lambda one: one.name
)
def test_what_stands_in_for_a_coroutine_function_is_one(replaced):
    original = vars(replaced.module).get(replaced.name)
    assert ASKED(replaced.stand_in) == ASKED(original)


@pytest.mark.parametrize("method", ["sock_connect", "create_connection", "getaddrinfo"])
def test_a_mock_of_a_refused_method_can_be_awaited(method):
    async def main():
        loop = asyncio.get_running_loop()
        with mock.patch.object(loop, method, return_value="an answer"):
            return await getattr(loop, method)("somewhere")

    assert vtloop.run(main) == "an answer"


def test_a_mock_of_a_method_that_is_not_async_is_called_at_once():
    async def main():
        loop = asyncio.get_running_loop()
        with mock.patch.object(loop, "add_reader", return_value="added"):
            return loop.add_reader(0, print)

    assert vtloop.run(main) == "added"
