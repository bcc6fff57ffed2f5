"""Timelines as diagrams for Mermaid; see `views.mermaid`."""

from vtloop.views.mermaid import gantt as gantt
from vtloop.views.mermaid import sequence as sequence
