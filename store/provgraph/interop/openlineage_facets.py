"""The facets of OpenLineage events: standard ones for what they have a word for, and three of our own for the rest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from provgraph import __version__
from provgraph.interop.moments import iso_time
from provgraph.interop.openlineage_fields import DATASET, JOB, PARAMETER, RUN, STATISTICS, TIMES, Fields
from provgraph.interop.openlineage_names import Dataset, Parent, is_theirs
from provgraph.interop.plain import plain_properties, plain_value
from provgraph.model import Artifact, Context, Execution, JsonValue, Node, Struct, Value

if TYPE_CHECKING:
    from provgraph.tracing.lineage import Edge, Lineage

__all__ = [
    "PRODUCER",
    "Json",
    "dataset_facets",
    "derivation_facet",
    "execution_facets",
    "input_facets",
    "job_facets",
    "lifecycle_facet",
    "lineage_facet",
    "output_facets",
    "possible_facet",
]

Json = dict[str, JsonValue]

PRODUCER: Final = f"urn:provgraph:{__version__}"
_OURS: Final = "urn:provgraph:openlineage:1-0-0#/$defs/"

# Standard facets: where each is defined.
_DEFINED: Final[Mapping[str, str]] = {
    "catalog": "1-1-0/CatalogDatasetFacet",
    "columnLineage": "1-2-0/ColumnLineageDatasetFacet",
    "dataQualityAssertions": "1-1-0/DataQualityAssertionsDatasetFacet",
    "dataQualityMetrics": "1-0-1/DataQualityMetricsDatasetFacet",
    "dataSource": "1-0-1/DatasourceDatasetFacet",
    "datasetType": "1-0-1/DatasetTypeDatasetFacet",
    "errorMessage": "1-0-1/ErrorMessageRunFacet",
    "executionParameters": "1-0-0/ExecutionParametersRunFacet",
    "externalQuery": "1-0-1/ExternalQueryRunFacet",
    "extractionError": "1-1-2/ExtractionErrorRunFacet",
    "hierarchy": "1-0-0/HierarchyDatasetFacet",
    "inputStatistics": "1-0-0/InputStatisticsInputDatasetFacet",
    "jobDependencies": "1-0-1/JobDependenciesRunFacet",
    "jobType": "2-0-4/JobTypeJobFacet",
    "lifecycleStateChange": "1-0-1/LifecycleStateChangeDatasetFacet",
    "nominalTime": "1-0-1/NominalTimeRunFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet",
    "parent": "1-2-0/ParentRunFacet",
    "processing_engine": "1-1-1/ProcessingEngineRunFacet",
    "schema": "1-2-0/SchemaDatasetFacet",
    "sourceCode": "1-0-1/SourceCodeJobFacet",
    "sourceCodeLocation": "1-1-0/SourceCodeLocationJobFacet",
    "sql": "1-1-0/SQLJobFacet",
    "storage": "1-0-1/StorageDatasetFacet",
    "symlinks": "1-0-1/SymlinksDatasetFacet",
    "test": "1-0-1/TestRunFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet",
}
# Those of one name for several kinds of thing.
_DEFINED_FOR: Final[Mapping[tuple[str, str], str]] = {
    ("documentation", "Dataset"): "1-1-0/DocumentationDatasetFacet",
    ("documentation", "Job"): "1-1-0/DocumentationJobFacet",
    ("ownership", "Dataset"): "1-0-1/OwnershipDatasetFacet",
    ("ownership", "Job"): "1-0-1/OwnershipJobFacet",
    ("tags", "Dataset"): "1-0-0/TagsDatasetFacet",
    ("tags", "Job"): "1-0-0/TagsJobFacet",
    ("tags", "Run"): "1-0-0/TagsRunFacet",
}

_ANY_FIELD: Final = ("dataSource", "inputStatistics", "outputStatistics")  # no field of these is needed


def _facet(name: str, of: str = "", /, **fields: JsonValue) -> Json:
    """A standard facet."""
    place = _DEFINED_FOR.get((name, of)) or _DEFINED[name]
    url = f"https://openlineage.io/spec/facets/{place}.json#/$defs/{place.partition('/')[2]}"
    return {"_producer": PRODUCER, "_schemaURL": url, **fields}


def _own_facet(name: str, /, **fields: JsonValue) -> Json:
    kept = {key: value for key, value in fields.items() if value not in (None, "", {}, [])}
    return {"_producer": PRODUCER, "_schemaURL": f"{_OURS}{name}", **kept}


def _once_facets(properties: Mapping[str, Value], table: Mapping[str, Fields], of: str) -> Json:
    """The facets that properties were before the loader of events took them in."""
    found: Json = {}
    for name, fields in table.items():
        values: Json = {}
        for field, prop in fields.items():
            value = properties.get(prop)
            if value is None:
                continue
            plain = plain_value(value)
            if field == "*" and isinstance(plain, dict):
                values |= plain
            elif prop in TIMES and isinstance(value, int):
                values[field] = iso_time(value)
            else:
                values[field] = plain
        if values and ("*" in fields or name in _ANY_FIELD or next(iter(fields)) in values):
            found[name] = _facet(name, of, **values)
    return found


# -- datasets -----------------------------------------------------------------------------------------------------


def dataset_facets(
    artifact: Artifact, dataset: Dataset, *, model: bool, aliases: Sequence[Dataset], whole: bool
) -> Json:
    """The facets of an artifact: with each mention what tells which one it is, once (`whole`) all that is known."""
    found: Json = {}
    if is_theirs(artifact):
        known = DATASET if whole else {"datasetType": DATASET["datasetType"]}
        found |= _once_facets(artifact.custom_properties, known, "Dataset")
    if dataset.version:
        found["version"] = _facet("version", datasetVersion=dataset.version)
    if model:
        found.setdefault("datasetType", _facet("datasetType", datasetType="MODEL"))
    if aliases:
        names: list[JsonValue] = [{"namespace": a.namespace, "name": a.name, "type": "DATASET"} for a in aliases]
        found["symlinks"] = _facet("symlinks", identifiers=names)
    if whole and not is_theirs(artifact):
        found["provgraph_artifact"] = _own_facet(
            "ProvgraphArtifactDatasetFacet",
            **_told(artifact),
            uri=artifact.uri,
            digest=artifact.digest,
            family=artifact.family,
            version=artifact.version,
            state=artifact.state.name if artifact.state.value else None,
        )
    return found


def output_facets(artifact: Artifact) -> Json:
    """What the run that wrote an artifact said of it."""
    return _once_facets(artifact.custom_properties, {"outputStatistics": STATISTICS}, "") if is_theirs(artifact) else {}


def input_facets(execution: Execution, artifact: Artifact) -> Json:
    """What a run said of how it read an artifact."""
    reads = execution.custom_properties.get("reads")
    known = reads.data if isinstance(reads, Struct) and is_theirs(execution) else None
    read = known.get(artifact.label) if isinstance(known, dict) else None
    if not isinstance(read, dict):
        return {}
    counts: dict[str, Value] = {name: value for name, value in read.items() if isinstance(value, int)}
    return _once_facets(counts, {"inputStatistics": STATISTICS}, "")


def possible_facet() -> Json:
    """A run may have read this input, and no more is known: no standard facet has a word for it."""
    return _own_facet("ProvgraphInputDatasetFacet", possible=True)


def lifecycle_facet(change: str, previous: JsonValue = None) -> Json:
    """A dataset was dropped, or renamed from what it was called before."""
    more: Json = {"previousIdentifier": previous} if previous is not None else {}
    return _facet("lifecycleStateChange", lifecycleStateChange=change, **more)


def _told(node: Node) -> Json:
    return {
        "key": node.key,
        "type": node.type,
        "typeVersion": node.type_version,
        "name": node.name,
        "externalId": node.external_id,
        "source": node.source,
        "createdAt": iso_time(node.created_at),
        "properties": dict(plain_properties(node.properties)),
        "customProperties": dict(plain_properties(node.custom_properties)),
    }


# -- runs and jobs ------------------------------------------------------------------------------------------------


def lineage_facet(sources: Iterable[Dataset], targets: Iterable[Dataset]) -> Json:
    """Each target was made of all sources, as the facet `lineage` of a job says it."""
    inputs = [_end(source) for source in sources]
    entries: list[JsonValue] = [{**_end(target), "inputs": list[JsonValue](inputs)} for target in targets]
    return _lineage("LineageJobFacet", entries=entries)


def derivation_facet(sources: Iterable[Dataset]) -> Json:
    """A dataset was made of others, nobody knows by which run: the facet `lineage` of the dataset."""
    return _lineage("LineageDatasetFacet", inputs=[_end(source) for source in sources])


def _lineage(kind: str, **fields: JsonValue) -> Json:
    url = f"https://openlineage.io/spec/facets/1-0-0/LineageFacet.json#/$defs/{kind}"
    return {"_producer": PRODUCER, "_schemaURL": url, **fields}


def _end(dataset: Dataset) -> Json:
    return {"namespace": dataset.namespace, "name": dataset.name, "type": "DATASET"}


def job_facets(execution: Execution, job: Context | None) -> Json:
    """The facets of the job that an execution is a run of, as they were for this run where that is known."""
    found = _once_facets(job.custom_properties, JOB, "Job") if job is not None else {}
    return found | (_once_facets(execution.custom_properties, _CODE, "Job") if is_theirs(execution) else {})


_CODE: Final = {name: JOB[name] for name in ("sourceCodeLocation", "sourceCode", "sql")}


def execution_facets(execution: Execution, parent: Parent | None, edges: Sequence[Edge], lineage: Lineage) -> Json:
    """The facets of a run: its parent, parameters and error, and for what no standard facet has a word, our own."""
    custom = execution.custom_properties
    theirs = is_theirs(execution)
    found = _once_facets(custom, RUN, "Run") if theirs else {}
    if parent is not None:
        job: Json = {"namespace": parent.job.namespace, "name": parent.job.name}
        found["parent"] = _facet("parent", run={"runId": parent.run}, job=job)
    parameters: list[JsonValue] = [
        {"key": name.removeprefix(PARAMETER), "value": _text(value)}
        for name, value in sorted(custom.items())
        if name.startswith(PARAMETER) and name != PARAMETER
    ]
    if parameters:
        found["executionParameters"] = _facet("executionParameters", parameters=parameters)
    message, language = custom.get("error_message"), custom.get("error_language")
    if language is None and not execution.source:  # recorded here, by Python
        language = "PYTHON"
    if isinstance(message, str) and isinstance(language, str):
        trace = custom.get("error_traceback")
        more: Json = {"stackTrace": trace} if isinstance(trace, str) else {}
        found["errorMessage"] = _facet("errorMessage", message=message, programmingLanguage=language, **more)
    if not theirs:
        found["provgraph_execution"] = _own_facet(
            "ProvgraphExecutionRunFacet",
            **_told(execution),
            state=execution.state.name if execution.state.value else None,
            links=[_link(edge, execution.ref, lineage) for edge in edges],
        )
    return found


def _text(value: Value) -> str:
    plain = plain_value(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _link(edge: Edge, execution: str, lineage: Lineage) -> JsonValue:
    other = lineage.by_ref[edge.target if edge.source == execution else edge.source]
    said: Json = {
        "kind": edge.kind,
        "artifact": other.key or other.ref,
        "eventType": edge.event_type,
        "time": iso_time(edge.time),
        "path": list[JsonValue](edge.path),
        "certainty": edge.certainty,
        "recordedBy": edge.recorded_by,
    }
    return {name: value for name, value in said.items() if value not in (None, "", [])}
