"""`%%vtloop` in a real shell, with a loop running around it as in a kernel."""

import asyncio
import random
import signal
import sys
import time

import pytest

pytest.importorskip("IPython")
pytest.importorskip("matplotlib")

from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import vtloop
from scenarios.transcript import Transcript
from vtloop.timeline.timeline import Timeline

pytestmark = pytest.mark.ends

SAY_AFTER = """\
async def say_after(delay, word):
    await asyncio.sleep(delay)
    print(word)
    return word
"""


class Reader:
    """Somebody who runs cells, while the loop of a kernel runs."""

    def __init__(self, shell, capsys):
        self.shell = shell
        self.names = shell.user_ns
        self._capsys = capsys
        self.errors = ""

    def run(self, cell):
        """Run one cell; return its result, with what it printed in `printed`."""

        async def kernel():
            kernels = asyncio.get_running_loop(), asyncio.current_task()
            ours = signal.signal(signal.SIGINT, signal.default_int_handler)  # as ipykernel does
            result = self.shell.run_cell(cell, store_history=True)
            assert signal.signal(signal.SIGINT, ours) is signal.default_int_handler
            assert (asyncio.get_running_loop(), asyncio.current_task()) == kernels
            await asyncio.sleep(0)  # the kernel goes on
            return result

        result = asyncio.run(kernel())
        result.printed, self.errors = self._capsys.readouterr()
        return result

    def tell(self, cell):
        """Run a cell that shall succeed; return what it printed."""
        result = self.run(cell)
        assert result.success, result.printed + self.errors
        return result.printed

    @property
    def last(self):
        """The run of the last cell."""
        return self.shell.run_line_magic("vtloop", "")


