"""The line that closes a gap, in the words of the tool that recorded it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from provgraph.coverage.kinds import CoverageKind

__all__ = ["Language", "Remedy", "remedy", "tool_of"]

Language: TypeAlias = Literal["python", "shell", "yaml"]
_OWN: Final = "provgraph"

K = CoverageKind


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to write so that the next record has no such gap.

    Attributes:
        tool: that recorded what lacks it: `provgraph`, `mlflow`, `dvc`, `openlineage`, `mlmd` …
        code: one line of code or configuration. Names in it are examples.
        language: of the code.
        where: where it goes, or what else there is to know; "" if the line says it.
        count: how many of the gap it is for.
    """

    tool: str
    code: str
    language: Language = "python"
    where: str = ""
    count: int = 0

    def to_json(self) -> dict[str, object]:
        """As plain values, for `json.dumps`."""
        return {
            "tool": self.tool,
            "count": self.count,
            "code": self.code,
            "language": self.language,
            "where": self.where,
        }


def tool_of(source: str) -> str:
    """The tool behind a node's source: `mlflow` of `mlflow/laptop`, `provgraph` of what was recorded here."""
    return source.partition("/")[0] or _OWN


_Entry: TypeAlias = tuple[str, Language, str]
_COMMIT: Final[_Entry] = (
    'git commit --all --message "What is about to run"',
    "shell",
    "Before the run: the work tree then is what the commit says.",
)
# For each tool the lines of its own; what is not here is closed by a line of our recorder.
_LINES: Final[Mapping[str, Mapping[CoverageKind, _Entry]]] = {
    _OWN: {
        K.MODEL_WITHOUT_DATASET: (
            'step.input("data/train.parquet", type="Dataset")',
            "python",
            "In the step that trains.",
        ),
        K.DEPLOYMENT_WITHOUT_MODEL: (
            'step.input("model.joblib", type="Model")',
            "python",
            "In the step that deploys: the file that is deployed, or the model's name= and version=.",
        ),
        K.DATASET_WITHOUT_PRODUCER: (
            'step.output("data/train.parquet", type="Dataset", name="train", version="3")',
            "python",
            "In the step that makes it.",
        ),
        K.DANGLING_INPUT: (
            'step.input("data/train.parquet", type="Dataset")',
            "python",
            "Give the file, or uri= or digest=, and not the name alone.",
        ),
        K.NO_CODE_VERSION: (
            'git init && git add --all && git commit --message "First version"',
            "shell",
            "The recorder takes the commit of the repository that the script lies in, unless Capture(git=False).",
        ),
        K.DIRTY_COMMIT: _COMMIT,
        K.WEAK_DIGEST: (
            'step.input("data/train.parquet", type="Dataset")',
            "python",
            "A file that is given is hashed by all of its bytes: leave digest= away.",
        ),
        K.POSSIBLE_LINK: (
            'step.input("data/train.parquet", name="train", version="3")',
            "python",
            "Several artifacts have these bytes: the name and version, or the artifact itself, say which one it is.",
        ),
        K.PENDING_OUTPUT: (
            'step.output("data/train.parquet", type="Dataset")',
            "python",
            "In the step that makes it, once it is there.",
        ),
        K.LOST_EXECUTION: ("provgraph check --fix", "shell", "On the machine that it ran on; it becomes CANCELED."),
    },
    "mlflow": {
        K.MODEL_WITHOUT_DATASET: (
            'mlflow.log_input(mlflow.data.from_pandas(df, source="data/train.parquet"), context="training")',
            "python",
            "In the run that logs the model.",
        ),
        K.DANGLING_INPUT: (
            'mlflow.log_input(mlflow.data.from_pandas(df, source="data/train.parquet"), context="training")',
            "python",
            "Without source= MLflow notes the calling code as the source, which is no place of the data.",
        ),
        K.NO_CODE_VERSION: (
            'mlflow.set_tag("mlflow.source.git.commit", commit)',
            "python",
            "MLflow sets it by itself for a script in a Git work tree where GitPython is installed; not in notebooks.",
        ),
        K.DIRTY_COMMIT: _COMMIT,
        K.WEAK_DIGEST: (
            'mlflow.log_input(mlflow.data.load_delta(table_name="main.train", version=3), context="training")',
            "python",
            "MLflow hashes the first rows only, to 8 digits. A source with a version names all of them.",
        ),
    },
    "dvc": {
        K.MODEL_WITHOUT_DATASET: (
            "deps: [data/train.csv]",
            "yaml",
            "In dvc.yaml, in the stage that trains; then run dvc repro and commit dvc.lock.",
        ),
        K.DATASET_WITHOUT_PRODUCER: (
            "outs: [data/train.csv]",
            "yaml",
            "In dvc.yaml, in the stage that makes it; then run dvc repro and commit dvc.lock.",
        ),
        K.DANGLING_INPUT: ("dvc add data/train.csv", "shell", "DVC then keeps its hash."),
        K.WEAK_DIGEST: (
            "dvc cache migrate --dvc-files",
            "shell",
            "DVC 2 hashed text with its line ends changed; this writes the hashes of DVC 3. What is committed stays.",
        ),
    },
    "openlineage": {
        K.MODEL_WITHOUT_DATASET: (
            'RunEvent(..., inputs=[InputDataset(namespace="s3://lake", name="train")])',
            "python",
            "In an event of the run that makes the model.",
        ),
        K.DATASET_WITHOUT_PRODUCER: (
            'RunEvent(..., outputs=[OutputDataset(namespace="s3://lake", name="train")])',
            "python",
            "In an event of the run that writes it.",
        ),
        K.NO_CODE_VERSION: (
            'Job(..., facets={"sourceCodeLocation": SourceCodeLocationJobFacet(type="git", url=url, version=commit)})',
            "python",
            "The facet source_code_location_job of the client; url is that of the repository.",
        ),
        K.POSSIBLE_LINK: (
            'OutputDataset(..., facets={"columnLineage": ColumnLineageDatasetFacet(fields=fields)})',
            "python",
            "Without a lineage facet each output may come from each input.",
        ),
    },
    "mlmd": {
        K.MODEL_WITHOUT_DATASET: (
            "store.put_events([Event(artifact_id=data, execution_id=train, type=Event.INPUT)])",
            "python",
            "Event of ml_metadata.proto.metadata_store_pb2.",
        ),
        K.DEPLOYMENT_WITHOUT_MODEL: (
            "store.put_events([Event(artifact_id=model, execution_id=deploy, type=Event.INPUT)])",
            "python",
            "Event of ml_metadata.proto.metadata_store_pb2.",
        ),
        K.DATASET_WITHOUT_PRODUCER: (
            "store.put_events([Event(artifact_id=data, execution_id=prepare, type=Event.OUTPUT)])",
            "python",
            "Event of ml_metadata.proto.metadata_store_pb2.",
        ),
        K.DANGLING_INPUT: (
            'artifact.uri = "s3://lake/train.parquet"',
            "python",
            "Before store.put_artifacts([artifact]).",
        ),
        K.NO_CODE_VERSION: (
            'execution.custom_properties["git_commit"].string_value = commit',
            "python",
            "Before store.put_executions([execution]).",
        ),
        K.PENDING_OUTPUT: (
            "store.put_events([Event(artifact_id=data, execution_id=step, type=Event.OUTPUT)])",
            "python",
            "Event of ml_metadata.proto.metadata_store_pb2.",
        ),
    },
    "prov": {
        K.MODEL_WITHOUT_DATASET: ("document.used(activity, dataset)", "python", "With the package prov."),
        K.DEPLOYMENT_WITHOUT_MODEL: ("document.used(activity, model)", "python", "With the package prov."),
        K.DATASET_WITHOUT_PRODUCER: (
            "document.wasGeneratedBy(dataset, activity)",
            "python",
            "With the package prov.",
        ),
    },
}
_INSTEAD: Final = "{tool} has no word for it: record this step here, and `provgraph stitch` joins the two. "


def remedy(kind: CoverageKind, tool: str, count: int) -> Remedy:
    """The line that closes such a gap of what a tool recorded."""
    own = _LINES.get(tool, {}).get(kind)
    if own is not None:
        code, language, where = own
        return Remedy(tool, code, language, where, count)
    code, language, where = _LINES[_OWN][kind]
    instead = "" if kind in (K.DIRTY_COMMIT, K.LOST_EXECUTION) else _INSTEAD.format(tool=tool)
    return Remedy(tool, code, language, instead + where, count)
