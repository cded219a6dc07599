"""What this process keeps of tables it has read: they never change under their digest, and reading them takes time."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import streamlit as st

from provgraph.analysis.result import ErrorAnalysis

T = TypeVar("T")

_MOST_ROWS: Final = 2_500_000  # of all tables together; one table is kept whatever its size
_MOST_ANSWERS: Final = 200
_MOST_COMPARISONS: Final = 2
_SECONDS: Final = 600.0  # then what stands upstream of its rows is looked up anew


class Cache(Generic[T]):
    """Values by key, each made once however many ask for it at the same time; the least recently used go first.

    Args:
        most: of all weights together; the newest value is kept whatever it weighs.
        weigh: the weight of a value; 1 if not given.
        seconds: for how long a value holds.
    """

    def __init__(self, most: int, *, weigh: Callable[[T], int] | None = None, seconds: float = math.inf) -> None:
        self._most = most
        self._weigh: Callable[[T], int] = weigh or _one
        self._seconds = seconds
        self._found: OrderedDict[Hashable, tuple[T, float]] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of this key, made if it is not there. What `make` raises is not kept."""
        with self._lock:
            held = self._held(key)
            if held is not None:
                return held[0]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                held = self._held(key)
            if held is not None:
                return held[0]
            value = make()
            with self._lock:
                self._found[key] = (value, time.monotonic())
                self._making.pop(key, None)
                weight = sum(self._weigh(each) for each, _ in self._found.values())
                while weight > self._most and len(self._found) > 1:
                    weight -= self._weigh(self._found.popitem(last=False)[1][0])
        return value

    def holds(self, key: Hashable) -> bool:
        """Whether the value is there already."""
        with self._lock:
            return self._held(key) is not None

    def forget(self, key: Hashable) -> None:
        """Have it made again when it is next asked for."""
        with self._lock:
            self._found.pop(key, None)

    def _held(self, key: Hashable) -> tuple[T, float] | None:
        held = self._found.get(key)
        if held is None or time.monotonic() - held[1] > self._seconds:
            return None
        self._found.move_to_end(key)
        return held


def _one(_: object) -> int:
    return 1


@dataclass(eq=False)
class Opened:
    """A table that was read and joined, and what was asked of it since.

    Attributes:
        analysis: of the table as its roles say, over all columns.
        answers: what was computed from it.
        comparisons: of it with other tables; each holds the rows of both.
    """

    analysis: ErrorAnalysis
    answers: Cache[object] = field(default_factory=lambda: Cache[object](_MOST_ANSWERS))
    comparisons: Cache[ErrorAnalysis] = field(default_factory=lambda: Cache[ErrorAnalysis](_MOST_COMPARISONS))


@st.cache_resource(show_spinner=False)
def tables() -> Cache[Opened]:
    """The tables of this process, shared by all sessions: what they hold is the same for everybody."""
    return Cache(_MOST_ROWS, weigh=lambda opened: opened.analysis.encoded.rows, seconds=_SECONDS)
