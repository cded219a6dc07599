"""What a document says of one node, as a PROV-JSON document of its own that names all the prefixes it uses."""

from __future__ import annotations

from collections.abc import Iterable

from prov.identifier import Namespace, QualifiedName

from provgraph.interop.prov_records import Assembly
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
    whole = Assembly()
    for prefix in prefixes:
        whole.add_prefix(prefix)
    if default is not None:
        whole.add_prefix(Namespace("", default.uri))
    if name is not None:
        whole.name(name)
    if bundle is not None:
        whole.bundle(bundle)
    for scope, record in said:
        whole.add(scope, record)
    return Struct(str(whole.document.serialize(format="json")))
