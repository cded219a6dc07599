"""Values of attributes as readable properties, and times. What they lose is kept beside them, as PROV-JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from prov.identifier import Identifier, QualifiedName
from prov.model import Literal

from provgraph.errors import InvalidValueError
from provgraph.interop.moments import epoch_milliseconds
from provgraph.interop.prov_names import JSON_TYPE, RDF
from provgraph.loading import LoadReport, NoteKind
from provgraph.model import JsonValue, Struct, Value
from provgraph.model.values import INT64_MAX, INT64_MIN

__all__ = ["milliseconds", "one_property", "plain"]


def plain(value: object) -> bool | int | float | str:
    """A value without its datatype or language."""
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if INT64_MIN <= value <= INT64_MAX else str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, QualifiedName):
        return str(value)
    if isinstance(value, Identifier):
        return value.uri
    if isinstance(value, Literal):
        return str(value.value)
    return str(value)


def one_property(values: Iterable[object]) -> Value:
    """All values of one attribute as one property: itself if there is one, else a list."""
    several: list[JsonValue] = []
    for value in values:
        if isinstance(value, Literal) and value.datatype is not None and value.datatype.uri == RDF[1] + JSON_TYPE:
            try:
                several.append(Struct(value.value).data)
                continue
            except InvalidValueError:
                pass
        several.append(plain(value))
    if len(several) == 1 and isinstance(several[0], bool | int | float | str):
        return several[0]
    return Struct.of(several[0] if len(several) == 1 else several)


def milliseconds(time: object, report: LoadReport) -> int | None:
    """Epoch milliseconds; a time without a zone is UTC. None for what is no time."""
    if not isinstance(time, datetime):
        return None
    if time.tzinfo is None:
        report.note(NoteKind.GUESSED, "times", "say no zone: they are taken for UTC", time.isoformat())
        time = time.replace(tzinfo=UTC)
    try:
        return epoch_milliseconds(time)
    except OverflowError:
        return None
