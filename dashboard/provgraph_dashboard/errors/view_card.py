"""The card that shows the slice from three sides: two columns as a map, what was taken for what, and within strata."""

from __future__ import annotations

import streamlit as st

from provgraph.errors import InvalidValueError
from provgraph.slicing import words
from provgraph_dashboard.errors.address import View, ask, asked, asks
from provgraph_dashboard.errors.conditions import Condition, column_named, condition_of
from provgraph_dashboard.errors.drawn import matrices, picked_cell
from provgraph_dashboard.errors.matrix import confusion, heat_map
from provgraph_dashboard.errors.measured import Counts, rate_text
from provgraph_dashboard.errors.scene import Scene
from provgraph_dashboard.errors.within import Within, strata_choices, within
from provgraph_dashboard.parts import Html, empty, text
from provgraph_dashboard.shell import show

__all__ = ["view_card"]

_VIEWS: dict[View, str] = {"map": "Two columns", "confusion": "Confusion", "strata": "Within strata"}
_HEAD = 112
_MOST_VALUES = 400
_MAP = "errors_map"


def view_card(scene: Scene, height: int) -> None:
    """Draw the card."""
    key = f"errors_view:{scene.asked.view}"
    with st.container(border=True, height=height, gap="xsmall", key="errors_view_card"):
        st.segmented_control(
            "View",
            list(_VIEWS),
            format_func=lambda key: _VIEWS[key],
            default=scene.asked.view,
            key=key,
            required=True,
            label_visibility="collapsed",
            on_change=asks("view", key),
            width="stretch",
        )
        if scene.asked.view == "map":
            _map(scene, height - _HEAD)
        elif scene.asked.view == "confusion":
            _confusion(scene, height - _HEAD + 42)
        else:
            _strata(scene)


# -- two columns --------------------------------------------------------------------------------------------------


def map_columns(scene: Scene) -> list[str]:
    """The columns that a map can be made of."""
    found = [column.name for column in scene.analysis.encoded.columns if 2 <= len(column.values) <= _MOST_VALUES]
    outcome = scene.analysis.outcome
    if outcome.kind == "errors":
        found += [name for name in (outcome.label, outcome.prediction) if name is not None]
    return found


def axes(scene: Scene, columns: list[str]) -> tuple[str, str] | None:
    """The columns of the map, across and down: those of the address, else what the slice is made of."""
    if len(columns) < 2:
        return None
    wanted = [term.column for term in scene.subject.terms] if scene.subject is not None else []
    label = scene.analysis.outcome.label if scene.analysis.outcome.kind == "errors" else None
    line = [name for name in (*wanted, *([label] if label else []), *columns) if name in columns]
    line = list(dict.fromkeys(line))
    down = scene.asked.y if scene.asked.y in columns else None
    across = scene.asked.x if scene.asked.x in columns and scene.asked.x != down else None
    down = down or next(name for name in line if name != across)
    across = across or next(name for name in line if name != down)
    return across, down


def _map(scene: Scene, height: int) -> None:
    columns = map_columns(scene)
    chosen = axes(scene, columns)
    if chosen is None:
        show(empty("A map needs two columns", "These predictions have fewer than two to slice by."))
        return
    across, down = chosen
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="errors_axes"):
        _axis("Down", "y", down, [name for name in columns if name != across])
        _axis("Across", "x", across, [name for name in columns if name != down])
    x, y = column_named(scene.analysis, across), column_named(scene.analysis, down)
    shown = scene.of_table(("map", across, down), lambda: heat_map(x, y, scene.rows))
    selected = None
    cell = {each.column: each for each in scene.asked.cell}
    if across in cell and down in cell:
        column = next((i for i, label in enumerate(shown.columns) if _is(cell[across], x.name, label)), None)
        row = next((i for i, label in enumerate(shown.rows) if _is(cell[down], y.name, label)), None)
        selected = (row, column) if row is not None and column is not None else None

    def pick() -> None:
        place = picked_cell(_MAP)
        if place is None:
            ask(asked().changed(cell=()))
        elif place[0] < len(shown.rows) and place[1] < len(shown.columns):
            ends = ((y, shown.rows[place[0]]), (x, shown.columns[place[1]]))
            ask(asked().changed(cell=tuple(condition_of(of.term(of.labels.index(label))) for of, label in ends)))

    matrices([shown], key=_MAP, height=height, selected=selected, on_pick=pick)


