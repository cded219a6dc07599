"""Steps that wait for their store: one small file each, written whole or not at all.

A file is named `UUID.NUMBER.jsonl` after the recording and how often it was written: each writing makes a new file and
removes the one before, so a reader removes exactly what it has read. It holds two lines of JSON: where the step
belongs, and the step.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from provgraph.engines.discovery import find_data_folder
from provgraph.engines.embedded.folder import FOLDER_NAME, GITIGNORE
from provgraph.errors import LoadError, ProvgraphError, StoreError
from provgraph.model import ExecutionState
from provgraph.recording.declared import StepRecord, record_from_text, record_to_text
from provgraph.recording.door import Door, is_away
from provgraph.recording.warn import say
from provgraph.recording.writing import write_step
from provgraph.store.core import StoreCore

__all__ = ["Spool", "SpoolReport", "bring_in", "bring_in_quietly", "spool_folders"]

_FORMAT = 1
_SUFFIX = ".jsonl"


def spool_folders(url: str) -> list[Path]:
    """Where steps of the store at `url` may wait, the first that can be written: `PROVGRAPH_SPOOL` if it is set; else
    `spool` in the store's own data folder, if it has one, and in the data folder that is found from the current folder.

    Raises:
        ConfigurationError: the current folder was removed, or the data folder belongs to another user.
    """
    named = os.environ.get("PROVGRAPH_SPOOL", "").strip()
    if named:
        return [Path(named).expanduser().absolute()]
    scheme, _, own = url.partition(":")
    folders = [Path(own)] if scheme == "embedded" else []
    return [folder / "spool" for folder in dict.fromkeys([*folders, find_data_folder()])]


class Spool:
    """Where the steps of one store wait.

    Args:
        folders: where they may be, at least one: the first that can be written is used, and made when it is needed.
        url: of the store, without a password.
        database: of a server, if one was named.
    """

    def __init__(self, folders: Sequence[Path], url: str, database: str | None) -> None:
        self._folders, self._url, self._database = list(folders), url, database
        self._written: dict[str, tuple[int, Path]] = {}

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._folders[0]

    def keep(self, record: StepRecord) -> Path:
        """Write the step as it stands now, instead of what was kept of it before.

        Raises:
            OSError: it cannot be written; what was kept before is still there.
        """
        while True:
            try:
                return self._write(record)
            except OSError:
                if len(self._folders) == 1:
                    raise
                del self._folders[0]

    def _write(self, record: StepRecord) -> Path:
        header = {"provgraph_spool": _FORMAT, "url": self._url, "database": self._database}
        text = f"{json.dumps(header)}\n{record_to_text(record)}\n"
        self._make_folder()
        number, before = self._written.get(record.uuid, (0, None))
        path = self.folder / f"{record.uuid}.{number + 1}{_SUFFIX}"
        unfinished = path.with_suffix(".part")
        try:
            with open(unfinished, "w", encoding="ascii", opener=_private) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError:
            with suppress(OSError):
                unfinished.unlink()
            raise
        self._written[record.uuid] = (number + 1, path)
        if before is not None:
            before.unlink(missing_ok=True)
        return path

    def drop(self, record: StepRecord) -> None:
        """Forget the step: its store has it."""
        _, path = self._written.pop(record.uuid, (0, None))
        if path is not None:
            path.unlink(missing_ok=True)

    def _make_folder(self) -> None:
        parent = self.folder.parent
        if parent.name == FOLDER_NAME and not parent.exists():
            parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            (parent / GITIGNORE).write_text("# made by provgraph\n*\n", "utf-8")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@dataclass(slots=True)
class SpoolReport:
    """What `bring_in` did.

    Attributes:
        recorded: steps that are in the store now and were not before.
        known: steps that the store had already.
        waiting: steps of other stores, by URL; they stay where they are.
        failed: (file, why) of steps that could not be recorded; they stay where they are.
    """

    recorded: int = 0
    known: int = 0
    waiting: dict[str, int] = field(default_factory=dict[str, int])
    failed: list[tuple[Path, str]] = field(default_factory=list[tuple[Path, str]])


def bring_in(core: StoreCore, folders: Sequence[Path], url: str, database: str | None = None) -> SpoolReport:
    """Record the steps that wait for the store at `url`, in the order in which they ended. Repeating changes nothing.

    Args:
        core: the open store.
        folders: where the steps wait; they need not exist.
        url: as the steps name their store.
        database: of a server, if one was named.

    Raises:
        StoreError: the store went away again; what is not recorded waits on.
    """
    report = SpoolReport()
    ready: list[tuple[tuple[bool, int, int], Path, StepRecord]] = []
    for path in (path for folder in folders for path in _files(folder)):
        try:
            header, text = _read(path)
            if (header.get("url"), header.get("database")) != (url, database):
                where = str(header.get("url"))
                report.waiting[where] = report.waiting.get(where, 0) + 1
                continue
            record = record_from_text(text)
        except FileNotFoundError:  # another process was faster
            continue
        except (OSError, LoadError) as error:
            report.failed.append((path, str(error)))
            continue
        # what one step put out is what the next took in, so the order matters
        running = record.state is ExecutionState.RUNNING
        ready.append(((running, record.ended_at or record.started_at, record.started_at), path, record))
    for _, path, record in sorted(ready, key=lambda entry: (entry[0], entry[1].name)):
        try:
            new = write_step(core, record, record.things, whole=True, ask=True)
        except ProvgraphError as error:
            if isinstance(error, StoreError) and is_away(error):
                raise
            report.failed.append((path, str(error)))
            continue
        report.recorded += new
        report.known += not new
        path.unlink(missing_ok=True)
    return report


def bring_in_quietly(door: Door) -> None:
    """Open the store, and bring in what waits for it; what cannot be brought in is a line on stderr, and waits on.

    Raises:
        StoreError: the store cannot be opened.
    """
    core = door.core()
    try:
        report = bring_in(core, spool_folders(door.url), door.url, door.database)
    except (OSError, ProvgraphError) as error:
        say(f"steps that wait in the spool were not recorded: {error}")
        return
    if report.recorded:
        say(f"{report.recorded} step(s) that waited in the spool are recorded now")
    if report.failed:
        path, why = report.failed[0]
        say(f"{len(report.failed)} step(s) in {path.parent} could not be recorded, the first because: {why}")


def _files(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(path for path in folder.iterdir() if path.suffix == _SUFFIX)
    except (FileNotFoundError, NotADirectoryError):
        return


def _read(path: Path) -> tuple[dict[str, Any], str]:
    header_text, _, rest = path.read_text(encoding="ascii", errors="replace").partition("\n")
    try:
        header = json.loads(header_text)
    except ValueError as error:
        raise LoadError(f"{path}, line 1: not a file of the spool ({error})") from error
    header = cast("dict[str, Any]", header) if isinstance(header, dict) else {}
    if header.get("provgraph_spool") != _FORMAT:
        raise LoadError(f"{path}, line 1: not a file of the spool, or one of a newer provgraph")
    return header, rest.strip("\n")
