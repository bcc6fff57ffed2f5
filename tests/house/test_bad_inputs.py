# mypy: disable-error-code="arg-type, list-item, misc"
"""What a user may get wrong, and what is said then.

Each row of the tables is something that somebody has tried, or will. It is refused before anything
of the program runs, by name and with what to do instead; nothing is lost, and no file is touched.
"""

import asyncio
import contextlib
import datetime
import importlib.util
import inspect
import re
import sys
import textwrap
from decimal import Decimal
from math import inf, nan
from pathlib import Path

import pytest
from IPython.core.error import UsageError

import vtloop
from tests.support.pytests import run_tests
from vtloop import chart, claims, marbles, mermaid, perfetto, strategies
from vtloop.audit import audit
from vtloop.core.options import Options
from vtloop.integrations.cli.main import _parser as main_parser
from vtloop.integrations.cli.main import main
from vtloop.integrations.notebook.magic import _parser
from vtloop.integrations.notebook.session import Notebook
from vtloop.integrations.options import options_of
from vtloop.integrations.pytest.loops import Marked
from vtloop.net.network import EVERYWHERE
from vtloop.sweep import conserved, replay, sweep
from vtloop.views import html

pytest_plugins = ["pytester"]
__all__ = ["run_tests"]

ran: list[str] = []  # what has run of the programs below


async def program():
    ran.append("program")
    await asyncio.sleep(1)


async def of_size(number):
    ran.append("of_size")
    await asyncio.sleep(number)


async def generator():
    ran.append("generator")
    yield


def closed():
    coroutine = program()
    coroutine.close()
    return coroutine


@pytest.fixture
def begun():
    """Return a coroutine that has begun to run and waits."""

    async def waits():
        await asyncio.sleep(0)

    coroutine = waits()
    coroutine.send(None)
    yield coroutine
    coroutine.close()


class Server:
    """A class that somebody passes instead of its method."""


# As of asyncio.run.
NO_COROUTINE = TypeError if sys.version_info >= (3, 14) else ValueError

# What is given as the program, the error, and its words.
PROGRAMS = [
    (None, NO_COROUTINE, "while None was given; pass main() or main, of an `async def main()`"),
    (3, NO_COROUTINE, "while 3 was given; pass main() or main"),
    ([program], NO_COROUTINE, "was expected, while [<function program"),
    (lambda: 3, NO_COROUTINE, "returned 3; pass main() or main"),
    (Server, NO_COROUTINE, "Server'> returned <"),
    (generator, NO_COROUTINE, "pass main() or main, of an `async def main()` without `yield`"),
    (of_size, TypeError, "missing 1 required positional argument: 'number'; pass main(…), with"),
    (closed, RuntimeError, "that has been awaited, or closed, already; pass a new one, or the"),
]


@pytest.fixture(autouse=True)
def nothing_has_run():
    ran.clear()
    yield
    assert ran == []


@pytest.mark.parametrize("run", [vtloop.run, vtloop.simulate])
@pytest.mark.parametrize(("given", "error", "words"), PROGRAMS, ids=lambda value: str(value)[:30])
def test_what_is_no_program_is_refused(run, given, error, words):
    with pytest.raises(error, match=re.escape(words)):
        run(given)


@pytest.mark.parametrize("run", [vtloop.run, vtloop.simulate])
def test_a_coroutine_that_has_been_used_is_refused(run, begun):
    with pytest.raises(RuntimeError, match="has been awaited, or closed, already"):
        run(closed())
    with pytest.raises(RuntimeError, match="has begun to run, and waits for something; pass a new"):
        run(begun)


def test_a_coroutine_that_is_running_is_refused():
    async def me():
        with pytest.raises(ValueError, match="that is being run"):
            await asyncio.to_thread(lambda: None)
            vtloop.simulation.simulation.refuse_unless_runnable(coroutine)

    coroutine = me()
    asyncio.run(coroutine)


def test_what_a_function_raises_before_there_is_a_coroutine_is_raised():
    def fails():
        raise TypeError("of its own")

    with pytest.raises(TypeError, match="of its own"):
        vtloop.simulate(fails)


