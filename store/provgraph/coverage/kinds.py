"""What records can lack, and what of it counts for the score."""

from __future__ import annotations

from enum import Enum

from provgraph.errors import InvalidValueError

__all__ = ["CoverageKind", "CoveragePart"]


class CoveragePart(Enum):
    """What is expected of records; the value is how one expectation that is met reads."""

    MODELS = "models that reach a dataset"
    DEPLOYMENTS = "deployments that reach a model"
    DATASETS = "datasets with their producer"
    DIGESTS = "datasets known by their content"
    CODE = "executions of committed code"
    LINKS = "executions with certain links"

    @property
    def word(self) -> str:
        """The name in columns and JSON: `models`."""
        return self.name.lower()


class CoverageKind(Enum):
    """What can be missing: the word for it, how one and several read, the part of the score that it lowers (None for
    what is only told), and why it matters.
    """

    MODEL_WITHOUT_DATASET = (
        "model-without-dataset",
        ("model without a dataset", "models without a dataset"),
        CoveragePart.MODELS,
        "Nobody can say which data made it: a bad dataset is not seen to reach it.",
    )
    DEPLOYMENT_WITHOUT_MODEL = (
        "deployment-without-model",
        ("deployment without a model", "deployments without a model"),
        CoveragePart.DEPLOYMENTS,
        "What runs in production leads back to nothing: no change upstream is seen to reach it.",
    )
    DATASET_WITHOUT_PRODUCER = (
        "dataset-without-producer",
        ("dataset without a producer", "datasets without a producer"),
        CoveragePart.DATASETS,
        "Other versions of it were made by a recorded step; of this one nobody knows what it was made from.",
    )
    DANGLING_INPUT = (
        "dangling-input",
        ("input that nothing identifies", "inputs that nothing identifies"),
        CoveragePart.LINKS,
        "Nothing made it, and it has neither digest nor place: it can neither be found again nor joined with others.",
    )
    NO_CODE_VERSION = (
        "no-code-version",
        ("execution without a code version", "executions without a code version"),
        CoveragePart.CODE,
        "It cannot be run again as it was: no commit says which code ran.",
    )
    DIRTY_COMMIT = (
        "dirty-commit",
        ("execution of uncommitted changes", "executions of uncommitted changes"),
        CoveragePart.CODE,
        "The commit that is recorded is not the code that ran.",
    )
    WEAK_DIGEST = (
        "weak-digest",
        ("dataset with a weak digest", "datasets with a weak digest"),
        CoveragePart.DIGESTS,
        "Equal digests do not prove equal bytes: it is never joined with what other tools recorded by it.",
    )
    POSSIBLE_LINK = (
        "possible-link",
        ("execution with links that are only possible", "executions with links that are only possible"),
        CoveragePart.LINKS,
        "Traces that pass here are only possibly true.",
    )
    PENDING_OUTPUT = (
        "pending-output",
        ("execution with outputs still pending", "executions with outputs still pending"),
        CoveragePart.LINKS,
        "What was announced is not known to have been made; traces stop before it.",
    )
    LOST_EXECUTION = (
        "lost-execution",
        ("execution that was lost", "executions that were lost"),
        None,
        "It says that it is running, and its process is gone: what it made was never recorded.",
    )

    def __init__(self, word: str, words: tuple[str, str], part: CoveragePart | None, why: str) -> None:
        self.word, self.singular, self.plural, self.part, self.why = word, *words, part, why

    def words(self, count: int) -> str:
        """`2 models without a dataset`."""
        return f"{count:,} {self.singular if count == 1 else self.plural}"

    @classmethod
    def of(cls, kind: CoverageKind | str) -> CoverageKind:
        """The kind of this word.

        Raises:
            InvalidValueError: there is none.
        """
        if isinstance(kind, CoverageKind):
            return kind
        for known in cls:
            if known.word == kind:
                return known
        raise InvalidValueError(f"no gap is called {kind!r}: it is one of {', '.join(known.word for known in cls)}")
