"""Wrong uses of public names, each of which type checkers are to reject in their strict modes.

An ignored error that is none is an error too, so each comment here is an assertion. For pyright see
`test_typing`.
"""

import asyncio

import vtloop
from vtloop import chart, claims, strategies, sweep


async def main() -> int:
    await asyncio.sleep(1)
    return 1


async def of_size(number: int) -> None:
    await asyncio.sleep(number)


async def rejected(run: vtloop.Run[int], vt: vtloop.VirtualTime) -> None:
    vtloop.simulate(None)  # type: ignore[arg-type]
    vtloop.simulate(lambda: 3)  # type: ignore[arg-type, return-value]
    vtloop.simulate([main])  # type: ignore[arg-type]
    vtloop.run(of_size)  # type: ignore[arg-type]
    vtloop.run(main, until="3")  # type: ignore[arg-type]
    vtloop.run(main, seed=[1])  # type: ignore[arg-type]
    vtloop.run(main, settle="no")  # type: ignore[arg-type]
    vtloop.run(main, debug="no")  # type: ignore[arg-type]
    vtloop.run(main, wall_clock=3)  # type: ignore[arg-type]
    vtloop.run(main, patience="long")  # type: ignore[arg-type]
    vtloop.run(main, sed=1)  # type: ignore[call-arg]
    vtloop.VirtualLoop(timer_slack=None)  # type: ignore[arg-type]
    vtloop.VirtualLoop(clock=3)  # type: ignore[arg-type]
    vtloop.check_growth(of_size, 3)  # type: ignore[arg-type]
    vtloop.check_growth(of_size, "linear", sizes=5)  # type: ignore[arg-type]
    claims.takes(4).of(main)  # type: ignore[arg-type]
    claims.takes("four")  # type: ignore[arg-type]
    claims.takes(4).check("trace.jsonl")  # type: ignore[arg-type]
    claims.takes(4) & True  # type: ignore[operator]
    claims.at_most("2", "gate")  # type: ignore[arg-type]
    run.timeline = None  # type: ignore[assignment, misc]
    vt.complete(main)  # type: ignore[arg-type]
    vt.now = 3  # type: ignore[assignment, method-assign]
    chart.figure(run.timeline, size=3)  # type: ignore[arg-type]
    chart.figure(run.timeline, size=(4,))  # type: ignore[arg-type]
    chart.figure(run)  # type: ignore[arg-type]
    sweep.sweep(main())  # type: ignore[arg-type]
    sweep.sweep(main, budget="10")  # type: ignore[arg-type]
    sweep.replay(main, 3)  # type: ignore[arg-type]
    strategies.fates(cancellations="1")  # type: ignore[arg-type]
    strategies.faults(OSError())  # type: ignore[arg-type]
    async with vtloop.takes("1"):  # type: ignore[arg-type]
        pass
