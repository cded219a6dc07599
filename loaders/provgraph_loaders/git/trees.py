"""Files of a commit by their names: each folder is read once, however many commits hold it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from dulwich.objects import parse_tree

from provgraph.errors import LoadError
from provgraph_loaders.git.objects import TREE, Objects

__all__ = ["Entry", "Trees"]

_FOLDER, _LINK, _MODULE = 0o040000, 0o120000, 0o160000
_KIND: Final = 0o170000
_DEEPEST: Final = 200
_MOST_FILES: Final = 100_000  # wanted ones in one commit
_MOST_KNOWN: Final = 200_000  # folders that are remembered


@dataclass(frozen=True, slots=True)
class Entry:
    """A file: its path from the root of the repository, the name of its content, whether it is a plain file."""

    path: str
    blob: bytes
    is_link: bool = False
    is_module: bool = False


class Trees:
    """Finds wanted files in trees.

    Args:
        objects: the repository's.
        wanted: whether a file of this name (its last part) is looked for.
        source: for messages.
    """

    def __init__(self, objects: Objects, wanted: Callable[[bytes], bool], source: str, oid_length: int) -> None:
        self._objects, self._wanted, self._source, self._length = objects, wanted, source, oid_length
        self._known: dict[bytes, tuple[Entry, ...]] = {}

    def files(self, tree: bytes) -> tuple[Entry, ...]:
        """The wanted files below a tree, by path; links and submodules too, which are marked.

        Raises:
            LoadError: a tree is damaged or missing, too deep, or holds too many wanted files.
        """
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        return self._files(tree, _DEEPEST)

    def find(self, tree: bytes, path: str) -> Entry | None:
        """The file at `path`; None if there is none."""
        parts = path.encode("utf-8", "surrogateescape").split(b"/")
        for at, part in enumerate(parts):
            for name, mode, child in self.entries(tree):
                if name == part:
                    kind = mode & _KIND
                    if at == len(parts) - 1:
                        return None if kind == _FOLDER else Entry(path, child, kind == _LINK, kind == _MODULE)
                    if kind != _FOLDER:
                        return None
                    tree = child
                    break
            else:
                return None
        return None

    def entries(self, tree: bytes) -> Iterator[tuple[bytes, int, bytes]]:
        """Name, mode and object (hexadecimal) of what a folder holds."""
        content = self._objects.read(tree, TREE)
        try:
            for name, mode, raw in parse_tree(content, self._length):
                yield name, mode, raw if len(raw) == 2 * self._length else raw.hex().encode()
        except Exception as error:  # dulwich raises many kinds on damaged trees
            raise LoadError(f"{self._source}: tree {tree.decode()} is damaged: run `git fsck`") from error

    def _files(self, tree: bytes, depth: int) -> tuple[Entry, ...]:
        found = self._known.get(tree)
        if found is not None:
            return found
        if not depth:
            raise LoadError(f"{self._source}: folders stand in each other more than {_DEEPEST} deep")
        files: list[Entry] = []
        for name, mode, child in self.entries(tree):
            kind = mode & _KIND
            path = name.decode("utf-8", "surrogateescape")
            if kind == _FOLDER:
                files += [
                    Entry(f"{path}/{below.path}", below.blob, below.is_link, below.is_module)
                    for below in self._files(child, depth - 1)
                ]
            elif kind == _MODULE or self._wanted(name):
                files.append(Entry(path, child, kind == _LINK, kind == _MODULE))
            if len(files) > _MOST_FILES:
                raise LoadError(f"{self._source}: a commit holds more than {_MOST_FILES:,} files of this kind")
        self._known[tree] = result = tuple(files)
        return result
