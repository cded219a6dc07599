"""What `dvc.yaml` says: where its stages work, which of its files are metrics or plots, what it registers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from provgraph.loading import LoadReport, NoteKind
from provgraph_loaders.dvc.files import texts
from provgraph_loaders.dvc.paths import located
from provgraph_loaders.dvc.templates import UnresolvedError, has_variable, look_up, resolve, text_of
from provgraph_loaders.dvc.yamlish import DamagedError, Plain, parse

__all__ = ["EMPTY", "Declared", "Pipeline", "StageView", "read_pipeline"]

_MOST_ITEMS: Final = 10_000  # stages that a matrix or a foreach stands for
_FILE: Final = frozenset({"stages", "params", "metrics", "plots", "vars", "artifacts", "datasets", "schema"})
_STAGE: Final = frozenset(
    (
        *("cmd", "wdir", "deps", "params", "vars", "outs", "metrics", "plots", "frozen", "always_changed", "desc"),
        *("meta", "foreach", "do", "matrix", "live"),
    )
)
_ARTIFACT: Final = frozenset({"path", "type", "desc", "labels", "meta"})


@dataclass(frozen=True, slots=True)
class StageView:
    """A stage as `dvc.yaml` defines it: its working folder from the root, the `matrix` or `foreach` it is of."""

    name: str
    group: str | None
    item: Plain
    wdir: str
    details: Mapping[str, Plain] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Declared:
    """An entry of `artifacts`: `name` as tags of the registry name it (`folder:name` outside of the root)."""

    name: str
    path: str
    kind: str | None
    details: Mapping[str, Plain] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A `dvc.yaml`. Paths are from the root of the repository; `kinds` holds what it says of the types of outputs."""

    stages: Mapping[str, StageView] = field(default_factory=dict[str, StageView], hash=False)
    metrics: frozenset[str] = frozenset()
    plots: frozenset[str] = frozenset()
    kinds: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)
    artifacts: tuple[Declared, ...] = ()


EMPTY: Final = Pipeline()


def read_pipeline(data: bytes, folder: str, read: Callable[[str], Plain], place: str, report: LoadReport) -> Pipeline:
    """What a `dvc.yaml` in `folder` says.

    Args:
        read: the content of a file of parameters, by its path from the root; None where there is none.

    Raises:
        DamagedError: it is none.
    """
    content = parse(data)
    if content is None:
        return EMPTY
    if not isinstance(content, dict):
        raise DamagedError("the file is no mapping")
    return _Reader(content, folder, read, place, report).pipeline()


