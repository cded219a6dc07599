"""What `dvc.lock` and `.dvc` files say, in the layouts of DVC 0 to 3."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from provgraph.loading import LoadReport, NoteKind
from provgraph_loaders.dvc.yamlish import DamagedError, Plain, parse

__all__ = ["DvcFile", "Item", "LockedStage", "Origin", "read_dvc_file", "read_lock", "texts"]

_LONGEST_PATH: Final = 1_200  # characters; a key in the store has 8,000 bytes at most
_LONGEST_DIGEST: Final = 300

_STAGE: Final = frozenset({"cmd", "deps", "params", "outs"})
_ITEM: Final = frozenset(
    (
        *("path", "hash", "md5", "etag", "checksum", "version_id", "size", "nfiles", "isexec", "cloud", "files"),
        *("type", "desc", "labels", "meta", "metric", "plot", "repo", "params", "remote", "relpath"),
        # how DVC treats the file, not what it is
        *("cache", "persist", "push", "dataset"),
    )
)
_FILE: Final = frozenset(
    ("outs", "deps", "cmd", "wdir", "md5", "desc", "meta", "frozen", "locked", "always_changed", "params")
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Another repository that something was imported from."""

    url: str
    rev: str | None
    rev_lock: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """A dependency or an output.

    Attributes:
        path: as written, relative to the stage's working folder, or a URL.
        algorithm: of the digest: `md5` (DVC 3), `md5-dos2unix` (DVC 0 to 2), `etag`, `checksum` ...; "" without one.
        digest: as written; that of a folder ends in `.dir`.
        details: whatever else is said of it.
    """

    path: str
    algorithm: str = ""
    digest: str = ""
    details: Mapping[str, Plain] = field(default_factory=dict[str, Plain], hash=False)
    origin: Origin | None = None
    is_metric: bool = False
    is_plot: bool = False
    kind: str | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.digest.endswith(".dir")


@dataclass(frozen=True, slots=True)
class LockedStage:
    """What a stage was when it ran last: an entry of `dvc.lock`, or a `.dvc` file with a command.

    Attributes:
        params: by file, then by name.
        mark: a hash of all that decides what the run was; sizes and the like do not.
    """

    name: str
    cmd: tuple[str, ...]
    deps: tuple[Item, ...]
    outs: tuple[Item, ...]
    params: Mapping[str, Mapping[str, Plain]] = field(hash=False)
    mark: str


@dataclass(frozen=True, slots=True)
class DvcFile:
    """A `.dvc` file: `stage` is what ran if it has a command or dependencies, else it holds outputs alone."""

    stage: LockedStage
    wdir: str
    details: Mapping[str, Plain] = field(hash=False)


def read_lock(data: bytes, place: str, report: LoadReport) -> tuple[LockedStage, ...]:
    """The entries of a `dvc.lock`.

    Raises:
        DamagedError: it is none.
    """
    content = _mapping(parse(data), "the file")
    stages: Mapping[str, Plain] = content
    if "schema" in content:
        schema = str(content["schema"])
        if schema != "2.0":
            raise DamagedError(f"has the schema {schema[:50]!r}, and 1.x and 2.0 are read")
        for name in content.keys() - {"schema", "stages", "datasets"}:
            _unknown(report, "dvc.lock", name, place)
        if content.get("datasets"):
            reason = (
                "stand in dvc.lock for `ds://` dependencies: those are read, with their hashes, and not what they name"
            )
            report.note(NoteKind.LEFT_ALONE, "locked datasets", reason, place)
        stages = _mapping(content.get("stages") or {}, "stages")
    found: list[LockedStage] = []
    for name, entry in stages.items():
        try:
            found.append(_stage(name, entry, place, report))
        except DamagedError as error:
            report.note(NoteKind.DROPPED, "locked stages", str(error), f"{place}: {name[:100]}")
    return tuple(found)


def read_dvc_file(data: bytes, place: str, report: LoadReport) -> DvcFile:
    """What a `.dvc` file says.

    Raises:
        DamagedError: it is none.
    """
    content = _mapping(parse(data), "the file")
    for name in content.keys() - _FILE:
        _unknown(report, ".dvc", name, place)
    known = {name: content[name] for name in _STAGE if name in content}
    details = {name: content[name] for name in ("desc", "meta", "frozen", "always_changed") if content.get(name)}
    if content.get("locked"):  # its name before DVC 1
        details["frozen"] = content["locked"]
    wdir = content.get("wdir")
    return DvcFile(_stage("", known, place, report), wdir if isinstance(wdir, str) else ".", details)


def texts(value: Plain) -> tuple[str, ...]:
    """A text or a list of texts, as texts."""
    if isinstance(value, str):
        return (value,)
    return tuple(part for part in value if isinstance(part, str)) if isinstance(value, list) else ()


