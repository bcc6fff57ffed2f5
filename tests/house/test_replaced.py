"""What is replaced in the process is what one table says, and nothing of it is left afterwards."""

import asyncio
import socket
import sys
import threading
import time
import warnings

import pytest

import vtloop
from tests.support import process_state
from tests.support.garbage import a_sweep_thaws_what_is_frozen
from tests.support.page_of_replaced import PAGE, import_all
from tests.support.process_state import changed, state, unchanged, unlisted
from tests.support.pytests import run_tests
from vtloop.core.options import USUAL
from vtloop.core.patches import environment, recorded, unawaited
from vtloop.integrations.cli.scripts import Observation, run_script
from vtloop.integrations.notebook.session import Notebook
from vtloop.patching import replaced
from vtloop.patching.replaced import During
from vtloop.patching.swapped import Swapped
from vtloop.private.interpreter import WARN_UNAWAITED
from vtloop.sweep import sweep

RUN = During.RUN, During.LOOP
RECORDED = *RUN, During.RECORDED
SEARCH = *RUN, During.SEARCH
SCRIPT = *RECORDED, During.SCRIPT
CELL = *RECORDED, During.CELL

pytest_plugins = ["pytester"]
__all__ = ["a_sweep_thaws_what_is_frozen", "run_tests"]


async def look():
    for end in socket.socketpair():  # as some is replaced only where there are sockets
        end.close()
    return state()


@pytest.fixture(autouse=True)
def somewhere_else(monkeypatch):
    """Let the local time be another one than the run's, and import what is imported late."""
    monkeypatch.setenv("TZ", "EST5EDT")
    time.tzset()
    vtloop.run(look)
    import_all()
    yield
    monkeypatch.undo()
    time.tzset()


def test_the_page_lists_exactly_what_the_table_has():
    import_all()
    page = replaced.page().replace("Condition._notify", "Condition.notify")  # since 3.13
    page = page.replace("`asyncio.queues.Queue.shutdown`, ", "")  # likewise
    assert PAGE.read_text() == page, "python -m tests.support.page_of_replaced makes it"


def test_each_row_of_a_table_of_replacements_is_listed_with_its_reason():
    import_all()
    rows = {(one.what, one.during, one.why) for one in replaced.all_replaced()}
    for table, during in (
        (environment.always, During.RUN),
        (environment.descriptors, During.RUN),
        (recorded.when_recorded, During.RECORDED),
        (sys.modules["vtloop.search.noting"].NOTING, During.SEARCH),
    ):
        late = [row for rows in table.later.values() for row in rows]
        assert {(row.what, during, row.why) for row in (*table.table, *late)} <= rows
    assert all(why for _, _, why in rows)


def test_in_a_run_the_table_is_what_differs():
    before = state()
    inside = vtloop.run(look)
    assert unlisted(before, inside, *RUN) == set()
    assert {what for what in unchanged(before, inside, *RUN) if "origin" not in what} == set()
    assert changed(before, state()) == set()


def test_in_debug_mode_too():
    before = state()
    inside = vtloop.run(look, debug=True)
    assert (unlisted(before, inside, *RUN), unchanged(before, inside, *RUN)) == (set(), set())
    assert changed(before, state()) == set()


def test_in_a_recorded_run_the_table_is_what_differs():
    before = state()
    inside = vtloop.simulate(look, debug=True).value
    assert unlisted(before, inside, *RECORDED) == set()
    assert unchanged(before, inside, *RECORDED) == set()
    assert changed(before, state()) == set()


def test_in_a_thread_whose_loop_runs_the_table_is_what_differs():
    async def main():
        before = state()
        inside = vtloop.run(look, debug=True)
        during = *RUN, During.BESIDE_A_LOOP
        assert unlisted(before, inside, *during) == set()
        assert unchanged(before, inside, *during) == set()
        assert changed(before, state()) == set()

    asyncio.run(main())


@pytest.mark.usefixtures("a_sweep_thaws_what_is_frozen")
def test_in_a_sweep_the_table_is_what_differs():
    inside = []

    async def program():
        for end in socket.socketpair():
            end.close()
        inside.append(state())
        await asyncio.sleep(1)

    before = state()
    sweep(program)
    assert len(inside) > 5
    for one in inside:
        assert unlisted(before, one, *SEARCH) == set()
    often = set.intersection(*(unchanged(before, one, *SEARCH) for one in inside))
    assert {what for what in often if "origin" not in what} == set()
    assert {what for what in changed(before, state()) if "thresholds" not in what} == set()


def test_in_a_script_the_table_is_what_differs(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import asyncio\nfrom tests.support import process_state\n"
        "process_state.seen = asyncio.run(process_state.look())\n"
    )
    process_state.look = look
    before = state()
    run_script(str(script), ["an argument"], USUAL, Observation(recordings=[]))
    inside = process_state.__dict__.pop("seen")
    assert unlisted(before, inside, *SCRIPT) == set()
    of_the_command = {"sys.excepthook"}
    same = unchanged(before, inside, *SCRIPT) - of_the_command
    assert {what for what in same if "origin" not in what} == set()
    assert changed(before, state()) == set()


def test_in_a_cell_the_table_is_what_differs():
    notebook = Notebook()
    before = state()
    inside = notebook.run(look).value
    assert unlisted(before, inside, *CELL) == set()
    assert changed(before, state()) == set()
    notebook.close()
    assert changed(before, state()) == set()


