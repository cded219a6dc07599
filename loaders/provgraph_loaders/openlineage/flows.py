"""What the facets say of which dataset flows into which: `lineage`, and `columnLineage`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from provgraph.model import JsonValue
from provgraph_loaders.openlineage.facets import Json
from provgraph_loaders.openlineage.names import Named, named

__all__ = ["SAID_BY", "Flows", "Stated", "column_flow", "dataset_flow", "entry_flows", "is_deleted", "stated_sources"]

Flows: TypeAlias = dict[str, list[Named]]  # sources by target; an empty list: the target has none
Stated: TypeAlias = "dict[str, dict[str, list[str]]]"  # by who says so (`SAID_BY`): sources by target

# Who may say what flows into a dataset, the first that does so decides: the `lineage` facet of the run, of the dataset,
# of the job, and the `columnLineage` facet of the dataset.
SAID_BY: Final = ("run", "dataset", "job", "column")


def entry_flows(facet: JsonValue) -> tuple[Flows, list[Named]]:
    """The flows of a run's or a job's `lineage` facet, and all datasets that it names as targets.

    Where the target is a job, its sources are what the job reads: that is under "".
    """
    flows: Flows = {}
    targets: list[Named] = []
    entries: JsonValue = None
    if isinstance(facet, dict):
        entries = facet.get("lineage", facet.get("entries"))
    for entry in _objects(entries):
        if entry.get("type") == "JOB":
            flows.setdefault("", []).extend(_lineage_sources(entry))
            continue
        target = _named(entry)
        if target is None or ("inputs" not in entry and "fields" not in entry):
            continue
        targets.append(target)
        flows.setdefault(target.text, []).extend(_lineage_sources(entry))
    return flows, targets


def dataset_flow(facet: JsonValue) -> list[Named] | None:
    """The sources that a dataset's `lineage` facet names; None if it says nothing of them."""
    if not isinstance(facet, dict) or is_deleted(facet) or ("inputs" not in facet and "fields" not in facet):
        return None
    return list(_lineage_sources(facet))


def column_flow(facet: JsonValue) -> list[Named] | None:
    """The sources that a `columnLineage` facet names; None if it names none, as an empty one says nothing."""
    if not isinstance(facet, dict) or is_deleted(facet):
        return None
    found = [source for item in _objects(facet.get("dataset")) if (source := _named(item)) is not None]
    fields = facet.get("fields")
    for field in fields.values() if isinstance(fields, dict) else ():
        if isinstance(field, dict):
            for item in _objects(field.get("inputFields")):
                source = _named(item)
                if source is not None:
                    found.append(source)
    return list(dict.fromkeys(found)) or None


def is_deleted(facet: JsonValue) -> bool:
    """Whether a facet is there to take an earlier one back."""
    return isinstance(facet, dict) and facet.get("_deleted") is True


def stated_sources(stated: Stated, target: str) -> list[str] | None:
    """The sources of a target, by the first who says something of it; None if nobody does."""
    for who in SAID_BY:
        found = stated.get(who, {}).get(target)
        if found is not None:
            return found
    return None


def _lineage_sources(entry: Json) -> Iterator[Named]:
    fields = entry.get("fields")
    parts = [entry, *(_objects(list(fields.values())) if isinstance(fields, dict) else ())]
    for part in parts:
        for item in _objects(part.get("inputs")):
            source = _named(item)
            if source is not None and item.get("type") != "JOB":
                yield source


def _objects(value: JsonValue) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _named(item: Json) -> Named | None:
    namespace, name = item.get("namespace"), item.get("name")
    if isinstance(namespace, str) and isinstance(name, str) and name:
        return named(namespace, name)
    return None
