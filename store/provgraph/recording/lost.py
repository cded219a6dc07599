"""Executions that say they are running, and whose process is gone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from provgraph.model import Execution, ExecutionState, NodeKind, Struct
from provgraph.recording.process import alive
from provgraph.store.core import StoreCore
from provgraph.store.cypher.find import RUNNING
from provgraph.store.cypher.write import CANCEL_RUNNING
from provgraph.store.protocol import Transaction
from provgraph.store.rows import node_from_properties
from provgraph.store.schema import CUSTOM

__all__ = ["LostExecution", "cancel_lost", "is_lost", "lost_executions"]

_PAGE = 1_000
_REASON = "its process ended without a word: killed, out of memory, or its machine went down"


@dataclass(frozen=True, slots=True)
class LostExecution:
    """An execution without its process.

    Attributes:
        execution: as it stands in the store.
        host: the machine that it ran on; None if that was not recorded.
        pid: the number of its process there.
    """

    execution: Execution
    host: str | None
    pid: int | None


def is_lost(execution: Execution) -> bool:
    """Whether an execution says that it is running, and its process is known to be gone.

    That can be known on the machine it ran on (in the same container) and after that machine has started anew;
    elsewhere, on Windows, and for executions that other tools recorded, the answer is False.
    """
    if execution.state is not ExecutionState.RUNNING:
        return False
    process = execution.custom_properties.get("process")
    data = process.data if isinstance(process, Struct) else None
    return isinstance(data, dict) and alive(data) is False


def lost_executions(core: StoreCore) -> list[LostExecution]:
    """The lost executions of a store, in the order of their ids. Looks at those that are RUNNING only."""
    found: list[LostExecution] = []
    after = -(2**63)
    while True:
        [[rows]] = core.store.read(RUNNING, {"after": after, "limit": _PAGE})
        for row in rows:
            node = node_from_properties(NodeKind.EXECUTION.value, row)
            if isinstance(node, Execution) and is_lost(node):
                found.append(_lost(node))
        if len(rows) < _PAGE:
            return found
        after = rows[-1]["id"]


def cancel_lost(core: StoreCore) -> list[LostExecution]:
    """Set the lost executions CANCELED, with why as `error_message`; returns those that were.

    One that ends at this very moment keeps its own end.
    """
    lost = lost_executions(core)
    now = int(time.time() * 1000)
    rows: list[dict[str, Any]] = [
        {
            "id": entry.execution.id,
            "set": {
                "state": ExecutionState.CANCELED.name,
                f"{CUSTOM}error_type": "Lost",
                f"{CUSTOM}error_message": _REASON,
                f"{CUSTOM}canceled_at": now,
            },
        }
        for entry in lost
    ]

    def work(transaction: Transaction) -> None:
        for at in range(0, len(rows), _PAGE):
            transaction.run(CANCEL_RUNNING, {"rows": rows[at : at + _PAGE]})

    if rows:
        core.store.write(work)
    return lost


def _lost(execution: Execution) -> LostExecution:
    process = execution.custom_properties.get("process")
    data = process.data if isinstance(process, Struct) else None
    pid = data.get("pid") if isinstance(data, dict) else None
    host = execution.custom_properties.get("host")
    return LostExecution(execution, host if isinstance(host, str) else None, pid if isinstance(pid, int) else None)
