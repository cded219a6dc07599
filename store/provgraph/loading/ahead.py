"""Making the next items while this one is in use."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Full, Queue
from typing import Final, TypeVar

__all__ = ["made_ahead"]

T = TypeVar("T")

_LOOK: Final = 0.2  # seconds between looks whether the consumer still wants more


class _End:
    """The last thing in the queue, with what ended the items, if it was an error."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


@contextmanager
def made_ahead(items: Iterator[T], *, most: int = 1) -> Generator[Iterator[T]]:
    """Run `items` in a thread of its own, at most `most` items ahead of who consumes them.

    For a maker that computes and a consumer that waits for somebody else: the two then overlap. An error in `items`
    is raised where the next item is asked for. When the block ends, however, the maker is stopped and closed.
    """
    queue: Queue[T | _End] = Queue(maxsize=most)
    unwanted = threading.Event()

    def put(item: T | _End) -> bool:
        while not unwanted.is_set():
            try:
                queue.put(item, timeout=_LOOK)
            except Full:
                continue
            return True
        return False

    def make() -> None:
        end = _End()
        try:
            for item in items:
                if not put(item):
                    break
        except BaseException as error:  # noqa: BLE001 - raised again by the consumer
            end = _End(error)
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()
        put(end)

    def consume() -> Iterator[T]:
        while True:
            item = queue.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item

    thread = threading.Thread(target=make, name="provgraph-ahead", daemon=True)
    thread.start()
    try:
        yield consume()
    finally:
        unwanted.set()
        with suppress(Empty):
            queue.get_nowait()  # a maker that waits for room goes on at once
        thread.join()
