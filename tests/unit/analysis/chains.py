"""Batches below captures below settings, as they would be fetched, without a store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from provgraph.analysis.columns import LineageColumns, columns_of
from provgraph.analysis.joined import Joined, join
from provgraph.analysis.rows import RowGroups
from provgraph.analysis.upstream import Upstream
from provgraph.model import Artifact, Execution, Node
from provgraph.store.rows import to_properties

DAY = 86_400_000


@dataclass(frozen=True)
class Chains:
    """Rows with what stands upstream of them: one group per batch."""

    frame: pd.DataFrame
    rows: RowGroups
    lineage: LineageColumns
    joined: Joined
    nodes: Sequence[Node]


def chains(
    settings: Sequence[str], captured: Sequence[str], rows: Sequence[int], wrong: Iterable[bool], *, days: bool = True
) -> Chains:
    """Batches, one a day, each below a capture that used one of some settings.

    Args:
        settings: of each batch, a name. Batches of one setting share its artifact and the execution that made it.
        captured: of each batch, what its capture says of its camera.
        rows: of each row, its batch; -1 for none.
        wrong: of each row.
        days: whether rows have times.
    """
    nodes: list[Node] = []
    links: list[tuple[int, int]] = []

    def add(node: Node, above: int | None = None) -> int:
        nodes.append(node)
        if above is not None:
            links.append((len(nodes) - 1, above))
        return len(nodes) - 1

    made: dict[str, int] = {}
    batches: list[int] = []
    for number, (setting, camera) in enumerate(zip(settings, captured, strict=True)):
        if setting not in made:
            step = add(Execution(type="Configure"))
            made[setting] = add(Artifact(type="Setting", name=setting), step)
        capture = add(
            Execution(type="Capture", started_at=number * DAY, custom_properties={"camera": camera}), made[setting]
        )
        batches.append(add(Artifact(type="Batch", name=f"b/{number}", family="b", version=str(number)), capture))
    ends = np.array(links, np.int64).reshape(-1, 2)
    stored = [{**to_properties(node, 1), "id": at + 1, "key": f"k{at}"} for at, node in enumerate(nodes)]
    upstream = Upstream([node.kind.value for node in nodes], stored, ends[:, 0], ends[:, 1], (), 0)
    groups = tuple((at + 1,) for at in batches)
    of = np.array(rows, np.int64)
    frame = pd.DataFrame({"wrong": list(wrong)})
    if days:
        moments = np.where(of < 0, 0, of) * DAY + np.arange(of.size)
        frame["time"] = pd.to_datetime(moments, unit="ms", utc=True)
    grouped = RowGroups(of, groups, ())
    lineage = columns_of(upstream, groups)
    joined = join(frame, [], grouped, lineage, wanted=None, time="time" if days else None, edges=None)
    return Chains(frame, grouped, lineage, joined, nodes)
