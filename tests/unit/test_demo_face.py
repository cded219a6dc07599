from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from provgraph.demo import DemoSummary, build_demo, extras, read_summary
from provgraph.demo.summary import write_summary
from provgraph.errors import ConfigurationError, NotFoundError
from provgraph.graph import Graph
from provgraph.model import Context

SUMMARY = DemoSummary(
    seed=7,
    pictures=4800,
    executions=161,
    pipeline="surface-inspection",
    bad_batch_key="a",
    bad_firmware_key="b",
    bad_labels_key="c",
    live_model_key="d",
    clean_model_key="e",
    failed_run="surface-inspection/2026-10-05",
    failed_run_key="f",
    last_key="g",
)


class Full:
    """A graph that has recorded everything already."""

    def get(self, node: str, /) -> object:
        return node

    def put_context(self, context: Context, /) -> object:
        raise AssertionError(f"{context} was put, though the demo is there")

    def execution(self, type: str, /, **_: object) -> object:
        raise AssertionError(f"{type} was recorded, though the demo is there")


class Empty(Full):
    def get(self, node: str, /) -> object:
        raise NotFoundError(node)


def test_importing_the_demo_imports_none_of_its_extra() -> None:
    code = "import sys, provgraph.demo; print([m for m in ('numpy', 'sklearn', 'PIL', 'joblib') if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())

    assert done.stdout.strip() == "[]"


def environment() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).resolve().parents[2] / "store")}


def test_a_missing_extra_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name in ("sklearn", "PIL") else object())

    with pytest.raises(ConfigurationError) as caught:
        build_demo(tmp_path / "demo", cast("Graph", Empty()))

    assert str(caught.value) == "the demo needs scikit-learn, pillow: pip install 'provgraph[demo]'"
    assert not (tmp_path / "demo").exists()


def test_a_finished_demo_is_opened_and_not_made_again(tmp_path: Path) -> None:
    write_summary(tmp_path, SUMMARY)

    assert build_demo(tmp_path, cast("Graph", Full()), seed=7) == SUMMARY
    assert [path.name for path in tmp_path.iterdir()] == ["demo.json"]


def test_a_demo_of_another_seed_is_not_overwritten(tmp_path: Path) -> None:
    write_summary(tmp_path, SUMMARY)

    with pytest.raises(ConfigurationError, match="holds the demo of seed 7: name another folder for seed 8"):
        build_demo(tmp_path, cast("Graph", Full()), seed=8)


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="something else than a demo: name an empty folder"):
        build_demo(tmp_path, cast("Graph", Empty()))

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_summary_comes_back_from_its_folder(tmp_path: Path) -> None:
    assert read_summary(tmp_path) is None
    write_summary(tmp_path, SUMMARY)
    assert read_summary(tmp_path) == SUMMARY


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "is damaged"),
        ('{"version": 1, "seed": "7"}', "is damaged .*seed is '7'"),
        ('{"version": 2}', "is of another version"),
        ("[]", "is of another version"),
    ],
)
def test_a_summary_that_cannot_be_read_says_what_to_delete(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "demo.json").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=f"{complaint}.*delete the folder"):
        read_summary(tmp_path)
