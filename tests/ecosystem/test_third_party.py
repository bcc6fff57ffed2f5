"""Caches, limiters, meters, timers and bridges of other libraries take virtual time by default.

Some of them have kept a clock or a sleep since they were imported, some wait in threads of their
own. No run here has an option.
"""

import asyncio
import datetime
import io
import logging
import sched
import threading
import time
from contextvars import ContextVar
from zoneinfo import ZoneInfo

import pytest

import vtloop
from tests.support.clocks import elapsed, now

DAY = 86400.0
NOT_IN_THE_TRACE = "made an event loop besides that of the run"


def run(main, *, told=""):
    """Run `main` in virtual time; nothing outside the simulation may have had a say.

    The run has no notices, or only such as contain the text `told`.
    """
    result = vtloop.simulate(main)
    value = result.result()
    assert result.reproducible
    assert not result.unretrieved
    assert bool(result.notices) == bool(told)
    assert all(told in notice for notice in result.notices)
    return value


# --- Caches: cachetools keeps time.monotonic in a default argument -------------------------------


def test_a_cached_value_is_there_until_its_time_to_live_is_over():
    cachetools = pytest.importorskip("cachetools")
    cache = cachetools.TTLCache(maxsize=10, ttl=5)  # before the run

    async def main():
        cache["a"] = 1
        await asyncio.sleep(3)
        cache["b"] = 2
        await asyncio.sleep(1.999999)
        before = list(cache)
        await asyncio.sleep(0.000001)
        after = list(cache)
        await asyncio.sleep(3)
        return before, after, cache.expire(), len(cache), now()

    assert run(main) == (["a", "b"], ["b"], [("b", 2)], 0, 8.0)


def test_a_cached_function_is_called_again_when_its_answer_is_too_old():
    cachetools = pytest.importorskip("cachetools")

    @cachetools.cached(cachetools.TTLCache(100, ttl=10), lock=threading.RLock())
    def ask(key):
        time.sleep(2)
        return key, elapsed()

    async def main():
        answers = []
        for _ in range(5):
            answers.append((ask("k"), now()))
            await asyncio.sleep(4)
        return answers

    first, second = ("k", 2.0), ("k", 16.0)
    assert run(main) == [(first, 2.0), (first, 6.0), (first, 10.0), (second, 16.0), (second, 20.0)]


def test_worker_threads_wait_for_the_one_that_fills_a_cache():
    cachetools = pytest.importorskip("cachetools", minversion="6")
    asked = []

    @cachetools.cached(cachetools.TTLCache(100, ttl=10), condition=threading.Condition())
    def ask(key):
        asked.append(key)
        time.sleep(2)
        return key

    async def main():
        return await asyncio.gather(*(asyncio.to_thread(ask, key) for key in "aabb")), now()

    assert run(main) == (["a", "a", "b", "b"], 2.0)
    assert asked == ["a", "b"]


@pytest.mark.parametrize(
    ("clock", "until"),
    [
        (time.monotonic, lambda key, hours, now: now + 3600 * hours),
        (datetime.datetime.now, lambda key, hours, now: now + datetime.timedelta(hours=hours)),
    ],
)
def test_each_item_of_a_cache_may_live_for_a_time_of_its_own(clock, until):
    cachetools = pytest.importorskip("cachetools")

    async def main():
        cache = cachetools.TLRUCache(10, ttu=until, timer=clock)
        cache["one"], cache["three"] = 1, 3
        there = []
        for _ in range(4):
            there.append(sorted(cache))
            await asyncio.sleep(3600)
        return there

    assert run(main) == [["one", "three"], ["three"], ["three"], []]


# --- Limits: ratelimit keeps time.monotonic in a default argument, and blocks with time.sleep ----


