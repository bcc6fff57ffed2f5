"""Schedulers, retries, limits and streams of other libraries keep exact virtual time, unmodified.

Some read the loop's clock, some the process's (`datetime.now`, `time.monotonic`). For the latter a
run needs `wall_clock=`.
"""

import asyncio
import queue
import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import backoff
import pytest
import tenacity
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

import vtloop

LEAP_DAY = datetime(2024, 2, 29)
BERLIN = ZoneInfo("Europe/Berlin")
DAY = 86400.0


def now() -> float:
    """Return the loop's time."""
    return asyncio.get_running_loop().time()


def run(main, start: datetime | None = LEAP_DAY):
    """Run `main` in virtual time; nothing outside the simulation may have had a say."""
    result = vtloop.simulate(main, wall_clock=start)
    value = result.result()
    assert result.reproducible
    assert not result.unretrieved
    return value


# --- APScheduler ---------------------------------------------------------------------------------


def scheduled(start: datetime, seconds: float, *jobs, **options) -> list[tuple[str, float]]:
    """Run an AsyncIOScheduler for so many seconds, and return when its jobs ran, by name.

    Each job is (function, trigger, options of the trigger).
    """
    ran = []

    async def main():
        loop = asyncio.get_running_loop()
        scheduler = AsyncIOScheduler(**options)
        for function, trigger, rule in jobs:
            name = function.__name__
            tell = (lambda name: lambda: ran.append((name, loop.time())))(name)
            scheduler.add_job(function, trigger, args=[tell], **rule)
        scheduler.start()
        await asyncio.sleep(seconds)
        scheduler.shutdown()
        count = len(ran)
        await asyncio.sleep(10 * DAY)
        assert len(ran) == count  # a scheduler that was shut down is silent

    run(main, start)
    return ran


async def feed(tell):
    tell()


async def clean(tell):
    await asyncio.sleep(90)
    tell()


def count(tell):
    tell()


def test_apscheduler_runs_interval_cron_and_date_jobs_over_days():
    ran = scheduled(
        LEAP_DAY,
        3 * DAY - 1,
        (feed, "interval", {"hours": 12}),
        (clean, "cron", {"hour": 6, "minute": 30}),
        (count, "date", {"run_date": datetime(2024, 3, 1, 18)}),
    )
    assert ran == [
        ("clean", 6.5 * 3600 + 90),
        ("feed", 0.5 * DAY),
        ("feed", 1 * DAY),
        ("clean", DAY + 6.5 * 3600 + 90),
        ("feed", 1.5 * DAY),
        ("count", DAY + 18 * 3600),
        ("feed", 2 * DAY),
        ("clean", 2 * DAY + 6.5 * 3600 + 90),
        ("feed", 2.5 * DAY),
    ]


def test_apscheduler_runs_blocking_jobs_in_worker_threads_that_take_virtual_time():
    def weigh(tell):
        time.sleep(600)
        tell()

    ran = scheduled(
        LEAP_DAY, 2700, (weigh, "interval", {"minutes": 20}), (feed, "interval", {"minutes": 25})
    )
    assert ran == [("feed", 1500.0), ("weigh", 1800.0)]


def test_apscheduler_keeps_the_local_hour_when_the_clocks_go_forward():
    ran = scheduled(
        datetime(2024, 3, 30, tzinfo=BERLIN),
        3 * DAY,
        (feed, CronTrigger.from_crontab("0 6 * * *", timezone=BERLIN), {}),
        timezone=BERLIN,
    )
    assert ran == [("feed", 6 * 3600.0), ("feed", 29 * 3600.0), ("feed", 53 * 3600.0)]


def test_apscheduler_sees_the_leap_day():
    ran = scheduled(
        datetime(2023, 12, 31), 367 * DAY, (feed, "cron", {"month": "2", "day": "last"})
    )
    (fed,) = ran
    assert fed == ("feed", (date(2024, 2, 29) - date(2023, 12, 31)).days * DAY)


def test_apscheduler_skips_a_job_that_is_still_running():
    events = []

    async def main():
        async def slow():
            await asyncio.sleep(25)

        loop = asyncio.get_running_loop()
        scheduler = AsyncIOScheduler()
        mask = EVENT_JOB_MAX_INSTANCES | EVENT_JOB_MISSED | EVENT_JOB_ERROR
        scheduler.add_listener(lambda event: events.append((event.code, loop.time())), mask)
        scheduler.add_job(slow, "interval", seconds=10)
        scheduler.start()
        await asyncio.sleep(45)
        scheduler.shutdown()

    run(main)
    assert events == [(EVENT_JOB_MAX_INSTANCES, 20.0), (EVENT_JOB_MAX_INSTANCES, 30.0)]


