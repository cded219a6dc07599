"""What DVC's files say at one commit, all taken together."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from provgraph.loading import LoadReport, NoteKind
from provgraph_loaders.dvc.files import DvcFile, Item, LockedStage, read_dvc_file, read_lock
from provgraph_loaders.dvc.paths import above, is_url, located, readable
from provgraph_loaders.dvc.pipelines import EMPTY, Pipeline, StageView, read_pipeline
from provgraph_loaders.dvc.yamlish import DamagedError, Plain, parse
from provgraph_loaders.git.history import Commit
from provgraph_loaders.git.kinds import DATASET, FILE, METRICS, MODEL, PLOTS, declared_kind, is_named_as_model
from provgraph_loaders.git.objects import BLOB, TooLargeError
from provgraph_loaders.git.repository import Repository
from provgraph_loaders.git.trees import Entry, Trees

__all__ = ["LARGEST_FILE", "Reader", "Snapshot", "is_dvc_file", "wanted"]

LARGEST_FILE: Final = 16 << 20  # bytes of a file of DVC
_REMEMBERED: Final = 24 << 20  # bytes of files whose content is kept at hand
_T = TypeVar("_T")


def wanted(name: bytes) -> bool:
    """Whether a file of this name is one of DVC's."""
    return name in (b"dvc.yaml", b"dvc.lock", b"Dvcfile") or (name.endswith(b".dvc") and name != b".dvc")


def is_dvc_file(path: str) -> bool:
    """Whether it is a `.dvc` file (or a `Dvcfile`, its other name in DVC 0)."""
    return path.endswith(".dvc") or posixpath.basename(path) == "Dvcfile"


