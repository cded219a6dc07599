"""Rates over time: by day and week, in the slice asked for, by the clock of the rows."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from provgraph.errors import InvalidValueError
from provgraph.slicing import Outcome, PeriodRate, rate_over_time
from provgraph.slicing.proportions import wilson


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    draw = np.random.default_rng(0)
    times = pd.Timestamp("2026-02-27 00:00") + pd.to_timedelta(draw.uniform(0, 20 * 24 * 3600, 5_000), unit="s")
    wrong = draw.random(5_000) < 0.1
    return pd.DataFrame(
        {"time": times, "wrong": wrong, "camera": draw.choice(["A", "B"], 5_000), "loss": draw.exponential(size=5_000)}
    )


def _counts(found: tuple[PeriodRate, ...]) -> list[tuple[dt.date, int, int | None]]:
    return [(each.start, each.n, each.errors) for each in found]


def test_days_are_those_of_a_group_by(frame: pd.DataFrame) -> None:
    found = rate_over_time(frame, outcome="wrong", time="time")
    grouped = frame.groupby(frame["time"].dt.date)["wrong"].agg(["size", "sum"])
    assert _counts(found) == [(day, int(n), int(k)) for day, n, k in grouped.itertuples()]
    for each in found:
        assert each.errors is not None
        low, high = wilson(each.errors, each.n)
        assert (each.interval.low, each.interval.high) == (float(low), float(high))
        assert each.rate == each.errors / each.n


def test_weeks_begin_on_monday_whatever_the_month(frame: pd.DataFrame) -> None:
    found = rate_over_time(frame, outcome="wrong", time="time", every="week")
    assert [each.start for each in found] == [dt.date(2026, 2, 23) + dt.timedelta(weeks=k) for k in range(len(found))]
    assert sum(each.n for each in found) == 5_000
    iso = frame["time"].dt.isocalendar()
    assert [each.n for each in found] == frame.groupby([iso["year"], iso["week"]]).size().tolist()


def test_a_week_before_1970_begins_on_its_monday() -> None:
    frame = pd.DataFrame({"time": pd.to_datetime(["1969-12-31", "1970-01-05"]), "wrong": [True, False]})
    found = rate_over_time(frame, outcome="wrong", time="time", every="week")
    assert [each.start for each in found] == [dt.date(1969, 12, 29), dt.date(1970, 1, 5)]


def test_only_rows_of_the_slice_count(frame: pd.DataFrame) -> None:
    found = rate_over_time(frame, outcome="wrong", time="time", predicate={"camera": "B"})
    assert found == rate_over_time(frame[frame["camera"] == "B"], outcome="wrong", time="time")


def test_losses_have_means_with_students_interval(frame: pd.DataFrame) -> None:
    found = rate_over_time(frame, outcome=Outcome.loss("loss"), time="time")
    first = frame[frame["time"].dt.date == found[0].start]["loss"]
    assert found[0].errors is None
    assert found[0].rate == pytest.approx(first.mean())
    assert found[0].interval.high - found[0].rate == pytest.approx(1.97 * first.sem(), rel=0.01)


def test_rows_without_a_time_or_an_outcome_are_left_out() -> None:
    frame = pd.DataFrame(
        {
            "time": ["2026-01-01", None, "2026-01-01", "2026-01-02"],
            "label": ["a", "a", None, "a"],
            "prediction": ["b", "b", "b", "a"],
        }
    )
    found = rate_over_time(frame, outcome=Outcome.errors(), time="time")
    assert _counts(found) == [(dt.date(2026, 1, 1), 1, 1), (dt.date(2026, 1, 2), 1, 0)]


def test_days_are_those_of_the_rows_own_zone() -> None:
    late = pd.Timestamp("2026-01-01 23:30", tz="America/New_York")
    found = rate_over_time(pd.DataFrame({"time": [late], "wrong": [1]}), outcome="wrong", time="time")
    assert found[0].start == dt.date(2026, 1, 1)


def test_texts_and_milliseconds_are_times_too() -> None:
    stamps = [dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC), dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)]
    frames = [
        pd.DataFrame({"time": [each.isoformat() for each in stamps]}),
        pd.DataFrame({"time": [round(each.timestamp() * 1_000) for each in stamps]}),
        pd.DataFrame({"time": [each.date() for each in stamps]}),
        pd.DataFrame({"time": pd.Series(stamps).astype(pd.ArrowDtype(pa.timestamp("us", tz="UTC")))}),
        pd.DataFrame({"time": ["2026-03-01T13:00:00+01:00", "2026-03-02T10:00:00-02:00"]}),
        pd.DataFrame({"time": pd.Series(stamps).astype("category")}),
        pd.DataFrame({"time": pd.Series([stamps[0].replace(tzinfo=None), stamps[1]], dtype=object)}),
        pd.DataFrame({"time": pd.Series([pd.Timestamp(stamps[0]).tz_convert("Asia/Tokyo"), stamps[1]], dtype=object)}),
    ]
    for frame in frames:
        found = rate_over_time(frame.assign(wrong=[0, 1]), outcome="wrong", time="time")
        assert _counts(found) == [(dt.date(2026, 3, 1), 1, 0), (dt.date(2026, 3, 2), 1, 1)]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["soon", "late"], "ISO 8601"),
        ([0.5, 1.5], "milliseconds"),
        ([10**18, 10**18], "milliseconds"),
        ([True, False], "must hold times"),
        ([[1], [2]], "must hold times"),
        ([pd.Timestamp("2026-01-01"), 7], "must hold times"),
    ],
)
def test_what_is_no_time_is_refused(cells: list[object], said: str) -> None:
    frame = pd.DataFrame({"time": cells, "wrong": [0, 1]})
    with pytest.raises(InvalidValueError, match=said):
        rate_over_time(frame, outcome="wrong", time="time")


def test_an_unknown_period_and_a_missing_column_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(InvalidValueError, match="'day' or 'week'"):
        rate_over_time(frame, outcome="wrong", time="time", every="month")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(InvalidValueError, match="no column when"):
        rate_over_time(frame, outcome="wrong", time="when")


def test_no_row_has_no_rate() -> None:
    frame = pd.DataFrame({"time": pd.to_datetime([]), "wrong": np.zeros(0, np.bool_)})
    assert rate_over_time(frame, outcome="wrong", time="time") == ()
    nothing = pd.DataFrame({"time": [None, None], "wrong": [0, 1]})
    assert rate_over_time(nothing, outcome="wrong", time="time") == ()
