"""Progress on standard error: one line that changes on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from types import TracebackType
from typing import Final, Self

from provgraph.cli.text import printable, width

__all__ = ["ProgressLine"]

_REDRAW: Final = 0.1  # seconds
_REPEAT: Final = 10.0


class ProgressLine:
    """Call it as often as you like: `progress(1200, 5000, "executions")`. As a context manager it cleans up."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = time.monotonic() - (_REDRAW if self._terminal else 0.0)
        self._drawn = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def __call__(self, done: int, total: int | None, words: str, /) -> None:
        """Show how far it is, unless it was shown a moment ago."""
        now = time.monotonic()
        if now - self._last < (_REDRAW if self._terminal else _REPEAT):
            return
        self._last = now
        share = f" of {total:,} ({100 * done / total:.0f} %)" if total else ""
        text = printable(f"{done:,}{share}  {words}".rstrip())
        if self._terminal:
            text = text[: shutil.get_terminal_size().columns - 1]
            sys.stderr.write("\r" + text + " " * (self._drawn - width(text)))
            self._drawn = width(text)
        else:
            sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._drawn:
            sys.stderr.write("\r" + " " * self._drawn + "\r")
            sys.stderr.flush()
            self._drawn = 0
