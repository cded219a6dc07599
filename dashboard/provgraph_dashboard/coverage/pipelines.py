"""The pipelines of an answer as a table, and the score as tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from provgraph.coverage.kinds import CoveragePart
from provgraph.coverage.values import Coverage, PipelineCoverage
from provgraph_dashboard.grid import grid
from provgraph_dashboard.parts import Tile, muted
from provgraph_dashboard.shell import show

__all__ = ["column_widths", "pipeline_rows", "pipelines_table", "score_tiles"]

_HEIGHT: Final = 330
_ROOM: Final = 936  # pixels that a window of 1000 has for the columns
_PIPELINE: Final = (150, 230)  # the least and the most of the first column
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
    """Draw the pipelines; parts that none of them has are left out. Says so where a narrow window cuts the table."""
    parts = {part: _TITLES[part] for part in CoveragePart if any(row[part.word] for row in rows)}
    widths = column_widths(rows, [part.word for part in parts])
    columns = {
        "pipeline": st.column_config.TextColumn("Pipeline", width=widths["pipeline"], pinned=True),
        "covered": st.column_config.ProgressColumn(
            "Covered", width=widths["covered"], format="%d %%", min_value=0, max_value=100, color="primary"
        ),
        "met": st.column_config.TextColumn("Met", width=widths["met"], help="What is there, of what should be"),
        "steps": st.column_config.NumberColumn("Steps", width=widths["steps"], format="localized"),
    }
    for part, (title, help_) in parts.items():
        columns[part.word] = st.column_config.TextColumn(title, width=widths[part.word], help=help_)
    grid(rows, columns, most=_HEIGHT)
    if sum(widths.values()) > _ROOM:
        show(muted("In a narrow window this table scrolls sideways; its first column stays."))


def column_widths(rows: Sequence[Mapping[str, object]], parts: Sequence[str]) -> dict[str, int]:
    """Pixels for each column: as its numbers need, and for the names what is left of a window of 1000 pixels."""
    titles = {part.word: _TITLES[part][0] for part in CoveragePart}
    wide = {name: _wide(rows, name, titles[name]) for name in parts}
    wide |= {"covered": 116, "met": _wide(rows, "met", "Met"), "steps": max(62, _wide(rows, "steps", ""))}
    least, most = _PIPELINE
    return {"pipeline": min(most, max(least, _ROOM - sum(wide.values()))), **wide}


def _wide(rows: Sequence[Mapping[str, object]], name: str, title: str) -> int:
    # 7 pixels for a sign and 20 around them; a head has room for its mark of help as well
    texts = (f"{row[name]:,}" if isinstance(row[name], int) else str(row[name]) for row in rows)
    return max(7 * max(map(len, texts), default=0) + 20, 7 * len(title) + 22)
