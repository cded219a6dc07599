"""Tables whose slices are known, because they were planted, and tables without any.

A base rate of errors, and six slices above it: two of one term, two of two, two of three. Nested columns determine one
another in chains (camera, line, factory); the others are independent.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.slices.tables import Planted, Predicate

__all__ = ["BASE", "RATES", "Kind", "clustered", "frame_of", "high", "null", "planted", "wide"]

Kind = Literal["independent", "nested"]

BASE = 0.05
# Error rates of the planted slices of one, two and three terms.
RATES = (0.12, 0.25, 0.45)
CARDINALITIES = (4, 5, 6, 8, 8, 10, 10, 12, 5, 6, 4, 7)
# Factories, lines and cameras: each column of a chain parts the one before it further.
CHAINS = ((3, 9, 27), (4, 16))

Codes = dict[str, npt.NDArray[np.integer]]


def _codes(rows: int, columns: int, rng: np.random.Generator, kind: Kind) -> Codes:
    codes: Codes = {}
    if kind == "nested":
        for chain, sizes in enumerate(CHAINS):
            finest = rng.integers(0, sizes[-1], rows)
            for level, size in enumerate(sizes):
                codes[f"chain{chain}_{level}"] = (finest // (sizes[-1] // size)).astype(np.uint16)
    for number in range(columns - len(codes)):
        codes[f"column{number}"] = rng.integers(0, CARDINALITIES[number % len(CARDINALITIES)], rows).astype(np.uint16)
    return codes


def planted(
    rows: int,
    *,
    seed: int,
    kind: Kind = "independent",
    columns: int = 12,
    depths: tuple[int, ...] = (1, 1, 2, 2, 3, 3),
) -> Planted:
    """A table with slices of so many terms each above the base rate.

    Each has twice the rows that a slice must have, at most a quarter of all, and shares few of them with the others:
    so each can be found, and nothing else says the same. No slice has two columns of one chain: the finer one alone
    would be the same slice.
    """
    rng = np.random.default_rng(seed)
    codes = _codes(rows, columns, rng, kind)
    names = list(codes)
    least, taken, rate = max(60, rows // 500), np.zeros(rows, np.bool_), np.full(rows, BASE)
    slices: list[Predicate] = []
    for depth in depths:
        while True:
            picked = [names[place] for place in rng.choice(len(names), depth, replace=False)]
            terms = {name: int(rng.integers(codes[name].max() + 1)) for name in picked}
            inside = np.logical_and.reduce([codes[name] == value for name, value in terms.items()])
            apart = len({name.partition("_")[0] for name in picked}) == depth
            shared = int((inside & taken).sum())
            if apart and least <= inside.sum() <= rows // 4 and shared <= inside.sum() // 4:
                break
        taken |= inside
        rate = np.where(inside, np.maximum(rate, RATES[depth - 1]), rate)
        slices.append(frozenset((name, f"v{value}") for name, value in terms.items()))
    return Planted(codes, rng.random(rows) < rate, tuple(slices))


def null(rows: int, *, seed: int, kind: Kind = "independent", columns: int = 12) -> Planted:
    """A table in which the error rate depends on nothing."""
    rng = np.random.default_rng(seed)
    codes = _codes(rows, columns, rng, kind)
    return Planted(codes, rng.random(rows) < BASE)


def clustered(rows: int, *, seed: int, unit_rows: int = 20, correlation: float = 0.2) -> pd.DataFrame:
    """A null table of sampling units, whose column `unit` names the unit of each row.

    Every other column has one value per unit. A unit has an error rate of its own, beta-distributed around the base
    rate with this intra-cluster correlation.
    """
    rng = np.random.default_rng(seed)
    unit = np.arange(rows) // unit_rows
    units = int(unit[-1]) + 1
    codes = _codes(rows, 12, rng, "independent")
    for name in list(codes)[::2]:
        codes[name] = rng.integers(0, codes[name].max() + 1, units)[unit]
    spread = 1.0 / correlation - 1.0
    rate = rng.beta(BASE * spread, (1.0 - BASE) * spread, units)
    return frame_of(Planted(codes, rng.random(rows) < rate[unit])).assign(unit=unit)


def wide(rows: int, *, seed: int, columns: int = 40) -> Planted:
    """Many columns of 4 to 12 values, and slices of at most two terms."""
    return planted(rows, seed=seed, columns=columns, depths=(1, 1, 2, 2))


def high(rows: int, *, seed: int) -> Planted:
    """Twelve columns of 50 to 5,000 values each, whose frequencies fall as 1/rank does."""
    rng = np.random.default_rng(seed)
    codes: Codes = {}
    for number, size in enumerate(np.geomspace(50, 5_000, 12).astype(int).tolist()):
        share = 1.0 / np.arange(1, size + 1)
        codes[f"column{number}"] = rng.choice(size, rows, p=share / share.sum()).astype(np.uint16)
    inside = (codes["column0"] == 1) & (codes["column6"] == 0)
    rate = np.where(inside, RATES[1], BASE)
    return Planted(codes, rng.random(rows) < rate, (frozenset({("column0", "v1"), ("column6", "v0")}),))


def frame_of(table: Planted) -> pd.DataFrame:
    """The table as a user has it: texts, and a column `wrong`."""
    columns: dict[str, pd.Series] = {}
    for name, codes in table.codes.items():
        values = np.array([f"v{value}" for value in range(int(codes.max()) + 1)], dtype=object)
        columns[name] = pd.Series(values[codes], dtype="str")
    return pd.DataFrame({**columns, "wrong": table.wrong})