def test_a_limiter_tells_how_long_to_wait_for_the_next_period():
    ratelimit = pytest.importorskip("ratelimit")

    @ratelimit.limits(calls=3, period=60)
    def ask():
        return "at", now()

    async def main():
        answers = []
        for _ in range(8):
            try:
                answers.append(ask())
            except ratelimit.RateLimitException as error:
                answers.append(("wait", error.period_remaining))
            await asyncio.sleep(15)
        return answers

    assert run(main) == [
        *(("at", 0.0), ("at", 15.0), ("at", 30.0), ("wait", 15.0)),
        *(("at", 60.0), ("at", 75.0), ("at", 90.0), ("wait", 15.0)),
    ]


def test_a_limiter_blocks_each_worker_thread_until_it_may_call():
    ratelimit = pytest.importorskip("ratelimit")

    @ratelimit.sleep_and_retry
    @ratelimit.limits(calls=2, period=10)
    def call(number):
        return number, elapsed()

    async def main():
        ticks = asyncio.create_task(asyncio.sleep(15, "on time"))
        calls = await asyncio.gather(*(asyncio.to_thread(call, number) for number in range(5)))
        return calls, await ticks, now()

    calls = [(0, 0.0), (1, 0.0), (2, 10.0), (3, 10.0), (4, 20.0)]
    assert run(main) == (calls, "on time", 20.0)


def test_a_limiter_in_a_coroutine_is_waited_for_by_a_sleep():
    ratelimit = pytest.importorskip("ratelimit")

    @ratelimit.limits(calls=1, period=5)
    async def ask():
        return now()

    async def main():
        answers = []
        while len(answers) < 4:
            try:
                answers.append(await ask())
            except ratelimit.RateLimitException as error:
                await asyncio.sleep(error.period_remaining)
        return answers

    assert run(main) == [0.0, 5.0, 10.0, 15.0]


# --- Meters: prometheus_client keeps timeit.default_timer ----------------------------------------


def test_meters_tell_how_long_things_took():
    prometheus = pytest.importorskip("prometheus_client")
    registry = prometheus.CollectorRegistry()
    lasted = prometheus.Histogram("lasted", "-", buckets=(1, 2, 5), registry=registry)
    last = prometheus.Gauge("last", "-", registry=registry)
    seen = prometheus.Gauge("seen", "-", registry=registry)

    @lasted.time()
    def block():
        time.sleep(1.5)

    async def main():
        with lasted.time(), last.time():
            await asyncio.sleep(3)
        block()
        await asyncio.gather(*(asyncio.to_thread(block) for _ in range(2)))
        seen.set_to_current_time()

    run(main)
    assert registry.get_sample_value("lasted_sum") == 7.5
    assert registry.get_sample_value("lasted_count") == 4
    buckets = [registry.get_sample_value("lasted_bucket", {"le": le}) for le in ("1.0", "2.0")]
    assert buckets == [0, 3]
    assert registry.get_sample_value("last") == 3
    assert registry.get_sample_value("seen") == 946_684_806  # 2000-01-01 00:00:06 UTC


def test_meters_tell_when_they_were_made():
    prometheus = pytest.importorskip("prometheus_client")

    async def main():
        await asyncio.sleep(3600)
        registry = prometheus.CollectorRegistry()
        prometheus.Counter("asked", "-", ["how"], registry=registry).labels("get").inc(2)
        return registry

    registry = run(main)
    assert registry.get_sample_value("asked_total", {"how": "get"}) == 2
    assert registry.get_sample_value("asked_created", {"how": "get"}) == 946_684_800 + 3600


# --- sched: keeps time.monotonic and time.sleep in default arguments -----------------------------


def test_sched_blocks_the_loop_until_each_event_is_due():
    events = sched.scheduler()  # before the run

    async def main():
        ran = []
        for delay in (5, 1, 3):
            events.enter(delay, 1, lambda delay=delay: ran.append((delay, now())))
        events.run()
        return ran

    assert run(main) == [(1, 1.0), (3, 3.0), (5, 5.0)]