def test_a_type_error_of_the_program_is_of_the_run():
    async def fails():
        len(3)

    assert type(vtloop.simulate(fails).error) is TypeError


# Options that runs take, wherever they are given.
OPTIONS = [
    ("until", -1, ValueError, "until=-1 was given; pass a number of seconds from 0 on, or None"),
    ("until", nan, ValueError, "until=nan was given; pass a number of seconds"),
    ("until", "3", TypeError, "until='3' was given; pass a number of seconds"),
    ("until", datetime.timedelta(-1), ValueError, "pass a number of seconds from 0 on"),
    ("until", Decimal("nan"), ValueError, "until=Decimal('NaN') was given"),
    ("patience", -1, ValueError, "patience=-1 was given; pass a number of real seconds from 0"),
    ("patience", nan, ValueError, "patience=nan was given"),
    ("patience", "long", TypeError, "patience='long' was given"),
    ("timer_slack", -1, ValueError, "timer_slack=-1 was given; pass a finite number of seconds"),
    ("timer_slack", inf, ValueError, "timer_slack=inf was given"),
    ("seed", [1], TypeError, "seed=[1] was given; pass a whole number or a text, or None"),
    ("seed", 1.5, TypeError, "seed=1.5 was given"),
    ("seed", b"1", TypeError, "seed=b'1' was given"),
    ("wall_clock", 3, TypeError, "wall_clock=3 was given, which is no datetime; pass"),
    ("wall_clock", "noon", ValueError, "'noon' was given as a wall clock, which is no time; give"),
    ("wall_clock", "25:00", ValueError, "'25:00' was given as a wall clock"),
]
ONLY_OF_RUNS = [
    ("settle", "no", TypeError, "settle='no' was given; pass True or False"),
    ("debug", "no", TypeError, "debug='no' was given; pass True or False, or None"),
]
ONLY_OF_LOOPS = [("clock", 3, TypeError, "clock=3 was given; pass a vtloop.Clock, or None")]


OF_MARKERS = "until", "seed", "wall_clock"
OF_SEARCHES = "seed", "wall_clock"


def named(*names):
    """Return the rows about some options."""
    return [row for row in OPTIONS if row[0] in names]


# All ways in for a program, with the rows about what can be said there.
WAYS_IN = {
    "Options": (Options, [*OPTIONS, *ONLY_OF_RUNS]),
    "run": (lambda **option: vtloop.run(program, **option), [*OPTIONS, *ONLY_OF_RUNS]),
    "simulate": (lambda **option: vtloop.simulate(program, **option), [*OPTIONS, *ONLY_OF_RUNS]),
    "audit": (lambda **option: audit(program, **option), [*OPTIONS, *ONLY_OF_RUNS]),
    "VirtualLoop": (vtloop.VirtualLoop, [*OPTIONS, *ONLY_OF_LOOPS]),
    "check_growth": (lambda **option: vtloop.check_growth(of_size, "linear", **option), OPTIONS),
    "sweep": (lambda **option: sweep(program, **option), named("wall_clock")),
    "replay": (lambda **option: replay(program, "main#1@A0", **option), named("wall_clock")),
}


@pytest.mark.parametrize(("take", "rows"), WAYS_IN.values(), ids=WAYS_IN)
def test_a_value_that_an_option_does_not_take_is_refused_by_name_wherever_it_is_given(take, rows):
    for name, value, error, words in rows:
        with pytest.raises(error, match=re.escape(words)):
            take(**{name: value})


@pytest.mark.parametrize("row", named(*OF_MARKERS), ids=str)
def test_a_marker_refuses_it_in_the_same_words(row):
    name, value, _, words = row
    with pytest.raises(pytest.fail.Exception) as refused:
        Marked.by([pytest.mark.vtloop(**{name: value}).mark])
    assert "The marker vtloop cannot be used: " in str(refused.value)
    assert words in str(refused.value)


