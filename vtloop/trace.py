"""What a run has recorded, and reading it from a file; see `values.trace`."""

from vtloop.values.trace import Trace as Trace
from vtloop.values.trace import load as load
