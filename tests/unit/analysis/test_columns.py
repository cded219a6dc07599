"""Which lineage columns can be sliced by, which say the same, and which lead."""

from __future__ import annotations

import numpy as np

from provgraph.analysis.columns import _Left, _merged, _usable
from provgraph.analysis.facts import Scalar
from provgraph.analysis.nearest import Nearest


def nearest(name: str, values: list[Scalar | tuple[Scalar, ...] | None], hops: float = 1.0) -> Nearest:
    cells: list[tuple[Scalar, ...]] = []
    codes: list[int] = []
    for value in values:
        cell = value if isinstance(value, tuple) else (value,)
        if value is None:
            codes.append(-1)
            continue
        kept = tuple(each for each in cell if each is not None)
        if kept not in cells:
            cells.append(kept)
        codes.append(cells.index(kept))
    return Nearest(name, np.array(codes, np.int64), cells, hops)


def kind(values: list[Scalar | tuple[Scalar, ...] | None]) -> str | None:
    found = _usable(nearest("T.x", values), _Left())
    return None if found is None else found.kind


class TestUsable:
    def test_kinds(self) -> None:
        assert kind(["a", "b", "a"]) == "text"
        assert kind([1, 2.5, 2]) == "number"
        assert kind([True, False, True]) == "boolean"
        assert kind([("a", "b"), "a", "a"]) == "several"
        assert kind(["a", True, 3]) == "text"

    def test_what_cannot_part_rows_is_left_out(self) -> None:
        assert kind(["a", "a"]) is None
        assert kind([None, None]) is None
        assert kind(["a", None]) == "text"

    def test_a_text_that_nearly_every_source_has_to_itself_is_left_out_unless_sources_are_few(self) -> None:
        left = _Left()
        assert _usable(nearest("T.job", [f"J{n}" for n in range(12)]), left) is None
        assert left.own == ["T.job"]
        assert kind([f"J{n}" for n in range(5)]) == "text"
        assert kind([n / 7 for n in range(12)]) == "number"
        assert kind([f"J{n // 2}" for n in range(24)]) == "text"

    def test_whole_numbers_that_count_milliseconds_are_left_out(self) -> None:
        assert kind([1_760_000_000_000, 1_760_000_000_500]) is None

    def test_many_numbers_at_one_distance_are_left_out_and_few_are_kept(self) -> None:
        assert kind([(1, 2), 2, 1]) == "several"
        assert kind([(n, n + 1) for n in range(0, 60, 2)]) is None


def test_columns_that_part_groups_alike_are_one_under_the_most_upstream_name() -> None:
    made = [
        nearest("Capture.firmware", ["2.0", "2.1", "2.1", None], 1.0),
        nearest("Firmware.version", ["A", "B", "B", None], 3.0),
        nearest("Capture.other", ["2.0", "2.1", "2.0", None], 1.0),
        nearest("Capture.level", [1, 2, 2, None], 1.0),
        nearest("Capture.step", [1, 2, 2, None], 1.0),
        nearest("Capture.scale", [10, 20, 20, None], 1.0),
    ]
    usable = [column for each in made if (column := _usable(each, _Left())) is not None]
    found = {column.name: [same.name for same in column.same] for column in _merged(usable)}
    assert next(iter(found)) == "Firmware.version"
    assert found == {
        "Firmware.version": ["Capture.firmware"],
        "Capture.level": ["Capture.step"],
        "Capture.other": [],
        "Capture.scale": [],
    }


def test_of_columns_equally_far_the_one_of_fewer_values_comes_first() -> None:
    wide = nearest("Line", ["1", "1", "2", "2"], 2.0)
    narrow = nearest("Camera", ["A", "B", "C", "C"], 2.0)
    usable = [column for each in (narrow, wide) if (column := _usable(each, _Left())) is not None]
    assert [column.name for column in _merged(usable)] == ["Line", "Camera"]


def test_a_thing_leads_what_is_said_of_it_and_a_name_leads_a_number() -> None:
    camera, said = nearest("Camera", ["A", "B", "C", "A"], 2.0), nearest("Capture.camera", ["A", "B", "C", "A"], 2.0)
    exposure = nearest("Setting.exposure", [8.6, 7.2, 7.4, 8.6], 3.0)
    usable = [column for each in (exposure, said, camera) if (column := _usable(each, _Left())) is not None]
    assert [(column.name, len(column.same)) for column in _merged(usable)] == [("Camera", 1), ("Setting.exposure", 0)]


def test_notes_name_packages_by_the_struct_that_holds_them() -> None:
    left = _Left(constant=[f"Train.packages.p{n}" for n in range(40)] + ["Train.python"])
    assert list(left.notes()) == ["Upstream, the same for every row and left out: Train.packages, Train.python."]
    assert len(left.names()) == 41