# Options in words, wherever they are given, and what is said of them.
WORDS = [
    ("--until=-1", "'-1' is no time; give a number of seconds from 0 on"),
    ("--until=soon", "'soon' is no time"),
    ("--until=nan", "'nan' is no time"),
    (
        "--wall-clock=noon",
        "'noon' was given as a wall clock, which is no time; give now, a time of",
    ),
    ("--wall-clock=25:00", "'25:00' was given as a wall clock"),
]


def in_a_notebook(argument):
    _parser().parse_argstring(argument)


def on_the_command_line(command, argument):
    main([command, argument, "program.py"])


@pytest.mark.parametrize("command", ["%%vtloop", "run", "chart", "trace", "audit", "sweep"])
def test_an_option_in_words_is_refused_in_the_same_ones_wherever_it_is_given(command, capsys):
    for argument, words in WORDS:
        if command == "sweep" and "until" in argument:
            continue
        with pytest.raises((SystemExit, UsageError)) as refused:
            if command == "%%vtloop":
                in_a_notebook(argument)
            else:
                on_the_command_line(command, argument)
        assert words in " ".join(f"{refused.value} {capsys.readouterr().err}".split())


def defaults(function):
    parameters = inspect.signature(function).parameters.values()
    return {parameter.name: parameter.default for parameter in parameters}


FIELDS = Options._fields
SIGNATURES = {
    "run": (vtloop.run, FIELDS),
    "simulate": (vtloop.simulate, FIELDS),
    "audit": (audit, FIELDS),
    # The seed of a loop by itself is documented to be none.
    "VirtualLoop": (vtloop.VirtualLoop, [*({*FIELDS} - {"seed", "debug", "settle"})]),
    "sweep": (sweep, OF_SEARCHES),
    "replay": (replay, OF_SEARCHES),
}


@pytest.mark.parametrize(("function", "names"), SIGNATURES.values(), ids=SIGNATURES)
def test_an_option_is_as_usual_wherever_nothing_is_said_of_it(function, names):
    given, usual = defaults(function), Options()
    assert [given[name] for name in names] == [getattr(usual, name) for name in names]


@pytest.mark.parametrize("command", ["run", "chart", "trace", "audit", "sweep"])
def test_it_is_on_the_command_line(command):
    assert options_of(main_parser().parse_args([command, "program.py"])) == Options()


def test_it_is_in_a_marker_and_in_a_notebook():
    assert Marked.by([]).options == options_of(_parser().parse_argstring("")) == Options()
    assert defaults(Notebook.run)["options"] == Options()


def test_what_is_said_nearer_to_a_test_comes_first():
    near = pytest.mark.vtloop(seed=1, network=None).mark
    far = pytest.mark.vtloop(seed=2, leaks="allow").mark
    found = Marked.by([near, far], wall_clock="09:24", network=EVERYWHERE)
    assert found == (Options(seed=1, wall_clock="09:24"), "allow", False, None)


