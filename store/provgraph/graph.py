"""What users hold: `connect()` and the verbs of `Graph`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike, fspath
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import quote
from uuid import uuid4

from provgraph import __version__
from provgraph.engines.url import open_engine
from provgraph.errors import InvalidValueError, StoreError
from provgraph.model import (
    Artifact,
    Context,
    Event,
    Execution,
    Node,
    NodeKind,
    NodeType,
    Records,
    with_id,
)
from provgraph.recording.door import Door
from provgraph.recording.recorded import RecordedArtifact
from provgraph.store.bolt import BoltStore
from provgraph.store.core import StoreCore
from provgraph.store.cypher.trace import Way
from provgraph.store.execution import ExecutionUnit, put_execution
from provgraph.store.protocol import StoreInfo
from provgraph.store.reader import Condition, Query
from provgraph.store.writer import WriteResult
from provgraph.tracing.deployments import Deployment
from provgraph.tracing.explain import Explanation, explain
from provgraph.tracing.impact import Impact, impact, reached_ids
from provgraph.tracing.lineage import Direction, Lineage
from provgraph.tracing.overview import (
    Neighbours,
    TypeCount,
    census,
    latest_deployments,
    latest_failures,
    latest_models,
    neighbours,
    reach,
)
from provgraph.tracing.runs import Run, Use, run_lineage, runs, uses
from provgraph.tracing.source import source_lineage
from provgraph.tracing.trace import TraceOptions, trace

if TYPE_CHECKING:
    from pandas import DataFrame

    from provgraph.analysis.result import ErrorAnalysis
    from provgraph.coverage.values import Coverage
    from provgraph.joining.report import StitchReport
    from provgraph.joining.rules import Rule
    from provgraph.loading import Loader, LoadReport, Progress
    from provgraph.recording.contexts import ContextsLike
    from provgraph.recording.environment import Capture
    from provgraph.recording.execution import StepRecorder, TimeLike
    from provgraph.recording.lost import LostExecution
    from provgraph.recording.spool import SpoolReport
    from provgraph.slicing import Outcome
    from provgraph.slicing.corrections import Correction
    from provgraph.tables.area import FileArea
    from provgraph.tables.predictions import PredictionTable
    from provgraph.tables.roles import Task
    from provgraph.tables.verbs import ArrowTable

__all__ = ["Graph", "connect"]

N = TypeVar("N", bound="Artifact | Execution | Context")

NodeLike = str | Node | RecordedArtifact


def connect(
    url: str | None = None,
    *,
    user: str | None = None,
    password: str | None = None,
    database: str | None = None,
    timeout: float = 60.0,
    strict: bool = False,
    start_message: Callable[[str], None] | None = None,
) -> Graph:
    """Open a store.

    A store that cannot be reached does not stop a training: steps recorded with `Graph.execution` are kept in files
    until the next time that the store is opened. Everything else that is asked of such a graph raises what is wrong.
    Steps that wait for this store are brought in here.

    Args:
        url: `neo4j://HOST`, `neo4j+s://HOST` or `bolt://HOST` for a server; `embedded:PATH` for the embedded engine
            with its data in PATH; None for `PROVGRAPH_URL`, or else the embedded engine with its data in `.provgraph`,
            searched for upward to the repository's root, and made in the current folder if there is none.
        user, password, database: for a server; else `PROVGRAPH_USER`, `PROVGRAPH_PASSWORD`, `PROVGRAPH_DATABASE`.
        timeout: seconds after which the server stops a statement.
        strict: raise at once where the store cannot be reached, here and in recording.
        start_message: told one line when an embedded engine is started; by default the line goes to stderr.

    Raises:
        ConfigurationError: the URL cannot be used.
        StoreError: with `strict`, the store cannot be reached, holds other data, or was made by a newer provgraph.
    """
    engine = open_engine(url, user=user, password=password, database=database, start_message=start_message)
    store = BoltStore(engine, timeout=timeout)
    named = None if engine.embedded else engine.address().database
    door = Door(lambda: StoreCore.open(store, __version__), url=engine.url, database=named, strict=strict)
    graph = Graph(store, door)
    try:
        graph.open()
    except StoreError:
        if strict:
            store.close()
            raise
    except BaseException:
        store.close()
        raise
    return graph


class Graph:
    """An open store. A context manager; safe to use from several threads."""

    def __init__(self, store: BoltStore, door: Door) -> None:
        self._store, self._door = store, door

    @property
    def _core(self) -> StoreCore:
        return self._door.core()

    def open(self) -> None:
        """Open the store, if it is not open, and bring in the steps that wait for it: `connect` does this.

        Raises:
            StoreError: it cannot be reached, holds other data, or was made by a newer provgraph.
        """
        from provgraph.recording.spool import bring_in_quietly

        bring_in_quietly(self._door)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the store up. An embedded engine stops by itself a while after its last user left."""
        self._store.close()

    def info(self) -> StoreInfo:
        """Which server answers, and where it is."""
        return self._core.store.info()

    # -- recording --------------------------------------------------------------------------------------------

    def execution(
        self,
        type: str,
        /,
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
        **properties: object,
    ) -> StepRecorder:
        """Record a step while it runs: use it in a `with` statement.

        ::

            with graph.execution("Train", pipeline="inspection", run="2026-11-24", parameters={"depth": 8}) as step:
                data = step.input("data.parquet", type="Dataset")
                step.output("model.joblib", type="Model", name="inspector", version="7", accuracy=0.97)

        The execution is visible as RUNNING, with its inputs, until the block ends; then its outputs and its end are
        written in one transaction. An exception makes it FAILED (`KeyboardInterrupt`: CANCELED) and goes on.

        Args:
            type: of the execution.
            name: unique among the executions of the type; one that is taken gets a mark, with a warning.
            key: what identifies the step. Under a key that is COMPLETE nothing is recorded again (the block runs all
                the same); one that FAILED, was CANCELED or is lost stays as it is, and this is recorded as its next
                attempt, under `KEY#2`. Given `ended_at`, nothing is recorded under a key that ended in any way. By
                default the key is unique.
            pipeline: name of the context `Pipeline`.
            run: its run, the context `Run` named `PIPELINE/RUN`.
            contexts: types of further contexts and their whole paths, such as `{"Factory": "plant-2", "Camera":
                "plant-2/line-3/B"}`; a context stands inside the one with the longest path that begins its own. The
                execution belongs to all of them, its outputs to pipeline and run, and to contexts of their own.
            parameters: custom properties `param_NAME`.
            started_at, ended_at: a datetime or epoch milliseconds, to record after the fact; by default, now.
            capture: what is taken by itself; see `provgraph.Capture`.
            properties: custom properties.

        Raises:
            StoreError: only with `strict`; otherwise the step is kept in a file until the store can be reached.
            InvalidValueError, RecordingError: the arguments cannot be used.
        """
        from provgraph.recording.execution import StepRecorder

        return StepRecorder(
            self._door,
            type,
            name=name,
            key=key,
            pipeline=pipeline,
            run=run,
            contexts=contexts,
            parameters=parameters,
            started_at=started_at,
            ended_at=ended_at,
            capture=capture,
            properties=properties,
        )

    def load_spool(self) -> SpoolReport:
        """Record the steps that wait for this store in the spool folder. `connect` does so too.

        Raises:
            StoreError: the store cannot be reached; what is not recorded waits on.
        """
        from provgraph.recording.spool import bring_in, spool_folders

        return bring_in(self._core, spool_folders(self._door.url), self._door.url, self._door.database)

    def lost(self) -> list[LostExecution]:
        """The executions that say they are running, and whose process is gone as far as this machine can tell."""
        from provgraph.recording.lost import lost_executions

        return lost_executions(self._core)

    def cancel_lost(self) -> list[LostExecution]:
        """Set the lost executions CANCELED; returns those that were."""
        from provgraph.recording.lost import cancel_lost

        return cancel_lost(self._core)

    # -- predictions ------------------------------------------------------------------------------------------

    def record_predictions(
        self,
        *,
        model: NodeLike,
        data: NodeLike | None = None,
        frame: DataFrame | ArrowTable,
        label: str | None = "label",
        prediction: str | None = "prediction",
        score: str | Sequence[str] | None = None,
        loss: str | None = None,
        sample: str | None = None,
        source: str | Sequence[str] | None = None,
        unit: str | None = None,
        time: str | None = None,
        name: str | None = None,
        task: Task | None = None,
        pipeline: str | None = None,
        run: str | None = None,
        contexts: ContextsLike | None = None,
        parameters: Mapping[str, object] | None = None,
        started_at: TimeLike | None = None,
        ended_at: TimeLike | None = None,
        capture: Capture | None = None,
        **properties: object,
    ) -> Artifact:
        """Record what a model predicted, one row per prediction: an `Evaluate` execution that puts out `Predictions`
        and `Metrics`. The same evaluation recorded again, by whomever, is the same artifact.

        Args:
            model: what predicted.
            data: what it predicted on.
            frame: a pandas DataFrame, or a table of anything that speaks Arrow. All its columns are kept: those that
                say how a row came about (camera, time, annotator ...) are what errors can be sliced by.
            label, prediction: columns of what is true and what was predicted, of one type.
            score: column, or columns, of how sure the model was.
            loss: column of numbers, larger is worse. With it, labels and predictions may be absent.
            sample: column of ids or paths of what was predicted on, such as pictures.
            source: column, or columns, of the artifacts that rows came from: reference, key, external id, `TYPE/NAME`,
                URI or path of a recorded file; a cell may hold several.
            unit: column of what was sampled, where several rows belong together: part, lot, burst, patient.
            time: column of when a row came about.
            name: of the predictions; by default those of model and data.
            task: `classification` or `regression`. By default whole numbers of at most 100 values, text and booleans
                are classes, other numbers are not.
            pipeline, run, contexts, parameters, started_at, ended_at, capture: as in `execution`.
            properties: custom properties of the execution, the predictions and the metrics.

        Returns:
            The `Predictions` artifact.

        Raises:
            RecordingError: the frame cannot be a table of predictions; the text says why.
            NotFoundError, AmbiguousError: a text names no node, or several.
            ConfigurationError: the extra `slices` is not installed, or a server's store does not say where files are.
            StoreError: the store cannot be reached: nothing is kept for later, as `execution` does.
        """
        from provgraph.tables.verbs import record_frame

        roles: dict[str, str | Sequence[str] | None] = {"label": label, "prediction": prediction, "score": score}
        roles |= {"loss": loss, "sample": sample, "source": source, "unit": unit, "time": time}
        return record_frame(
            self._core,
            frame,
            model=self._nodes(model)[0],
            data=None if data is None else self._nodes(data)[0],
            roles=roles,
            name=name,
            task=task,
            pipeline=pipeline,
            run=run,
            contexts=contexts,
            parameters=parameters,
            started_at=started_at,
            ended_at=ended_at,
            capture=capture,
            properties=properties,
        )

    def predictions(self, node: NodeLike) -> PredictionTable:
        """A recorded table of predictions: its roles and columns; `frame()` reads its rows, with their hash checked.

        Raises:
            NotFoundError, AmbiguousError: a text names no node, or several.
            InvalidValueError: the node is no table of predictions.
        """
        from provgraph.tables.predictions import predictions

        return predictions(self._core, self._nodes(node)[0])

    def file_area(self) -> FileArea:
        """Where the store keeps large values, such as tables of predictions: files named by the hash of their bytes.

        Raises:
            ConfigurationError: a server's store does not say where that is.
        """
        from provgraph.tables.place import file_area

        return file_area(self._core)

    def prediction_tables(self, model: NodeLike) -> list[Artifact]:
        """The tables of predictions that evaluated a model, newest first.

        Raises:
            NotFoundError, AmbiguousError: a text names no node, or several.
        """
        from provgraph.tables.predictions import prediction_tables

        return prediction_tables(self._core, self._nodes(model)[0])

    def slices(
        self,
        node: NodeLike,
        *,
        outcome: Outcome | str | None = None,
        columns: Sequence[str] | None = None,
        unit: str | None = None,
        depth: int = 3,
        against: NodeLike | None = None,
        record: bool = False,
        strata: str | Sequence[str] | None = None,
        correction: Correction = "bh",
        alpha: float = 0.05,
        min_support: int | None = None,
        min_difference: float = 0.01,
        min_lift: float = 1.1,
        limit: int = 10,
        permutations: int = 499,
        seed: int = 0,
        edges: Mapping[str, Sequence[float]] | None = None,
        certain_only: bool = False,
        progress: Progress | None = None,
    ) -> ErrorAnalysis:
        """Find where a model fails: slices of its predictions, by their own columns and by what stands upstream.

        What stands upstream of each row's source becomes columns named by where it stands: properties and parameters
        of executions, artifacts and contexts (`Capture.firmware`, `Label.annotator`), contexts and named artifacts by
        their type alone (`Camera`). The nearest value wins; several at the same distance are all kept. Names of
        nearly every source's own, digests, moments and long texts are left out, and the notes of the report say
        which.

        ::

            found = graph.slices("inspector/7")
            for each in found.slices:
                print(each.sentence())
                for origin in found.origins(each):
                    print(origin, graph.impact(origin.node).models)

        Args:
            node: a model, whose newest predictions are taken, or a `Predictions` artifact.
            outcome: what counts as an error, also in a word: `errors`, `misses:CLASS`, `false-alarms:CLASS`,
                `regression`, `loss:COLUMN`, or a column. By default what the table's roles say: a prediction that
                differs from the label, the distance of a regression, or a loss.
            columns: names of columns to search, of the table or of the lineage; all if not given.
            unit: the column that names what was sampled; by default the table's unit.
            depth: terms of a slice, 1 to 3.
            against: another model, or its predictions, to compare with on the same samples.
            certain_only: take nothing for upstream that only possible links reach.
            record: record the analysis: an `ErrorAnalysis` execution that takes the predictions and puts out a
                `SliceReport`, with the report as a JSON file.
            progress: is told how far it is: `progress(done, total, words)`.
            strata, correction, alpha, min_support, min_difference, min_lift, limit, permutations, seed, edges: as for
                `provgraph.find_slices`.

        Raises:
            NotFoundError: nothing is called so, no predictions of the model are recorded, or their file is missing.
            LoadError: their file was changed or truncated.
            InvalidValueError: a column is missing, or an option makes no sense.
            ConfigurationError: the extra `slices` is not installed.
        """
        from provgraph.slicing.extras import load

        load("provgraph.analysis.analyse")
        from provgraph.analysis.analyse import analyse, table_of
        from provgraph.analysis.options import SliceOptions
        from provgraph.analysis.recorded import EXECUTION, put_report

        options = SliceOptions(
            outcome=outcome,
            columns=[columns] if isinstance(columns, str) else columns,
            unit=unit,
            depth=depth,
            strata=strata,
            correction=correction,
            alpha=alpha,
            min_support=min_support,
            min_difference=min_difference,
            min_lift=min_lift,
            limit=limit,
            permutations=permutations,
            seed=seed,
            edges=edges,
            certain_only=certain_only,
        )
        core = self._core
        table = table_of(core, self._nodes(node)[0])
        other = None if against is None else table_of(core, self._nodes(against)[0], table)
        if not record:
            return analyse(core, table, options, against=other, progress=progress)
        with self.execution(EXECUTION, parameters=options.parameters()) as step:
            step.input(table.artifact, role="predictions")
            if other is not None:
                step.input(other.artifact, role="against")
            found = analyse(core, table, options, against=other, progress=progress)
            report = put_report(step, found)
        stored = self.get(report.key)
        return replace(found, recorded=stored if isinstance(stored, Artifact) else None)

    # -- records ----------------------------------------------------------------------------------------------

    def put_types(
        self, types: Sequence[NodeType], *, can_add_fields: bool = False, can_omit_fields: bool = False
    ) -> list[NodeType]:
        """Put types, all or none; returned as they then stand in the store, with their ids.

        Putting a type again changes nothing. New properties need `can_add_fields`, absent ones `can_omit_fields`;
        properties are never removed and never change their kind.

        Raises:
            TypeConflictError: the rules forbid it.
        """
        return self._core.types.put(types, can_add_fields=can_add_fields, can_omit_fields=can_omit_fields)

    def put(self, node: N) -> N:
        """Put one artifact, execution or context; returned with its id and key.

        A node with the key of a stored one (or, without a key, with its type and name) is added to it: fields and
        properties that are absent here stay as they are there.

        Raises:
            TypeConflictError: a declared property does not fit the type.
            ConflictError: the name or the external id belongs to another node.
        """
        keyed = with_key(node)
        records = Records(
            artifacts=(keyed,) if isinstance(keyed, Artifact) else (),
            executions=(keyed,) if isinstance(keyed, Execution) else (),
            contexts=(keyed,) if isinstance(keyed, Context) else (),
        )
        result = self._core.writer.put(records)
        return with_id(keyed, result.ids[keyed.key])

    def put_artifact(self, artifact: Artifact) -> Artifact:
        """Put one artifact: see `put`."""
        return self.put(artifact)

    def put_context(self, context: Context) -> Context:
        """Put one context: see `put`."""
        return self.put(context)

    def put_execution(
        self,
        execution: Execution,
        *,
        artifacts: Sequence[Artifact] = (),
        events: Sequence[Event] = (),
        contexts: Sequence[Context] = (),
        recorded_by: str = "",
    ) -> tuple[Execution, list[Artifact], list[Context]]:
        """Put one execution with its artifacts, events and contexts, whole or not at all, in one statement.

        The execution is associated with all `contexts`, and its outputs among `events` are attributed to them. Events
        name nodes by key: those of `artifacts`, or of artifacts in the store.

        Raises:
            NotFoundError: an event names an artifact that is neither given nor in the store.
            TypeConflictError, ConflictError: as `put`.
        """
        execution = with_key(execution)
        kept_artifacts = [with_key(artifact) for artifact in artifacts]
        kept_contexts = [with_key(context) for context in contexts]
        outputs = {e.artifact for e in events if not e.type.is_input}
        unit = ExecutionUnit(
            execution=execution,
            artifacts=kept_artifacts,
            events=events,
            contexts=kept_contexts,
            associated=[c.key for c in kept_contexts],
            attributed=[(a, c.key) for a in sorted(outputs) for c in kept_contexts],
            recorded_by=recorded_by,
        )
        ids = put_execution(self._core.store, self._core.ids, self._core.types, unit)
        return (
            with_id(execution, ids[execution.key]),
            [with_id(a, ids[a.key]) for a in kept_artifacts],
            [with_id(c, ids[c.key]) for c in kept_contexts],
        )

    def put_lineage(self, records: Records, *, replace: bool = False) -> WriteResult:
        """Put many nodes and links in one transaction. Every node needs a key; repeating changes nothing.

        Args:
            records: up to some ten thousand nodes and links: split more into several calls.
            replace: nodes that are there already are replaced by what is given, instead of added to.

        Raises:
            NotFoundError: a link names a node that is neither in `records` nor in the store.
            TypeConflictError, ConflictError: as `put`; contexts would be their own ancestors.
        """
        if records.types:
            self._core.types.put(records.types, can_add_fields=True, can_omit_fields=True)
        return self._core.writer.put(records, replace=replace)

    def load(
        self,
        source: str | PathLike[str],
        loader: str | Loader | None = None,
        *,
        name: str | None = None,
        stitch: bool = True,
        progress: Progress | None = None,
    ) -> LoadReport:
        """Load the records of another tool. A second load of the same source changes nothing.

        Afterwards what was loaded is joined with the records of other tools that are the same things, as
        `Graph.stitch` does.

        Args:
            source: a file, a folder or a URL.
            loader: its name, such as `mlmd`; None takes the one that recognises the source.
            name: what to call the source in keys; None leaves it to the loader.
            stitch: whether to join.
            progress: is told how far the load is.

        Raises:
            LoadError: the source cannot be read, or no loader recognises it; the text names the place.
            ConfigurationError: there is no such loader, or the name cannot be used.
        """
        from provgraph.loading import LoadOptions, loader_named, recognise, run_loader

        text = fspath(source)
        chosen = recognise(text) if loader is None else loader_named(loader) if isinstance(loader, str) else loader
        options = LoadOptions(source_name=name)
        return run_loader(self._core, chosen, text, options=options, stitch=stitch, progress=progress)

    # -- joining ----------------------------------------------------------------------------------------------

    def stitch(
        self,
        *,
        rules: Collection[Rule | str] | None = None,
        dry_run: bool = False,
        listed: int | None = 1_000,
        progress: Progress | None = None,
    ) -> StitchReport:
        """Join artifacts that are one thing in the records of different tools. Repeating changes nothing.

        They become equal (`SAME_AS`, inferred), which traces cross at no hop. The rules, the strongest first: equal
        strong digests; one URI with one version; one path within one commit. Nothing is joined that a stronger
        identity keeps apart, and two records of one source never become one; what was not joined for this is reported.
        Joins that were made before a stronger identity was known are taken back, and reported as well.

        Loads join what they bring by themselves. Steps are recorded without: those that were recorded since are joined
        by this, or by the next load of a source that shares something with them.

        Args:
            rules: by which to join: `content-hash`, `version-exact-uri`, `path-within-a-commit`; None for all.
            dry_run: only say what would be joined.
            listed: how many joined pairs the report names at most; None for all. It counts all of them.
            progress: is told how far it is.

        Raises:
            InvalidValueError: there is no such rule, or `listed` is negative.
        """
        from provgraph.joining.reading import silent
        from provgraph.joining.rules import Rule
        from provgraph.joining.stitch import stitch

        every = tuple(Rule) if rules is None else tuple(Rule.of(rule) for rule in rules)
        if listed is not None and listed < 0:
            raise InvalidValueError(f"listed must not be negative: {listed}")
        return stitch(self._core, rules=every, dry_run=dry_run, listed=listed, told=progress or silent)

    def unstitch(
        self, nodes: NodeLike | Sequence[NodeLike] | None = None, *, rules: Collection[Rule | str] | None = None
    ) -> Counter[Rule]:
        """Take joins back: those that `stitch` made, never what a tool's records say. How many pairs, by rule.

        A later `stitch`, or the next load of the same records, joins them again.

        Args:
            nodes: the artifacts whose joins to take back; None for all.
            rules: of the joins to take back; None for all.

        Raises:
            NotFoundError, AmbiguousError: a text names no node, or several.
            InvalidValueError: a node is no artifact, or there is no such rule.
        """
        from provgraph.joining.rules import Rule
        from provgraph.joining.stitch import unstitch

        chosen = None if rules is None else tuple(Rule.of(rule) for rule in rules)
        if nodes is None:
            return unstitch(self._core, rules=chosen)
        artifacts = self._nodes(nodes)
        for node in artifacts:
            if node.kind is not NodeKind.ARTIFACT:
                raise InvalidValueError(f"{node.ref} is no artifact: only artifacts are joined")
        return unstitch(self._core, [node.id for node in artifacts], rules=chosen)

    # -- what is missing --------------------------------------------------------------------------------------

    def coverage(self, pipeline: NodeLike | None = None, *, listed: int | None = 100) -> Coverage:
        """How much of what the records should have they have, by pipeline, and what they lack: models without a
        dataset, deployments without a model, executions of uncommitted code … each with the line that would close it.

        ::

            found = graph.coverage()
            print(found.score)
            for gap in found.gaps:
                print(gap, gap.remedies[0].code)

        Args:
            pipeline: of this one alone.
            listed: how many nodes each gap names at most; its count is of all. None names all.

        Raises:
            NotFoundError, AmbiguousError: the text names no node, or several.
            InvalidValueError: the node is no pipeline.
        """
        from provgraph.coverage.measure import coverage

        if listed is not None and listed < 0:
            raise InvalidValueError("listed is a number of nodes, or None for all")
        return coverage(self._core, None if pipeline is None else self._nodes(pipeline)[0], listed)

    # -- looking up -------------------------------------------------------------------------------------------

    def get(self, node: NodeLike) -> Node:
        """The node that a text names: `artifact:12`, else a key, an external id, a name, or `TYPE/NAME`.

        Raises:
            NotFoundError: nothing fits.
            AmbiguousError: several nodes fit.
        """
        return self._core.reader.resolve(node.ref if not isinstance(node, str) else node)

    def contexts(self, node: NodeLike) -> list[Context]:
        """The contexts that a node stands in directly: of an artifact or an execution, those it belongs to; of a
        context, its parents.

        Raises:
            NotFoundError, AmbiguousError: a text names no node, or several.
        """
        [found] = self._nodes(node)
        return self._core.reader.contexts(found)

    def types(self) -> list[NodeType]:
        """All types of the store."""
        return self._core.reader.types()

    def find(
        self,
        text: str | None = None,
        *,
        kind: NodeKind | str | None = None,
        type: str | None = None,
        name: str | None = None,
        uri: str | None = None,
        state: str | None = None,
        context: NodeLike | None = None,
        since: int | None = None,
        until: int | None = None,
        where: Sequence[Condition] = (),
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[Node]:
        """The nodes that fit, in the order of their ids, streamed. Everything given must hold.

        Args:
            text: inside name, type, external id, URI or key, whatever the case.
            kind: artifacts, executions or contexts only.
            context: in this context, or in one inside it.
            since, until: epoch milliseconds: of the start of executions, of the creation of other nodes.
            where: conditions on properties.
        """
        query = self._query(text, type, name, uri, state, context, since, until, where)
        left = limit
        for each in _kinds(kind, uri, state):
            page = 1_000 if left is None else max(1, min(1_000, left))
            for node in self._core.reader.find(each, query, newest_first=newest_first, page=page):
                if left is not None:
                    if left <= 0:
                        return
                    left -= 1
                yield node

    def count(
        self,
        text: str | None = None,
        *,
        kind: NodeKind | str | None = None,
        type: str | None = None,
        name: str | None = None,
        uri: str | None = None,
        state: str | None = None,
        context: NodeLike | None = None,
        since: int | None = None,
        until: int | None = None,
        where: Sequence[Condition] = (),
    ) -> int:
        """How many nodes `find` would yield."""
        query = self._query(text, type, name, uri, state, context, since, until, where)
        return sum(self._core.reader.count(each, query) for each in _kinds(kind, uri, state))

    def census(self) -> list[TypeCount]:
        """What the store holds, by kind, type and state."""
        return census(self._core)

    def latest_models(self, limit: int) -> list[Artifact]:
        """The models recorded last, newest first."""
        return latest_models(self._core, limit)

    def latest_failures(self, limit: int) -> list[Execution]:
        """The executions that failed and were recorded last, newest first."""
        return latest_failures(self._core, limit)

    def latest_deployments(self, limit: int) -> list[Deployment]:
        """The deployments recorded last, and which of them are live: those first, then the newest."""
        return latest_deployments(self._core, limit)

    def neighbours(self, nodes: Sequence[Artifact | Execution], *, certain_only: bool = False) -> dict[str, Neighbours]:
        """How many links enter and leave each node, by reference: those that a walk may take, and pending outputs."""
        return neighbours(self._core, nodes, certain_only=certain_only)

    def reach(self, node: Artifact | Execution, direction: Way, *, at_most: int, certain_only: bool = False) -> int:
        """How many nodes lie upstream or downstream, counted up to `at_most`: for a number beside a node."""
        return reach(self._core, node, direction, at_most, certain_only=certain_only)

    # -- tracing ----------------------------------------------------------------------------------------------

    def upstream(
        self,
        nodes: NodeLike | Sequence[NodeLike],
        *,
        max_hops: int | None = None,
        max_nodes: int | None = None,
        types: Collection[str] | None = None,
        stop_types: Collection[str] = (),
        certain_only: bool = False,
        with_contexts: bool = True,
    ) -> Lineage:
        """All that `nodes` were made from: every node and every link of it.

        Args:
            nodes: one or several, as values or as texts that `get` understands. A context stands for its executions
                and what they put out.
            max_hops: links from the nearest start; 0 is the starts alone. Equalities cost no hop.
            max_nodes: the nearest so many nodes.
            types: show only nodes of these types; the walk goes through the others.
            stop_types: do not walk beyond nodes of these types.
            certain_only: do not walk possible links.
            with_contexts: fetch the contexts and types of the nodes too.

        Raises:
            NotFoundError, AmbiguousError: a text names no node, or several.
            QueryTimeoutError: the server stopped the statement; nothing partial is returned.
        """
        return self._trace("upstream", nodes, max_hops, max_nodes, types, stop_types, certain_only, with_contexts)

    def downstream(
        self,
        nodes: NodeLike | Sequence[NodeLike],
        *,
        max_hops: int | None = None,
        max_nodes: int | None = None,
        types: Collection[str] | None = None,
        stop_types: Collection[str] = (),
        certain_only: bool = False,
        with_contexts: bool = True,
    ) -> Lineage:
        """All that was made from `nodes`. Arguments are those of `upstream`."""
        return self._trace("downstream", nodes, max_hops, max_nodes, types, stop_types, certain_only, with_contexts)

    def lineage(
        self,
        nodes: NodeLike | Sequence[NodeLike],
        *,
        max_hops: int | None = None,
        max_nodes: int | None = None,
        types: Collection[str] | None = None,
        stop_types: Collection[str] = (),
        certain_only: bool = False,
        with_contexts: bool = True,
    ) -> Lineage:
        """Upstream and downstream together, without siblings. Arguments are those of `upstream`."""
        return self._trace("both", nodes, max_hops, max_nodes, types, stop_types, certain_only, with_contexts)

    def _trace(
        self,
        direction: Direction,
        nodes: NodeLike | Sequence[NodeLike],
        max_hops: int | None,
        max_nodes: int | None,
        types: Collection[str] | None,
        stop_types: Collection[str],
        certain_only: bool,
        with_contexts: bool,
    ) -> Lineage:
        options = TraceOptions(
            max_hops=max_hops,
            max_nodes=max_nodes,
            types=types,
            stop_types=stop_types,
            certain_only=certain_only,
            with_contexts=with_contexts,
        )
        return trace(self._core, self._nodes(nodes), direction, options)

    def _nodes(self, nodes: NodeLike | Sequence[NodeLike]) -> list[Node]:
        several = [nodes] if isinstance(nodes, str | Artifact | Execution | Context | RecordedArtifact) else list(nodes)
        if not several:
            raise InvalidValueError("name at least one node to start from")
        return [
            node if isinstance(node, Artifact | Execution | Context) and node.id else self.get(node) for node in several
        ]

    def reached_ids(
        self, nodes: NodeLike | Sequence[NodeLike], direction: Way = "downstream", *, certain_only: bool = False
    ) -> Iterator[list[int]]:
        """The ids of all nodes upstream or downstream, the starts among them, in chunks: for answers too large to hold.

        An id may come twice where there are several starts of different kinds.

        Raises:
            NotFoundError, AmbiguousError: a text names no node, or several, or a node is not in the store (any more).
        """
        return reached_ids(self._core, self._nodes(nodes), direction, certain_only)

    def impact(
        self, nodes: NodeLike | Sequence[NodeLike], *, certain_only: bool = False, details: bool | None = None
    ) -> Impact:
        """What a change of `nodes` reaches: models, deployments and which of them are live, everything by type.

        Args:
            details: whether to fetch every node and link that is reached, for hops, routes and the table. None: where
                it is not more than 20,000 nodes.

        Raises:
            NotFoundError, AmbiguousError: a text names no node, or several.
        """
        return impact(self._core, self._nodes(nodes), certain_only=certain_only, details=details)

    def explain(self, model: NodeLike, *, certain_only: bool = False) -> Explanation:
        """Six answers about a model: data, hyperparameters, pipeline and run, versions, last failure, deployment.

        Args:
            certain_only: do not walk possible links. Else what only they reach is marked.

        Raises:
            NotFoundError, AmbiguousError: a text names no node, or several.
            InvalidValueError: the node is no artifact.
        """
        [node] = self._nodes(model)
        return explain(self._core, node, certain_only=certain_only)

    def runs(self, pipeline: NodeLike | None = None, *, limit: int | None = None) -> list[Run]:
        """The runs of a pipeline, or of all, newest first."""
        node = None if pipeline is None else self._nodes(pipeline)[0]
        return runs(self._core, node, limit)

    def run(self, context: NodeLike) -> Lineage:
        """The steps of one run, with what they took in and put out, and nothing beyond."""
        [node] = self._nodes(context)
        return run_lineage(self._core, node)

    def source(self, name: str) -> Lineage:
        """All that a load brought in from one source, such as `prov/audit`: nodes, contexts and links, nothing beyond.

        Memory holds all of it.

        Raises:
            NotFoundError: nothing in the store comes from such a source.
        """
        return source_lineage(self._core, name)

    def inputs(self, execution: NodeLike) -> list[Use]:
        """What an execution took in, and whether it was really used or only declared."""
        [node] = self._nodes(execution)
        return uses(self._core, node)

    def _query(
        self,
        text: str | None,
        type: str | None,
        name: str | None,
        uri: str | None,
        state: str | None,
        context: NodeLike | None,
        since: int | None,
        until: int | None,
        where: Sequence[Condition],
    ) -> Query:
        inside = None
        if context is not None:
            ref = context if isinstance(context, str) else context.ref
            inside = self._core.reader.resolve(ref, (NodeKind.CONTEXT,)).id
        return Query(
            text=text, type=type, name=name, uri=uri, state=state, context=inside, since=since, until=until, where=where
        )


def _kinds(kind: NodeKind | str | None, uri: str | None, state: str | None) -> Sequence[NodeKind]:
    if uri is not None:
        return (NodeKind.ARTIFACT,)
    if kind is None:
        return tuple(NodeKind) if state is None else (NodeKind.ARTIFACT, NodeKind.EXECUTION)
    return (NodeKind(kind.capitalize()) if isinstance(kind, str) else kind,)


def with_key(node: N) -> N:
    """The node with a key: its own, else one made of type and name, else a new one."""
    if node.key:
        return node
    base = f"{node.source or 'provgraph'}/{node.kind.value}/{quote(node.type, safe=' .+')}"
    version = f"@{quote(node.type_version, safe=' .+')}" if node.type_version else ""
    tail = node.name if node.name is not None else uuid4().hex
    return replace(node, key=f"{base}{version}/{tail}")
