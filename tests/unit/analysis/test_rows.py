"""Rows become groups by their sources, and the joined frame says of each row what its group says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.analysis.columns import LineageColumn, LineageColumns
from provgraph.analysis.facts import Scalar
from provgraph.analysis.joined import UPSTREAM_TIME, join
from provgraph.analysis.rows import RowGroups, group_rows
from provgraph.errors import InvalidValueError
from provgraph.slicing import encode
from tests.unit.analysis.graphs import upstream_of

IDS = {"a": 1, "b": 2, "B": 2, "c": 3}


def resolve(texts: Iterable[str]) -> Mapping[str, int]:
    return {text: IDS[text] for text in texts if text in IDS}


def ids_of(*cells: object) -> tuple[int, ...]:
    several = [each for cell in cells for each in (cell if isinstance(cell, list | tuple) else [cell])]
    return tuple(sorted({IDS[text] for text in several if isinstance(text, str) and text in IDS}))


cell = st.one_of(
    st.sampled_from(["a", "b", "B", "x"]), st.none(), st.lists(st.sampled_from(["a", "c", "x"]), max_size=2)
)


class TestGroups:
    @given(st.lists(st.tuples(cell, cell), min_size=1, max_size=12))
    def test_a_row_is_in_the_group_of_all_artifacts_that_its_cells_name(
        self, cells: list[tuple[object, object]]
    ) -> None:
        frame = pd.DataFrame({"s": [one for one, _ in cells], "t": [other for _, other in cells]}, dtype=object)
        found = group_rows(frame, ["s", "t"], resolve)
        for code, (one, other) in zip(found.codes.tolist(), cells, strict=True):
            assert (found.groups[code] if code >= 0 else ()) == ids_of(one, other)
        assert len(set(found.groups)) == len(found.groups)

    def test_numbers_and_missing_cells_are_read(self) -> None:
        frame = pd.DataFrame({"s": pd.array([7, None, 7], dtype="Int64")})
        found = group_rows(frame, ["s"], lambda texts: dict.fromkeys(texts, 70))
        assert found.codes.tolist() == [0, -1, 0]
        assert found.groups == ((70,),)
        assert found.notes == ("1 of 3 rows have no known source: nothing upstream of them is known.",)

    def test_what_names_nothing_is_told(self) -> None:
        found = group_rows(pd.DataFrame({"s": ["a", "x", "y"]}), ["s"], resolve)
        assert found.notes[0].startswith("2 sources name no artifact of this store, or several: x, y.")

    def test_without_a_source_column_no_row_has_a_group(self) -> None:
        found = group_rows(pd.DataFrame({"s": ["a", "b"]}), [], resolve)
        assert found.codes.tolist() == [-1, -1]
        assert found.groups == ()

    def test_among_other_groups_rows_keep_theirs(self) -> None:
        found = group_rows(pd.DataFrame({"s": ["b", "a", None]}), ["s"], resolve)
        other = found.among([(9,), (1,), (2,)])
        assert [other.groups[code] if code >= 0 else None for code in other.codes.tolist()] == [(2,), (1,), None]


def column(name: str, kind: str, codes: list[int], cells: list[tuple[Scalar, ...]]) -> LineageColumn:
    return LineageColumn(name, kind, np.array(codes, np.int64), cells, 1.0)  # type: ignore[arg-type]


def lineage(*columns: LineageColumn, times: tuple[int, ...] = (-1, -1, -1)) -> LineageColumns:
    empty = upstream_of(0, [])
    return LineageColumns(columns, ((1,), (2,), (3,)), empty, np.array(times, np.int64), (), ())


ROWS = RowGroups(np.array([0, 1, 2, -1, 0], np.int64), ((1,), (2,), (3,)), ())
COLUMNS = (
    column("T.text", "text", [0, 1, -1], [("b",), ("a",)]),
    column("T.number", "number", [0, 1, 1], [(2.5,), (1,)]),
    column("T.truth", "boolean", [1, 0, -1], [(False,), (True,)]),
    column("T.several", "several", [0, 1, -1], [("y", "x"), ("x",)]),
    column("T.pairs", "several", [0, 1, 0], [("y", "x"), ("x", "z")]),
)


class TestJoin:
    def test_each_row_has_what_its_group_has(self) -> None:
        frame = pd.DataFrame({"own": list("ppqqq")})
        joined = join(frame, ["own"], ROWS, lineage(*COLUMNS), wanted=None, time=None, edges=None)
        found = joined.encoded.frame
        assert found["T.text"].astype(object).where(found["T.text"].notna(), None).tolist() == [
            "b",
            "a",
            None,
            None,
            "b",
        ]
        assert found["T.number"].isna().tolist() == [False, False, False, True, False]
        assert found["T.number"].dropna().tolist() == [2.5, 1.0, 1.0, 2.5]
        assert [None if pd.isna(x) else bool(x) for x in found["T.truth"]] == [True, False, None, None, True]
        assert found["T.several"].tolist()[0] == ("y", "x")
        assert found["T.several"].tolist()[3] is None
        assert joined.encoded.names == ("own", *(each.name for each in COLUMNS))
        assert joined.time is None

    def test_codes_made_from_groups_are_those_made_from_the_rows(self) -> None:
        joined = join(
            pd.DataFrame({"own": list("ppqqq")}), [], ROWS, lineage(*COLUMNS), wanted=None, time=None, edges=None
        )
        again = encode(joined.encoded.frame, [each.name for each in COLUMNS])
        for each in COLUMNS:
            ours, theirs = joined.encoded.column(each.name), again.column(each.name)
            assert ours.values == theirs.values
            for code in range(len(ours.values)):
                assert ours.mask(code, 5).tolist() == theirs.mask(code, 5).tolist()

    def test_a_name_that_the_table_has_keeps_it_and_the_lineage_gets_another(self) -> None:
        frame = pd.DataFrame({"T.text": list("uvwxy")})
        joined = join(frame, ["T.text"], ROWS, lineage(COLUMNS[0]), wanted=None, time=None, edges=None)
        assert joined.names == {"T.text": "T.text (upstream)"}
        assert joined.encoded.frame["T.text"].tolist() == list("uvwxy")
        assert joined.upstream_first == ("T.text (upstream)",)

    def test_a_column_that_parts_rows_alike_is_searched_only_where_it_is_asked_for(self) -> None:
        twin = column("T.twin", "text", [0, 1, -1], [("B",), ("A",)])
        lead = LineageColumn("T.text", "text", COLUMNS[0].codes, COLUMNS[0].cells, 1.0, (twin,))
        frame = pd.DataFrame({"own": list("ppqqq")})
        usual = join(frame, ["own"], ROWS, lineage(lead), wanted=None, time=None, edges=None)
        assert usual.encoded.names == ("own", "T.text")
        assert "T.twin" in usual.encoded.frame
        asked = join(frame, ["own"], ROWS, lineage(lead), wanted=["T.twin"], time=None, edges=None)
        assert asked.encoded.names == ("T.twin",)
        assert lead.same_values("b") == {"T.twin": "B"}
        assert lead.same_values(None) == {"T.twin": None}
        assert lead.same_values("never") == {}

    def test_rows_without_times_get_those_of_the_nearest_execution(self) -> None:
        frame = pd.DataFrame({"own": list("ppqqq")})
        joined = join(frame, ["own"], ROWS, lineage(times=(1_000, -1, 3_000)), wanted=None, time=None, edges=None)
        assert joined.time == UPSTREAM_TIME
        found = joined.encoded.frame[UPSTREAM_TIME]
        assert found.isna().tolist() == [False, True, False, True, False]
        assert found.iloc[2] == pd.Timestamp(3_000, unit="ms")
        assert UPSTREAM_TIME not in joined.encoded.names

    def test_an_unknown_column_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="no column"):
            join(pd.DataFrame({"own": list("ppqqq")}), [], ROWS, lineage(), wanted=["gone"], time=None, edges=None)