# Calls, the error, and its words.
CALLS = {
    "a coroutine to sweep": (
        lambda: sweep(closed()),
        TypeError,
        "was given; pass a function that returns a coroutine (main, not main()), or the name",
    ),
    "a sweep of no class": (lambda: sweep(program, classes="D"), ValueError, "classes='D' was"),
    "a budget below 0": (lambda: sweep(program, budget=-1), ValueError, "budget=-1 was given; pas"),
    "no executor": (lambda: sweep(program, executor=3), TypeError, "executor=3 was given; pass an"),
    "no time": (lambda: sweep(program, max_seconds=nan), ValueError, "max_seconds=nan was given"),
    "no oracles": (lambda: sweep(program, oracles=3), TypeError, "oracles=3 was given; pass a"),
    "no check": (lambda: sweep(program, check=3), TypeError, "check=3 was given; pass a function"),
    "no victim": (lambda: sweep(program, victim=[1]), TypeError, "victim=[1] was given; pass the"),
    "a sweep by chance": (lambda: sweep(program, seed=None), TypeError, "seed=None was given; pas"),
    "no path": (lambda: sweep(program, resume=3), TypeError, "resume=3 was given; pass the path"),
    "a directory": (lambda: sweep(program, resume="."), vtloop.SimulationError, "Is a directory"),
    "a number as token": (lambda: replay(program, 3), TypeError, "token=3 was given; pass a token"),
    "a growth of 3": (
        lambda: vtloop.check_growth(of_size, 3),
        TypeError,
        "growth=3 was given; pass one of constant, logarithmic",
    ),
    "an unknown growth": (
        lambda: vtloop.check_growth(of_size, "fast"),
        ValueError,
        "name one of constant, logarithmic",
    ),
    "sizes that are a text": (
        lambda: vtloop.check_growth(of_size, "linear", sizes="123"),
        TypeError,
        "was given; pass whole numbers from 1 on, such as (1, 2, 4",
    ),
    "a size of half": (
        lambda: vtloop.check_growth(of_size, "linear", sizes=[0.5, 1]),
        TypeError,
        "sizes=[0.5, 1] was given",
    ),
    "a growth function of nothing": (
        lambda: vtloop.check_growth(of_size, lambda: 3),
        TypeError,
        "takes 0 positional arguments but 1 was given",
    ),
    "steps of 0 s": (lambda: strategies.delays(step=0), ValueError, "step=0 was given; pass a num"),
    "delays for ever": (lambda: strategies.delays(inf), ValueError, "max_value=inf was given"),
    "a fault by name": (lambda: strategies.faults("OSError"), TypeError, "pass classes of except"),
    "ties maybe": (lambda: strategies.fates(ties="no").example(), TypeError, "ties='no' was given"),
    "tokens of a number": (lambda: strategies.tokens(3), TypeError, "program=3 was given"),
    "an invariant of 3": (lambda: conserved(3), TypeError, "stock=3 was given; pass a function"),
    "a policy of 3": (lambda: vtloop.VirtualLoop(policy=3), TypeError, "policy=3 was given; pass"),
    "a recorder of 3": (lambda: vtloop.VirtualLoop(recorder=3), TypeError, "recorder=3 was given"),
    "a huge patience": (
        lambda: vtloop.run(program, patience=10**400),
        ValueError,
        "was given; pass a number of real seconds from 0 on",
    ),
    "less than no work": (lambda: vtloop.busy(-1), ValueError, "busy(-1) was called; pass a numbe"),
    "less than nobody": (lambda: claims.at_most(-1, "gate"), ValueError, "-1"),
    "less than no time": (lambda: claims.takes(-1), ValueError, "not negative"),
    "a claim as truth": (lambda: bool(claims.takes(1)), TypeError, "while it is about no run yet"),
    "a claim on a function": (
        lambda: claims.takes(1).check(program),
        TypeError,
        "pass a Run, which vtloop.simulate returns, a Timeline or a Trace",
    ),
    "the time outside": (vtloop.now, vtloop.SimulationError, "while no loop in virtual time runs"),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_a_call_that_cannot_be_meant_is_refused(call):
    do, error, words = CALLS[call]
    with pytest.raises(error, match=re.escape(words)):
        do()


# Looks of a chart.
LOOKS = [
    ({"size": 3}, TypeError, "size=3 was given; pass one of 'readme', 'page' and 'slide', or a"),
    ({"size": None}, TypeError, "size=None was given; pass one of"),
    ({"size": (4,)}, ValueError, "size=(4,) was given"),
    ({"size": (0, 0)}, ValueError, "size=(0, 0) was given"),
    ({"size": (4, inf)}, ValueError, "size=(4, inf) was given"),
    ({"size": ("4", "3")}, TypeError, "size=('4', '3') was given"),
    ({"size": "poster"}, ValueError, "size='poster' was given"),
    ({"legend": "no"}, ValueError, "legend='no' was given; pass True, 'compact' or False"),
    ({"legend": 1}, TypeError, "legend=1 was given; pass True, 'compact' or False"),
    ({"words": "de"}, ValueError, "words='de' was given; pass 'en' or 'ru', or a mapping"),
    ({"words": {"slepes": "x"}}, ValueError, "views say no such phrase; the nearest are 'sleeps'"),
    ({"until": -1}, ValueError, "until=-1 was given; pass a number of seconds from 0 on, or None"),
    ({"until": "soon"}, TypeError, "until='soon' was given; pass a number of seconds"),
    ({"title": 3}, TypeError, "title=3 was given; pass a text, or None"),
    ({"theme": "pink"}, ValueError, "theme='pink' was given; pass one of 'light' and 'dark'"),
    ({"axis": "sideways"}, ValueError, "axis='sideways' was given; pass one of 'time', 'steps'"),
]


# Other views.
VIEWS = {
    "a chart of a run": (
        lambda run: chart.figure(run),
        "was given; pass a Timeline, such as run.timeline",
    ),
    "marbles of a run": (lambda run: marbles.marbles(run), "pass a Timeline, such as run.timeline"),
    "a page of a run": (lambda run: html.page(run), "pass a Timeline, such as run.timeline"),
    "Mermaid of a run": (lambda run: mermaid.gantt(run), "pass a Timeline, such as run.timeline"),
    "a sequence of a run": (lambda run: mermaid.sequence(run), "pass a Timeline, such as run.tim"),
    "Perfetto of a run": (lambda run: perfetto.perfetto(run), "pass a Timeline, such as run.time"),
    "two of three titles": (
        lambda run: chart.compare(run.timeline, run.timeline, titles="abc"),
        "titles='abc' was given; pass two texts, or None",
    ),
    "no axes": (lambda run: chart.draw(run.timeline, ax=3), "ax=3 was given; pass axes of matplot"),
    "letters of 0": (lambda run: chart.draw(run.timeline, font=0), "font=0 was given; pass a size"),
    "no columns": (lambda run: run.marbles(width=0), "width=0 was given; pass a number of columns"),
    "a text of columns": (lambda run: run.marbles(width="x"), "width='x' was given; pass a number"),
    "tasks of letters": (lambda run: run.marbles(tasks="nap#1"), "tasks='nap#1' was given; pass a"),
    "before the start": (lambda run: run.marbles(start=-1), "start=-1 was given; pass a number of"),
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_that_cannot_be_meant_is_refused(run, view):
    show, words = VIEWS[view]
    with pytest.raises((TypeError, ValueError), match=re.escape(words)):
        show(run)


@pytest.fixture(scope="module")
def run():
    async def nap():
        await asyncio.sleep(1)

    return vtloop.simulate(nap)


@pytest.mark.parametrize(("options", "error", "words"), LOOKS, ids=str)
def test_a_chart_that_cannot_be_drawn_is_refused(run, tmp_path, options, error, words):
    for draw in (
        lambda: chart.figure(run.timeline, **options),
        lambda: run.chart(tmp_path / "run.svg", **options),
    ):
        with pytest.raises(error, match=re.escape(words)):
            draw()
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("name", "option"),
    [("run.html", "axis"), ("run.txt", "title"), ("run.json", "axis"), ("run.jsonl", "size")],
)
def test_an_option_that_a_format_does_not_take_is_refused_by_name(run, tmp_path, name, option):
    with pytest.raises(TypeError, match=rf"with {option}=, which the format \w+ does not take"):
        run.chart(tmp_path / name, **{option: "x"})
    assert not [*tmp_path.iterdir()]


def test_a_size_of_a_chart_may_be_a_list(run):
    width, _ = chart.figure(run.timeline, size=[5, 4]).get_size_inches()
    assert width == 5


# The command line: arguments, and words.

COMMANDS = [
    # what to run
    ("", "usage: vtloop"),
    ("walk program.py", "invalid choice: 'walk'"),
    ("run", "called without a script; give script.py, or -m module"),
    ("run nothing.py", "cannot run nothing.py"),
    ("run -m", "called without a script"),
    ("chart nothing.py", "cannot run nothing.py"),
    ("chart program.py -n 2", "put those of the script behind --"),
    # options of runs
    ("run --until=-1 program.py", "'-1' is no time; give a number of seconds from 0 on"),
    ("run --until soon program.py", "'soon' is no time"),
    ("run --until nan program.py", "'nan' is no time"),
    ("run --wall-clock noon program.py", "'noon' was given as a wall clock, which is no time"),
    ("run --seed", "expected one argument"),
    # how a view looks
    ("chart program.py --format doc", "invalid choice: 'doc'"),
    ("chart program.py --theme pink", "--theme: 'pink' was given; give light or dark"),
    ("chart program.py --axis sideways", "--axis: 'sideways' was given; give time, steps or both"),
    ("chart program.py --size 3", "'3' was given; give readme, page, slide, or such as 9x5"),
    ("chart program.py --size 0x0", "'0x0' was given; give readme, page, slide"),
    ("chart program.py --legend no", "'no' was given; give on, off, or compact"),
    ("chart program.py --words de", "'de' was given; give en, ru, or a .json file of phrases"),
    ("chart program.py --words nothing.json", "'nothing.json' cannot be read as phrases"),
    ("chart program.py --draw-until -1", "'-1' was given; give a number of seconds from 0 on"),
    ("chart program.py --series 0", "'0' was given; give all, how many, or times such as 0,1.5,3"),
    ("chart program.py --series 2 -o a.png", "pass a file whose name has {} where the numbers of"),
    ("chart program.py --series 2 -o a-{}.txt", "with at=, which the format marbles does not take"),
    ("chart program.py --words ru -o a.jsonl", "with words=, which the format trace does not take"),
    ("chart program.py --size page -o a.html", "with size=, which the format html does not take"),
    ("chart program.py --outlines -o a.png", "with outlines=, which the format png does not take"),
    ("chart program.py -o a.html --axis time", "with axis=, which the format html does not take"),
    ("chart program.py -o a.txt --axis steps", "leave it out, or ask for svg, png, pdf"),
    ("chart program.py -o a.txt --title T", "or ask for svg, png, pdf, html, gantt, sequence"),
    ("chart program.py -o a.json --title T", "which the format perfetto does not take"),
    # where it goes
    ("chart program.py -o a.doc", "the formats are svg, png"),
    ("chart program.py -o nowhere/a.svg", "while there is no directory 'nowhere'; make it first"),
    ("chart program.py -o folder.svg", "'folder.svg' was to be written, while that cannot be done"),
    ("chart program.py -o /proc/a.svg", "'/proc/a.svg' was to be written, while that cannot be"),
    ("trace program.py -o /proc/a.jsonl", "'/proc/a.jsonl' was to be written"),
    ("trace program.py -o program.py", "A view of 'program.py' was to be written over it"),
    ("chart old.jsonl -o old.jsonl", "A view of 'old.jsonl' was to be written over it; give"),
    # traces
    ("chart nothing.jsonl", "nothing.jsonl"),
    ("chart notes.jsonl -o a.txt", "while it is no trace"),
    ("chart empty.jsonl -o a.txt", "while it is no trace"),
    # sweeps
    ("sweep program", "'program' was given as the name of a function"),
    ("sweep program.py:main --budget -1", "'-1' is no count"),
    ("sweep program.py:main --workers 0", "'0' is not enough; give a whole number from 1 on"),
    ("sweep program.py:main --max-seconds never", "'never' is no time"),
    ("sweep safe.py:main --classes X", "classes='X' was given; pass some of 'ABCD"),
    ("sweep safe.py:main -o /proc/a.svg", "'/proc/a.svg' was to be written"),
    ("sweep safe.py:main -o a.html --replay here", "copy one from the report of a sweep"),
    ("sweep safe.py:main --resume folder.svg", "'folder.svg' was to be written"),
    ("sweep safe.py:main --resume notes.jsonl", "is no file of a sweep"),
]

PROGRAM = """
    import asyncio

    open("ran", "w").close()

    async def main():
        await asyncio.sleep(1)

    asyncio.run(main())
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Make a current directory with what the commands speak of."""
    for name, text in {
        "program.py": textwrap.dedent(PROGRAM),
        "safe.py": "import asyncio\n\n\nasync def main():\n    await asyncio.sleep(1)\n",
        "old.jsonl": "",
        "notes.jsonl": "[]\n",
        "empty.jsonl": "",
    }.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "folder.svg").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    sys.modules.pop("safe", None)


