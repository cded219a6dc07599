"""A run of a loader: its batches in the store, its counts, its progress, its errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from provgraph import (
    Artifact,
    ArtifactType,
    Certainty,
    Context,
    Event,
    EventType,
    Execution,
    Graph,
    ParentContext,
    PropertyKind,
    Records,
)
from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, LoadReport, NoteKind


@dataclass
class Given:
    """A loader that yields what it is given."""

    batches: Sequence[Records]
    options: list[LoadOptions] = field(default_factory=list)
    name: str = "given"
    title: str = "what a test gives"

    def recognises(self, source: str) -> bool:
        return False

    def load(self, source: str, options: LoadOptions, report: LoadReport) -> Iterator[Records]:
        self.options.append(options)
        report.store = "given/x"
        report.total = sum(map(len, self.batches))
        for at, batch in enumerate(self.batches):
            report.working_on(f"batch {at}")
            report.read["Record"] += len(batch)
            yield batch
        report.note(NoteKind.UNKNOWN, "fields", "are not read", "colour")


def artifact(name: str, **more: object) -> Artifact:
    known = {"type": "Data", "source": "given/x", "key": f"given/x/Artifact/{name}", "name": name}
    return Artifact(**{**known, **more})  # type: ignore[arg-type]


def execution(name: str) -> Execution:
    return Execution(type="Step", source="given/x", key=f"given/x/Execution/{name}")


def event(made: str, by: str) -> Event:
    return Event(
        artifact=f"given/x/Artifact/{made}",
        execution=f"given/x/Execution/{by}",
        type=EventType.OUTPUT,
        certainty=Certainty.DECLARED,
        recorded_by="given/x",
    )


def test_batches_build_on_each_other_and_are_counted(graph: Graph) -> None:
    loader = Given(
        [
            Records(types=[ArtifactType(name="Data", source="given/x", properties={"n": PropertyKind.INT})]),
            Records(artifacts=[artifact("a", properties={"n": 1}), artifact("b")]),
            Records(executions=[execution("e")], events=[event("a", "e"), event("b", "e")]),
        ]
    )
    report = graph.load("somewhere", loader, name="x")
    assert loader.options == [LoadOptions(source_name="x")]
    assert (report.loader, report.source, report.store) == ("given", "somewhere", "given/x")
    assert dict(report.created) == {"ArtifactType": 1, "Artifact": 2, "Execution": 1, "OUTPUT": 2}
    assert [str(note) for note in report.notes] == ["unknown: 1 fields: are not read (colour)"]
    again = graph.load("somewhere", loader)
    assert not again.changed
    assert dict(again.unchanged) == dict(report.created)


def test_what_the_source_says_replaces_what_it_said(graph: Graph) -> None:
    graph.load("s", Given([Records(artifacts=[artifact("a", uri="u", custom_properties={"x": 1})])]))
    report = graph.load("s", Given([Records(artifacts=[artifact("a", custom_properties={"y": 2})])]))
    assert dict(report.updated) == {"Artifact": 1}
    found = graph.get("given/x/Artifact/a")
    assert isinstance(found, Artifact)
    assert (found.uri, dict(found.custom_properties)) == (None, {"y": 2})


def test_a_type_that_gains_and_lacks_properties_evolves(graph: Graph) -> None:
    def data(**properties: PropertyKind) -> Given:
        return Given([Records(types=[ArtifactType(name="Data", source="given/x", properties=properties)])])

    first = graph.load("s", data(a=PropertyKind.INT))
    second = graph.load("s", data(b=PropertyKind.INT))
    third = graph.load("s", data(a=PropertyKind.INT))
    assert [dict(first.created), dict(second.updated), dict(third.unchanged)] == [{"ArtifactType": 1}] * 3
    [stored] = graph.types()
    assert set(stored.properties) == {"a", "b"}


def test_progress_is_told_after_every_batch(graph: Graph) -> None:
    told: list[tuple[int, int | None, str]] = []
    batches = [Records(artifacts=[artifact("a"), artifact("b")]), Records(executions=[execution("e")])]
    graph.load("s", Given(batches), progress=lambda *words: told.append(words))
    assert told == [(2, 3, "batch 0"), (3, 3, "batch 1")]


def test_a_source_that_contradicts_itself_is_named_and_what_came_before_stays(graph: Graph) -> None:
    twice = artifact("b", key="given/x/Artifact/other")
    batches = [Records(artifacts=[artifact("b")]), Records(artifacts=[artifact("c"), twice])]
    with pytest.raises(LoadError, match=r"^s: .*what was written before it stays, and loading again goes on") as caught:
        graph.load("s", Given(batches))
    assert "\n" not in str(caught.value)
    assert sorted(node.label for node in graph.find()) == ["b"]


def test_a_link_to_nowhere_is_named(graph: Graph) -> None:
    with pytest.raises(LoadError, match=r"^s: a link names the artifact 'given/x/Artifact/z'"):
        graph.load("s", Given([Records(executions=[execution("e")], events=[event("z", "e")])]))
    assert graph.count() == 0


def test_contexts_that_are_their_own_ancestors_are_named(graph: Graph) -> None:
    contexts = [Context(type="C", source="given/x", key=f"given/x/Context/{n}", name=n) for n in "ab"]
    ends = [context.key for context in contexts]
    parents = [ParentContext(ends[0], ends[1]), ParentContext(ends[1], ends[0])]
    with pytest.raises(LoadError, match="their own ancestors"):
        graph.load("s", Given([Records(contexts=contexts, parents=parents)]))
    assert graph.count() == 0
