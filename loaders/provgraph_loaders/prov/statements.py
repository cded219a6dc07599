"""What a document says of one node, as a PROV-JSON document of its own that names all the prefixes it uses."""

from __future__ import annotations

from collections.abc import Iterable

from prov.identifier import Namespace, QualifiedName
from prov.model import ProvDocument

from provgraph.interop.prov_records import add_copy
from provgraph.model import Struct
from provgraph_loaders.prov.things import Said

__all__ = ["statements"]


def statements(
    name: QualifiedName | None,
    said: Iterable[Said],
    *,
    bundle: QualifiedName | None = None,
    prefixes: Iterable[Namespace] = (),
    default: Namespace | None = None,
) -> Struct:
    """The document.

    Args:
        name: of the node, whose prefix is always told.
        said: what is said, and in which bundles.
        bundle: one that is there even if nothing is said in it.
        prefixes: further ones to tell; default: that of names without a prefix.
    """
    document = ProvDocument(namespaces=prefixes)
    if default is not None:
        document.set_default_namespace(default.uri)
    if name is not None:
        document.valid_qualified_name(name)
    made = {} if bundle is None else {bundle.uri: document.bundle(bundle)}
    for scope, record in said:
        if scope is None:
            add_copy(document, record)
            continue
        if scope.uri not in made:
            made[scope.uri] = document.bundle(scope)
        add_copy(made[scope.uri], record)
    return Struct(str(document.serialize(format="json")))