@pytest.fixture
def reader(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setattr(sys, "displayhook", sys.displayhook)
    monkeypatch.delattr("builtins._", raising=False)  # Python's own displayhook leaves it behind
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell.instance(config=config)
    shell.run_line_magic("load_ext", "vtloop")
    shell.run_cell("import asyncio, random, sys, time, vtloop\n" + SAY_AFTER)
    yield Reader(shell, capsys)
    shell.run_line_magic("unload_ext", "vtloop")
    InteractiveShell.clear_instance()


def times(printed):
    """Return the printed lines as (seconds, task, text)."""
    return [(float(line.at), line.task, line.text) for line in Transcript.parse(printed).lines]


# A cell


def test_a_cell_awaits_in_virtual_time_while_the_kernels_loop_runs(reader):
    printed = reader.tell("%%vtloop --no-chart\nfor n in (1, 2):\n    await say_after(3600, n)")
    assert times(printed) == [(3600, "cell#1", "1"), (7200, "cell#1", "2")]


def test_a_cell_without_await_has_the_running_loop_as_well(reader):
    reader.tell("%%vtloop\nloop = asyncio.get_running_loop()")
    assert isinstance(reader.names["loop"], vtloop.VirtualLoop)


def test_names_are_shared_both_ways(reader):
    reader.tell("before = 20")
    reader.tell("%%vtloop\nafter = before + await asyncio.sleep(1, 3)\ndef f():\n    return after")
    reader.tell("from_plain_cell = f()")
    assert reader.names["from_plain_cell"] == 23


def test_context_variables_are_shared_both_ways(reader):
    reader.tell("from contextvars import ContextVar\nv = ContextVar('v')\nv.set('plain')")
    virtual = "get_ipython().run_cell_magic('vtloop', '', 'v.set(v.get() + \" virtual\")')"
    found = reader.run(f"v.set('plain')\n{virtual}\nv.get()")
    assert found.result == "plain virtual"


def test_a_context_variable_that_a_cell_sets_to_none_is_set(reader):
    reader.tell("from contextvars import ContextVar\nv = ContextVar('v')")
    virtual = "get_ipython().run_cell_magic('vtloop', '', 'v.set(None)')"
    assert reader.run(f"{virtual}\nv.get('unset') is None").result is True


def test_the_last_expressions_value_is_displayed_and_kept(reader):
    result = reader.run("%%vtloop --no-chart\n1\nawait asyncio.sleep(1, 'a value')")
    assert (result.result, reader.names["_"]) == ("a value", "a value")
    assert result.printed.count("Out[") == 1
    assert "| Out[" not in result.printed


def test_a_semicolon_keeps_the_value_quiet(reader):
    assert reader.run("%%vtloop --no-chart\nawait asyncio.sleep(1, 'a value');").result is None


@pytest.mark.parametrize(
    ("interactivity", "shown"),
    [("all", "12"), ("last", "2"), ("last_expr", "2"), ("none", ""), ("last_expr_or_assign", "2")],
)
def test_the_shells_interactivity_is_honoured(reader, interactivity, shown):
    reader.shell.ast_node_interactivity = interactivity
    last = "x = await asyncio.sleep(0, 2)" if "assign" in interactivity else "2"
    printed = reader.tell(f"%%vtloop --no-chart\n1\n{last}")
    assert "".join(line.split()[-1] for line in printed.splitlines()) == shown


def test_the_notebooks_syntax_works_in_a_cell(reader):
    reader.tell("%%vtloop\nawait asyncio.sleep(1)\nwhere = %pwd\n%time await_free = 5")
    assert isinstance(reader.names["where"], str)
    assert reader.names["await_free"] == 5


def test_a_future_statement_of_an_earlier_cell_holds(reader):
    reader.tell("from __future__ import annotations")
    reader.tell("%%vtloop\nasync def f(x: not_there): ...\nawait f(1)")


def test_an_empty_cell_does_nothing(reader):
    assert reader.tell("%%vtloop\n# nothing") == ""


# From cell to cell


def test_tasks_left_behind_go_on_in_the_next_cell(reader):
    reader.tell("%%vtloop\nleft = asyncio.create_task(say_after(2, 'world'), name='left')")
    assert reader.last.unfinished == ("left",)
    assert reader.tell("'a plain cell'") != ""
    printed = reader.tell("%%vtloop --no-chart\nawait asyncio.sleep(3)\nprint(left.done())")
    assert times(printed) == [(2, "left", "world"), (3, "cell#3", "True")]
    assert reader.last.unfinished == ()


def test_the_clock_goes_on_from_cell_to_cell(reader):
    reader.tell("%%vtloop\nloop = asyncio.get_running_loop()\nawait asyncio.sleep(5)")
    reader.tell("%%vtloop\nsame = loop is asyncio.get_running_loop()\nawait asyncio.sleep(2)")
    assert reader.names["same"]
    assert reader.names["loop"].time() == 7.0
    assert (reader.last.elapsed, reader.last.ended) == (2.0, 2.0)


def test_a_primitive_serves_several_cells(reader):
    reader.tell("%%vtloop\nlock = asyncio.Lock()\nawait lock.acquire()")
    reader.tell("%%vtloop\ntask = asyncio.create_task(lock.acquire())\nawait asyncio.sleep(1)")
    reader.tell("%%vtloop\nlock.release()\nawait task")


def test_a_cell_that_is_run_again_tells_the_same(reader):
    cell = (
        "%%vtloop --no-chart\n"
        "await asyncio.gather(say_after(1, 'a'), say_after(2, random.random()));"
    )
    first = reader.tell(cell)
    digest = reader.last.digest()
    assert reader.tell(cell) == first
    assert reader.last.digest() == digest


def test_the_loop_stands_still_between_cells(reader):
    reader.tell("%%vtloop\nleft = asyncio.create_task(say_after(0, 'never'))")
    assert reader.tell("time.sleep(0)") == ""
    assert not reader.names["left"].done()


def test_a_plain_cell_may_simulate_and_a_virtual_one_may_not(reader):
    reader.tell("elapsed = vtloop.simulate(say_after(5, 'on')).elapsed")
    assert reader.names["elapsed"] == 5.0
    result = reader.run("%%vtloop --no-chart\nvtloop.simulate(say_after)")
    assert isinstance(result.error_in_exec, RuntimeError)
    assert "await the coroutine" in str(result.error_in_exec)


# Options


def test_settle_goes_on_until_nothing_is_left_to_do(reader):
    printed = reader.tell(
        "%%vtloop --no-chart --settle\n"
        "left = asyncio.create_task(say_after(2, 'world'))\nawait say_after(1, 'hello')"
    )
    lines = [line for line in printed.splitlines() if "|" in line]
    assert times("\n".join(lines)) == [(1, "cell#1", "hello"), (2, "say_after#2", "world")]
    assert (reader.last.elapsed, reader.last.ended) == (1.0, 2.0)


def test_the_wall_clock_starts_where_it_is_told_in_each_cell(reader):
    pytest.importorskip("time_machine")
    cell = "%%vtloop --wall-clock 09:24:00\nawait asyncio.sleep(3)\nshown = time.strftime('%X')"
    for _ in range(2):
        reader.tell(cell)
        assert reader.names["shown"] == "09:24:03"
    assert abs(time.time() - reader.run("time.time()").result) < 3600


def test_random_is_seeded_for_each_cell_and_given_back(reader):
    random.seed("outside")
    before = random.getstate()
    reader.tell("%%vtloop --seed 3\nx = random.random()")
    assert reader.names["x"] == random.Random(3).random()
    assert random.getstate() == before


def test_until_stops_the_cell_and_lets_it_clean_up(reader):
    printed = reader.tell(
        "%%vtloop --no-chart --until 2.5\n"
        "try:\n    while True:\n        await say_after(1, 'tick')\n"
        "finally:\n    await asyncio.sleep(1)\n    print('clean')"
    )
    assert [line[0] for line in times(printed)] == [1.0, 2.0, 3.5]
    assert reader.last.stopped
    assert reader.last.unfinished == ()
    assert reader.errors == "vtloop: stopped at --until 2.5\n"
    assert times(reader.tell("%%vtloop --no-chart\nawait say_after(9, 'on');"))[0][0] == 9.0


@pytest.mark.parametrize("option", ["--until -1", "--wall-clock noon", "--sett-le"])
def test_a_wrong_option_is_told_in_words(reader, option):
    result = reader.run(f"%%vtloop {option}\nreached = True")
    assert not result.success
    assert "UsageError" in reader.errors
    assert "reached" not in reader.names


# Errors


def test_an_error_points_at_the_cells_own_lines(reader):
    result = reader.run("%%vtloop --no-chart\n\nawait asyncio.sleep(1)\n1 / 0")
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    shown = result.printed + reader.errors
    assert "line 4" in shown
    assert "----> 4 1 / 0" in shown
    assert "vtloop" not in shown


def test_an_error_in_a_function_shows_the_way_there(reader):
    result = reader.run("%%vtloop --no-chart\nasync def f():\n    1 / 0\nawait f()")
    assert "----> 4 await f()" in result.printed
    assert "----> 3     1 / 0" in result.printed


@pytest.mark.parametrize("code", ["def f(:\n    pass", "return 5", "x = = 5"])
def test_a_syntax_error_is_told_before_anything_runs(reader, code):
    result = reader.run(f"%%vtloop\nreached = True\n{code}")
    assert isinstance(result.error_in_exec, SyntaxError)
    assert "reached" not in reader.names
    assert ", line 3" in result.printed


def test_an_exception_group_is_shown(reader):
    result = reader.run("%%vtloop\nasync with asyncio.TaskGroup() as g:\n    g.create_task(f(1))")
    assert not result.success
    result = reader.run(
        "%%vtloop\nasync def f():\n    1 / 0\n"
        "async with asyncio.TaskGroup() as g:\n    g.create_task(f())"
    )
    assert isinstance(result.error_in_exec, ExceptionGroup)
    assert "ZeroDivisionError" in result.printed + reader.errors


def test_a_deadlock_names_the_line_and_leaves_the_notebook_usable(reader):
    result = reader.run("%%vtloop --no-chart\nevent = asyncio.Event()\nawait event.wait()")
    assert isinstance(result.error_in_exec, vtloop.DeadlockError)
    assert f"at In[{result.execution_count}]:3 in <module>: await event.wait()" in result.printed
    assert "----> 3 await event.wait()" in result.printed
    assert reader.last.unfinished == ()
    assert times(reader.tell("%%vtloop --no-chart\nawait say_after(1, 'on');"))[0][0] == 1.0


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_an_interrupt_ends_the_cell_and_lets_it_clean_up(reader):
    result = reader.run(
        "%%vtloop --no-chart\nimport signal\n"
        "asyncio.get_running_loop().call_later(1, signal.raise_signal, signal.SIGINT)\n"
        "try:\n    await asyncio.sleep(3600)\n"
        "finally:\n    await asyncio.sleep(1)\n    print('clean')"
    )
    assert isinstance(result.error_in_exec, KeyboardInterrupt)
    assert "     2.000  cell#1       | clean" in result.printed
    assert "----> 5     await asyncio.sleep(3600)" in result.printed
    assert times(reader.tell("%%vtloop --no-chart\nawait say_after(1, 'on');"))[0][0] == 1.0


@pytest.mark.parametrize("cell", ["await asyncio.sleep(1)", "1 / 0", "raise SystemExit", "def :"])
def test_nothing_that_was_replaced_is_left_behind(reader, cell):
    def surroundings():
        return (
            sys.stdout,
            sys.stderr,
            sys.displayhook,
            time.sleep,
            time.time,
            random.getstate(),
            asyncio.Lock.acquire,
            sys.get_asyncgen_hooks(),
            asyncio._get_running_loop(),
        )

    before = surroundings()
    reader.run(f"%%vtloop --no-chart --wall-clock 09:00:00\n{cell}")
    assert surroundings() == before


def test_unloading_cancels_what_was_left_behind(reader):
    reader.tell(
        "%%vtloop\nasync def f():\n    try:\n        await asyncio.sleep(9)\n"
        "    finally:\n        ended.append(True)\n"
        "ended = []\nt = asyncio.create_task(f())\nawait asyncio.sleep(1)"
    )
    loop = reader.run("%%vtloop\nasyncio.get_running_loop()").result
    reader.tell("%reload_ext vtloop")
    assert reader.names["ended"] == [True]
    assert loop.is_closed()
    assert times(reader.tell("%%vtloop --no-chart\nawait say_after(1, 'on');"))


# The chart, and the run


@pytest.fixture
def shown(reader, monkeypatch):
    """What has been displayed, newest last: data by type."""
    publisher = CapturingDisplayPublisher()
    monkeypatch.setattr(reader.shell, "display_pub", publisher)
    return publisher.outputs


@pytest.fixture
def no_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "vtloop.views.chart", None)


