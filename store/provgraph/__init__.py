"""provgraph: the provenance of machine learning as a graph that can be traced.

>>> import provgraph
>>> with provgraph.connect() as graph:                                    # doctest: +SKIP
...     with graph.execution("Train", pipeline="inspection") as step:
...         step.input("data.parquet", type="Dataset")
...         step.output("model.joblib", type="Model", name="inspector", version="7")

`connect` opens a store; everything else is a verb of the `Graph` it returns, or a value.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provgraph.errors import ProvgraphError as ProvgraphError
    from provgraph.graph import Graph as Graph
    from provgraph.graph import connect as connect
    from provgraph.interop.frames import records_from_frames as records_from_frames
    from provgraph.interop.results import to_frame as to_frame
    from provgraph.model import Artifact as Artifact
    from provgraph.model import ArtifactState as ArtifactState
    from provgraph.model import ArtifactType as ArtifactType
    from provgraph.model import Association as Association
    from provgraph.model import Attribution as Attribution
    from provgraph.model import Certainty as Certainty
    from provgraph.model import Context as Context
    from provgraph.model import ContextType as ContextType
    from provgraph.model import Event as Event
    from provgraph.model import EventType as EventType
    from provgraph.model import Execution as Execution
    from provgraph.model import ExecutionState as ExecutionState
    from provgraph.model import ExecutionType as ExecutionType
    from provgraph.model import ParentContext as ParentContext
    from provgraph.model import PropertyKind as PropertyKind
    from provgraph.model import Proto as Proto
    from provgraph.model import Records as Records
    from provgraph.model import Struct as Struct
    from provgraph.recording.environment import Capture as Capture
    from provgraph.recording.warn import RecordingWarning as RecordingWarning
    from provgraph.slicing import Outcome as Outcome
    from provgraph.slicing import Slice as Slice
    from provgraph.slicing import SliceReport as SliceReport
    from provgraph.slicing import compare_models as compare_models
    from provgraph.slicing import find_slices as find_slices
    from provgraph.store.reader import Condition as Condition
    from provgraph.tracing.lineage import Lineage as Lineage

__version__ = "0.1.0"

_PLACES = {
    "ProvgraphError": "provgraph.errors",
    "Graph": "provgraph.graph",
    "connect": "provgraph.graph",
    "Capture": "provgraph.recording.environment",
    "RecordingWarning": "provgraph.recording.warn",
    "Condition": "provgraph.store.reader",
    "Lineage": "provgraph.tracing.lineage",
    "records_from_frames": "provgraph.interop.frames",
    "to_frame": "provgraph.interop.results",
    **dict.fromkeys(("Outcome", "Slice", "SliceReport", "compare_models", "find_slices"), "provgraph.slicing"),
    **dict.fromkeys(
        (
            "Artifact",
            "ArtifactState",
            "ArtifactType",
            "Association",
            "Attribution",
            "Certainty",
            "Context",
            "ContextType",
            "Event",
            "EventType",
            "Execution",
            "ExecutionState",
            "ExecutionType",
            "ParentContext",
            "PropertyKind",
            "Proto",
            "Records",
            "Struct",
        ),
        "provgraph.model",
    ),
}

__all__ = [
    "Artifact",
    "ArtifactState",
    "ArtifactType",
    "Association",
    "Attribution",
    "Capture",
    "Certainty",
    "Condition",
    "Context",
    "ContextType",
    "Event",
    "EventType",
    "Execution",
    "ExecutionState",
    "ExecutionType",
    "Graph",
    "Lineage",
    "Outcome",
    "ParentContext",
    "PropertyKind",
    "Proto",
    "ProvgraphError",
    "RecordingWarning",
    "Records",
    "Slice",
    "SliceReport",
    "Struct",
    "__version__",
    "compare_models",
    "connect",
    "find_slices",
    "records_from_frames",
    "to_frame",
]


def __getattr__(name: str) -> object:
    # Loaded when asked for: importing provgraph stays fast, and imports no driver.
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'provgraph' has no attribute {name!r}")
    value: object = getattr(import_module(place), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
