"""A recorded table of predictions, and how it is read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

from provgraph.errors import InvalidValueError, LoadError
from provgraph.model import Artifact, Node, NodeKind, Struct
from provgraph.store.core import StoreCore
from provgraph.store.cypher.tables import PREDICTIONS_OF
from provgraph.store.rows import node_from_properties
from provgraph.tables.area import FileArea, FileRef
from provgraph.tables.extras import require_extras
from provgraph.tables.place import file_area

if TYPE_CHECKING:
    import pyarrow as pa
    from pandas import DataFrame

    from provgraph.tables.arrow import Table

__all__ = ["PREDICTIONS", "PredictionTable", "file_of", "prediction_tables", "predictions"]

PREDICTIONS: Final = "Predictions"


@dataclass(frozen=True, slots=True)
class PredictionTable:
    """A table of predictions as the graph knows it; its rows are read when they are asked for.

    Attributes:
        artifact: the `Predictions` artifact.
        roles: names of columns by role: `label`, `prediction`, `score`, `loss`, `sample`, `source`, `unit`, `time`, as
            far as the table has them.
        kinds: what each column holds, by name: `boolean`, `integer`, `number`, `text`, `time`, `date`, and `several
            text` (and so on) where a cell holds several values.
        rows: how many there are.
        area: where its file is.
    """

    artifact: Artifact
    roles: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, str]
    rows: int
    area: FileArea

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns, in the order of the file."""
        return tuple(self.kinds)

    def role(self, role: str) -> str | None:
        """The column of a role; of several the first, None where the table has none."""
        return next(iter(self.roles.get(role, ())), None)

    def frame(self, columns: Sequence[str] | None = None) -> DataFrame:
        """The rows, or some columns of them, as a pandas DataFrame, once the file's hash was checked.

        Dates become midnights, and a cell with several values a tuple.

        Raises:
            NotFoundError: the file is not there.
            LoadError: it was changed or truncated.
            InvalidValueError: there is no such column.
        """
        require_extras()
        from provgraph.tables.frames import frame_of

        for name in columns or ():
            if name not in self.kinds:
                raise InvalidValueError(f"{self.artifact.label} has no column {name!r}: it has {', '.join(self.kinds)}")
        return frame_of(cast("Table", self.table(columns)))

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """As `frame`, as an Arrow table."""
        require_extras()
        from provgraph.tables import arrow

        with self.area.open(file_of(self.artifact)) as file:
            try:
                return cast("pa.Table", arrow.pq.read_table(file, columns=columns and list(columns)))
            except (arrow.pa.ArrowException, OSError) as error:  # sound bytes that this pyarrow cannot read
                raise LoadError(f"{self.artifact.uri} cannot be read: {' '.join(str(error).split())[:300]}") from error


def predictions(core: StoreCore, node: Node) -> PredictionTable:
    """The table of a `Predictions` artifact.

    Raises:
        InvalidValueError: the node is none.
        ConfigurationError: the store does not say where its files are.
    """
    if not isinstance(node, Artifact) or not _is_table(node):
        if isinstance(node, Artifact) and node.type == PREDICTIONS:
            raise InvalidValueError(
                f"{node.ref} ({node.label}) has no table: it was not recorded by record_predictions"
            )
        raise InvalidValueError(
            f"{node.ref} ({node.type} {node.label}) is no table of predictions: name one, such as "
            "`graph.prediction_tables(model)` lists"
        )
    roles = cast("Mapping[str, Sequence[str]]", _data(node, "roles"))
    columns = cast("Sequence[Mapping[str, str]]", _data(node, "columns"))
    return PredictionTable(
        artifact=node,
        roles=MappingProxyType({role: tuple(names) for role, names in roles.items()}),
        kinds=MappingProxyType({column["name"]: column["kind"] for column in columns}),
        rows=int(cast("int", node.custom_properties["rows"])),
        area=file_area(core),
    )


def prediction_tables(core: StoreCore, model: Node) -> list[Artifact]:
    """The tables of predictions that evaluated a model, newest first.

    Raises:
        InvalidValueError: the node is no artifact.
    """
    if not isinstance(model, Artifact):
        raise InvalidValueError(f"{model.ref} is no artifact: name a model")
    [[rows]] = core.store.read(PREDICTIONS_OF, {"id": model.id})
    found = [node_from_properties(NodeKind.ARTIFACT.value, row) for row in rows]
    tables = [node for node in found if isinstance(node, Artifact) and _is_table(node)]
    return sorted(tables, key=lambda node: (node.created_at or node.recorded_at or 0, node.id), reverse=True)


def file_of(artifact: Artifact) -> FileRef:
    """The file of a table of predictions."""
    digest = (artifact.digest or "").removeprefix("sha256:")
    return FileRef(digest, int(cast("int", artifact.custom_properties["size"])))


def _is_table(node: Artifact) -> bool:
    if node.type != PREDICTIONS or not (node.digest or "").startswith("sha256:"):
        return False
    found = node.custom_properties
    numbers = all(isinstance(found.get(name), int) for name in ("rows", "size"))
    return numbers and isinstance(_data(node, "roles"), dict) and isinstance(_data(node, "columns"), list)


def _data(node: Artifact, name: str) -> object:
    value = node.custom_properties.get(name)
    return value.data if isinstance(value, Struct) else None
