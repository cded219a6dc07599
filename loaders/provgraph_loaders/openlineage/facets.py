"""Facets as properties: which fields of which facets are kept, and under what names.

A facet becomes a mapping from property names to JSON values. Facets replace each other whole, as the specification has
it: so properties are kept by facet until all events of a node were seen.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from provgraph.interop import openlineage_fields as standard
from provgraph.interop.openlineage_fields import Fields
from provgraph.loading import LoadReport, NoteKind
from provgraph.model import JsonValue, Struct, Value
from provgraph.model.values import INT64_MAX, INT64_MIN
from provgraph_loaders.openlineage.cleaning import Cleaner
from provgraph_loaders.openlineage.times import milliseconds

__all__ = ["DATASET", "INPUT", "JOB", "OUTPUT", "RUN", "FacetReader", "Facets", "Json", "merge_facets", "to_properties"]

Json: TypeAlias = dict[str, JsonValue]
Facets: TypeAlias = "dict[str, Json | None]"  # by facet; None: taken back by `_deleted`

# Beside what our export makes facets of again; a field that starts with an underscore is the facet's own.
RUN: Final[Mapping[str, Fields]] = {
    **standard.RUN,
    "errorMessage": {
        "message": "error_message",
        "programmingLanguage": "error_language",
        "stackTrace": "error_traceback",
    },
    "provgraph_execution": {"*": "provgraph"},  # what our own export has no standard facet for
}
JOB: Final[Mapping[str, Fields]] = standard.JOB
DATASET: Final[Mapping[str, Fields]] = {
    **standard.DATASET,
    "version": {"datasetVersion": "dataset_version"},
    "lineage": {"*": "lineage"},
    "symlinks": {"identifiers": "symlinks"},
    "lifecycleStateChange": {"lifecycleStateChange": "lifecycle_state", "previousIdentifier": "previous_identifier"},
    "provgraph_artifact": {"*": "provgraph"},
}
OUTPUT: Final[Mapping[str, Fields]] = {
    "outputStatistics": standard.STATISTICS,
    "subset": {"outputCondition": "written_subset"},
    "dataQualityMetrics": DATASET["dataQualityMetrics"],
    "dataQualityAssertions": DATASET["dataQualityAssertions"],
}
# What says how a run read a dataset stays with the run; what says what was found in it goes to the dataset.
INPUT: Final[Mapping[str, Fields]] = {
    "inputStatistics": standard.STATISTICS,
    "subset": {"inputCondition": "subset"},
    "dataQualityMetrics": DATASET["dataQualityMetrics"],
    "dataQualityAssertions": DATASET["dataQualityAssertions"],
}

_NAMED_ONCE: Final = 300  # facets and fields that the report names one by one
_REMEMBERED: Final = 5_000  # facets and structs
_REMEMBERED_SIZE: Final = 10_000  # bytes of each
_EQUAL_BYTES: Final = 2  # the version of marshal in which equal values have equal bytes


class FacetReader:
    """Reads the facets of runs, jobs and datasets, and tells the report what it leaves out."""

    def __init__(self, report: LoadReport) -> None:
        self._report = report
        self._unknown: set[tuple[str, str]] = set()
        self._told = 0
        self._known: dict[tuple[str, str, bytes], Json] = {}
        self.clean = Cleaner(report)

    def read(self, facets: Json, known: Mapping[str, Fields], of: str, place: str, others: frozenset[str]) -> Facets:
        """The facets that are kept. `of` says whose they are, `others` which ones somebody else reads."""
        found: Facets = {}
        for name, facet in facets.items():
            if name in others:
                continue
            fields = known.get(name)
            if fields is None:
                self.unknown(f"{of} facets", name, place)
            elif not isinstance(facet, dict):
                self._report.note(NoteKind.DROPPED, f"{of} facets", "are no JSON objects", f"{place} {name}")
            elif facet.get("_deleted") is True:
                found[name] = None
            else:
                found[name] = self._remembered(name, facet, fields, of, place)
        return found

    def _remembered(self, name: str, facet: Json, fields: Fields, of: str, place: str) -> Json:
        """As `_fields`: the same schema comes with event after event, so what needed no note is remembered."""
        try:
            key = (of, name, marshal.dumps(facet, _EQUAL_BYTES))
        except ValueError:  # too deep for it
            return self._fields(name, facet, fields, of, place)
        known = self._known.get(key)
        if known is not None:
            return known
        told = self._told + self.clean.told
        found = self._fields(name, facet, fields, of, place)
        if told == self._told + self.clean.told and len(key[2]) <= _REMEMBERED_SIZE:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = found
        return found

    def unknown(self, what: str, name: str, place: str) -> None:
        """Say that something is not read."""
        self._told += 1
        name = name[:100]
        key = (what, name)
        if key not in self._unknown and len(self._unknown) >= _NAMED_ONCE:
            self._report.note(NoteKind.UNKNOWN, what, "of further names: not read", place)
            return
        self._unknown.add(key)
        shown = name if name.isprintable() else repr(name)
        self._report.note(NoteKind.UNKNOWN, what, f"{shown}: not read", place)

    def _fields(self, facet_name: str, facet: Json, fields: Fields, of: str, place: str) -> Json:
        found: Json = {}
        rest: Json = {}
        for name, value in facet.items():
            if name.startswith("_") or value is None:
                continue
            target = fields.get(name)
            if target is not None:
                found[target] = self._value(target, value, place)
            elif "*" in fields:
                rest[name] = value
            else:
                self.unknown(f"fields of {of} facets", f"{facet_name}.{name}", place)
        if rest:
            found[fields["*"]] = self.clean.value(rest, place)
        return found

    def _value(self, target: str, value: JsonValue, place: str) -> JsonValue:
        if target in standard.TIMES and isinstance(value, str):
            time = milliseconds(value)
            if time is not None:
                return time
        return self.clean.value(value, place)

    def parameters(self, facet: JsonValue, place: str) -> Json:
        """`param_NAME` for each parameter of an `executionParameters` facet."""
        found: Json = {}
        items = facet.get("parameters") if isinstance(facet, dict) else None
        for item in items if isinstance(items, list) else ():
            key = item.get("key") if isinstance(item, dict) else None
            if not isinstance(item, dict) or not isinstance(key, str) or not key:
                self._report.note(NoteKind.DROPPED, "parameters", "have no key", place)
                continue
            value = item.get("value")
            if value is not None:
                found[standard.PARAMETER + key] = self.clean.named_value(key, value, f"{place} {key[:100]}")
        return found


@lru_cache(_REMEMBERED)
def _struct(data: bytes) -> Struct:
    return Struct.of(marshal.loads(data))  # noqa: S302 - made of a value a moment ago


def merge_facets(into: Facets, later: Facets) -> bool:
    """Add what a later event says: a facet replaces the earlier one of its name. Whether that changed anything."""
    if not later:  # as most are: each event is asked
        return False
    changed = any(into.get(name) != facet for name, facet in later.items())
    into.update(later)
    return changed


def to_properties(facets: Facets) -> dict[str, Value]:
    """Facets as the properties of a node."""
    found: dict[str, Value] = {}
    for facet in facets.values():
        for name, value in (facet or {}).items():
            key = name.replace("\0", "\\0")[:1_000]
            if value is None or not key:
                continue
            if isinstance(value, dict | list):
                data = marshal.dumps(value, _EQUAL_BYTES)
                found[key] = _struct(data) if len(data) <= _REMEMBERED_SIZE else Struct.of(value)
            elif isinstance(value, int) and not isinstance(value, bool) and not INT64_MIN <= value <= INT64_MAX:
                found[key] = str(value)
            else:
                found[key] = value
    return found