def test_sched_runs_events_in_a_worker_thread_while_the_loop_goes_on():
    async def main():
        ran = []
        events = sched.scheduler(time.time, time.sleep)
        events.enterabs(time.time() + 10, 1, lambda: ran.append(("at", elapsed())))
        events.enter(2, 1, lambda: (time.sleep(3), ran.append(("in", elapsed()))))
        ticks = asyncio.create_task(asyncio.sleep(4, "on time"))
        await asyncio.to_thread(events.run)
        return ran, ticks.result(), now()

    assert run(main) == ([("in", 5.0), ("at", 10.0)], "on time", 10.0)


def test_sched_tells_a_coroutine_how_long_to_sleep():
    async def main():
        ran = []
        events = sched.scheduler()
        for delay in (1.25, 2.5):
            events.enter(delay, 1, lambda: ran.append(now()))
        while (delay := events.run(blocking=False)) is not None:
            await asyncio.sleep(delay)
        return ran

    assert run(main) == [1.25, 2.5]


# --- Timetables: aiocron, discord.py, Textual ----------------------------------------------------


def test_aiocron_runs_jobs_by_the_date():
    aiocron = pytest.importorskip("aiocron")

    async def main():
        ran = []

        @aiocron.crontab("0 9 * * mon-fri")
        async def work():
            await asyncio.sleep(90)
            ran.append((now(), datetime.datetime.now().isoformat(" ")))

        await asyncio.sleep(5 * DAY)
        work.stop()
        await asyncio.sleep(5 * DAY)
        return ran

    nine = 9 * 3600.0 + 90
    assert run(main) == [  # the first of January was a Saturday
        (2 * DAY + nine, "2000-01-03 09:01:30"),
        (3 * DAY + nine, "2000-01-04 09:01:30"),
        (4 * DAY + nine, "2000-01-05 09:01:30"),
    ]


def test_aiocron_runs_jobs_every_few_seconds_and_in_another_time_zone():
    aiocron = pytest.importorskip("aiocron")

    async def main():
        often, there = [], []
        every = aiocron.crontab("*/20 * * * * *", func=lambda: often.append(now()))
        await asyncio.sleep(65)
        every.stop()
        zone = ZoneInfo("America/New_York")
        aiocron.crontab("0 2 * * *", func=lambda: there.append(datetime.datetime.now()), tz=zone)
        await asyncio.sleep(2 * DAY)
        return often, there

    often, there = run(main)
    assert often == [20.0, 40.0, 60.0]
    assert there == [datetime.datetime(2000, 1, 1, 7), datetime.datetime(2000, 1, 2, 7)]


def test_aiocron_is_awaited_until_the_next_hour():
    aiocron = pytest.importorskip("aiocron")

    async def main():
        await asyncio.sleep(1000)
        answers = []
        for number in range(3):
            cron = aiocron.crontab("0 * * * *", start=False)
            answers.append((await cron.next(number), now()))
        return answers

    assert run(main) == [((0,), 3600.0), ((1,), 7200.0), ((2,), 10800.0)]


@pytest.fixture
def discord_tasks():
    """Loops in tasks, of discord.py; importing it warns of modules that it uses."""
    return pytest.importorskip("discord.ext.tasks")


of_discord = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@of_discord
def test_a_loop_of_discord_runs_at_intervals_and_not_while_it_is_still_running(discord_tasks):
    async def main():
        ran = []

        @discord_tasks.loop(seconds=0.1, count=4)
        async def often():
            ran.append(now())

        @discord_tasks.loop(seconds=2, count=3)
        async def slowly():
            ran.append(now())
            await asyncio.sleep(5)

        await often.start()
        await slowly.start()
        return ran, now()

    assert run(main) == ([0.0, 0.1, 0.2, 0.3, 0.4, 5.4, 10.4], 15.4)


@of_discord
def test_a_loop_of_discord_has_hooks_and_tells_when_it_runs_next(discord_tasks):
    async def main():
        log = []

        @discord_tasks.loop(hours=1)
        async def job():
            log.append((now(), str(job.next_iteration)))
            if job.current_loop == 1:
                job.stop()

        @job.before_loop
        async def prepare():
            await asyncio.sleep(5)

        @job.after_loop
        async def clean():
            log.append((now(), "after"))

        await job.start()
        return log

    assert run(main) == [
        (5.0, "2000-01-01 01:00:05+00:00"),
        (3605.0, "2000-01-01 02:00:05+00:00"),
        (3605.0, "after"),
    ]


