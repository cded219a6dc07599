"""Contexts that every loader of a repository makes: the repository itself and its commits."""

from __future__ import annotations

from provgraph.model import Context, ContextType, Value
from provgraph_loaders.git.collector import Collector
from provgraph_loaders.git.history import Commit
from provgraph_loaders.git.repository import Repository

__all__ = ["GitContexts"]


class GitContexts:
    """Makes contexts, each once; all of them stand in that of the repository."""

    def __init__(self, repository: Repository, collector: Collector) -> None:
        self._to, self._store, self._url = collector, collector.store, repository.url
        places = repository.places
        folder = (places.work or places.control).absolute()
        name = repository.url or folder.name or repository.source
        self._name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")[:1_000]

    def context(
        self,
        type_name: str,
        name: str,
        parent: str | None = None,
        custom: dict[str, Value] | None = None,
        created_at: int | None = None,
        *,
        key_name: str | None = None,
    ) -> str:
        """The key of a context, which is made if it is new."""
        key = f"{self._store}/Context/{type_name}/{key_name or name}"
        if self._to.is_new(key):
            self._to.type(ContextType(name=type_name, source=self._store))
            self._to.context(
                Context(
                    type=type_name,
                    name=self._to.name(type_name, name, key),
                    key=key,
                    source=self._store,
                    created_at=created_at,
                    custom_properties=custom or {},
                )
            )
            if parent is not None:
                self._to.parent(key, parent)
        return key

    def repository(self) -> str:
        """The context of the repository itself."""
        custom: dict[str, Value] = {"url": self._url} if self._url else {}
        return self.context("Repository", self._name, None, custom, key_name=".")

    def commit(self, commit: Commit) -> str:
        """The context of a commit."""
        custom: dict[str, Value] = {"git_commit": commit.name, "author": commit.author, "title": commit.title}
        return self.context("Commit", commit.name, self.repository(), custom, commit.time)
