"""What the interpreter and its library keep to themselves: frames, signals, logging, chance."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _weakrefset
import logging
import random
import sys
import warnings
import weakref
from typing import Any

getframe = sys._getframe
current_frames = sys._current_frames

# `signal`, with numbers: making enums of them would take longer than a short simulation.
signals: Any = _signal

# Where weak references are tidied up.
WEAKREF_FILES = (weakref.__file__, _weakrefset.__file__)

# What is called with a coroutine that is thrown away without having been awaited.
WARN_UNAWAITED = "_warn_unawaited_coroutine"
warn_unawaited: Any = vars(warnings)[WARN_UNAWAITED]

# From when `LogRecord.relativeCreated` counts.
START_OF_LOGGING = "_startTime"
start_of_logging: Any = vars(logging)[START_OF_LOGGING]

# The generator of which the functions of `random` are methods.
random_generator: Any = vars(random)["_inst"]
