"""The pipelines of an answer as a table, and the score as tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from provgraph.coverage.kinds import CoveragePart
from provgraph.coverage.values import Coverage, PipelineCoverage
from provgraph_dashboard.grid import grid
from provgraph_dashboard.parts import Tile

__all__ = ["pipeline_rows", "pipelines_table", "score_tiles"]

_HEIGHT: Final = 330
_TITLES: Final[Mapping[CoveragePart, tuple[str, str]]] = {
    CoveragePart.MODELS: ("Models", "Models that reach a dataset"),
    CoveragePart.DEPLOYMENTS: ("Deployments", "Deployments that reach a model"),
    CoveragePart.DATASETS: ("Datasets", "Datasets with their producer, where another version of them has one"),
    CoveragePart.DIGESTS: ("Digests", "Datasets with a digest of all their bytes, of those that have a digest"),
    CoveragePart.CODE: ("Code", "Executions whose code is committed"),
    CoveragePart.LINKS: ("Links", "Executions whose links are certain and lead to something that can be found again"),
}


def score_tiles(found: Coverage) -> list[Tile]:
    """The score, then each part of it."""
    score = found.score
    tiles = [Tile(f"{score.percent} %", f"covered: {score.met:,} of {score.expected:,}")]
    for part, (met, expected) in score.parts.items():
        tiles.append(Tile(f"{met:,} / {expected:,}", part.value))
    return tiles


def pipeline_rows(found: Coverage) -> list[dict[str, object]]:
    """A row for each pipeline: its name, ratio, and the parts as `met / expected`."""
    return [_row(each) for each in found.pipelines]


def _row(each: PipelineCoverage) -> dict[str, object]:
    score = each.score
    row: dict[str, object] = {
        "pipeline": each.name,
        "covered": None if score.percent is None else score.percent,
        "met": f"{score.met:,} / {score.expected:,}" if score.expected else "–",
        "steps": each.executions,
    }
    for part in CoveragePart:
        met, expected = score.parts.get(part, (0, 0))
        row[part.word] = f"{met:,} / {expected:,}" if expected else ""
    return row


def pipelines_table(rows: Sequence[Mapping[str, object]]) -> None:
    """Draw the pipelines; parts that none of them has are left out."""
    columns = {
        "pipeline": st.column_config.TextColumn("Pipeline", width=230),
        "covered": st.column_config.ProgressColumn(
            "Covered", width=140, format="%d %%", min_value=0, max_value=100, color="primary"
        ),
        "met": st.column_config.TextColumn("Met", width=82, help="What is there, of what should be"),
        "steps": st.column_config.NumberColumn("Steps", width=62, format="localized"),
    }
    for part, (title, help_) in _TITLES.items():
        if any(row[part.word] for row in rows):
            columns[part.word] = st.column_config.TextColumn(title, width=92 if len(title) > 8 else 78, help=help_)
    grid(rows, columns, most=_HEIGHT)
