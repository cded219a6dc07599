"""Records survive a round trip whole, and what contradicts is refused whole, on every engine."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import provgraph
from provgraph import (
    Artifact,
    ArtifactState,
    ArtifactType,
    Condition,
    Context,
    Event,
    EventType,
    Execution,
    ExecutionState,
    ExecutionType,
    PropertyKind,
    Proto,
    Records,
    Struct,
)
from provgraph.errors import (
    AmbiguousError,
    AuthenticationError,
    ConflictError,
    ForeignStoreError,
    NewerStoreError,
    NotFoundError,
    TypeConflictError,
    UnreachableError,
)
from provgraph.model import (
    Association,
    Attribution,
    BaseType,
    ParentContext,
    Properties,
    Value,
    kind_of,
    values_equal,
)
from provgraph.store.bolt import BoltStore
from tests.notifications import OddStatementError
from tests.servers.target import Bypass, Target

_serial = itertools.count()

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = (
    st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | TEXT
    | st.booleans()
    | st.builds(
        Struct.of, st.dictionaries(TEXT, st.integers() | TEXT | st.lists(st.floats(allow_nan=False), max_size=3))
    )
    | st.builds(Proto, TEXT, st.binary(max_size=20))
)
NAMES = TEXT.filter(lambda text: bool(text) and "\0" not in text)
PROPERTIES = st.dictionaries(NAMES, VALUES, max_size=6)
HOSTILE = [
    "`",
    "``x``",
    "a b",
    "$x",
    "é",
    "\U0010ffff",
    "\1",
    "\n",
    "'; MATCH (n) DETACH DELETE n //",
    "prop_x",
    "id",
    "key",
    "=",
]


def same(a: Properties, b: Properties) -> bool:
    """Equal names and values, NaN equal to NaN, 1 not equal to 1.0."""
    return a.keys() == b.keys() and all(values_equal(a[name], b[name]) for name in a)


class TestRoundTrip:
    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(custom=PROPERTIES, declared=PROPERTIES, name=TEXT.filter(bool))
    def test_both_name_spaces_come_back_as_they_went(
        self,
        graph: provgraph.Graph,
        custom: dict[str, Value],
        declared: dict[str, Value],
        name: str,
    ) -> None:
        type_name = f"T{next(_serial)}"
        kinds = {n: kind_of(v) for n, v in declared.items()}
        graph.put_types([ArtifactType(name=type_name, properties=kinds)])
        # the same name in both name spaces, with another value
        both = {**custom, **dict.fromkeys(declared, "other")}
        put = graph.put(Artifact(type=type_name, name=name, properties=declared, custom_properties=both))
        back = graph.get(put.ref)
        assert same(back.properties, declared)
        assert same(back.custom_properties, both)
        assert (back.name, back.type, back.key) == (name, type_name, put.key)

    @pytest.mark.parametrize(
        "value",
        [
            *(0, -1, 2**63 - 1, -(2**63), 0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324),
            *("", "x" * 1_000_000, "\0", "\ud7ff\U00010000", True, False),
            *(Struct.of(None), Struct.of([math.inf, {"a": []}]), Proto("", b""), Proto("t", bytes(range(256)))),
        ],
        ids=lambda v: str(v)[:20],
    )
    def test_every_kind_of_value_survives(self, graph: provgraph.Graph, value: Value) -> None:
        put = graph.put(Execution(type="Step", custom_properties={"v": value}))
        assert values_equal(graph.get(put.ref).custom_properties["v"], value)

    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_names_are_names(self, graph: provgraph.Graph, name: str) -> None:
        put = graph.put(Artifact(type=name, name=name, custom_properties={name: name}, uri=name, external_id=name))
        back = graph.get(put.ref)
        assert isinstance(back, Artifact)
        assert (back.type, back.name, back.uri, back.external_id, back.custom_properties) == (
            name,
            name,
            name,
            name,
            {name: name},
        )
        assert [n.ref for n in graph.find(where=[Condition(name, "=", name)], kind="artifact")] in ([put.ref], [])
        assert graph.count() == 1

    @pytest.mark.parametrize("state", ArtifactState)
    def test_states_of_artifacts(self, graph: provgraph.Graph, state: ArtifactState) -> None:
        back = graph.get(graph.put(Artifact(type="T", state=state)).ref)
        assert isinstance(back, Artifact)
        assert back.state is state

    @pytest.mark.parametrize("state", ExecutionState)
    def test_states_of_executions(self, graph: provgraph.Graph, state: ExecutionState) -> None:
        back = graph.get(graph.put(Execution(type="T", state=state, started_at=1, ended_at=2)).ref)
        assert isinstance(back, Execution)
        assert (back.state, back.started_at, back.ended_at) == (state, 1, 2)

    @pytest.mark.parametrize("kind", EventType)
    def test_events_of_all_seven_types_with_time_and_path(self, graph: provgraph.Graph, kind: EventType) -> None:
        event = Event(artifact="a", execution="e", type=kind, time=12345, path=("examples", 0, "0"), recorded_by="me")
        graph.put_lineage(
            Records(artifacts=[Artifact(type="A", key="a")], executions=[Execution(type="E", key="e")], events=[event])
        )
        lineage = graph.lineage("e")
        [edge] = lineage.edges
        assert (edge.event_type, edge.time, edge.path, edge.recorded_by) == (
            kind.name,
            12345,
            ("examples", 0, "0"),
            "me",
        )
        assert edge.certainty == "observed"
        assert edge.pending == (kind is EventType.PENDING_OUTPUT)
        assert (edge.target == lineage.executions[0].ref) == kind.is_input

    def test_types_come_back_with_all_they_say(self, graph: provgraph.Graph) -> None:
        given_type = ExecutionType(
            name="Trainer/1", version="2@3", description="d", external_id="x", source="mlmd/abc", signature="{}",
            base_type=BaseType.TRAIN, properties={"a b": PropertyKind.STRUCT, "n": PropertyKind.INT},
        )  # fmt: skip
        [put] = graph.put_types([given_type])
        [back] = graph.types()
        assert back == put
        assert replace(back, id=0) == given_type


class TestRules:
    def test_putting_again_adds_and_never_wipes(self, graph: provgraph.Graph) -> None:
        first = graph.put(Artifact(type="Model", name="m", uri="u", custom_properties={"a": 1}))
        second = graph.put(Artifact(type="Model", name="m", custom_properties={"b": 2}))
        assert first.id == second.id
        back = graph.get(first.ref)
        assert isinstance(back, Artifact)
        assert (back.uri, back.custom_properties) == ("u", {"a": 1, "b": 2})

    def test_replacing_leaves_only_what_is_given(self, graph: provgraph.Graph) -> None:
        graph.put(Artifact(type="Model", key="k", uri="u", custom_properties={"a": 1}))
        result = graph.put_lineage(
            Records(artifacts=[Artifact(type="Model", key="k", custom_properties={"b": 2})]), replace=True
        )
        back = graph.get("k")
        assert isinstance(back, Artifact)
        assert (back.uri, back.custom_properties, back.key) == (None, {"b": 2}, "k")
        assert result.updated == {"Artifact": 1}

    def test_the_same_records_again_change_nothing_and_say_so(self, graph: provgraph.Graph, bypass: Bypass) -> None:
        found = Records(
            artifacts=[Artifact(type="A", key="a", name="n")],
            executions=[Execution(type="E", key="e")],
            contexts=[Context(type="C", name="c", key="c"), Context(type="C", name="d", key="d")],
            events=[Event(artifact="a", execution="e", type=EventType.INPUT)],
            attributions=[Attribution("a", "c")],
            associations=[Association("e", "c")],
            parents=[ParentContext("c", "d")],
        )
        everything = (
            "MATCH (n) WHERE n.key <> 'store' OPTIONAL MATCH (n)-[r]->() "
            "RETURN properties(n) AS n, properties(r) AS r, type(r) AS t ORDER BY n.key, t"
        )
        first = graph.put_lineage(found)
        before = bypass.run(everything)
        second = graph.put_lineage(found)
        assert bypass.run(everything) == before
        assert +second.created == {}
        assert +second.updated == {}
        assert second.unchanged == first.created
        assert second.ids == first.ids

    def test_undeclared_and_wrongly_typed_properties_are_refused_whole(self, graph: provgraph.Graph) -> None:
        graph.put_types([ArtifactType(name="Model", properties={"n": PropertyKind.INT})])
        for properties in ({"x": 1}, {"n": 1.0}, {"n": True}):
            with pytest.raises(TypeConflictError):
                graph.put(Artifact(type="Model", properties=properties))
        assert graph.count(kind="artifact") == 0

    def test_types_evolve_by_rule_in_the_store(self, graph: provgraph.Graph) -> None:
        narrow = ArtifactType(name="Model", properties={"a": PropertyKind.INT})
        wide = ArtifactType(name="Model", properties={"a": PropertyKind.INT, "b": PropertyKind.STRING})
        [first] = graph.put_types([narrow])
        with pytest.raises(TypeConflictError):
            graph.put_types([wide])
        [second] = graph.put_types([wide], can_add_fields=True)
        with pytest.raises(TypeConflictError):
            graph.put_types([narrow])
        [third] = graph.put_types([narrow], can_omit_fields=True)
        assert first.id == second.id == third.id
        assert third.properties == wide.properties
        [other] = graph.put_types([ArtifactType(name="Model", version="2")])
        assert other.id != first.id

    def test_types_belong_to_their_source(self, graph: provgraph.Graph) -> None:
        graph.put_types([ArtifactType(name="T", source="one", properties={"a": PropertyKind.INT})])
        graph.put_types([ArtifactType(name="T", source="two", properties={"a": PropertyKind.STRING})])
        graph.put(Artifact(type="T", source="one", key="1", name="n", properties={"a": 1}))
        graph.put(Artifact(type="T", source="two", key="2", name="n", properties={"a": "x"}))
        assert graph.count(type="T") == 2

    def test_names_are_unique_within_source_and_type(self, graph: provgraph.Graph) -> None:
        graph.put(Artifact(type="A", key="1", name="n"))
        graph.put(Artifact(type="B", key="2", name="n"))
        with pytest.raises(ConflictError):
            graph.put(Artifact(type="A", key="3", name="n"))
        assert graph.count() == 2

    def test_external_ids_are_unique_within_their_source(self, graph: provgraph.Graph) -> None:
        graph.put(Artifact(type="A", key="1", external_id="x"))
        graph.put(Artifact(type="A", key="2", external_id="x", source="elsewhere"))
        with pytest.raises(ConflictError):
            graph.put(Artifact(type="B", key="3", external_id="x"))

    def test_a_key_never_changes_its_type(self, graph: provgraph.Graph) -> None:
        graph.put(Artifact(type="A", key="k", custom_properties={"x": 1}))
        graph.put(Execution(type="E", key="e"))
        for replace_it in (False, True):
            with pytest.raises(ConflictError, match="another type"):
                graph.put_lineage(Records(artifacts=[Artifact(type="B", key="k")]), replace=replace_it)
        with pytest.raises(ConflictError, match="execution of another type"):
            graph.put_execution(Execution(type="F", key="e"))
        with pytest.raises(ConflictError, match="artifact of another type"):
            graph.put_execution(Execution(type="E", key="e2"), artifacts=[Artifact(type="B", key="k")])
        assert {(n.key, n.type) for n in graph.find()} == {("k", "A"), ("e", "E")}

    def test_the_longest_texts_that_the_model_allows_can_be_stored(self, graph: provgraph.Graph) -> None:
        long = "x" * 7_900
        put = graph.put(Artifact(type="T", name=long, key=long, uri=long, digest=long, external_id=long))
        assert graph.get(put.ref).name == long
        named = graph.put(Artifact(type="T", key="p", custom_properties={"n" * 8_000: "v" * 100_000}))
        assert len(graph.get(named.ref).custom_properties) == 1

    def test_more_than_one_message_can_hold_is_one_write(self, graph: provgraph.Graph) -> None:
        text = "größe " * 1_000

        def things(what: str) -> list[Artifact]:
            texts = {"text": text + what}
            return [Artifact(type="Thing", key=f"big/{n}", custom_properties=texts) for n in range(3_000)]

        first = graph.put_lineage(Records(artifacts=things("")))  # 20 MB
        assert first.created["Artifact"] == 3_000
        assert graph.put_lineage(Records(artifacts=things("2"))).updated["Artifact"] == 3_000
        assert graph.get("big/2999").custom_properties["text"] == text + "2"

    def test_unnamed_nodes_are_unlimited(self, graph: provgraph.Graph) -> None:
        assert len({graph.put(Artifact(type="A")).id for _ in range(3)}) == 3

    def test_a_link_to_nothing_is_refused_and_nothing_is_written(self, graph: provgraph.Graph) -> None:
        event = Event(artifact="nope", execution="e", type=EventType.INPUT)
        with pytest.raises(NotFoundError, match="nope"):
            graph.put_lineage(Records(executions=[Execution(type="E", key="e")], events=[event]))
        with pytest.raises(NotFoundError, match="nope"):
            graph.put_execution(Execution(type="E", key="e"), events=[event])
        assert graph.count() == 0

    def test_parents_cannot_form_a_cycle_over_several_writes(self, graph: provgraph.Graph) -> None:
        contexts = [Context(type="C", name=n, key=n) for n in "abc"]
        graph.put_lineage(Records(contexts=contexts, parents=[ParentContext("a", "b"), ParentContext("b", "c")]))
        with pytest.raises(ConflictError, match="their own ancestors"):
            graph.put_lineage(Records(parents=[ParentContext("c", "a")]))
        graph.put_lineage(Records(parents=[ParentContext("a", "c")]))

    def test_one_execution_is_written_with_all_that_belongs_to_it(self, graph: provgraph.Graph) -> None:
        def put() -> tuple[Execution, list[Artifact], list[Context]]:
            return graph.put_execution(
                Execution(type="Train", key="t", state=ExecutionState.COMPLETE),
                artifacts=[Artifact(type="Dataset", key="d"), Artifact(type="Model", name="m/1", key="m")],
                events=[
                    Event(artifact="d", execution="t", type=EventType.INPUT),
                    Event(artifact="m", execution="t", type=EventType.OUTPUT),
                ],
                contexts=[Context(type="Run", name="r")],
            )

        execution, [data, model], [run] = put()
        assert put() == (execution, [data, model], [run])
        lineage = graph.upstream(model.ref)
        assert [n.ref for n in lineage.nodes] == [model.ref, execution.ref, data.ref]
        assert {c.ref for c in lineage.contexts_of(model)} == {run.ref}
        assert lineage.contexts_of(data) == ()
        assert graph.count() == 4


class TestLookingUp:
    def test_a_text_names_a_node_by_reference_key_external_id_name_or_type_and_name(
        self, graph: provgraph.Graph
    ) -> None:
        put = graph.put(Artifact(type="Model", name="a/b", key="the key", external_id="ext"))
        for text in (put.ref, "the key", "ext", "a/b", "Model/a/b"):
            assert graph.get(text).ref == put.ref

    def test_what_fits_nothing_or_several_says_so(self, graph: provgraph.Graph) -> None:
        one = graph.put(Artifact(type="Model", name="n"))
        two = graph.put(Artifact(type="Dataset", name="n"))
        with pytest.raises(AmbiguousError) as found:
            graph.get("n")
        assert set(found.value.candidates) == {one.ref, two.ref}
        for text in ("nothing", "artifact:999999", "", "/", "Model/"):
            with pytest.raises(NotFoundError):
                graph.get(text)

    def test_conditions(self, graph: provgraph.Graph) -> None:
        for i in range(5):
            graph.put(
                Artifact(
                    type="Model", name=f"m/{i}", uri=f"s3://b/{i}", custom_properties={"acc": i / 10, "tag": f"T{i}"}
                )
            )

        def names(*where: Condition) -> list[str | None]:
            return [n.name for n in graph.find(where=where)]

        assert names(Condition("acc", ">", 0.2)) == ["m/3", "m/4"]
        assert names(Condition("acc", ">=", 0.2), Condition("acc", "<", 0.4)) == ["m/2", "m/3"]
        assert names(Condition("acc", "<=", 0)) == ["m/0"]
        assert names(Condition("tag", "=", ("T1", "T2"))) == ["m/1", "m/2"]
        assert names(Condition("tag", "!=", "T1"), Condition("acc", "<", 0.25)) == ["m/0", "m/2"]
        assert names(Condition("tag", "~", "t4")) == ["m/4"]
        assert names(Condition("uri", "=", "s3://b/1")) == ["m/1"]
        assert names(Condition("custom_tag", "=", "T2")) == ["m/2"]
        assert names(Condition("prop_tag", "=", "T2")) == []
        assert names(Condition("nope", "=", 1)) == []
        assert names(Condition("nope", "!=", 1)) == [f"m/{i}" for i in range(5)]
        assert names(Condition("tag", ">", 3)) == []

    def test_a_node_without_a_state_has_the_state_unknown(self, graph: provgraph.Graph) -> None:
        graph.put(Artifact(type="A", key="a"))
        graph.put(Artifact(type="A", key="b", state=ArtifactState.LIVE))
        graph.put(Context(type="C", name="c"))
        assert [n.key for n in graph.find(state="unknown")] == ["a"]
        assert [n.key for n in graph.find(state="LIVE")] == ["b"]

    def test_pages_cover_everything_once_in_order(self, graph: provgraph.Graph) -> None:
        graph.put_lineage(Records(artifacts=[Artifact(type="A", key=f"{i}") for i in range(2_345)]))
        found = [node.id for node in graph.find(type="A")]
        assert found == sorted(set(found))
        assert len(found) == 2_345 == graph.count(type="A")
        assert [n.id for n in graph.find(type="A", newest_first=True, limit=3)] == found[:-4:-1]

    def test_inside_a_context_and_the_contexts_inside_it(self, graph: provgraph.Graph) -> None:
        graph.put_lineage(
            Records(
                executions=[Execution(type="E", key=f"e{i}") for i in range(3)],
                contexts=[Context(type="Line", name="p/l", key="l"), Context(type="Plant", name="p", key="p")],
                associations=[Association("e0", "l"), Association("e1", "p")],
                parents=[ParentContext("l", "p")],
            )
        )
        assert [n.key for n in graph.find(context="p", kind="execution")] == ["e0", "e1"]
        assert [n.key for n in graph.find(context="p/l")] == ["e0"]
        assert graph.count(context="p") == 3


class TestOpening:
    def test_a_database_of_other_people_is_left_alone(self, target: Target, bypass: Bypass) -> None:
        bypass.wipe()
        bypass.run("CREATE (:Movie {title: 'x'})")
        with pytest.raises(ForeignStoreError, match="init"):
            provgraph.connect(target.url, user=target.user, password=target.password, strict=True)
        assert bypass.run("MATCH (n) RETURN labels(n) AS l") == [{"l": ["Movie"]}]

    def test_a_store_of_a_newer_version_is_refused_by_name(
        self, graph: provgraph.Graph, target: Target, bypass: Bypass
    ) -> None:
        graph.put(Artifact(type="A"))
        bypass.run("MATCH (s:Provgraph) SET s.schema_version = s.schema_version + 1, s.made_by = '9.9'")
        with pytest.raises(NewerStoreError, match=r"provgraph 9\.9"):
            provgraph.connect(target.url, user=target.user, password=target.password, strict=True)

    def test_a_wrong_password_is_one_line(self, neo4j_target: Target) -> None:
        with pytest.raises(AuthenticationError) as found:
            provgraph.connect(neo4j_target.url, user="neo4j", password="wrong-and-secret", strict=True)
        assert "\n" not in str(found.value)
        assert "wrong-and-secret" not in str(found.value)

    def test_a_refused_port_is_one_line(self) -> None:
        with pytest.raises(UnreachableError) as found:
            provgraph.connect("bolt://127.0.0.1:1", user="neo4j", password="x", strict=True)
        assert "\n" not in str(found.value)


def test_what_neo4j_finds_odd_about_a_statement_fails_its_test(empty_neo4j: Target) -> None:
    store = BoltStore(empty_neo4j.engine)
    with pytest.raises(OddStatementError, match="NoSuchLabel"):
        store.read("MATCH (n:NoSuchLabel) RETURN n.key", {})
    store.close()
