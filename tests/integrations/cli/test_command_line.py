"""The command line's own behaviour; that scripts run as with python is in test_scripts."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import vtloop
from vtloop.integrations.cli.main import main
from vtloop.timeline.timeline import Timeline
from vtloop.values.trace import load
from vtloop.views import html

pytestmark = pytest.mark.ends


@pytest.fixture
def script(tmp_path):
    """Write a script and return a function that runs it with `vtloop run`."""

    def run(source, *options, args=(), stdin=""):
        path = tmp_path / "program.py"
        path.write_text(textwrap.dedent(source))
        return subprocess.run(
            [sys.executable, "-m", "vtloop", "run", *options, str(path), *args],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


HELLO = """
    import asyncio, sys, time

    async def say_after(delay, what):
        await asyncio.sleep(delay)
        print(what)

    async def main():
        await asyncio.gather(say_after(1, "hello"), say_after(2.0000005, "world"))

    asyncio.run(main())
    time.sleep(3)
    asyncio.run(main())
    print("at the end")
"""


def test_timestamps_go_on_over_the_loops_and_the_sleeps_between_them(script):
    assert script(HELLO, "--timestamps").stdout == (
        "     1.000  say_after#2  | hello\n"
        " 2.0000005  say_after#3  | world\n"
        " 6.0000005  say_after#2  | hello\n"
        "  7.000001  say_after#3  | world\n"
        "  7.000001  -            | at the end\n"
    )


def test_what_a_script_prints_between_its_loops_is_no_callbacks(tmp_path, monkeypatch):
    """So a chart of the loop before has no row for it."""
    monkeypatch.chdir(tmp_path)
    Path("program.py").write_text(textwrap.dedent(HELLO))
    command = [sys.executable, "-m", "vtloop", "trace", "program.py", "-o", "run.jsonl"]
    subprocess.run(command, check=True, capture_output=True)
    first, second = load("run.jsonl"), load("run-2.jsonl")
    assert [event[3] for event in first.events if event[2] == "print"] == [2, 3]
    assert [event[3] for event in second.events if event[2] == "print"] == [2, 3, -1]
    assert "timers and callbacks" not in html.page(Timeline(second))


def test_without_timestamps_the_output_is_the_scripts_own(script):
    done = script(HELLO)
    assert done.stdout == "hello\nworld\nhello\nworld\nat the end\n"
    assert (done.stderr, done.returncode) == ("", 0)


def test_until_stops_the_script_and_says_what_was_left(script):
    done = script(
        """
        import asyncio

        async def main():
            while True:
                await asyncio.sleep(1)
                print("tick")

        asyncio.run(main())
        """,
        "--until",
        "3",
    )
    assert done.stdout == "tick\n" * 3
    assert done.stderr.startswith("vtloop: The run reached until=3 seconds of virtual time")
    assert "main#1 waits for a sleep until 4 s" in done.stderr
    assert done.returncode == 0


def test_random_is_seeded_unless_told_otherwise(script):
    source = "import random; print(random.random())"
    assert script(source).stdout == script(source, "--seed", "0").stdout
    assert script(source).stdout != script(source, "--seed", "1").stdout


def test_a_deadlock_ends_the_script_with_its_message_and_none_of_our_frames(script):
    done = script(
        """
        import asyncio

        async def main():
            await asyncio.Event().wait()

        asyncio.run(main())
        """
    )
    assert done.returncode == 1
    assert "vtloop.errors.DeadlockError: The program waited at virtual time 0 s" in done.stderr
    assert "asyncio.run(main())" in done.stderr
    assert "vtloop/core/loop.py" not in done.stderr


def test_the_wall_clock_starts_as_told_and_all_clocks_move(script):
    done = script(
        """
        import asyncio, datetime, time
        from time import perf_counter

        async def main():
            start = perf_counter(), time.monotonic(), time.time()
            print(time.strftime("%F %X"), datetime.datetime.now())
            await asyncio.sleep(1.5)
            now = perf_counter(), time.monotonic(), time.time()
            print(*(after - before for after, before in zip(now, start)))

        asyncio.run(main())
        """,
        "--wall-clock",
        "2024-02-29T23:59:59",
    )
    assert done.stdout == "2024-02-29 23:59:59 2024-02-29 23:59:59\n1.5 1.5 1.5\n"


@pytest.mark.parametrize(
    ("given", "begins"),
    [
        ((), "2000-01-01T00:00:00+00:00"),
        (("--wall-clock", "09:24:00"), "2000-01-01T09:24:00+00:00"),
        (("--wall-clock", "2025-05-06"), "2025-05-06T00:00:00+00:00"),
        (("--wall-clock", "2025-05-06 07:08"), "2025-05-06T07:08:00+00:00"),
        (("--wall-clock", "2025-05-06T07:08:09+02:00"), "2025-05-06T07:08:09+02:00"),
    ],
)
def test_the_date_is_that_of_the_option_or_the_first_of_2000(script, given, begins):
    source = "import datetime; print(datetime.datetime.now().astimezone().isoformat())"
    assert script(source, *given).stdout == f"{begins}\n"


def test_the_machines_clocks_can_be_had(script):
    source = """
        import asyncio, datetime, time

        async def main():
            before = time.time()
            await asyncio.sleep(1000)
            print(time.time() - before < 100, datetime.date.today().year > 2000)

        asyncio.run(main())
        """
    assert script(source, "--wall-clock", "real").stdout == "True True\n"


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_a_script_tells_the_same_time_in_every_process(script, zone, monkeypatch):
    source = """
        import asyncio, datetime, time

        async def main():
            for _ in range(2):
                print(time.strftime("%F %T %Z"), datetime.datetime.now(), time.monotonic())
                await asyncio.sleep(1.5)

        print(time.strftime("started at %X"))
        asyncio.run(main())
        """
    monkeypatch.setenv("TZ", zone)
    assert script(source).stdout == (
        "started at 00:00:00\n"
        "2000-01-01 00:00:00 UTC 2000-01-01 00:00:00 268435456.0\n"
        "2000-01-01 00:00:01 UTC 2000-01-01 00:00:01.500000 268435457.5\n"
    )


def test_a_wall_clock_that_is_no_time_is_refused_with_examples(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["run", "--wall-clock", "noon", "script.py"])
    assert stop.value.code == 2
    assert (
        "'noon' was given as a wall clock, which is no time; give now, a time of day"
        in capsys.readouterr().err
    )


def test_a_missing_script_is_a_usage_error_with_what_to_give(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["run", "--timestamps"])
    assert stop.value.code == 2
    assert "called without a script; give script.py, or -m module" in capsys.readouterr().err


def test_options_after_the_script_are_the_scripts_own(script):
    source = "import sys; print(sys.argv[1:])"
    done = script(source, args=["--seed", "5", "-m", "--", "--timestamps"])
    assert done.stdout == "['--seed', '5', '-m', '--', '--timestamps']\n"


def test_standard_input_is_the_scripts(script):
    assert script("print(input() + input())", stdin="a\nb\n").stdout == "ab\n"


def test_an_error_that_is_its_own_cause_is_printed_and_ends_the_script(script):
    done = script("error = ValueError('in a circle'); raise error from error")
    assert done.returncode == 1
    assert done.stderr.endswith("ValueError: in a circle\n")


def test_what_is_registered_for_the_end_runs_after_an_interrupt(script):
    done = script("import atexit; atexit.register(print, 'the end'); raise KeyboardInterrupt")
    assert done.stdout == "the end\n"
    assert done.returncode == -signal.SIGINT


@pytest.mark.parametrize("until", ["-1", "nan", "soon"])
def test_an_until_that_is_no_time_is_refused(until, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["run", f"--until={until}", "script.py"])
    assert stop.value.code == 2
    assert f"'{until}' is no time; give a number of seconds" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "nowhere/run.svg"], "while there is no directory 'nowhere'; make it first"),
        (["-o", "run.doc"], "the formats are svg, png"),
        (["-n", "2"], "unrecognized arguments: -n 2; put those of the script behind --"),
    ],
)
def test_a_view_that_cannot_be_written_is_refused_before_the_script_runs(
    arguments, words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.py").write_text("print('it ran')")
    with pytest.raises(SystemExit) as stop:
        main(["chart", "program.py", *arguments])
    told = capsys.readouterr()
    assert stop.value.code == 2
    assert words in told.err
    assert "it ran" not in told.out


def test_two_dashes_before_a_script_are_no_script(tmp_path, capsys):
    script = tmp_path / "program.py"
    script.write_text("import sys; print(sys.argv[1:])")
    assert main(["run", "--", str(script), "-n", "--"]) == 0
    assert capsys.readouterr().out == "['-n', '--']\n"


# --- Threads of a script ------------------------------------------------------------------------

THREADS = """
    import asyncio, threading, time
    from concurrent.futures import ThreadPoolExecutor

    begun = time.monotonic()

    def tell(what):
        print(f"{time.monotonic() - begun:.1f} {what}")

    def tick(name, times):
        for _ in range(times):
            time.sleep(1)
            tell(name)

    async def main():
        await asyncio.sleep(2)
        tell("the loop")
    """


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        (
            """
            threading.Thread(target=tick, args=("a thread", 2)).start()
            time.sleep(1.5)
            tell("the script")
            """,
            "1.0 a thread\n1.5 the script\n2.0 a thread\n",
        ),
        (
            """
            thread = threading.Thread(target=tick, args=("a thread", 3))
            thread.start()
            asyncio.run(main())
            tell("the script")
            thread.join()
            tell("the script")
            """,
            "1.0 a thread\n2.0 a thread\n2.0 the loop\n2.0 the script\n3.0 a thread\n"
            "3.0 the script\n",
        ),
        (
            """
            async def start():
                threading.Thread(target=tick, args=("a thread", 3)).start()
                await main()

            asyncio.run(start())
            asyncio.run(main())
            """,
            "1.0 a thread\n2.0 a thread\n2.0 the loop\n3.0 a thread\n4.0 the loop\n",
        ),
        (
            """
            threads = [threading.Thread(target=asyncio.run, args=(main(),)) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            """,
            "2.0 the loop\n2.0 the loop\n",
        ),
        (
            """
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=loop.run_forever, daemon=True)
            thread.start()
            asyncio.run_coroutine_threadsafe(main(), loop).result()
            asyncio.run_coroutine_threadsafe(main(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            """,
            "2.0 the loop\n4.0 the loop\n",
        ),
        (
            """
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(tick, "abc", (2, 1, 1)))
            tell("the script")
            """,
            "1.0 a\n1.0 b\n2.0 a\n2.0 c\n2.0 the script\n",
        ),
        (
            """
            import vtloop

            threading.Thread(target=tick, args=("a thread", 2)).start()
            print(vtloop.run(main()))  # which has a time of its own
            time.sleep(1.5)
            tell("the script")
            """,
            "2.0 the loop\nNone\n1.0 a thread\n1.5 the script\n2.0 a thread\n",
        ),
        (
            """
            event = threading.Event()
            threading.Timer(3, event.set).start()
            tell(event.wait(1))
            tell(event.wait(5))
            """,
            "1.0 False\n3.0 True\n",
        ),
    ],
    ids=["beside", "joined", "outlives", "loops", "background loop", "pool", "run", "timer"],
)
def test_threads_of_a_script_are_in_its_time_whether_or_not_a_loop_runs(script, source, printed):
    done = script(textwrap.dedent(THREADS) + textwrap.dedent(source))
    assert (done.stdout, done.stderr) == (printed, "")


def test_a_script_that_waits_for_what_no_thread_can_end_is_told_so(script):
    done = script(
        """
        import threading

        lock = threading.Lock()

        def hold():
            with lock:
                threading.Event().wait()

        threading.Thread(target=hold).start()
        threading.Event().wait(1)
        lock.acquire()
        """
    )
    assert "DeadlockError: MainThread blocked the program's own thread at" in done.stderr
    assert "thread 'Thread-1 (hold)' waits" in done.stderr
    assert "in hold: threading.Event().wait()" in done.stderr


LISTENS = """
    import asyncio

    async def main():
        async with await asyncio.start_server(print, "127.0.0.1", 80) as server:
            print(server.sockets[0].getsockname())

    asyncio.run(main())
"""


def test_a_script_is_run_without_a_network_if_that_is_asked_for(script, tmp_path):
    assert script(LISTENS).stdout == "('127.0.0.1', 80)\n"
    refused = script(LISTENS, "--no-network")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "leave out network=None" in refused.stderr
    path = tmp_path / "program.py"
    assert main(["trace", "-o", f"{tmp_path}/t.jsonl", str(path)]) == 0
    with pytest.raises(vtloop.errors.NotSimulated):
        main(["trace", "--no-network", "-o", f"{tmp_path}/t.jsonl", str(path)])