@of_discord
@pytest.mark.filterwarnings("ignore::vtloop.SpinWarning")
def test_a_loop_of_discord_runs_at_times_of_day_and_waits_for_the_clock_to_pass_them(
    discord_tasks, caplog
):
    caplog.set_level(logging.ERROR)  # while it waits it complains that the clock drifts

    async def main():
        ran = []

        @discord_tasks.loop(time=[datetime.time(6, 30), datetime.time(18)])
        async def job():
            ran.append((now(), datetime.datetime.now().isoformat(" ")))

        job.start()
        await asyncio.sleep(2 * DAY)
        job.cancel()
        return ran

    polls = "looked at a clock again and again at virtual time 23400 s"
    late = 0.000001
    assert run(main, told=polls) == [
        (6.5 * 3600 + late, "2000-01-01 06:30:00.000001"),
        (18 * 3600 + late, "2000-01-01 18:00:00.000001"),
        (DAY + 6.5 * 3600 + late, "2000-01-02 06:30:00.000001"),
        (DAY + 18 * 3600 + late, "2000-01-02 18:00:00.000001"),
    ]


def test_timers_of_textual_tick_half_a_millisecond_early_as_it_asks_for():
    app_of = pytest.importorskip("textual.app")

    class Clock(app_of.App):
        def on_mount(self):
            self.ran = []
            self.set_timer(5, lambda: self.ran.append(("once", now())))
            self.ticks = self.set_interval(1, lambda: self.ran.append(("tick", now())))
            self.set_interval(0.25, lambda: self.ran.append(("often", now())), repeat=2)

    async def main():
        app = Clock()
        async with app.run_test():
            await asyncio.sleep(2.5)
            app.ticks.pause()
            await asyncio.sleep(10)
            app.ticks.resume()
            await asyncio.sleep(2)
        return [(what, round(when, 6)) for what, when in app.ran]

    assert run(main) == [
        ("often", 0.2495),
        ("often", 0.4995),
        ("often", 0.7495),
        ("tick", 0.9995),
        ("tick", 1.9995),
        ("once", 4.9995),
        ("tick", 12.5),
        ("tick", 13.9995),
    ]


def test_workers_and_keys_of_textual_take_virtual_time():
    app_of = pytest.importorskip("textual.app")
    textual = pytest.importorskip("textual")
    widgets = pytest.importorskip("textual.widgets")

    class Form(app_of.App):
        def compose(self):
            yield widgets.Input()

        def on_mount(self):
            self.done = []
            self.fetch()
            self.compute()

        @textual.work
        async def fetch(self):
            await asyncio.sleep(2)
            self.done.append(("task", now()))

        @textual.work(thread=True)
        def compute(self):
            time.sleep(3)
            self.call_from_thread(lambda: self.done.append(("thread", now())))

    async def main():
        app = Form()
        async with app.run_test() as pilot:
            await app.workers.wait_for_complete()
            await pilot.press(*"hey")
            return app.done, app.query_one(widgets.Input).value

    assert run(main) == ([("task", 2.0), ("thread", 3.0)], "hey")


# --- Bars: tqdm starts a thread at the first bar of a process ------------------------------------


@pytest.fixture
def tqdm(monkeypatch):
    """The module, as it is before the first bar of a process."""
    module = pytest.importorskip("tqdm.asyncio")
    monkeypatch.setattr(module.tqdm, "monitor", None)
    yield module.tqdm
    if module.tqdm.monitor is not None:
        module.tqdm.monitor.exit()


