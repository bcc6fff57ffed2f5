"""How Hypothesis draws in tests: the same examples each time, of which each may take its time."""

from hypothesis import HealthCheck, Phase, settings

QUICKLY = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[*HealthCheck],
    phases=set(Phase) - {Phase.explain},
)
