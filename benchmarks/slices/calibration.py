"""What tests by sampling units promise, and what they keep: `python -m benchmarks.slices.calibration`.

Tables in which nothing depends on anything but the unit of a row. Something reported in more than 8 % of them is too
much (5 % are nominal); without naming the unit, nearly all tables show something. The last table is the price: how much
of a planted slice is still found.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.run import machine
from benchmarks.slices.alarms import reported
from provgraph.slicing import Outcome, compare_models, find_slices

# The share of so many tables in which something is reported, with this unit named.
Measured: TypeAlias = Callable[[int, str | None], float]

# Values of each column, as capture metadata has them.
_VALUES = (2, 2, 3, 3, 4, 4, 5, 6, 6, 8, 8, 10)
PLANTED = {"column00": "v1", "column02": "v1"}


@dataclass(frozen=True)
class Units:
    """How the units of a table are.

    Attributes:
        columns: whether columns hold one value per unit, one per row, or every other of them each.
        rows: of a unit.
        vary: whether units have a geometric number of rows with this mean.
        base: the mean error rate.
        rates: how the rates of units are distributed: beta, or nearly all 0 and few a half.
        correlation: within units.
    """

    columns: Literal["unit", "row", "both"] = "unit"
    rows: int = 10
    vary: bool = False
    base: float = 0.08
    rates: Literal["beta", "two"] = "beta"
    correlation: float = 0.2


CASES: dict[str, Units] = {
    "units of 10 rows": Units(),
    "columns of units and of rows": Units("both"),
    "columns of rows": Units("row"),
    "units of 3 rows": Units(rows=3),
    "units of 50 rows": Units(rows=50),
    "units of 1 to about 50 rows": Units(vary=True),
    "units all right or half wrong": Units(rates="two", correlation=0.45),
    "three in ten wrong, units of 20 rows": Units(rows=20, base=0.3),
}


def unit_codes(units: Units, rows: int, draw: np.random.Generator) -> npt.NDArray[np.intp]:
    """The unit of each row."""
    if not units.vary:
        return np.arange(rows) // units.rows
    sizes = draw.geometric(1.0 / units.rows, rows)
    return np.repeat(np.arange(rows), sizes)[:rows]


def table(units: Units, rows: int, seed: int, *, extra: float = 0.0) -> pd.DataFrame:
    """A table; with `extra`, that much more wrong where `PLANTED` holds."""
    draw = np.random.default_rng(seed)
    unit = unit_codes(units, rows, draw)
    count = int(unit[-1]) + 1
    if units.rates == "beta":
        spread = 1.0 / units.correlation - 1.0
        rate = draw.beta(units.base * spread, (1.0 - units.base) * spread, count)
    else:
        rate = np.where(draw.random(count) < 2.0 * units.base, 0.5, 0.0)
    columns: dict[str, npt.NDArray[np.str_]] = {}
    for place, values in enumerate(_VALUES):
        shares = draw.dirichlet(np.full(values, 5.0))
        per_unit = units.columns == "unit" or (units.columns == "both" and place % 2 == 0)
        codes = draw.choice(values, count, p=shares)[unit] if per_unit else draw.choice(values, rows, p=shares)
        columns[f"column{place:02d}"] = np.array([f"v{value}" for value in range(values)])[codes]
    frame = pd.DataFrame(columns)
    chance = rate[unit]
    if extra:
        held = np.all([frame[name] == value for name, value in PLANTED.items()], axis=0)
        chance = np.where(held, chance + extra * (1.0 - chance), chance)
    loss = draw.exponential(size=rows) + draw.normal(0.0, 0.5, count)[unit]
    return frame.assign(wrong=draw.random(rows) < chance, loss=loss, unit=unit)


def losses(units: Units, rows: int, tables: int, seed: int, unit: str | None) -> float:
    """The share of tables in which a slice of larger losses is reported."""
    found = 0
    for number in range(tables):
        frame = table(units, rows, seed + number)
        names = [name for name in frame.columns if name.startswith("column")]
        found += bool(find_slices(frame, outcome=Outcome.loss("loss"), columns=names, unit=unit).slices)
    return found / tables


def comparisons(units: Units, rows: int, tables: int, seed: int, unit: str | None) -> float:
    """The share of pairs of models, alike but for their units, in which a slice is reported to be worse or better."""
    found = 0
    for number in range(tables):
        first = table(units, rows, seed + number).assign(sample=np.arange(rows))
        names = [name for name in first.columns if name.startswith("column")]
        # Another table's errors on the same rows: units that one model fails on, the other need not.
        wrong = table(units, rows, seed + number + 1_000_000)["wrong"]
        report = compare_models(
            first, first.assign(wrong=wrong), outcome="wrong", sample="sample", columns=names, unit=unit
        )
        found += bool(report.worse or report.better)
    return found / tables


def recall(units: Units, rows: int, tables: int, seed: int, unit: str | None, extra: float) -> tuple[float, float]:
    """In how many tables the planted slice is reported, and in how many something else is too."""
    hit = other = 0
    for number in range(tables):
        frame = table(units, rows, seed + number, extra=extra)
        names = [name for name in frame.columns if name.startswith("column")]
        found = find_slices(frame, outcome="wrong", columns=names, unit=unit).slices
        said = [{term.column: term.value for term in each.predicate} for each in found]
        hit += PLANTED in said
        other += any(each != PLANTED for each in said)
    return hit / tables, other / tables


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slices.calibration", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--tables", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="of the first table")
    options = parser.parse_args()
    print(f"seed {options.seed}; {options.tables} tables of {options.rows:,} rows; {machine()}\n", flush=True)
    print("| no slice; correlation 0.2 within units | unit named | must | not named |\n| --- | --- | --- | --- |")
    few = max(options.tables // 10, 1)
    cases: dict[str, Measured] = {name: _null(units, options) for name, units in CASES.items()}
    cases["losses"] = lambda tables, unit: losses(Units(), options.rows, tables, options.seed, unit)
    cases["two models"] = lambda tables, unit: comparisons(Units(), options.rows, tables, options.seed, unit)
    for name, measured in cases.items():
        named, alone = measured(options.tables, "unit"), measured(few, None)
        print(f"| {name} | {100 * named:.1f} % | ≤ 8 % | {100 * alone:.0f} % |", flush=True)
    print("\n| planted in about 1 row of 6 | found | another one, too |\n| --- | --- | --- |")
    for columns in ("unit", "both", "row"):
        for extra in (0.05, 0.1, 0.2):
            hit, other = recall(Units(columns), options.rows, few, options.seed, "unit", extra)
            print(
                f"| columns of {columns}, {100 * extra:.0f} % | {100 * hit:.0f} % | {100 * other:.0f} % |", flush=True
            )
    print(f"\nload average at the end: {', '.join(f'{value:.1f}' for value in os.getloadavg())}")


def _null(units: Units, options: argparse.Namespace) -> Measured:
    def make(seed: int) -> pd.DataFrame:
        return table(units, options.rows, seed)

    return lambda tables, unit: reported(tables, options.seed, make, unit)


if __name__ == "__main__":
    main()
