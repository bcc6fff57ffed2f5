"""The pytest plugin: async tests and fixtures in virtual time.

- A test is in virtual time if it is marked `@pytest.mark.vtloop`, or, with `vtloop_mode = auto`, if
  it is an async function that is marked for no other plugin. All other tests are left alone.
- One that is marked `@pytest.mark.vtloop_sweep` is run many times in virtual time, see `sweeps`.
- Async fixtures are in virtual time for as long as a test in virtual time asks for them.
- pytest loads this module whenever the package is installed, so it imports neither asyncio nor the
  loop. The rest is in `tests`, which is imported with the first test in virtual time.

Other plugins see a test in virtual time as an ordinary one: its function and its fixtures are not
async any more when pytest calls them.
"""

from __future__ import annotations

import argparse
import functools
import inspect
import sys
from collections.abc import Generator, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from vtloop.errors import SimulationError
from vtloop.integrations.pytest.durations import TIMES, Durations
from vtloop.integrations.pytest.sweep_option import NOT_SWEPT, Sweeps, options_of

if TYPE_CHECKING:
    from vtloop.integrations.pytest.sweeps import Swept
    from vtloop.integrations.pytest.tests import Test, Tests
    from vtloop.integrations.pytest.vt import VirtualTime
    from vtloop.simulation.simulation import Run

_OTHERS = ("asyncio", "anyio", "trio")  # markers of plugins that run async tests
_OURS = ("vtloop", "vtloop_sweep")
_tests: pytest.StashKey[Tests] = pytest.StashKey()
_test: pytest.StashKey[Test] = pytest.StashKey()
_not_swept: pytest.StashKey[str] = pytest.StashKey()  # why, for a test that --vtloop-sweep is about


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "vtloop_mode",
        "strict: run async tests that are marked vtloop in virtual time; auto: all that no other "
        "plugin's marker claims",
        default="strict",
    )
    parser.addini(
        "vtloop_wall_clock",
        "the date and time of day at which tests in virtual time start, unless their marker says "
        "otherwise: '09:24:00', '2024-01-31T09:24', 'now', or 'real' for the machine's clocks "
        "(default: 2000-01-01, in UTC)",
        default="",
    )
    group = parser.getgroup("vtloop", "tests in virtual time")
    group.addoption(
        "--vtloop-charts",
        metavar="DIR",
        help="draw a chart of each test in virtual time that fails",
    )
    group.addoption(
        "--vtloop-durations",
        metavar="N",
        type=int,
        help="show the N slowest tests by virtual and by real time, and how much waiting was saved",
    )
    group.addoption(
        "--vtloop-sweep",
        metavar="CLASSES",
        nargs="?",
        const="",
        help="run each test in virtual time as if it were marked vtloop_sweep, with these classes, "
        "or with a number as its budget; say which could not be",
    )
    group.addoption(
        "--vtloop-replay",
        metavar="TOKEN",
        help="of tests that are swept, run only the case of a token, recorded",
    )
    group.addoption(
        "--vtloop-audit",
        action="store_true",
        help="run each async test in virtual time in new processes as well, and let it fail if it "
        "does not do the same in all of them, see vtloop.audit",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "vtloop(seed=0, wall_clock='2000-01-01T00:00:00+00:00', until=None, leaks='fail', "
        "audit=False): run an async test in virtual time; with leaks='allow' it may leave tasks, "
        "exceptions and coroutines behind, with wall_clock=None it reads the machine's clocks, "
        "with audit=True it is run in new processes as well, where it is to do the same",
    )
    config.addinivalue_line(
        "markers",
        "vtloop_sweep(victim=None, classes='ABCDSFTO', budget=10000, check=None, ...): run an "
        "async test in virtual time, and again for every moment at which one of its tasks could be "
        "cancelled; options as for vtloop.sweep.sweep",
    )
    mode = config.getini("vtloop_mode")
    if mode not in ("strict", "auto"):
        raise pytest.UsageError(f"vtloop_mode = {mode!r} was given; it is 'strict' or 'auto'")
    if mode == "auto" and _mode_of_asyncio(config) == "auto":
        raise pytest.UsageError(
            "vtloop_mode = auto was given while asyncio_mode is auto as well, so both would run "
            "every async test; set one of them to strict"
        )
    if config.getini("vtloop_wall_clock"):
        _wall_clock_of_suite(config)
    if not hasattr(config, "workerinput"):
        _check_options(config)
        if config.getoption("vtloop_sweep") is not None:
            config.pluginmanager.register(Sweeps())
        if config.getoption("vtloop_durations") is not None:
            config.pluginmanager.register(Durations(config.getoption("vtloop_durations")))


