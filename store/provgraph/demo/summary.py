"""What the demo holds and what is worth a first click, kept in the demo's folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypeVar, cast

from provgraph.errors import ConfigurationError

__all__ = ["DemoSummary", "read_summary", "write_summary"]

_FILE: Final = "demo.json"
_VERSION: Final = 1
_T = TypeVar("_T", int, str)


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """The simulated plant as it was recorded. Every `…_key` is the key of a node in the graph.

    Attributes:
        seed: what the pictures and models were made from.
        pictures: how many pictures were taken.
        executions: how many executions were recorded.
        pipeline: name of the Pipeline context.
        bad_batch_key: the first capture batch of the camera that lost its focus (a `CaptureBatch`).
        bad_firmware_key: the release that the camera ran then (a `Firmware`).
        bad_labels_key: labels by the annotator who confuses two classes (a `Labels`).
        live_model_key: the newest live model of the line of that camera (a `Model`).
        clean_model_key: a live model that the bad batch does not reach (a `Model`).
        failed_run: name of the Run context of the run that failed.
        failed_run_key: the execution that failed in it (a `Train`).
        last_key: the execution that was recorded last: a graph that has it has all.
    """

    seed: int
    pictures: int
    executions: int
    pipeline: str
    bad_batch_key: str
    bad_firmware_key: str
    bad_labels_key: str
    live_model_key: str
    clean_model_key: str
    failed_run: str
    failed_run_key: str
    last_key: str


def write_summary(folder: Path, summary: DemoSummary) -> None:
    """Keep a summary in the demo's folder: the last thing written, so that its presence says the demo is whole."""
    text = json.dumps({"simulated": True, "version": _VERSION, **asdict(summary)}, indent=2) + "\n"
    temporary = folder / f".{_FILE}.new"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(folder / _FILE)


def read_summary(folder: Path) -> DemoSummary | None:
    """The summary in a demo's folder, or None if no demo was finished there.

    Raises:
        ConfigurationError: the file is damaged or was made by another version of the demo.
    """
    path = folder / _FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        found: object = json.loads(text)
        values = cast("dict[str, object]", found) if isinstance(found, dict) else {}
        if values.get("version") == _VERSION:
            return _summary(values)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{path} is damaged ({error}): delete the folder {folder} to make the demo anew"
        ) from error
    raise ConfigurationError(f"{path} is of another version of the demo: delete the folder {folder} to make it anew")


def _summary(values: Mapping[str, object]) -> DemoSummary:
    return DemoSummary(
        seed=_value(values, "seed", int),
        pictures=_value(values, "pictures", int),
        executions=_value(values, "executions", int),
        pipeline=_value(values, "pipeline", str),
        bad_batch_key=_value(values, "bad_batch_key", str),
        bad_firmware_key=_value(values, "bad_firmware_key", str),
        bad_labels_key=_value(values, "bad_labels_key", str),
        live_model_key=_value(values, "live_model_key", str),
        clean_model_key=_value(values, "clean_model_key", str),
        failed_run=_value(values, "failed_run", str),
        failed_run_key=_value(values, "failed_run_key", str),
        last_key=_value(values, "last_key", str),
    )


def _value(values: Mapping[str, object], name: str, kind: type[_T]) -> _T:
    value = values.get(name)
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {value!r}")
    return value