def test_apscheduler_pauses_and_takes_up_its_jobs_again():
    async def main():
        ran = []

        async def tick():
            ran.append(now())

        scheduler = AsyncIOScheduler()
        job = scheduler.add_job(tick, "interval", minutes=1)
        scheduler.start()
        await asyncio.sleep(150)
        job.pause()
        await asyncio.sleep(300)
        job.resume()
        await asyncio.sleep(60)
        job.reschedule("interval", minutes=10)
        await asyncio.sleep(1200)
        scheduler.shutdown()
        return ran, datetime.now() - LEAP_DAY

    ran, passed = run(main)
    assert ran == [60.0, 120.0, 480.0, 1110.0, 1710.0]
    assert passed == timedelta(seconds=1710)


# --- Retries -------------------------------------------------------------------------------------


def test_tenacity_waits_ever_longer_until_a_delay_has_passed():
    async def main():
        tried = []
        retrying = tenacity.AsyncRetrying(
            wait=tenacity.wait_exponential(max=10), stop=tenacity.stop_after_delay(60)
        )
        with pytest.raises(tenacity.RetryError) as caught:
            async for attempt in retrying:
                with attempt:
                    tried.append(now())
                    raise OSError
        return tried, caught.value.last_attempt.attempt_number, retrying.statistics

    tried, attempts, statistics = run(main)
    assert tried == [0.0, 1.0, 3.0, 7.0, 15.0, 25.0, 35.0, 45.0, 55.0, 65.0]
    assert attempts == 10
    assert statistics["start_time"] == 0.0
    assert statistics["idle_for"] == statistics["delay_since_first_attempt"] == 65.0


def test_tenacity_stops_before_a_delay_would_pass():
    async def main():
        @tenacity.retry(
            wait=tenacity.wait_fixed(7), stop=tenacity.stop_before_delay(60), reraise=True
        )
        async def ask():
            await asyncio.sleep(1)
            raise OSError

        await asyncio.sleep(1000)
        with pytest.raises(OSError, match=r"^$"):
            await ask()
        return now(), ask.statistics["attempt_number"]

    assert run(main) == (1057.0, 8)


def test_tenacity_without_a_stop_by_time_needs_no_wall_clock():
    async def main():
        tried = []

        @tenacity.retry(wait=tenacity.wait_incrementing(start=60, increment=60))
        async def ask():
            tried.append(now())
            if len(tried) < 5:
                raise OSError
            return "at last"

        return await ask(), tried

    assert run(main, None) == ("at last", [0.0, 60.0, 180.0, 360.0, 600.0])


def test_tenacity_retries_blocking_code_in_a_worker_thread():
    async def main():
        tried = []

        @tenacity.retry(wait=tenacity.wait_fixed(30), stop=tenacity.stop_after_delay(100))
        def ask():
            tried.append(time.monotonic())
            raise OSError

        ticks = asyncio.create_task(asyncio.sleep(50, "on time"))
        with pytest.raises(tenacity.RetryError):
            await asyncio.to_thread(ask)
        return tried, await ticks, now()

    assert run(main) == ([0.0, 30.0, 60.0, 90.0, 120.0], "on time", 120.0)


def test_backoff_gives_up_when_its_time_is_over():
    async def main():
        tried, details = [], []

        @backoff.on_exception(
            backoff.expo, OSError, max_time=60, jitter=None, on_giveup=details.append
        )
        async def ask():
            tried.append(now())
            raise OSError

        with pytest.raises(OSError, match=r"^$"):
            await ask()
        return tried, details[0]["elapsed"], details[0]["tries"]

    assert run(main) == ([0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 60.0], 60.0, 7)


def test_backoff_polls_until_the_answer_is_there():
    async def main():
        asked = []

        @backoff.on_predicate(backoff.constant, interval=3600, jitter=None)
        async def ask():
            asked.append(now())
            return now() >= 3 * 3600

        return await ask(), asked

    assert run(main, None) == (True, [0.0, 3600.0, 7200.0, 10800.0])


