"""`provgraph status`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provgraph.cli.options import Settings, output_options, pass_settings, url_option
from provgraph.cli.output import say, write_json, write_lines
from provgraph.cli.stores import FIRST_STEPS, embedded_folder, plain_engine
from provgraph.cli.text import iso_time, size_text

if TYPE_CHECKING:
    from provgraph.engines.address import Engine
    from provgraph.engines.embedded import EngineStatus
    from provgraph.store.bolt import BoltStore

__all__ = ["status"]


@click.command(short_help="Show where the store is and what it holds.")
@click.option("--no-start", is_flag=True, help="Do not start a stopped embedded engine to count what it holds.")
@url_option
@output_options(csv=False)
@pass_settings
def status(settings: Settings, no_start: bool) -> None:
    """Show where the store is, which engine answers, and how many nodes and links of each sort it holds.

    Nothing is made or changed: not a data folder that is not there yet, not a database that is not provgraph's.
    """
    engine = plain_engine(settings)
    folder = embedded_folder(engine)
    seen = None if folder is None else _inspect(folder)
    answer: dict[str, object] = {"url": engine.url, "engine": None, "version": None, "state": "running"}
    if seen is not None:
        answer |= _engine_answer(seen)
    counts: dict[str, int] | None = None
    if seen is not None and seen.state == "absent":
        counts = _none_of_all()
        hint = f"there is no store yet: {FIRST_STEPS}"
    elif seen is not None and seen.state != "running" and no_start:
        hint = "the engine is not running, so nothing was counted: leave --no-start out"
    else:
        counts, hint = _ask(engine, answer)
        if seen is not None and seen.pid is None:  # it was started just now
            answer |= _engine_answer(_inspect(seen.folder))
    if settings.format == "json":
        write_json({**answer, "counts": counts})
    else:
        _write(answer, counts or {})
    if hint:
        say(hint)


def _inspect(folder: Path) -> EngineStatus:
    from provgraph.engines.embedded import inspect

    return inspect(folder)


def _engine_answer(seen: EngineStatus) -> dict[str, object]:
    return {
        "engine": "ArcadeDB",
        "version": seen.engine.rpartition(" ")[2] if seen.engine else None,
        "state": seen.state,
        "folder": str(seen.folder),
        "size_bytes": seen.size_bytes,
        "pid": seen.pid,
        "started_at": iso_time(seen.started) or None,
        "users": seen.users,
        "bolt": seen.bolt,
    }


def _none_of_all() -> dict[str, int]:
    from provgraph.store.cypher.schema import COUNT_STORE

    return dict.fromkeys((name for name, _ in COUNT_STORE), 0)


def _ask(engine: Engine, answer: dict[str, object]) -> tuple[dict[str, int], str]:
    """Add what the store says of itself; returns what it holds, and what to do next if there is something to do."""
    from provgraph.errors import NewerStoreError
    from provgraph.store.bolt import BoltStore
    from provgraph.store.cypher.schema import COUNT_ALL
    from provgraph.store.opening import read_record
    from provgraph.store.schema import SCHEMA_VERSION

    store = BoltStore(engine)
    with closing(store):
        info = store.info()
        answer |= {"engine": info.engine, "version": info.version}
        if not info.embedded:
            answer["database"] = info.database
        record = read_record(store)
        if record is None:
            [[others]] = store.read(COUNT_ALL, {})
            if others:
                answer["foreign_nodes"] = others
                hint = (
                    f"this database holds {others:,} nodes that are not provgraph's: `provgraph init` makes it a store "
                    "beside them, and leaves them alone"
                )
                return _none_of_all(), hint
            return _none_of_all(), f"this database is empty: {FIRST_STEPS}"
        answer |= {"schema_version": record.schema_version, "store_id": record.store_id, "made_by": record.made_by}
        answer |= {"created_at": iso_time(record.created_at), "files": record.files}
        if record.schema_version > SCHEMA_VERSION:
            raise NewerStoreError(
                f"{engine.url} was made by provgraph {record.made_by}: update with `pip install --upgrade provgraph`"
            )
        counts = _count(store)
    return counts, "" if any(counts.values()) else f"the store is empty: {FIRST_STEPS}"


def _count(store: BoltStore) -> dict[str, int]:
    from provgraph.store.cypher.schema import COUNT_STORE

    return {name: store.read(statement, {})[0][0] for name, statement in COUNT_STORE}


def _write(answer: dict[str, object], counts: dict[str, int]) -> None:
    engine = f"{answer['engine']} {answer['version']}" if answer["version"] else "none is installed"
    lines = [("store", answer["url"]), ("engine", engine)]
    if answer.get("database"):
        lines.append(("database", answer["database"]))
    lines.append(("state", answer["state"]))
    if isinstance(size := answer.get("size_bytes"), int) and answer["state"] != "absent":
        lines.append(("size", size_text(size)))
    if answer.get("pid"):
        lines.append(("process", f"{answer['pid']}, users: {answer['users']}"))
    if answer.get("made_by"):
        lines.append(("made by", f"provgraph {answer['made_by']}, schema {answer['schema_version']}"))
    if answer.get("files"):
        lines.append(("files", answer["files"]))
    write_lines(f"{name:<9} {value}" for name, value in lines)
    if any(counts.values()):
        room = max(len(name) for name, number in counts.items() if number)
        write_lines([""])
        write_lines(f"{name:<{room}}  {number:>12,}" for name, number in counts.items() if number)
