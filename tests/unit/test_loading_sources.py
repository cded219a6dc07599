"""What is said of a source that nobody recognises."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from provgraph.cli.app import commands
from provgraph.errors import LoadError
from provgraph.loading import recognise
from provgraph.loading.files import form_of, local_path
from tests.mlmd.example import write_example


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("a.db", "a.db"),
        ("sqlite:///a.db", "a.db"),
        ("sqlite:////data/a b.db", "/data/a b.db"),
        ("sqlite+pysqlite:////data/a.db?timeout=3", "/data/a.db"),
        ("sqlite://", None),
        ("postgresql://host/mlflow", None),
        ("-", None),
    ],
)
def test_the_path_of_a_source(source: str, path: str | None) -> None:
    assert local_path(source) == path


@pytest.mark.parametrize(
    ("start", "form"),
    [
        (b"SQLite format 3\0" + b"x" * 50, "a SQLite file"),
        (b"PK\x03\x04rest", "a zip archive"),
        (b"\x1f\x8b\x08", "a gzip file"),
        ("{}".encode("utf-16"), "text in UTF-16"),
        ("{}".encode("utf-16-be"), None),  # no mark at its start, so nothing says so
        (b'{"entity": {"a": ', "text in JSON"),
        (b"\xef\xbb\xbf\n  [1]", "text in JSON"),
        (b"words", None),
        (b"", None),
    ],
)
def test_the_form_of_a_file_is_told_by_its_first_bytes(tmp_path: Path, start: bytes, form: str | None) -> None:
    path = tmp_path / "file"
    path.write_bytes(start)
    assert form_of(str(path)) == form
    with pytest.raises(LoadError) as caught:
        recognise(str(path))
    assert ("damaged or of another program: name a loader to see why (" in str(caught.value)) is (form is not None)
    assert f"it is {form}, " in str(caught.value) or form is None


def test_nothing_but_files_has_a_form(tmp_path: Path) -> None:
    assert form_of(str(tmp_path)) is None
    assert form_of("a\0b") is None


def test_other_stores_in_sqlite_are_recognised_by_a_url_too(tmp_path: Path) -> None:
    write_example(tmp_path / "metadata.sqlite")
    assert recognise(f"sqlite:///{tmp_path / 'metadata.sqlite'}").name == "mlmd"


@pytest.mark.parametrize("source", ["", "  "])
def test_an_empty_source_is_refused_in_one_line(source: str) -> None:
    with pytest.raises(LoadError, match=f"'{source}' names no source: name a file, a folder or a URL"):
        recognise(source)
    for arguments in ([source], ["mlflow", source]):
        result = CliRunner().invoke(commands, ["load", *arguments], prog_name="provgraph")
        assert result.exit_code == 1
        assert result.output == f"Error: '{source}' names no source: name a file, a folder or a URL\n"