def _stage(name: str, entry: Plain, place: str, report: LoadReport) -> LockedStage:
    content = _mapping(entry, "the entry")
    if len(name) > 500 or "\0" in name:
        raise DamagedError("a name is too long, or holds a null character")
    for key in content.keys() - _STAGE:
        _unknown(report, "dvc.lock", key, place)
    deps, params = _items(content.get("deps"), "deps", place, report)
    outs, _ = _items(content.get("outs"), "outs", place, report)
    for file, given in _mapping(content.get("params") or {}, "params").items():
        params.setdefault(file, {}).update(given if isinstance(given, dict) else {"": given})
    cmd = texts(content.get("cmd"))
    said = [
        list(cmd),
        sorted(_said(item) for item in deps),
        params,
        sorted(_said(item) for item in outs),
    ]
    text = json.dumps(said, sort_keys=True, ensure_ascii=True)
    return LockedStage(name, cmd, deps, outs, params, hashlib.sha256(text.encode()).hexdigest()[:16])


def _said(item: Item) -> list[str]:
    origin = item.origin
    return [
        item.path,
        item.algorithm,
        item.digest,
        *([origin.url, origin.rev_lock or origin.rev or ""] if origin else ()),
    ]


def _items(
    given: Plain, what: str, place: str, report: LoadReport
) -> tuple[tuple[Item, ...], dict[str, dict[str, Plain]]]:
    found: dict[str, Item] = {}
    params: dict[str, dict[str, Plain]] = {}
    if given is not None and not isinstance(given, list):
        raise DamagedError(f"{what} is no list")
    for entry in given or ():
        content = _mapping(entry, f"an entry of {what}")
        path = content.get("path", content.get("relpath"))
        for key in content.keys() - _ITEM:
            _unknown(report, "a dependency or output", key, place)
        if not isinstance(path, str) or not path or "\0" in path or len(path) > _LONGEST_PATH:
            reason = "have no path that can be kept (it is missing, too long, or holds a null character)"
            report.note(NoteKind.DROPPED, what, reason, place)
            continue
        if isinstance(locked := content.get("params"), dict):  # DVC 0
            params.setdefault(path, {}).update(locked)
            continue
        if path in found:
            report.note(NoteKind.DROPPED, what, "name a path that an earlier entry names", f"{place}: {path[:200]}")
            continue
        found[path] = _item(path, content, place, report)
    return tuple(found.values()), params


def _item(path: str, content: Mapping[str, Plain], place: str, report: LoadReport) -> Item:
    algorithm, digest = _digest(content)
    if len(digest) > _LONGEST_DIGEST or not digest.isprintable():
        report.note(
            NoteKind.DROPPED, "hashes", "are too long, or hold signs that no hash has", f"{place}: {path[:200]}"
        )
        algorithm, digest = "", ""
    details: dict[str, Plain] = {
        name: content[name] for name in ("size", "nfiles", "isexec", "cloud", "desc", "labels", "meta", "remote")
        if content.get(name) is not None
    }  # fmt: skip
    if isinstance(version := content.get("version_id"), str):
        details["version_id"] = version
    if isinstance(files := content.get("files"), list):
        details.setdefault("nfiles", len(files))
        reason = "are named by the hash of the whole: what stands in the list of their files is not read"
        report.note(NoteKind.LEFT_ALONE, "folders", reason, f"{place}: {path[:200]}")
    kind = content.get("type")
    return Item(
        path,
        algorithm,
        digest,
        details,
        _origin(content.get("repo"), place, report),
        bool(content.get("metric")),
        bool(content.get("plot")),
        kind if isinstance(kind, str) and kind else None,
    )


def _digest(content: Mapping[str, Plain]) -> tuple[str, str]:
    named = content.get("hash")
    if isinstance(named, str) and content.get(named) is not None:
        return named[:50], _word(content[named])
    # only DVC 3 says `hash: md5`; before it, ends of lines counted as one kind in what was taken for text
    for name in ("md5", "etag", "checksum", "version_id"):
        if content.get(name) is not None and (word := _word(content[name])):
            return "md5-dos2unix" if name == "md5" else name, word
    return "", ""


def _word(value: Plain) -> str:
    if isinstance(value, str):
        return value.strip().strip('"')
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _origin(value: Plain, place: str, report: LoadReport) -> Origin | None:
    if not isinstance(value, dict):
        return None
    for name in value.keys() - {"url", "rev", "rev_lock", "config", "remote"}:
        _unknown(report, "a repository imported from", name, place)
    url, rev, lock = value.get("url"), value.get("rev"), value.get("rev_lock")
    if not isinstance(url, str) or not url or len(url) > _LONGEST_PATH or "\0" in url:
        report.note(NoteKind.DROPPED, "imports", "do not say from which repository", place)
        return None
    return Origin(
        url,
        _word(rev)[:200].replace("\0", "") or None,
        _word(lock)[:200].replace("\0", "") or None,
    )


def _mapping(value: Plain, what: str) -> dict[str, Plain]:
    if not isinstance(value, dict):
        raise DamagedError(f"{what} is no mapping")
    return value


def _unknown(report: LoadReport, where: str, name: str, place: str) -> None:
    reason = f"the field {name[:100]!r} of {where} is not read" if name.isprintable() else f"unprintable, of {where}"
    report.note(NoteKind.UNKNOWN, "fields", reason, place)