def contents(folder):
    return {path.name: path.is_file() and path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(("arguments", "words"), COMMANDS, ids=[row[0] for row in COMMANDS])
def test_a_command_that_cannot_be_done_is_refused_with_status_2(folder, capsys, arguments, words):
    before = contents(folder)
    try:
        status = main(arguments.split())
    except SystemExit as stop:
        status = stop.code
    told = capsys.readouterr().err
    assert status == 2
    assert words in told
    assert "Traceback" not in told
    assert contents(folder) == before


def test_a_chart_without_matplotlib_is_refused_before_the_script_runs(folder, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert importlib.util.find_spec("matplotlib") is None
    before = contents(folder)
    for arguments in (["chart", "program.py"], ["sweep", "safe.py:main", "-o", "a.svg"]):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 2
        assert "pip install 'vtloop[chart]'" in capsys.readouterr().err
    assert contents(folder) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk")
def test_what_cannot_be_written_after_all_is_told_and_the_rest_is_kept(folder, capsys):
    (folder / "run.txt").symlink_to("/dev/full")
    (folder / "twice.py").write_text(textwrap.dedent(PROGRAM) + "asyncio.run(main())\n")
    assert main(["chart", "twice.py", "-o", "run.txt"]) == 1
    told = capsys.readouterr().err
    assert "vtloop: run.txt was not written: [Errno 28] No space left on device" in told
    assert "vtloop: wrote run-2.txt" in told
    assert "main#1" in (folder / "run-2.txt").read_text()


def test_a_script_with_a_loop_of_its_own_only_is_told_where_it_made_that(folder, capsys):
    (folder / "own.py").write_text(
        "import asyncio, vtloop\n\n\nprint(vtloop.run(asyncio.sleep(1, 'slept')))\n"
    )
    with pytest.raises(SystemExit) as stop:
        main(["chart", "own.py"])
    assert stop.value.code == 2
    told = capsys.readouterr().err
    assert "it ran no event loop but those of its own, the first made at own.py:4" in told


def test_a_page_and_mermaid_take_a_title(run, tmp_path):
    run.chart(tmp_path / "run.html", title="{data} & <more>")
    assert "<h1>{data} &amp; &lt;more&gt;</h1>" in (tmp_path / "run.html").read_text("utf-8")
    for format in ("gantt", "sequence"):
        vtloop.views.formats.write(run.timeline, tmp_path / "run.mmd", format, title='Обед "1": 🍲')
        lines = (tmp_path / "run.mmd").read_text("utf-8").splitlines()
        assert lines[:3] == ["---", 'title: "Обед \\"1\\": 🍲"', "---"]


# Notebooks: the line of a cell, and words.


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--until=-1", "'-1' is no time"),
        ("--wall-clock noon", "'noon' was given as a wall clock"),
        ("--nonsense", "unrecognized arguments: --nonsense"),
    ],
)
def test_a_line_of_a_notebook_that_cannot_be_meant_is_refused(line, words):
    from IPython.core.error import UsageError

    with pytest.raises(UsageError, match=re.escape(words)):
        _parser().parse_argstring(line)