def _check_options(config: pytest.Config) -> None:
    """Refuse what would be found out too late, when tests have run."""
    charts, durations = config.getoption("vtloop_charts"), config.getoption("vtloop_durations")
    if sweeps := config.getoption("vtloop_sweep"):
        options_of(sweeps)
    if charts is not None:
        from vtloop.values.files import check_directory

        try:
            check_directory(charts)
        except SimulationError as error:
            raise pytest.UsageError(f"--vtloop-charts={charts} was given: {error}") from None
    if durations is not None and durations < 0:
        raise pytest.UsageError(
            f"--vtloop-durations={durations} was given; it is a number of tests, 0 for all"
        )


def _wall_clock_of_suite(config: pytest.Config) -> Any:
    """Return the wall clock that the configuration has for all tests."""
    from vtloop.integrations.options import wall_clock

    text = config.getini("vtloop_wall_clock")
    try:
        return wall_clock(text)
    except argparse.ArgumentTypeError as error:
        raise pytest.UsageError(f"vtloop_wall_clock = {text!r} was given; {error}") from None


def _mode_of_asyncio(config: pytest.Config) -> object:
    if not config.pluginmanager.has_plugin("asyncio"):
        return None
    return config.getoption("asyncio_mode", None) or config.getini("asyncio_mode")


# Which tests are in virtual time


