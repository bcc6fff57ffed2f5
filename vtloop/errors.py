"""What a simulation can raise or warn of: one class for each thing a caller may want to catch.

Every message states what was done, what was true, and what to do instead.
"""


class SimulationError(Exception):
    """The simulation cannot go on; the base of the errors below."""


class DeadlockError(SimulationError):
    """Nothing is ready, no timer is pending and no thread can call in."""


class LivelockError(SimulationError):
    """Tasks keep running at one instant and nothing is pending that could move the clock."""


class UntilReached(SimulationError):
    """The clock would have passed the run's `until`."""


class DeadlockBeforeUntil(DeadlockError, UntilReached):
    """Nothing can happen any more before the run's `until`, so the run ends at once."""


class NotSimulated(SimulationError):
    """The program asked for something real (a socket, a process, …) that is not simulated."""


class NotOffered(NotSimulated, NotImplementedError):
    """A NotSimulated for which the fallback will do that libraries have for loops without it."""


class ClaimError(AssertionError):
    """A claim about a run does not hold. It is no SimulationError: the run itself went well."""


class AuditError(AssertionError):
    """A program does not do the same in every process. Like ClaimError it is no SimulationError."""


class SimulationWarning(RuntimeWarning):
    """The run went on, but its user should know something; the base of the warnings below."""


class SpinWarning(SimulationWarning):
    """Tasks polled at one instant so long that the clock moved on to the next deadline."""
