"""Making Git repositories for tests: the same files and times give the same commits, on every machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dulwich.objects import Blob, Commit, ObjectID, Tag, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo

__all__ = ["Making", "Special"]

AUTHOR = b"Ada Kern <ada@example.org>"
START = 1_750_000_000  # seconds: the time of the first commit


@dataclass(frozen=True)
class Special:
    """What stands in a tree and is no plain file: a symbolic link (0o120000) or a submodule (0o160000)."""

    mode: int
    content: bytes


@dataclass
class Making:
    """A repository in the making. Files that were committed stay until they are given as None."""

    folder: Path
    bare: bool = False
    files: dict[str, bytes | Special] = field(default_factory=dict)
    times: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.repo = Repo.init_bare(str(self.folder)) if self.bare else Repo.init(str(self.folder))
        self.repo.refs.set_symbolic_ref(Ref(b"HEAD"), Ref(b"refs/heads/main"))

    def commit(
        self,
        files: Mapping[str, str | bytes | Special | None],
        title: str = "change",
        *,
        branch: str = "refs/heads/main",
        parents: Sequence[ObjectID] | None = None,
        author: bytes = AUTHOR,
        only: bool = False,
    ) -> ObjectID:
        """Commit files; the time is an hour after the commit before."""
        if only:
            self.files.clear()
        for path, content in files.items():
            if content is None:
                self.files.pop(path, None)
            else:
                self.files[path] = content.encode() if isinstance(content, str) else content
        if parents is None:
            ref = Ref(branch.encode())
            parents = [self.repo.refs[ref]] if ref in self.repo.refs else []
        made = Commit()
        made.tree = self._tree({tuple(path.split("/")): content for path, content in self.files.items()})
        made.parents = list(parents)
        made.author = made.committer = author
        made.author_time = made.commit_time = START + 3600 * self.times
        made.author_timezone = made.commit_timezone = 0
        made.encoding = b"UTF-8"
        made.message = title.encode()
        self.times += 1
        self.repo.object_store.add_object(made)
        self.repo.refs[Ref(branch.encode())] = made.id
        return made.id

    def tag(self, name: str, commit: ObjectID, message: str = "") -> None:
        """Tag a commit, an hour after the last commit or tag."""
        made = Tag()
        made.name, made.tagger, made.message = name.encode(), AUTHOR, message.encode()
        made.object = (Commit, commit)
        made.tag_time, made.tag_timezone = START + 3600 * self.times, 0
        self.times += 1
        self.repo.object_store.add_object(made)
        self.repo.refs[Ref(f"refs/tags/{name}".encode())] = made.id

    def pack(self) -> None:
        """Put all objects into one pack and all references into one file, as `git gc` does."""
        self.repo.object_store.pack_loose_objects()
        self.repo.refs.pack_refs(all=True)
        self.repo.close()

    def _tree(self, files: Mapping[tuple[str, ...], bytes | Special]) -> ObjectID:
        tree = Tree()
        below: dict[str, dict[tuple[str, ...], bytes | Special]] = {}
        for (first, *rest), content in files.items():
            name = first.encode("utf-8", "surrogateescape")
            if rest:
                below.setdefault(first, {})[tuple(rest)] = content
            elif isinstance(content, Special) and content.mode == 0o160000:
                tree.add(name, content.mode, ObjectID(content.content))
            else:
                blob = Blob.from_string(content.content if isinstance(content, Special) else content)
                self.repo.object_store.add_object(blob)
                mode = content.mode if isinstance(content, Special) else 0o100644
                tree.add(name, mode, blob.id)
        for folder, held in below.items():
            tree.add(folder.encode("utf-8", "surrogateescape"), 0o040000, self._tree(held))
        self.repo.object_store.add_object(tree)
        return tree.id