class VirtualFunction(pytest.Function):
    """An async test in virtual time."""

    def runtest(self) -> None:
        """Call the test as if it were an ordinary function."""
        __tracebackhide__ = True
        target, name = _place_of_test(self)
        function = getattr(target, name)
        test = self.stash[_test]
        swept = test.swept
        used: dict[str, pytest.FixtureDef[Any]] = self._request._fixture_defs
        if any(fixture.scope != "function" and _is_async(fixture) for fixture in used.values()):
            test.share()  # also what getfixturevalue() has asked for

        @functools.wraps(function)
        def in_virtual_time(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            fate = next(filter(_is_fate, kwargs.values()), None)
            try:
                if swept is None and fate is None:
                    return test.call(function(*args, **kwargs))
                return self._run_often(swept, fate, function, args, kwargs)
            except pytest.fail.Exception as failed:
                failed.pytrace |= target is not self  # else the notes of Hypothesis are not shown
                raise

        setattr(target, name, in_virtual_time)
        try:
            super().runtest()
        finally:
            setattr(target, name, function)
        if test.options.audit:
            from vtloop.integrations.pytest.audits import audit_test

            audit_test(self)

    def _run_often(
        self, swept: Swept | None, fate: Any, function: Any, args: Any, kwargs: Any
    ) -> None:
        """Run it for every moment, or as fate has it."""
        from vtloop.integrations.pytest.sweeps import Program

        __tracebackhide__ = True
        program = Program(function, args, kwargs, self.funcargs.values())
        token = self.config.getoption("vtloop_replay")
        if swept is None:
            _check_suitable_for_fate(self)
            fate.explore(program, self.stash[_test].options.wall_clock)
        elif token is None:
            swept.every_case(program)
        else:
            swept.one_case(program, token)

    def iter_markers_with_node(self, name: str | None = None) -> Any:
        """Leave out pytest-asyncio's marker: for that plugin the test is none of its tests."""
        found = super().iter_markers_with_node(name)
        if name not in (None, "asyncio"):
            return found
        return ((node, mark) for node, mark in found if mark.name != "asyncio")


def _place_of_test(item: pytest.Function) -> tuple[Any, str]:
    """Return where the async function of a test is: Hypothesis has another one around it."""
    return (item.obj.hypothesis, "inner_test") if hasattr(item.obj, "hypothesis") else (item, "obj")


def _is_async_test(function: Any) -> bool:
    hypothesis = getattr(function, "hypothesis", None)
    return inspect.iscoroutinefunction(getattr(hypothesis, "inner_test", function))


def _is_async(fixture: pytest.FixtureDef[Any]) -> bool:
    return inspect.iscoroutinefunction(fixture.func) or inspect.isasyncgenfunction(fixture.func)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around pytest-asyncio's, which takes what it can
def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> Generator[None, Any, Any]:
    marks = {mark.name for mark in [*_marks_of(obj), *collector.iter_markers()]}
    made = yield
    auto = collector.config.getini("vtloop_mode") == "auto" and not marks.intersection(_OTHERS)
    if not isinstance(made, list) or not (auto or marks.intersection(_OURS)):
        return made
    return [
        _in_virtual_time(item)
        if isinstance(item, pytest.Function) and _is_async_test(item.obj)
        else item
        for item in made
    ]


def _marks_of(obj: object) -> list[pytest.Mark]:
    found = getattr(obj, "pytestmark", [])
    marks = found if isinstance(found, list) else [found]
    return [mark.mark if isinstance(mark, pytest.MarkDecorator) else mark for mark in marks]


def _in_virtual_time(item: pytest.Function) -> pytest.Function:
    made = VirtualFunction.from_parent(
        item.parent,
        name=item.name,
        callspec=getattr(item, "callspec", None),
        fixtureinfo=item._fixtureinfo,
        keywords=item.keywords,
        originalname=item.originalname,
    )
    made.own_markers[:] = [mark for mark in item.own_markers if mark.name != "asyncio"]
    return made


def _async_fixtures(item: pytest.Item) -> list[pytest.FixtureDef[Any]]:
    """Return the async fixtures that a test asks for by name, itself or through others."""
    if not isinstance(item, pytest.Function):
        return []
    found = item._fixtureinfo.name2fixturedefs
    return [
        fixture
        for name in item.fixturenames
        for fixture in found.get(name, ())
        if _is_async(fixture)
    ]


def _is_in_virtual_time(item: pytest.Item) -> bool:
    """Tell whether a test is async, or else has async fixtures or `vt`, and is in virtual time."""
    if isinstance(item, VirtualFunction):
        return True
    if not isinstance(item, pytest.Function) or _is_async_test(item.obj):
        return False
    if "vt" in item.fixturenames:
        return True
    auto = item.config.getini("vtloop_mode") == "auto"
    others = any(item.get_closest_marker(name) for name in _OTHERS)
    marked = item.get_closest_marker("vtloop") is not None
    return (marked or (auto and not others)) and bool(_async_fixtures(item))


# Running them


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    marks = list(item.iter_markers("vtloop"))
    sweeps = list(item.iter_markers("vtloop_sweep"))
    if marks or sweeps:
        _check_suitable(item)
    if sweeps:
        _check_suitable_for_sweep(item)
    marked = bool(sweeps)
    sweeps += _mark_of_option(item)
    if _is_in_virtual_time(item):
        from vtloop.integrations.pytest.loops import Options
        from vtloop.integrations.pytest.tests import Tests

        if sweeps:  # before the test begins, as it notes functions of Python that a test replaces
            import_module("vtloop.integrations.pytest.sweeps")

        options = Options.of(marks)
        in_marks = any("wall_clock" in mark.kwargs for mark in marks)
        if item.config.getini("vtloop_wall_clock") and not in_marks:
            options = options._replace(wall_clock=_wall_clock_of_suite(item.config))
        if options.audit or item.config.getoption("vtloop_audit"):
            can_be = _check_suitable_for_audit(item, options.audit)
            options = options._replace(audit=can_be)
        shared = any(fixture.scope != "function" for fixture in _async_fixtures(item))
        if _tests not in item.config.stash:
            item.config.stash[_tests] = Tests()
        tests = item.config.stash[_tests]
        item.stash[_test] = test = tests.begin(item.name, item.nodeid, options, shared)
        if sweeps:
            from vtloop.integrations.pytest.sweeps import Swept, options_of_marks

            test.swept = Swept(test, item.nodeid, options_of_marks(sweeps), marked)


def _mark_of_option(item: pytest.Item) -> list[pytest.Mark]:
    """Return the marker that --vtloop-sweep gives a test, if it can be swept."""
    text = item.config.getoption("vtloop_sweep")
    if text is None or not _is_in_virtual_time(item):
        return []
    why = _why_not_swept(item)
    item.stash[_not_swept] = "" if why is None else why[0]
    return [] if why is not None else [pytest.mark.vtloop_sweep(**options_of(text)).mark]


def _check_suitable(item: pytest.Item) -> None:
    unittest = sys.modules.get("unittest")
    cls = getattr(item, "cls", None)
    if unittest is not None and cls is not None and issubclass(cls, unittest.TestCase):
        pytest.fail(
            f"{item.name} is marked vtloop while it is a method of a unittest.TestCase, which has "
            "a loop of its own; set loop_factory = vtloop.VirtualLoop in its class (Python 3.13), "
            "or set an event loop policy (see the README)",
            pytrace=False,
        )
    if isinstance(item, VirtualFunction) and "anyio_backend" in item.fixturenames:
        pytest.fail(
            f"{item.name} is marked vtloop while anyio's plugin is to run it as well; remove its "
            "marker anyio, or the mode anyio_mode = auto, or give anyio_backend the loop instead",
            pytrace=False,
        )


def _check_suitable_for_sweep(item: pytest.Item) -> None:
    _fail_if("is marked vtloop_sweep", item, _why_not_swept(item))


def _fail_if(what: str, item: pytest.Item, why: tuple[str, str] | None) -> None:
    if why is not None:
        pytest.fail(f"{item.name} {what} while {'; '.join(why)}", pytrace=False)


def _why_not_swept(item: pytest.Item) -> tuple[str, str] | None:
    """Return why a test cannot be swept, and what to do about it; None if it can be."""
    fixtures = _async_fixtures(item)
    wide = [fixture.argname for fixture in fixtures if fixture.scope != "function"]
    names = {fixture.argname for fixture in fixtures}
    late = [name for name, of in _dependences(item) if names.intersection(of) - {name}]
    for wrong, what_to_do in (
        (
            not isinstance(item, VirtualFunction) and "it is not async",
            "a sweep cancels the tasks of an async test; make it one",
        ),
        (
            hasattr(getattr(item, "obj", None), "hypothesis") and "Hypothesis gives it examples",
            "draw the cancellation as well, with vtloop.strategies.fates()",
        ),
        (
            wide and f"{wide[0]} is an async fixture of a wider scope, whose loop goes on",
            "give it the scope of a function, so that it is set up in each case anew",
        ),
        (
            late and f"{late[0]} is set up once for all cases and asks for an async fixture",
            "make it async as well, so that both are set up in each case anew",
        ),
    ):
        if wrong:
            return wrong, what_to_do
    return _why_not_run_often(item)


def _check_suitable_for_audit(item: pytest.Item, marked: bool) -> bool:
    """Return whether a test can be audited; one that is marked for it fails otherwise."""
    wrong = ""
    if not isinstance(item, VirtualFunction):
        wrong = "it is not async; an audit runs async tests"
    elif hasattr(item.obj, "hypothesis"):
        wrong = "Hypothesis gives it other examples each time; audit what it calls"
    elif item.get_closest_marker("vtloop_sweep"):
        wrong = "it is marked vtloop_sweep, which runs it often as well; audit another test"
    if wrong and marked:
        pytest.fail(f"{item.name} is marked vtloop(audit=True) while {wrong}", pytrace=False)
    return not wrong


def _check_suitable_for_fate(item: pytest.Item) -> None:
    if fixtures := _async_fixtures(item):
        pytest.fail(
            f"{item.name} is run as fate has it while {fixtures[0].argname} is an async fixture, "
            "which is set up on a loop of its own; set up in the test what it needs",
            pytrace=False,
        )
    _fail_if("is run as fate has it", item, _why_not_run_often(item))


def _why_not_run_often(item: pytest.Item) -> tuple[str, str] | None:
    if "vt" in getattr(item, "fixturenames", ()):
        return "it asks for vt, which tells of one run", "ask vtloop.now() for the time"
    if any("until" in mark.kwargs for mark in item.iter_markers("vtloop")):
        return (
            "its marker vtloop has until=, which only single runs have",
            "let the test use asyncio.timeout(), or take the option away",
        )
    return None


def _is_fate(value: object) -> bool:
    """Tell whether a value is of `vtloop.strategies`, which need not be there."""
    module = sys.modules.get("vtloop.strategies.fate")
    return module is not None and isinstance(value, module.Fate)


def _dependences(item: pytest.Item) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the names of the ordinary fixtures of a test, each with those that it asks for."""
    for name in getattr(item, "fixturenames", ()):
        for fixture in item._fixtureinfo.name2fixturedefs.get(name, ()):  # type: ignore[attr-defined]
            if not _is_async(fixture):
                yield name, fixture.argnames


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    tests = request.config.stash.get(_tests, None)
    if tests is None or tests.current is None or not _is_async(fixturedef):
        return (yield)
    held: Any = fixturedef
    function = held.func
    if tests.current.swept is None:
        held.func = tests.current.fixture(fixturedef, request)
    else:
        held.func = tests.current.swept.fixture(fixturedef, request)
    try:
        return (yield)
    finally:
        held.func = function


@pytest.hookimpl(wrapper=True, trylast=True)  # within the other plugins' wrappers
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    try:
        yield
    finally:
        if (test := item.stash.get(_test, None)) is not None:
            test.end()


@pytest.fixture
def vt(request: pytest.FixtureRequest) -> VirtualTime:
    """The virtual time of the test: its clock, its run so far, and helpers."""
    tests = request.config.stash.get(_tests, None)
    if tests is None or tests.current is None:
        pytest.fail(
            "The fixture vt was asked for while the test is not in virtual time; mark it "
            "@pytest.mark.vtloop",
            pytrace=False,
        )
    return tests.current.vt


# What is told


def run_of(item: pytest.Item) -> Run[Any] | None:
    """Return the run of a test so far; None if there is none."""
    test = item.stash.get(_test, None)
    if test is None or test.ground is None or test.ground.account is None:
        return None
    return test.vt.run


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if (why := item.stash.get(_not_swept, None)) is not None and _is_last(report):
        setattr(report, NOT_SWEPT, why or _why_left_out(item, report))
    if (test := item.stash.get(_test, None)) is not None:
        setattr(report, TIMES, test.take_times())
        if report.failed and (failed := test.take_failed(call.when)) is not None:
            from vtloop.integrations.pytest.report import section
            from vtloop.values.columns import carried

            title, charts = item.nodeid, item.config.getoption("vtloop_charts")
            # pytest itself would put all of it on one line for a terminal that cannot show it.
            told = carried(section(*failed, title, charts), sys.__stdout__)
            report.sections.append(("Virtual time", told))
    return report


def _is_last(report: pytest.TestReport) -> bool:
    """Return whether a report is about the phase of a test that runs it, or keeps it from that."""
    return report.when == "call" or (report.when == "setup" and not report.passed)


def _why_left_out(item: pytest.Item, report: pytest.TestReport) -> str:
    """Return why a test was not swept that could have been, '' if it was."""
    test = item.stash.get(_test, None)
    if test is not None and test.swept is not None and test.swept.was_swept:
        return ""
    if test is not None and test.swept is not None and test.swept.why_not:
        return test.swept.why_not
    if report.skipped:
        return "it was skipped"
    return "it fails without any cancellation" if report.when == "call" else "its setup fails"
