"""Which fields of which standard facets of OpenLineage are properties here, and under what names.

Loading events makes properties of facets, and exporting makes facets of these again: both by these tables. Fields to
properties, by facet; a property under `*` holds all the rest, or the whole facet. The first field is one that the facet
cannot be without.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

__all__ = ["DATASET", "JOB", "PARAMETER", "RUN", "STATISTICS", "TIMES", "Fields"]

Fields: TypeAlias = Mapping[str, str]

PARAMETER: Final = "param_"
"""What the properties of a run's parameters begin with."""
TIMES: Final = frozenset(("nominal_start", "nominal_end"))
"""Properties that are epoch milliseconds, and times by ISO 8601 in facets."""

_COMMON: Final[Mapping[str, Fields]] = {"tags": {"tags": "tags"}, "ownership": {"owners": "owners"}}
_DOCUMENTATION: Final[Mapping[str, Fields]] = {
    "documentation": {"description": "description", "contentType": "description_type"}
}
RUN: Final[Mapping[str, Fields]] = {
    "nominalTime": {"nominalStartTime": "nominal_start", "nominalEndTime": "nominal_end"},
    "processing_engine": {
        "version": "engine_version",
        "name": "engine",
        "openlineageAdapterVersion": "openlineage_adapter_version",
    },
    "externalQuery": {"externalQueryId": "external_query_id", "source": "external_query_source"},
    "extractionError": {
        "totalTasks": "extraction_tasks",
        "failedTasks": "extraction_failed_tasks",
        "errors": "extraction_errors",
    },
    "tags": _COMMON["tags"],
    "test": {"tests": "tests"},
    "jobDependencies": {
        "upstream": "upstream_jobs",
        "downstream": "downstream_jobs",
        "trigger_rule": "trigger_rule",
    },
}
JOB: Final[Mapping[str, Fields]] = {
    "sourceCodeLocation": {
        "url": "source_code_url",
        "type": "source_code_type",
        "repoUrl": "source_code_repository",
        "path": "source_code_path",
        "version": "source_code_version",
        "tag": "source_code_tag",
        "branch": "source_code_branch",
        "pullRequestNumber": "source_code_pull_request",
    },
    "sourceCode": {"sourceCode": "source_code", "language": "source_code_language"},
    "sql": {"query": "sql", "dialect": "sql_dialect"},
    "jobType": {"processingType": "processing_type", "integration": "integration", "jobType": "job_type"},
    **_DOCUMENTATION,
    **_COMMON,
}
DATASET: Final[Mapping[str, Fields]] = {
    "schema": {"fields": "schema"},
    "dataSource": {"name": "data_source", "uri": "data_source_uri"},
    "datasetType": {"datasetType": "dataset_type", "subType": "dataset_subtype"},
    "columnLineage": {"*": "column_lineage"},
    "storage": {"storageLayer": "storage_layer", "fileFormat": "file_format"},
    "catalog": {"*": "catalog"},
    "hierarchy": {"*": "hierarchy"},
    "dataQualityMetrics": {"*": "quality_metrics"},
    "dataQualityAssertions": {"assertions": "quality_assertions"},
    **_DOCUMENTATION,
    **_COMMON,
}

STATISTICS: Final[Fields] = {"rowCount": "row_count", "size": "size", "fileCount": "file_count"}
"""Of `inputStatistics` and `outputStatistics`."""
