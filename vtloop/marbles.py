"""Timelines as text, a character for a stretch of time; see `views.marbles`."""

from vtloop.views.marbles import marbles as marbles
