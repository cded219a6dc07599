"""The card with the slices: those that were found, one that was made by hand, or those that differ between models."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from provgraph.analysis.result import ErrorAnalysis
from provgraph.slicing import Change, Slice, words
from provgraph_dashboard.drawable import called
from provgraph_dashboard.errors.address import Listed, ask, asked, asks
from provgraph_dashboard.errors.choices import Choice
from provgraph_dashboard.errors.conditions import same
from provgraph_dashboard.errors.drawn import Line, picked_line, slice_list
from provgraph_dashboard.errors.lines import chance_text, line_of_change, line_of_slice
from provgraph_dashboard.errors.measured import rate_text
from provgraph_dashboard.errors.scene import Scene, conditions_of
from provgraph_dashboard.parts import Html, empty, muted, text
from provgraph_dashboard.shell import show

__all__ = ["list_card", "list_height"]

_ROW, _TALL_ROW, _HEAD = 34, 50, 32
_MOST = 306
_DETAIL = 62
_WHICH = 72
_KEY = "errors_slices"
_LONG = 52


def list_height(scene: Scene, compared: ErrorAnalysis | None) -> int:
    """Pixels of the card, so that the chart below can have the rest."""
    lines = _lines(scene, compared)
    return _list(lines) + _DETAIL + (_WHICH if compared is not None else 0)


def list_card(scene: Scene, compared: ErrorAnalysis | None, other: Choice | None) -> None:
    """Draw the card."""
    items = _items(scene, compared)
    lines = _lines(scene, compared)
    subject = scene.subject
    selected = None
    if subject is not None:
        selected = next((at for at, item in enumerate(items) if same(item.predicate, subject.terms)), None)

    def pick() -> None:
        at = picked_line(_KEY)
        item = items[at] if at is not None and at < len(items) else None
        # One that was made by hand is in the address already, as it was written there.
        if item is not None and not (isinstance(item, Slice) and item.by_hand):
            ask(asked().changed(slice=conditions_of(item), cell=()))

    with st.container(border=True, height=list_height(scene, compared), gap=None, key="errors_list"):
        if compared is not None and other is not None:
            _which(compared, other)
        if not lines:
            show(empty(*_nothing(scene, compared)))
        else:
            slice_list(
                lines,
                _head(scene, compared, other),
                key=_KEY,
                height=_list(lines),
                selected=selected,
                label="Slices, the arrow keys choose",
                on_pick=pick,
            )
            with st.container(key="errors_detail"):
                _detail(scene)


def _items(scene: Scene, compared: ErrorAnalysis | None) -> list[Slice | Change]:
    if compared is not None and compared.comparison is not None and scene.asked.listed != "found":
        comparison = compared.comparison
        return list(comparison.worse if scene.asked.listed == "worse" else comparison.better)
    subject = scene.subject
    found: list[Slice | Change] = list(scene.analysis.slices)
    if subject is not None and subject.by_hand:
        found.append(subject.found)
    return found


def _lines(scene: Scene, compared: ErrorAnalysis | None) -> list[Line]:
    items = _items(scene, compared)
    return [line_of_change(item) if isinstance(item, Change) else line_of_slice(item) for item in items]


def _list(lines: Sequence[Line]) -> int:
    """Pixels of the list: of rows as high as their words need."""
    letters = [sum(len(c) + len(w) + 3 for c, w in line.terms) + 12 * line.hand for line in lines]
    return min(_MOST, _HEAD + sum(_TALL_ROW if each > _LONG else _ROW for each in letters)) if lines else 132


def _head(scene: Scene, compared: ErrorAnalysis | None, other: Choice | None) -> list[str]:
    what = "Error rate" if scene.binary else "Mean loss"
    if compared is not None and scene.asked.listed != "found":
        name = called(other.model) if other is not None and other.model is not None else "the other"
        return ["Slice", "Rows", f"{what}, interval of the change · tick: {name}", "Change", "q"]
    return ["Slice", "Rows", f"{what}, 95 % interval · tick: the rest", "Excess", "q"]


def _which(compared: ErrorAnalysis, other: Choice) -> None:
    comparison = compared.comparison
    if comparison is None:
        return
    name = called(other.model) if other.model is not None else str(other)
    labels: dict[Listed, str] = {
        "found": "Found",
        "worse": f"Worse than {name} ({len(comparison.worse)})",
        "better": f"Better ({len(comparison.better)})",
    }

    current = asked().listed
    key = f"errors_listed:{current}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="errors_which"):
        st.segmented_control(
            "Which slices",
            list(labels),
            format_func=lambda each: labels[each],
            default=current,
            key=key,
            required=True,
            label_visibility="collapsed",
            on_change=asks("listed", key),
        )
    if comparison.overall is not None:
        show(muted(_overall(comparison.overall, name)), css_class="pg-overall")


def _overall(all_rows: Change, name: str) -> str:
    if all_rows.only_first is None or all_rows.only_second is None:
        rates = [rate_text(rate, binary=False) for rate in (all_rows.other_rate, all_rows.rate)]
        return f"All {all_rows.n:,} rows: mean {rates[0]}, with {name} {rates[1]} ({chance_text(all_rows.p, by='p')})."
    rates = [rate_text(rate, binary=True) for rate in (all_rows.other_rate, all_rows.rate)]
    return (
        f"All {all_rows.n:,} rows: {rates[0]} wrong, with {name} {rates[1]}; wrong here alone "
        f"{all_rows.only_second:,}, there alone {all_rows.only_first:,} ({chance_text(all_rows.p, by='p')})."
    )


def _nothing(scene: Scene, compared: ErrorAnalysis | None) -> tuple[str, str]:
    if compared is not None and compared.comparison is not None and scene.asked.listed != "found":
        tested = compared.comparison.tested
        if compared.comparison.overall is None:
            return "No row was seen by both models", "Compare with predictions on the same data."
        return f"No slice is {scene.asked.listed} beyond chance", f"{tested:,} slices were tested on the rows of both."
    report = scene.analysis.report
    if not report.tested:
        return "Nothing could be tested", " ".join(report.notes) or "There are no columns to slice by."
    if report.errors == 0:
        return "No row is wrong", "There is nothing to look for."
    return (
        f"Nothing beyond chance among {report.tested:,} slices",
        "The errors are spread as chance would spread them over these columns. A slice can still be made by hand.",
    )


def _detail(scene: Scene) -> None:
    """Under the list: the numbers of the slice in a line, and its other names."""
    subject = scene.subject
    if scene.refused:
        show(muted(f"The slice of the address cannot be shown: {scene.refused}."))
        return
    if subject is None:
        return
    found = subject.found
    pieces = [_numbers(found)]
    if found.aliases:
        listed = " · ".join(words.joined([str(term) for term in alias.predicate]) for alias in found.aliases)
        said = "The very same rows" if all(alias.same_rows for alias in found.aliases) else "Nearly the same rows"
        pieces.append(Html(f'<p class="pg-mute pg-cut" title="{text(listed)}">{said}: {text(listed)}</p>'))
    if subject.by_hand:
        pieces.append(muted("Chosen by hand: p stands for this one question, without a correction for others."))
    show(*pieces, css_class="pg-detail")


def _numbers(found: Slice) -> Html:
    binary = found.errors is not None
    rate, rest = rate_text(found.rate, binary=binary), rate_text(found.rest_rate, binary=binary)
    low, high = (rate_text(each, binary=binary) for each in (found.interval.low, found.interval.high))
    if binary:
        said = f"{found.errors:,} of {found.n:,} rows wrong: <b>{text(rate)}</b> ({low} to {high}), elsewhere {rest}."
    else:
        said = f"Mean <b>{text(rate)}</b> of {found.n:,} rows ({low} to {high}), elsewhere {rest}."
    chance = chance_text(found.p, by="p") if found.by_hand or found.q is None else chance_text(found.q, by="q")
    units = "" if found.unit_q is None else f", by sampling units {chance_text(found.unit_q)}"
    return Html(f'<p>{said} <span class="pg-mute">{text(chance + units)}</span></p>')
