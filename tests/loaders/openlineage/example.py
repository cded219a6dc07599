"""Events of a small inspection pipeline, with one of everything that the loader reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = [
    "PRODUCER",
    "dataset",
    "event",
    "example_events",
    "facet",
    "run_id",
    "without_run",
    "write_example",
    "write_lines",
]

PRODUCER = "https://example.org/scheduler/2.1"
Json = dict[str, Any]


def run_id(number: int) -> str:
    return f"0193a000-0000-7000-8000-{number:012d}"


def at(minute: int, second: int = 0) -> str:
    return f"2026-11-24T{6 + minute // 60:02d}:{minute % 60:02d}:{second:02d}.250Z"


def facet(kind: str = "Some", /, **fields: Any) -> Json:
    return {"_producer": PRODUCER, "_schemaURL": f"https://openlineage.io/spec/facets/1-0-0/{kind}.json", **fields}


def dataset(name: str, namespace: str = "s3://plant-2", **facets: Json) -> Json:
    found: Json = {"namespace": namespace, "name": name}
    for key in ("inputFacets", "outputFacets"):
        if key in facets:
            found[key] = facets.pop(key)
    return {**found, "facets": facets} if facets else found


def event(
    kind: str,
    number: int,
    job: str,
    minute: int,
    *,
    inputs: list[Json] | None = None,
    outputs: list[Json] | None = None,
    run_facets: Json | None = None,
    job_facets: Json | None = None,
) -> Json:
    """A run event. The run is known by a number, the time by minutes."""
    run: Json = {"runId": run_id(number)}
    owner: Json = {"namespace": "scheduler", "name": job}
    if run_facets:
        run["facets"] = run_facets
    if job_facets:
        owner["facets"] = job_facets
    return {
        "eventType": kind,
        "eventTime": at(minute),
        "producer": PRODUCER,
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": run,
        "job": owner,
        "inputs": inputs or [],
        "outputs": outputs or [],
    }


def without_run(minute: int, **fields: Json | list[Json]) -> Json:
    kind = "JobEvent" if "job" in fields else "DatasetEvent"
    schema = f"https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/{kind}"
    return {"eventTime": at(minute), "producer": PRODUCER, "schemaURL": schema, **fields}


def part_of(number: int, job: str = "surface") -> Json:
    parent = {"run": {"runId": run_id(number)}, "job": {"namespace": "scheduler", "name": job}}
    return {"parent": facet("ParentRunFacet", **parent, root=parent)}


def example_events() -> list[Json]:
    """The events, in the order in which they happened."""
    images_schema = facet(fields=[{"name": "file", "type": "string"}, {"name": "camera", "type": "string"}])
    columns = {"file": {"inputFields": [{"namespace": "s3://plant-2", "name": "images", "field": "file"}]}}
    said_by_training = facet(
        lineage=[
            {
                "namespace": "models://registry",
                "name": "inspector",
                "type": "DATASET",
                "inputs": [
                    {"namespace": "s3://plant-2", "name": "images", "type": "DATASET"},
                    {"namespace": "s3://plant-2", "name": "labels", "type": "DATASET"},
                ],
            }
        ]
    )
    model = dataset(
        "inspector",
        "models://registry",
        version=facet(datasetVersion="7"),
        datasetType=facet(datasetType="MODEL", subType="ONNX"),
        ownership=facet(owners=[{"name": "team:vision", "type": "MAINTAINER"}]),
        tags=facet(tags=[{"key": "stage", "value": "candidate", "source": "USER"}]),
    )
    code = facet(
        type="git",
        url="https://git.example.org/plant/inspector/train.py",
        repoUrl="https://ci:hunter2@git.example.org/plant/inspector",
        version="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        branch="main",
    )
    parameters = facet(
        parameters=[
            {"key": "learning_rate", "value": "0.01"},
            {"key": "epochs", "value": 20},
            {"key": "registry_password", "value": "hunter2"},
        ]
    )
    return [
        event("START", 1, "surface", 0, job_facets={"jobType": facet(processingType="BATCH", integration="SCHEDULER")}),
        event("START", 2, "surface.ingest", 1, run_facets=part_of(1)),
        event(
            "COMPLETE",
            2,
            "surface.ingest",
            5,
            outputs=[dataset("images", schema=images_schema, outputFacets={"outputStatistics": facet(rowCount=4000)})],
        ),
        event("START", 3, "surface.label", 6, run_facets=part_of(1), inputs=[dataset("images")]),
        event(
            "COMPLETE",
            3,
            "surface.label",
            9,
            inputs=[dataset("images", schema=images_schema), dataset("guidelines", version=facet(datasetVersion="v4"))],
            outputs=[dataset("labels", columnLineage=facet(fields=columns))],
        ),
        event(
            "START",
            4,
            "surface.train",
            10,
            run_facets={**part_of(1), "executionParameters": parameters},
            job_facets={"sourceCodeLocation": code},
            inputs=[dataset("images"), dataset("labels", inputFacets={"inputStatistics": facet(rowCount=3900)})],
        ),
        event("COMPLETE", 4, "surface.train", 30, outputs=[model], run_facets={"lineage": said_by_training}),
        event("START", 5, "surface.report", 31, run_facets=part_of(1)),
        event(
            "COMPLETE",
            5,
            "surface.report",
            32,
            inputs=[dataset("images"), dataset("labels")],
            outputs=[dataset("summary"), dataset("gallery")],
        ),
        event(
            "FAIL",
            6,
            "surface.publish",
            33,
            inputs=[dataset("summary")],
            run_facets={
                **part_of(1),
                "errorMessage": facet(message="login failed: token=abcdef123456", programmingLanguage="PYTHON"),
                "environmentVariables": facet(environmentVariables=[{"name": "TOKEN", "value": "abcdef"}]),
                "house": facet(colour="blue"),
            },
        ),
        event("COMPLETE", 1, "surface", 34),
        without_run(
            40,
            dataset=dataset(
                "labels_2026",
                lifecycleStateChange=facet(
                    lifecycleStateChange="RENAME", previousIdentifier={"namespace": "s3://plant-2", "name": "labels"}
                ),
            ),
        ),
        event(
            "COMPLETE",
            7,
            "housekeeping",
            50,
            outputs=[dataset("images", lifecycleStateChange=facet(lifecycleStateChange="DROP"))],
        ),
        without_run(
            55,
            job={"namespace": "scheduler", "name": "serve", "facets": {"documentation": facet(description="serves")}},
            inputs=[dataset("inspector", "models://registry")],
            outputs=[dataset("predictions")],
        ),
    ]


def write_lines(path: Path, events: list[Json]) -> Path:
    """The events as lines of JSON."""
    path.write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")
    return path


def write_example(path: Path) -> Path:
    """The example as lines of JSON."""
    return write_lines(path, example_events())
