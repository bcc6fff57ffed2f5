"""Looks after a small server for a week: probes, nightly backups, and a dead man's switch.

The switch goes off when the server's own sign of life has stayed away for too long; then the exit
status is 3. The timetable is in hours.
"""

import argparse
import asyncio
import logging
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from contextvars import ContextVar
from datetime import datetime

job: ContextVar[str] = ContextVar("job", default="-")
log = logging.getLogger("watch")

DAY = 24
WEEK = 7 * DAY


class WithJob(logging.Filter):
    """Adds the name of the job at work to each record, in whichever thread it is."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.job = job.get()
        return True


class DeadMansSwitch:
    """Calls back once if nobody has held it for `patience` seconds."""

    def __init__(self, patience: float, callback: Callable[[], object]) -> None:
        self.patience = patience
        self.callback = callback
        self.timer: asyncio.TimerHandle | None = None

    def hold(self) -> None:
        self.release()
        self.timer = asyncio.get_running_loop().call_later(self.patience, self.callback)

    def release(self) -> None:
        if self.timer is not None:
            self.timer.cancel()


async def every(period: float, times: int) -> AsyncGenerator[int, None]:
    """Yield 1 … `times`, each at its own multiple of `period` seconds from now."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for count in range(1, times + 1):
        await asyncio.sleep(start + count * period - loop.time())
        yield count


def write_backup(seconds: float) -> str:
    """Copy everything to the tape; it blocks, so it wants a thread."""
    log.info("the tape is running")
    time.sleep(seconds)
    return f"{job.get()} is on tape"


class Watch:
    """One week's watch."""

    def __init__(self, hour: float, silent_from: int | None) -> None:
        self.hour = hour
        self.silent_from = silent_from
        self.count: Counter[str] = Counter()
        self.alarms: list[str] = []
        self.tapes: list[str] = []
        self.switch = DeadMansSwitch(27 * hour, self.alarm)

    def alarm(self) -> None:
        self.alarms.append(f"no sign of life after sign {self.count['sign of life']}")
        log.critical(self.alarms[-1])

    async def probe(self) -> None:
        job.set("probe")
        async for _ in every(self.hour, WEEK):
            self.count["probe"] += 1

    async def back_up(self) -> None:
        async for day in every(DAY * self.hour, 7):
            job.set(f"backup {day}")
            self.tapes.append(await asyncio.to_thread(write_backup, 2 * self.hour))
            log.info("the tape is back on its shelf")

    async def listen(self) -> None:
        job.set("listen")
        self.switch.hold()
        async with aclosing(every(6 * self.hour, WEEK // 6)) as signs:
            async for sign in signs:
                if sign == self.silent_from:
                    log.info("the line has gone quiet")
                    break
                self.count["sign of life"] += 1
                self.switch.hold()

    async def week(self) -> None:
        log.info("the watch begins")
        begin = datetime.now()
        await asyncio.gather(self.probe(), self.back_up(), self.listen())
        self.switch.release()
        log.info("the watch has taken %s", datetime.now() - begin)

    async def report(self) -> int:
        for name, times in sorted(self.count.items()):
            print(f"{name}: {times} times", flush=True)
        print(*self.tapes, sep=", ")
        print(*self.alarms or ["all is well"], sep="\n")
        return 3 if self.alarms else 0


def main() -> int | str:
    parser = argparse.ArgumentParser(description="Look after a small server for a week.")
    parser.add_argument("--silent-from", type=int, default=14, help="sign of life that fails")
    parser.add_argument("--time-unit", type=float, default=3600, help="seconds to the hour")
    options = parser.parse_args()
    if options.time_unit <= 0:
        return "an hour lasts longer than that"

    handler = logging.StreamHandler()
    handler.addFilter(WithJob())
    logging.basicConfig(
        format="%(asctime)s [%(job)s] %(message)s", level=logging.INFO, handlers=[handler]
    )
    watch = Watch(options.time_unit, options.silent_from)
    with asyncio.Runner() as runner:
        runner.run(watch.week())
        return runner.run(watch.report())


if __name__ == "__main__":
    sys.exit(main())
