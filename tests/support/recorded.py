"""A program's run, recorded: its trace, and what it ended with."""

import asyncio

import pytest
from hypothesis import HealthCheck, settings

import vtloop
from vtloop.core.runner import Runner
from vtloop.recording.recording import Recording

QUICKLY = settings(
    max_examples=50,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

# What deadlocks, and again as it is cancelled, leaves tasks behind.
leaves_tasks = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def recorded(program, policy):
    """Return the trace of a run with a policy, and the error that it ended with, if any."""
    recording = Recording()
    ended = None
    try:
        with Runner(vtloop.VirtualLoop(policy=policy, recorder=recording), None) as runner:
            runner.run(program())
    except (Exception, asyncio.CancelledError) as error:
        ended = repr(error)
    return recording.trace(), ended