# pytest: what a marker, an option or the configuration says, and words.

MARKERS = {
    "vtloop(until=-1)": "until=-1 was given; pass a number of seconds from 0 on",
    "vtloop(until=float('nan'))": "until=nan was given",
    "vtloop(seed=[1])": "seed=[1] was given; pass a whole number or a text",
    "vtloop(wall_clock='noon')": "'noon' was given as a wall clock, which is no time; give now",
    "vtloop(leaks='maybe')": "leaks='maybe' was given; pass 'fail' or 'allow'",
    "vtloop(network='none')": "network='none' was given; pass a vtloop.net.Network, a function",
    "vtloop(5)": "The marker vtloop was given 5, while its options are seed=",
    "vtloop_sweep(budget=-1)": "budget=-1 was given; pass a number of pairs, from 0 on",
    "vtloop_sweep(victim=[1])": "victim=[1] was given; pass the name of a task",
    "vtloop_sweep(classes='XYZ')": "classes='XYZ' was given; pass some of 'ABCD",
    "vtloop_sweep(budgets=3)": "was given budgets, while its options are victim=",
}


def test_a_marker_that_cannot_be_meant_is_refused_before_the_test_begins(run_tests):
    tests = [
        f"@pytest.mark.{marker}\nasync def test_{number}(): print('it has', 'run')"
        for number, marker in enumerate(MARKERS)
    ]
    complete = """
@pytest.mark.vtloop
def test_complete(vt):
    async def main(): print('it has', 'run')
    for given in (main, None, 3):
        with pytest.raises(TypeError, match='which is no coroutine; pass main'):
            vt.complete(given)
"""
    done = run_tests("\n".join(["import pytest", *tests, complete]))
    done.result.assert_outcomes(errors=len(MARKERS), passed=1)
    for number, words in enumerate(MARKERS.values()):
        assert words in done.section(f"test_{number}")
    assert "it has run" not in done.text


