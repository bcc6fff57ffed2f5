"""Retries, limits, queues and streams of other libraries keep exact virtual time, unmodified.

Some read the loop's clock, some the process's (`datetime.now`, `time.monotonic`).
"""

import asyncio
import queue
import time

import backoff
import pytest
import tenacity

import vtloop
from tests.support.clocks import elapsed, now


def run(main):
    """Run `main` in virtual time; nothing outside the simulation may have had a say."""
    result = vtloop.simulate(main)
    value = result.result()
    assert result.reproducible
    assert not result.unretrieved
    return value


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
    assert statistics["start_time"] == 2.0**28
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


def test_tenacity_waits_longer_by_and_by():
    async def main():
        tried = []

        @tenacity.retry(wait=tenacity.wait_incrementing(start=60, increment=60))
        async def ask():
            tried.append(now())
            if len(tried) < 5:
                raise OSError
            return "at last"

        return await ask(), tried

    assert run(main) == ("at last", [0.0, 60.0, 180.0, 360.0, 600.0])


def test_tenacity_retries_blocking_code_in_a_worker_thread():
    async def main():
        tried = []

        @tenacity.retry(wait=tenacity.wait_fixed(30), stop=tenacity.stop_after_delay(100))
        def ask():
            tried.append(elapsed())
            raise OSError

        ticks = asyncio.create_task(asyncio.sleep(50, "on time"))
        with pytest.raises(tenacity.RetryError):
            await asyncio.to_thread(ask)
        return tried, await ticks, now()

    assert run(main) == ([0.0, 30.0, 60.0, 90.0, 120.0], "on time", 120.0)


# What backoff asks about functions, Python 3.14 deprecates.
of_backoff = pytest.mark.filterwarnings("ignore:'asyncio.iscoroutinefunction':DeprecationWarning")


@of_backoff
def test_backoff_gives_up_when_its_time_is_over():
    async def main():
        tried, gave_up = [], []

        def give_up(details):
            gave_up.append((details["elapsed"], details["tries"]))

        @backoff.on_exception(backoff.expo, OSError, max_time=60, jitter=None, on_giveup=give_up)
        async def ask():
            tried.append(now())
            raise OSError

        with pytest.raises(OSError, match=r"^$"):
            await ask()
        return tried, gave_up

    assert run(main) == ([0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 60.0], [(60.0, 7)])


@of_backoff
def test_backoff_polls_until_the_answer_is_there():
    async def main():
        asked = []

        @backoff.on_predicate(backoff.constant, interval=3600, jitter=None)
        async def ask():
            asked.append(now())
            return now() >= 3 * 3600

        return await ask(), asked

    assert run(main) == (True, [0.0, 3600.0, 7200.0, 10800.0])


@of_backoff
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
    assert vtloop.run(main, seed=1) != once


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

    assert run(main) == (5.0, 25.0, False)


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

    assert run(main) == [(0, 0.0), (1, 0.0), (2, 5.0), (3, 10.0), (4, 15.0), (5, 20.0)]


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
                    received.append((passage.sync_q.get(timeout=30), elapsed()))
            except queue.Empty:
                received.append(("empty", elapsed()))

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
    assert run(main) == (counted, 107.0)


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

    assert run(main) == ([(0, 0, 6.0), (1, 1, 12.0)], list("abab"), 213.0)