def test_in_a_test_the_table_is_what_differs(run_tests):
    done = run_tests(
        """
        import pytest, socket, vtloop
        from tests.support import process_state
        from tests.support.process_state import During, changed, listed, state, unlisted

        def test_before():
            vtloop.run(look)
            listed()
            process_state.before = state()

        async def look():
            for end in socket.socketpair():
                end.close()
            state()

        @pytest.mark.vtloop
        async def test_inside():
            during = During.RUN, During.LOOP, During.RECORDED, During.TEST
            differs = unlisted(process_state.before, state(), *during)
            assert {what for what in differs if not what.startswith("warnings.")} == set()

        def test_after():
            differs = changed(process_state.before, state())  # pytest itself catches warnings
            assert {what for what in differs if not what.startswith("warnings.")} == set()
            assert "warnings._warn_unawaited_coroutine" not in differs
        """
    )
    assert done.outcomes == dict.fromkeys(["test_before", "test_inside", "test_after"], "passed")


# Nested, and side by side


def test_a_run_in_a_thread_of_a_run_enters_nothing_again():
    async def main():
        before = state()
        inside = await asyncio.to_thread(vtloop.run, look, seed=None)
        assert unlisted(before, inside, *RUN) == set()
        assert changed(before, state()) == set()

    before = state()
    vtloop.run(main, debug=True, seed=None)
    assert changed(before, state()) == set()


@pytest.mark.parametrize("start", [vtloop.run, vtloop.simulate])
def test_of_two_runs_side_by_side_the_first_to_begin_may_end_first(start):
    steps = [threading.Event() for _ in range(3)]

    async def first():
        steps[0].set()
        steps[1].wait()

    async def second():
        steps[1].set()
        steps[2].wait()

    before = state()
    threads = [
        threading.Thread(target=start, args=(main,), kwargs={"seed": None, "wall_clock": None})
        for main in (first, second)
    ]
    threads[0].start()
    steps[0].wait()
    threads[1].start()
    threads[0].join()
    assert changed(before, state())
    steps[2].set()
    threads[1].join()
    assert changed(before, state()) == set()


def test_who_stands_in_for_an_attribute_may_leave_before_those_that_came_later():
    class Owner:
        name = "inherited"

    owner = Owner()
    swapped = Swapped(owner, "name")
    first, second, third = object(), object(), object()
    for one in (first, second, third):
        swapped.enter(one)
    swapped.leave(second)
    assert owner.name is third
    swapped.leave(third)
    assert owner.name is first
    swapped.leave(first)
    assert owner.name == "inherited"
    assert not vars(owner)
    assert not swapped.is_in_use


def test_the_last_who_listens_is_asked_first_whose_coroutine_nobody_has_awaited():
    async def nothing():
        pass

    heard = []
    with (
        unawaited.told_to(lambda coroutine: heard.append("outer") or True),
        unawaited.told_to(lambda coroutine: heard.append("inner") or len(heard) > 2),
    ):
        nothing()
        assert heard == ["inner", "outer"]
        nothing()
        assert heard == ["inner", "outer", "inner"]
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        nothing()
    assert len(found) == 1
    assert len(heard) == 3


def test_a_hook_that_somebody_else_has_set_hears_of_the_others_and_is_put_back(monkeypatch):
    async def nothing():
        pass

    theirs, first, second = [], [], []
    monkeypatch.setattr(warnings, WARN_UNAWAITED, theirs.append)
    hook = vars(warnings)[WARN_UNAWAITED]
    one, other = unawaited.told_to(first.append), unawaited.told_to(second.append)
    one.__enter__()
    nothing()
    other.__enter__()
    one.__exit__(None, None, None)
    nothing()
    other.__exit__(None, None, None)
    assert [len(heard) for heard in (first, second, theirs)] == [1, 1, 2]
    assert vars(warnings)[WARN_UNAWAITED] is hook


# State of the package's own


def test_what_the_package_keeps_for_the_process_is_there_and_nothing_else():
    import_all()
    kept = {one.what for one in replaced.all_kept()}
    for what in kept:
        module, _, name = what.rpartition(".")
        assert hasattr(sys.modules[module], name) or what in NOT_EVERYWHERE
    assert of_the_package() <= kept


NOT_EVERYWHERE = {"vtloop.search.calls._tidying"}  # but from Python 3.12 on
CONSTANTS = {
    "EVERYBODY",
    "EVERYWHERE",
    "HERE",
    "_NOBODYS",
    "_no_debug",
}  # objects of which nothing ever changes


def of_the_package():
    """Return the names of the package's objects that may change, as far as one can tell."""
    found = {}
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] != "vtloop":
            continue
        for attribute, value in vars(module).items():
            if attribute.startswith("__") or attribute in CONSTANTS or not is_state(value):
                continue
            found.setdefault(id(value), []).append(f"{name}.{attribute}")
    kept = {one.what for one in replaced.all_kept()}
    return {next((one for one in names if one in kept), names[0]) for names in found.values()}


def is_state(value):
    kind = type(value)
    empty = isinstance(value, list | dict) and not value  # a full one is a table
    ours = kind.__module__.startswith("vtloop") and hasattr(value, "__dict__")
    process_wide = kind.__module__ in ("_thread", "_contextvars", "contextvars", "weakref")
    return empty or process_wide or (ours and not isinstance(value, tuple | type))
