"""A sweep reports each failure that a cancellation leads to, of whichever task, and blames it once.

What asyncio documents, and what the sweep itself has raised, is no failure of the program.
"""

import asyncio
import sys

import pytest

from vtloop.sweep import ORACLES, Failures, replay, sweep

pytest_plugins = ["pytester"]


def told(report):
    """Return what a report has of failures: the error and where, and who has ended with it."""
    return {
        one.finding.subject.partition(" at ")[0]: one.finding.words
        for one in report.errors
        if one.finding.oracle == "failure"
    }


async def nap(seconds=1):
    await asyncio.sleep(seconds)


# Failures of others than the victim


async def sets_the_result_of_a_cancelled_future():
    future = asyncio.get_running_loop().create_future()

    async def wait():
        await future

    async def set_it():
        await asyncio.sleep(1)
        future.set_result(1)

    async with asyncio.TaskGroup() as group:
        group.create_task(wait(), name="victim")
        group.create_task(set_it())


async def a_callback_sets_it():
    future = asyncio.get_running_loop().create_future()

    async def wait():
        await future

    asyncio.get_running_loop().call_later(1, future.set_result, 1)
    await asyncio.wait([asyncio.create_task(wait(), name="victim")])
    await asyncio.sleep(2)


async def looks_for_what_is_not_there():
    found = {}

    async def find():
        await asyncio.sleep(1)
        found["it"] = 1

    async def use():
        await asyncio.sleep(2)
        return found["it"]

    async with asyncio.TaskGroup() as group:
        group.create_task(find(), name="victim")
        group.create_task(use())


async def nobody_hears_of_it():
    found = {}

    async def find():
        await asyncio.sleep(1)
        found["it"] = 1

    async def use():
        await asyncio.sleep(2)
        return found["it"]

    await asyncio.gather(asyncio.create_task(find(), name="victim"), use(), return_exceptions=True)


async def waits_for_a_sign_for_so_long():
    sign = asyncio.Event()

    async def give():
        await asyncio.sleep(1)
        sign.set()

    asyncio.create_task(give(), name="victim")
    async with asyncio.timeout(5):
        await sign.wait()


async def gives_up():
    async def compute():
        await asyncio.sleep(1)
        return 1

    task = asyncio.create_task(compute(), name="victim")
    await asyncio.wait([task])
    if task.cancelled():
        sys.exit("nothing was computed")


async def fails_with_several():
    done = []

    async def do():
        await asyncio.sleep(1)
        done.append(1)

    async def check(number):
        await asyncio.sleep(2)
        if not done:
            raise ValueError(number)

    async with asyncio.TaskGroup() as group:
        group.create_task(do(), name="victim")
        group.create_task(check(1))
        group.create_task(check(2))


async def passes_it_on():
    """Four tasks end with it; it is the innermost one's."""
    found = []

    async def find():
        await asyncio.sleep(1)
        found.append(1)

    async def use():
        await asyncio.sleep(2)
        return found[0]

    async def relay(awaitable):
        try:
            return await awaitable
        except IndexError as error:
            raise LookupError("nothing to relay") from error

    asyncio.create_task(find(), name="victim")
    await asyncio.create_task(relay(asyncio.create_task(relay(asyncio.create_task(use())))))


async def answers_with_an_error_of_its_own():
    async def work():
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            raise ConnectionAbortedError from None

    await asyncio.gather(asyncio.create_task(work(), name="victim"), return_exceptions=True)


