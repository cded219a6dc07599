"""What counts as an error: right or wrong, the misses or false alarms of a class, or a loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from provgraph.slicing import words
from provgraph.slicing.table import Mask

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Measured", "Outcome", "OutcomeKind"]

OutcomeKind: TypeAlias = Literal["errors", "column", "misses", "false alarms", "loss", "regression"]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """An outcome of every row that has one.

    Attributes:
        values: truth values, true where the row is wrong, or losses (float64); one per row kept.
        kept: the rows of the frame that have an outcome; None if all have.
        notes: what was left out.
    """

    values: Mask | npt.NDArray[np.float64]
    kept: Mask | None
    notes: tuple[str, ...]

    @property
    def binary(self) -> bool:
        """Whether rows are right or wrong; else they have a loss."""
        return self.values.dtype == np.bool_


@dataclass(frozen=True, slots=True)
class Outcome:
    """What makes a row an error, or how large its loss is. Made by the class methods.

    Rows whose outcome is missing are left out, and counted in the notes of the report.

    Attributes:
        kind: which of the class methods made it.
        label: the column of the truth, if it is read.
        prediction: the column of the prediction, if it is read.
        value: the column that holds the outcome itself, if there is one.
        of: the class of misses and false alarms.
    """

    kind: OutcomeKind
    label: str | None = None
    prediction: str | None = None
    value: str | None = None
    of: str | int | float | bool | None = None

    @classmethod
    def errors(cls, label: str = "label", prediction: str = "prediction") -> Outcome:
        """Wrong where the two columns differ."""
        return cls("errors", label, prediction)

    @classmethod
    def column(cls, name: str) -> Outcome:
        """Wrong where this column is true or 1, right where it is false or 0."""
        return cls("column", value=name)

    @classmethod
    def misses(cls, of: str | float | bool, *, label: str = "label", prediction: str = "prediction") -> Outcome:
        """Among rows whose label is the class: wrong where the prediction is another."""
        return cls("misses", label, prediction, of=of)

    @classmethod
    def false_alarms(cls, of: str | float | bool, *, label: str = "label", prediction: str = "prediction") -> Outcome:
        """Among rows whose label is another class: wrong where the prediction is this one."""
        return cls("false alarms", label, prediction, of=of)

    @classmethod
    def loss(cls, name: str) -> Outcome:
        """A number per row that is the larger the worse."""
        return cls("loss", value=name)

    @classmethod
    def regression(cls, label: str = "label", prediction: str = "prediction") -> Outcome:
        """The absolute difference of two columns of numbers."""
        return cls("regression", label, prediction)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the frame that it reads."""
        return tuple(name for name in (self.label, self.prediction, self.value) if name is not None)

    def __str__(self) -> str:
        """What counts as an error, in words."""
        if self.kind == "errors":
            return f"{self.prediction} differs from {self.label}"
        if self.kind == "column":
            return f"{self.value}"
        if self.kind == "misses":
            return f"{words.label(self.of)} is missed ({self.label} is it, {self.prediction} is not)"
        if self.kind == "false alarms":
            return f"false alarm of {words.label(self.of)} ({self.prediction} is it, {self.label} is not)"
        if self.kind == "loss":
            return f"mean of {self.value}"
        return f"mean distance of {self.prediction} from {self.label}"

    def measure(self, frame: pd.DataFrame) -> Measured:
        """The outcome of each row.

        Raises:
            InvalidValueError: a column is not there, or holds what this outcome cannot be made of.
        """
        from provgraph.slicing import measuring

        return measuring.measure(self, frame)