@pytest.mark.once
@pytest.mark.parametrize(
    ("arguments", "config", "words"),
    [
        (["--vtloop-charts=/proc/charts"], "", "'/proc/charts' was to be written, while that can"),
        (["--vtloop-charts=test_it.py"], "", "'test_it.py' was to be written, while that cannot"),
        (["--vtloop-durations=-1"], "", "--vtloop-durations=-1 was given; it is a number of tests"),
        ([], "vtloop_wall_clock = noon", "vtloop_wall_clock = 'noon' was given; 'noon' was given"),
    ],
)
def test_an_option_of_pytest_that_cannot_be_meant_is_refused(
    pytester, run_tests, arguments, config, words
):
    tests = "def test_it(): print('it has', 'run')"
    pytester.makepyfile(test_it=tests)
    done = run_tests(tests, *arguments, config=config)
    assert done.result.ret == pytest.ExitCode.USAGE_ERROR
    assert words in done.errors
    assert "it has run" not in done.text
    assert not pytester.path.joinpath("charts").exists()


# One way to say where the wall clock starts, wherever that is said; of markers and the
# configuration of pytest that is in test_plugin.


async def tells():
    await asyncio.sleep(60)
    told.append(datetime.datetime.now().strftime("%H:%M:%S"))


told: list[str] = []


