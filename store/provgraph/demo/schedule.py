"""What is trained on the plant's pictures, when it is evaluated, and where it is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from provgraph.demo.plant import FIRST_MONDAY

__all__ = ["DEPLOYMENTS", "RUNS", "DeploymentPlan", "ModelPlan", "RunPlan"]


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """A model to train: `inspector` tells the five classes, `gate` only clean from defect."""

    name: str
    version: str
    algorithm: str
    parameters: Mapping[str, int | float | str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def full_name(self) -> str:
        """Name and version, such as ``inspector/3``."""
        return f"{self.name}/{self.version}"


@dataclass(frozen=True, slots=True)
class RunPlan:
    """One run of the retraining pipeline.

    Attributes:
        name: its date.
        dataset: version of the dataset, which holds the first `weeks` weeks.
        extractor: version of the feature extraction.
        champion: the model in use that is evaluated beside the new one, on the same pictures.
    """

    name: str
    starts: datetime
    dataset: str
    weeks: int
    extractor: str
    models: tuple[ModelPlan, ...]
    champion: str | None
    fails: bool = False


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """A model brought to an endpoint; `undeployed`, if it was taken away, not just replaced."""

    model: str
    endpoint: str
    at: datetime
    undeployed: datetime | None = None


def _run_day(week: int, extra_days: int = 0) -> datetime:
    """The Monday after week number `week` (from 1), before the early shift ends."""
    return FIRST_MONDAY + timedelta(weeks=week, days=extra_days, hours=7)


def _model(name: str, version: str, algorithm: str, **parameters: float | str) -> ModelPlan:
    return ModelPlan(name, version, algorithm, MappingProxyType(parameters))


def _run(
    starts: datetime,
    dataset: str,
    weeks: int,
    extractor: str,
    models: tuple[ModelPlan, ...],
    champion: str | None = None,
    fails: bool = False,
) -> RunPlan:
    return RunPlan(f"{starts:%Y-%m-%d}", starts, dataset, weeks, extractor, models, champion, fails)


_INSPECTOR_3: Final = _model("inspector", "3", "svm", C=4.0, gamma="scale")

RUNS: Final = (
    _run(_run_day(2), "1", 2, "1.0", (_model("inspector", "1", "logistic-regression", C=0.3),)),
    _run(_run_day(3), "2", 3, "1.0", (_model("inspector", "2", "svm", C=2.0, gamma="scale"),), "inspector/1"),
    _run(_run_day(4), "3", 4, "1.0", (_INSPECTOR_3,), "inspector/2", fails=True),
    _run(_run_day(4, extra_days=1), "3", 4, "1.1", (_INSPECTOR_3,), "inspector/2"),
    _run(
        _run_day(5),
        "4",
        5,
        "1.1",
        (
            _model("inspector", "4", "random-forest", n_estimators=100, max_features="sqrt", min_samples_leaf=2),
            _model("gate", "1", "logistic-regression", C=0.3),
        ),
        "inspector/2",
    ),
    _run(
        _run_day(6),
        "5",
        6,
        "1.1",
        (_model("inspector", "5", "svm", C=8.0, gamma="scale"), _model("gate", "2", "svm", C=2.0, gamma="scale")),
        "inspector/4",
    ),
)


def _deployed(
    model: str, endpoint: str, day: datetime, hour: int, undeployed: datetime | None = None
) -> DeploymentPlan:
    return DeploymentPlan(model, endpoint, day + timedelta(hours=hour), undeployed)


DEPLOYMENTS: Final = (
    _deployed("inspector/1", "plant-1/line-1", _run_day(2), 4),
    _deployed("inspector/1", "plant-2/line-3", _run_day(2), 5),
    _deployed("inspector/2", "plant-1/line-1", _run_day(3), 4),
    _deployed("inspector/2", "plant-1/line-2", _run_day(3), 5),
    _deployed("inspector/2", "plant-2/line-4", _run_day(3), 6),
    _deployed("inspector/3", "plant-2/line-3", _run_day(4, 1), 4, undeployed=_run_day(4, 3)),
    _deployed("inspector/2", "plant-2/line-3", _run_day(4, 3), 1),
    _deployed("inspector/4", "plant-1/line-1", _run_day(5), 4),
    _deployed("gate/1", "plant-2/line-4/gate", _run_day(5), 5),
    _deployed("inspector/5", "plant-2/line-3", _run_day(6), 4),
    _deployed("gate/2", "plant-2/line-4/gate", _run_day(6), 5),
)
