"""Records of one PROV document in another. Needs the package `prov`."""

from __future__ import annotations

from typing import Final

from prov.constants import PROV, XSD, XSI
from prov.identifier import Namespace, QualifiedName
from prov.model import Literal, ProvBundle, ProvDocument, ProvRecord

__all__ = ["Assembly"]

_GIVEN: Final = {space.prefix: space.uri for space in (PROV, XSD, XSI)}


class Assembly:
    """A document that is put together from records of others.

    A prefix has one meaning in all of it. In prov it may have another one in each bundle, but the name of a bundle is
    then written by the prefixes of the document and read by those of the bundle.
    """

    def __init__(self) -> None:
        self.document = ProvDocument()
        self._meanings: dict[str, str] = dict(_GIVEN)
        self._spaces: dict[tuple[str, str], Namespace] = {}
        self._bundles: dict[str, ProvBundle] = {}

    def add_prefix(self, space: Namespace) -> None:
        """Tell a prefix, which may get another spelling. One that is empty stands for names without a prefix."""
        space = self._space(space)
        if space.prefix:
            self.document.add_namespace(space)
        else:
            self.document.set_default_namespace(space.uri)

    def name(self, name: QualifiedName) -> QualifiedName:
        """The name as it is written here, its prefix told."""
        return self._told(self.document, name)

    def bundle(self, name: QualifiedName) -> ProvBundle:
        """The bundle of this name, made if there is none."""
        found = self._bundles.get(name.uri)
        if found is None:
            found = self._bundles[name.uri] = self.document.bundle(self._spelt(name))
        return found

    def add(self, scope: QualifiedName | None, record: ProvRecord) -> None:
        """Add a copy of a record to a bundle (None: to none), with all the prefixes that it uses."""
        target = self.document if scope is None else self.bundle(scope)
        name = None if record.identifier is None else self._spelt(record.identifier)
        formal = [(attribute, self._value(target, value)) for attribute, value in record.formal_attributes]
        extra = [(self._spelt(attribute), self._value(target, value)) for attribute, value in record.extra_attributes]
        target.new_record(record.get_type(), name, formal, extra)

    def _value(self, target: ProvBundle, value: object) -> object:
        if isinstance(value, QualifiedName):
            return self._spelt(value)
        if isinstance(value, Literal) and value.datatype is not None:
            # prov does not tell the prefix of a datatype by itself: what it writes then cannot be read
            datatype = self._told(target, value.datatype)
            if str(datatype) != str(value.datatype):
                return Literal(value.value, datatype, value.langtag)
        return value

    def _told(self, target: ProvBundle, name: QualifiedName) -> QualifiedName:
        spelt = self._spelt(name)
        told: QualifiedName | None = target.valid_qualified_name(spelt)
        return told or spelt

    def _spelt(self, name: QualifiedName) -> QualifiedName:
        space = self._space(name.namespace)
        return name if space.prefix == name.namespace.prefix else space[name.localpart]

    def _space(self, space: Namespace) -> Namespace:
        found = self._spaces.get((space.prefix, space.uri))
        if found is None:
            prefix, number = space.prefix, 0
            while self._meanings.setdefault(prefix, space.uri) != space.uri:
                number += 1
                prefix = f"{space.prefix or 'dn'}_{number}"
            found = Namespace(prefix, space.uri)
            self._spaces[space.prefix, space.uri] = found
        return found
