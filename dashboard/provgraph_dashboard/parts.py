"""Small pieces of HTML that the pages share. Every function escapes what it is given and returns markup.

`st.html` strips inline SVG, so that icons and shapes are drawn by the CSS classes of `marks.as_css`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal, TypeAlias

from provgraph_dashboard.states import look, state_text
from provgraph_dashboard.text import plain
from provgraph_dashboard.theme import glyph


class Html(str):
    """Markup made here: safe to show, and never escaped a second time. Whatever is computed from it is plain text."""

    __slots__ = ()


Cell: TypeAlias = "Html | str | int | float | None"
"""What a value may be: markup of ours, or data, which is escaped. None is shown as "not recorded"."""

NOT_RECORDED = Html('<span class="pg-mute">not recorded</span>')


@dataclass(frozen=True, slots=True)
class Tile:
    """One number of a row of tiles; `hot` tints it as the one that matters."""

    value: int | str
    words: str
    hot: bool = False


def text(value: Cell) -> Html:
    """The value as markup: data escaped, whole numbers with separators, None as "not recorded"."""
    if isinstance(value, Html):
        return value
    if value is None:
        return NOT_RECORDED
    if isinstance(value, bool):
        return Html("true" if value else "false")
    if isinstance(value, int):
        return Html(f"{value:,}")
    if isinstance(value, float):
        return Html(f"{value:,.6g}")
    return Html(escape(plain(value)))


def block(*pieces: Html, css_class: str = "") -> Html:
    """Pieces in one block of the dashboard's own style: what a page gives to `st.html`."""
    return Html(f'<div class="pg-block {escape(css_class)}">{"".join(pieces)}</div>')


def type_chip(type: str, *, kind: str = "artifact") -> Html:
    """A chip with the type's icon and word; artifacts in the colour of their type."""
    mark = glyph(type)
    icon, hue = (mark.icon, f"hue-{mark.hue}") if kind == "artifact" else ("diamond", "mute")
    return Html(
        f'<span class="pg-chip pg-type" style="--hue: var(--pg-{hue})">'
        f'<i class="pg-icon pg-icon-{icon}" aria-hidden="true"></i>{text(type)}</span>'
    )


def counted(chip: Html, number: int) -> Html:
    """A chip with a number behind it."""
    return Html(f'<span class="pg-counted">{chip}{text(number)}</span>')


def state_chip(state: str | None, words: str | None = None) -> Html:
    """A chip with the state's word, or the given ones, and its shape."""
    mark = look(state)
    return Html(
        f'<span class="pg-chip"><i class="pg-shape pg-shape-{mark.shape} pg-tone-{mark.tone}" aria-hidden="true"></i>'
        f"{text(state_text(state) if words is None else words)}</span>"
    )


def title(name: str, *, before: str = "", after: str = "", code: bool = False) -> Html:
    """The heading of a page, the name in it optionally set as code."""
    named = f"<code>{text(name)}</code>" if code else str(text(name))
    words = " ".join(part for part in (str(text(before)), named, str(text(after))) if part)
    return Html(f'<h1 class="pg-title">{words}</h1>')


def subtitle(words: str) -> Html:
    """A small heading inside a panel."""
    return Html(f'<h2 class="pg-subtitle">{text(words)}</h2>')


def answer(question: str, words: Cell, note: Cell = "") -> Html:
    """A small question over its answer, with one muted line below."""
    return Html(
        f'<p class="pg-question">{text(question)}</p><p class="pg-answer">{text(words)}</p>'
        f'<p class="pg-mute">{text(note)}</p>'
    )


def muted(words: Cell) -> Html:
    """A line of secondary text."""
    return Html(f'<p class="pg-mute">{text(words)}</p>')


def paragraph(words: Cell) -> Html:
    """A line of plain text."""
    return Html(f"<p>{text(words)}</p>")


def key_values(values: Mapping[str, Cell]) -> Html:
    """A list of names and values."""
    rows = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in values.items())
    return Html(f'<dl class="pg-values">{rows}</dl>')


def table(head: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> Html:
    """A small table for a card; the last column stands at the right."""
    names = "".join(f'<th scope="col">{text(cell)}</th>' for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return Html(f'<table class="pg-table"><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>')


def changed(old: Cell, new: Cell) -> tuple[Html, Html]:
    """Two cells that compare a value with the one before: the old grey, the new bold where it differs."""
    fresh = text(new) if old == new else Html(f"<b>{text(new)}</b>")
    return Html(f'<span class="pg-mute">{text(old)}</span>'), fresh


def tiles(items: Sequence[Tile]) -> Html:
    """A row of numbers with their words."""
    boxes = "".join(
        f'<div class="pg-tile {"pg-hot" if tile.hot else ""}">'
        f"<b>{text(tile.value)}</b><span>{text(tile.words)}</span></div>"
        for tile in items
    )
    return Html(f'<div class="pg-tiles" style="--columns: {len(items)}">{boxes}</div>')


def certificate(complete: bool, sentence: str, note: str = "") -> Html:
    """The line that says whether an answer is complete: a green tick if it is, an amber mark if it is not."""
    mark = ("pg-tone-ok", "✓") if complete else ("pg-tone-warn", "!")
    more = f' <span class="pg-mute">{text(note)}</span>' if note else ""
    return Html(
        f'<div class="pg-certificate" role="status"><i class="pg-seal {mark[0]}" aria-hidden="true">{mark[1]}</i>'
        f"<span><b>{text(sentence)}</b>{more}</span></div>"
    )


def route(names: Sequence[str]) -> Html:
    """The way from the first name to the last, both bold."""
    last = len(names) - 1
    steps = [f"<b>{text(name)}</b>" if place in (0, last) else str(text(name)) for place, name in enumerate(names)]
    return Html('<div class="pg-route">' + '<span class="pg-arrow">→</span>'.join(steps) + "</div>")


def notice(tone: Literal["bad", "warn", "ok"], heading: str, words: str = "", *, code: str = "") -> Html:
    """A box with a message; `code` is set in monospace below it."""
    body = f"<p>{text(words)}</p>" if words else ""
    # A message keeps its line breaks: each line is made fit by itself.
    lines = "\n".join(str(text(line)) for line in code.splitlines())
    sample = f"<pre>{lines}</pre>" if code else ""
    return Html(f'<div class="pg-notice pg-tone-{tone}"><b>{text(heading)}</b>{body}{sample}</div>')


def empty(heading: str, words: str = "") -> Html:
    """What stands where there is nothing to show, and what to do about it."""
    return Html(f'<div class="pg-empty"><b>{text(heading)}</b><p>{text(words)}</p></div>')
