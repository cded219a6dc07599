"""Where OpenLineage events are read from, and what is refused."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import sys
import threading
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import provgraph_loaders.batch as batching
from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, LoadReport, recognise
from provgraph_loaders.openlineage import OpenLineageLoader, reading
from tests.loaders.golden import plain
from tests.loaders.openlineage.example import dataset, event, example_events, facet, run_id, write_example, write_lines
from tests.loaders.openlineage.reading import Read, outcome, read
from tests.require import require

LOADER = OpenLineageLoader()
COUNT = len(example_events())


def nodes(found: Read) -> list[Any]:
    return [plain(node) for batch in found.batches for node in batch.nodes]


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    return write_example(tmp_path / "events.jsonl")


# -- shapes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["array", "pretty", "concatenated", "server", "gzip", "signature", "no line ends"])
def test_all_shapes_of_json_tell_the_same(tmp_path: Path, lines: Path, shape: str) -> None:
    events = example_events()
    path = tmp_path / ("other.json.gz" if shape == "gzip" else "other.json")
    texts = {
        "array": json.dumps(events),
        "pretty": "\n\n".join(json.dumps(e, indent=2) for e in events),
        "concatenated": "".join(json.dumps(e) for e in events),
        "server": json.dumps({"events": events, "totalCount": len(events)}),
        "no line ends": " ".join(json.dumps(e) for e in events),
        "signature": "\ufeff" + json.dumps(events, ensure_ascii=False),
        "gzip": lines.read_text("utf-8"),
    }
    data = texts[shape].encode("utf-8")
    path.write_bytes(gzip.compress(data) if shape == "gzip" else data)
    assert nodes(read(path)) == nodes(read(lines))
    assert LOADER.recognises(str(path))


def test_a_folder_is_read_with_its_subfolders_and_other_files_are_left_alone(tmp_path: Path, lines: Path) -> None:
    folder = tmp_path / "log"
    for number, one in enumerate(example_events()):
        place = folder / f"day-{number % 3}"
        place.mkdir(parents=True, exist_ok=True)
        write_lines(place / f"{number}.json", [one])
    (folder / "settings.json").write_text('{"colour": "blue"}')
    (folder / ".hidden.json").write_text("{")
    (folder / "notes.txt").write_text("nothing")
    found = read(folder)
    assert nodes(found) == nodes(read(lines))
    assert any(n.startswith("left alone: 1 files: do not start as OpenLineage events do") for n in found.notes())


def test_standard_input_is_read_as_a_file_is(lines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = nodes(read(lines))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(lines.read_bytes()))))
    assert LOADER.recognises("-")
    assert nodes(read("-")) == expected


def test_events_larger_than_a_chunk_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: Path) -> None:
    whole = nodes(read(lines))
    monkeypatch.setattr(reading, "_CHUNK", 7)
    assert nodes(read(lines)) == whole


def test_batches_of_any_size_hold_the_same(lines: Path) -> None:
    assert sorted(nodes(read(lines, 1)), key=_key) == sorted(nodes(read(lines)), key=_key)


def test_an_artifact_comes_with_or_before_the_first_execution_that_names_it(lines: Path) -> None:
    for size in (1, 2, 1_000):
        there: set[str] = set()
        for batch in read(lines, size).batches:
            there |= {node.key for node in batch.nodes}
            assert {event.artifact for event in batch.events} <= there
            assert {relation.end for relation in batch.relations} <= there


def test_a_batch_of_large_facets_ends_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: Path) -> None:
    whole = read(lines)
    monkeypatch.setattr(batching, "HEAVY", 1)
    part = read(lines)
    assert max(len(batch.artifacts) for batch in part.batches) == 1
    assert sorted(nodes(part), key=_key) == sorted(nodes(whole), key=_key)


def _key(node: dict[str, Any]) -> str:
    return str(node["key"])


def test_a_source_has_the_name_that_the_user_gives(lines: Path) -> None:
    report = LoadReport("openlineage", str(lines))
    keys = {n.key for b in LOADER.load(str(lines), LoadOptions(), report) for n in b.nodes}
    assert report.store == "openlineage/default"
    assert all(key.startswith("openlineage/default/") for key in keys)


def test_the_report_counts_what_was_read(lines: Path) -> None:
    report = read(lines).report
    kinds = {name: count for name, count in report.read.items() if name.endswith("Event") and name != "Event"}
    assert kinds == {"RunEvent": COUNT - 2, "JobEvent": 1, "DatasetEvent": 1}
    assert report.total == report.done


def test_progress_never_passes_the_total(lines: Path) -> None:
    report = LoadReport("openlineage", str(lines))
    for _ in LOADER.load(str(lines), LoadOptions(batch_size=1), report):
        assert report.total is None or report.done <= report.total
    assert report.done == report.total


# -- recognising ------------------------------------------------------------------------------------------------


def test_the_kind_is_recognised(lines: Path) -> None:
    assert recognise(str(lines)).name == "openlineage"
    assert recognise(str(lines.parent)).name == "openlineage"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"entity": {}, "activity": {}}', "eventTime,run,producer", '{"run": 1, "producer": 2}']
)
def test_other_files_are_not_recognised(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    assert not LOADER.recognises(str(path))
    assert not LOADER.recognises(str(tmp_path))


def test_what_is_no_file_is_not_recognised_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    for source in (tmp_path / "pipe.json", tmp_path, tmp_path / "none.json", "http://host/events.json", "a\0b"):
        assert not LOADER.recognises(str(source))


def test_a_folder_of_events_is_recognised_whatever_else_stands_before_them(lines: Path) -> None:
    for number in range(8):
        (lines.parent / f"a{number}.json").write_text('{"a": 1}')
    os.mkfifo(lines.parent / "b.json")
    assert LOADER.recognises(str(lines.parent))
    assert len(read(lines.parent).executions) == len(read(lines).executions)


def test_a_pipe_with_a_name_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "events.json")
    assert str(outcome(tmp_path / "events.json")).startswith(f"{tmp_path}/events.json: is no regular file")


def test_a_pipe_that_a_shell_made_is_read(lines: Path) -> None:
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "wb") as file:
        threading.Thread(target=write_whole, args=(file, lines.read_bytes())).start()
        try:
            assert not LOADER.recognises(f"/dev/fd/{ours}")
            assert nodes(read(f"/dev/fd/{ours}")) == nodes(read(lines))
        finally:
            os.close(ours)


def write_whole(file: IO[bytes], data: bytes) -> None:
    with file:
        file.write(data)


def test_a_project_with_events_in_it_is_not_taken_for_a_folder_of_events(lines: Path) -> None:
    (lines.parent / ".git").mkdir()
    assert not LOADER.recognises(str(lines.parent))


# -- refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "events.json: holds no OpenLineage event"),
        ("[]", "events.json: holds no OpenLineage event"),
        ('GOOD\n{"eventTime": "2026', "line 2, column 15: the JSON is cut off"),
        ('GOOD\n{"eventTime": tru', "line 2, column 15: the JSON is cut off"),
        ('GOOD\n{"eventTime": "\\u00', "the JSON is cut off"),
        ('GOOD\n{"eventTime": 1.', "line 2, column 16: the JSON is cut off"),
        ('GOOD\n{"eventTime": 1,\n', "the JSON is cut off"),
        ('GOOD\n{"eventTime": tru}', "line 2, column 15: no JSON: Expecting value"),
        # its place is that of the comma or of what follows, by the version of Python
        ('GOOD\n{"eventTime": 1,}\n', "no JSON: "),
        ('GOOD\n{"eventTime": 1, "run": {\nGOOD\nGOOD', "line 2, column 26: the JSON is cut off: another event starts"),
        ('GOOD\n{"eventTime": 1,\nGOOD\nGOOD', "line 2, column 17: the JSON is cut off: another event starts"),
        ('GOOD\n{"eventTime":\nGOOD\nGOOD', "line 2, column 14: the JSON is cut off: another event starts"),
        ('GOOD\n{"eventTime":\nGOOD', "line 2, column 14: the JSON is cut off: another event starts"),
        ('GOOD\n{"eventTime": "2026\nGOOD', "line 2, column 20: the JSON is cut off: another event starts"),
        ('{"events": [\nGOOD,\nGOOD\n], "x": tru}', "line 4, column 9: no JSON: Expecting value"),
        ("GOOD\nGOOD\n{'run': 1}" + " " * 40, "line 3, column 2: no JSON"),
        ("[GOOD,\nGOOD", "line 2"),
        ("[GOOD GOOD]", "a comma or ] is missing between two events"),
        ("[GOOD,", "the array is cut off"),
        ('{"colour": "blue"}', "line 1: is no OpenLineage event"),
        ("GOOD\n17", "line 2: is no OpenLineage event"),
        ('{"eventTime": "2026-11-24T06:00:00Z", "run": 3}', "line 1: is no OpenLineage event"),
        ("GOOD\n" + "[" * 100_000, "line 2"),
        ("GOOD\n" + '{"a":' * 100_000, "line 2, column 1: nested too deep"),
        ('GOOD\n{"a": ' + "9" * 5_000 + "}", "line 2, column 1: holds a number that is too large"),
    ],
)
def test_damaged_input_is_refused_by_one_line_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "events.json"
    path.write_text(text.replace("GOOD", json.dumps(event("START", 1, "a", 0))))
    told = outcome(path)
    assert isinstance(told, str)
    assert words in told
    assert str(path) in told
    assert "\n" not in told


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    path.write_bytes(json.dumps(event("START", 1, "a", 0)).encode() + b'\n{"a": "\xff"}')
    assert outcome(path) == f"{path}, line 2: is no UTF-8 text"


def test_a_value_without_an_end_is_not_read_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_CHUNK", 100)
    monkeypatch.setattr(reading, "_LARGEST", 1_000)
    path = tmp_path / "events.json"
    path.write_text('{"a": "' + "x" * 100_000)
    assert "a value of more than" in str(outcome(path))


def test_a_gzip_file_that_is_cut_off_is_refused(tmp_path: Path, lines: Path) -> None:
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(gzip.compress(lines.read_bytes())[:-500])
    assert f"{path}: cannot be read" in str(outcome(path))


@pytest.mark.parametrize("source", ["none.json", "a\0b"])
def test_what_is_not_there_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(LoadError):
        read(tmp_path / source)


def test_a_folder_without_events_is_refused(tmp_path: Path) -> None:
    assert "no file in it" in str(outcome(tmp_path))


def test_nothing_is_yielded_before_all_was_read(lines: Path) -> None:
    with lines.open("a") as file:
        file.write("{")
    batches: list[Any] = []
    with pytest.raises(LoadError, match="cut off"):
        batches.extend(LOADER.load(str(lines), LoadOptions(), LoadReport("openlineage", str(lines))))
    assert [len(batch) for batch in batches if len(batch)] == []


# -- odd and hostile --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"eventTime": "yesterday"}, "dropped: 1 events: have no readable eventTime"),
        ({"eventTime": 1732428000}, "dropped: 1 events: have no readable eventTime"),
        ({"eventTime": "0001-01-01T00:00:00+14:00"}, None),
        ({"eventTime": "9999-12-31T23:59:59-14:00"}, None),
        ({"eventTime": "2026-11-24T06:00:00"}, "guessed: 1 times: name no time zone: taken as UTC"),
        ({"eventType": "EXPLODE"}, "unknown: 1 event types: EXPLODE: not read"),
        ({"eventType": 7}, "unknown: 1 event types: 7: not read"),
        ({"run": {}}, "dropped: 1 events: name no run (run.runId)"),
        ({"run": {"runId": 7}}, "dropped: 1 events: name no run (run.runId)"),
        ({"job": None}, "guessed: 1 events: name no job: their runs stand without one"),
        ({"job": {"name": ["a"]}}, "guessed: 1 events: name no job: their runs stand without one"),
        ({"inputs": {"name": "x"}}, "dropped: 1 inputs: are no list"),
        ({"inputs": ["x", {"name": "x"}, None]}, "dropped: 3 datasets: have no namespace or no name"),
        ({"inputs": [dataset("x", "n" * 9_000)]}, "guessed: 1 names: are too long for a key"),
        ({"inputs": [dataset("x", schema=7)]}, "dropped: 1 dataset facets: are no JSON objects"),  # type: ignore[arg-type]
        ({"outputs": [dataset("x", version=facet(datasetVersion="v" * 9_000))]}, None),
        ({"outputs": [dataset("x\0\ud800\n", "\0")]}, None),
        ({"run": {"runId": "r" * 9_000}}, None),
    ],
)
def test_odd_events_are_told_and_never_stop_a_load(tmp_path: Path, change: dict[str, Any], note: str | None) -> None:
    odd = {**event("COMPLETE", 1, "a", 0), **change}
    good = event("COMPLETE", 2, "b", 0, outputs=[dataset("fine")])
    found = read(write_lines(tmp_path / "events.jsonl", [odd, good]))
    assert f"s3://plant-2:fine@run-{run_id(2)}" in found.artifacts
    assert note is None or any(told.startswith(note) for told in found.notes())


def test_names_that_differ_only_beyond_what_a_key_holds_stay_apart(tmp_path: Path) -> None:
    outputs = [dataset("x" * 9_000 + end) for end in "ab"]
    assert len(read(write_lines(tmp_path / "e.jsonl", [event("START", 1, "a", 0, outputs=outputs)])).artifacts) == 2


def test_deep_and_long_facets_are_cut_and_told(tmp_path: Path) -> None:
    deep: Any = "bottom"
    for _ in range(200):
        deep = [deep]
    odd = event("START", 1, "a", 0, job_facets={"sql": facet(query="x" * 100_000), "tags": facet(tags=deep)})
    found = read(write_lines(tmp_path / "e.jsonl", [odd]))
    assert len(str(found.executions[run_id(1)].custom_properties["sql"])) == 20_000
    assert any("are longer than 20,000 characters" in note for note in found.notes())
    assert any("are nested more than 40 deep" in note for note in found.notes())


def test_endlessly_many_unknown_names_do_not_fill_the_report(tmp_path: Path) -> None:
    odd = [event("START", n, "a", 0, run_facets={f"f{n}-{m}": facet() for m in range(100)}) for n in range(10)]
    notes = read(write_lines(tmp_path / "e.jsonl", odd)).notes()
    assert len(notes) == 301
    assert any(note.startswith("unknown: 700 run facets: of further names: not read") for note in notes)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Each container of a value with a key or an index into it."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        at = waiting.pop()
        keys = list(at) if isinstance(at, dict) else list(range(len(at))) if isinstance(at, list) else []
        found += [(at, key) for key in keys]
        waiting += [at[key] for key in keys]
    return found


@settings(max_examples=150)
@given(st.randoms(use_true_random=False), st.lists(_json, min_size=1, max_size=6))
def test_events_with_anything_anywhere_are_read_or_refused_in_a_line(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random, values: list[Any]
) -> None:
    events: list[Any] = [*example_events()]
    for value in values:
        container, key = chance.choice(places(events))
        container[key] = value
    folder = tmp_path_factory.mktemp("odd")
    told = outcome(write_lines(folder / "e.jsonl", [e for e in events if isinstance(e, dict)]))
    assert isinstance(told, Read) or "\n" not in told


@settings(max_examples=150)
@given(st.integers(0, 2**32), st.integers(0, 2**32), st.binary(max_size=8))
@example(0, 0, b"")
def test_damaged_files_are_read_or_refused_in_a_line(
    tmp_path_factory: pytest.TempPathFactory, start: int, length: int, damage: bytes
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = write_example(folder / "e.jsonl")
    data = path.read_bytes()
    start %= len(data)
    path.write_bytes(data[:start] + damage + data[start + length % 200 :])
    told = outcome(path)
    assert isinstance(told, Read) or (str(path) in told and "\n" not in told)


# -- real events ------------------------------------------------------------------------------------------------


@pytest.fixture
def real() -> Path:
    folder = Path(os.environ.get("PROVGRAPH_TEST_DATA") or "nowhere") / "openlineage"
    if not folder.is_dir():
        require("data", "PROVGRAPH_TEST_DATA names no folder with openlineage")
    return folder


def test_events_of_airflow_are_read(real: Path) -> None:
    found = read(real / "airflow")
    assert found.report.read["RunEvent"] == 32
    assert len(found.executions) == 16
    [(_, upload)] = [pair for pair in made(found, "airflow:BQ.copy") if pair[0].endswith("INPUT")]
    assert upload == "bigquery:mock-project.test.upload@run-" + run_of(found, "airflow:BQ.upload")
    assert made(found, "airflow:BQ.copy") == {
        ("INPUT", upload),
        ("OUTPUT", "bigquery:mock-project.test.upload_cp@run-" + run_of(found, "airflow:BQ.copy")),
    }
    assert {kind for kind, _ in made(found, "airflow:gcs_hook.compose_task")} == {"POSSIBLE_INPUT", "OUTPUT"}


def test_events_of_spark_are_read(real: Path) -> None:
    found = read(real / "CLL")
    job = "testColumnLevelLineage:open_lineage_integration_create_table"
    made_from = made(found, f"{job}.execute_create_hive_table_as_select_command.default_tbl1")
    assert sorted(kind for kind, _ in made_from) == ["INPUT", "INPUT", "OUTPUT"]
    assert {name.partition("@")[0].rpartition("/")[2] for _, name in made_from} == {
        "cll_source1",
        "cll_source2",
        "tbl1",
    }
    assert all("@run-" in name for _, name in made_from)


def run_of(found: Read, job: str) -> str:
    [execution] = [e for e in found.executions.values() if e.name is not None and e.name.startswith(f"{job}@")]
    return execution.external_id or ""


def made(found: Read, job: str) -> set[tuple[str, str]]:
    return found.flows(run_of(found, job))
