"""Commits, parents before children, and the tags that name them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from dulwich.objects import Commit as GitCommit
from dulwich.objects import ShaFile
from dulwich.objects import Tag as GitTag

from provgraph.errors import LoadError
from provgraph_loaders.git.objects import COMMIT, TAG, MissingObjectError, Objects

__all__ = ["Commit", "History", "Tag"]

_LARGEST: Final = 4 << 20  # bytes of a commit or a tag
_TAGS_UPON_TAGS: Final = 10
_LAST_SECOND: Final = 253_402_300_799  # of the year 9999


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: hexadecimal names, the author's `Name <address>`, the time of authoring in epoch milliseconds."""

    name: str
    tree: bytes
    parents: tuple[bytes, ...]
    author: str
    time: int | None
    title: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of a commit; who made it and when, in epoch milliseconds, if it was annotated."""

    name: str
    commit: str
    tagger: str | None
    time: int | None
    message: str


class History:
    """The commits that references lead to.

    Args:
        objects: the repository's.
        refs: names (`refs/heads/main`) and the objects (hexadecimal) that they name.
        shallow: commits whose parents were not cloned.
    """

    def __init__(self, objects: Objects, refs: Mapping[str, bytes], shallow: frozenset[bytes], source: str) -> None:
        self._objects, self._shallow, self._source = objects, shallow, source
        self.tags: list[Tag] = []
        self.dangling: list[str] = []
        self._tips: dict[str, bytes] = {}
        for ref in sorted(refs):
            tip = self._tip(ref, refs[ref])
            if tip is None:
                self.dangling.append(ref)
            else:
                self._tips[ref] = tip

    @property
    def tips(self) -> Mapping[str, bytes]:
        """The commit of each reference that names one."""
        return self._tips

    def commit(self, name: bytes) -> Commit:
        """The commit of this (hexadecimal) name.

        Raises:
            LoadError: it is not there or damaged.
        """
        content = self._objects.read(name, COMMIT, _LARGEST)
        try:
            found = ShaFile.from_raw_string(COMMIT, content)
            if not isinstance(found, GitCommit):
                raise LoadError(f"{self._source}: {name.decode()} is no commit")
            encoding = (found.encoding or b"utf-8").decode("ascii", "replace")
            return Commit(
                name.decode(),
                bytes(found.tree),
                () if name in self._shallow else tuple(bytes(parent) for parent in found.parents),
                _text(found.author, encoding),
                _time(found.author_time),
                _text(found.message, encoding).strip().partition("\n")[0][:500],
            )
        except LoadError:
            raise
        except Exception as error:  # dulwich raises many kinds on damaged commits
            raise LoadError(f"{self._source}: commit {name.decode()} is damaged: run `git fsck`") from error

    def root(self, start: bytes) -> tuple[str, bool]:
        """The first commit that `start` goes back to by first parents, and whether history is cut there."""
        seen: set[bytes] = set()
        while start not in seen:
            seen.add(start)
            parents = self.commit(start).parents
            if not parents:
                break
            start = parents[0]
        return start.decode(), start in self._shallow

    def order(self) -> list[bytes]:
        """All commits, each after its parents; else the earlier first.

        Raises:
            LoadError: a commit is not there or damaged.
        """
        parents: dict[bytes, tuple[bytes, ...]] = {}
        times: dict[bytes, int] = {}
        todo = list(self._tips.values())
        while todo:
            name = todo.pop()
            if name in parents:
                continue
            commit = self.commit(name)
            # a parent may stand there twice
            parents[name] = tuple(dict.fromkeys(commit.parents))
            times[name] = commit.time or 0
            todo += parents[name]
        children: dict[bytes, list[bytes]] = {}
        waits: dict[bytes, int] = {}
        for name, above in parents.items():
            waits[name] = len(above)
            for parent in above:
                children.setdefault(parent, []).append(name)
        ready = [(times[name], name) for name, count in waits.items() if not count]
        heapq.heapify(ready)
        found: list[bytes] = []
        while ready:
            _, name = heapq.heappop(ready)
            found.append(name)
            for child in children.get(name, ()):
                waits[child] -= 1
                if not waits[child]:
                    heapq.heappush(ready, (times[child], child))
        return found

    def __iter__(self) -> Iterator[Commit]:
        return (self.commit(name) for name in self.order())

    def _tip(self, ref: str, name: bytes) -> bytes | None:
        tagger, time, message = None, None, ""
        for _ in range(_TAGS_UPON_TAGS):
            try:
                kind, content = self._objects.read_any(name, _LARGEST if ref.startswith("refs/tags/") else 64 << 20)
            except MissingObjectError:
                return None
            if kind == COMMIT:
                if ref.startswith("refs/tags/"):
                    self.tags.append(Tag(ref.removeprefix("refs/tags/"), name.decode(), tagger, time, message))
                return name
            if kind != TAG:
                return None
            try:
                tag = ShaFile.from_raw_string(TAG, content)
                if not isinstance(tag, GitTag):
                    return None
                if tagger is None and tag.tagger:
                    tagger, time = _text(tag.tagger, "utf-8"), _time(tag.tag_time)
                    message = _text(tag.message or b"", "utf-8").strip()[:2_000]
                name = bytes(tag.object[1])
            except Exception as error:  # dulwich raises many kinds on damaged tags
                raise LoadError(f"{self._source}: tag {ref} is damaged: run `git fsck`") from error
        return None


def _text(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        text = data.decode("utf-8", "backslashreplace")
    # some encodings (utf-7 …) decode to what is no Unicode
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\0")


def _time(seconds: int | None) -> int | None:
    return seconds * 1000 if seconds is not None and 0 < seconds <= _LAST_SECOND else None
