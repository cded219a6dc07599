"""Design tokens: colours and icons of types, tones of states, surfaces, and the ramp of error rates.

Colours come in pairs, light and dark. Every kind and state colour has a contrast of at least 4.5 to 1 on the page.
They stay apart in normal, protan, deutan and tritan vision; none ever stands alone: a type has an icon
and its word, a state a shape.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TypeAlias

Pair: TypeAlias = tuple[str, str]
"""A colour on the light page and on the dark one, as `#RRGGBB`."""

SURFACES: dict[str, Pair] = {
    "background": ("#FFFFFF", "#10151D"),
    "soft": ("#F4F6F9", "#1A212C"),
    "hairline": ("#DFE4EB", "#2C3644"),
    "text": ("#17202E", "#E7ECF3"),
    "primary": ("#2F54EB", "#5B7BFA"),
    "link": ("#2F54EB", "#93ABFF"),
    "button": ("#2F54EB", "#4263E6"),
}
"""`button` is the primary colour under white words, where the dark primary would be too bright."""

TONES: dict[str, Pair] = {
    "ok": ("#0A7D5A", "#3CC79A"),
    "run": ("#2563EB", "#7AA7FF"),
    "bad": ("#C2410C", "#FF8A5B"),
    "warn": ("#9A690B", "#FFAA75"),
}

HUES: dict[str, Pair] = {
    "data": ("#133D9F", "#3482C8"),
    "capture": ("#1F7DB3", "#71CBFF"),
    "labels": ("#9A690B", "#FFAA75"),
    "model": ("#8847FF", "#955CFF"),
    "measure": ("#737678", "#BCC1C5"),
    "predictions": ("#5D2C50", "#FF387A"),
    "deployment": ("#384022", "#6B8825"),
    "other-1": ("#992A81", "#BD73A8"),
    "other-2": ("#733603", "#DABF4C"),
    "other-3": ("#7E6B48", "#ABDBB0"),
}

RATE_RAMP: tuple[Pair, ...] = (
    ("#F7F4F0", "#1D2530"),
    ("#F8E6D3", "#33302E"),
    ("#F2BE8B", "#6B4526"),
    ("#DD7A33", "#C56A28"),
    ("#A03A08", "#FFB27A"),
)
"""Error rates, low to high: one hue, and lightness that goes one way, so that it can be read in grey."""

RATE_DOMAIN = (0.0, 0.03, 0.05, 0.08, 0.12)
"""The rates at which the colours of `RATE_RAMP` stand."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """How a type is marked: the name of its icon, and the name of its colour in `HUES`."""

    icon: str
    hue: str


_GLYPHS: dict[Glyph, tuple[str, ...]] = {
    Glyph("cylinder", "data"): ("Dataset", "Examples", "Data", "Table", "Split", "DataSet"),
    Glyph("pictures", "data"): ("Images", "Image"),
    Glyph("columns", "data"): ("Features", "TransformedExamples", "FeatureSet"),
    Glyph("rules", "data"): ("Schema",),
    Glyph("camera", "capture"): ("CaptureBatch", "Capture"),
    Glyph("sliders", "capture"): ("CameraConfig", "Config", "HyperParameters", "Parameters"),
    Glyph("tag", "labels"): ("Labels", "Annotations"),
    Glyph("cube", "model"): ("Model", "ModelRun", "TrainedModel", "ModelVersion"),
    Glyph("transform", "model"): ("TransformGraph", "Preprocessor"),
    Glyph("bars", "measure"): (
        "Metrics",
        "Statistics",
        "ExampleStatistics",
        "ModelEvaluation",
        "Evaluation",
        "ClassificationMetrics",
        "SlicedClassificationMetrics",
    ),
    Glyph("alert", "measure"): ("ExampleAnomalies", "Anomalies"),
    Glyph("shield", "measure"): ("ModelBlessing", "InfraBlessing"),
    Glyph("page", "measure"): ("HTML", "Markdown", "Report", "Document"),
    Glyph("target", "predictions"): ("Predictions", "InferenceResult"),
    Glyph("tray", "deployment"): ("Deployment", "PushedModel", "Endpoint"),
}

_BY_TYPE: dict[str, Glyph] = {name: glyph for glyph, names in _GLYPHS.items() for name in names}

_FALLBACK_HUES = ("other-1", "other-2", "other-3")
FALLBACK_ICON = "file"


def glyph(type: str) -> Glyph:
    """The mark of an artifact type, also of those listed by a qualified name such as `system.Model`.

    A type never seen before gets the plain icon, and always the same one of three quiet colours.
    """
    known = _BY_TYPE.get(type) or _BY_TYPE.get(type.rpartition(".")[2])
    if known:
        return known
    return Glyph(FALLBACK_ICON, _FALLBACK_HUES[zlib.crc32(type.encode("utf-8", "surrogatepass")) % len(_FALLBACK_HUES)])


def icons() -> frozenset[str]:
    """The names of all icons that `glyph` may return."""
    return frozenset(known.icon for known in _GLYPHS) | {FALLBACK_ICON}


def css_variables(selector: str) -> str:
    """The tokens as one CSS rule of custom properties `--pg-…`, which follow the colour scheme by `light-dark()`."""
    pairs = {f"--pg-{name}": pair for name, pair in SURFACES.items()}
    pairs |= {f"--pg-{name}": pair for name, pair in TONES.items()}
    pairs |= {f"--pg-hue-{name}": pair for name, pair in HUES.items()}
    pairs |= {f"--pg-rate-{number}": pair for number, pair in enumerate(RATE_RAMP)}
    lines = [f"  {name}: light-dark({light}, {dark});" for name, (light, dark) in pairs.items()]
    lines.append("  --pg-mute: color-mix(in srgb, var(--pg-text) 62%, var(--pg-background));")
    return selector + " {\n" + "\n".join(lines) + "\n}\n"
