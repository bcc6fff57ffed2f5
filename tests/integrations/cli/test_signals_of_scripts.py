"""Signals that a command is given arrive at a script at their virtual seconds."""

import signal
import textwrap

import pytest

from vtloop.integrations.cli.main import main
from vtloop.values.trace import load

SERVES_UNTIL_IT_IS_STOPPED = """
    import asyncio, signal, vtloop

    async def main():
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        async with await asyncio.start_server(print, "127.0.0.1", 80):
            await stop.wait()
        print("stopped at", vtloop.now())

    asyncio.run(main())
"""
IS_INTERRUPTED = """
    import asyncio, vtloop

    async def main():
        try:
            await asyncio.sleep(3600)
        finally:
            print("cleaned up at", vtloop.now())

    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("interrupted")
"""
RUNS_TWO_LOOPS = """
    import asyncio, signal, vtloop

    signal.signal(signal.SIGUSR1, lambda number, frame: print(vtloop.now()))
    for seconds in 20, 30:
        asyncio.run(asyncio.sleep(seconds))
"""


@pytest.fixture
def path(tmp_path):
    """Write a script, and return its path."""

    def write(source):
        path = tmp_path / "program.py"
        path.write_text(textwrap.dedent(source))
        return str(path)

    return write


@pytest.mark.parametrize(
    ("source", "signals", "printed"),
    [
        (SERVES_UNTIL_IT_IS_STOPPED, ["SIGTERM@30"], "stopped at 30.0\n"),
        (IS_INTERRUPTED, ["INT@0.5"], "cleaned up at 0.5\ninterrupted\n"),
        (RUNS_TWO_LOOPS, ["USR1@35", "USR1@5", "USR1@5", "USR1@60"], "5.0\n5.0\n35.0\n"),
    ],
)
def test_signals_arrive_at_their_seconds(path, capsys, source, signals, printed):
    before = signal.getsignal(signal.SIGUSR1)
    options = [word for one in signals for word in ("--signal", one)]
    try:
        assert main(["run", *options, path(source)]) == 0
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert capsys.readouterr().out == printed


def test_a_run_that_is_drawn_or_traced_has_its_signals_too(path, tmp_path):
    trace = tmp_path / "trace.jsonl"
    script = path(SERVES_UNTIL_IT_IS_STOPPED)
    assert main(["trace", "--signal", "SIGTERM@30", "-o", str(trace), script]) == 0
    assert [line.text for line in load(trace).printed] == ["stopped at 30.0"]


@pytest.mark.parametrize("text", ["SIGTERM", "SIGNONE@3", "@3", "9@3", "TERM@-3", "TERM@soon"])
def test_what_is_no_signal_at_a_second_is_refused(path, capsys, text):
    with pytest.raises(SystemExit) as stop:
        main(["run", "--signal", text, path(IS_INTERRUPTED)])
    assert stop.value.code == 2
    assert "give" in capsys.readouterr().err
