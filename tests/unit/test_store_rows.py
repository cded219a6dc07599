"""Nodes read from property maps are those that the model's constructors make, whichever way they are read."""

from __future__ import annotations

from dataclasses import fields

import pytest

from provgraph.errors import StoreError
from provgraph.model import Artifact, ArtifactState, Context, Execution, ExecutionState, Node, Struct
from provgraph.store.rows import node_from_properties, to_properties

COMMON = {
    "type": "T",
    "name": "n",
    "key": "k",
    "external_id": "x",
    "properties": {"a": 1, "b": 0.5},
    "custom_properties": {"a": "other", "c": True},
    "type_version": "2",
    "source": "s",
    "created_at": 1,
    "updated_at": 2,
    "recorded_at": 3,
    "id": 4,
}
WHOLE: list[Node] = [
    Artifact(**COMMON, uri="u", state=ArtifactState.LIVE, digest="d", family="f", version="7"),  # type: ignore[arg-type]
    Execution(**COMMON, state=ExecutionState.FAILED, started_at=5, ended_at=6),  # type: ignore[arg-type]
    Context(**COMMON),  # type: ignore[arg-type]
]
BARE: list[Node] = [Artifact(type="T"), Execution(type="T"), Context(type="T", name="n")]


@pytest.mark.parametrize("node", [*WHOLE, *BARE], ids=lambda node: type(node).__name__)
def test_every_field_comes_back(node: Node) -> None:
    stored = {**to_properties(node, 1), "id": node.id, "key": node.key}
    if node.recorded_at is not None:
        stored["recorded_at"] = node.recorded_at
    back = node_from_properties(node.kind.value, stored)
    assert back == node
    assert {f.name: getattr(back, f.name) for f in fields(back)} == {
        f.name: getattr(node, f.name) for f in fields(node)
    }


def test_a_node_with_nan_is_equal_to_itself_made_and_read_again() -> None:
    first, second = (Artifact(id=1, key="k", type="T", properties={"x": float("nan")}) for _ in range(2))
    read = node_from_properties("Artifact", {"id": 1, "key": "k", "type": "T", "prop_x": float("nan")})
    assert first == second == read
    assert first != Artifact(id=1, key="k", type="T", properties={"x": 0.0})


def test_what_comes_back_cannot_be_changed() -> None:
    back = node_from_properties("Artifact", {"id": 1, "key": "k", "type": "T", "prop_a": 1})
    with pytest.raises(TypeError):
        back.properties["a"] = 2  # type: ignore[index]


def test_structs_stand_beside_plain_values() -> None:
    node = Artifact(type="T", custom_properties={"plain": 1, "struct": Struct.of({"a": [1]})})
    back = node_from_properties("Artifact", {**to_properties(node, 1), "id": 1, "key": "k"})
    assert back.custom_properties == node.custom_properties


@pytest.mark.parametrize(
    "odd",
    [{"type": ""}, {"name": ""}, {"prop_a": [1]}, {"prop_": 1}, {"state": "NO SUCH STATE"}, {"id": None, "key": ""}],
    ids=str,
)
def test_a_node_that_is_not_as_we_write_it_is_refused(odd: dict[str, object]) -> None:
    stored: dict[str, object] = {"id": 1, "key": "k", "type": "T", **odd}
    if "id" in odd:
        del stored["id"]
    with pytest.raises(StoreError, match="not as provgraph writes it"):
        node_from_properties("Artifact", stored)
