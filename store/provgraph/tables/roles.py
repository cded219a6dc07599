"""What the columns of a table of predictions mean, and whether they can mean it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, Literal, TypeAlias

from provgraph.errors import RecordingError
from provgraph.tables.arrow import Column, Table, pa, pc
from provgraph.tables.columns import kind_of

__all__ = ["ROLES", "Roles", "Task", "assign_roles", "task_of"]

Task: TypeAlias = Literal["classification", "regression", "loss"]
Note: TypeAlias = Callable[[str], None]

ROLES: Final = ("label", "prediction", "score", "loss", "sample", "source", "unit", "time")
_SEVERAL: Final = frozenset(("score", "source"))
_PRESUMED: Final = ("label", "prediction")  # that are named by default, and may be absent where there is a loss
_MOST_CLASSES: Final = 100


@dataclass(frozen=True, slots=True)
class Roles:
    """Columns by role, each role that has one.

    Attributes:
        columns: names of columns by role; `score` and `source` may have several.
    """

    columns: Mapping[str, tuple[str, ...]]

    def one(self, role: str) -> str | None:
        """The column of a role that has at most one."""
        return next(iter(self.columns.get(role, ())), None)


def assign_roles(table: Table, wanted: Mapping[str, str | Sequence[str] | None], note: Note) -> tuple[Table, Roles]:
    """The roles as columns of a table of canonical columns; the table with what a role makes of its column.

    Args:
        table: with canonical columns.
        wanted: names of columns by role.
        note: is told what was presumed, and what is left out.

    Raises:
        RecordingError: the table has no rows or lacks a column, or a column cannot have its role.
    """
    if not table.num_rows:
        raise RecordingError("the table has no rows: there is nothing to record")
    found: dict[str, tuple[str, ...]] = {}
    for role in ROLES:
        given = wanted.get(role)
        names = () if given is None else (given,) if isinstance(given, str) else tuple(given)
        if role in _PRESUMED and names == (role,) and role not in table.column_names and wanted.get("loss"):
            continue
        for name in names:
            _check_there(table, role, name)
        if len(names) > 1 and role not in _SEVERAL:
            raise RecordingError(f"{role}= names {len(names)} columns, and takes one")
        if names:
            found[role] = tuple(dict.fromkeys(names))
    if "loss" not in found and not {"label", "prediction"} <= found.keys():
        raise RecordingError("a table of predictions needs label= and prediction=, or loss=")
    if found.get("label") is not None and found.get("label") == found.get("prediction"):
        raise RecordingError(f"label= and prediction= both name the column {found['label'][0]!r}")
    for role, names in found.items():
        for name in names:
            table = _fitted(table, role, name, note)
    roles = Roles(found)
    return _comparable(table, roles, note), roles


def task_of(table: Table, roles: Roles, wanted: Task | None) -> Task:
    """Whether labels are classes, numbers, or not there: whole numbers of at most 100 values count as classes.

    Raises:
        RecordingError: `wanted` is impossible.
    """
    label, prediction = roles.one("label"), roles.one("prediction")
    if label is None or prediction is None:
        if wanted not in (None, "loss"):
            raise RecordingError(f"task={wanted!r} needs label= and prediction=")
        return "loss"
    numbers = all(kind_of(table.column(name).type) in ("integer", "number") for name in (label, prediction))
    if wanted not in (None, "classification", "regression"):
        raise RecordingError(f"task= is 'classification' or 'regression', not {wanted!r}")
    if wanted == "regression" and not numbers:
        raise RecordingError("task='regression' needs numbers as labels and predictions")
    if wanted is not None:
        return wanted
    return "regression" if numbers and not _few_whole(table, (label, prediction)) else "classification"


def _few_whole(table: Table, names: Sequence[str]) -> bool:
    for name in names:
        column = table.column(name)
        if kind_of(column.type) == "number" and not _truth(pc.all(pc.equal(column, pc.round(column)))):
            return False
        if len(pc.unique(column)) > _MOST_CLASSES + 1:
            return False
    return True


def _check_there(table: Table, role: str, name: str) -> None:
    if name in table.column_names:
        return
    names = table.column_names
    close = get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(names[:8])}{', …' if len(names) > 8 else ''}"
    raise RecordingError(f"the table has no column {name!r} ({role}=): {hint}")


def _fitted(table: Table, role: str, name: str, note: Note) -> Table:
    column = table.column(name)
    kind = kind_of(column.type)
    if column.null_count == len(column):
        raise RecordingError(f"the column {name!r} ({role}=) has no value in any row")
    if role != "source" and kind.startswith("several "):
        raise RecordingError(f"the column {name!r} ({role}=) has several values in a cell: {role}= takes one")
    if role in ("score", "loss") and kind not in ("integer", "number"):
        raise RecordingError(f"the column {name!r} ({role}=) holds {kind}, and must hold numbers")
    if role == "time" and kind not in ("time", "date"):
        return _with(table, name, _as_times(column, name, kind))
    if role in ("label", "prediction") and kind in ("time", "date"):
        raise RecordingError(f"the column {name!r} ({role}=) holds times: a {role} is a class or a number")
    if role in ("sample", "source") and kind not in ("text", "integer", "several text", "several integer"):
        raise RecordingError(f"the column {name!r} ({role}=) holds {kind}, and must hold names or numbers of things")
    if column.null_count and role in ("label", "prediction", "loss"):
        note(f"{column.null_count:,} of {len(column):,} rows have no {role} ({name}): they count in no rate")
    return table


def _as_times(column: Column, name: str, kind: str) -> Column:
    if kind == "text":
        for zone in ("UTC", None):
            try:
                return column.cast(pa.timestamp("us", zone))
            except pa.ArrowException:
                continue
    raise RecordingError(
        f"the column {name!r} (time=) holds {kind}, and must hold times: give a datetime, or text such as "
        "2026-11-24T08:15:00Z"
    )


def _comparable(table: Table, roles: Roles, note: Note) -> Table:
    """Labels and predictions of one type: true and false go with 1 and 0, all else must fit as it is."""
    label, prediction = roles.one("label"), roles.one("prediction")
    if label is None or prediction is None:
        return table
    kinds = {name: kind_of(table.column(name).type) for name in (label, prediction)}
    if len(set(kinds.values()) - {"integer"}) == 0 or set(kinds.values()) <= {"integer", "number"}:
        return table
    if len(set(kinds.values())) == 1:
        return table
    truth = next((name for name, kind in kinds.items() if kind == "boolean"), None)
    if truth is not None:
        other = prediction if truth == label else label
        bits = (
            pc.is_in(table.column(other).drop_null(), pa.array([0, 1], table.column(other).type))
            if (kinds[other] in ("integer", "number"))
            else None
        )
        if bits is not None and _truth(pc.all(bits)):
            note(f"{truth} holds true and false where {other} holds 1 and 0: it was recorded as 1 and 0")
            return _with(table, truth, table.column(truth).cast(pa.int64()))
    raise RecordingError(
        f"{label!r} (label=) holds {kinds[label]} and {prediction!r} (prediction=) {kinds[prediction]}: make them of "
        "one type, so that they can be equal"
    )


def _with(table: Table, name: str, column: Column) -> Table:
    return table.set_column(table.column_names.index(name), name, column)


def _truth(scalar: Any) -> bool:
    return bool(scalar.as_py())
