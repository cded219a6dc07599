"""Records of one PROV document in another. Needs the package `prov`."""

from __future__ import annotations

from prov.identifier import QualifiedName
from prov.model import Literal, ProvBundle, ProvRecord

__all__ = ["add_copy"]


def add_copy(target: ProvBundle, record: ProvRecord) -> None:
    """Add a record to another document or bundle, with all the prefixes that it uses.

    `ProvBundle.add_record` leaves out the prefixes of the datatypes of literals: what it writes then cannot be read.
    """
    if not any(_has_own_type(value) for _, value in record.extra_attributes):
        target.add_record(record)
        return
    extra = [(name, _with_prefix(target, value)) for name, value in record.extra_attributes]
    target.new_record(record.get_type(), record.identifier, record.formal_attributes, extra)


def _has_own_type(value: object) -> bool:
    return isinstance(value, Literal) and value.datatype is not None


def _with_prefix(target: ProvBundle, value: object) -> object:
    if not isinstance(value, Literal) or value.datatype is None:
        return value
    datatype: QualifiedName | None = target.valid_qualified_name(value.datatype)
    if datatype is None or str(datatype) == str(value.datatype):
        return value
    return Literal(value.value, datatype, value.langtag)
