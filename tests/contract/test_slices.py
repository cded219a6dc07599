"""What stands upstream of a table's rows, read by one walk, on every engine."""

from __future__ import annotations

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import provgraph
from provgraph import Artifact, Association, Attribution, Context, Execution, Records
from provgraph.analysis.columns import lineage_columns
from provgraph.analysis.upstream import Upstream, fetch_upstream
from provgraph.model import ParentContext
from tests.contract.test_tracing import Link, graphs, ladder, records

_serial = itertools.count()


def fetched(graph: provgraph.Graph, ids: list[int]) -> Upstream:
    return fetch_upstream(graph._core.store, ids)


def met(upstream: Upstream) -> set[str]:
    return {f"{label.lower()}:{stored['id']}" for label, stored in zip(upstream.labels, upstream.stored, strict=True)}


def links_of(upstream: Upstream) -> set[tuple[int, int]]:
    ids = [stored["id"] for stored in upstream.stored]
    ends = zip(upstream.below.tolist(), upstream.above.tolist(), strict=True)
    return {(ids[above], ids[below]) for below, above in ends}


class TestTheWalk:
    def test_a_ladder_of_40_diamonds_is_walked_by_every_statement(self, graph: provgraph.Graph) -> None:
        rungs, nodes = ladder("ladder/", 40)
        # twenty leaves below the last rung: so many open nodes go step by step, one open execution to the end at once
        fan = [Link("a40", "e-fan"), *(Link("e-fan", f"a-leaf{n}") for n in range(20))]
        below = records("ladder/", fan)
        ids = graph.put_lineage(rungs).ids | graph.put_lineage(below).ids
        top = ids["ladder/a40"]
        one = fetched(graph, [top])
        assert len(one) == nodes
        assert len(one.below) == 160
        leaves = [ids[f"ladder/a-leaf{n}"] for n in range(20)]
        assert len(fetched(graph, leaves)) == nodes + 21
        artifacts = [i for key, i in ids.items() if key.startswith("ladder/a")]
        everything = fetched(graph, artifacts)
        assert met(everything) == {node.ref for node in graph.upstream([f"artifact:{leaf}" for leaf in leaves])}
        assert len(everything.below) == 160 + 21

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(links=graphs(), starts=st.sets(st.integers(0, 7), min_size=1))
    def test_it_meets_what_a_trace_from_each_start_meets(
        self, graph: provgraph.Graph, links: list[Link], starts: set[int]
    ) -> None:
        prefix = f"w{next(_serial)}/"
        ids = graph.put_lineage(records(prefix, links, {f"a{n}": "Thing" for n in starts})).ids
        upstream = fetched(graph, [ids[f"{prefix}a{n}"] for n in starts])
        lineage = graph.upstream([f"artifact:{ids[f'{prefix}a{n}']}" for n in starts])
        assert met(upstream) == set(lineage.by_ref)
        number = {node.ref: node.id for node in lineage}
        assert links_of(upstream) == {(number[edge.source], number[edge.target]) for edge in lineage.edges}
        assert upstream.possible == sum(edge.possible for edge in lineage.edges)

    def test_a_thousand_sources_below_a_thousand_shared_steps_read_each_node_once(self, graph: provgraph.Graph) -> None:
        chain = [x for n in range(500) for x in (Link(f"a{n}", f"e{n}"), Link(f"e{n}", f"a{n + 1}"))]
        wide = [x for n in range(1_000) for x in (Link("a500", f"e-w{n}"), Link(f"e-w{n}", f"a-w{n}"))]
        ids = graph.put_lineage(records("shared/", [*chain, *wide])).ids
        upstream = fetched(graph, [ids[f"shared/a-w{n}"] for n in range(1_000)])
        assert len(upstream) == 1_001 + 2_000
        assert len(upstream.below) == 1_000 + 2_000

    def test_ids_of_nothing_are_left_out(self, graph: provgraph.Graph) -> None:
        assert len(fetched(graph, [10**12])) == 0
        assert len(fetched(graph, [])) == 0

    def test_contexts_come_with_all_that_they_stand_in(self, graph: provgraph.Graph) -> None:
        base = records("ctx/", [Link("e0", "a0")])
        names = ("plant-2", "plant-2/line-3", "plant-2/line-3/B")
        ids = graph.put_lineage(
            Records(
                artifacts=base.artifacts,
                executions=base.executions,
                events=base.events,
                contexts=[Context(type="Place", name=name, key=name) for name in (*names, "lot 9")],
                parents=[ParentContext(names[1], names[0]), ParentContext(names[2], names[1])],
                associations=[Association("ctx/e0", names[2])],
                attributions=[Attribution("ctx/a0", "lot 9")],
            )
        ).ids
        upstream = fetched(graph, [ids["ctx/a0"]])
        assert len(upstream) == 6
        assert (ids[names[2]], ids["ctx/e0"]) in links_of(upstream)
        assert (ids[names[0]], ids[names[1]]) in links_of(upstream)
        assert (ids["lot 9"], ids["ctx/a0"]) in links_of(upstream)


