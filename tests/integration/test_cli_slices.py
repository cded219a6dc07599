"""`provgraph slices FILE`: a CSV or Parquet file is read as it is, and no store is touched."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "bolt://127.0.0.1:1"  # whoever asked this store would fail


def frame() -> pd.DataFrame:
    """4,000 rows; wrong at 6 %, and at 40 % where camera B runs firmware 2.1."""
    rng = np.random.default_rng(1)
    count = 4_000
    camera, firmware = rng.choice(list("ABCD"), count), rng.choice(["v2.0", "v2.1"], count)
    wrong = rng.random(count) < np.where((camera == "B") & (firmware == "v2.1"), 0.4, 0.06)
    truth = rng.integers(2, size=count)
    return pd.DataFrame(
        {
            "picture": [f"{number}.png" for number in range(count)],
            "camera": camera,
            "firmware": firmware,
            "shift": rng.choice(["early", "late"], count),
            "truth": np.where(truth, "scratch", "clean"),
            "said": np.where(truth ^ wrong, "scratch", "clean"),
            "cost": rng.gamma(2.0, 1.0, count) + 3.0 * wrong,
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("files")
    table = frame()
    table.to_csv(place / "rows.csv", index=False)
    table.to_parquet(place / "rows.parquet")
    table.assign(said=table["truth"]).to_csv(place / "perfect.csv", index=False)
    return place


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(str(ROOT / part) for part in ("store", "loaders", "dashboard"))
    return subprocess.run(
        [sys.executable, "-m", "provgraph.cli", "slices", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "PROVGRAPH_URL": NOWHERE},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


LABELS = ("--label", "truth", "--prediction", "said")
COLUMNS = ("--columns", "camera,firmware", "--columns", "shift")


@pytest.mark.parametrize("file", ["rows.csv", "rows.parquet"])
def test_a_file_is_sliced_without_a_store(folder: Path, file: str) -> None:
    before = sorted(folder.iterdir())
    done = run(folder, file, *LABELS, *COLUMNS, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    [first] = found["slices"]
    assert [(term["column"], term["value"]) for term in first["predicate"]] == [("camera", "B"), ("firmware", "v2.1")]
    assert {"n", "errors", "rate", "interval", "rest_rate", "lift", "excess", "p", "q", "aliases"} <= first.keys()
    assert first["q"] < 1e-20
    assert found["tested"] == 8 + 20 + 16  # values, pairs, triples
    assert "origins" not in first
    assert sorted(folder.iterdir()) == before


def test_a_loss_a_table_and_csv(folder: Path) -> None:
    done = run(folder, "rows.csv", "--loss", "cost", *COLUMNS, "--depth", "2")
    assert done.returncode == 0
    assert "mean of cost" in done.stdout
    assert "camera is B and firmware is v2.1" in done.stdout
    done = run(folder, "rows.csv", *LABELS, *COLUMNS, "--csv")
    [row] = csv.DictReader(io.StringIO(done.stdout))
    assert row["slice"] == "camera is B and firmware is v2.1"
    assert row["unit_q"] == ""
    assert 0 < int(row["errors"]) < int(row["n"])
    done = run(folder, "rows.csv", "--loss", "cost", *COLUMNS, "--csv")
    assert done.returncode == 0, done.stderr
    [row] = csv.DictReader(io.StringIO(done.stdout))
    assert row["slice"] == "camera is B and firmware is v2.1"
    assert row["errors"] == ""
    assert 0.0 < float(row["rest_rate"]) < float(row["rate"])


def test_all_columns_are_searched_but_those_of_the_outcome_and_the_unit(folder: Path) -> None:
    done = run(folder, "rows.parquet", *LABELS, "--loss", "cost", "--outcome", "misses:scratch", "--unit", "picture")
    assert done.returncode == 0, done.stderr
    assert "scratch is missed" in done.stdout
    assert "camera is B and firmware is v2.1" in done.stdout
    assert "cost is" not in done.stdout


def test_two_files_are_compared_by_sample(folder: Path) -> None:
    done = run(folder, "rows.csv", *LABELS, *COLUMNS, "--against", "perfect.csv", "--sample", "picture")
    assert "Worse: camera is B and firmware is v2.1" in done.stdout
    done = run(folder, "rows.csv", *LABELS, "--against", "perfect.csv")
    assert done.returncode == 2
    assert "--sample" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("gone.csv",), 1, "gone.csv: there is no such file"),
        (("rows.csv",), 2, "--label and --prediction"),
        (("rows.csv", "--label", "trth"), 1, "no column 'trth'"),
        (("rows.csv", *LABELS, "--columns", "nothing"), 1, "nothing"),
        (("rows.csv", *LABELS, "--outcome", "misses:dent"), 1, "dent is no class of truth"),
        (("rows.csv", *LABELS, "--record"), 2, "--record"),
        (("rows.csv", *LABELS, "--depth", "4"), 2, "depth"),
        (("rows.csv", *LABELS, "--unit", "lot"), 1, "lot"),
        (("some-model", "--label", "truth"), 2, "--label is for a FILE"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(folder: Path, arguments: tuple[str, ...], code: int, says: str) -> None:
    done = run(folder, *arguments)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
