"""APScheduler 3 keeps to its timetable through simulated days, unmodified.

Its schedulers read `datetime.now`, in threads as well; a run begins on 2000-01-01 in UTC, unless a
test is about another date.
"""

import asyncio
import time
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger

import vtloop
from tests.support.clocks import elapsed, now

BERLIN = ZoneInfo("Europe/Berlin")
DAY = 86400.0


def run(main, **options):
    """Run `main` in virtual time; nothing outside the simulation may have had a say."""
    result = vtloop.simulate(main, **options)
    value = result.result()
    assert result.reproducible
    assert not result.notices
    assert not result.unretrieved
    return value


def scheduled(
    seconds: float, *jobs, start: datetime | None = None, **options
) -> list[tuple[str, float]]:
    """Run an AsyncIOScheduler for so many seconds, and return when its jobs ran, by name.

    Each job is (function, trigger, options of the trigger).
    """
    ran = []

    async def main():
        loop = asyncio.get_running_loop()

        def tell(name):
            ran.append((name, loop.time()))

        scheduler = AsyncIOScheduler(**options)
        for function, trigger, rule in jobs:
            scheduler.add_job(function, trigger, args=[partial(tell, function.__name__)], **rule)
        scheduler.start()
        await asyncio.sleep(seconds)
        scheduler.shutdown()
        count = len(ran)
        await asyncio.sleep(10 * DAY)
        assert len(ran) == count  # a scheduler that was shut down is silent

    run(main, **({} if start is None else {"wall_clock": start}))
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
        3 * DAY - 1,
        (feed, "interval", {"hours": 12}),
        (clean, "cron", {"hour": 6, "minute": 30}),
        (count, "date", {"run_date": datetime(2000, 1, 2, 18)}),
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

    ran = scheduled(2300, (weigh, "interval", {"minutes": 20}), (feed, "interval", {"minutes": 25}))
    assert ran == [("feed", 1500.0), ("weigh", 1800.0)]


def test_apscheduler_keeps_the_local_hour_when_the_clocks_go_forward():
    ran = scheduled(
        3 * DAY,
        (feed, CronTrigger.from_crontab("0 6 * * *", timezone=BERLIN), {}),
        start=datetime(2024, 3, 30, tzinfo=BERLIN),
        timezone=BERLIN,
    )
    assert ran == [("feed", 6 * 3600.0), ("feed", 29 * 3600.0), ("feed", 53 * 3600.0)]


def test_apscheduler_sees_the_leap_day():
    (fed,) = scheduled(
        367 * DAY,
        (feed, "cron", {"month": "2", "day": "last"}),
        start=datetime(2023, 12, 31),
    )
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
        await asyncio.sleep(39)
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
        await asyncio.sleep(1210)
        scheduler.shutdown()
        return ran, datetime.now() - datetime(2000, 1, 1)

    ran, passed = run(main)
    assert ran == [60.0, 120.0, 480.0, 1110.0, 1710.0]
    assert passed == timedelta(seconds=1720)


def test_apscheduler_misses_what_was_due_while_the_loop_was_blocked():
    async def main():
        missed, ran = [], []
        loop = asyncio.get_running_loop()
        scheduler = AsyncIOScheduler()
        scheduler.add_listener(lambda event: missed.append(loop.time()), EVENT_JOB_MISSED)

        async def tick():
            ran.append(now())

        scheduler.add_job(tick, "interval", seconds=10, misfire_grace_time=1, coalesce=False)
        scheduler.start()
        await asyncio.sleep(5)
        time.sleep(33)
        await asyncio.sleep(20)
        scheduler.shutdown()
        return missed, ran

    assert run(main) == ([38.0, 38.0, 38.0], [40.0, 50.0])


def test_apscheduler_tells_of_a_job_that_failed_when_it_was_to_run():
    async def main():
        errors = []
        loop = asyncio.get_running_loop()
        scheduler = AsyncIOScheduler()
        scheduler.add_listener(
            lambda event: errors.append((event.scheduled_run_time.isoformat(), loop.time())),
            EVENT_JOB_ERROR,
        )

        async def fail():
            await asyncio.sleep(1)
            raise OSError

        scheduler.add_job(fail, "date", run_date=datetime.now() + timedelta(days=1, seconds=0.5))
        scheduler.start()
        await asyncio.sleep(2 * DAY)
        scheduler.shutdown()
        return errors

    assert run(main) == [("2000-01-02T00:00:00.500000+00:00", DAY + 1.5)]


def test_apscheduler_keeps_its_timetable_in_a_thread_of_its_own():
    async def main():
        ran = []
        scheduler = BackgroundScheduler()

        @scheduler.scheduled_job("cron", hour="*/6")
        def report():
            time.sleep(30)
            ran.append((elapsed(), datetime.now().isoformat(" ")))

        scheduler.start()
        await asyncio.sleep(DAY - 1)
        scheduler.shutdown()
        await asyncio.sleep(DAY)
        return ran

    assert run(main) == [
        (30.0, "2000-01-01 00:00:30"),
        (6 * 3600 + 30.0, "2000-01-01 06:00:30"),
        (12 * 3600 + 30.0, "2000-01-01 12:00:30"),
        (18 * 3600 + 30.0, "2000-01-01 18:00:30"),
    ]


def test_apscheduler_blocks_a_worker_thread_until_a_task_shuts_it_down():
    async def main():
        ran = []
        scheduler = BlockingScheduler()
        scheduler.add_job(lambda: ran.append(elapsed()), "interval", seconds=7)
        blocked = asyncio.create_task(asyncio.to_thread(scheduler.start))
        await asyncio.sleep(30)
        scheduler.shutdown()
        await blocked
        return ran, now()

    assert run(main) == ([7.0, 14.0, 21.0, 28.0], 30.0)
