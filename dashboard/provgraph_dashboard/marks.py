"""The drawn signs: icons of artifact types and shapes of states, as SVG paths.

They are kept here once, for the graph (which gets them as data) and for the chips (which get them as CSS masks).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote

ICONS: dict[str, str] = {
    "cylinder": (
        "M2.5 4.2c0-1.2 2.5-2.2 5.5-2.2s5.5 1 5.5 2.2-2.5 2.2-5.5 2.2-5.5-1-5.5-2.2z"
        "M2.5 4.2v7.6c0 1.2 2.5 2.2 5.5 2.2s5.5-1 5.5-2.2V4.2M2.5 8c0 1.2 2.5 2.2 5.5 2.2s5.5-1 5.5-2.2"
    ),
    "pictures": "M2 4.5h9.5v9H2zM4.5 4.5V2H14v9h-2.5M2 11.5l3-3 2.5 2.5 1.5-1.5 2.5 2.5",
    "columns": "M2.5 2.5h11v11h-11zM6.2 2.5v11M9.8 2.5v11",
    "rules": "M2.2 4.2l1.2 1.2 2-2.4M2.2 11.2l1.2 1.2 2-2.4M8 4.5h6M8 11.5h6",
    "camera": "M2 5h2.8L6 3.2h4L11.2 5H14v8H2zM8 6.6a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4z",
    "sliders": (
        "M2 4.5h6M11.5 4.5H14M2 11.5h2.5M8 11.5h6M9.8 2.8a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4z"
        "M6.2 9.8a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4z"
    ),
    "tag": "M2.3 2.3h5.4l6 6-5.4 5.4-6-6zM5.2 5.2v.01",
    "cube": "M8 1.8l5.5 3.1v6.2L8 14.2l-5.5-3.1V4.9zM2.5 4.9L8 8l5.5-3.1M8 8v6.2",
    "transform": "M2 4.5h9.5M9 2l2.5 2.5L9 7M14 11.5H4.5M7 9l-2.5 2.5L7 14",
    "bars": "M2.5 13.5h11M4.5 13.2V8.5M8 13.2V3M11.5 13.2V6",
    "alert": "M8 2.2l6.2 11H1.8zM8 6.5v3M8 11.3v.01",
    "shield": "M8 1.8l5.2 2v4c0 3.2-2.2 5.3-5.2 6.4-3-1.1-5.2-3.2-5.2-6.4v-4zM5.5 7.8l1.9 1.9 3.2-3.6",
    "page": "M3.5 2h6l3 3v9h-9zM9.5 2v3h3M5.8 8h4.4M5.8 11h4.4",
    "target": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 8v.01",
    "tray": "M8 10V2M5 4.8L8 1.8l3 3M2.5 9.2v4.3h11V9.2",
    "file": "M3.5 2h6l3 3v9h-9zM9.5 2v3h3",
    "diamond": "M8 3.5l4.5 4.5L8 12.5 3.5 8z",
}
"""Strokes of 1.4 on a grid of 16 by 16. `diamond` stands for executions."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One part of a shape: a path around the centre 0, radius about 4. Without a width it is filled."""

    path: str
    width: float | None = None
    dash: str | None = None
    pulse: bool = False


def _circle(radius: float) -> str:
    return f"M{-radius} 0a{radius} {radius} 0 1 0 {2 * radius} 0a{radius} {radius} 0 1 0 {-2 * radius} 0z"


SHAPES: dict[str, tuple[Stroke, ...]] = {
    "dot": (Stroke(_circle(4)),),
    "ring": (Stroke(_circle(3.5), 2.3, pulse=True),),
    "cross": (Stroke("M-3.5-3.5L3.5 3.5M3.5-3.5L-3.5 3.5", 2.3),),
    "eye": (Stroke(_circle(4), 1.5), Stroke(_circle(1.7))),
    "bar": (Stroke(_circle(4), 1.5), Stroke("M-2.8 2.8L2.8-2.8", 1.5)),
    "question": (Stroke("M-2.3-2.2A2.3 2.3 0 1 1 .9-.3Q0 .3 0 1.4M0 4.2v.01", 1.9),),
    "hollow": (Stroke(_circle(3.7), 1.5),),
    "dotted": (Stroke(_circle(3.9), 1.9, "0.1 3.06"),),
    "minus": (Stroke(_circle(4), 1.5), Stroke("M-2 0h4", 1.5)),
    "ghost": (Stroke("M-3.6-3.6h7.2v7.2h-7.2zM-1.5-1.5l3 3M1.5-1.5l-3 3", 1.5),),
    "triangle": (Stroke("M0-4.2L4.3 3.5H-4.3z", 1.5),),
    "link": (Stroke("M0-4.4L4.4 0 0 4.4-4.4 0z", 1.5),),
    "speck": (Stroke(_circle(1.8)),),
}


def as_script() -> str:
    """Icons and shapes as constants of the graph's script."""
    shapes = {
        name: [{"path": s.path, "width": s.width, "dash": s.dash, "pulse": s.pulse} for s in strokes]
        for name, strokes in SHAPES.items()
    }
    return f"const ICONS = {json.dumps(ICONS)};\nconst SHAPES = {json.dumps(shapes)};\n"


def as_css() -> str:
    """Icons and shapes as classes `pg-icon-…` and `pg-shape-…`, which mask the colour of the element."""
    rules: list[str] = []
    for name, path in ICONS.items():
        filled = "black" if name == "diamond" else "none"
        drawing = f'<path d="{path}" fill="{filled}" stroke="black" stroke-width="1.6" {_ROUND}/>'
        rules.append(_mask(f".pg-icon-{name}", drawing, "0 0 16 16"))
    for name, strokes in SHAPES.items():
        drawing = "".join(
            f'<path d="{s.path}"/>'
            if s.width is None
            else f'<path d="{s.path}" fill="none" stroke="black" stroke-width="{s.width}" {_ROUND}'
            + (f' stroke-dasharray="{s.dash}"/>' if s.dash else "/>")
            for s in strokes
        )
        rules.append(_mask(f".pg-shape-{name}", drawing, "-5.5 -5.5 11 11"))
    return "\n".join(rules) + "\n"


_ROUND = 'stroke-linecap="round" stroke-linejoin="round"'


def _mask(selector: str, drawing: str, box: str) -> str:
    picture = quote(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{drawing}</svg>')
    return f'{selector} {{ mask: url("data:image/svg+xml,{picture}") center / contain no-repeat; }}'
