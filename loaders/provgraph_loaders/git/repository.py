"""A repository, opened for reading."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from dulwich.config import ConfigFile
from dulwich.object_format import DEFAULT_OBJECT_FORMAT, get_object_format
from dulwich.refs import DiskRefsContainer

from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, LoadReport, NoteKind
from provgraph.recording.redaction import redact_uri
from provgraph_loaders.git.history import History
from provgraph_loaders.git.objects import BLOB, Objects
from provgraph_loaders.git.places import Places, check_plain, find_places, read_small
from provgraph_loaders.git.trees import Trees

__all__ = ["Repository", "open_repository", "top_file", "top_names"]

_OBJECT: Final = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}")
# Where people's own history is; experiments of DVC stand in refs/exps/ab/cdef…/NAME.
_READ: Final = re.compile(r"HEAD|refs/(?:heads|remotes|tags)/.+|refs/exps/[0-9a-f]{2}/[0-9a-f]{38}/[^/]+")
_KNOWN_EXTENSIONS: Final = frozenset({b"worktreeconfig", b"objectformat", b"relativeworktrees", b"noop"})
_PARTIAL: Final = b"partialclone"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that can be read.

    Attributes:
        source: as the user named it.
        url: where it was cloned from, without user and password; None if it was not.
        head: the commit that HEAD (or else a branch) names; None while there are no commits.
    """

    source: str
    places: Places
    objects: Objects
    history: History
    url: str | None
    head: bytes | None
    oid_length: int

    def trees(self, wanted: Callable[[bytes], bool]) -> Trees:
        """Files by their names: see `Trees`."""
        return Trees(self.objects, wanted, self.source, self.oid_length)

    def store_name(self, options: LoadOptions) -> str:
        """What to call the repository in keys: the user's name, else of the first commit, which all clones share.

        Raises:
            LoadError: history is cut, so nothing tells which repository this is.
        """
        if options.source_name is not None:
            return options.source_name
        if self.head is None:
            raise LoadError(f"{self.source}: has no commit, and so no name: give it one (--source NAME)")
        root, is_cut = self.history.root(self.head)
        if is_cut:
            raise LoadError(
                f"{self.source}: a shallow clone, whose first commit is not there to name it by: give it a name "
                "(--source NAME), or fetch all of it (git fetch --unshallow)"
            )
        return root[:12]

    def tell(self, report: LoadReport) -> None:
        """Note what of the repository is not read."""
        for ref in self.history.dangling:
            report.note(NoteKind.LEFT_ALONE, "references", "name no commit that is there", ref)
        for name in sorted(self.places.shallow):
            reason = "have parents that were not cloned: what was before them is not read"
            report.note(NoteKind.LEFT_ALONE, "commits", reason, name.decode("ascii", "backslashreplace")[:12])


@contextmanager
def open_repository(source: str) -> Generator[Repository]:
    """Open the repository of a work tree, or a bare one.

    Raises:
        LoadError: there is none, or it is damaged or of a kind that is not read.
    """
    places = find_places(source)
    config = _config(places)
    version = _value(config, b"core", b"repositoryformatversion") or b"0"
    if version not in (b"0", b"1"):
        raise LoadError(f"{source}: its format is {version!r}, and 0 and 1 are read")
    object_format = DEFAULT_OBJECT_FORMAT
    extensions = {name.lower(): value for name, value in _items(config, b"extensions")}
    if version == b"1":
        for name, value in extensions.items():
            if name == b"refstorage" and value != b"files":
                words = value.decode(errors="replace")
                raise LoadError(
                    f"{source}: keeps its references as {words!r}, which is not read: clone it with Git first"
                )
            if name not in _KNOWN_EXTENSIONS and name not in (b"refstorage", _PARTIAL):
                words = name.decode(errors="replace")
                raise LoadError(f"{source}: has the extension {words!r}, which is not read: clone it with Git first")
        if b"objectformat" in extensions:
            try:
                object_format = get_object_format(extensions[b"objectformat"].decode("ascii"))
            except ValueError as error:
                raise LoadError(f"{source}: hashes its objects in a way that is not known") from error
    refs = _refs(places, source)
    objects = Objects(source, places.objects, object_format)
    try:
        read = {name: value for name, value in refs.items() if _READ.fullmatch(name)}
        history = History(objects, read, places.shallow, source)
        tips = history.tips
        names = ("HEAD", "refs/heads/main", "refs/heads/master", *sorted(tips))
        head = next((tips[name] for name in names if name in tips), None)
        url = _value(config, (b"remote", b"origin"), b"url")
        yield Repository(
            source,
            places,
            objects,
            history,
            redact_uri(url.decode("utf-8", "backslashreplace")) if url else None,
            head,
            object_format.oid_length,
        )
    finally:
        objects.close()


def top_names(source: str) -> list[bytes]:
    """Names in the top folder of the commit that HEAD names; [] where none can be read. Never an error."""
    try:
        with open_repository(source) as repository:
            if repository.head is None:
                return []
            tree = repository.history.commit(repository.head).tree
            return [name for name, _, _ in repository.trees(lambda _: False).entries(tree)]
    except LoadError:
        return []


def top_file(source: str, name: str, largest: int) -> bytes:
    """The content of a file in the top folder of the commit that HEAD names; b"" where none can be read."""
    try:
        with open_repository(source) as repository:
            if repository.head is None:
                return b""
            tree = repository.history.commit(repository.head).tree
            found = repository.trees(lambda _: False).find(tree, name)
            is_plain = found is not None and not found.is_link and not found.is_module
            return repository.objects.read(found.blob, BLOB, largest) if found is not None and is_plain else b""
    except LoadError:
        return b""


def _config(places: Places) -> ConfigFile:
    # from its text alone, so that no other file is read that an include may name
    text = read_small(places.common / "config") or b""
    try:
        return ConfigFile.from_file(io.BytesIO(text), expand_includes=False)
    except (ValueError, LookupError) as error:
        words = " ".join(str(error).split())
        raise LoadError(f"{places.common / 'config'}: cannot be read: {words}") from error


def _value(config: ConfigFile, section: bytes | tuple[bytes, ...], name: bytes) -> bytes | None:
    try:
        return config.get(section if isinstance(section, tuple) else (section,), name)
    except KeyError:
        return None


def _items(config: ConfigFile, section: bytes) -> list[tuple[bytes, bytes]]:
    try:
        return list(config.items((section,)))
    except KeyError:
        return []


def _refs(places: Places, source: str) -> dict[str, bytes]:
    for path in (places.control / "HEAD", places.common / "packed-refs"):
        read_small(path, 64 << 20)  # refused here where reading it would hang
    check_plain(places.common / "refs", source)
    try:
        found = DiskRefsContainer(places.common, places.control).as_dict()
    except Exception as error:  # dulwich raises many kinds on damaged references
        words = " ".join(str(error).split())[:200]
        raise LoadError(f"{source}: its references cannot be read ({words}): run `git fsck`") from error
    return {
        name.decode("utf-8", "backslashreplace"): bytes(value)
        for name, value in found.items()
        if _OBJECT.fullmatch(value)
    }
