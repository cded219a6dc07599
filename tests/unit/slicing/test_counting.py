from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import prod

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provgraph.slicing import counting, encode, levels
from provgraph.slicing.counting import Cells, Counter
from provgraph.slicing.covers import Combination, covers
from provgraph.slicing.folding import Folded, fold
from provgraph.slicing.levels import count_levels, most_combinations


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(1, 60))
    columns = draw(st.integers(1, 4))
    cells = st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=rows, max_size=rows)
    return pd.DataFrame({f"column{number}": draw(cells) for number in range(columns)}, dtype=object)


def grouped(
    frame: pd.DataFrame, outcome: np.ndarray, names: Sequence[str], least: int
) -> dict[tuple[object, ...], tuple[float, ...]]:
    """What pandas counts."""
    data = frame[list(names)].fillna("missing").assign(outcome=outcome.astype(float), square=outcome.astype(float) ** 2)
    sums = data.groupby(list(names)).agg(n=("outcome", "size"), total=("outcome", "sum"), square=("square", "sum"))
    kept = sums[sums["n"] >= least]
    return {
        key if isinstance(key, tuple) else (key,): tuple(row)
        for key, row in zip(kept.index, kept.to_numpy().tolist(), strict=True)
    }


def counted(
    folded: Sequence[Folded], outcome: np.ndarray, depth: int, least: int
) -> dict[tuple[str, ...], dict[tuple[object, ...], tuple[float, ...]]]:
    """What `Counter` counts, by the names of the columns and the labels of the values."""
    counter = Counter(
        {number: column.codes for number, column in enumerate(folded)},
        [column.kept for column in folded],
        [column.size for column in folded],
        outcome,
        least,
    )
    cells: dict[Combination, Cells] = {}
    for length in range(1, depth + 1):
        wanted = list(combinations(range(len(folded)), length))
        cells |= counter.count(wanted, cells, lambda _: None)
    found: dict[tuple[str, ...], dict[tuple[object, ...], tuple[float, ...]]] = {}
    for combination, each in cells.items():
        codes = np.unravel_index(each.key, [folded[column].kept for column in combination])
        labels = [
            [folded[column].term(code).label for code in of] for column, of in zip(combination, codes, strict=True)
        ]
        values = zip(each.n.tolist(), each.total.tolist(), each.square.tolist(), strict=True)
        keys: list[tuple[object, ...]] = list(zip(*labels, strict=True))
        found[tuple(folded[column].column.name for column in combination)] = dict(zip(keys, values, strict=True))
    return found


@settings(max_examples=25, deadline=None)
@given(
    frame=frames(),
    least=st.integers(1, 8),
    binary=st.booleans(),
    seed=st.integers(0, 9),
    room=st.sampled_from([1, 10**6]),
    direct=st.sampled_from([1, 10**6]),
)
def test_counts_are_those_of_a_group_by(
    frame: pd.DataFrame, least: int, binary: bool, seed: int, room: int, direct: int
) -> None:
    draw = np.random.default_rng(seed)
    outcome = draw.random(len(frame)) < 0.5 if binary else np.round(draw.normal(size=len(frame)), 3)
    folded = [each for each in (fold(column, least) for column in encode(frame).columns) if each.kept]
    with pytest.MonkeyPatch.context() as patch:
        # Small rooms force the way by sorting, or by pairs, large ones that of tables.
        patch.setattr(counting, "_LARGEST", room)
        patch.setattr(counting, "_SHARED", room)
        patch.setattr(counting, "_DIRECT", direct)
        for names, cells in counted(folded, outcome, 3, least).items():
            expected = grouped(frame, outcome, names, least)
            assert cells.keys() == expected.keys()
            for key, numbers in cells.items():
                assert numbers == pytest.approx(expected[key])


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=9), depth=st.integers(1, 3), room=st.integers(1, 5_000))
def test_every_combination_is_read_from_one_table(sizes: list[int], depth: int, room: int) -> None:
    wanted = list(combinations(range(len(sizes)), depth))

    found = covers(wanted, sizes, room)

    read = [combination for _, taken in found for combination in taken]
    assert sorted(read) == wanted
    for columns, taken in found:
        assert all(set(combination) <= set(columns) for combination in taken)
        assert prod(sizes[column] for column in columns) <= room or len(taken) == 1


def test_several_values_of_a_row_are_counted_each_and_together() -> None:
    cells = [["a", "b"], ["a"], [], ["b", "c", "b"], {"a", "c"}]
    frame = pd.DataFrame({"by": cells, "tool": [["x"], ["x", "y"], ["y"], ["x", "y"], ["y"]], "line": list("ppqqp")})
    wrong = np.array([True, False, True, True, False])
    columns = [fold(column, 1) for column in encode(frame).columns]

    found = count_levels(columns, wrong, 5, depth=3, least=1, rank=[0, 1, 2], progress=None)

    for combination, cells_of in found.cells.items():
        codes = np.unravel_index(cells_of.key, [columns[column].kept for column in combination])
        for place, (n, total) in enumerate(zip(cells_of.n.tolist(), cells_of.total.tolist(), strict=True)):
            masks = [columns[column].mask(int(of[place]), 5) for column, of in zip(combination, codes, strict=True)]
            inside = np.logical_and.reduce(masks)
            assert (n, total) == (inside.sum(), wrong[inside].sum())
    assert found.cells[(0, 1)].n.sum() == 2 + 2 + 1 + 4 + 2


def test_too_many_pairs_of_several_values_are_left_out_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels, "_MOST_ENTRIES", 3)
    frame = pd.DataFrame({"by": [["a", "b"]] * 2, "tool": [["x", "y"]] * 2})
    columns = [fold(column, 1) for column in encode(frame).columns]

    found = count_levels(columns, np.array([True, False]), 2, depth=2, least=1, rank=[0, 1], progress=None)

    assert list(found.cells) == [(0,), (1,)]
    assert found.notes == ("Combinations of by and tool were left out: their rows have too many pairs of values.",)


def test_a_pair_of_which_one_determines_the_other_is_no_slice_of_its_own() -> None:
    draw = np.random.default_rng(0)
    camera = draw.integers(0, 8, 400)
    frame = pd.DataFrame({"camera": camera, "line": camera // 2, "shift": draw.integers(0, 2, 400)})
    columns = [fold(column, 1) for column in encode(frame).columns]

    found = count_levels(columns, draw.random(400) < 0.1, 400, depth=3, least=1, rank=[0, 1, 2], progress=None)

    assert list(found.cells) == [(0,), (1,), (2,), (0, 2), (1, 2)]


def test_progress_ends_at_what_it_announced() -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({name: draw.integers(0, 3, 200) for name in "abcde"})
    told: list[tuple[int, int]] = []

    count_levels(
        [fold(column, 1) for column in encode(frame).columns],
        draw.random(200) < 0.1,
        200,
        depth=3,
        least=30,
        rank=range(5),
        progress=lambda done, total: told.append((done, total)),
    )

    assert told == sorted(told)
    assert told[-1] == (25, 25)


def test_the_depth_shrinks_until_the_combinations_can_be_counted() -> None:
    assert most_combinations(12, 3) == (3, 298)
    assert most_combinations(200, 3) == (2, 1_333_500)
    assert most_combinations(10_000, 3)[0] == 1
