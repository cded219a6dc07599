"""From events to executions: the events of each run are put together, and each dataset gets its version.

Outputs of a run are versions of their own, unless the events name versions; inputs are the versions that were valid
when the run first named them. What flows where is decided here, too:

- a dataset that flows into every output of the run, as its facets say, is an input;
- where facets speak of every output, each other input went into just those that they name: derivations lead there, and
  that the run read it is kept as a relation, since a link through the run would lead to all of its outputs;
- where no facet speaks of some output, other inputs are possible ones; derivations lead to outputs that facets name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, cast

from provgraph.loading import LoadReport, NoteKind
from provgraph.model import JsonValue
from provgraph_loaders.openlineage.event import DROP, RENAME
from provgraph_loaders.openlineage.facets import Facets, Json, merge_facets
from provgraph_loaders.openlineage.flows import SAID_BY, Stated, stated_sources
from provgraph_loaders.openlineage.names import with_version
from provgraph_loaders.openlineage.workspace import Workspace, packed, written_version

__all__ = ["DELETED", "DROPPED", "READ", "put_together"]

DELETED: Final = "deleted"  # a facet of ours: the dataset was dropped, and when
DROPPED: Final = "dropped"  # names of relations
READ: Final = "read"
_CODE: Final = ("sourceCodeLocation", "sourceCode", "sql")  # facets of the job that say what this run ran
_FINAL: Final = frozenset(("COMPLETE", "FAIL", "ABORT"))


@dataclass(slots=True)
class _Touched:
    """A dataset, under one version or none, as a run names it."""

    first: int
    last: int
    facets: Facets = field(default_factory=dict[str, "Json | None"])
    read: Json = field(default_factory=dict[str, JsonValue])
    previous: str | None = None
    dropped: int | None = None
    written: int | None = None  # when an event said so by a version or a change, not just by naming an output


@dataclass(slots=True)
class _Node:
    """A run, or a job, as all its events together tell."""

    kind: str
    id: str
    state: str = ""
    started: int | None = None
    ended: int | None = None
    first: int = 0
    last: int = 0
    jobs: dict[str, None] = field(default_factory=dict[str, None])
    facets: Facets = field(default_factory=dict[str, "Json | None"])
    job_facets: dict[str, Facets] = field(default_factory=dict[str, Facets])
    parents: dict[str, None] = field(default_factory=dict[str, None])
    inputs: dict[tuple[str, str], _Touched] = field(default_factory=dict[tuple[str, str], _Touched])
    outputs: dict[tuple[str, str], _Touched] = field(default_factory=dict[tuple[str, str], _Touched])
    possible: set[str] = field(default_factory=set[str])
    stated: dict[str, dict[str, dict[str, None]]] = field(default_factory=dict[str, dict[str, dict[str, None]]])


def put_together(work: Workspace, report: LoadReport) -> None:
    """Decide on all that will be yielded, and lay it down in the workspace."""
    walker = _Walker(work, report)
    node: _Node | None = None
    for kind, id_, time, body in work.events():
        if kind == "dataset":
            walker.dataset_event(time, body)
            continue
        if node is None or (node.kind, node.id) != (kind, id_):
            if node is not None:
                walker.finish(node)
            node = _Node(kind, id_, first=time)
        _add(node, time, body)
        walker.group(node, body)
    if node is not None:
        walker.finish(node)
    work.flush()
    walker.equal_by_symlinks()
    work.order()
    walker.tell()


def _add(node: _Node, time: int, body: Json) -> None:
    kind = body["type"]
    node.last = time  # they come by time
    if kind in _FINAL:
        node.state, node.ended = str(kind), time
    elif node.state not in _FINAL:
        node.state = node.state if node.state not in {"", "OTHER"} else str(kind)
    if kind == "START" and node.started is None:
        node.started = time
    merge_facets(node.facets, cast("Facets", body.get("run_facets") or {}))
    job = body["job"]
    if isinstance(job, str):
        node.jobs[job] = None
        merge_facets(node.job_facets.setdefault(job, {}), cast("Facets", body.get("job_facets") or {}))
    node.possible.update(cast("list[str]", body.get("possible") or []))
    for who, target in cast("list[tuple[str, str | None]]", body.get("taken_back") or []):
        if target is None:
            node.stated.pop(who, None)
        else:
            node.stated.get(who, {}).pop(target, None)
    for who, flows in cast("Stated", body.get("stated") or {}).items():
        for target, sources in flows.items():
            node.stated.setdefault(who, {}).setdefault(target, {}).update(dict.fromkeys(sources))
    for dataset, version, facets, read in cast("list[tuple[str, str, Facets, Json]]", body["in"]):
        touched = node.inputs.setdefault((dataset, version), _Touched(time, time))
        touched.last = time
        merge_facets(touched.facets, facets)
        touched.read |= read
    outputs = cast("list[tuple[str, str, Facets, str, str | None]]", body["out"])
    for dataset, version, facets, lifecycle, previous in outputs:
        touched = node.outputs.setdefault((dataset, version), _Touched(time, time))
        touched.last = time
        merge_facets(touched.facets, facets)
        if lifecycle == DROP:
            touched.dropped = time
        elif lifecycle or version:
            touched.written = time
        if lifecycle == RENAME and previous is not None:
            touched.previous = previous


class _Walker:
    def __init__(self, work: Workspace, report: LoadReport) -> None:
        self._work, self._report = work, report
        self._guessed: Counter[tuple[str, str]] = Counter()

    def group(self, node: _Node, body: Json) -> None:
        """Lay down what the run is a part of."""
        above = cast("list[tuple[str, str | None]]", body.get("parents") or [])
        for at, (run, job) in enumerate(above):
            node.parents[run] = None
            self._work.add("grouping", run, job or "")
            self._work.add("parent", node.id, run)
            if at and above[0][0] != run:
                self._work.add("parent", above[0][0], run)

    # -- runs and jobs ----------------------------------------------------------------------------------------

    def finish(self, node: _Node) -> None:
        """Lay down the execution and its links."""
        for job, facets in node.job_facets.items():
            self._work.add("job_mention", job, node.last, packed(facets))
            if node.kind == "run":
                merge_facets(node.facets, {name: facets[name] for name in _CODE if facets.get(name)})
        if node.kind == "job" and not node.inputs and not node.outputs and not node.stated:
            return  # it says what the job is, not what flows through it
        _join_versions(node.inputs)
        _join_versions(node.outputs)
        links: list[JsonValue] = []
        outputs = self._outputs(node, links)
        inputs = self._inputs(node)
        self._flows(node, inputs, outputs, links)
        body: dict[str, JsonValue] = {
            "state": node.state,
            "started": node.started,
            "ended": node.ended,
            "last": node.last,
            "jobs": list[JsonValue](node.jobs),
            "parents": list[JsonValue](node.parents),
            "facets": dict(node.facets),
            "links": links,
        }
        self._work.add("outcome", node.last, node.kind, node.id, len(links), packed(body))

    def _outputs(self, node: _Node, links: list[JsonValue]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        run = node.id if node.kind == "run" else ""
        for (dataset, version), touched in node.outputs.items():
            if touched.dropped is not None and run:  # a job that is only declared drops nothing
                links.append([DROPPED, self._drop(dataset, version, touched, run), touched.dropped])
                if touched.written is None:
                    continue
                if touched.written <= touched.dropped:  # it dropped what it had made, too
                    touched.facets[DELETED] = {"deleted_at": touched.dropped}
            if not version and run:
                reason = "of outputs are not named: each run that wrote the dataset made one"
                self._guessed["versions", reason] += 1
            if not version:
                version = written_version(run, "", 0) if run else self._valid(dataset, touched.last, "")
            artifact = self._mention(dataset, version, touched, made=node.ended or touched.last if run else None)
            found.setdefault(dataset, []).append(artifact)
            links.append(["out", artifact, touched.last])
            if touched.previous is not None and run:
                self._rename(dataset, artifact, touched.previous, touched.last, run)
        return found

    def _inputs(self, node: _Node) -> dict[str, list[tuple[str, int]]]:
        found: dict[str, list[tuple[str, int]]] = {}
        run = node.id if node.kind == "run" else ""
        sources = [s for who in SAID_BY for flow in node.stated.get(who, {}).values() for s in flow]
        listed = {dataset for dataset, _ in node.inputs}
        for source in dict.fromkeys(sources):
            if source not in listed:
                node.inputs[source, ""] = _Touched(node.first, node.last)
        for (dataset, version), touched in node.inputs.items():
            if not version:
                reason = "of inputs are not named: the one that was there when the run named the dataset first"
                self._guessed["versions", reason] += 1
            seen = version or self._valid(dataset, touched.first, run)
            artifact = self._mention(dataset, seen, touched)
            found.setdefault(dataset, []).append((artifact, touched.first))
            if touched.read:
                reads = node.facets.setdefault("reads", {"reads": {}})
                if reads is not None and isinstance(kept := reads["reads"], dict):
                    kept[with_version(dataset, seen)] = touched.read
        return found

    def _flows(
        self,
        node: _Node,
        inputs: dict[str, list[tuple[str, int]]],
        outputs: dict[str, list[str]],
        links: list[JsonValue],
    ) -> None:
        stated = {who: {to: list(sources) for to, sources in flows.items()} for who, flows in node.stated.items()}
        into = {target: stated_sources(stated, target) for target in outputs}
        told = all(sources is not None for sources in into.values())
        for dataset, artifacts in inputs.items():
            whole = all(sources is not None and dataset in sources for sources in into.values())
            for artifact, time in artifacts:
                only_read = told and dataset not in node.possible
                links.append(["in" if whole else READ if only_read else "maybe", artifact, time])
                if whole:
                    continue
                if not only_read:
                    reason = "are not said to flow into every output of their run: they are possible ones"
                    self._guessed["inputs", reason] += 1
                for target, sources in into.items():
                    if sources is not None and dataset in sources:
                        for made in outputs[target]:
                            self._derive(artifact, made, node.last)

    def _derive(self, origin: str, derived: str, time: int) -> None:
        if origin != derived:
            self._work.add("derivation", origin, derived, time)

    # -- datasets ---------------------------------------------------------------------------------------------

    def dataset_event(self, time: int, body: Json) -> None:
        """Lay down what an event without a run says of a dataset."""
        stated = cast("Stated", body.get("stated") or {})
        outputs = cast("list[tuple[str, str, Facets, str, str | None]]", body["out"])
        for dataset, named, facets, lifecycle, previous in outputs:
            touched = _Touched(time, time, facets)
            if lifecycle == DROP:
                touched.dropped = time
                self._drop(dataset, named, touched, "")
                continue
            made = named or written_version("", lifecycle, time)
            version = made or self._valid(dataset, time, "")
            artifact = self._mention(dataset, version, touched, made=time if made else None)
            if lifecycle == RENAME and previous is not None:
                self._rename(dataset, artifact, previous, time, "")
            for source in stated_sources(stated, dataset) or ():
                origin_version = self._valid(source, time if source != dataset else time - 1, "")
                origin = self._mention(source, origin_version, _Touched(time, time))
                self._derive(origin, artifact, time)

    def _valid(self, dataset: str, time: int, run: str) -> str:
        found = self._work.valid(dataset, time, run)
        if found is None:
            return ""
        return f"after-{found.time}" if found.gone else found.version

    def _before(self, dataset: str, time: int, run: str) -> str:
        """The version that was there until something happened to it: no event without a run counts as earlier then."""
        return self._valid(dataset, time if run else time - 1, run)

    def _drop(self, dataset: str, version: str, touched: _Touched, run: str) -> str:
        time = touched.dropped or touched.last
        gone = _Touched(touched.first, time, {**touched.facets, DELETED: {"deleted_at": time}})
        return self._mention(dataset, version or self._before(dataset, time, run), gone)

    def _rename(self, dataset: str, artifact: str, previous: str, time: int, run: str) -> None:
        if previous == dataset:
            return
        old = self._mention(previous, self._before(previous, time, run), _Touched(time, time))
        first, second = sorted((old, artifact))
        self._work.add("equality", first, second, "renamed", f"{previous} was renamed to {dataset}", time)

    def _mention(self, dataset: str, version: str, touched: _Touched, *, made: int | None = None) -> str:
        artifact = with_version(dataset, version)
        facets = packed(touched.facets)
        self._work.add("mention", artifact, dataset, version, touched.last, made, facets)
        return artifact

    # -- equalities -------------------------------------------------------------------------------------------

    def tell(self) -> None:
        """Tell the report what was guessed."""
        for (what, reason), count in self._guessed.items():
            self._report.note(NoteKind.GUESSED, what, reason, count=count)

    def equal_by_symlinks(self) -> None:
        """The same version under names that symlinks declare to be those of one dataset."""
        hub: tuple[str, str] | None = None
        name = artifact_of_hub = ""
        for group, version, dataset, artifact in self._work.connection.execute(_ALIKE):
            if hub != (group, version):
                hub, name, artifact_of_hub = (group, version), dataset, artifact
            elif artifact != artifact_of_hub:
                first, second = sorted((artifact_of_hub, artifact))
                evidence = f"{name} and {dataset} are names of one dataset"
                self._work.add("equality", first, second, "symlink", evidence, None)


_ALIKE: Final = """
SELECT DISTINCT g.grp, m.version, m.dataset, m.artifact FROM mention AS m JOIN grp AS g ON g.dataset = m.dataset
ORDER BY g.grp, m.version, m.dataset
"""


def _join_versions(touched: dict[tuple[str, str], _Touched]) -> None:
    """What some events name without its version and others with it is the same: the last version that was named."""
    versions = {dataset: version for dataset, version in touched if version}
    for dataset, version in versions.items():
        plain = touched.pop((dataset, ""), None)
        if plain is None:
            continue
        known = touched[dataset, version]
        known.facets = {**plain.facets, **known.facets}
        known.read = plain.read | known.read
        known.first, known.last = min(known.first, plain.first), max(known.last, plain.last)
        known.previous = known.previous or plain.previous
        known.dropped = known.dropped or plain.dropped
