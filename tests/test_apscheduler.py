"""APScheduler 3 keeps to its timetable through simulated days, unmodified.

Its schedulers read `datetime.now`, so a run of theirs needs `wall_clock=`.
"""

import asyncio
import time
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

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


def run(main, start: datetime = LEAP_DAY):
    """Run `main` in virtual time; nothing outside the simulation may have had a say."""
    result = vtloop.simulate(main, wall_clock=start)
    value = result.result()
    assert result.reproducible
    assert not result.unretrieved
    return value


def scheduled(start: datetime, seconds: float, *jobs, **options) -> list[tuple[str, float]]:
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
        LEAP_DAY, 2300, (weigh, "interval", {"minutes": 20}), (feed, "interval", {"minutes": 25})
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
        return ran, datetime.now() - LEAP_DAY

    ran, passed = run(main)
    assert ran == [60.0, 120.0, 480.0, 1110.0, 1710.0]
    assert passed == timedelta(seconds=1720)
