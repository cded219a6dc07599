"""Nodes, types and links: what may be made, and what is refused with its reason."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.errors import ConflictError, InvalidValueError, TypeConflictError
from provgraph.model import (
    Artifact,
    ArtifactState,
    ArtifactType,
    BaseType,
    Context,
    Event,
    EventType,
    Execution,
    ExecutionState,
    NodeKind,
    ParentContext,
    PropertyKind,
    Struct,
    check_parents,
    merge_types,
    parse_ref,
    type_key,
    with_id,
)


class TestNodes:
    def test_a_node_is_frozen(self) -> None:
        artifact = Artifact(type="Dataset")
        with pytest.raises(dataclasses.FrozenInstanceError):
            artifact.type = "Model"  # type: ignore[misc]

    @pytest.mark.parametrize("kind", [Artifact, Execution])
    def test_a_node_needs_a_type(self, kind: type[Artifact | Execution]) -> None:
        with pytest.raises(InvalidValueError, match="a type is needed"):
            kind(type="")

    def test_a_context_needs_a_name(self) -> None:
        with pytest.raises(InvalidValueError, match="a context needs a name"):
            Context(type="Run")

    def test_an_empty_name_is_refused_and_no_name_is_fine(self) -> None:
        with pytest.raises(InvalidValueError):
            Artifact(type="Dataset", name="")
        assert Artifact(type="Dataset").name is None

    @pytest.mark.parametrize("field", ["type", "name", "key", "external_id", "uri", "digest"])
    def test_texts_that_no_index_can_hold_are_refused(self, field: str) -> None:
        with pytest.raises(InvalidValueError, match="longer than 8,000 bytes"):
            Artifact(**{"type": "T", field: "\u20ac" * 2_700})  # type: ignore[arg-type]

    def test_declared_properties_come_before_custom_ones_of_the_same_name(self) -> None:
        artifact = Artifact(type="Model", properties={"x": 1}, custom_properties={"x": 2, "y": 0})
        assert (artifact.get("x"), artifact.get("y"), artifact.get("z", 9)) == (1, 0, 9)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("artifact:12", (NodeKind.ARTIFACT, 12)),
            ("execution:5", (NodeKind.EXECUTION, 5)),
            ("context:0", (NodeKind.CONTEXT, 0)),
            ("artifact:", None),
            ("artifact:-1", None),
            ("artifact:1.0", None),
            ("artifact:\u0661", None),
            ("artifact:" + "9" * 30, None),
            ("Artifact:1", None),
            ("dataset:1", None),
            ("artifact", None),
        ],
    )
    def test_references_are_read_strictly(self, text: str, expected: tuple[NodeKind, int] | None) -> None:
        assert parse_ref(text) == expected


class TestTypes:
    stored = ArtifactType(name="Model", properties={"a": PropertyKind.INT, "b": PropertyKind.STRING})

    def test_the_same_type_again_changes_nothing(self) -> None:
        assert merge_types(self.stored, self.stored) == self.stored

    def test_new_properties_need_leave(self) -> None:
        given_type = dataclasses.replace(self.stored, properties={**self.stored.properties, "c": PropertyKind.DOUBLE})
        with pytest.raises(TypeConflictError, match="can_add_fields"):
            merge_types(self.stored, given_type)
        assert merge_types(self.stored, given_type, can_add_fields=True).properties == given_type.properties

    def test_absent_properties_need_leave_and_are_kept(self) -> None:
        given_type = dataclasses.replace(self.stored, properties={"a": PropertyKind.INT})
        with pytest.raises(TypeConflictError, match="can_omit_fields"):
            merge_types(self.stored, given_type)
        assert merge_types(self.stored, given_type, can_omit_fields=True).properties == self.stored.properties

    def test_a_property_never_changes_its_kind(self) -> None:
        given_type = ArtifactType(name="Model", properties={"a": PropertyKind.DOUBLE})
        with pytest.raises(TypeConflictError, match="'a' is INT in the store and DOUBLE here"):
            merge_types(self.stored, given_type, can_add_fields=True, can_omit_fields=True)

    def test_the_description_stays_and_a_given_external_id_replaces(self) -> None:
        before = dataclasses.replace(self.stored, description="old", external_id="x1")
        after = merge_types(before, dataclasses.replace(self.stored, description="new", external_id="x2"))
        assert (after.description, after.external_id) == ("old", "x2")
        assert merge_types(after, self.stored).external_id == "x2"

    def test_a_base_type_can_be_added_and_not_changed(self) -> None:
        model = dataclasses.replace(self.stored, base_type=BaseType.MODEL)
        assert merge_types(self.stored, model).base_type is BaseType.MODEL
        with pytest.raises(TypeConflictError, match="is a Model in the store and a Dataset here"):
            merge_types(model, dataclasses.replace(self.stored, base_type=BaseType.DATASET))

    @given(
        *[st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)] * 2,
        st.text(max_size=3).filter(str.isascii),
    )
    def test_keys_of_different_types_differ(self, first: str, second: str, version: str) -> None:
        keys = {(name, v): type_key(NodeKind.ARTIFACT, name, v) for name in (first, second) for v in ("", version)}
        assert len(set(keys.values())) == len(keys)


class TestLinks:
    @pytest.mark.parametrize("kind", EventType)
    def test_each_of_the_seven_event_types_knows_its_direction(self, kind: EventType) -> None:
        assert kind.is_input == kind.name.endswith("INPUT")

    @pytest.mark.parametrize("step", [1.5, True, None, b"x", 2**63])
    def test_steps_of_a_path_are_names_or_positions(self, step: object) -> None:
        with pytest.raises(InvalidValueError):
            Event(artifact="a", execution="e", type=EventType.INPUT, path=(step,))  # type: ignore[arg-type]

    def test_an_event_needs_both_ends(self) -> None:
        with pytest.raises(InvalidValueError):
            Event(artifact="", execution="e", type=EventType.INPUT)

    def test_no_context_is_its_own_parent(self) -> None:
        with pytest.raises(ConflictError):
            ParentContext("c", "c")

    @given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=14))
    def test_cycles_of_parents_are_found_if_and_only_if_there_are_any(self, pairs: set[tuple[int, int]]) -> None:
        links = {(a, b) for a, b in pairs if a != b}
        left = set(links)
        while True:  # peel off what has no parent left: what remains is on or below a cycle
            peeled = {(a, b) for a, b in left if not any(x == b for x, _ in left)}
            if not peeled:
                break
            left -= peeled
        text = [(str(a), str(b)) for a, b in sorted(links)]
        if left:
            with pytest.raises(ConflictError, match="their own ancestors"):
                check_parents(text)
        else:
            check_parents(text)


@pytest.mark.parametrize(
    "value",
    [
        Artifact(type="Model", name="m", properties={"x": 1}, custom_properties={"y": Struct.of([1])}, id=3),
        Execution(type="Train", custom_properties={"loss": 0.5}),
        Context(type="Run", name="r"),
        ArtifactType(name="Model", properties={"x": PropertyKind.INT}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_can_be_hashed_pickled_and_copied(value: Artifact | Execution | Context | ArtifactType) -> None:
    for copied in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
        assert copied == value
        assert hash(copied) == hash(value)
        assert type(copied.properties) is type(value.properties)


@pytest.mark.parametrize(
    "node",
    [
        Artifact(type="Model", name="m", uri="file:///m", state=ArtifactState.LIVE, properties={"depth": 8}, key="k"),
        Execution(type="Train", state=ExecutionState.FAILED, started_at=1, ended_at=2, custom_properties={"x": 0.5}),
        Context(type="Run", name="r", source="mlflow", external_id="17", recorded_at=3),
    ],
    ids=lambda node: type(node).__name__,
)
def test_a_node_with_the_id_of_the_store_is_else_the_same(node: Artifact | Execution | Context) -> None:
    assert with_id(node, 7) == dataclasses.replace(node, id=7)
    assert node.id == 0