def test_the_first_bar_of_a_process_shows_virtual_time(tqdm):
    async def main():
        out = io.StringIO()
        for _ in tqdm(range(3), file=out):
            await asyncio.sleep(2)
        return out.getvalue().split("\r")[1:4], now()

    assert run(main) == (
        [
            "  0%|          | 0/3 [00:00<?, ?it/s]",
            " 33%|###3      | 1/3 [00:02<00:04,  2.00s/it]",
            " 67%|######6   | 2/3 [00:04<00:02,  2.00s/it]",
        ],
        6.0,
    )


def test_the_monitor_of_bars_shows_one_that_has_stalled(tqdm):
    async def main():
        out = io.StringIO()
        with tqdm(total=100_000, file=out) as bar:
            for _ in range(1000):
                await asyncio.sleep(0.001)
                bar.update()
            await asyncio.sleep(60)
        return [line.rpartition("| ")[2] for line in out.getvalue().split("\r")[-3:-1]], now()

    # The thread wakes every ten seconds. At the first the last line was not old enough.
    assert run(main) == (
        [
            "908/100000 [00:00<01:39, 1000.00it/s]",
            "1000/100000 [00:20<01:38, 1000.00it/s]",
        ],
        61.0,
    )


def test_bars_count_what_is_gathered_as_completed_and_in_a_worker_thread(tqdm):
    async def main():
        out = io.StringIO()
        naps = [asyncio.sleep(seconds, seconds) for seconds in (3, 1, 2)]
        done = [(await nap, now()) for nap in tqdm.as_completed(naps, file=out)]
        gathered = await tqdm.gather(*map(asyncio.sleep, (3, 1, 2), "abc"), file=out)

        def block():
            for _ in tqdm(range(3), file=out):
                time.sleep(4)

        await asyncio.to_thread(block)
        ends = [line for line in out.getvalue().split("\r") if line.endswith("\n")]
        return done, gathered, [line.partition("| ")[2].strip() for line in ends], now()

    assert run(main) == (
        [(1, 1.0), (2, 2.0), (3, 3.0)],
        ["a", "b", "c"],
        [
            "3/3 [00:03<00:00,  1.00it/s]",
            "3/3 [00:03<00:00,  1.00it/s]",
            "3/3 [00:12<00:00,  4.00s/it]",
        ],
        18.0,
    )


# --- Bridges between blocking and async code: asgiref --------------------------------------------


@pytest.fixture
def bridges():
    return pytest.importorskip("asgiref.sync")


def test_blocking_code_behind_a_bridge_takes_turns_unless_it_need_not(bridges):
    def block(seconds):
        time.sleep(seconds)
        return elapsed()

    async def main():
        one_by_one = bridges.sync_to_async(block)
        at_once = bridges.sync_to_async(block, thread_sensitive=False)
        return (
            await asyncio.gather(*map(one_by_one, (1, 2, 3))),
            await asyncio.gather(*map(at_once, (1, 2, 3))),
        )

    assert run(main) == ([1.0, 3.0, 6.0], [7.0, 8.0, 9.0])


def test_each_request_may_have_a_thread_for_its_blocking_code(bridges):
    async def request(seconds):
        async with bridges.ThreadSensitiveContext():
            for _ in range(2):
                await bridges.sync_to_async(time.sleep)(seconds)
        return now()

    async def main():
        return await asyncio.gather(*map(request, (1, 2, 3)))

    assert run(main) == [2.0, 4.0, 6.0]


def test_bridges_lead_back_and_forth_between_two_threads(bridges):
    log = []

    async def query():
        await asyncio.sleep(1)
        log.append(("query", threading.current_thread().name, now()))
        return "answer"

    def model():
        time.sleep(1)
        log.append(("model", threading.current_thread().name, elapsed()))
        return bridges.async_to_sync(query)()

    async def middleware():
        await asyncio.sleep(1)
        log.append(("middleware", threading.current_thread().name, now()))
        return await bridges.sync_to_async(model)()

    def view():
        time.sleep(1)
        log.append(("view", threading.current_thread().name, elapsed()))
        return bridges.async_to_sync(middleware)()

    async def main():
        return await bridges.sync_to_async(view)(), now()

    assert run(main) == ("answer", 4.0)
    (_, worker, _), (_, loops, _), *_ = log
    assert worker != loops == threading.current_thread().name
    assert log == [
        ("view", worker, 1.0),
        ("middleware", loops, 2.0),
        ("model", worker, 3.0),
        ("query", loops, 4.0),
    ]


