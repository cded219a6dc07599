"""Items made ahead: the same items, the same errors, and no maker left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from provgraph.loading.ahead import made_ahead


def test_items_come_in_their_order_and_all_of_them() -> None:
    with made_ahead(iter(range(1_000))) as items:
        assert list(items) == list(range(1_000))


def test_the_next_item_is_made_while_this_one_is_in_use() -> None:
    second_made = threading.Event()

    def make() -> Iterator[int]:
        yield 1
        second_made.set()
        yield 2

    with made_ahead(make()) as items:
        assert next(items) == 1
        assert second_made.wait(timeout=10)
        assert list(items) == [2]


def test_an_error_of_the_maker_is_raised_where_its_item_was_due() -> None:
    def make() -> Iterator[int]:
        yield 1
        raise ValueError("row 2 is torn")

    with made_ahead(make()) as items:
        assert next(items) == 1
        with pytest.raises(ValueError, match="row 2 is torn"):
            next(items)


def test_a_consumer_that_gives_up_stops_the_maker_and_closes_it() -> None:
    closed_in: list[str] = []

    def make() -> Iterator[int]:
        try:
            number = 0
            while True:
                yield (number := number + 1)
        finally:
            closed_in.append(threading.current_thread().name)

    def take_one_and_stop() -> None:
        with made_ahead(make()) as items:
            assert next(items) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_one_and_stop()
    assert closed_in == ["provgraph-ahead"]
    assert "provgraph-ahead" not in {thread.name for thread in threading.enumerate()}
