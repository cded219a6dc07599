"""The loader: from a repository's history to batches of records."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provgraph.errors import ConfigurationError, LoadError
from provgraph.loading import LoadOptions, LoadReport, NoteKind
from provgraph.model import Records
from provgraph_loaders.dvc.paths import readable
from provgraph_loaders.git.places import looks_like_git

if TYPE_CHECKING:
    from provgraph_loaders.dvc.snapshot import Reader, Snapshot
    from provgraph_loaders.git.collector import Collector
    from provgraph_loaders.git.history import Commit
    from provgraph_loaders.git.repository import Repository
    from provgraph_loaders.git.trees import Entry

__all__ = ["DvcLoader"]

_TOLD: Final = 100  # commits between two words of progress


class DvcLoader:
    """Reads what DVC keeps in a Git repository, in all of its history, without DVC and without a checkout.

    Keys are `dvc/STORE/Execution/dvc.yaml:train/HASH`, where STORE is the name that the user gives, else the first
    commit of the repository, which all of its clones share.
    """

    name = "dvc"
    title = "DVC project (Git work tree or bare repository)"

    def recognises(self, source: str) -> bool:
        """Whether it is a Git repository that DVC is used in: a look at its top folder, checked out or not."""
        if not looks_like_git(source):
            return False
        try:
            folder = Path(source)
            if any((folder / name).exists() for name in (".dvc", "dvc.yaml", "dvc.lock")):
                return True
            if any(path.suffix == ".dvc" for path in folder.iterdir()):
                return True
        except OSError:
            return False
        if not _has_dulwich():
            return False
        from provgraph_loaders.git.repository import top_names

        return any(name in (b".dvc", b"dvc.yaml", b"dvc.lock") or name.endswith(b".dvc") for name in top_names(source))

    def load(self, source: str, options: LoadOptions, report: LoadReport) -> Iterator[Records]:
        """See `provgraph.loading.Loader.load`. While the history is read, batches are empty and tell how far it is.

        Raises:
            ConfigurationError: the extra `dvc` is not installed.
        """
        if not _has_dulwich():
            raise ConfigurationError("reading Git and DVC needs two more packages: pip install 'provgraph[dvc]'")
        from provgraph_loaders.git.repository import open_repository

        report.working_on("commits")
        with open_repository(source) as repository:
            yield from _load(repository, options, report)


def _load(repository: Repository, options: LoadOptions, report: LoadReport) -> Iterator[Records]:
    from provgraph_loaders.dvc.mapping import Mapper
    from provgraph_loaders.dvc.registering import register
    from provgraph_loaders.dvc.registry import read_tags
    from provgraph_loaders.dvc.snapshot import Reader, is_dvc_file
    from provgraph_loaders.git.collector import Collector

    if repository.head is None and options.source_name is None and not repository.history.tips:
        report.note(NoteKind.LEFT_ALONE, "repositories", "hold no commit yet", repository.source)
        return
    report.store = f"dvc/{repository.store_name(options)}"
    repository.tell(report)
    reader = Reader(repository, report)
    names = repository.history.order()
    report.total = len(names)
    with Collector(report.store, options.batch_size) as collector:
        mapper = Mapper(repository, collector, report)
        news = _News(reader, report)
        for at, name in enumerate(names):
            commit = repository.history.commit(name)
            fresh, snapshot = news.of(commit)
            if snapshot is not None:
                known = set(fresh)
                new = [held for held in snapshot.stages if held.file.removesuffix("yaml") + "lock" in known]
                for held in new:
                    mapper.foresee(snapshot, held)
                for held in new:
                    mapper.run(snapshot, held)
                    collector.step()
                for path in fresh:
                    if is_dvc_file(path):
                        mapper.tracked(snapshot, path)
                        collector.step()
                mapper.declared(snapshot)
            report.read["Commit"] += 1
            if at % _TOLD == _TOLD - 1:
                yield Records()
        report.working_on("registry tags")
        register(
            read_tags(repository.history.tags, report),
            lambda name: news.snapshot(repository.history.commit(name.encode())),
            mapper,
            collector,
            report,
        )
        mapper.settle()
        _check(repository, reader, news, collector, report)
        report.total += collector.taken
        report.working_on("records")
        yield from collector.batches(report)


def _check(repository: Repository, reader: Reader, news: _News, collector: Collector, report: LoadReport) -> None:
    """Say why nothing arrives, if it is so.

    Raises:
        LoadError: at HEAD there are files of DVC, and none of them, or nothing at all in the history, can be read.
    """
    if repository.head is not None:
        head = repository.history.commit(repository.head)
        files = news.files(head)
        damaged = [(path, reader.unread[entry.blob]) for path, entry in files.items() if entry.blob in reader.unread]
        if damaged and (len(damaged) == len(files) or not collector.taken):
            path, reason = next((one for one in damaged if one[0].endswith("dvc.lock")), damaged[0])
            reason = reason.replace("are larger", "is larger")
            rest = (
                "none of DVC's files there can be read"
                if len(damaged) == len(files)
                else "what else DVC keeps in the repository says of nothing that ran or is tracked"
            )
            raise LoadError(
                f"{repository.source}: {path} at HEAD ({head.name[:10]}) {reason}; {rest}: repair and commit it"
            )
    if collector.taken:
        return
    if not news.has_files:
        reason = "hold no files of DVC"
    elif reader.unread:
        reason = "hold files of DVC, and nothing in them that can be read"
    else:
        reason = "hold files of DVC, and nothing in them that ran or is tracked"
    report.note(NoteKind.LEFT_ALONE, "repositories", reason, repository.source)


class _News:
    """Which files of DVC a commit brings that none before it had."""

    def __init__(self, reader: Reader, report: LoadReport) -> None:
        self._reader, self._report = reader, report
        self._seen: set[tuple[str, bytes]] = set()
        self._trees: set[bytes] = set()
        self.has_files = False

    def of(self, commit: Commit) -> tuple[list[str], Snapshot | None]:
        """Paths of the new files, and the snapshot if there are any."""
        if commit.tree in self._trees:
            return [], None
        self._trees.add(commit.tree)
        fresh: list[str] = []
        for entry in self._reader.trees.files(commit.tree):
            mark = (entry.path, entry.blob)
            if mark in self._seen:
                continue
            self._seen.add(mark)
            if entry.is_module:
                reason = "are repositories of their own: load each by itself"
                self._report.note(NoteKind.LEFT_ALONE, "submodules", reason, readable(entry.path))
            elif entry.is_link:
                reason = "are symbolic links, which are not followed"
                self._report.note(NoteKind.LEFT_ALONE, "files", reason, readable(entry.path))
            else:
                fresh.append(readable(entry.path))
                self.has_files = True
        return fresh, self.snapshot(commit) if fresh else None

    def snapshot(self, commit: Commit) -> Snapshot:
        """What DVC's files say at a commit."""
        from provgraph_loaders.dvc.snapshot import Snapshot

        return Snapshot(commit, self.files(commit), self._reader)

    def files(self, commit: Commit) -> dict[str, Entry]:
        """DVC's files at a commit, by their paths."""
        return {
            readable(entry.path): entry
            for entry in self._reader.trees.files(commit.tree)
            if not entry.is_link and not entry.is_module
        }


def _has_dulwich() -> bool:
    return find_spec("dulwich") is not None and find_spec("yaml") is not None
