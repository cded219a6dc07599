"""What the page is asked: everything on it stands in the address, and whatever stands there is outside input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Final, Literal, TypeAlias, cast, get_args

import streamlit as st

from provgraph.errors import InvalidValueError
from provgraph_dashboard.certain import NO
from provgraph_dashboard.errors.conditions import MOST, Condition, read
from provgraph_dashboard.links import YES

View: TypeAlias = Literal["map", "confusion", "strata"]
Every: TypeAlias = Literal["day", "week"]
Listed: TypeAlias = Literal["found", "worse", "better"]

_LONGEST: Final = 2_000
_MOST_COLUMNS: Final = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page is asked to show; None and empty: what is usual.

    Attributes:
        model, predictions, against: what names a node, as `Graph.get` reads it.
        outcome: as `Graph.slices` takes it.
        certain: whether what only possible links reach upstream is left out.
        columns: those to search.
        depth: terms of a slice at most.
        unit: the column of sampling units.
        slice: the slice that is looked at.
        cell: the cell of the map that is looked at in its place in the chart.
        view: what the first card at the right shows.
        x, y: the columns of the map.
        strata: the column within which the slice is compared.
        every: the periods of the chart.
        listed: which list is shown, where models are compared.
        wrong: what the address says and nobody can have, in words; it is left aside.
    """

    model: str | None = None
    predictions: str | None = None
    outcome: str | None = None
    certain: bool = False
    columns: tuple[str, ...] = ()
    depth: int = 3
    unit: str | None = None
    against: str | None = None
    slice: tuple[Condition, ...] = ()
    cell: tuple[Condition, ...] = ()
    view: View = "map"
    x: str | None = None
    y: str | None = None
    strata: str | None = None
    every: Every | None = None
    listed: Listed = "found"
    wrong: tuple[str, ...] = field(default=(), compare=False)

    def query(self) -> dict[str, str | list[str]]:
        """As query parameters; what is usual is left out."""
        usual = Asked()
        found: dict[str, str | list[str]] = {}
        for each in fields(self):
            value: object = getattr(self, each.name)
            if each.name == "wrong" or value == getattr(usual, each.name):
                continue
            if value is True:
                value = YES
            several = isinstance(value, tuple)
            found[each.name] = [str(part) for part in cast("tuple[object, ...]", value)] if several else str(value)
        return found

    def changed(self, **changes: object) -> Asked:
        """The same but for these."""
        return replace(self, wrong=(), **changes)  # type: ignore[arg-type] # names of fields, from this package


def asked() -> Asked:
    """What the address asks for."""
    wrong: list[str] = []

    def node(name: str) -> str | None:
        return st.query_params.get(name) or None  # who looks it up refuses what is no name

    def one(name: str) -> str | None:
        value = st.query_params.get(name)
        if value is not None and len(value) > _LONGEST:
            wrong.append(f"a {name} of {len(value):,} letters")
            return None
        return value or None

    def among(name: str, known: Sequence[str]) -> str | None:
        value = one(name)
        if value is not None and value not in known:
            wrong.append(f"{name} {_short(value)}")
            return None
        return value

    def conditions(name: str) -> tuple[Condition, ...]:
        texts = st.query_params.get_all(name)
        try:
            found = tuple(read(text) for text in texts[: MOST + 1])
        except InvalidValueError:
            found = ()
        if len(found) != len(texts):
            wrong.append(f"a {name} that cannot be read")
            return ()
        return found

    columns = st.query_params.get_all("columns")
    if len(columns) > _MOST_COLUMNS:
        wrong.append(f"{len(columns):,} columns")
        columns = []
    depth = among("depth", ("1", "2", "3"))
    return Asked(
        model=node("model"),
        predictions=node("predictions"),
        outcome=one("outcome"),
        certain=among("certain", (YES, NO)) == YES,
        columns=tuple(dict.fromkeys(name[:_LONGEST] for name in columns if name)),
        depth=int(depth or 3),
        unit=one("unit"),
        against=node("against"),
        slice=conditions("slice"),
        cell=conditions("cell"),
        view=cast("View", among("view", get_args(View)) or "map"),
        x=one("x"),
        y=one("y"),
        strata=one("strata"),
        every=cast("Every | None", among("every", get_args(Every))),
        listed=cast("Listed", among("listed", get_args(Listed)) or "found"),
        wrong=tuple(wrong),
    )


def ask(wanted: Asked) -> None:
    """Write it into the address."""
    st.query_params.from_dict(wanted.query())


def asks(name: str, key: str, **others: object) -> Callable[[], None]:
    """For a widget: when it changes, ask with what it then holds as `name`, and with `others`."""
    return lambda: ask(asked().changed(**{name: st.session_state[key]}, **others))


def _short(value: str) -> str:
    return repr(value if len(value) <= 40 else f"{value[:40]}…")
