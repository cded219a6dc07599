"""From a store into a workspace: all artifacts, or some and those that share something with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from provgraph.chunks import chunks
from provgraph.joining import places
from provgraph.joining.marks import Mark, Record, record_of
from provgraph.joining.parting import Link, Parted, contradicted, outdated, part
from provgraph.joining.rules import RECORDED_BY, Rule
from provgraph.joining.workspace import Workspace
from provgraph.model import NodeKind, digests
from provgraph.store.core import StoreCore
from provgraph.store.cypher import join as statements
from provgraph.store.cypher.check import SEQUENCE
from provgraph.store.protocol import Row, Statement

__all__ = ["Told", "read_all", "read_components", "read_some", "several_sources", "silent", "windows"]

Told: TypeAlias = Callable[[int, int | None, str], None]
"""Told how far it is: how many are done, of how many, of what."""


def silent(_done: int, _total: int | None, _words: str) -> None:
    """Told how far it is, and says nothing."""


_WINDOW: Final = 5_000  # ids looked at in one statement
_WORTH_ALL: Final = 8
_LOOKED_UP: Final = 500  # values in one statement
_COMPONENTS: Final = 100  # in one statement
_JOINED: Final = 2  # what the workspace knows of an artifact with joins of ours


def windows(core: StoreCore) -> Iterator[dict[str, int]]:
    """All ids of the store, a range at a time, as parameters."""
    [[end]] = core.store.read(SEQUENCE, {})
    for first in range(1, int(end), _WINDOW):
        yield {"first": first, "end": min(first + _WINDOW, int(end))}


def several_sources(core: StoreCore) -> bool:
    """Whether there are artifacts of more than one source, as far as their types tell."""
    return len({found.source for found in core.reader.types() if found.kind is NodeKind.ARTIFACT}) > 1


def read_all(
    core: StoreCore, workspace: Workspace, rules: Collection[Rule], told: Told, ids: Collection[int] | None = None
) -> int:
    """All artifacts of the store; how many bear a mark. Only `ids` are asked about, if given."""
    asked = None if ids is None else frozenset(ids)
    count = 0
    for window in windows(core):
        [[rows]] = core.store.read(statements.WINDOW, window)
        records = _records(rows)
        if asked is not None:
            workspace.add((found for found in records if found[0].id not in asked), asked=False, rules=rules)
            records = [found for found in records if found[0].id in asked]
        workspace.add(records, asked=True, rules=rules)
        count += len(records)
        told(window["end"] - 1, None, "artifacts")
    return count


def read_some(core: StoreCore, workspace: Workspace, ids: Collection[int], rules: Collection[Rule], told: Told) -> int:
    """Some artifacts, and those that share a mark with them; how many of the first bear one.

    Places are looked up under their usual spellings; only `read_all` finds them under any.
    """
    [[end]] = core.store.read(SEQUENCE, {})
    if len(ids) * _WORTH_ALL > int(end):  # to read everything in passing takes less than to look so much up
        return read_all(core, workspace, rules, told, ids)
    for index in statements.INDEXES:
        core.store.alter(index)
    count = 0
    for chunk in chunks(ids, _WINDOW):
        records = _look_up(core, statements.BY_ID, chunk)
        workspace.add(records, asked=True, rules=rules)
        count += len(records)
        for statement, values in _partners([record for record, _ in records], rules):
            for some in chunks(values, _LOOKED_UP):
                workspace.add(_look_up(core, statement, some), asked=False, rules=rules)
        told(count, None, "artifacts")
    return count


def read_components(core: StoreCore, workspace: Workspace) -> Iterator[Parted]:
    """What is one thing already with those that share a mark, and with those asked about that were joined.

    Yields each component in which digests contradict joins: the workspace has it as it is without them, and the store
    has them still.
    """
    seen: set[int] = set()
    for chunk in chunks(workspace.with_equalities(), _COMPONENTS):
        ids = [id_ for id_ in chunk if id_ not in seen]
        components: list[list[Record]] = []
        joined: list[int] = []
        for id_, rows in core.store.read(statements.COMPONENTS, {"ids": ids}) if ids else ():
            if id_ not in seen:
                members = [row[0] for row in rows]
                seen.update(members)
                components.append([_record(row) for row in rows])
                if any(_equal(row[2]) == _JOINED for row in rows):
                    joined += members
        links: dict[int, list[Link]] = {}
        for link in _links(core, joined):
            links.setdefault(link.first, []).append(link)
        for records in components:
            own = [link for record in records for link in links.get(record.id, ())]
            if not contradicted(records) and not outdated(records, own):
                workspace.component(records)
                continue
            parted = part(records, own)
            for each in parted.parts:
                workspace.component(each)
            if parted.pairs:
                yield parted


def _links(core: StoreCore, ids: Sequence[int]) -> Iterator[Link]:
    for chunk in chunks(ids, _LOOKED_UP):
        [[rows]] = core.store.read(statements.LINKS, {"ids": chunk})
        for first, second, by, rule, evidence in rows:
            yield Link(first, second, Mark(Rule.of(rule), evidence) if by == RECORDED_BY else None)


def _partners(records: Sequence[Record], rules: Collection[Rule]) -> Iterator[tuple[Statement, list[str]]]:
    """The statements that find who shares a mark with these, and what each is to look for."""
    if Rule.CONTENT in rules:
        texts = {digest.text for record in records for digest in record.digests}
        yield statements.BY_DIGEST, sorted(spelled for text in texts for spelled in digests.spellings(text))
        yield statements.BY_MD5, sorted(text for text in texts if text.startswith("md5:"))
    if Rule.URI in rules:
        exact = {place for record in records for place in record.exact}
        yield statements.BY_URI, sorted({spelled for place in exact for spelled in places.spellings(place)})
        names = {f"{p.place.removeprefix('models:/')}/{p.version}" for p in exact if p.registry}
        yield statements.BY_NAME, sorted(names)
    if Rule.COMMIT in rules:
        commits = {found.commit for record in records for found in record.commits}
        # whole commits: each is read once, however many of its paths are looked for
        yield statements.BY_COMMIT, sorted(commits)
        yield statements.BY_REV_LOCK, sorted(commits)
        yield statements.BY_URI, sorted({found.path for record in records for found in record.commits})


def _look_up(core: StoreCore, statement: Statement, values: Sequence[object]) -> list[tuple[Record, int]]:
    [[rows]] = core.store.read(statement, {"values": values})
    return _records(rows)


def _records(rows: Iterable[Row]) -> list[tuple[Record, int]]:
    """The artifacts that bear a mark, each with its equalities: 0 for none, 1 of tools, `_JOINED`."""
    return [(record, _equal(row[2])) for row in rows if (record := _record(row)).marks]


def _equal(said_by: Sequence[str]) -> int:
    return _JOINED if RECORDED_BY in said_by else int(bool(said_by))


def _record(row: Row) -> Record:
    id_, key, _, commits, *values = row
    return record_of(
        id_, key, dict(zip(statements.READ_KEYS, values, strict=True)), [c for c in commits if isinstance(c, str)]
    )
