"""A table on disk, as every subject reads it: codes of columns, and which rows are wrong. Needs numpy only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["Planted", "Predicate", "read", "write"]

# A slice as (column, value) pairs.
Predicate = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Planted:
    """A table: the codes of each column (value 3 is called ``v3``), which rows are wrong, and what was planted."""

    codes: dict[str, npt.NDArray[np.integer]]
    wrong: npt.NDArray[np.bool_]
    slices: tuple[Predicate, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.wrong.size


def write(table: Planted, file: Path) -> None:
    """Keep codes and outcomes; what was planted is not told."""
    codes = np.stack([each.astype(np.uint16) for each in table.codes.values()])
    np.savez(file, names=np.array(list(table.codes)), codes=codes, wrong=table.wrong)


def read(file: Path) -> Planted:
    """The table of a file."""
    with np.load(file) as kept:
        names, codes, wrong = kept["names"].tolist(), kept["codes"], kept["wrong"]
    return Planted(dict(zip(names, codes, strict=True)), wrong)
