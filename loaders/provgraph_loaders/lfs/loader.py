"""The loader: from the history of pointers to artifacts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provgraph.errors import ConfigurationError
from provgraph.loading import LoadOptions, LoadReport, NoteKind
from provgraph.model import Artifact, Records, Value
from provgraph_loaders.git.kinds import FILE, MODEL, artifact_type, is_named_as_model
from provgraph_loaders.git.places import looks_like_git
from provgraph_loaders.lfs.pointers import LARGEST_POINTER, Place, places, read_pointer

if TYPE_CHECKING:
    from provgraph_loaders.git.collector import Collector
    from provgraph_loaders.git.contexts import GitContexts
    from provgraph_loaders.git.history import Commit
    from provgraph_loaders.git.repository import Repository
    from provgraph_loaders.git.trees import Entry

__all__ = ["LfsLoader"]

_TOLD: Final = 100  # commits between two words of progress
_LARGEST_ATTRIBUTES: Final = 1 << 20
_LONGEST_PATH: Final = 1_200  # characters; a key in the store has 8,000 bytes at most


class LfsLoader:
    """Reads the pointers of Git LFS in all of a repository's history: which content stood where, since which commit.

    Keys are `lfs/STORE/Artifact/File/PATH@sha256:HASH`, where STORE is the name that the user gives, else the first
    commit of the repository, which all of its clones share.
    """

    name = "lfs"
    title = "Git LFS pointers (Git work tree or bare repository)"

    def recognises(self, source: str) -> bool:
        """Whether it is a Git repository whose top folder puts files into LFS."""
        if not looks_like_git(source):
            return False
        try:
            attributes = Path(source) / ".gitattributes"
            if attributes.is_file():
                with attributes.open("rb") as file:
                    return b"filter=lfs" in file.read(_LARGEST_ATTRIBUTES)
        except OSError:
            return False
        if not _has_dulwich():
            return False
        from provgraph_loaders.git.repository import top_file

        return b"filter=lfs" in top_file(source, ".gitattributes", _LARGEST_ATTRIBUTES)

    def load(self, source: str, options: LoadOptions, report: LoadReport) -> Iterator[Records]:
        """See `provgraph.loading.Loader.load`. While the history is read, batches are empty and tell how far it is.

        Raises:
            ConfigurationError: the extra `dvc`, which brings what reads Git, is not installed.
        """
        if not _has_dulwich():
            raise ConfigurationError("reading Git needs another package: pip install 'provgraph[dvc]'")
        from provgraph_loaders.git.collector import Collector
        from provgraph_loaders.git.repository import open_repository

        report.working_on("attributes")
        with open_repository(source) as repository:
            if repository.head is None and not repository.history.tips:
                report.note(NoteKind.LEFT_ALONE, "repositories", "hold no commit yet", source)
                return
            report.store = f"lfs/{repository.store_name(options)}"
            repository.tell(report)
            with Collector(report.store, options.batch_size) as collector:
                yield from _Pointers(repository, collector, report).read()
                if not collector.taken:
                    report.note(NoteKind.LEFT_ALONE, "repositories", "hold no pointers of Git LFS", source)
                report.total = report.done + collector.taken
                report.working_on("records")
                yield from collector.batches(report)


class _Pointers:
    def __init__(self, repository: Repository, collector: Collector, report: LoadReport) -> None:
        from provgraph_loaders.git.contexts import GitContexts

        self._repository, self._to, self._report = repository, collector, report
        self._contexts: GitContexts = GitContexts(repository, collector)
        self._seen: set[tuple[str, bytes]] = set()

    def read(self) -> Iterator[Records]:
        """Take all pointers; yields empty batches."""
        history = self._repository.history
        names = history.order()
        self._report.total = 2 * len(names)
        wanted: set[Place] = set()
        attributes = self._repository.trees(lambda name: name == b".gitattributes")
        for at, name in enumerate(names):
            for entry in self._fresh(attributes.files(history.commit(name).tree)):
                wanted |= places(self._content(entry, _LARGEST_ATTRIBUTES) or b"", posixpath.dirname(entry.path))
            if at % _TOLD == _TOLD - 1:
                self._report.read["Commit"] = at + 1
                yield Records()
        self._report.read["Commit"] = len(names)
        self._report.total = len(names)
        if not wanted:
            return
        self._report.working_on("pointers")
        ends = tuple({place.end.encode("utf-8", "surrogateescape") for place in wanted})
        files = self._repository.trees(lambda name: name.endswith(ends))
        for at, name in enumerate(names):
            commit = history.commit(name)
            for entry in self._fresh(files.files(commit.tree)):
                if any(place.holds(entry.path) for place in wanted):
                    self._pointer(entry, commit)
            self._to.step()
            if at % _TOLD == _TOLD - 1:
                yield Records()

    def _fresh(self, entries: tuple[Entry, ...]) -> Iterator[Entry]:
        for entry in entries:
            mark = (entry.path, entry.blob)
            if mark not in self._seen:
                self._seen.add(mark)
                if entry.is_module:
                    reason = "are repositories of their own: load each by itself"
                    self._report.note(NoteKind.LEFT_ALONE, "submodules", reason, _readable(entry.path))
                elif not entry.is_link:
                    yield entry

    def _content(self, entry: Entry, largest: int) -> bytes | None:
        from provgraph_loaders.git.objects import BLOB, TooLargeError

        try:
            return self._repository.objects.read(entry.blob, BLOB, largest)
        except TooLargeError:
            return None

    def _pointer(self, entry: Entry, commit: Commit) -> None:
        data = self._content(entry, LARGEST_POINTER)
        pointer = read_pointer(data) if data is not None else None
        path = _readable(entry.path)
        if pointer is None:
            reason = "are where LFS should keep files, and are no pointers: Git holds them itself"
            self._report.note(NoteKind.LEFT_ALONE, "files", reason, f"{path} at {commit.name[:10]}")
            return
        if len(path) > _LONGEST_PATH:
            self._report.note(NoteKind.DROPPED, "pointers", "have paths that are too long to be kept", path[:100])
            return
        for name in pointer.unknown:
            reason = f"the field {name[:50]!r} of a pointer is not read"
            self._report.note(NoteKind.UNKNOWN, "fields", reason, f"{path} at {commit.name[:10]}")
        kind = MODEL if is_named_as_model(path) else FILE
        key = f"{self._to.store}/Artifact/{kind}/{path}@{pointer.digest}"
        if not self._to.is_new(key):
            return
        if kind == MODEL:
            reason = "are called so by their names, as nothing declares them"
            self._report.note(NoteKind.GUESSED, "models", reason, path)
        version = pointer.digest.removeprefix("sha256:")[:12]
        custom: dict[str, Value] = {"path": path, "size": pointer.size, "git_commit": commit.name}
        self._to.type(artifact_type(kind, self._to.store))
        self._to.artifact(
            Artifact(
                type=kind,
                name=self._to.name(kind, f"{path}/{version}", f"{path}/{pointer.digest}"),
                key=key,
                source=self._to.store,
                digest=pointer.digest,
                family=path,
                version=version,
                created_at=commit.time,
                custom_properties=custom,
            )
        )
        self._to.attribute(key, self._contexts.commit(commit))


def _readable(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _has_dulwich() -> bool:
    return find_spec("dulwich") is not None
