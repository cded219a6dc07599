"""Documents that hypothesis makes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

__all__ = ["damaged_texts", "documents"]

_NAMES = [f"{prefix}{local}" for prefix in ("ex:", "b:", "") for local in ("e1", "e2", "a1", "a2", "g1", "x/y@z")]
_ENDS = {
    "used": ("activity", "entity"),
    "wasGeneratedBy": ("entity", "activity"),
    "wasInformedBy": ("informed", "informant"),
    "wasStartedBy": ("activity", "trigger", "starter"),
    "wasEndedBy": ("activity", "trigger", "ender"),
    "wasInvalidatedBy": ("entity", "activity"),
    "wasDerivedFrom": ("generatedEntity", "usedEntity", "activity", "generation", "usage"),
    "wasAttributedTo": ("entity", "agent"),
    "wasAssociatedWith": ("activity", "agent", "plan"),
    "actedOnBehalfOf": ("delegate", "responsible", "activity"),
    "wasInfluencedBy": ("influencee", "influencer"),
    "specializationOf": ("specificEntity", "generalEntity"),
    "alternateOf": ("alternate1", "alternate2"),
    "mentionOf": ("specificEntity", "generalEntity", "bundle"),
    "hadMember": ("collection", "entity"),
}

_zones = st.sampled_from([None, UTC, timezone(timedelta(hours=5, minutes=30))])
_FIRST, _LAST = datetime.fromisoformat("0001-01-03"), datetime.fromisoformat("9999-12-28")
_times = st.tuples(st.datetimes(_FIRST, _LAST), _zones).map(lambda pair: pair[0].replace(tzinfo=pair[1]))
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(lambda text: text.replace("=", "-"))
_values = st.one_of(
    _texts,
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.booleans(),
    _times,
    st.sampled_from(_NAMES).map(lambda name: ("name", name)),
    st.tuples(st.just("literal"), _texts, st.sampled_from(["b:own", "xsd:gYear", "xsd:decimal", "xsd:anyURI"])),
    st.tuples(st.just("language"), _texts, st.sampled_from(["de", "en-GB"])),
)
_attributes = st.lists(
    st.tuples(st.sampled_from(["ex:n", "b:n", "n", "prov:type", "prov:label", "prov:location", "prov:role"]), _values),
    max_size=3,
)


def _json_value(value: Any) -> Any:
    match value:
        case ("name", name):
            return {"$": name, "type": "xsd:QName"}
        case ("literal", text, datatype):
            return {"$": text, "type": datatype}
        case ("language", text, tag):
            return {"$": text, "lang": tag}
        case bool() | str():
            return value
        case int():
            return {"$": str(value), "type": "xsd:integer"}
        case float():
            return {"$": repr(value).replace("inf", "INF"), "type": "xsd:double"}
        case _:
            return {"$": value.isoformat(), "type": "xsd:dateTime"}


@st.composite
def _record(draw: st.DrawFn, word: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if word == "activity":
        for bound in ("startTime", "endTime"):
            if draw(st.booleans()):
                found[f"prov:{bound}"] = draw(_times).isoformat()
    for end in _ENDS.get(word, ()):
        if draw(st.integers(0, 4)):
            found[f"prov:{end}"] = draw(st.sampled_from(_NAMES))
    if word == "hadMember":
        found["prov:entity"] = draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=2))
    if word in ("used", "wasGeneratedBy", "wasStartedBy", "wasEndedBy", "wasInvalidatedBy") and draw(st.booleans()):
        found["prov:time"] = draw(_times).isoformat()
    for name, value in draw(_attributes):
        found.setdefault(name, []).append(_json_value(value))
    return found


@st.composite
def _container(draw: st.DrawFn) -> dict[str, Any]:
    spaces = {"ex": ["http://example.org/", "urn:b:"], "b": ["urn:b:"], "default": ["https://d.example/#", "urn:d:"]}
    found: dict[str, Any] = {"prefix": {prefix: draw(st.sampled_from(iris)) for prefix, iris in spaces.items()}}
    for word in draw(st.lists(st.sampled_from(["entity", "activity", "agent", *_ENDS]), max_size=6)):
        names = _NAMES if word in ("entity", "activity", "agent") else [*_NAMES[:2], "_:r1", "_:r2", "_:r3"]
        name = draw(st.sampled_from(names))
        found.setdefault(word, {}).setdefault(name, []).append(draw(_record(word)))
    return found


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A PROV-JSON document that holds at least one statement."""
    document = draw(_container())
    document.setdefault("entity", {})
    for name in draw(st.lists(st.sampled_from(["b:x", "b:y"]), max_size=2, unique=True)):
        document.setdefault("bundle", {})[name] = draw(_container())
    return document


@st.composite
def damaged_texts(draw: st.DrawFn, whole: str) -> str:
    """The text of a document with a piece cut out, doubled or replaced, or with one of its values replaced."""
    if draw(st.booleans()):
        start = draw(st.integers(0, len(whole)))
        end = draw(st.integers(start, min(len(whole), start + 40)))
        return (
            whole[:start] + draw(st.sampled_from(["", "{", "[", '"', "null", "1e999", "\\ud800", "\0"])) + whole[end:]
        )
    document = json.loads(whole)
    place: Any = document
    while isinstance(place, dict | list) and place:
        key = draw(st.sampled_from(sorted(place)) if isinstance(place, dict) else st.integers(0, len(place) - 1))
        if not isinstance(place[key], dict | list) or not place[key] or not draw(st.integers(0, 3)):
            place[key] = draw(
                st.sampled_from(
                    [None, True, 0, -1.5, "", "x", "_:b", "ex:", ":", "nowhere:x", [], {}, [[]], [None], {"$": 1}]
                )
            )
            break
        place = place[key]
    return json.dumps(document)
