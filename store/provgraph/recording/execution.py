"""One step as it is recorded: its start, its inputs, what it logs, its outputs and its end."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from os import PathLike, fspath
from types import TracebackType
from typing import Literal, Self, TypeAlias
from uuid import uuid4

from provgraph.errors import ProvgraphError, RecordingError, StoreError
from provgraph.model import Artifact, ExecutionState, JsonValue, Step, Struct, Value
from provgraph.recording.contexts import ContextsLike, context_names, workflow_names
from provgraph.recording.declared import Declared, StepRecord
from provgraph.recording.door import Door, is_away
from provgraph.recording.environment import Capture, circumstances, failure, imported_packages
from provgraph.recording.files import Watched, look
from provgraph.recording.identity import full_digest
from provgraph.recording.process import this_process
from provgraph.recording.recorded import RecordedArtifact
from provgraph.recording.redaction import redact_properties, redact_uri
from provgraph.recording.spool import Spool, spool_folders
from provgraph.recording.values import clean_text, to_properties
from provgraph.recording.warn import say, warn
from provgraph.recording.writing import write_step

__all__ = ["Source", "StepRecorder", "TimeLike"]

TimeLike: TypeAlias = datetime | int
Source: TypeAlias = "str | PathLike[str] | Artifact | RecordedArtifact"


class StepRecorder:
    """An execution while it is recorded: what `Graph.execution` returns. Use it in a `with` statement.

    Entering writes the execution as RUNNING, with its contexts, in one transaction; each `input` is written when it is
    declared; leaving writes outputs, logged values and the final state in one transaction. A process that is killed
    between the two leaves a RUNNING execution that shows as lost.

    Methods may be called from several threads.
    """

    def __init__(
        self,
        door: Door,
        type: str,
        *,
        name: str | None = None,
        key: str | None = None,
        pipeline: str | None = None,
        run: str | None = None,
        contexts: ContextsLike | None = None,
        parameters: Mapping[str, object] | None = None,
        started_at: TimeLike | None = None,
        ended_at: TimeLike | None = None,
        capture: Capture | None = None,
        properties: Mapping[str, object] | None = None,
    ) -> None:
        self._door = door
        self._capture = capture or Capture()
        self._lock = threading.RLock()
        self._state: Literal["new", "open", "known", "closed"] = "new"
        self._started, self._ended = to_millis(started_at), to_millis(ended_at)
        workflow = workflow_names(pipeline, run)
        uuid = uuid4().hex
        self._given = {**_properties(parameters or {}, "param_"), **_properties(properties or {})}
        self._record = StepRecord(
            uuid=uuid,
            type=type,
            key=key if key is not None else f"provgraph/Execution/{type}/{uuid}",
            keyed=key is not None,
            name=name,
            started_at=0,
            backfilled=ended_at is not None,
            workflow=workflow,
            contexts=list(dict.fromkeys([*workflow, *context_names(contexts)])),
        )
        if key == "":
            raise RecordingError("an execution's key must not be empty: leave it out, or name the step")
        self._watched: dict[int, Watched] = {}
        self._spool: Spool | None = None
        self._stored = False
        self._pid = 0

    # -- what it is -------------------------------------------------------------------------------------------

    @property
    def key(self) -> str:
        """The execution's identity in the store."""
        return self._record.settled_key or self._record.key

    @property
    def type(self) -> str:
        """The name of its type."""
        return self._record.type

    @property
    def recording(self) -> bool:
        """Whether this records: False where the step stands under its key already."""
        return self._state != "known"

    # -- start and end ----------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        if self._state != "new":
            raise RecordingError("a step is recorded once: call graph.execution(...) again for another one")
        record = self._record
        record.started_at = self._started if self._started is not None else _now()
        record.properties = {
            **circumstances(self._capture),
            "process": Struct.of(this_process()),
            "recording": record.uuid,
            **self._given,
        }
        self._state, self._pid = "open", os.getpid()
        if not self._write([], whole=True, ask=record.keyed, early=True):
            self._state = "known"
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._lock:
            if self._state != "open":
                self._state = "closed" if self._state != "known" else "known"
                return
            self._state = "closed"
            if os.getpid() != self._pid:  # a fork of the recording process leaves the block: that is not the step's end
                return
            record = self._record
            record.state = _state_of(error)
            record.ended_at = self._ended if self._ended is not None else _now()
            if error is not None and record.state is not ExecutionState.COMPLETE:
                record.properties |= failure(error, self._capture)
            if self._capture.packages:
                record.properties["packages"] = imported_packages()
            record.properties |= self._given
            warnings = self._look_again(ended_well=error is None)
            outputs = [thing for thing in record.things if thing.role == "output"]
            for thing in outputs:
                thing.time = record.ended_at
            unwritten = [thing for thing in record.things if thing.role == "output" or not thing.id]
            things = unwritten if self._stored else record.things
            try:
                self._write(things, whole=True, ask=record.keyed or not self._stored, early=False)
            except ProvgraphError as problem:
                if error is None:
                    raise
                # the step's own exception is the one that matters
                say(f"the end of {record.type} was not recorded: {problem}")
            for text in warnings:  # only now: a warning may be made an error, and the record must be there by then
                warn(text)

    # -- what happens between ---------------------------------------------------------------------------------

    def input(
        self,
        source: Source | None = None,
        /,
        *,
        type: str | None = None,
        name: str | None = None,
        version: str | None = None,
        digest: str | None = None,
        uri: str | None = None,
        role: str | int | Sequence[Step] | None = None,
        contexts: ContextsLike | None = None,
        **properties: object,
    ) -> RecordedArtifact:
        """Record that the step uses an artifact; it is visible in the store when this returns.

        Args:
            source: a file or folder, which is hashed; a remote URI, which is recorded as given; an artifact that
                was recorded before or came from the store; or nothing, with `type` and `name`.
            type: of the artifact. An unnamed input is looked for among artifacts with the same bytes: the one last
                seen at this place, else the one produced last (as a *possible* input, if there are several), else a
                new one without a producer. With `type` only among those of the type. What has no bytes to compare (a
                remote URI without a digest, an empty file) is looked for by its place alone, as an inference.
            name: which one it is, as `output` named it.
            version: with the name.
            digest: of the bytes, such as `sha256:…`: a local file is not hashed then.
            uri: where it is, if not at `source`.
            role: what it is to the step: the path of the event, such as `"train"`.
            contexts: types and paths of contexts that the artifact belongs to.
            properties: custom properties of the artifact.

        Raises:
            RecordingError: there is no such file (only where recording is strict), or nothing says what it is.
        """
        return self._declare("input", source, type, name, version, digest, uri, role, contexts, properties)

    def output(
        self,
        source: Source | None = None,
        /,
        *,
        type: str | None = None,
        name: str | None = None,
        version: str | None = None,
        digest: str | None = None,
        uri: str | None = None,
        role: str | int | Sequence[Step] | None = None,
        contexts: ContextsLike | None = None,
        **properties: object,
    ) -> RecordedArtifact:
        """Record that the step produced an artifact; it is written when the step ends.

        It belongs to the step's pipeline and run, and to its own `contexts`. Named and with a version, it is
        `name/version`, the same for everyone; other bytes under a version that is taken become `name/version+HEX8`,
        with a warning. Named without a version, the first 12 digits of the digest are the version. Unnamed, it is an
        artifact of its own.

        Arguments are those of `input`. A file that does not exist yet is hashed when the step ends.
        """
        return self._declare("output", source, type, name, version, digest, uri, role, contexts, properties)

    def log(self, **properties: object) -> None:
        """Set custom properties of the execution, such as metrics; written when the step ends. The last one counts."""
        with self._lock:
            self._need_open()
            self._given |= _properties(properties)

    # -- inside -----------------------------------------------------------------------------------------------

    def _declare(
        self,
        role: Literal["input", "output"],
        source: Source | None,
        type: str | None,
        name: str | None,
        version: str | None,
        digest: str | None,
        uri: str | None,
        path: str | int | Sequence[Step] | None,
        contexts: ContextsLike | None,
        properties: Mapping[str, object],
    ) -> RecordedArtifact:
        self._need_open()
        if version is not None and name is None and not isinstance(source, Artifact | RecordedArtifact):
            raise RecordingError("a version goes with a name: give name=")
        thing = Declared(
            role=role,
            position=0,
            time=self._started if self._started is not None else _now(),
            type=type,
            name=None if name is None else clean_text(str(name), "name"),
            version=None if version is None else clean_text(str(version), "version"),
            digest=None if digest is None else full_digest(digest),
            path=_path(path),
            contexts=context_names(contexts),
            properties=_properties(properties),
        )
        watched: Watched | None = None
        if isinstance(source, Artifact):
            _link(thing, source)
        elif isinstance(source, RecordedArtifact):
            _copy(thing, source.declared)
        elif source is not None:
            watched = look(thing, fspath(source), self._capture, missing_is_error=self._door.strict)
        if uri is not None:
            thing.uri = redact_uri(clean_text(uri, "uri"))
        with self._lock:
            self._need_open()
            thing.position = len(self._record.things)
            if role == "output" and thing.name is None and thing.link is None and thing.own_key is None:
                thing.own_key = f"provgraph/Output/{type or thing.default_type}/{self._record.uuid}/{thing.position}"
            if all(mark is None for mark in (thing.name, thing.link, thing.own_key, thing.uri, thing.digest)):
                raise RecordingError("nothing says which artifact this is: give a path, a digest, or type= and name=")
            if self._state == "known":
                return RecordedArtifact(thing)
            self._record.things.append(thing)
            if watched is not None:
                self._watched[thing.position] = watched
            if role == "input":
                try:
                    self._write([thing], whole=False, ask=False, early=True)
                except BaseException:  # it was refused: the step goes on without it
                    self._record.things.pop()
                    self._watched.pop(thing.position, None)
                    raise
        return RecordedArtifact(thing)

    def _need_open(self) -> None:
        if self._state in ("new", "closed"):
            raise RecordingError("the step is not open: use it inside `with graph.execution(...) as step:`")

    def _write(self, things: list[Declared], *, whole: bool, ask: bool, early: bool) -> bool:
        """Write to the store, else to the spool. False if there is nothing to record.

        What is wrong with a step is raised early, when little is lost by it; at the end it is kept for later.
        """
        door, record = self._door, self._record
        if self._spool is not None and early:  # once in the spool, all goes there until the end
            self._keep(None)
            return True
        problem: ProvgraphError | None = door.shut()
        if problem is None or door.strict:
            try:
                new = write_step(door.core(), record, things, whole=whole, ask=ask)
            except ProvgraphError as error:
                if door.strict or (early and not isinstance(error, StoreError)):
                    raise
                problem = error
            else:
                door.worked()
                self._stored = True
                if self._spool is not None:
                    self._spool.drop(record)
                return new
        if isinstance(problem, StoreError) and is_away(problem) and door.shut() is None:
            door.failed(problem)
        self._keep(problem)
        return True

    def _keep(self, problem: ProvgraphError | None) -> None:
        door = self._door
        try:
            if self._spool is None:
                self._spool = Spool(spool_folders(door.url), door.url, door.database)
            self._spool.keep(self._record)
        except (OSError, ProvgraphError) as error:
            door.say_once(f"{problem or 'the store is away'}; and the step cannot be kept for later either: {error}")
            return
        if problem is not None:
            door.say_once(f"{problem}. Steps are kept in {self._spool.folder} until then: `provgraph load spool`")

    def _look_again(self, *, ended_well: bool) -> list[str]:
        """Notice files that changed since they were hashed; what is to be warned of."""
        warnings: list[str] = []
        record = self._record
        written = {watched.path for at, watched in self._watched.items() if record.things[at].role == "output"}
        changed: list[JsonValue] = []
        for at, watched in self._watched.items():
            thing = record.things[at]
            if thing.role == "input" and watched.path in written:
                continue  # the step rewrote its own input: that is its output
            before = thing.digest
            after = watched.again(thing, self._capture)
            if after == before:
                if after is None and thing.role == "output" and ended_well:
                    warnings.append(f"{thing.uri} was not there when the step ended: it was recorded without its bytes")
                continue
            if thing.role == "output":
                if before is None:  # it was not there yet
                    continue
                thing.digest = after
            entry: dict[str, JsonValue] = {
                "role": thing.role,
                "uri": thing.uri,
                "digest": before,
                "digest_at_end": after,
            }
            changed.append(entry)
            what = "removed" if after is None else "changed"
            use = (
                "what it held at the end was recorded" if thing.role == "output" else "what it held before was recorded"
            )
            warnings.append(f"{thing.uri} was {what} between its hashing and the end of the step: {use}")
        if changed:
            record.properties["changed_files"] = Struct.of(changed)
        return warnings


