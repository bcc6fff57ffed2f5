"""What holds for all tests: no example of Hypothesis fails as a machine was busy."""

from hypothesis import settings

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