class _Memo:
    """Contents of files by what they were read from, up to a number of bytes."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], object] = {}
        self._bytes = 0

    def get(self, key: tuple[object, ...], make: Callable[[], tuple[_T, int]]) -> _T:
        if key in self._known:
            return self._known[key]  # type: ignore[return-value]
        made, size = make()
        self._bytes += size + 200
        if self._bytes > _REMEMBERED:
            self._known.clear()
            self._bytes = size
        self._known[key] = made
        return made


class Reader:
    """Reads DVC's files of a repository; what cannot be read is told once, and taken for empty.

    Attributes:
        unread: files (by the name of their content) that could not be read, and why.
    """

    def __init__(self, repository: Repository, report: LoadReport) -> None:
        self._objects, self.report = repository.objects, report
        self.trees: Trees = repository.trees(wanted)
        self._memo = _Memo()
        self.unread: dict[bytes, str] = {}

    def content(self, entry: Entry, largest: int = LARGEST_FILE) -> bytes:
        """The bytes of a file.

        Raises:
            TooLargeError, MissingObjectError, LoadError: as of `Objects.read`.
        """
        return self._objects.read(entry.blob, BLOB, largest)

    def lock(self, entry: Entry) -> tuple[LockedStage, ...]:
        """The entries of a `dvc.lock`."""
        place = readable(entry.path)
        return self._read(("lock", entry.blob), entry, lambda data: read_lock(data, place, self.report), ())

    def dvc_file(self, entry: Entry) -> DvcFile | None:
        """What a `.dvc` file says."""
        place = readable(entry.path)
        return self._read(("dvc", entry.blob), entry, lambda data: read_dvc_file(data, place, self.report), None)

    def pipeline(self, entry: Entry, tree: bytes) -> Pipeline:
        """What a `dvc.yaml` says in a commit with this tree."""
        place = readable(entry.path)
        folder = posixpath.dirname(place)

        def read(path: str) -> Plain:
            found = None if is_url(path) else self.trees.find(tree, path)
            if found is None or found.is_link or found.is_module:
                return None
            try:
                return parse(self.content(found, 1 << 20))
            except (DamagedError, TooLargeError):
                return None

        def whole(data: bytes) -> Pipeline:
            return read_pipeline(data, folder, read, place, self.report)

        # only variables make it say something else where other files differ
        has_variables = self._read(("has", entry.blob), entry, lambda data: b"${" in data, False)
        return self._read(("yaml", entry.path, entry.blob, tree if has_variables else b""), entry, whole, EMPTY)

    def _read(self, key: tuple[object, ...], entry: Entry, make: Callable[[bytes], _T], otherwise: _T) -> _T:
        def made() -> tuple[_T, int]:
            try:
                data = self.content(entry)
                return make(data), len(data)
            except TooLargeError:
                reason = f"are larger than {LARGEST_FILE >> 20} MiB"
            except DamagedError as error:
                reason = (
                    f"cannot be read: it {error}"
                    if str(error)[:2] in ("is", "ha", "ho")
                    else f"cannot be read: {error}"
                )
            if entry.blob not in self.unread:
                self.unread[entry.blob] = reason
                place = f"{readable(entry.path)} ({entry.blob.decode()[:10]})"
                self.report.note(NoteKind.DROPPED, "files", reason, place)
            return otherwise, 0

        return self._memo.get(key, made)


@dataclass(frozen=True, slots=True)
class Located:
    """A locked stage and where it stands: `file` is the `dvc.yaml` or `.dvc`, `wdir` its working folder."""

    file: str
    stage: LockedStage
    wdir: str
    view: StageView | None


class Snapshot:
    """The repository's files of DVC at one commit."""

    def __init__(self, commit: Commit, files: Mapping[str, Entry], reader: Reader) -> None:
        self.commit, self.files, self._reader = commit, files, reader
        self._tree = commit.tree
        self.pipelines: dict[str, Pipeline] = {}
        self.stages: list[Located] = []
        self.outs: dict[str, Item] = {}
        self._kinds: dict[str, str] = {}
        for path, entry in files.items():
            if posixpath.basename(path) == "dvc.yaml":
                self.pipelines[posixpath.dirname(path)] = self._pipeline(reader.pipeline(entry, self._tree))
        for path, entry in files.items():
            if posixpath.basename(path) == "dvc.lock":
                folder = posixpath.dirname(path)
                views = self.pipelines.get(folder, EMPTY).stages
                for stage in reader.lock(entry):
                    view = views.get(stage.name)
                    located_stage = Located(
                        posixpath.join(folder, "dvc.yaml"), stage, view.wdir if view else folder, view
                    )
                    self.stages.append(located_stage)
                    for item in stage.outs:
                        self.outs[located(located_stage.wdir, item.path)] = item

    def _pipeline(self, pipeline: Pipeline) -> Pipeline:
        self._kinds |= dict.fromkeys(pipeline.plots, PLOTS)
        self._kinds |= dict.fromkeys(pipeline.metrics, METRICS)
        for path, text in (
            *pipeline.kinds.items(),
            *((declared.path, declared.kind) for declared in pipeline.artifacts),
        ):
            kind = declared_kind(text)
            if kind is not None:
                self._kinds[path] = kind
        return pipeline

    def of_file(self, path: str) -> Located | None:
        """What a `.dvc` file holds."""
        found = self._reader.dvc_file(self.files[path])
        if found is None:
            return None
        return Located(path, found.stage, located(posixpath.dirname(path), found.wdir), None)

    def tracked(self, path: str) -> Item | None:
        """What a `.dvc` file beside it says of a path; None if there is none."""
        name = f"{path}.dvc"
        held = self.of_file(name) if name in self.files else None
        for item in held.stage.outs if held is not None else ():
            if held is not None and located(held.wdir, item.path) == path:
                return item
        return None

    def current(self, path: str) -> Item | None:
        """What stands at a path according to DVC."""
        found = self.outs.get(path)
        return found if found is not None else self.tracked(path)

    def holder(self, path: str) -> tuple[str, Item] | None:
        """The nearest folder above that DVC knows as one thing."""
        for folder in above(path):
            found = self.current(folder)
            if found is not None:
                return folder, found
        return None

    def held(self, folder: str) -> Iterator[tuple[str, Item]]:
        """The things below a folder that DVC knows."""
        start = f"{folder}/"
        for path, item in self.outs.items():
            if path.startswith(start):
                yield path, item
        for name in self.files:
            if name.startswith(start) and name.endswith(".dvc"):
                path = name.removesuffix(".dvc")
                below = self.tracked(path)
                if below is not None:
                    yield path, below

    def kind(self, path: str, item: Item) -> tuple[str, bool]:
        """The type of what stands at a path, and whether it was guessed by the name."""
        known = declared_kind(item.kind) or self._kinds.get(path)
        if known is None and (tracked := self.tracked(path)) is not None:
            known = declared_kind(tracked.kind)
        if known is not None:
            return known, False
        if item.is_metric or item.is_plot:
            return (METRICS if item.is_metric else PLOTS), False
        is_data = is_url(path) or self.current(path) is not None or self.holder(path) is not None
        if is_data and is_named_as_model(path):
            return MODEL, True
        return (DATASET if is_data else FILE), False

    def metrics_file(self, path: str) -> bytes | None:
        """The content of a file of metrics that Git itself holds."""
        if is_url(path):
            return None
        entry = self._reader.trees.find(self._tree, path)
        if entry is None or entry.is_link or entry.is_module:
            return None
        try:
            return self._reader.content(entry, 1 << 20)
        except TooLargeError:
            return None
