"""Frames and networkx graphs hold all of a lineage: read back, it is the same."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import provgraph
from provgraph import Lineage, records_from_frames
from provgraph.errors import InvalidValueError
from provgraph.model import Artifact, NodeKind, Struct, Value
from provgraph.tracing.certificate import CutReason
from provgraph.tracing.deployments import Deployment
from provgraph.tracing.overview import TypeCount
from provgraph.tracing.runs import Run, Use
from tests.unit.interop_lineages import exact, lineages, nested, sample

nx = pytest.importorskip("networkx")
pd = pytest.importorskip("pandas")


class TestFrames:
    @settings(max_examples=30)
    @given(lineages())
    def test_a_lineage_comes_back_the_same(self, lineage: Lineage) -> None:
        assert exact(Lineage.from_frames(*lineage.to_frames())) == exact(lineage)

    def test_a_lineage_comes_back_the_same_from_parquet_files(self, tmp_path: Path) -> None:
        for frame, name in zip(sample().to_frames(), ("nodes", "edges"), strict=True):
            frame.to_parquet(tmp_path / name)
        again = Lineage.from_frames(pd.read_parquet(tmp_path / "nodes"), pd.read_parquet(tmp_path / "edges"))
        assert exact(again) == exact(sample())

    @settings(max_examples=30)
    @given(lineages())
    def test_any_lineage_comes_back_the_same_from_parquet(self, lineage: Lineage) -> None:
        files = [BytesIO(frame.to_parquet()) for frame in lineage.to_frames()]
        again = Lineage.from_frames(*map(pd.read_parquet, files))
        assert exact(again) == exact(lineage)
        assert again == lineage

    def test_a_column_of_mixed_values_is_text_and_kinds_say_of_what(self) -> None:
        values: list[Value] = [1, "1", True, float("nan"), 2**60, 0.5, Struct.of([1])]
        made = [Artifact(id=at, type="T", key=str(at), properties={"x": value}) for at, value in enumerate(values, 1)]
        frame = provgraph.to_frame(made)
        assert frame["prop_x"].tolist() == ["1", "1", "true", "NaN", str(2**60), "0.5", "[1]"]
        assert frame["kinds"].isna().tolist() == [False, True, *[False] * 5]
        again = records_from_frames(pd.read_parquet(BytesIO(frame.to_parquet()))).artifacts
        assert exact(again) == exact(tuple(made))
        odd = frame.assign(prop_x="far")
        with pytest.raises(InvalidValueError, match="artifact:1: prop_x is 'far', and kinds says INT"):
            records_from_frames(odd)

    def test_contexts_of_contexts_come_back(self) -> None:
        assert Lineage.from_frames(*nested().to_frames()) == nested()

    def test_what_is_no_frame_is_refused(self) -> None:
        nothing: Any = None
        with pytest.raises(InvalidValueError, match="not a frame of pandas: a NoneType"):
            Lineage.from_frames(nothing, nothing)
        with pytest.raises(InvalidValueError, match="not a frame of pandas: a NoneType"):
            records_from_frames(nothing)

    def test_columns_are_named_as_in_the_graph_and_have_one_dtype(self) -> None:
        nodes, edges = sample().to_frames()
        assert nodes.loc[nodes["custom_rows"] > 2, "name"].tolist() == ["surface/3"]
        dtypes = {name: str(nodes[name].dtype) for name in ("hops", "started_at", "custom_rows", "custom_param_depth")}
        assert list(dtypes.values()) == ["int64", "datetime64[ms, UTC]", "float64", "Int64"]
        assert nodes.set_index("id").loc["artifact:1", "custom_config"] == '{"lr": [0.1]}'
        assert nodes.set_index("id").loc["execution:3", "contexts"] == "context:5"
        assert edges["path"].tolist()[0] == '["examples", 0]'

    def test_what_was_filtered_out_is_told_by_the_certificate(self) -> None:
        nodes, edges = sample().to_frames()
        part = Lineage.from_frames(nodes[nodes["reached"] == "certain"], edges)
        assert [node.ref for node in part] == ["artifact:4", "execution:3", "artifact:1"]
        assert [(edge.source, edge.target) for edge in part.edges] == [
            ("artifact:1", "execution:3"),
            ("execution:3", "artifact:4"),
        ]
        assert [(cut.reason, cut.count) for cut in part.certificate.cut] == [(CutReason.TAKEN_OUT, 2)]
        told = part.certificate
        assert not told.complete
        assert (told.nodes, told.certain_nodes, told.possible_nodes, told.possible_edges) == (3, 3, 0, 0)
        assert told.frontier == ()  # what it named is not among the rest

    def test_frames_that_are_none_of_a_lineage_are_refused_in_one_line(self) -> None:
        nodes, edges = sample().to_frames()
        bare = nodes.copy()
        bare.attrs.clear()
        twice = pd.concat([nodes, nodes])
        twice.attrs.update(nodes.attrs)
        odd = nodes.assign(id="artifact:x")
        lost = nodes.assign(state="LOST")
        damaged = nodes.assign(kinds='["custom_rows=STRUCT"]')
        cases: list[tuple[Any, str | None]] = [
            (bare, "no head of a lineage"),
            (twice, "two rows of nodes have one id"),
            (nodes[:0].assign(id=[]), None),
            (odd, "two rows of nodes have one id"),
            (odd[:1], "'artifact:x' is no reference"),
            (lost, "cannot be read back: KeyError"),
            (damaged, "cannot be read back"),
            (nodes.assign(custom_x=pd.Series([object()] * 4)), "is no property value"),
            (nodes.assign(hops="far"), "the column hops cannot be read: invalid literal"),
            (nodes.assign(kinds="["), "the column kinds holds no JSON list"),
            (nodes.assign(started_at="yesterday"), "the column started_at cannot be read"),
        ]
        for frame, words in cases:
            if words is None:
                assert len(Lineage.from_frames(frame, edges)) == 0
                continue
            with pytest.raises(InvalidValueError, match=words) as caught:
                Lineage.from_frames(frame, edges)
            assert "\n" not in str(caught.value)


ODD: st.SearchStrategy[object] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6), st.binary(max_size=3),
    st.just([]), st.just({"a": 1}), st.just("artifact:1"), st.just("[1]"), st.just("2026-11-24"),
)  # fmt: skip


@settings(max_examples=60)
@given(st.data())
def test_damaged_tables_are_read_or_refused(data: st.DataObject) -> None:
    frames = list(sample().to_frames())
    at = data.draw(st.integers(0, 1))
    column = data.draw(st.sampled_from(list(frames[at].columns)))
    cells = data.draw(st.lists(ODD, min_size=len(frames[at]), max_size=len(frames[at])))
    frames[at][column] = pd.Series(cells, dtype=data.draw(st.sampled_from(["object", None])))
    for read in (Lineage.from_frames, records_from_frames):
        with suppress(InvalidValueError):
            read(*frames)


class TestNetworks:
    @settings(max_examples=30)
    @given(lineages())
    def test_a_lineage_comes_back_the_same(self, lineage: Lineage) -> None:
        assert exact(Lineage.from_networkx(lineage.to_networkx())) == exact(lineage)

    def test_graphml_holds_all_of_it(self, tmp_path: Path) -> None:
        nx.write_graphml(sample().to_networkx(), tmp_path / "lineage.graphml")
        again = Lineage.from_networkx(nx.read_graphml(tmp_path / "lineage.graphml", force_multigraph=True))
        assert exact(again) == exact(sample())

    @settings(max_examples=50)
    @given(lineages())
    def test_graphml_holds_all_of_any_lineage(self, lineage: Lineage) -> None:
        file = BytesIO()
        nx.write_graphml(lineage.to_networkx(), file)
        again = Lineage.from_networkx(nx.read_graphml(BytesIO(file.getvalue()), force_multigraph=True))
        assert exact(again) == exact(lineage)

    @pytest.mark.parametrize(
        "text", ["\0", "a\r\nb", "\ufffe", 'json:"x"', "json:x", "", " \t\n", "\u0085", "\U0001f600"]
    )
    def test_graphml_holds_any_text(self, text: str) -> None:
        first, *others = sample().nodes
        odd = replace(first, custom_properties={"note": text, "\x01\r": 1})
        lineage = replace(sample(), nodes=(odd, *others))
        file = BytesIO()
        nx.write_graphml(lineage.to_networkx(), file)
        again = Lineage.from_networkx(nx.read_graphml(BytesIO(file.getvalue()), force_multigraph=True))
        assert exact(again) == exact(lineage)

    def test_only_what_xml_cannot_hold_is_escaped(self) -> None:
        model, *others = sample().nodes
        texts = {"a": "C:\\x\n<ü>", "b": "\0"}
        network = replace(sample(), nodes=(replace(model, custom_properties=texts), *others)).to_networkx()
        assert network.nodes[model.ref]["custom_a"] == texts["a"]
        assert network.nodes[model.ref]["custom_b"] == 'json:"\\u0000"'
        network.nodes[model.ref]["custom_b"] = 'json:"'
        with pytest.raises(InvalidValueError, match="is no JSON after json:"):
            Lineage.from_networkx(network)

    def test_contexts_of_contexts_come_back(self) -> None:
        assert Lineage.from_networkx(nested().to_networkx()) == nested()

    def test_what_is_no_graph_is_refused(self) -> None:
        nothing: Any = None
        with pytest.raises(InvalidValueError, match="not a graph of networkx: a NoneType"):
            Lineage.from_networkx(nothing)

    def test_attributes_are_named_as_in_the_graph(self) -> None:
        network = sample().to_networkx()
        assert nx.get_node_attributes(network, "custom_rows") == {"artifact:1": 12, "artifact:2": 1.5}
        assert network.edges["artifact:1", "execution:3", "INPUT:INPUT"]["certainty"] == "observed"
        assert sorted(nx.ancestors(network, "artifact:4")) == ["artifact:1", "artifact:2", "execution:3"]

    def test_a_part_says_so(self) -> None:
        part = Lineage.from_networkx(sample().to_networkx().subgraph(["artifact:4", "execution:3"]))
        assert len(part) == 2
        assert not part.certificate.complete

    def test_two_lineages_in_one_graph_are_refused(self) -> None:
        network = sample().to_networkx()
        network.add_node("artifact:99", type="Dataset", key="k")
        with pytest.raises(InvalidValueError, match="more nodes or links than the certificate counts"):
            Lineage.from_networkx(network)
        with pytest.raises(InvalidValueError, match="no head of a lineage"):
            Lineage.from_networkx(nx.MultiDiGraph())


class TestRecords:
    def test_the_frames_of_a_lineage_are_its_records(self) -> None:
        lineage = sample()
        records = records_from_frames(*lineage.to_frames())
        assert exact(records) == exact(lineage.to_records())
        assert [event.possible for event in records.events] == [False, True, False]
        assert [(a.execution, a.context) for a in records.associations] == [("k/train", "k/run")]
        assert {t.key for t in records.types} == {n.type_key for n in records.nodes} | {t.key for t in lineage.types}

    def test_contexts_of_contexts_are_records_too(self) -> None:
        records = nested().to_records()
        assert [(parent.child, parent.parent) for parent in records.parents] == [("k/run", "k/pipeline")]
        assert exact(records_from_frames(*nested().to_frames())) == exact(records)

    @pytest.mark.parametrize(
        ("column", "value", "words"),
        [
            ("kind", "foo", "row 1 of the nodes: 'm' has the kind 'foo': it is one of artifact, execution, context"),
            ("kind", None, "row 1 of the nodes: 'm' has no kind"),
            ("type", float("nan"), "row 1 of the nodes: m: cannot be read back: type is missing"),
            ("type", 5, "row 1 of the nodes: m: cannot be read back: type is 5"),
            ("key", None, "row 1 of the nodes: it has no key"),
        ],
    )
    def test_a_row_that_cannot_be_read_is_named(self, column: str, value: object, words: str) -> None:
        nodes = pd.DataFrame([("artifact", "D", "d"), ("artifact", "M", "m")], columns=["kind", "type", "key"])
        nodes[column] = pd.Series([nodes[column].tolist()[0], value], dtype="object")
        with pytest.raises(InvalidValueError) as caught:
            records_from_frames(nodes)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_tables_of_ones_own_need_only_what_says_what_there_is(self) -> None:
        nodes = pd.DataFrame(
            [
                ("artifact", "Dataset", "d", 5),
                ("artifact", "Model", "m", None),
                ("execution", "Train", "t", None),
                ("context", "Run", "r", None),
            ],
            columns=["kind", "type", "key", "prop_rows"],
        ).assign(name=["d", None, None, "r"])
        edges = pd.DataFrame(
            [("INPUT", "d", "t"), ("OUTPUT", "t", "m"), ("ASSOCIATION", "t", "r"), ("SAME_AS", "d", "m")],
            columns=["kind", "source", "target"],
        )
        records = records_from_frames(nodes, edges)
        assert [(e.artifact, e.execution, e.type.name) for e in records.events] == [
            ("d", "t", "INPUT"), ("m", "t", "OUTPUT"),
        ]  # fmt: skip
        assert [(e.first, e.second, e.rule) for e in records.equalities] == [("d", "m", "copied")]
        assert {t.name: {k: v.name for k, v in t.properties.items()} for t in records.types}["Dataset"] == {
            "rows": "DOUBLE"
        }
        assert len(records_from_frames(nodes).nodes) == 4

    @pytest.mark.parametrize("moment", ["1970-01-01T00:00:01", "1970-01-01T01:00:01+01:00", 1_000, 1_000.0])
    def test_times_may_be_texts_by_iso_8601_or_epoch_milliseconds(self, moment: object) -> None:
        nodes = pd.DataFrame([("execution", "T", "t", moment)], columns=["kind", "type", "key", "started_at"])
        assert [e.started_at for e in records_from_frames(nodes).executions] == [1_000]

    @pytest.mark.parametrize(
        ("link", "words"),
        [
            (("INPUT", "d", "x"), "names 'x', which is no node"),
            (("INPUT", "t", "d"), "leads to 't' as if it were an artifact"),
            (("FLOWS", "d", "t"), "'FLOWS' is no kind of link"),
        ],
    )
    def test_a_link_that_makes_no_sense_is_refused(self, link: tuple[str, str, str], words: str) -> None:
        nodes = pd.DataFrame([("artifact", "D", "d"), ("execution", "T", "t")], columns=["kind", "type", "key"])
        with pytest.raises(InvalidValueError, match=words):
            records_from_frames(nodes, pd.DataFrame([link], columns=["kind", "source", "target"]))
        with pytest.raises(InvalidValueError, match="has no key"):
            records_from_frames(nodes.drop(columns="key"))


class TestResults:
    def test_each_sort_of_result_is_a_frame_in_its_own_order(self) -> None:
        lineage = sample()
        nodes = provgraph.to_frame(lineage.nodes)
        assert nodes["id"].tolist() == [node.ref for node in lineage.nodes]
        assert nodes["prop_accuracy"].tolist()[0] == 0.97
        assert "hops" not in nodes.columns
        [train] = lineage.executions
        [run] = lineage.contexts
        runs = provgraph.to_frame([Run(run, (train,), train.state, 1_000, 2_500)])
        assert runs[["id", "name", "state", "seconds", "steps"]].to_numpy().tolist() == [
            ["context:5", "inspection/1", "COMPLETE", 1.5, 1]
        ]
        uses = provgraph.to_frame(
            Use(each, edge) for each, edge in zip(lineage.artifacts[1:], lineage.edges, strict=False)
        )
        assert list(zip(uses["id"], uses["used"], uses["possible"], strict=True)) == [
            ("artifact:1", True, False), ("artifact:2", False, True),
        ]  # fmt: skip
        deployed = provgraph.to_frame([Deployment(lineage.artifacts[0], (run,), None, 2_000)])
        assert deployed["live"].isna().tolist() == [True]
        assert deployed["endpoints"].tolist() == ["inspection/1"]
        counts = provgraph.to_frame([TypeCount(NodeKind.ARTIFACT, "Model", "LIVE", 3)])
        assert counts.to_dict("records") == [{"kind": "artifact", "type": "Model", "state": "LIVE", "count": 3}]

    def test_nothing_found_is_a_frame_without_rows_and_a_mixture_is_refused(self) -> None:
        assert provgraph.to_frame([]).empty
        assert "type" in provgraph.to_frame([]).columns
        [run] = sample().contexts
        with pytest.raises(InvalidValueError, match="all of one sort"):
            provgraph.to_frame([run, TypeCount(NodeKind.ARTIFACT, "Model", None, 3)])