def test_a_bridge_in_a_worker_thread_makes_a_loop_in_another_thread(bridges):
    async def fetch(seconds):
        await asyncio.sleep(seconds)
        return now(), elapsed()

    def work(seconds):
        time.sleep(1)
        return *bridges.async_to_sync(fetch)(seconds), elapsed()

    async def main():
        ticks = asyncio.create_task(asyncio.sleep(2.5, "on time"))
        answers = await asyncio.gather(*(asyncio.to_thread(work, seconds) for seconds in (2, 3)))
        return answers, ticks.result(), now()

    assert run(main, told=NOT_IN_THE_TRACE) == (
        [(3.0, 3.0, 3.0), (4.0, 4.0, 4.0)],
        "on time",
        4.0,
    )


def test_blocking_code_below_such_a_loop_runs_in_the_worker_thread_that_waits_for_it(bridges):
    def block(seconds):
        time.sleep(seconds)
        return threading.current_thread().name, elapsed()

    async def both():
        return await asyncio.gather(*map(bridges.sync_to_async(block), (1, 2)))

    def work():
        return threading.current_thread().name, bridges.async_to_sync(both)()

    async def main():
        return await asyncio.to_thread(work), now()

    (worker, blocked), ended = run(main, told=NOT_IN_THE_TRACE)
    assert blocked == [(worker, 1.0), (worker, 3.0)]
    assert ended == 3.0


def test_a_thread_of_the_programs_own_crosses_a_bridge(bridges):
    async def fetch():
        await asyncio.sleep(2)
        return now()

    async def main():
        times = []

        def work():
            time.sleep(1)
            times.append(bridges.async_to_sync(fetch)())
            times.append(elapsed())

        thread = threading.Thread(target=work)
        thread.start()
        await asyncio.to_thread(thread.join)
        return times, now()

    assert run(main, told=NOT_IN_THE_TRACE) == ([3.0, 3.0], 3.0)


def test_a_timeout_cancels_what_is_on_the_other_side_of_two_bridges(bridges):
    log = []

    async def fetch():
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            log.append(("cancelled", now()))
            raise

    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await bridges.sync_to_async(bridges.async_to_sync(fetch))()
        return now()

    assert run(main) == 5.0
    assert log == [("cancelled", 5.0)]


def test_errors_and_context_variables_cross_bridges(bridges):
    visits = ContextVar("visits", default=0)

    async def fail():
        visits.set(visits.get() + 10)
        await asyncio.sleep(1)
        raise LookupError(now())

    def block():
        visits.set(visits.get() + 1)
        bridges.async_to_sync(fail)()

    async def main():
        with pytest.raises(LookupError) as caught:
            await bridges.sync_to_async(block)()
        return caught.value.args, visits.get()

    assert run(main) == ((1.0,), 11)


def test_an_asgi_application_is_talked_to_in_virtual_time(bridges):
    testing = pytest.importorskip("asgiref.testing")

    async def application(scope, receive, send):
        request = await receive()
        await bridges.sync_to_async(time.sleep)(request["seconds"])
        await send({"at": now()})

    async def main():
        clients = [testing.ApplicationCommunicator(application, {"type": "any"}) for _ in range(3)]
        for client in clients:
            await client.send_input({"seconds": 0.2})
        answers = [await client.receive_output() for client in clients]
        silent = testing.ApplicationCommunicator(application, {"type": "any"})
        nothing = await silent.receive_nothing(timeout=0.5, interval=0.125)
        waited = now()
        with pytest.raises(TimeoutError):
            await silent.receive_output(timeout=1)
        return answers, nothing, waited, now()

    answers = [{"at": 0.2}, {"at": 0.4}, {"at": 0.6}]
    assert run(main) == (answers, True, 1.1, 2.1)
