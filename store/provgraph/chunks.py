"""Many things, some at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

__all__ = ["chunks", "weighed_chunks"]

T = TypeVar("T")


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items, the last of which may be shorter; none of nothing."""
    waiting = iter(items)
    while chunk := list(islice(waiting, size)):
        yield chunk


def weighed_chunks(items: Iterable[T], size: int, weight_of: Callable[[T], int], weight: int) -> Iterator[list[T]]:
    """Lists of up to `size` items that weigh up to `weight` together; what is heavier stands alone."""
    chunk: list[T] = []
    heavy = 0
    for item in items:
        own = weight_of(item)
        if chunk and (len(chunk) >= size or heavy + own > weight):
            yield chunk
            chunk, heavy = [], 0
        chunk.append(item)
        heavy += own
    if chunk:
        yield chunk
