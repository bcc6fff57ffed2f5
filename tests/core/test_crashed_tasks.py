"""Tasks of a host that has crashed are gone for everybody, also for who ends a run."""

import asyncio

import vtloop
from vtloop.net import Network


async def a_host_crashes():
    network = Network()
    with network.host("db"):
        asyncio.create_task(asyncio.sleep(60))
        asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(1)
    network.crash("db")
    return len(asyncio.all_tasks())


def test_nobody_finds_the_tasks_of_a_crashed_host_any_more():
    assert vtloop.run(a_host_crashes()) == 1


def test_asyncios_own_runner_ends_without_them():
    with asyncio.Runner(loop_factory=vtloop.VirtualLoop) as runner:
        assert runner.run(a_host_crashes()) == 1
