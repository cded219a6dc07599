"""A slice that a person makes: up to three conditions, measured like any other."""

from __future__ import annotations

from typing import cast

import streamlit as st

from provgraph.errors import InvalidValueError
from provgraph.slicing import EncodedColumn, Range
from provgraph_dashboard.errors.address import ask, asked
from provgraph_dashboard.errors.conditions import MOST, NUMERIC, OPERATORS, Condition, Operator, column_named
from provgraph_dashboard.errors.scene import Scene, conditions_of
from provgraph_dashboard.parts import muted, notice
from provgraph_dashboard.records import trouble_shown
from provgraph_dashboard.shell import show

__all__ = ["by_hand"]

_MOST_VALUES = 400
_NONE = ""


def by_hand(scene: Scene) -> None:
    """Draw the button, and the form behind it."""
    with st.popover("By hand", icon=":material/edit:", width="content", key="errors_by_hand"), trouble_shown():
        _form(scene)


@st.fragment
def _form(scene: Scene) -> None:
    with trouble_shown():
        show(muted("Rows where all of this holds. Up to three conditions; the statistics are those of every slice."))
        before: tuple[Condition, ...] = scene.asked.slice
        if not before and scene.subject is not None:
            before = conditions_of(scene.subject.terms)
        stamp = "|".join(map(str, before))
        columns = _columns(scene)
        made: list[Condition] = []
        wrong = ""
        for at in range(MOST):
            start = before[at] if at < len(before) else None
            try:
                condition = _line(scene, columns, at, start, stamp)
            except InvalidValueError as error:
                wrong = str(error)
                continue
            if condition is not None:
                made.append(condition)
            elif at >= len(made):
                break
        if wrong:
            show(notice("warn", wrong[:1].upper() + wrong[1:]))
        if st.button("Measure", type="primary", key="errors_measure", disabled=bool(wrong) or not made):
            ask(asked().changed(slice=tuple(made), cell=(), listed="found"))
            st.rerun()


def _columns(scene: Scene) -> list[str]:
    """What is searched first, then every other column of the rows."""
    outcome = scene.analysis.outcome
    searched = [column.name for column in scene.analysis.encoded.columns]
    sources = {column.source for column in scene.analysis.encoded.columns}
    gone = {name for role in ("sample", "source", "score") for name in scene.analysis.table.roles.get(role, ())}
    others = [str(name) for name in scene.analysis.frame.columns if name not in sources and name not in gone]
    last = [name for name in others if name in outcome.columns]
    return list(dict.fromkeys([*searched, *(name for name in others if name not in last), *last]))


def _line(scene: Scene, columns: list[str], at: int, start: Condition | None, stamp: str) -> Condition | None:
    """One condition of the form; None while no column is chosen.

    Raises:
        InvalidValueError: its values make no sense.
    """
    first, second, third = st.columns([0.36, 0.24, 0.4], gap="xsmall")
    key = f"errors_hand:{stamp}:{at}"
    options = [_NONE, *columns]
    with first:
        name = st.selectbox(
            f"Column {at + 1}",
            options,
            index=options.index(start.column) if start is not None and start.column in options else 0,
            key=f"{key}:column",
            label_visibility="collapsed",
            format_func=lambda each: each or ("Column" if at == 0 else "and column …"),
        )
    if not name:
        return None
    column = column_named(scene.analysis, name) if _is_encodable(scene, name) else None
    operators = _operators(column)
    same = start if start is not None and start.column == name else None
    with second:
        operator = st.selectbox(
            f"Comparison {at + 1}",
            operators,
            index=operators.index(same.operator) if same is not None and same.operator in operators else 0,
            key=f"{key}:{name}:operator",
            label_visibility="collapsed",
            format_func=lambda each: OPERATORS[cast("Operator", each)],
        )
    values: list[str] = []
    same = same if same is not None and same.operator == operator else None
    with third:
        if operator in NUMERIC:
            for end in range(2 if operator == "between" else 1):
                typed = st.text_input(
                    ("From", "to")[end] if operator == "between" else "Number",
                    value=same.values[end] if same is not None else "",
                    key=f"{key}:{name}:{operator}:{end}",
                    label_visibility="collapsed",
                    placeholder=("from", "to, without it")[end] if operator == "between" else "a number",
                )
                values.append((typed or "").strip())
        elif operator != "missing" and column is not None:
            known = [_text(column, code) for code in range(min(len(column.values), _MOST_VALUES))]
            known = [each for code, each in enumerate(known) if column.values[code] is not None]
            given = [each for each in (same.values if same is not None else ()) if each in known]
            values = st.multiselect(
                f"Values {at + 1}",
                known,
                default=given,
                key=f"{key}:{name}:{operator}:values",
                label_visibility="collapsed",
                placeholder="any of these",
                max_selections=20,
            )
    if operator != "missing" and not all(values or [""]):
        raise InvalidValueError(f"{name}: say which value")
    return Condition(name, operator, tuple(values))


def _is_encodable(scene: Scene, name: str) -> bool:
    """Whether its values can be listed, also for a part of a time such as `time.hour`."""
    try:
        column_named(scene.analysis, name)
    except InvalidValueError:
        return False
    return True


def _operators(column: EncodedColumn | None) -> list[Operator]:
    if column is None:
        return ["over", "from", "under", "between"]
    ranged = any(isinstance(value, Range) for value in column.values)
    numbers = ranged or all(
        value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in column.values
    )
    whole = column.source == column.name  # the hour of a time is no column of numbers of its own
    found: list[Operator] = ["over", "from", "under", "between"] if numbers and whole else []
    if not ranged:
        found = ["is", "not", *found]
    if None in column.values:
        found.append("missing")
    return found


def _text(column: EncodedColumn, code: int) -> str:
    value = column.values[code]
    return value if isinstance(value, str) else column.labels[code]
