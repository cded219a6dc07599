"""Making the next item while this one is in use."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import current_thread
from typing import Final, TypeVar

__all__ = ["made_ahead"]

T = TypeVar("T")

_NAME: Final = "provgraph-ahead"


class _End:
    """What comes after the last item."""


@contextmanager
def made_ahead(items: Iterator[T]) -> Generator[Iterator[T]]:
    """Run `items` in a thread of its own, one item ahead of who consumes them.

    For a maker that computes and a consumer that waits for somebody else: the two then overlap. An error in `items`
    is raised where the next item is asked for. When the block ends, however, the maker is stopped and closed.
    """
    end = _End()
    # one thread for all of it: what the maker opens in it (a SQLite connection) is used and closed there too
    with ThreadPoolExecutor(1, initializer=lambda: setattr(current_thread(), "name", _NAME)) as maker:

        def consume() -> Iterator[T]:
            coming = maker.submit(next, items, end)
            while not isinstance(item := coming.result(), _End):
                coming = maker.submit(next, items, end)
                yield item

        try:
            yield consume()
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                maker.submit(close).result()
