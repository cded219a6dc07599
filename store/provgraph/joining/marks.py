"""What an artifact can be recognised by: its marks, of which equal ones mean that two artifacts are one thing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias, cast

from provgraph.joining.places import ExactPlace, InCommit, exact_place, in_commit, is_relative, uri_in_commit
from provgraph.joining.rules import Rule
from provgraph.model.digests import Digest, strong_digest

__all__ = ["Mark", "Record", "record_of"]

_DIGESTS: Final = ("digest", "custom_digest_md5")  # an artifact may be known by two algorithms
_Texts: TypeAlias = dict[str, str]
_REGISTERED: Final = "ModelVersion"  # the type of a version of a registered model, as it is read from MLflow
_SIZED: Final = ("dvc/", "lfs/")  # sources whose `size` is that of the bytes
_LOGGED: Final = "Model"
_ID: Final = "m-"


class Mark(NamedTuple):
    """Something by which artifacts are recognised.

    Attributes:
        rule: of which strength it is.
        text: what is equal, for people too: it becomes the evidence of a join.
    """

    rule: Rule
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """An artifact as far as joining looks at it.

    Attributes:
        id, source: of the artifact.
        place: where the thing is, as a path whose end can be compared; "" where that is not known.
        digests: its strong digests, at most one of each form, and its size where that is known: no mark, but what
            tells it from others.
        exact: the version-exact URIs that it has, or stands for.
        commits: the paths within commits that it was.
        owns_registered: it is the registered version of a model that `models:/NAME/VERSION` means.
    """

    id: int
    source: str
    place: str = ""
    digests: tuple[Digest, ...] = ()
    exact: tuple[ExactPlace, ...] = ()
    commits: tuple[InCommit, ...] = ()
    owns_registered: bool = False

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What it is recognised by, the strongest first."""
        return (
            *(Mark(Rule.CONTENT, digest.text) for digest in self.digests if digest.form != "size"),
            *(Mark(Rule.URI, exact.text) for exact in self.exact),
            *(Mark(Rule.COMMIT, commit.text) for commit in self.commits),
        )


def record_of(id_: int, key: str, properties: Mapping[str, object], used_at: Iterable[str] = ()) -> Record:
    """The artifact as joining looks at it.

    Args:
        id_, key: of the artifact.
        properties: as they stand in the graph.
        used_at: commits of clean work trees in which a run used it under its relative path.
    """
    text: _Texts = {
        name: str(value)
        for name, value in properties.items()
        if value != "" and isinstance(value, str | int) and not isinstance(value, bool)
    }
    uri, path = text.get("uri"), text.get("custom_path")
    return Record(
        id=id_,
        source=text.get("source") or "",
        place=path or uri or "",
        digests=_digests(text),
        exact=tuple(dict.fromkeys(_exact(key, text))),
        commits=tuple(dict.fromkeys(_commits(text, used_at))),
        owns_registered=text.get("type") == _REGISTERED and text.get("family") is not None,
    )


def _digests(text: _Texts) -> tuple[Digest, ...]:
    if text.get("custom_digest_strength") == "weak":
        return ()
    found: dict[str, Digest] = {}
    for key in _DIGESTS:
        digest = strong_digest(text.get(key))
        if digest is not None:
            found.setdefault(digest.form, digest)
    if (text.get("source") or "").startswith(_SIZED) and (size := text.get("custom_size")):
        # no proof of equal bytes, but of different ones
        found["size"] = Digest("size", f"{size} bytes")
    return tuple(found.values())


def _exact(key: str, text: _Texts) -> Iterable[ExactPlace]:
    exact = exact_place(
        text.get("uri"), text.get("custom_dataset_version") or _table_version(text.get("custom_dataset_source"))
    )
    is_registered = text.get("type") == _REGISTERED
    # what a registered version was made from is another record of the same tool, which it links itself
    if exact is not None and not (is_registered and exact.place.startswith(("models:/", "runs:/"))):
        yield exact
    source, family, version = text.get("source"), text.get("family"), text.get("version")
    if source and is_registered and family is not None and version is not None and version.isdigit():
        yield ExactPlace(f"models:/{family}", version, registry=True)
    tail = key.rpartition("/")[2]
    if source and text.get("type") == _LOGGED and tail.startswith(_ID):
        logged = exact_place(f"models:/{tail}")
        if logged is not None:
            yield logged


def _table_version(source: str | None) -> str | None:
    """The version of a table that MLflow keeps in the source of a dataset."""
    if source is None or "delta_table_version" not in source:
        return None
    try:
        found: object = json.loads(source)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    version = cast("dict[str, object]", found).get("delta_table_version")
    return str(version) if isinstance(version, int | str) and not isinstance(version, bool) else None


def _commits(text: _Texts, used_at: Iterable[str]) -> Iterable[InCommit]:
    candidates = [
        in_commit(text.get("custom_git_commit"), text.get("custom_path")),
        in_commit(text.get("custom_rev_lock"), text.get("custom_path")),
        uri_in_commit(text.get("uri")),
    ]
    if is_relative(text.get("uri")):
        candidates += [in_commit(commit, text.get("uri")) for commit in used_at]
    return [found for found in candidates if found is not None]
