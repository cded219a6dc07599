"""An analysis as a step of its own: what it was about, and the report that it came to."""

from __future__ import annotations

import io
from typing import Final

from provgraph.analysis.result import ErrorAnalysis
from provgraph.recording.execution import StepRecorder
from provgraph.recording.recorded import RecordedArtifact

__all__ = ["EXECUTION", "REPORT", "put_report"]

EXECUTION: Final = "ErrorAnalysis"
REPORT: Final = "SliceReport"


def put_report(step: StepRecorder, analysis: ErrorAnalysis) -> RecordedArtifact:
    """Keep the report, with the origins of its slices, as a JSON file, and declare it as what the step puts out.

    Raises:
        StoreError: the file area cannot be written.
    """
    area = analysis.table.area
    ref = area.put(io.BytesIO(analysis.to_json(upstream=True).encode()))
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
