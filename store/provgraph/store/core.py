"""An open store with what reads and writes it: the one object that everything above is given."""

from __future__ import annotations

from dataclasses import dataclass

from provgraph.store.ids import IdBlock
from provgraph.store.opening import StoreRecord, open_store
from provgraph.store.protocol import GraphStore
from provgraph.store.reader import Reader
from provgraph.store.types import TypeRegistry
from provgraph.store.writer import Writer

__all__ = ["StoreCore"]


@dataclass(frozen=True, slots=True)
class StoreCore:
    """An open store.

    Attributes:
        store: runs statements.
        record: what the store says of itself.
        ids, types, writer, reader: hand out ids, put types, write records, read nodes.
    """

    store: GraphStore
    record: StoreRecord
    ids: IdBlock
    types: TypeRegistry
    writer: Writer
    reader: Reader

    @classmethod
    def open(cls, store: GraphStore, version: str) -> StoreCore:
        """Open a store that is ours, or make an empty one ours.

        Raises:
            ForeignStoreError: the database holds other data.
            NewerStoreError: a newer provgraph made it.
        """
        record = open_store(store, version)
        ids = IdBlock(store)
        types = TypeRegistry(store, ids)
        return cls(store, record, ids, types, Writer(store, ids, types), Reader(store))
