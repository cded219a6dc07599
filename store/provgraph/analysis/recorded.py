"""An analysis as a step of its own: what it was about, and the report that it came to."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Final

from provgraph.analysis.analyse import SliceOptions
from provgraph.analysis.result import ErrorAnalysis
from provgraph.recording.execution import StepRecorder
from provgraph.recording.recorded import RecordedArtifact
from provgraph.slicing import Outcome

__all__ = ["EXECUTION", "REPORT", "parameters_of", "put_report"]

EXECUTION: Final = "ErrorAnalysis"
REPORT: Final = "SliceReport"


def parameters_of(options: SliceOptions) -> dict[str, object]:
    """What was asked, as the parameters of the execution; what was left to the default is absent."""
    usual = SliceOptions()
    found: dict[str, object] = {}
    for field in fields(options):
        value = getattr(options, field.name)
        if value == getattr(usual, field.name):
            continue
        if isinstance(value, Outcome):
            value = str(value)
        elif isinstance(value, Iterable) and not isinstance(value, str | Mapping):
            value = list(value)
        found[field.name] = value
    return found


def put_report(step: StepRecorder, analysis: ErrorAnalysis) -> RecordedArtifact:
    """Keep the report, with the origins of its slices, as a JSON file, and declare it as what the step puts out.

    Raises:
        StoreError: the file area cannot be written.
    """
    area = analysis.table.area
    ref = area.put(io.BytesIO(analysis.to_json(origins=True).encode()))
    report = analysis.report
    step.log(slices=len(report.slices), tested=report.tested)
    return step.output(
        type=REPORT,
        uri=area.uri_of(ref),
        digest=ref.digest,
        size=ref.size,
        outcome=report.outcome,
        slices=len(report.slices),
        tested=report.tested,
        rows=report.rows,
        first=report.sentences()[0],
    )