class _Reader:
    def __init__(
        self, content: dict[str, Plain], folder: str, read: Callable[[str], Plain], place: str, report: LoadReport
    ) -> None:
        self._content, self._folder, self._read, self._place, self._report = content, folder, read, place, report
        self._stages: dict[str, StageView] = {}
        self._metrics: set[str] = set()
        self._plots: set[str] = set()
        self._kinds: dict[str, str] = {}
        self._variables: dict[str, Plain] | None = None

    def pipeline(self) -> Pipeline:
        self._note_unknown(self._content, _FILE, "dvc.yaml")
        if self._content.get("datasets"):
            reason = "are defined in dvc.yaml: what ran is read from dvc.lock"
            self._report.note(NoteKind.LEFT_ALONE, "datasets", reason, self._place)
        stages = self._content.get("stages")
        for name, given in stages.items() if isinstance(stages, dict) else ():
            if not isinstance(given, dict):
                self._report.note(NoteKind.DROPPED, "stages", "are no mappings", f"{self._place}: {name[:100]}")
                continue
            self._note_unknown(given, _STAGE, "a stage of dvc.yaml")
            try:
                for view, body, variables in self._expanded(name, given):
                    self._stages[view.name] = view
                    self._outputs(body, view.wdir, variables)
            except UnresolvedError as error:
                self._unresolved(f"{name[:100]}: {error}")
        for path in self._paths(self._content.get("metrics")):
            self._metrics.add(located(self._folder, path))
        for path in self._paths(self._content.get("plots")):
            self._plots.add(located(self._folder, path))
        return Pipeline(
            self._stages, frozenset(self._metrics), frozenset(self._plots), self._kinds, tuple(self._artifacts())
        )

    def _expanded(
        self, name: str, given: dict[str, Plain]
    ) -> Iterator[tuple[StageView, dict[str, Plain], Mapping[str, Plain]]]:
        if "foreach" in given:
            body = given.get("do")
            if not isinstance(body, dict):
                raise UnresolvedError("foreach without do")
            for key, item in self._each(given["foreach"]):
                own: dict[str, Plain] = {"item": item, "key": key}
                yield self._view(f"{name}@{key}", name, item, body, own), body, own
        elif "matrix" in given:
            for key, item in self._combined(given["matrix"]):
                own = {"item": item, "key": key}
                yield self._view(f"{name}@{key}", name, item, given, own), given, own
        else:
            yield self._view(name, None, None, given, {}), given, {}

    def _each(self, given: Plain) -> Iterator[tuple[str, Plain]]:
        items = look_up(given, self._all({})) if isinstance(given, str) else given
        if isinstance(items, dict):
            yield from itertools.islice(items.items(), _MOST_ITEMS)
        elif isinstance(items, list):
            are_plain = not any(isinstance(item, dict | list) for item in items)
            for at, item in enumerate(items[:_MOST_ITEMS]):
                yield text_of(item) if are_plain else str(at), item
        else:
            raise UnresolvedError("foreach of no list")

    def _combined(self, given: Plain) -> Iterator[tuple[str, Plain]]:
        matrix = look_up(given, self._all({})) if isinstance(given, str) else given
        if not isinstance(matrix, dict):
            raise UnresolvedError("matrix of no mapping")
        axes: list[list[tuple[str, str, Plain]]] = []
        for name, values in matrix.items():
            choices = look_up(values, self._all({})) if isinstance(values, str) else values
            if not isinstance(choices, list):
                raise UnresolvedError("matrix of no lists")
            axes.append(
                [
                    (name, f"{name}{at}" if isinstance(value, dict | list) else text_of(value), value)
                    for at, value in enumerate(choices)
                ]
            )
        for at, choice in enumerate(itertools.product(*axes)):
            if at >= _MOST_ITEMS:
                self._report.note(
                    NoteKind.LEFT_ALONE, "matrices", f"have more than {_MOST_ITEMS:,} stages", self._place
                )
                return
            yield "-".join(word for _, word, _ in choice), {name: value for name, _, value in choice}

    def _view(
        self, name: str, group: str | None, item: Plain, body: dict[str, Plain], own: Mapping[str, Plain]
    ) -> StageView:
        wdir = body.get("wdir")
        folder = self._folder
        if isinstance(wdir, str):
            folder = located(self._folder, self._text(wdir, own))
        details = {key: body[key] for key in ("desc", "meta", "frozen", "always_changed") if body.get(key)}
        return StageView(name, group, item, folder, details)

    def _outputs(self, body: dict[str, Plain], wdir: str, own: Mapping[str, Plain]) -> None:
        for key, into in (("metrics", self._metrics), ("plots", self._plots)):
            for path in self._paths(body.get(key)):
                into.add(located(wdir, self._text(path, own)))
        outs = body.get("outs")
        for entry in outs if isinstance(outs, list) else ():
            for path, given in entry.items() if isinstance(entry, dict) else ():
                kind = given.get("type") if isinstance(given, dict) else None
                if isinstance(kind, str):
                    self._kinds[located(wdir, self._text(path, own))] = kind

    def _artifacts(self) -> Iterator[Declared]:
        given = self._content.get("artifacts")
        for name, entry in given.items() if isinstance(given, dict) else ():
            path = entry.get("path") if isinstance(entry, dict) else None
            if (
                not isinstance(entry, dict)
                or not isinstance(path, str)
                or len(name) + len(path) > 1_200
                or "\0" in name
            ):
                reason = "have no path, or a name that cannot be kept"
                self._report.note(NoteKind.DROPPED, "entries of artifacts", reason, f"{self._place}: {name[:100]}")
                continue
            self._note_unknown(entry, _ARTIFACT, "artifacts of dvc.yaml")
            try:
                where = located(self._folder, self._text(path, {}))
            except UnresolvedError as error:
                self._unresolved(str(error))
                continue
            full = name if self._folder in ("", ".") else f"{self._folder}:{name}"
            kind = entry.get("type")
            details = {key: entry[key] for key in ("desc", "labels", "meta") if entry.get(key)}
            yield Declared(full, where, kind if isinstance(kind, str) else None, details)

    @staticmethod
    def _paths(given: Plain) -> Iterator[str]:
        yield from texts(given)
        for entry in given if isinstance(given, list) else (given,):
            if isinstance(entry, dict):
                yield from entry

    def _text(self, text: str, own: Mapping[str, Plain]) -> str:
        return resolve(text, self._all(own)) if has_variable(text) else text

    def _all(self, own: Mapping[str, Plain]) -> Mapping[str, Plain]:
        if self._variables is None:
            self._variables = {}
            given = self._content.get("vars")
            for source in ("params.yaml", *(given if isinstance(given, list) else ())):
                if isinstance(source, str):
                    path, _, names = source.partition(":")
                    values = self._read(located(self._folder, path))
                    if isinstance(values, dict):
                        wanted = set(names.split(",")) if names else values.keys()
                        self._variables |= {name: value for name, value in values.items() if name in wanted}
                elif isinstance(source, dict):
                    self._variables |= source
        return {**self._variables, **own}

    def _unresolved(self, place: str) -> None:
        reason = "hold variables without a value in the repository: their stages are taken to work where dvc.yaml is"
        self._report.note(NoteKind.GUESSED, "definitions of stages", reason, f"{self._place}: {place}")

    def _note_unknown(self, given: Mapping[str, Plain], known: frozenset[str], where: str) -> None:
        for name in given.keys() - known:
            words = name[:100] if name.isprintable() else "unprintable"
            self._report.note(NoteKind.UNKNOWN, "fields", f"the field {words!r} of {where} is not read", self._place)
