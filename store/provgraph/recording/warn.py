"""How recording tells its user that something is not as it should be, without stopping a training for it."""

from __future__ import annotations

import inspect
import os
import sys
import warnings
from pathlib import Path

__all__ = ["RecordingWarning", "say", "warn"]

_PACKAGE = str(Path(__file__).resolve().parents[1]) + os.sep


class RecordingWarning(UserWarning):
    """What was recorded is not quite what was asked for; the text says how."""


def warn(message: str) -> None:
    """Warn, at the line of the user's own code."""
    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, RecordingWarning, stacklevel=level)


def say(message: str) -> None:
    """One line to stderr."""
    sys.stderr.write(f"provgraph: {message}\n")
    sys.stderr.flush()
