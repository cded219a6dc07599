"""From what DVC's files say at a commit to artifacts, executions, contexts and links."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Final

from provgraph.loading import LoadReport, NoteKind
from provgraph.model import (
    Artifact,
    Certainty,
    Derivation,
    Equality,
    Event,
    EventType,
    Execution,
    ExecutionState,
    ExecutionType,
    Value,
)
from provgraph.model.digests import OF_NOTHING
from provgraph.recording.redaction import redact_uri
from provgraph_loaders.dvc.files import Item
from provgraph_loaders.dvc.inferring import Inferences
from provgraph_loaders.dvc.paths import fits, is_url, located
from provgraph_loaders.dvc.pipelines import Declared
from provgraph_loaders.dvc.snapshot import Located, Snapshot
from provgraph_loaders.dvc.values import command_text, details, metric_values, parameters, value_of
from provgraph_loaders.git.collector import Collector
from provgraph_loaders.git.contexts import GitContexts
from provgraph_loaders.git.history import Commit
from provgraph_loaders.git.kinds import METRICS, artifact_type
from provgraph_loaders.git.repository import Repository

__all__ = ["Mapper"]

_CONTENT: Final = frozenset({"md5", "md5-dos2unix"})  # what can be computed from the bytes of a file
_EXACT: Final = "md5"  # what only the same bytes have; that of DVC 2 takes other ends of lines for the same
_MOST_HELD: Final = 1_000  # things in a folder that are linked to it


@dataclass(frozen=True, slots=True)
class _Known:
    """An artifact as links name it."""

    key: str
    kind: str


class Mapper:
    """Makes records of snapshots, parents first: each says what is new in it, and depends on nothing later."""

    def __init__(self, repository: Repository, collector: Collector, report: LoadReport) -> None:
        self._to, self._report, self._store = collector, report, collector.store
        self.contexts = GitContexts(repository, collector)
        self._typed: dict[tuple[str, str, str], str] = {}
        self._made: dict[str, list[str]] = {}
        self._made_keys: set[str] = set()
        self._inferences = Inferences()
        self._experiments: dict[str, list[str]] = {}
        for ref, tip in repository.history.tips.items():
            if ref.startswith("refs/exps/") and fits(ref):
                _, _, first, rest, name = ref.split("/", 4)
                self._experiments.setdefault(tip.decode(), []).append(f"{first}{rest[:5]}/{name}")

    # -- what a commit brings -----------------------------------------------------------------------------------

    def tracked(self, snapshot: Snapshot, path: str) -> None:
        """A new `.dvc` file: data that was added or imported, or a stage of DVC 0."""
        held = snapshot.of_file(path)
        if held is None:
            return
        if held.stage.cmd:
            self.run(snapshot, held, "Stage")
        elif held.stage.deps:
            self.run(snapshot, held, "Import")
        commit = self.contexts.commit(snapshot.commit)
        for item in held.stage.outs:
            known = self._artifact(snapshot, held, item)
            if known is not None:
                self._to.attribute(known.key, commit)

    def run(self, snapshot: Snapshot, held: Located, type_name: str = "Stage") -> None:
        """A locked entry: one execution, if it is not known yet."""
        stage, commit = held.stage, snapshot.commit
        where = f"{held.file}:{stage.name}" if stage.name else held.file
        if not fits(where):
            self._cannot_keep("locked stages", where)
            return
        key = f"{self._store}/Execution/{where}/{stage.mark}"
        if not self._to.is_new(key):
            return
        place = f"{where} at {commit.name[:10]}"
        if held.view is None and stage.name:
            reason = "are not in dvc.yaml at their commit: their paths are taken from where dvc.lock is"
            self._report.note(NoteKind.GUESSED, "locked stages", reason, place)
        short = stage.name or posixpath.basename(held.file)
        custom: dict[str, Value] = {
            "stage": short,
            "pipeline": held.file,
            "git_commit": commit.name,
            "author": commit.author,
            **({"cmd": command_text(stage.cmd, place, self._report)} if stage.cmd else {}),
            **parameters(stage.params, place, self._report),
        }
        if held.wdir not in ("", "."):
            custom["wdir"] = held.wdir
        if held.view is not None:
            custom |= details(held.view.details)
            if held.view.group is not None:
                custom["item"] = value_of(held.view.item)
        self._to.type(ExecutionType(name=type_name, source=self._store))
        self._to.execution(
            Execution(
                type=type_name,
                name=self._to.name(type_name, f"{short}/{stage.mark[:12]}", f"{where}/{stage.mark}"),
                key=key,
                source=self._store,
                state=ExecutionState.COMPLETE,
                created_at=commit.time,
                custom_properties=custom,
            )
        )
        for item in stage.outs:
            self._output(snapshot, held, item, key)
        for item in stage.deps:
            self._input(snapshot, held, item, key)
        self._group(snapshot, held, key, type_name)

    def foresee(self, snapshot: Snapshot, held: Located) -> None:
        """Take note of what a stage makes, before the stages that use it are looked at."""
        for item in held.stage.outs:
            path = located(held.wdir, item.path)
            is_told = item.algorithm == _EXACT and f"{_EXACT}:{item.digest}" not in OF_NOTHING
            if is_told and fits(f"{path}@{_identity(item, '')}"):
                key = self._key(snapshot.kind(path, item)[0], path, item, "")
                if self._to.is_new("maker", key):
                    self._made.setdefault(item.digest, []).append(key)

    def settle(self) -> None:
        """Say what can only be inferred when all of the history is known."""
        self._inferences.settle(self._to, self._report)

    def declared(self, snapshot: Snapshot) -> None:
        """What `artifacts` of the commit's `dvc.yaml` files name, as far as DVC knows it."""
        for pipeline in snapshot.pipelines.values():
            for declared in pipeline.artifacts:
                context = self.registered(declared)
                key = self.standing(snapshot, declared.path)
                if key is not None:
                    self._to.attribute(key, context)

    def registered(self, declared: Declared | str) -> str:
        """The context of a name in the registry."""
        name = declared if isinstance(declared, str) else declared.name
        custom: dict[str, Value] = {}
        if isinstance(declared, Declared):
            custom = {"path": declared.path, **details(declared.details)}
            if declared.kind:
                custom["declared_type"] = declared.kind
        return self.contexts.context("RegisteredArtifact", name, self.contexts.repository(), custom)

    def standing(self, snapshot: Snapshot, path: str) -> str | None:
        """The key of what stands at a path in a snapshot; None if DVC does not know it."""
        item = snapshot.current(path)
        if item is None or not item.digest:
            return None
        known = self._artifact_at(snapshot, path, item, "")
        return known.key if known is not None else None

    # -- contexts --------------------------------------------------------------------------------------------------

    def _group(self, snapshot: Snapshot, held: Located, key: str, type_name: str) -> None:
        commit = snapshot.commit
        self._to.associate(key, self.contexts.commit(commit))
        for name in self._experiments.get(commit.name, ()):
            self._to.associate(key, self.contexts.context("Experiment", name, self.contexts.repository()))
        if type_name == "Import":
            return
        pipeline = self.contexts.context("Pipeline", held.file, self.contexts.repository())
        parent = pipeline
        if held.view is not None and held.view.group is not None:
            parent = self.contexts.context("Stage", f"{held.file}:{held.view.group}", pipeline)
        if held.stage.name:
            self._to.associate(key, self.contexts.context("Stage", f"{held.file}:{held.stage.name}", parent))
        custom: dict[str, Value] = {"git_commit": commit.name, "author": commit.author}
        run = self.contexts.context("Run", f"{held.file}/{commit.name[:12]}", pipeline, custom, commit.time)
        self._to.associate(key, run)
        self._to.associate(key, pipeline)

    # -- artifacts and their links ------------------------------------------------------------------------------

    def _output(self, snapshot: Snapshot, held: Located, item: Item, execution: str) -> None:
        known = self._artifact(snapshot, held, item)
        if known is None:
            return
        self._event(known.key, execution, EventType.OUTPUT, snapshot.commit)
        self._made_keys.add(known.key)

    def _input(self, snapshot: Snapshot, held: Located, item: Item, execution: str) -> None:
        if item.origin is not None:
            known = self._foreign(snapshot, held, item)
            if known is not None:
                self._event(known, execution, EventType.INPUT, snapshot.commit)
            return
        path = located(held.wdir, item.path)
        artifact = self._artifact(snapshot, held, item)
        if artifact is None:
            return
        self._event(artifact.key, execution, EventType.INPUT, snapshot.commit)
        if not item.digest or artifact.key in self._made_keys:
            return
        if snapshot.current(path) is not None:
            return  # the path says whose it is, even where it has changed since
        self._derive_by_path(snapshot, path, item, artifact.key)
        makers = self._made.get(item.digest) if item.algorithm == _EXACT else None
        if makers:
            self._inferences.copy(makers, artifact.key, path, f"{item.algorithm}:{item.digest}")

    def _derive_by_path(self, snapshot: Snapshot, path: str, item: Item, key: str) -> None:
        """A file in a folder that DVC knows comes from it; a folder of things that DVC knows comes from them."""
        holder = snapshot.holder(path)
        if holder is not None:
            origin = self._artifact_at(snapshot, *holder, "")
            if origin is not None:
                self._derive(origin.key, key, snapshot.commit, path)
        elif item.is_folder and not is_url(path):
            for at, (below, found) in enumerate(snapshot.held(path)):
                if at >= _MOST_HELD:
                    reason = f"hold more than {_MOST_HELD:,} things that DVC knows: the others are not linked"
                    self._report.note(NoteKind.LEFT_ALONE, "folders", reason, path)
                    return
                part = self._artifact_at(snapshot, below, found, "")
                if part is not None:
                    self._derive(part.key, key, snapshot.commit, path)

    def _artifact(self, snapshot: Snapshot, held: Located, item: Item) -> _Known | None:
        return self._artifact_at(snapshot, located(held.wdir, item.path), item, held.stage.mark)

    def _artifact_at(self, snapshot: Snapshot, path: str, item: Item, mark: str) -> _Known | None:
        """The artifact of a path and a hash; without a hash, one of its own for each entry (`mark`)."""
        if not fits(f"{path}@{_identity(item, mark)}"):
            self._cannot_keep("artifacts", path)
            return None
        kind, is_guess = snapshot.kind(path, item)
        commit = snapshot.commit
        if not item.digest and not mark:
            return None
        key = self._key(kind, path, item, mark)
        identity = _identity(item, mark)
        known = _Known(key, kind)
        if not self._to.is_new(key):
            return known
        if is_guess:
            self._report.note(
                NoteKind.GUESSED, "models", "are called so by their names, as nothing declares them", path
            )
        if not item.digest:
            reason = "have no hash: each locked entry has its own"
            self._report.note(NoteKind.GUESSED, "artifacts", reason, f"{path} at {commit.name[:10]}")
        version = item.digest[:12] if item.algorithm == "md5" else identity[: len(identity) - len(item.digest) + 12]
        custom: dict[str, Value] = {"path": path, "git_commit": commit.name, **details(item.details)}
        if item.is_folder:
            custom["is_folder"] = True
        if item.kind:
            custom["declared_type"] = item.kind
        if kind == METRICS and item.algorithm in _CONTENT:
            content = snapshot.metrics_file(path)
            if content is not None:
                custom |= metric_values(content, path, item.algorithm, item.digest) or {}
        self._to.type(artifact_type(kind, self._store))
        self._to.artifact(
            Artifact(
                type=kind,
                name=self._to.name(kind, f"{path}/{version}", f"{path}/{identity}"),
                key=key,
                source=self._store,
                uri=_exact_uri(path, item),
                digest=identity if item.digest else None,
                family=path,
                version=version,
                created_at=commit.time,
                custom_properties=custom,
            )
        )
        if item.digest:
            same = self._typed.setdefault((path, item.algorithm, item.digest), key)
            if same != key:
                self._inferences.same(same, key)
                self._to.equal(
                    Equality(
                        first=same,
                        second=key,
                        rule="path and content hash",
                        evidence=identity,
                        recorded_by=self._store,
                    )
                )
        return known

    def _key(self, kind: str, path: str, item: Item, mark: str) -> str:
        return f"{self._store}/Artifact/{kind}/{path}@{_identity(item, mark)}"

    def _foreign(self, snapshot: Snapshot, held: Located, item: Item) -> str | None:
        """What was imported, as it stands in the other repository."""
        origin = item.origin
        if origin is None:  # pragma: no cover - the caller looked
            raise ValueError("nothing was imported")
        url = redact_uri(origin.url)
        rev = origin.rev_lock or origin.rev or ""
        if not origin.rev_lock:
            reason = "do not say which commit of the other repository they come from"
            self._report.note(NoteKind.GUESSED, "imports", reason, held.file)
        # the same thing here has its type
        outs = held.stage.outs
        kind = snapshot.kind(located(held.wdir, outs[0].path), outs[0])[0] if len(outs) == 1 else "Dataset"
        path = posixpath.normpath(item.path)
        identity = f"{url}#{path}@{rev or held.stage.mark}"
        if not fits(identity):
            self._cannot_keep("imports", identity)
            return None
        key = f"{self._store}/Artifact/{kind}/{identity}"
        if self._to.is_new(key):
            custom: dict[str, Value] = {"repo_url": url, "path": path, **details(item.details)}
            if origin.rev:
                custom["rev"] = origin.rev
            if origin.rev_lock:
                custom["rev_lock"] = origin.rev_lock
            self._to.type(artifact_type(kind, self._store))
            self._to.artifact(
                Artifact(
                    type=kind,
                    name=self._to.name(kind, f"{url}#{path}/{rev[:12] or held.stage.mark[:12]}", identity),
                    key=key,
                    source=self._store,
                    uri=f"git+{url}@{rev}#{path}" if rev else f"git+{url}#{path}",
                    digest=f"{item.algorithm}:{item.digest}" if item.digest else None,
                    family=f"{url}#{path}",
                    version=rev[:12] or None,
                    created_at=snapshot.commit.time,
                    custom_properties=custom,
                )
            )
        self._to.attribute(key, self.contexts.context("Repository", url, None, {"url": url}))
        return key

    def _cannot_keep(self, what: str, place: str) -> None:
        reason = "have paths that are too long for a key, or hold a null character"
        self._report.note(NoteKind.DROPPED, what, reason, f"{place[:100]}…" if len(place) > 100 else place)

    def _event(self, artifact: str, execution: str, type_: EventType, commit: Commit) -> None:
        self._inferences.flow(*((artifact, execution) if type_.is_input else (execution, artifact)))
        self._to.event(
            Event(
                artifact=artifact,
                execution=execution,
                type=type_,
                time=commit.time,
                certainty=Certainty.DECLARED,
                recorded_by=self._store,
            )
        )

    def _derive(self, origin: str, derived: str, commit: Commit, path: str) -> None:
        link = Derivation(
            origin=origin,
            derived=derived,
            time=commit.time,
            certainty=Certainty.INFERRED,
            recorded_by=self._store,
        )
        self._inferences.derive(link, path)


def _identity(item: Item, mark: str) -> str:
    return f"{item.algorithm}:{item.digest}" if item.digest else f"of:{mark}"


def _exact_uri(path: str, item: Item) -> str | None:
    if not is_url(path):
        return None
    version = item.details.get("version_id")
    return f"{path}?versionId={version}" if isinstance(version, str) and len(version) < 500 else path
