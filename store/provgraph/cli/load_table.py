"""`provgraph load table`: predictions that lie in a CSV or Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from provgraph.cli.options import Settings
from provgraph.cli.output import say, write_json, write_lines
from provgraph.cli.progress import ProgressLine
from provgraph.cli.stores import open_core
from provgraph.errors import LoadError, RecordingError

if TYPE_CHECKING:
    from provgraph.tables.record import RecordedTable

__all__ = ["TableOptions", "load_table"]

_ROLES: Final = ("score", "loss", "sample", "source", "unit", "time")
_SEVERAL: Final = frozenset(("score", "source"))
_SHOWN: Final = ("accuracy", "mean_absolute_error", "mean_loss")  # the first of them that was computed


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What was said of the table. `roles` are `COLUMN=ROLE`."""

    model: str | None = None
    data: str | None = None
    label: str | None = None
    prediction: str | None = None
    roles: Sequence[str] = ()

    @property
    def given(self) -> bool:
        """Whether anything was said."""
        return bool(self.model or self.data or self.label or self.prediction or self.roles)


def load_table(settings: Settings, file: str, options: TableOptions, name: str | None) -> int:
    """Record the table in `file`, and say what was recorded.

    Raises:
        LoadError: the file cannot be read, or holds no table of predictions; the text names the place.
    """
    from datetime import UTC, datetime

    from provgraph.model import Certainty, NodeKind
    from provgraph.recording.environment import Capture
    from provgraph.tables.extras import require_extras

    if options.model is None:
        raise click.UsageError("--model says which model predicted: a reference, key, name or TYPE/NAME.")
    roles = _roles(options)
    require_extras()
    path = Path(file)
    if not path.exists():
        raise LoadError(f"{file}: there is no such file")

    from provgraph.tables.reading import read_file
    from provgraph.tables.record import Evaluation, record_table

    core = open_core(settings)
    notes: list[str] = []
    try:
        artifacts = (NodeKind.ARTIFACT,)
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        what = Evaluation(
            model=core.reader.resolve(options.model, artifacts),
            data=None if options.data is None else core.reader.resolve(options.data, artifacts),
            roles=roles,
            name=name,
            started_at=written,
            ended_at=written,
            capture=Capture.nothing(),
            certainty=Certainty.DECLARED,
            recorded_from=str(path.resolve()),
            properties={"loaded_from": path.absolute().as_uri()},
        )
        with ProgressLine() as progress:
            recorded = record_table(core, lambda note: read_file(path, note, progress), what, notes.append)
    except RecordingError as error:
        raise LoadError(f"{file}: {error}") from error
    finally:
        core.store.close()
    for text in notes:
        say(f"note: {text}")
    _report(settings, recorded, notes)
    return 0


def _roles(options: TableOptions) -> dict[str, str | Sequence[str] | None]:
    several: dict[str, list[str]] = {}
    for text in options.roles:
        column, equals, role = text.rpartition("=")
        if not equals or not column or role not in _ROLES:
            raise click.UsageError(f"--role {text}: write COLUMN=ROLE, a role being one of {', '.join(_ROLES)}.")
        several.setdefault(role, []).append(column)
        if len(several[role]) > 1 and role not in _SEVERAL:
            raise click.UsageError(f"--role: only one column can be the {role}.")
    plain: dict[str, str | Sequence[str] | None] = {
        "label": options.label or "label",
        "prediction": options.prediction or "prediction",
    }
    return {**plain, **several}


def _report(settings: Settings, recorded: RecordedTable, notes: Sequence[str]) -> None:
    artifact, metrics = recorded.artifact, recorded.metrics
    if settings.format == "json":
        from provgraph.interop.plain import plain_node, plain_value

        measured = {name: plain_value(value) for name, value in metrics.items()}
        write_json(
            {"predictions": plain_node(artifact), "metrics": measured, "new": recorded.new, "notes": list(notes)}
        )
        return
    rows = artifact.custom_properties["rows"]
    found = "recorded" if recorded.new else "recorded before"
    shown = next((f", {name.replace('_', ' ')} {metrics[name]}" for name in _SHOWN if name in metrics), "")
    write_lines([f"{artifact.ref} Predictions {artifact.label}: {rows:,} rows{shown} ({found})"])
