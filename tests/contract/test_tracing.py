"""Traces hold exactly what a walk by hand over the same records meets, on every engine."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import provgraph
from provgraph import Artifact, Context, Event, EventType, Execution, ExecutionState, Records
from provgraph.errors import InvalidValueError, NotFoundError
from provgraph.model import Association, Attribution, Derivation, Equality, ParentContext
from provgraph.store.cypher.trace import BOUNDS
from provgraph.tracing.certificate import CutReason, GapKind
from provgraph.tracing.lineage import Lineage

_serial = itertools.count()


@dataclass(frozen=True)
class Link:
    """A link as the records have it: names of the two ends, in the direction of the data."""

    source: str
    target: str
    possible: bool = False
    pending: bool = False


def records(prefix: str, links: Iterable[Link], types: dict[str, str] | None = None) -> Records:
    """Records for links between nodes named `a…` (artifacts) and `e…` (executions)."""
    links = list(links)
    names = sorted({end for link in links for end in (link.source, link.target)} | set(types or {}))
    kinds = types or {}
    events = []
    for link in links:
        execution, artifact = (link.source, link.target) if link.source[0] == "e" else (link.target, link.source)
        kind = EventType.INPUT if link.target[0] == "e" else EventType.OUTPUT
        if link.pending:
            kind = EventType.PENDING_OUTPUT
        key_a, key_e = f"{prefix}{artifact}", f"{prefix}{execution}"
        events.append(Event(artifact=key_a, execution=key_e, type=kind, possible=link.possible, time=7))
    done = ExecutionState.COMPLETE
    return Records(
        artifacts=[Artifact(type=kinds.get(n, "Thing"), key=prefix + n) for n in names if n[0] == "a"],
        executions=[Execution(type=kinds.get(n, "Step"), key=prefix + n, state=done) for n in names if n[0] == "e"],
        events=events,
    )


def by_hand(
    links: Iterable[Link], starts: Iterable[str], way: str, stop: frozenset[str] = frozenset()
) -> dict[str, int]:
    """The nodes met from `starts` and their distances, by a plain breadth-first walk."""
    beside: dict[str, list[str]] = {}
    for link in links:
        near, far = (link.target, link.source) if way == "upstream" else (link.source, link.target)
        beside.setdefault(near, []).append(far)
    found = dict.fromkeys(starts, 0)
    level = list(found)
    first = set(found)
    while level:
        following = []
        for node in level:
            for other in beside.get(node, ()) if node in first or node not in stop else ():
                if other not in found:
                    found[other] = found[node] + 1
                    following.append(other)
        level = following
    return found


def names(lineage: Lineage, prefix: str) -> dict[str, int]:
    """The nodes of a lineage by the names of `records`, with their hops."""
    return {node.key.removeprefix(prefix): lineage.hops[node.ref] for node in lineage.nodes}


@st.composite
def graphs(draw: st.DrawFn) -> list[Link]:
    """Links between up to 8 artifacts and 8 executions: cycles, several producers, re-emission, all at random."""
    pairs = draw(
        st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7), st.booleans(), st.sampled_from("cccp")), max_size=24)
    )
    return [
        Link(f"e{e}", f"a{a}", possible=kind == "p") if out else Link(f"a{a}", f"e{e}", possible=kind == "p")
        for a, e, out, kind in sorted(pairs)
    ]


_HYPOTHESIS = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


class TestRandomGraphs:
    @_HYPOTHESIS
    @given(links=graphs(), start=st.integers(0, 7), hops=st.one_of(st.none(), st.integers(0, 9)))
    def test_traces_equal_a_walk_by_hand(
        self, graph: provgraph.Graph, links: list[Link], start: int, hops: int | None
    ) -> None:
        prefix = f"r{next(_serial)}/"
        name = f"a{start}"
        result = graph.put_lineage(records(prefix, links, {name: "Thing"}))
        ref = f"artifact:{result.ids[prefix + name]}"
        reached: dict[str, int] = {}
        for way in ("upstream", "downstream"):
            lineage = getattr(graph, way)(ref, max_hops=hops)
            everything = by_hand(links, [name], way)
            expected = {n: d for n, d in everything.items() if hops is None or d <= hops}
            assert names(lineage, prefix) == expected
            assert lineage.certificate.complete == (expected == everything)
            refs = {node.key.removeprefix(prefix): node.ref for node in lineage.nodes}
            edges = {(refs[x.source], refs[x.target]) for x in links if x.source in refs and x.target in refs}
            own = {(e.source, e.target) for e in lineage.edges}
            assert own <= edges
            inner = {n for n, d in expected.items() if hops is None or d < hops}
            for link in links:  # every link between nodes that were walked on from is there
                near = link.target if way == "upstream" else link.source
                if near in inner:
                    assert (refs[link.source], refs[link.target]) in own
            reached |= {n: min(d, reached.get(n, d)) for n, d in expected.items()}
        both = graph.lineage(ref, max_hops=hops)
        assert names(both, prefix) == reached

    @_HYPOTHESIS
    @given(links=graphs(), start=st.integers(0, 7))
    def test_certain_only_leaves_out_what_possible_links_alone_reach(
        self, graph: provgraph.Graph, links: list[Link], start: int
    ) -> None:
        prefix = f"r{next(_serial)}/"
        name = f"a{start}"
        ids = graph.put_lineage(records(prefix, links, {name: "Thing"})).ids
        ref = f"artifact:{ids[prefix + name]}"
        certain = by_hand([link for link in links if not link.possible], [name], "downstream")
        everything = by_hand(links, [name], "downstream")
        sure = graph.downstream(ref, certain_only=True)
        assert names(sure, prefix) == certain
        cut = {c.reason for c in sure.certificate.cut}
        assert cut == ({CutReason.POSSIBLE} if certain.keys() != everything.keys() else set())
        whole = graph.downstream(ref)
        only = {whole.by_ref[r].key.removeprefix(prefix) for r in whole.only_possible}
        assert only == everything.keys() - certain.keys()
        told = whole.certificate
        assert (told.certain_nodes, told.possible_nodes) == (len(certain), len(only))

        def named(lineage: Lineage) -> set[Link]:
            keys = {f"{n.kind.word}:{ids[n.key]}": n.key.removeprefix(prefix) for n in whole.nodes}
            return {Link(keys[e.source], keys[e.target], possible=True) for e in lineage.certificate.frontier}

        # the links that the certificate names are the difference: no more of them, and no other. A possible link
        # between two certain nodes is none of them: it may be a shorter way, but adds nothing.
        assert by_hand([x for x in links if x not in named(whole)], [name], "downstream").keys() == certain.keys()
        for link in named(whole):
            assert link.source in certain
            assert link.target in only
        assert named(sure) == named(whole)
        assert (sure.certificate.possible_nodes, sure.certificate.certain_nodes) == (0, len(certain))
        assert not any(edge.possible for edge in sure.edges)

        def both(walked: list[Link]) -> set[str]:
            return {*by_hand(walked, [name], "upstream"), *by_hand(walked, [name], "downstream")}

        around = graph.lineage(ref)
        keys_around = {node.ref: node.key.removeprefix(prefix) for node in around}
        turning = {Link(keys_around[e.source], keys_around[e.target], True) for e in around.certificate.frontier}
        sure_around = both([link for link in links if not link.possible])
        assert both([link for link in links if link not in turning]) == sure_around
        assert {keys_around[r] for r in around.only_possible} == both(links) - sure_around

    @_HYPOTHESIS
    @given(links=graphs(), starts=st.sets(st.integers(0, 7), min_size=2, max_size=3), most=st.integers(1, 12))
    def test_a_limit_of_nodes_keeps_the_nearest_and_says_so(
        self, graph: provgraph.Graph, links: list[Link], starts: set[int], most: int
    ) -> None:
        prefix = f"r{next(_serial)}/"
        first = sorted(f"a{i}" for i in starts)
        ids = graph.put_lineage(records(prefix, links, dict.fromkeys(first, "Thing"))).ids
        everything = by_hand(links, first, "downstream")
        lineage = graph.downstream([f"artifact:{ids[prefix + n]}" for n in first], max_nodes=most)
        found = names(lineage, prefix)
        assert len(found) == min(most, len(everything))
        assert all(everything[n] == d for n, d in found.items())
        farthest = max(found.values())
        nearer = [n for n, d in everything.items() if d < farthest]
        assert set(nearer) <= found.keys()
        assert lineage.certificate.complete == (len(found) == len(everything))


def ladder(prefix: str, rungs: int) -> tuple[Records, int]:
    """`rungs` diamonds in a row: 2^rungs paths from `a0` to `a{rungs}`."""
    links = []
    for i in range(rungs):
        for side in (0, 1):
            links += [Link(f"a{i}", f"e{2 * i + side}"), Link(f"e{2 * i + side}", f"a{i + 1}")]
    return records(prefix, links), 3 * rungs + 1


class TestShapes:
    def test_a_ladder_of_40_diamonds_is_walked_by_every_statement(self, target: object, graph: provgraph.Graph) -> None:
        found, nodes = ladder("ladder/", 40)
        ids = graph.put_lineage(found).ids
        bottom, top = f"artifact:{ids['ladder/a0']}", f"artifact:{ids['ladder/a40']}"
        step = f"execution:{ids['ladder/e0']}"
        for certain in (False, True):
            for ref, verb in ((bottom, graph.downstream), (top, graph.upstream)):
                lineage = verb(ref, certain_only=certain)
                assert len(lineage) == nodes
                assert lineage.certificate.complete
                assert len(lineage.edges) == 160
                assert len(verb(ref, certain_only=certain, with_contexts=False)) == nodes
                assert len(verb(ref, certain_only=certain, max_nodes=50)) == 50
                for number, bound in enumerate(BOUNDS):
                    short = verb(ref, max_hops=bound, certain_only=certain, with_contexts=number % 2 == 0)
                    assert short.certificate.complete == (bound >= 80)
            assert len(graph.downstream(step, certain_only=certain)) == nodes - 2
            assert sum(map(len, graph.reached_ids(bottom, certain_only=certain))) == nodes
            assert sum(map(len, graph.reached_ids(top, "upstream", certain_only=certain))) == nodes
        summary = graph.impact(bottom, details=False)
        assert summary.counts == {"Thing": 40}
        assert summary.executions == {"Step": 80}
        assert len(graph.lineage([bottom, top, step])) == nodes

    def test_routes_through_a_ladder_come_one_by_one_shortest_first(self, graph: provgraph.Graph) -> None:
        found, _ = ladder("ladder/", 30)
        ids = graph.put_lineage(found).ids
        impact = graph.impact(f"artifact:{ids['ladder/a0']}")
        routes = impact.routes(f"artifact:{ids['ladder/a30']}", limit=50)
        assert len(set(routes)) == 50
        assert {len(route) for route in routes} == {61}
        assert all(route[0] == f"artifact:{ids['ladder/a0']}" for route in routes)

    def test_a_chain_of_300_executions_is_one_answer(self, graph: provgraph.Graph) -> None:
        links = [x for i in range(300) for x in (Link(f"a{i}", f"e{i}"), Link(f"e{i}", f"a{i + 1}"))]
        ids = graph.put_lineage(records("chain/", links)).ids
        lineage = graph.upstream(f"artifact:{ids['chain/a300']}")
        assert len(lineage) == 601
        assert max(lineage.hops.values()) == 600
        assert lineage.certificate.complete

    def test_a_hub_is_counted_listed_and_limited(self, graph: provgraph.Graph) -> None:
        links = [x for i in range(3_000) for x in (Link("a-hub", f"e{i}"), Link(f"e{i}", f"a{i}"))]
        ids = graph.put_lineage(records("hub/", links)).ids
        hub = f"artifact:{ids['hub/a-hub']}"
        assert graph.impact(hub, details=False).counts == {"Thing": 3_000}
        assert sum(map(len, graph.reached_ids(hub))) == 6_001
        limited = graph.downstream(hub, max_nodes=50)
        assert len(limited) == 50
        assert not limited.certificate.complete

    def test_a_limit_of_nodes_is_one_for_both_ways(self, graph: provgraph.Graph) -> None:
        links = [x for i in range(5) for x in (Link(f"a{i}", f"e{i}"), Link(f"e{i}", f"a{i + 1}"))]
        ids = graph.put_lineage(records("both/", links)).ids
        ref = f"artifact:{ids['both/a3']}"
        for most in range(1, 12):
            lineage = graph.lineage(ref, max_nodes=most)
            assert len(lineage) == most
            assert lineage.certificate.complete == (most == 11)
            assert len(lineage.edges) == most - 1  # each behind the one that led to it
            assert max(lineage.hops.values()) <= -(-most // 2) + 1
        assert names(graph.lineage(ref, max_nodes=3), "both/") == {"a3": 0, "e2": 1, "e3": 1}

    def test_a_cycle_ends(self, graph: provgraph.Graph) -> None:
        links = [Link("a0", "e0"), Link("e0", "a1"), Link("a1", "e1"), Link("e1", "a0")]
        ids = graph.put_lineage(records("cycle/", links)).ids
        lineage = graph.downstream(f"artifact:{ids['cycle/a0']}")
        assert names(lineage, "cycle/") == {"a0": 0, "e0": 1, "a1": 2, "e1": 3}
        assert len(lineage.edges) == 4

    def test_both_ways_never_drags_in_siblings(self, graph: provgraph.Graph) -> None:
        links = [
            Link("a0", "e0"),
            Link("e0", "a1"),
            Link("a0", "e1"),
            Link("e1", "a2"),
            Link("a1", "e2"),
            Link("e2", "a3"),
        ]
        ids = graph.put_lineage(records("sib/", links)).ids
        assert names(graph.lineage(f"artifact:{ids['sib/a1']}"), "sib/").keys() == {"a0", "e0", "a1", "e2", "a3"}

    def test_stop_types_end_the_walk_and_are_told(self, graph: provgraph.Graph) -> None:
        links = [Link("a0", "e0"), Link("e0", "a1"), Link("a1", "e1"), Link("e1", "a2")]
        ids = graph.put_lineage(records("stop/", links, {"a1": "Model"})).ids
        lineage = graph.downstream(f"artifact:{ids['stop/a0']}", stop_types=["Model"])
        assert names(lineage, "stop/").keys() == {"a0", "e0", "a1"}
        [cut] = lineage.certificate.cut
        assert (cut.reason, cut.count) == (CutReason.STOP_TYPES, 1)
        assert "not complete" in str(lineage.certificate).lower()

    def test_a_type_filter_hides_and_walks_through(self, graph: provgraph.Graph) -> None:
        links = [Link("a0", "e0"), Link("e0", "a1"), Link("a1", "e1"), Link("e1", "a2")]
        ids = graph.put_lineage(records("filter/", links, {"a2": "Model"})).ids
        lineage = graph.downstream(f"artifact:{ids['filter/a0']}", types=["Model"])
        assert names(lineage, "filter/") == {"a0": 0, "a2": 4}
        assert [cut.reason for cut in lineage.certificate.cut] == [CutReason.TYPES]

    def test_pending_outputs_are_shown_and_not_walked(self, graph: provgraph.Graph) -> None:
        links = [Link("a0", "e0"), Link("e0", "a1", pending=True), Link("a1", "e1"), Link("e1", "a2")]
        ids = graph.put_lineage(records("pend/", links)).ids
        lineage = graph.downstream(f"artifact:{ids['pend/a0']}")
        assert names(lineage, "pend/").keys() == {"a0", "e0", "a1"}
        assert lineage.pending == {f"artifact:{ids['pend/a1']}"}
        assert [gap.kind for gap in lineage.certificate.gaps] == [GapKind.PENDING]
        assert graph.impact(f"artifact:{ids['pend/a0']}").counts == {}

    def test_derivations_are_walked(self, graph: provgraph.Graph) -> None:
        graph.put_lineage(
            Records(
                artifacts=[Artifact(type="Thing", key=f"der/{n}", name=f"der {n}") for n in "xyz"],
                derivations=[Derivation(origin="der/x", derived="der/y"), Derivation(origin="der/y", derived="der/z")],
            )
        )
        lineage = graph.upstream("der z")
        assert [node.name for node in lineage.nodes] == ["der z", "der y", "der x"]
        assert [edge.kind for edge in lineage.edges] == ["DERIVATION", "DERIVATION"]


class TestContextsAsStarts:
    def test_a_context_starts_from_its_executions_and_outputs_never_from_inputs(self, graph: provgraph.Graph) -> None:
        links = [
            Link("a0", "e0"),
            Link("e0", "a1"),
            Link("a1", "e1"),
            Link("e1", "a2"),
            Link("a0", "e9"),
            Link("e9", "a9"),
        ]
        base = records("ctx/", links)
        graph.put_lineage(
            Records(
                artifacts=base.artifacts,
                executions=base.executions,
                events=base.events,
                contexts=[Context(type="Run", name="ctx-run", key="ctx/run")],
                associations=[Association("ctx/e0", "ctx/run")],
                attributions=[Attribution("ctx/a0", "ctx/run"), Attribution("ctx/a1", "ctx/run")],
            )
        )
        assert names(graph.downstream("ctx-run"), "ctx/") == {"e0": 0, "a1": 0, "e1": 1, "a2": 2}
        assert names(graph.upstream("ctx-run"), "ctx/") == {"e0": 0, "a1": 0, "a0": 1}

    def test_contexts_inside_count_as_its_own(self, graph: provgraph.Graph) -> None:
        graph.put_lineage(
            Records(
                executions=[Execution(type="Capture", key="in/e")],
                artifacts=[Artifact(type="CaptureBatch", key="in/a")],
                events=[Event(artifact="in/a", execution="in/e", type=EventType.OUTPUT)],
                contexts=[Context(type="Line", name="p/l", key="in/l"), Context(type="Plant", name="p", key="in/p")],
                associations=[Association("in/e", "in/l")],
                parents=[ParentContext("in/l", "in/p")],
            )
        )
        assert names(graph.downstream("Plant/p"), "in/") == {"e": 0, "a": 0}


class TestCertificates:
    @pytest.mark.parametrize("hops", range(4))
    def test_any_link_cut_by_a_limit_is_told(self, graph: provgraph.Graph, hops: int) -> None:
        links = [Link("a0", "e0"), Link("e0", "a1"), Link("a1", "e1"), Link("e1", "a2")]
        ids = graph.put_lineage(records("cut/", links)).ids
        certificate = graph.upstream(f"artifact:{ids['cut/a2']}", max_hops=hops).certificate
        assert not certificate.complete
        assert str(certificate).startswith("Not complete: ")
        assert "1 beyond the limit of hops" in str(certificate)
        whole = graph.upstream(f"artifact:{ids['cut/a2']}").certificate
        assert whole.complete
        assert str(whole).startswith("Complete: 5 nodes and 4 links walked, nothing left out.")

    def test_what_the_records_lack_is_told_apart_from_completeness(self, graph: provgraph.Graph) -> None:
        links = [Link("a0", "e0"), Link("e0", "a1"), Link("e1", "a2"), Link("a2", "e0")]
        types = {"a0": "Model", "a1": "Model", "a2": "Data"}
        ids = graph.put_lineage(records("gap/", links, types)).ids
        certificate = graph.upstream(f"artifact:{ids['gap/a1']}").certificate
        assert certificate.complete
        gaps = {gap.kind: gap.refs for gap in certificate.gaps}
        assert gaps == {
            GapKind.NO_INPUTS: (f"execution:{ids['gap/e1']}",),
            GapKind.NO_PRODUCER: (f"artifact:{ids['gap/a0']}",),
        }
        assert "The records lack: 1 execution without recorded inputs, 1 artifact without a recorded producer." in str(
            certificate
        )

    @pytest.mark.parametrize("bad", [True, 1.5, float("nan"), "3", -1])
    def test_limits_are_whole_numbers(self, graph: provgraph.Graph, bad: int) -> None:
        graph.put_artifact(Artifact(type="Thing", key="limit/a"))
        with pytest.raises(InvalidValueError, match="max_hops is a whole number"):
            graph.upstream("limit/a", max_hops=bad)
        with pytest.raises(InvalidValueError, match="max_nodes is a whole number"):
            graph.upstream("limit/a", max_nodes=bad)

    def test_a_value_that_is_not_of_this_store_has_no_answer(self, graph: provgraph.Graph) -> None:
        here = graph.put_artifact(Artifact(type="Thing", key="here/a"))
        gone = dataclasses.replace(here, id=2**60)
        other = dataclasses.replace(here, key="elsewhere/a")
        execution = Execution(type="Step", key="here/a", id=here.id)
        context = Context(type="Group", name="g", key="here/a", id=here.id)
        for start in (gone, other, execution, context):
            with pytest.raises(NotFoundError, match="is not in this store"):
                graph.lineage([here, start])
            for details in (None, True, False):
                with pytest.raises(NotFoundError, match="is not in this store"):
                    graph.impact(start, details=details)
            with pytest.raises(NotFoundError, match="is not in this store"):
                list(graph.reached_ids(start))
        assert len(graph.lineage(here)) == 1


class TestOtherForms:
    def test_frames_and_networks_hold_the_same_nodes_and_edges(self, graph: provgraph.Graph) -> None:
        pytest.importorskip("pandas")
        pytest.importorskip("networkx")
        links = [Link("a0", "e0"), Link("e0", "a1"), Link("e0", "a2", possible=True)]
        ids = graph.put_lineage(records("form/", links)).ids
        lineage = graph.downstream(f"artifact:{ids['form/a0']}")
        nodes, edges = lineage.to_frames()
        assert nodes["id"].tolist() == [node.ref for node in lineage.nodes]
        assert nodes["hops"].tolist() == [lineage.hops[node.ref] for node in lineage.nodes]
        pairs = [(edge.source, edge.target, edge.kind) for edge in lineage.edges]
        assert list(zip(edges["source"], edges["target"], edges["kind"], strict=True)) == pairs
        network = lineage.to_networkx()
        assert set(network.nodes) == set(lineage.by_ref)
        assert sorted((a, b, data["kind"]) for a, b, data in network.edges(data=True)) == sorted(pairs)

    def test_the_records_of_a_lineage_are_those_that_the_store_has_already(self, graph: provgraph.Graph) -> None:
        links = [Link("a0", "e0"), Link("e0", "a1"), Link("a1", "e1", possible=True), Link("e1", "a2", pending=True)]
        given = dataclasses.replace(
            records("copy/", links),
            contexts=[Context(type="Run", name="1", key="copy/run")],
            attributions=[Attribution("copy/a1", "copy/run")],
            associations=[Association("copy/e0", "copy/run")],
            derivations=[Derivation(origin="copy/a0", derived="copy/a2")],
            equalities=[Equality(first="copy/a0", second="copy/a1", rule="renamed")],
        )
        graph.put_lineage(given)
        lineage = graph.lineage("copy/a1")
        assert len(lineage) == 5
        written = graph.put_lineage(lineage.to_records())
        assert (written.created.total(), written.updated.total()) == (0, 0)
        assert Lineage.from_frames(*lineage.to_frames()) == lineage
        assert Lineage.from_networkx(lineage.to_networkx()) == lineage