def test_backoff_draws_the_same_jitter_in_each_run():
    async def main():
        tried = []

        @backoff.on_exception(backoff.expo, OSError, max_tries=6)
        async def ask():
            tried.append(now())
            raise OSError

        with pytest.raises(OSError, match=r"^$"):
            await ask()
        return tried

    once, again = run(main), run(main)
    assert once == again
    assert len(set(once)) == 6
    assert vtloop.run(main, seed=1, wall_clock=LEAP_DAY) != once


# --- Timeouts, limits, queues, streams -----------------------------------------------------------


def test_async_timeout_ends_what_takes_too_long_and_can_be_moved():
    async_timeout = pytest.importorskip("async_timeout")

    async def main():
        with pytest.raises(TimeoutError):
            async with async_timeout.timeout(5):
                await asyncio.sleep(10)
        ended = now()
        async with async_timeout.timeout_at(20) as timeout:
            timeout.reschedule(30)
            await asyncio.sleep(20)
        return ended, now(), timeout.expired()

    assert run(main, None) == (5.0, 25.0, False)


def test_aiolimiter_lets_through_at_its_rate():
    aiolimiter = pytest.importorskip("aiolimiter")

    async def main():
        entered = []
        limiter = aiolimiter.AsyncLimiter(2, 10)

        async def visit(number):
            async with limiter:
                entered.append((number, now()))

        await asyncio.gather(*map(visit, range(6)))
        return entered

    assert run(main, None) == [(0, 0.0), (1, 0.0), (2, 5.0), (3, 10.0), (4, 15.0), (5, 20.0)]


def test_janus_hands_over_from_a_worker_thread_to_a_task():
    janus = pytest.importorskip("janus")

    async def main():
        received = []
        passage = janus.Queue(maxsize=1)

        def produce():
            for number in range(4):
                time.sleep(2)
                passage.sync_q.put(number)

        producer = asyncio.create_task(asyncio.to_thread(produce))
        for _ in range(4):
            received.append((await passage.async_q.get(), now()))
            await asyncio.sleep(5)
        await producer
        await passage.aclose()
        return received

    assert run(main) == [(0, 2.0), (1, 7.0), (2, 12.0), (3, 17.0)]


def test_janus_hands_over_from_a_task_to_a_worker_thread():
    janus = pytest.importorskip("janus")

    async def main():
        received = []
        passage = janus.Queue()

        def consume():
            try:
                while True:
                    received.append((passage.sync_q.get(timeout=30), time.monotonic()))
            except queue.Empty:
                received.append(("empty", time.monotonic()))

        consumer = asyncio.create_task(asyncio.to_thread(consume))
        for number in range(3):
            await asyncio.sleep(2)
            await passage.async_q.put(number)
        await consumer
        await passage.aclose()
        return received

    assert run(main) == [(0, 2.0), (1, 4.0), (2, 6.0), ("empty", 36.0)]


def test_aiostream_counts_merges_and_times_out():
    stream = pytest.importorskip("aiostream").stream

    async def main():
        seen = []
        merged = stream.merge(
            stream.take(stream.count(interval=2), 3),
            stream.take(stream.count(10, interval=3), 2),
        )
        async with merged.stream() as items:
            async for item in items:
                seen.append((item, now()))
        naps = stream.map(stream.iterate([3, 1, 2]), asyncio.sleep, ordered=False)
        await naps
        with pytest.raises(TimeoutError):
            await stream.timeout(stream.never(), 100)
        return seen, now()

    counted = [(0, 0.0), (10, 0.0), (1, 2.0), (11, 3.0), (2, 4.0)]
    assert run(main, None) == (counted, 107.0)


def test_asyncstdlib_iterates_in_virtual_time():
    asyncstdlib = pytest.importorskip("asyncstdlib")

    async def tick(count, seconds):
        for number in range(count):
            await asyncio.sleep(seconds)
            yield number

    async def main():
        pairs = [(*pair, now()) async for pair in asyncstdlib.zip(tick(3, 1), tick(2, 5))]

        @asyncstdlib.lru_cache
        async def slow(key):
            await asyncio.sleep(100)
            return key

        answers = [await slow(key) for key in "abab"]
        return pairs, answers, now()

    assert run(main, None) == ([(0, 0, 6.0), (1, 1, 12.0)], list("abab"), 213.0)