async def fails_as_it_cleans_up():
    async def work():
        begun = {}
        try:
            await asyncio.sleep(1)
            begun["it"] = 1
        finally:
            del begun["it"]

    await asyncio.wait([asyncio.create_task(work(), name="victim")])


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (
            sets_the_result_of_a_cancelled_future,
            {"InvalidStateError('invalid state')": "set_it#3 ended with it"},
        ),
        (a_callback_sets_it, {"InvalidStateError('invalid state')": "a callback raised it"}),
        (looks_for_what_is_not_there, {"KeyError('it')": "use#3 ended with it"}),
        (nobody_hears_of_it, {"KeyError('it')": "use#3 ended with it"}),
        (waits_for_a_sign_for_so_long, {"TimeoutError()": "main#1 ended with it"}),
        (gives_up, {"SystemExit('nothing was computed')": "main#1 ended with it"}),
        (
            fails_with_several,
            {"ValueError(1)": "check#3 ended with it", "ValueError(2)": "check#4 ended with it"},
        ),
        (passes_it_on, {"IndexError('list index out of range')": "use#3 ended with it"}),
        (
            answers_with_an_error_of_its_own,
            {
                "ConnectionAbortedError()": "victim was cancelled, and ended with it instead of "
                "CancelledError"
            },
        ),
        (
            fails_as_it_cleans_up,
            {"KeyError('it')": "victim was cancelled, and ended with it instead of CancelledError"},
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_failure_is_reported_with_the_task_that_was_first_to_end_with_it(program, expected):
    async def main():
        await program()

    report = sweep(main, victim="victim")
    assert told(report) == expected, report
    assert not report.ok
    assert not report.before
    problem = next(one for one in report.errors if one.finding.oracle == "failure")
    assert problem.finding in replay(main, problem.token).findings


def test_a_failure_is_told_with_the_line_that_has_raised_it():
    (problem,) = sweep(looks_for_what_is_not_there, victim="victim", classes="A").errors
    line = looks_for_what_is_not_there.__code__.co_firstlineno + 9
    assert (
        problem.finding.subject == f"KeyError('it') at tests/search/test_failures.py:{line} in use"
    )


def test_the_failure_of_a_task_of_another_class_is_reported_too():
    async def main():
        def make(loop, coro, **options):
            return asyncio.Task(coro, loop=loop, **options)

        asyncio.get_running_loop().set_task_factory(make)
        await nobody_hears_of_it()

    assert set(told(sweep(main, classes="A"))) == {"KeyError('it')"}


def test_the_failure_of_a_task_that_was_made_by_hand_is_reported_too():
    async def main():
        found = []

        async def find():
            await asyncio.sleep(1)
            found.append(1)

        async def use():
            await asyncio.sleep(2)
            return found[0]

        asyncio.create_task(find(), name="victim")
        await asyncio.gather(asyncio.Task(use()), return_exceptions=True)

    assert told(sweep(main, victim="victim")) == {
        "IndexError('list index out of range')": "use#3 ended with it"
    }


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there are no eager tasks")
def test_the_failure_of_an_eager_task_is_its_own():
    async def main():
        done = []

        async def work():
            await asyncio.sleep(1)
            done.append(1)

        async def use():
            return done[0]

        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        asyncio.create_task(work(), name="victim")
        await asyncio.sleep(2)
        await asyncio.create_task(use())

    report = sweep(main, victim="victim", classes="A")
    assert told(report) == {"IndexError('list index out of range')": "use#3 ended with it"}


# What is none


async def awaits_who_is_cancelled():
    await asyncio.gather(nap(), asyncio.create_task(nap()))


async def handles_the_timeout():
    sign = asyncio.Event()
    asyncio.get_running_loop().call_later(1, sign.set)
    try:
        async with asyncio.timeout(5):
            await sign.wait()
    except TimeoutError:
        pass


async def lets_the_timeout_pass():
    async with asyncio.timeout(5):
        await asyncio.sleep(1)
    await asyncio.wait_for(nap(), 5)


async def names_the_timeout_otherwise():
    try:
        async with asyncio.timeout(5):
            await asyncio.sleep(1)
    except TimeoutError:
        raise ConnectionError("no answer")  # noqa: B904 as many do


async def hides_the_timeout():
    try:
        async with asyncio.timeout(5):
            await asyncio.sleep(1)
    except TimeoutError:
        raise ConnectionError("no answer") from None


async def has_a_timeout_around_another():
    async with asyncio.timeout(10):
        try:
            async with asyncio.timeout(2):
                await asyncio.sleep(20)
        except TimeoutError:
            pass


async def handles_a_failing_group():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(nap())
    except* ArithmeticError:
        pass


async def fails_as_ever():
    async def fail():
        await asyncio.sleep(1)
        raise ValueError("as ever")

    results = await asyncio.gather(fail(), nap(), return_exceptions=True)
    assert isinstance(results[0], (ValueError, asyncio.CancelledError))


@pytest.mark.parametrize(
    "program",
    [
        awaits_who_is_cancelled,
        handles_the_timeout,
        lets_the_timeout_pass,
        names_the_timeout_otherwise,
        hides_the_timeout,
        has_a_timeout_around_another,
        handles_a_failing_group,
        fails_as_ever,
    ],
)
def test_what_asyncio_documents_and_what_the_sweep_has_raised_is_no_failure(program):
    report = sweep(program)
    assert not told(report), report


def test_what_a_timeout_that_fires_early_leads_to_elsewhere_is_a_failure():
    async def main():
        found = asyncio.Event()

        async def find():
            try:
                async with asyncio.timeout(5):
                    await asyncio.sleep(1)
                found.set()
            except TimeoutError:
                pass

        asyncio.create_task(find())
        async with asyncio.timeout(60):
            await found.wait()

    report = sweep(main, classes="T")
    assert told(report) == {"TimeoutError()": "main#1 ended with it"}
    assert report.errors[0].token.startswith("timeout#2@")


def says_that_it_is_gone(how):
    """Return a program that raises ConnectionError from a KeyError, or `from None`."""

    async def main():
        links = {"db": 1}

        async def link():
            try:
                await asyncio.sleep(2)
            finally:
                links.clear()

        async def query():
            await asyncio.sleep(1)
            try:
                return links["db"]
            except KeyError as error:
                if how == "from it":
                    raise ConnectionError("gone") from error
                if how == "from None":
                    raise ConnectionError("gone") from None
                raise ConnectionError("gone")  # noqa: B904 as many do

        async with asyncio.TaskGroup() as group:
            group.create_task(link(), name="victim")
            await asyncio.gather(query(), return_exceptions=True)

    return main


@pytest.mark.parametrize(
    "program",
    [
        answers_with_an_error_of_its_own,
        says_that_it_is_gone("from it"),
        says_that_it_is_gone("from None"),
        says_that_it_is_gone("as it was handled"),
    ],
)
def test_failures_that_are_expected_are_not_reported(program):
    def oracles(*expected):
        others = [oracle for oracle in ORACLES if oracle.name != "failure"]
        return [*others, Failures(expected=expected)]

    assert sweep(program, victim="victim", oracles=oracles(ConnectionError)).ok
    assert not sweep(program, victim="victim", oracles=oracles(ValueError)).ok


@pytest.mark.parametrize("expected", [KeyError, ("KeyError",), (KeyError("it"),), (int,), None])
def test_what_is_no_tuple_of_exceptions_is_not_expected(expected):
    with pytest.raises(TypeError, match=r"give one, such as expected=\(ConnectionError,\)"):
        Failures(expected=expected)


def test_a_failure_is_told_with_what_was_raised_from_it_unless_that_hides_it():
    raised = {"KeyError('db')": "query#3 ended with ConnectionError('gone') from it"}
    for how in ("from it", "as it was handled"):
        assert told(sweep(says_that_it_is_gone(how), victim="victim")) == raised
    hidden = {"ConnectionError('gone')": "query#3 ended with it"}
    assert told(sweep(says_that_it_is_gone("from None"), victim="victim")) == hidden


def test_a_cancellation_out_of_a_callback_is_a_failure():
    async def main():
        results = []
        task = asyncio.create_task(nap(), name="victim")
        task.add_done_callback(lambda task: results.append(task.result()))
        await asyncio.wait([task])

    assert told(sweep(main, victim="victim")) == {"CancelledError": "a callback raised it"}


def test_a_cancellation_out_of_a_callback_of_a_future_is_a_failure():
    async def main():
        future = asyncio.get_running_loop().create_future()
        future.add_done_callback(asyncio.Future.result)
        asyncio.get_running_loop().call_later(1, lambda: future.done() or future.set_result(1))
        task = asyncio.create_task(asyncio.wait_for(future, 5), name="victim")
        await asyncio.wait([task])

    assert "CancelledError" in told(sweep(main, victim="victim", classes="A"))


# In tests


def test_a_swept_test_fails_if_a_cancellation_lets_it_fail_in_whatever_way(pytester):
    pytester.makepyfile(
        """
        import asyncio, sys, unittest
        import pytest

        ways = {
            "assert": lambda: unittest.TestCase().assertTrue(False),
            "pytest.fail": lambda: pytest.fail("no"),
            "pytest.skip": lambda: pytest.skip("no"),
            "sys.exit": lambda: sys.exit(1),
            "raise": lambda: {}["no"],
            "return": lambda: None,
        }

        @pytest.mark.vtloop_sweep(victim="victim", classes="A")
        @pytest.mark.parametrize("where", ["here", "in a task"])
        @pytest.mark.parametrize("way", ways)
        async def test_it(way, where):
            async def look(victim):
                await asyncio.wait([victim])
                if victim.cancelled():
                    ways[way]()

            victim = asyncio.create_task(asyncio.sleep(1), name="victim")
            if where == "here":
                await look(victim)
            else:
                await asyncio.gather(look(victim), return_exceptions=True)
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio")
    result.assert_outcomes(passed=2, failed=10)
