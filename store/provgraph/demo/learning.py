"""Training and evaluating models with scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from provgraph.demo.features import FeatureTable
from provgraph.demo.schedule import ModelPlan

__all__ = ["Classifier", "Evaluation", "evaluate", "load_model", "save_model", "target", "train"]


class Classifier(Protocol):
    """What the demo needs of an estimator of scikit-learn."""

    def fit(self, x: NDArray[np.float64], y: NDArray[np.str_]) -> object:
        """Learn from rows `x` with classes `y`."""
        ...

    def predict(self, x: NDArray[np.float64]) -> NDArray[np.str_]:
        """The class of each row of `x`."""
        ...


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How a model did on a table, against the annotators' labels.

    Attributes:
        classes: the classes, sorted; rows (labels) and columns (predictions) of `confusion`.
        recall: share of a class's pictures that were found; absent for a class without pictures.
        precision: share of a class's predictions that were right; absent for a class never predicted.
        predictions: one per picture, in the order of `pictures`.
    """

    pictures: tuple[str, ...]
    labels: tuple[str, ...]
    predictions: tuple[str, ...]
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    accuracy: float
    recall: Mapping[str, float]
    precision: Mapping[str, float]


def target(plan: ModelPlan, labels: Sequence[str]) -> list[str]:
    """The labels as `plan` learns them: `gate` tells only clean from defect."""
    if plan.name == "gate":
        return ["clean" if label == "clean" else "defect" for label in labels]
    return list(labels)


def train(plan: ModelPlan, table: FeatureTable, seed: int) -> Classifier:
    """Train the model of `plan` on scaled features.

    Raises:
        ValueError: by scikit-learn, if the features hold NaN or there is only one class.
    """
    model = _estimator(plan, seed)
    model.fit(table.values, np.array(target(plan, table.labels)))
    return model


def evaluate(plan: ModelPlan, model: Classifier, table: FeatureTable) -> Evaluation:
    """Predict a table with a model and compare with its labels; pictures without finite features are left out."""
    rows = [int(row) for row in np.flatnonzero(np.isfinite(table.values.sum(axis=1)))]
    wanted = target(plan, table.labels)
    pictures = tuple(table.pictures[row] for row in rows)
    labels = tuple(wanted[row] for row in rows)
    predictions = tuple(str(value) for value in model.predict(table.values[rows]))
    classes = tuple(sorted({*labels, *predictions}))
    index = {name: place for place, name in enumerate(classes)}
    confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for label, prediction in zip(labels, predictions, strict=True):
        confusion[index[label], index[prediction]] += 1
    right = confusion.diagonal()
    return Evaluation(
        pictures,
        labels,
        predictions,
        classes,
        tuple(tuple(int(value) for value in row) for row in confusion),
        round(float(right.sum() / confusion.sum()), 4),
        _shares(classes, right, confusion.sum(axis=1)),
        _shares(classes, right, confusion.sum(axis=0)),
    )


def save_model(path: Path, model: Classifier) -> Path:
    """Write a model with joblib, making its folder; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    import_module("joblib").dump(model, path, compress=3)
    return path


def load_model(path: Path) -> Classifier:
    """Read a model that `save_model` wrote. It is a pickle: never load one that you did not make."""
    return cast(Classifier, import_module("joblib").load(path))


def _shares(classes: Sequence[str], right: NDArray[np.int64], all_: NDArray[np.int64]) -> dict[str, float]:
    return {
        name: round(int(right[place]) / int(all_[place]), 4) for place, name in enumerate(classes) if int(all_[place])
    }


def _estimator(plan: ModelPlan, seed: int) -> Classifier:
    # By name, because scikit-learn has no type information: `Classifier` says what we rely on.
    scale = import_module("sklearn.preprocessing").StandardScaler()
    parameters = dict(plan.parameters)
    match plan.algorithm:
        case "logistic-regression":
            last = import_module("sklearn.linear_model").LogisticRegression(max_iter=2000, **parameters)
        case "svm":
            last = import_module("sklearn.svm").SVC(**parameters)
        case "random-forest":
            last = import_module("sklearn.ensemble").RandomForestClassifier(random_state=seed, **parameters)
        case _:
            raise ValueError(f"no such algorithm: {plan.algorithm!r}")
    return cast(Classifier, import_module("sklearn.pipeline").make_pipeline(scale, last))