def _properties(properties: Mapping[str, object], prefix: str = "") -> dict[str, Value]:
    clean, hidden = redact_properties(properties)
    if hidden:
        warn(f"{', '.join(sorted(set(hidden)))}: looks like a secret, and was recorded as ***")
    return to_properties(clean, prefix)


def _link(thing: Declared, artifact: Artifact) -> None:
    if not artifact.key:
        raise RecordingError("this artifact is in no store yet: put it first, or give a path")
    thing.link, thing.uri, thing.digest = artifact.key, artifact.uri, artifact.digest
    thing.stored_name, thing.stored_type, thing.name = artifact.name, artifact.type, None


def _copy(thing: Declared, known: Declared) -> None:
    """The same artifact again, which may not be written yet."""
    thing.stored_name, thing.stored_type = known.stored_name, known.stored_type
    thing.type, thing.default_type = known.type, known.default_type
    thing.uri, thing.digest, thing.empty, thing.host = known.uri, known.digest, known.empty, known.host
    thing.own_key = known.own_key
    if known.id or known.link:
        thing.link, thing.name, thing.version = known.key or known.link, None, None
    else:
        thing.name, thing.version = known.name, known.version


def _path(role: str | int | Sequence[Step] | None) -> tuple[Step, ...]:
    if role is None:
        return ()
    if isinstance(role, str | int):
        return (clean_text(role, "role") if isinstance(role, str) else role,)
    return tuple(role)


def _state_of(error: BaseException | None) -> ExecutionState:
    if error is None or isinstance(error, GeneratorExit) or (isinstance(error, SystemExit) and not error.code):
        return ExecutionState.COMPLETE
    canceled: tuple[type[BaseException], ...] = (KeyboardInterrupt,)
    if (asyncio := sys.modules.get("asyncio")) is not None:  # not imported for its own sake
        canceled += (asyncio.CancelledError,)
    return ExecutionState.CANCELED if isinstance(error, canceled) else ExecutionState.FAILED


def _now() -> int:
    return int(time.time() * 1000)


def to_millis(moment: TimeLike | None) -> int | None:
    """Epoch milliseconds of a datetime (one without a time zone is local) or of epoch milliseconds.

    Raises:
        RecordingError: it is neither.
    """
    if moment is None:
        return None
    if isinstance(moment, datetime):
        return round(moment.timestamp() * 1000)
    if isinstance(moment, bool) or not isinstance(moment, int):
        raise RecordingError(f"a time is a datetime or epoch milliseconds, not a {type(moment).__name__}")
    return moment