def in_a_runner(wall_clock):
    with asyncio.Runner(loop_factory=lambda: vtloop.VirtualLoop(wall_clock=wall_clock)) as runner:
        runner.run(tells())


def in_a_cell(wall_clock):
    with contextlib.closing(Notebook()) as notebook:
        notebook.run(tells, Options(wall_clock=wall_clock))


@pytest.mark.parametrize(
    "start",
    [
        lambda wall_clock: vtloop.run(tells, wall_clock=wall_clock),
        lambda wall_clock: vtloop.simulate(tells, wall_clock=wall_clock),
        in_a_runner,
        lambda wall_clock: sweep(tells, classes="T", wall_clock=wall_clock),
        lambda wall_clock: replay(tells, "everybody#0@S0", wall_clock=wall_clock),
        in_a_cell,
        lambda wall_clock: vtloop.check_growth(
            lambda number: tells(), "constant", wall_clock=wall_clock
        ),
    ],
    ids=["run", "simulate", "VirtualLoop", "sweep", "replay", "notebook", "check_growth"],
)
def test_a_wall_clock_is_said_in_one_way(start):
    told.clear()
    for wall_clock in ("09:24:00", "2024-01-31T09:24", datetime.datetime(2000, 1, 1, 9, 24)):
        start(wall_clock)
    assert set(told) == {"09:25:00"}


def test_a_wall_clock_of_the_command_line_is_said_in_the_same_way(folder, capsys):
    body = inspect.getsource(tells).replace("told.append", "print")
    script = folder / "clock.py"
    script.write_text(f"import asyncio, datetime\n{body}\nasyncio.run(tells())\n")
    for wall_clock in ("09:24:00", "2024-01-31T09:24"):
        assert main(["run", "--wall-clock", wall_clock, str(script)]) == 0
    assert capsys.readouterr().out == "09:25:00\n" * 2