class TestColumns:
    def test_the_nearest_value_wins_and_equally_near_ones_are_all_kept(self, graph: provgraph.Graph) -> None:
        links = [
            *(Link("a-old", "e-relabel"), Link("e-relabel", "a-one")),
            *(Link("e-first", "a-old"), Link("e-other", "a-two")),
            *(Link("e-p", "a-p"), Link("e-q", "a-q"), Link("a-p", "e-join"), Link("a-q", "e-join")),
            Link("e-join", "a-three"),
        ]
        who = {"e-relabel": "bo", "e-first": "amira", "e-other": "amira", "e-p": "chen", "e-q": "bo"}
        base = records("near/", links, dict.fromkeys(who, "Label"))
        executions = [
            Execution(type=e.type, key=e.key, custom_properties={"annotator": who[e.key.removeprefix("near/")]})
            if e.type == "Label"
            else e
            for e in base.executions
        ]
        ids = graph.put_lineage(Records(artifacts=base.artifacts, executions=executions, events=base.events)).ids
        groups = [(ids[f"near/a-{n}"],) for n in ("one", "two", "three")]
        found = lineage_columns(graph._core.store, [*groups, (groups[0][0], groups[1][0])])
        column = found["Label.annotator"]
        assert column.kind == "several"
        assert [column.cells[code] for code in column.codes] == [("bo",), ("amira",), ("bo", "chen"), ("amira", "bo")]

    def test_values_are_named_by_where_they_stand_and_noise_is_left_out(self, graph: provgraph.Graph) -> None:
        sources = []
        for number in range(12):
            firmware = "2.1" if number % 3 else "2.0"
            line = number % 4 // 2
            with graph.execution(
                "Capture",
                contexts={"Factory": "p", "Line": f"p/{line}", "Camera": f"p/{line}/{number % 4}"},
                parameters={"exposure_ms": 8 + number / 10, "gain": {"db": number % 2}},
                firmware=firmware,
                job=f"J-{number}",
                released_at=1_760_000_000_000 + number,
                checksum=f"{number:064x}",
                simulated=True,
            ) as step:
                step.input(type="CameraConfig", name="steelcam", version=firmware)
                sources.append(step.output(type="Batch", name=f"batch {number}", version="1"))
        groups = [(graph.get(source.ref).id,) for source in sources]
        found = lineage_columns(graph._core.store, groups)
        kinds = {column.name: column.kind for column in found.columns}
        assert kinds["Line"] == kinds["Camera"] == "text"
        assert kinds["Capture.exposure_ms"] == "number"
        assert "Capture.gain.db" in kinds
        lead = found["CameraConfig.version"]
        assert [same.name for same in lead.same] == ["Capture.firmware"]
        assert lead.same_values("2.0") == {"Capture.firmware": "2.0"}
        assert found.names.index("Line") < found.names.index("Camera")
        assert not {"Capture.released_at", "Capture.checksum", "Capture.recording", "Capture.process"} & set(kinds)
        assert not any(name.endswith((".digest", ".uri", ".command")) for name in kinds)
        assert "left out (origins ranks nodes): Batch.family, Capture.job" in " ".join(found.notes)
        assert {"Factory", "Capture.simulated", "Capture.python"} <= set(found.left_out)
        assert found.times.tolist() == [graph.upstream(source.ref).executions[0].started_at for source in sources]

    def test_a_source_without_anything_upstream_has_no_columns(self, graph: provgraph.Graph) -> None:
        stored = graph.put(Artifact(type="Batch", name="alone"))
        found = lineage_columns(graph._core.store, [(stored.id,)])
        assert found.columns == ()
