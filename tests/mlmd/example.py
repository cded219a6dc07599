"""The `metadata.sqlite` that the documentation speaks of: one run of a pipeline that trained and pushed a model."""

from __future__ import annotations

from pathlib import Path

from tests.mlmd.schemas import create, insert

START = 1_764_000_000_000  # epoch milliseconds


def write_example(path: Path) -> None:
    """Make the store, of the newest schema."""
    create(path)
    times = [
        {"create_time_since_epoch": START + 60_000 * i, "last_update_time_since_epoch": START + 60_000 * (i + 1)}
        for i in range(4)
    ]
    insert(
        path,
        {
            "Type": [
                {"id": 10, "name": "pipeline", "type_kind": 2},
                {"id": 11, "name": "run", "type_kind": 2},
                {"id": 12, "name": "CsvExampleGen", "type_kind": 0},
                {"id": 13, "name": "Trainer", "type_kind": 0},
                {"id": 14, "name": "Pusher", "type_kind": 0},
                {"id": 15, "name": "Examples", "type_kind": 1},
                {"id": 16, "name": "Model", "type_kind": 1},
                {"id": 17, "name": "PushedModel", "type_kind": 1},
            ],
            "TypeProperty": [
                {"type_id": 13, "name": "learning_rate", "data_type": 2},
                {"type_id": 15, "name": "span", "data_type": 1},
            ],
            "ParentType": [
                {"type_id": 13, "parent_type_id": 5},
                {"type_id": 14, "parent_type_id": 9},
                {"type_id": 15, "parent_type_id": 1},
                {"type_id": 16, "parent_type_id": 2},
            ],
            "Context": [
                {"id": 1, "type_id": 10, "name": "taxi", **times[0]},
                {"id": 2, "type_id": 11, "name": "taxi.2025-11-24", **times[0]},
            ],
            "ParentContext": [{"context_id": 2, "parent_context_id": 1}],
            "Execution": [{"id": i + 1, "type_id": 12 + i, "last_known_state": 3, **times[i + 1]} for i in range(3)],
            "ExecutionProperty": [
                {"execution_id": 2, "name": "learning_rate", "is_custom_property": 0, "double_value": 0.01}
            ],
            "Artifact": [
                {"id": 1, "type_id": 15, "name": "taxi-rides", "uri": "data/rides", "state": 2, **times[1]},
                {"id": 2, "type_id": 16, "name": "taxi-tips", "uri": "models/tips", "state": 2, **times[2]},
                {"id": 3, "type_id": 17, "name": "taxi-tips-1", "uri": "serving/tips/1", "state": 2, **times[3]},
            ],
            "ArtifactProperty": [{"artifact_id": 1, "name": "span", "is_custom_property": 0, "int_value": 7}],
            "Event": [
                {"artifact_id": artifact, "execution_id": execution, "type": kind, "milliseconds_since_epoch": START}
                for artifact, execution, kind in ((1, 1, 4), (1, 2, 3), (2, 2, 4), (2, 3, 3), (3, 3, 4))
            ],
            "Attribution": [{"context_id": c, "artifact_id": a} for c in (1, 2) for a in (1, 2, 3)],
            "Association": [{"context_id": c, "execution_id": e} for c in (1, 2) for e in (1, 2, 3)],
        },
    )