def _is(condition: Condition, column: str, label: str) -> bool:
    if condition.column != column:
        return False
    return (condition.values[0] if condition.operator == "is" else _said(condition)) == label


def _said(condition: Condition) -> str:
    if condition.operator == "missing":
        return words.MISSING
    numbers = [words.number(float(value)) for value in condition.values]
    return {"between": " to ".join(numbers), "from": f"{numbers[0]} and over", "under": f"under {numbers[0]}"}.get(
        condition.operator, ""
    )


def _axis(label: str, name: str, value: str, columns: list[str]) -> None:
    key = f"errors_{name}:{value}"
    st.selectbox(
        label,
        columns,
        index=columns.index(value),
        key=key,
        label_visibility="collapsed",
        on_change=asks(name, key, cell=()),
        format_func=lambda column: f"{label}: {column}",
    )


# -- what was taken for what --------------------------------------------------------------------------------------


def _confusion(scene: Scene, height: int) -> None:
    inside = scene.inside
    analysis = scene.analysis
    shown = scene.kept("confusion", lambda: confusion(analysis, scene.rows.known, inside))
    if not shown:
        show(empty("There are no classes", "A confusion matrix needs a label and a prediction that are classes."))
        return
    matrices(shown, key="errors_confusion", height=height)


# -- within strata ------------------------------------------------------------------------------------------------


def _strata(scene: Scene) -> None:
    subject = scene.subject
    if subject is None:
        show(empty("No slice is chosen", "Choose one from the list, or make one by hand."))
        return
    choices = strata_choices(subject.analysis, subject.terms)
    if not choices:
        show(empty("There is nothing to hold fixed", "No other column has a few values."))
        return
    by = scene.asked.strata if scene.asked.strata in choices else choices[0]
    key = f"errors_strata:{by}"
    st.selectbox(
        "Hold fixed",
        choices,
        index=choices.index(by),
        key=key,
        label_visibility="collapsed",
        on_change=asks("strata", key),
        format_func=lambda column: f"With the same {column}",
    )
    try:
        found = scene.kept(("within", by), lambda: within(subject.analysis, subject.found, by, scene.rows))
    except InvalidValueError as error:
        show(empty(f"{by} cannot be held fixed", str(error)))
        return
    if found is None:
        show(empty(f"{by} cannot be held fixed", "Its rows have several values."))
        return
    show(_within(found, scene.binary), css_class="pg-within")


def _within(found: Within, binary: bool) -> Html:
    tone = "ok" if found.gone else "warn"
    verdict = f'<div class="pg-notice pg-tone-{tone}">{text(found.verdict)}</div>'
    rows = "".join(
        f"<tr><td>{text(label)}</td>{_side(mine, binary, mine, rest)}{_side(rest, binary, mine, rest)}</tr>"
        for label, mine, rest in found.lines
    )
    more = f'<p class="pg-mute">and {found.more:,} more values</p>' if found.more else ""
    return Html(
        f'{verdict}<table class="pg-table pg-sides"><thead><tr><th>{text(found.by)}</th><th>slice</th><th>rest</th>'
        f"</tr></thead><tbody>{rows}</tbody></table>{more}"
    )


def _side(count: Counts, binary: bool, mine: Counts, rest: Counts) -> Html:
    rate = rate_text(count.rate, binary=binary)
    higher = count is mine and (mine.rate or 0.0) > (rest.rate or 0.0) and rest.n > 0
    shown = f"<b>{text(rate)}</b>" if higher else str(text(rate))
    return Html(f'<td>{shown} <span class="pg-mute">of {count.n:,}</span></td>')
