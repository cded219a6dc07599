"""`provgraph init`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from provgraph.cli.options import TEXT, Settings, output_options, pass_settings, url_option
from provgraph.cli.output import say, write_json, write_lines
from provgraph.cli.stores import plain_engine
from provgraph.errors import ConfigurationError, ConflictError, NewerStoreError

if TYPE_CHECKING:
    from provgraph.store.opening import StoreRecord
    from provgraph.store.protocol import GraphStore

__all__ = ["init"]


@click.command(short_help="Make a database a store of provgraph's.")
@click.option("--files", type=TEXT, metavar="URL", help="For a server: where large values are kept, as an fsspec URL.")
@click.option("--force", is_flag=True, help="Replace another --files URL: what lies there is no longer found.")
@url_option
@output_options(csv=False)
@pass_settings
def init(settings: Settings, files: str | None, force: bool) -> None:
    """Make a database a store of provgraph's.

    An empty database needs no init: its first use does it. A database with other people's data does, and keeps it: only
    provgraph's own labels are ever written. Repeating it changes nothing.

    Tables of predictions are files. A server's store keeps them where --files says, else PROVGRAPH_FILES: a place that
    every client reaches under the same URL.
    """
    from provgraph import __version__
    from provgraph.store.bolt import BoltStore
    from provgraph.store.opening import initialize, read_record
    from provgraph.store.schema import SCHEMA_VERSION
    from provgraph.tables.place import VARIABLE, check_files_url

    engine = plain_engine(settings)
    if files is None and not engine.embedded:
        files = os.environ.get(VARIABLE, "").strip() or None
    if files is not None:
        if engine.embedded:
            raise ConfigurationError("the embedded engine keeps its files in its data folder: --files is for a server")
        check_files_url(files)
    store = BoltStore(engine)
    try:
        before = read_record(store)
        if before is not None and before.schema_version > SCHEMA_VERSION:
            raise NewerStoreError(
                f"{engine.url} was made by provgraph {before.made_by}: update with `pip install --upgrade provgraph`"
            )
        record = initialize(store, __version__, files)
        if files is not None and record.files != files:
            record = _moved(store, record, files, force)
    finally:
        store.close()
    if settings.format == "json":
        answer = {"url": engine.url, "created": before is None, "files": record.files}
        write_json({**answer, "schema_version": record.schema_version, "store_id": record.store_id})
        return
    made = "is now a provgraph store" if before is None else "is a provgraph store already"
    write_lines([f"{engine.url} {made} (schema {record.schema_version})"])
    if record.files:
        write_lines([f"large values are kept in {record.files}"])
    elif not engine.embedded:
        say("large values, such as tables of predictions, have no place yet: `provgraph init --files URL` says where")


def _moved(store: GraphStore, record: StoreRecord, files: str, force: bool) -> StoreRecord:
    from provgraph.store.opening import read_record, set_files

    if record.files is not None and not force:
        raise ConflictError(
            f"this store keeps its files in {record.files}: copy them to {files} and repeat with --force to use that"
        )
    set_files(store, files)
    return read_record(store) or record
