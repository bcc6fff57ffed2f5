"""The pytest plugin: async tests and fixtures in virtual time.

- A test is in virtual time if it is marked `@pytest.mark.vtloop`, or, with `vtloop_mode = auto`, if
  it is an async function that is marked for no other plugin. All other tests are left alone.
- One that is marked `@pytest.mark.vtloop_sweep` or `vtloop_explore` is run many times in virtual
  time, see `searches`.
- Async fixtures are in virtual time for as long as a test in virtual time asks for them.
- pytest loads this module whenever the package is installed, so it imports neither asyncio nor the
  loop. The rest is in `one_test`, which is imported with the first test in virtual time.

Other plugins see a test in virtual time as an ordinary one: its function and its fixtures are not
async any more when pytest calls them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from vtloop.errors import SimulationError
from vtloop.integrations.pytest.async_functions import (
    async_fixtures,
    is_async,
    is_async_test,
)
from vtloop.integrations.pytest.durations import TIMES, Durations
from vtloop.integrations.pytest.explore_summary import Explorations
from vtloop.integrations.pytest.items import (
    OTHERS,
    SEARCHES,
    TEST,
    in_virtual_time,
    is_in_virtual_time,
    marks_of,
)
from vtloop.integrations.pytest.suitable import (
    MARKERS_OF_SEARCHES,
    check_suitable,
    check_suitable_for_audit,
    check_suitable_for_searches,
    why_not_searched,
)
from vtloop.integrations.pytest.sweep_option import NOT_SWEPT, Sweeps, options_of

if TYPE_CHECKING:
    from vtloop.integrations.pytest.one_test import Test, Tests
    from vtloop.integrations.pytest.searches import Searched
    from vtloop.integrations.pytest.vt import VirtualTime
    from vtloop.net.network import Network
    from vtloop.simulation.run import Run

_OURS = ("vtloop", *MARKERS_OF_SEARCHES)
_tests: pytest.StashKey[Tests] = pytest.StashKey()
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
    parser.addini(
        "vtloop_network",
        "the network of tests in virtual time, unless their marker says otherwise: the name of a "
        "function that returns a vtloop.net.Network, such as 'tests.networks:slow', or 'none' to "
        "refuse all sockets (default: one machine, that talks to itself at once)",
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
        help="of tests that are swept or explored, run only the case or the schedule of a token, "
        "recorded",
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
        "network=…, audit=False): run an async test in virtual time; with leaks='allow' it may "
        "leave tasks, exceptions, coroutines and connections behind, with wall_clock=None it reads "
        "the machine's clocks, network= is a vtloop.net.Network, a function that returns one, or "
        "None for no network, with audit=True it is run in new processes as well, where it is to "
        "do the same",
    )
    config.addinivalue_line(
        "markers",
        "vtloop_sweep(victim=None, classes='ABCDSFTO', budget=10000, check=None, ...): run an "
        "async test in virtual time, and again for every moment at which one of its tasks could be "
        "cancelled; options as for vtloop.sweep.sweep",
    )
    config.addinivalue_line(
        "markers",
        "vtloop_explore(budget=2000, mode='any', check=None, always=None, ...): run an async test "
        "in virtual time, and again in other orders and with other durations, until it fails; "
        "options as for vtloop.explore.explore",
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
        config.pluginmanager.register(Explorations())
        if config.getoption("vtloop_sweep") is not None:
            config.pluginmanager.register(Sweeps())
        if config.getoption("vtloop_durations") is not None:
            config.pluginmanager.register(Durations(config.getoption("vtloop_durations")))


def _check_options(config: pytest.Config) -> None:
    """Refuse what would be found out too late, when tests have run."""
    charts, durations = config.getoption("vtloop_charts"), config.getoption("vtloop_durations")
    if sweeps := config.getoption("vtloop_sweep"):
        options_of(sweeps)
    if (token := config.getoption("vtloop_replay")) is not None:
        from vtloop.sweep.moments import case_and_ties_of

        try:
            case_and_ties_of(token)
        except ValueError as error:
            raise pytest.UsageError(f"--vtloop-replay: {error}") from None
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


def _network_of_suite(config: pytest.Config) -> Any:
    """Return the network that the configuration has for all tests, or what makes it."""
    from vtloop.integrations.pytest.networks import network_of_suite
    from vtloop.net.network import EVERYWHERE

    text = config.getini("vtloop_network")
    return network_of_suite(text) if text else EVERYWHERE


def _mode_of_asyncio(config: pytest.Config) -> object:
    if not config.pluginmanager.has_plugin("asyncio"):
        return None
    return config.getoption("asyncio_mode", None) or config.getini("asyncio_mode")


# Which tests are in virtual time


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around pytest-asyncio's, which takes what it can
def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> Generator[None, Any, Any]:
    marks = {mark.name for mark in [*marks_of(obj), *collector.iter_markers()]}
    made = yield
    auto = collector.config.getini("vtloop_mode") == "auto" and not marks.intersection(OTHERS)
    if not isinstance(made, list) or not (auto or marks.intersection(_OURS)):
        return made
    return [
        in_virtual_time(item)
        if isinstance(item, pytest.Function) and is_async_test(item.obj)
        else item
        for item in made
    ]


# Running them


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    marks = list(item.iter_markers("vtloop"))
    searches = {name: list(item.iter_markers(name)) for name in MARKERS_OF_SEARCHES}
    asked = {name for name, given in searches.items() if given}
    if marks or asked:
        check_suitable(item)
    for name in MARKERS_OF_SEARCHES:
        if name in asked:
            check_suitable_for_searches(item, name)
    searches["vtloop_sweep"] += _mark_of_option(item)
    if is_in_virtual_time(item):
        from vtloop.integrations.pytest.loops import Marked
        from vtloop.integrations.pytest.one_test import Tests

        # Before the test begins, as they note functions of Python that a test replaces.
        kinds = {name: _search(name) for name, given in searches.items() if given}

        if _tests not in item.config.stash:
            item.config.stash[_tests] = Tests(_network_of_suite(item.config))
        tests = item.config.stash[_tests]
        usual: dict[str, Any] = {"network": tests.network}
        if item.config.getini("vtloop_wall_clock"):
            usual["wall_clock"] = _wall_clock_of_suite(item.config)
        marked = Marked.by(marks, **usual)
        if marked.audit or item.config.getoption("vtloop_audit"):
            marked = marked._replace(audit=check_suitable_for_audit(item, marked.audit))
        shared = any(fixture.scope != "function" for fixture in async_fixtures(item))
        item.stash[TEST] = test = tests.begin(item.name, item.nodeid, marked, shared)
        if kinds:
            item.stash[SEARCHES] = [
                kind.by(searches[name], test, item, name in asked) for name, kind in kinds.items()
            ]


def _search(marker: str) -> type[Searched]:
    """Return the kind of search that a marker asks for; it is slow to import."""
    if marker == "vtloop_sweep":
        from vtloop.integrations.pytest.sweeps import Swept

        return Swept
    from vtloop.integrations.pytest.explorations import Explored

    return Explored


def _mark_of_option(item: pytest.Item) -> list[pytest.Mark]:
    """Return the marker that --vtloop-sweep gives a test, if it can be swept."""
    text = item.config.getoption("vtloop_sweep")
    if text is None or not is_in_virtual_time(item):
        return []
    why = why_not_searched(item)
    item.stash[_not_swept] = "" if why is None else why[0]
    return [] if why is not None else [pytest.mark.vtloop_sweep(**options_of(text)).mark]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    tests = request.config.stash.get(_tests, None)
    if tests is None or tests.current is None or not is_async(fixturedef):
        return (yield)
    held: Any = fixturedef
    function = held.func
    held.func = tests.current.set_up(fixturedef, request)
    try:
        return (yield)
    finally:
        held.func = function


@pytest.hookimpl(wrapper=True, trylast=True)  # within the other plugins' wrappers
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    try:
        yield
    finally:
        if (test := item.stash.get(TEST, None)) is not None:
            test.end()


@pytest.fixture
def vt(request: pytest.FixtureRequest) -> VirtualTime:
    """The virtual time of the test: its clock, its run so far, and helpers."""
    return _current(request).vt


@pytest.fixture
def vt_network(request: pytest.FixtureRequest) -> Network:
    """The network of the test: its hosts, links and rules."""
    return _current(request).network


def _current(request: pytest.FixtureRequest) -> Test:
    """Return the test that asks for a fixture of the plugin's."""
    tests = request.config.stash.get(_tests, None)
    if tests is None or tests.current is None:
        pytest.fail(
            f"The fixture {request.fixturename} was asked for while the test is not in virtual "
            "time; mark it @pytest.mark.vtloop",
            pytrace=False,
        )
    return tests.current


# What is told


def run_of(item: pytest.Item) -> Run[Any] | None:
    """Return the run of a test so far; None if there is none."""
    test = item.stash.get(TEST, None)
    return None if test is None else test.to_run()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if (why := item.stash.get(_not_swept, None)) is not None and _is_last(report):
        setattr(report, NOT_SWEPT, why or _why_left_out(item, report))
    for search in item.stash.get(SEARCHES, ()) if call.when == "call" else ():
        search.tell(report)
    if (test := item.stash.get(TEST, None)) is not None:
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
    for search in item.stash.get(SEARCHES, ()):
        if search.marker == "vtloop_sweep" and (search.was_made or search.why_not):
            return search.why_not
    if report.skipped:
        return "it was skipped"
    return "it fails without any cancellation" if report.when == "call" else "its setup fails"
