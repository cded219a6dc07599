"""Finding loaders, and the report that a load prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from provgraph.errors import ConfigurationError, LoadError
from provgraph.loading import (
    LoadOptions,
    LoadReport,
    NoteKind,
    available_loaders,
    loader_named,
    recognise,
    registry,
)
from provgraph.model import Records
from provgraph_loaders.mlmd import MlmdLoader


class Text:
    """A loader of files that end in `.txt`."""

    name = "text"
    title = "text files"

    def recognises(self, source: str) -> bool:
        return source.endswith(".txt")

    def load(self, source: str, options: LoadOptions, report: LoadReport) -> Iterator[Records]:
        yield Records()


class Everything(Text):
    """A loader that takes whatever there is."""

    name = "everything"
    title = "anything"

    def recognises(self, source: str) -> bool:
        return Path(source).exists()


class Broken:
    """No loader: it lacks the methods of one."""

    def __init__(self) -> None:
        raise RuntimeError("out of order")


def install(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    entries = [EntryPoint(name.split("__")[0], value, registry.GROUP) for name, value in values.items()]
    monkeypatch.setattr(registry, "entry_points", lambda group: entries if group == registry.GROUP else [])


TEXT = f"{__name__}:Text"
EVERYTHING = f"{__name__}:Everything"


def test_the_installed_distribution_brings_its_loaders() -> None:
    loaders = available_loaders()
    assert isinstance(loaders["mlmd"], MlmdLoader)
    assert all(loader.name == name for name, loader in loaders.items())


def test_a_loader_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, text=TEXT, other="provgraph_nowhere:Loader")
    assert isinstance(loader_named("text"), Text)


def test_a_name_that_no_loader_has(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, text=TEXT, everything=EVERYTHING)
    with pytest.raises(ConfigurationError, match="no loader is called 'mlfow': there are everything, text"):
        loader_named("mlfow")


def test_no_loader_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    with pytest.raises(ConfigurationError, match="none is installed"):
        loader_named("mlmd")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("provgraph_nowhere:Loader", "ModuleNotFoundError"),
        (f"{__name__}:Broken", "RuntimeError: out of order"),
        (f"{__name__}:TEXT", "lacks name, title, recognises or load"),
    ],
)
def test_a_loader_that_cannot_be_used_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, value: str, why: str
) -> None:
    install(monkeypatch, bad=value)
    with pytest.raises(ConfigurationError, match=f"the loader 'bad' of an unknown package .*{why}"):
        loader_named("bad")


def test_one_name_for_two_loaders(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, text__1=TEXT, text__2=EVERYTHING)
    with pytest.raises(ConfigurationError, match="two loaders are called 'text'"):
        available_loaders()


def test_one_loader_installed_twice_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, text__1=TEXT, text__2=TEXT)
    assert list(available_loaders()) == ["text"]


def test_a_source_is_recognised_by_the_one_loader_that_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, text=TEXT, everything=EVERYTHING)
    assert isinstance(recognise("somewhere/a.txt"), Text)


def test_a_source_that_nobody_knows_lists_who_there_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, text=TEXT)
    with pytest.raises(LoadError, match=r"no loader recognises it: there are text \(text files\)"):
        recognise(str(tmp_path))
    with pytest.raises(LoadError, match="no loader recognises it"):
        recognise("s3://bucket/key")


def test_a_source_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, text=TEXT)
    with pytest.raises(LoadError, match=r"none\.sqlite: there is no such file or folder"):
        recognise(str(tmp_path / "none.sqlite"))


def test_a_source_that_several_know(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, text=TEXT, everything=EVERYTHING)
    path = tmp_path / "a.txt"
    path.touch()
    with pytest.raises(LoadError, match=r"name one of everything \(anything\), text \(text files\)"):
        recognise(str(path))


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a\n", "x" * 201, "a\0"])
def test_a_source_name_that_keys_cannot_hold(name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot name a source"):
        LoadOptions(source_name=name)


def test_a_batch_holds_something() -> None:
    with pytest.raises(ConfigurationError, match="at least one node"):
        LoadOptions(batch_size=0)


def reported() -> LoadReport:
    report = LoadReport("mlmd", "metadata.sqlite")
    report.store = "mlmd/plant"
    report.read.update({"Artifact": 1200, "Event": 3, "Context": 0})
    report.seconds = 1.25
    return report


def test_the_report_in_words() -> None:
    report = reported()
    report.created.update({"Artifact": 1000, "INPUT": 2})
    report.updated.update({"Artifact": 150})
    report.unchanged.update({"Artifact": 50})
    for event in (4, 5, 6, 7):
        report.note(NoteKind.DROPPED, "events", "name no artifact", f"event {event}")
    report.note(NoteKind.LEFT_ALONE, "types", "are built in", count=9)
    assert str(report).splitlines() == [
        "metadata.sqlite as mlmd/plant, 1.2 s",
        "read      1,200 Artifact, 3 Event",
        "created   1,000 Artifact, 2 INPUT",
        "updated   150 Artifact",
        "unchanged 50 Artifact",
        "left alone: 9 types: are built in",
        "dropped: 4 events: name no artifact (event 4, event 5, event 6, …)",
    ]


def test_the_report_of_a_load_that_changed_nothing() -> None:
    report = reported()
    report.unchanged.update({"Artifact": 1200})
    assert not report.changed
    assert str(report).splitlines()[-1] == "nothing changed: the store has all of it already"


def test_the_report_for_programs_is_json() -> None:
    report = reported()
    report.created.update({"INPUT": 2})
    report.note(NoteKind.GUESSED, "states", "are unknown", "artifact 1")
    assert json.loads(json.dumps(report.to_json())) == {
        "loader": "mlmd",
        "source": "metadata.sqlite",
        "store": "mlmd/plant",
        "changed": True,
        "read": {"Artifact": 1200, "Context": 0, "Event": 3},
        "created": {"INPUT": 2},
        "updated": {},
        "unchanged": {},
        "notes": [
            {"kind": "guessed", "what": "states", "reason": "are unknown", "count": 1, "examples": ["artifact 1"]}
        ],
        "stitch": None,
        "seconds": 1.25,
    }


def test_a_place_cannot_break_the_lines_of_a_report() -> None:
    report = reported()
    report.note(NoteKind.UNKNOWN, "tables", "are not read", "a\nb\x1b[2J")
    assert str(report).splitlines()[-1] == r"unknown: 1 tables: are not read ('a\nb\x1b[2J')"