def test_the_chart_comes_below_the_cell(reader, shown):
    reader.tell("%%vtloop\nawait asyncio.gather(say_after(1, 'a'), say_after(2, 'b'));")
    reader.tell("%%vtloop --no-chart\nawait asyncio.sleep(1)")
    reader.tell("%%vtloop\ndef f():\n    pass")  # nothing to see
    assert len(shown) == 1
    assert shown[0]["data"]["image/svg+xml"].startswith("<svg")
    assert shown[0]["data"]["text/plain"] == "<Timeline of 3 tasks from 0 s to 2 s>"


def test_a_chart_looks_as_is_asked_for(reader, shown):
    cell = "await asyncio.gather(say_after(1, 'a'), say_after(2, 'b'));"
    looks = "--title 'Two tasks' --words ru --theme dark --legend off --size 7x5 --draw-until 1"
    reader.tell(f"%%vtloop {looks}\n{cell}")
    written = shown[0]["data"]["image/svg+xml"]
    assert written.startswith("<svg")
    assert "Two tasks" in written
    assert "спит 1 с" in written
    assert 'width="504pt"' in written
    assert 'id="legend"' not in written
    assert "напечатает" not in written


def test_a_look_that_there_is_not_is_refused_before_the_cell_runs(reader):
    result = reader.run("%%vtloop --theme pink\nprint('runs')")
    assert not result.success
    assert "runs" not in result.printed
    assert "'pink' was given; give light or dark" in result.printed + reader.errors


