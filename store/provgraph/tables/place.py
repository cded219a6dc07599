"""Where a store keeps its files: beside the data of the embedded engine, or at the URL that a server's store names."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from provgraph.errors import ConfigurationError
from provgraph.store.core import StoreCore
from provgraph.store.opening import claim_files, read_record
from provgraph.tables.area import FileArea

__all__ = ["VARIABLE", "check_files_url", "file_area"]

VARIABLE: Final = "PROVGRAPH_FILES"
_EXAMPLE: Final = "s3://BUCKET/PREFIX or file:///mnt/share/provgraph"


def file_area(core: StoreCore) -> FileArea:
    """The file area of an open store.

    The embedded engine has it in its data folder, under `files`. A server's store names it, as `provgraph init --files`
    told it; one that was never told takes `PROVGRAPH_FILES` and keeps it, so that every client agrees.

    Raises:
        ConfigurationError: a server's store that was never told where, a URL that cannot be used, or one that is
            not the store's own.
    """
    scheme, _, folder = core.store.url.partition(":")
    if scheme == "embedded":
        return FileArea(str(Path(folder) / "files"))
    wanted = os.environ.get(VARIABLE, "").strip() or None
    if wanted is not None:
        check_files_url(wanted, VARIABLE)
    record = read_record(core.store)  # anew: somebody may have moved it since this store was opened
    kept = None if record is None else record.files
    if kept is None and wanted is not None:
        kept = claim_files(core.store, wanted)
    if kept is None:
        raise ConfigurationError(
            f"{core.store.url} does not say where its files are kept: run `provgraph --url {core.store.url} init "
            f"--files URL` once, or set {VARIABLE} (such as {_EXAMPLE})"
        )
    if wanted is not None and wanted.rstrip("/") != kept.rstrip("/"):
        raise ConfigurationError(
            f"{VARIABLE} says {wanted}, but this store keeps its files in {kept}: unset {VARIABLE}, or move them and "
            f"run `provgraph --url {core.store.url} init --files {wanted} --force`"
        )
    return FileArea(kept)


def check_files_url(files: str, what: str = "--files") -> None:
    """Check that every client can use it, and that it holds no secret.

    Args:
        files: the URL.
        what: how the user said it: for the error.

    Raises:
        ConfigurationError: it cannot be used.
    """
    try:
        parts = urlsplit(files)
    except ValueError as error:
        raise ConfigurationError(f"{what} is no URL ({error}): write {_EXAMPLE}") from error
    if len(parts.scheme) < 2 and not PurePosixPath(files).is_absolute():
        raise ConfigurationError(f"{what} must mean the same place to everybody: write {_EXAMPLE}")
    if "@" in parts.netloc and parts.scheme not in ("abfs", "abfss", "az", "adl"):
        raise ConfigurationError(f"{what} is kept in the store for everybody to read: no user or password in it")
    if parts.query or parts.fragment:
        raise ConfigurationError(f"{what} is a plain place, without `?` and `#`: settings belong to its driver")
