"""Tokens, marks, states and words: readable, distinguishable, and the same in the theme and in the style sheet."""

from __future__ import annotations

import math
import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph_dashboard.marks import ICONS, SHAPES, as_css, as_script
from provgraph_dashboard.server import APP
from provgraph_dashboard.states import LOOKS, UNKNOWN, look, state_text, state_word, worst
from provgraph_dashboard.text import plain
from provgraph_dashboard.theme import HUES, RATE_DOMAIN, RATE_RAMP, SURFACES, TONES, css_variables, glyph, icons

SCHEMES = {"light": 0, "dark": 1}
RGB = tuple[float, float, float]
# Linear RGB as seen with normal, protan, deutan and tritan vision (Machado et al. 2009, severity 1).
VISION = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def linear(colour: str) -> RGB:
    r, g, b = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return tuple(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (r, g, b))  # type: ignore[return-value]


def luminance(rgb: RGB) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(linear(one)), luminance(linear(other))))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: RGB) -> RGB:
    x = (0.4124 * rgb[0] + 0.3576 * rgb[1] + 0.1805 * rgb[2]) / 0.95047
    y = luminance(rgb)
    z = (0.0193 * rgb[0] + 0.1192 * rgb[1] + 0.9505 * rgb[2]) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def seen(colour: str, vision: str) -> RGB:
    rgb = linear(colour)
    rows = (sum(w * v for w, v in zip(row, rgb, strict=True)) for row in VISION[vision])
    return lab(tuple(min(max(v, 0), 1) for v in rows))  # type: ignore[arg-type]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_type_and_state_colour_stands_out_from_the_page(scheme: str) -> None:
    at = SCHEMES[scheme]
    page = SURFACES["background"][at]
    for name, pair in {**HUES, **TONES, "text": SURFACES["text"], "link": SURFACES["link"]}.items():
        assert contrast(pair[at], page) >= 4.5, name
    assert contrast(SURFACES["button"][at], "#FFFFFF") >= 4.5


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_colours_of_types_stay_apart_in_every_vision(scheme: str, vision: str) -> None:
    at = SCHEMES[scheme]
    for (name, one), (other, two) in combinations(HUES.items(), 2):
        known = not (name.startswith("other") or other.startswith("other"))
        assert math.dist(seen(one[at], vision), seen(two[at], vision)) >= (20 if known else 14), (name, other)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_rate_ramp_can_be_read_in_grey(scheme: str) -> None:
    steps = [luminance(linear(pair[SCHEMES[scheme]])) for pair in RATE_RAMP]
    assert steps == sorted(steps, reverse=scheme == "light")
    assert len(RATE_DOMAIN) == len(RATE_RAMP)


def test_streamlits_theme_has_the_same_colours_as_the_style_sheet() -> None:
    config: dict[str, Any] = tomllib.loads((APP.parent / ".streamlit" / "config.toml").read_text())
    for scheme, at in SCHEMES.items():
        theme = config["theme"][scheme]
        for option, name in {
            "primaryColor": "primary",
            "backgroundColor": "background",
            "secondaryBackgroundColor": "soft",
            "textColor": "text",
            "borderColor": "hairline",
            "linkColor": "link",
        }.items():
            assert theme[option] == SURFACES[name][at]
    for face in config["theme"]["fontFaces"]:
        assert (APP.parent / "static" / Path(face["url"]).name).is_file()
    assert config["server"]["enableStaticServing"] is True


def test_the_font_comes_with_its_licence() -> None:
    static = APP.parent / "static"
    assert "SIL OPEN FONT LICENSE Version 1.1" in (static / "inter-LICENSE.txt").read_text()
    notice = (static / "NOTICE.txt").read_text()
    assert all(file.name in notice for file in static.glob("*.woff2"))


def test_css_variables_follow_the_scheme() -> None:
    assert "  --pg-hue-data: light-dark(#133D9F, #3482C8);\n" in css_variables(".x")


@pytest.mark.parametrize(
    ("name", "icon"),
    [
        ("Dataset", "cylinder"),
        ("CaptureBatch", "camera"),
        ("CameraConfig", "sliders"),
        ("Labels", "tag"),
        ("Model", "cube"),
        ("system.Model", "cube"),
        ("ExampleStatistics", "bars"),
        ("Schema", "rules"),
        ("PushedModel", "tray"),
        ("NeverSeen", "file"),
        ("", "file"),
    ],
)
def test_types_have_the_icon_a_reader_expects(name: str, icon: str) -> None:
    assert glyph(name).icon == icon


@given(st.text())
def test_any_type_has_a_colour_and_an_icon_that_exist_and_stay(name: str) -> None:
    assert glyph(name) == glyph(name)
    assert glyph(name).hue in HUES
    assert glyph(name).icon in ICONS


def test_every_sign_is_drawn_in_graph_and_chips() -> None:
    assert icons() < ICONS.keys()
    assert {mark.shape for mark in LOOKS.values()} == SHAPES.keys()
    for name in ICONS:
        assert f".pg-icon-{name} " in as_css()
        assert f'"{name}": ' in as_script()
    for name in SHAPES:
        assert f".pg-shape-{name} " in as_css()


def test_states_differ_in_shape_where_they_differ_in_meaning() -> None:
    shapes = {state: mark.shape for state, mark in LOOKS.items() if state != "live"}
    assert len(set(shapes.values())) == len(shapes)


@pytest.mark.parametrize(
    ("given_", "word"), [("COMPLETE", "complete"), ("failed", "failed"), (None, UNKNOWN), ("<b>", UNKNOWN)]
)
def test_states_are_known_in_any_case_and_anything_else_is_unknown(given_: str | None, word: str) -> None:
    assert state_word(given_) == word
    assert look(given_) == LOOKS[word]


def test_states_are_written_for_people() -> None:
    assert state_text("MARKED_FOR_DELETION") == "marked for deletion"
    assert state_text("LIVE") == "exists", "live is said of deployments alone"


@pytest.mark.parametrize(
    ("states", "word"),
    [
        (["COMPLETE", "FAILED", "RUNNING"], "failed"),
        (["COMPLETE", "RUNNING"], "running"),
        ([None, "LIVE"], "live"),
        ([], UNKNOWN),
    ],
)
def test_the_worst_state_speaks_for_a_group(states: list[str | None], word: str) -> None:
    assert worst(states) == word


@given(st.text(alphabet=st.characters()))
def test_words_are_shown_on_one_line_without_hidden_signs(text: str) -> None:
    shown = plain(text)
    assert not set(shown) & set("\n\r\t\x00\x1b\u202e\u2066\ud800")
    assert len(shown) == len(text)
    assert plain(shown) == shown


def test_printable_words_stay_as_they_are() -> None:
    assert plain("plant-2/line-3 · Müller 💥") == "plant-2/line-3 · Müller 💥"