@pytest.mark.parametrize("before", ["", "await asyncio.sleep(1)\n"])
def test_a_deadlock_has_its_chart_even_if_no_time_has_passed(reader, shown, before):
    result = reader.run(f"%%vtloop\n{before}await asyncio.Event().wait()")
    assert isinstance(result.error_in_exec, vtloop.DeadlockError)
    (chart,) = (output["data"]["image/svg+xml"] for output in shown)
    assert "then a deadlock" in chart


def test_without_matplotlib_a_line_stands_for_the_chart(reader, shown, no_matplotlib):
    assert times(reader.tell("%%vtloop\nawait say_after(1, 'on');"))
    assert shown[0]["data"] == {"text/plain": "<Timeline of 1 task from 0 s to 1 s>"}


def test_runs_timelines_and_figures_show_themselves(reader, shown):
    reader.tell("import vtloop.chart\nrun = vtloop.simulate(say_after(2, 'on'))")
    reader.tell("display(run, run.timeline, vtloop.chart.figure(run.timeline))")
    kinds = [set(output["data"]) - {"text/plain"} for output in shown]
    assert kinds == [{"text/html"}, {"image/svg+xml"}, {"image/svg+xml"}]


def test_the_line_magic_gives_the_run_of_the_last_cell(reader):
    reader.tell("%%vtloop --no-chart\nawait say_after(2, 'on');")
    reader.tell("run = %vtloop")
    run = reader.names["run"]
    assert (run.elapsed, run.printed[0].text) == (2.0, "on")
    assert isinstance(run.timeline, Timeline)


@pytest.mark.parametrize("cell", ["%%vtloop --help", "%vtloop --help", "\n%%vtloop --help\n\n"])
def test_the_options_are_told_by_help_with_or_without_a_body(reader, cell):
    told = reader.tell(cell)
    assert told.lstrip().startswith("%%vtloop [--help] [--no-chart]")
    assert "go on after the cell until nothing is left to do" in told


def test_a_cell_without_a_body_does_nothing(reader):
    assert reader.tell("%%vtloop") == ""
    assert reader.tell("%%time\n%vtloop --help").count("--no-chart") == 2, "others are left alone"


def test_a_verdict_is_shown_with_its_picture(reader):
    reader.tell("%%vtloop --no-chart\nawait say_after(2, 'hello');")
    told = reader.tell(
        "from vtloop.claims import takes\ntakes(1).of(get_ipython().run_line_magic('vtloop', ''))"
    )
    assert "\nClaimed: the run takes 1 s; in fact the run took 2 s" in told
    assert "|-2s-a|" in told


def test_a_deadlock_tells_the_time_of_its_cell(reader):
    reader.tell("%%vtloop --no-chart\nawait asyncio.sleep(13);")
    result = reader.run("%%vtloop --no-chart\nawait asyncio.sleep(2)\nawait asyncio.Event().wait()")
    assert "at virtual time 2 s while" in str(result.error_in_exec)
