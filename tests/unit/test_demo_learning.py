from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("numpy", reason="the extra provgraph[demo] is not installed")
pytest.importorskip("sklearn", reason="the extra provgraph[demo] is not installed")
pytest.importorskip("PIL", reason="the extra provgraph[demo] is not installed")

import numpy as np
from numpy.typing import NDArray

from provgraph.demo.chance import generator
from provgraph.demo.csvfile import Row, write_rows
from provgraph.demo.features import Extractor, FeatureTable, load_features, save_features
from provgraph.demo.learning import (
    evaluate,
    load_model,
    save_model,
    target,
    train,
)
from provgraph.demo.pictures import SIZE, Optics, render_scene, take_shot, write_picture
from provgraph.demo.plant import CLASSES
from provgraph.demo.schedule import RUNS, ModelPlan

OPTICS = Optics(focus_blur=0.45, exposure_ms=8.0, gain_db=0.0)
SVM = ModelPlan("inspector", "9", "svm", {"C": 2.0})


class Fixed:
    """A model that predicts what it was told to."""

    def __init__(self, predictions: list[str]) -> None:
        self.predictions = np.array(predictions)

    def fit(self, x: object, y: object) -> None:
        raise AssertionError("an evaluation trains nothing")

    def predict(self, x: NDArray[np.float64]) -> NDArray[np.str_]:
        return self.predictions[: len(x)]


def dataset(root: Path, per_class: int, black: int = 0) -> Path:
    rows: list[Row] = []
    for name in CLASSES:
        for number in range(per_class):
            rng = generator(11, name, str(number))
            picture = f"{name}-{number}.png"
            write_picture(root / picture, take_shot(render_scene(name, rng), OPTICS, rng))
            rows.append({"picture": picture, "label": name})
    for number in range(black):
        write_picture(root / f"black-{number}.png", np.zeros((SIZE, SIZE), dtype=np.uint8))
        rows.append({"picture": f"black-{number}.png", "label": "clean"})
    return write_rows(root / "rows.csv", rows)


def table(labels: list[str], values: NDArray[np.float64] | None = None) -> FeatureTable:
    rows = np.ones((len(labels), 2)) if values is None else values
    return FeatureTable(tuple(f"{n}.png" for n in range(len(labels))), tuple(labels), rows, 0)


def test_the_first_extraction_makes_nan_of_a_black_frame_and_the_second_leaves_it_out(tmp_path: Path) -> None:
    rows = dataset(tmp_path, per_class=2, black=1)

    first, second = (Extractor(tmp_path, version).table(rows) for version in ("1.0", "1.1"))

    assert np.isnan(first.values[-1]).any()
    assert np.isfinite(first.values[:-1]).all()
    assert first.dropped == 0
    assert second.dropped == 1
    assert "black-0.png" not in second.pictures
    assert np.array_equal(second.values, first.values[:-1])


def test_a_picture_has_the_same_features_in_whatever_company(tmp_path: Path) -> None:
    rows = dataset(tmp_path, per_class=3)
    alone = write_rows(tmp_path / "alone.csv", [{"picture": "pit-1.png", "label": "pit"}])
    extractor = Extractor(tmp_path, "1.1")

    whole = extractor.table(rows)

    expected = whole.values[whole.pictures.index("pit-1.png")]
    assert np.allclose(Extractor(tmp_path, "1.1").table(alone).values[0], expected)
    assert np.array_equal(extractor.table(alone).values[0], expected)


def test_features_come_back_from_their_file(tmp_path: Path) -> None:
    made = Extractor(tmp_path, "1.1").table(dataset(tmp_path, per_class=2, black=2))

    read = load_features(save_features(tmp_path / "deep" / "features.npz", made))

    assert (read.pictures, read.labels, read.dropped) == (made.pictures, made.labels, 2)
    assert np.allclose(read.values, made.values, rtol=1e-6)


@pytest.mark.parametrize("plan", [run.models[0] for run in RUNS if not run.fails], ids=lambda plan: plan.full_name)
def test_every_planned_model_learns_to_see(plan: ModelPlan, tmp_path: Path) -> None:
    features = Extractor(tmp_path, "1.1").table(dataset(tmp_path, per_class=24))
    held_out = np.arange(len(features.labels)) % 4 == 0
    learned, unseen = (
        FeatureTable(
            tuple(p for p, w in zip(features.pictures, rows, strict=True) if w),
            tuple(p for p, w in zip(features.labels, rows, strict=True) if w),
            features.values[rows],
            0,
        )
        for rows in (~held_out, held_out)
    )

    model = train(plan, learned, seed=1)

    assert evaluate(plan, model, unseen).accuracy > 0.6  # five classes: guessing is 0.2
    reread = load_model(save_model(tmp_path / "model.joblib", model))
    assert evaluate(plan, reread, unseen) == evaluate(plan, model, unseen)
    same = save_model(tmp_path / "again.joblib", train(plan, learned, seed=1))
    assert same.read_bytes() == (tmp_path / "model.joblib").read_bytes()


def test_training_on_nan_is_refused_by_scikit_learn() -> None:
    values = np.array([[1.0, 2.0], [np.nan, 1.0]])

    with pytest.raises(ValueError, match="contains NaN"):
        train(SVM, table(["clean", "pit"], values), seed=1)


def test_an_evaluation_counts_by_label_and_by_prediction() -> None:
    labels = ["pit", "pit", "pit", "pit", "stain", "stain"]

    found = evaluate(SVM, Fixed(["pit", "pit", "pit", "stain", "stain", "dent"]), table(labels))

    assert found.classes == ("dent", "pit", "stain")
    assert found.confusion == ((0, 0, 0), (0, 3, 1), (1, 0, 1))
    assert found.accuracy == pytest.approx(4 / 6, abs=1e-4)
    assert found.recall == {"pit": 0.75, "stain": 0.5}
    assert found.precision == {"dent": 0.0, "pit": 1.0, "stain": 0.5}


def test_pictures_without_finite_features_are_not_evaluated() -> None:
    values = np.array([[1.0, 1.0], [np.nan, 1.0], [1.0, 1.0]])

    found = evaluate(SVM, Fixed(["pit", "pit"]), table(["pit", "stain", "pit"], values))

    assert found.pictures == ("0.png", "2.png")
    assert found.accuracy == 1.0


def test_the_gate_tells_clean_from_everything_else() -> None:
    gate = ModelPlan("gate", "1", "svm")

    assert target(gate, CLASSES) == ["clean", "defect", "defect", "defect", "defect"]
    assert target(SVM, CLASSES) == list(CLASSES)


def test_an_unknown_algorithm_is_named() -> None:
    with pytest.raises(ValueError, match="'oracle'"):
        train(ModelPlan("inspector", "1", "oracle"), table(["a", "b"]), seed=1)
