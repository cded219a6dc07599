"""Opening a store: is it ours, is it of our version, and what to do with an empty or a foreign one."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

from provgraph.errors import ForeignStoreError, NewerStoreError
from provgraph.store.cypher import schema as statements
from provgraph.store.protocol import GraphStore
from provgraph.store.schema import LABELS, SCHEMA_VERSION, STORE_LABEL, TYPE_LABELS

__all__ = ["StoreRecord", "claim_files", "initialize", "open_store", "read_record", "set_files"]


@dataclass(frozen=True, slots=True)
class StoreRecord:
    """What the store says of itself.

    Attributes:
        store_id: made with the store, and never changed.
        made_by: the version of provgraph that made it.
        files: where large values are kept, for a server; None if it was never said.
    """

    store_id: str
    schema_version: int
    created_at: int
    made_by: str
    files: str | None


def read_record(store: GraphStore) -> StoreRecord | None:
    """The store's own record; None if provgraph never made one here.

    Raises:
        ForeignStoreError: what bears its key are the marks of exported lineages.
    """
    rows = store.read(statements.READ_STORE, {})
    if any(found and "store_id" not in found for [found] in rows):
        raise ForeignStoreError(
            f"{store.info().url} holds lineages that py2neo wrote, and is no store: use another database"
        )
    [[found]] = rows
    if not found:
        return None
    return StoreRecord(
        store_id=found["store_id"],
        schema_version=found["schema_version"],
        created_at=found["created_at"],
        made_by=found["made_by"],
        files=found.get("files"),
    )


def open_store(store: GraphStore, version: str) -> StoreRecord:
    """The record of a store that can be used: an empty one is made ours, any other is left as it is.

    Raises:
        ForeignStoreError: the database holds other data.
        NewerStoreError: a newer provgraph made it.
    """
    record = read_record(store)
    if record is None:
        [[count]] = store.read(statements.COUNT_ALL, {})
        if count:
            url = store.info().url
            raise ForeignStoreError(
                f"{url} holds {count:,} nodes that are not provgraph's: nothing was changed. Use another database, or "
                f"run `provgraph --url {url} init` to keep provgraph's records beside them"
            )
        return initialize(store, version)
    if record.schema_version > SCHEMA_VERSION:
        raise NewerStoreError(
            f"{store.info().url} was made by provgraph {record.made_by} (schema {record.schema_version}, this one "
            f"knows {SCHEMA_VERSION}): update with `pip install --upgrade provgraph`"
        )
    return record


def initialize(store: GraphStore, version: str, files: str | None = None) -> StoreRecord:
    """Make the database a store of provgraph's: constraints, indexes and the store's record. Repeating changes nothing.

    Raises:
        ForeignStoreError: other people's nodes bear one of our labels.
    """
    if read_record(store) is None:
        rows = store.read(statements.FOREIGN_LABELS, {"labels": [*LABELS, *TYPE_LABELS, STORE_LABEL]})
        if rows and read_record(store) is None:  # not made by another process in the meantime
            labels = ", ".join(sorted({row[0] for row in rows}))
            raise ForeignStoreError(
                f"{store.info().url} already holds nodes with a label that provgraph uses ({labels}): "
                "use another database"
            )
        for statement in statements.CONSTRAINTS:
            store.alter(statement)
        word = f"word-{uuid.uuid4()}"
        store.write(lambda tx: tx.run(statements.KNOWN_WORDS, {"key": word, "id": -(uuid.uuid4().int % 2**62) - 1}))
    parameters = {
        "schema_version": SCHEMA_VERSION,
        "now": int(time.time() * 1000),
        "store_id": uuid.uuid4().hex,
        "made_by": version,
        "files": files,
    }
    store.write(lambda tx: tx.run(statements.CREATE_STORE, parameters))
    record = read_record(store)
    if record is None:  # deleted by somebody in this very moment
        raise ForeignStoreError(f"{store.info().url} does not keep what provgraph writes: use another database")
    return record


def set_files(store: GraphStore, files: str) -> None:
    """Say where the store keeps large values."""
    store.write(lambda tx: tx.run(statements.SET_FILES, {"files": files}))


def claim_files(store: GraphStore, files: str) -> str:
    """Say where the store keeps large values, if nobody has yet; where it does."""
    [[kept]] = store.write(lambda tx: tx.run(statements.CLAIM_FILES, {"files": files}))
    return str(kept)
