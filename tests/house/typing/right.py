"""A user's program with every public name, as type checkers are to accept it in their strict modes.

It is a program as well: `test_typing` runs it.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import assert_type

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

import vtloop
from vtloop import (
    chart,
    choices,
    claims,
    histories,
    marbles,
    mermaid,
    net,
    perfetto,
    strategies,
    sweep,
)


async def fetch(seconds: float) -> float:
    await asyncio.sleep(seconds)
    print("fetched")
    return seconds


async def main() -> list[float]:
    gate = asyncio.Semaphore(2)

    async def download(seconds: float) -> float:
        async with gate, vtloop.section("loading"):
            return await fetch(seconds)

    async with vtloop.takes(4):
        return [*await asyncio.gather(*(download(seconds) for seconds in (1.0, 2.0, 3.0)))]


# Runs


def runs() -> None:
    assert_type(vtloop.run(main()), list[float])
    assert_type(vtloop.run(main, until=timedelta(hours=1), debug=False), list[float])
    run = vtloop.simulate(
        main,
        settle=True,
        until=Fraction(7, 2) * 2,
        seed="a word",
        wall_clock=datetime(2024, 1, 31),
        timer_slack=Decimal(0),
        patience=1.5,
    )
    assert_type(run, vtloop.Run[list[float]])
    assert_type(run.value, list[float] | None)
    assert_type(run.result(), list[float])
    assert_type(run.trace, vtloop.Trace)
    assert run["download#2"].took == 1
    assert run.timeline["download#2"].label == "download#2"
    print(run.marbles(width=60), run.transcript(), run.digest(), run.elapsed + run.ended)
    growth = vtloop.check_growth(lambda number: fetch(number), "linear", sizes=[1, 2, 3, 5])
    assert growth.law == "linear"
    with asyncio.Runner(loop_factory=vtloop.VirtualLoop) as runner:
        assert_type(runner.run(fetch(1)), float)


async def aware() -> None:
    await asyncio.sleep(2)
    assert_type(vtloop.now(), float)
    vtloop.shift_wall_clock(60)
    vtloop.busy(0.5)
    loop = asyncio.get_running_loop()
    assert isinstance(loop, vtloop.VirtualLoop)
    clock: vtloop.Clock = loop.clock
    assert clock.now == 2_500_000_000


def errors() -> None:
    async def waits() -> None:
        await asyncio.Event().wait()

    kinds: list[type[Exception]] = [
        vtloop.SimulationError,
        vtloop.DeadlockError,
        vtloop.LivelockError,
        vtloop.UntilReached,
        vtloop.NotSimulated,
        vtloop.SimulationWarning,
        vtloop.SpinWarning,
    ]
    try:
        vtloop.run(waits())
    except vtloop.DeadlockError as error:
        assert type(error) in kinds


# Claims


def claimed(run: vtloop.Run[list[float]]) -> None:
    whole: claims.Claim = claims.takes(4) & claims.never_blocks() & claims.nothing_unfinished()
    whole.check(run)
    whole.check(run.timeline)
    whole.check(run.trace)
    verdict: claims.Verdict = claims.at_most(2, "loading").of(run)
    assert verdict
    assert claims.fair("gate").of(run)
    assert claims.in_parallel("download#2", "download#3").of(run)
    assert not claims.in_sequence("download#2", "download#4").of(run)
    subject: claims.Subject = claims.task("download#2")
    moment: claims.Moment = claims.printed("fetched")
    assert not (claims.sent("10.0.0.2:80") | claims.received(by="main") | claims.connected()).of(
        run
    )
    assert subject.finishes.at(1).of(run)
    assert (subject.takes(1) | ~moment.within(1)).of(run)
    try:
        vtloop.takes(5).check(run)
    except claims.ClaimError as error:
        assert "Claimed" in str(error)


# Histories


class Store:
    def __init__(self) -> None:
        self.values: dict[str, int] = {}

    async def put(self, key: str, value: int) -> None:
        await asyncio.sleep(1)
        self.values[key] = value

    async def get(self, key: str) -> int:
        return self.values[key]


class Account(histories.Model):
    initial = 0

    def pay(self, balance: int, amount: int) -> tuple[int, object] | None:
        return (balance - amount, histories.ANY) if amount <= balance else None


async def stored() -> histories.History:
    history = histories.History(answers=(KeyError,), refusals=(ConnectionRefusedError,))
    store = history.of(Store(), client="Ann")
    assert_type(store, Store)
    async with history.operation("put", "y", 1) as call:
        call.result = None
    assert_type(call, histories.Call)
    assert_type(await history.call(store.get, "x") if store.values else 0, int)
    await store.put("x", 1)
    assert_type(await store.get("x"), int)
    return history


def judged() -> None:
    history = vtloop.run(stored)
    missing = histories.Raised(KeyError)
    verdict = vtloop.linearizable(history, histories.Dictionary(missing=missing), budget=1000)
    assert_type(verdict, histories.Verdict)
    assert_type(verdict.order, tuple[histories.Operation, ...] | None)
    assert_type(verdict.contradiction, histories.Contradiction | None)
    verdict.assert_ok()
    models: list[type[histories.Model]] = [Account, histories.Counter, histories.Lock]
    models += [histories.Members, histories.Queue, histories.Register]
    assert all(histories.linearizable(histories.History(), model) for model in models)


# Views


def views(run: vtloop.Run[list[float]], directory: Path) -> None:
    run.chart(directory / "run.html", title="Downloads")
    perfetto.save(run.timeline, directory / "run.json")
    assert perfetto.encoded(run.timeline) == (directory / "run.json").read_bytes()
    events: dict[str, object] = perfetto.perfetto(run.timeline)
    texts: list[str] = [
        marbles.marbles(run.timeline, tasks=["download#2"], start=0, end=Decimal(1))
    ]
    texts += [mermaid.gantt(run.timeline, title="A"), mermaid.sequence(run.timeline)]
    figure = chart.figure(run.timeline, axis="both", size=(6.0, 4.0), legend=False)
    figures = [figure, chart.compare(run.timeline, run.timeline, titles=("a", "b"))]
    chart.draw(run.timeline, ax=figures[0].axes[0], theme="dark")
    chart.save(run.timeline, directory / "run.svg", size="slide")
    assert events and all(texts)


# Sweeps


async def careful() -> None:
    lock = asyncio.Lock()
    async with lock:
        await asyncio.sleep(1)


def checked(outcome: object) -> bool:
    return outcome is not None


def sweeps() -> None:
    counts: list[int] = []
    report: sweep.Report = sweep.sweep(
        careful,
        victim="careful",
        classes="AB",
        budget=10,
        check=checked,
        always=sweep.conserved(lambda: counts, lambda: counts),
        oracles=[*sweep.ORACLES, sweep.SlowCleanup(60), sweep.Failures((OSError,))],
        wall_clock="09:24:00",
        max_seconds=600,
    )
    problems: list[sweep.Problem] = [*report.problems]
    again: sweep.Replay = sweep.replay(careful, "careful#1@R0", seed=1)
    findings: list[sweep.Finding] = [*again.findings]
    claims.takes(0).of(again)
    assert report.ok and not problems and not findings


# Hypothesis


@settings(max_examples=3, deadline=None, database=None)
@given(
    fate=strategies.fates(cancellations=1, victim="work"),
    delay=strategies.delays(2, step=0.5),
    fault=strategies.faults(OSError),
    policy=strategies.schedules(),
    token=strategies.tokens(careful),
    program=strategies.programs(),
    network=strategies.networks("db", most_faults=1),
    network_fault=strategies.network_faults("db", "api"),
)
def examples(
    fate: strategies.Fate,
    delay: float,
    fault: type[BaseException] | None,
    policy: choices.Ties,
    token: str,
    program: strategies.Program,
    network: net.Network,
    network_fault: net.Fault,
) -> None:
    async def work() -> None:
        await asyncio.sleep(delay + fate.draw(st.floats(0, 1)))

    fate.explore(work)
    assert token.startswith("careful#1@")
    assert program is not None and fault in (None, OSError)
    assert not policy.choices


class Last:
    """Chooses the last of all."""

    def choose(self, kind: str, n: int) -> int:
        return n - 1


def chosen() -> None:
    chooser: choices.Chooser = Last()
    kept = choices.Keeping(chooser)
    policy = choices.Ties(kept)
    with asyncio.Runner(loop_factory=lambda: vtloop.VirtualLoop(policy=policy)) as runner:
        runner.run(main())
    assert policy.choices == kept.choices
    again = choices.Replaying(choices.Choices.parse(str(kept.choices)))
    vtloop.VirtualLoop(policy=choices.Ties(again)).close()
    assert again.missed == kept.choices
    assert min(kept.choices, choices.Choices()) == choices.Choices()


# The network


async def talk(network: net.Network) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read())
        writer.close()

    assert net.current_network() is network
    with network.host("db", ip="10.0.0.9") as ip:
        server = await asyncio.start_server(answer, "db", 5432)
    assert ip == "10.0.0.9"
    reader, writer = await asyncio.open_connection("db", 5432)
    with network.rule(hold):
        writer.write(b"hello")
        held: list[net.Message] = network.held
        network.release(held[0])
    writer.write_eof()
    assert await reader.read() == b"hello"
    writer.close()
    server.close()
    network.crash("db")
    network.restart("db")


def hold(message: net.Message) -> net.Verdict | None:
    if message.kind != "data":
        return net.PASS
    return net.after(1) if message.chance("late", 0) else net.HOLD


def networked() -> None:
    network = net.Network(latency=0.1, jitter=0.1, bandwidth=1e6, seed=1)
    network.link("", "db", latency=0.2)
    run = vtloop.simulate(lambda: talk(network), network=network)
    assert_type(run.choices, choices.Choices)
    again = net.Network(chooser=choices.Replaying(run.choices))
    vtloop.run(talk(again), network=again)
    faults: list[net.Fault] = [
        net.partition("db", one_way=True),
        net.black_hole("db"),
        net.clog("", "db"),
        net.coalesce(0.1, "db"),
        net.duplication(0.1, "db"),
        net.half_open("db"),
        net.loss(0.1, "db"),
        net.refused(":5432"),
        net.reordering(0.1, 0.5, "db"),
        net.reset("10.0.0.9:5432"),
        net.reset_after(100, "db"),
        net.slow("db", latency=1),
        net.split(1, "db"),
    ]
    for fault in faults:
        again.schedule(fault, after=3, lasting=1)
    again.schedule(lambda message: net.DROP, after=9)
    again.schedule(lambda message: net.RESET, after=9)
    choices.Random(1).choose("jitter", 3)


class Machine(strategies.AsyncStateMachine):
    # Hypothesis' own types know no rules that are async.
    @rule(seconds=strategies.delays())  # type: ignore[arg-type]
    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def machine() -> None:
    run_state_machine_as_test(Machine, settings=settings(max_examples=3, deadline=None))


# Tests


@pytest.mark.vtloop(wall_clock="09:24:00")
async def test_of_a_user(vt: vtloop.VirtualTime) -> None:
    await fetch(10)
    assert vt.now() == 10
    assert_type(vt.loop, vtloop.VirtualLoop)
    assert_type(vt.clock, vtloop.Clock)
    claims.nothing_unfinished().check(vt.run)
    print(vt.marbles(), vt.timeline.end)


def test_of_a_user_that_is_not_async(vt: vtloop.VirtualTime) -> None:
    assert vt.complete(fetch(1)) == 1


def everything(directory: Path) -> None:
    run = vtloop.simulate(main)
    parts: list[Callable[[], object]] = [runs, errors, sweeps, examples, chosen, machine, networked]
    parts.append(judged)
    for part in parts:
        part()
    vtloop.run(aware())
    claimed(run)
    views(run, directory)
