"""What a step or an artifact says of itself, sorted: parameters, versions, measurements, times, its error."""

from __future__ import annotations

import json
from collections.abc import Mapping

from provgraph.interop.plain import plain_value
from provgraph.model import Artifact, Execution, ExecutionState, JsonValue, Node

_PARAMETER = "param_"
_VERSIONS = ("python", "git_commit", "git_branch", "git_dirty")
# By which other recorders of this field tell versions and code.
_OTHER_VERSIONS = ("tfx_version", "pipeline_version", "checksum_md5", "code_version", "git_sha", "image", "module_file")
_CIRCUMSTANCES = frozenset(
    (
        *_VERSIONS,
        *_OTHER_VERSIONS,
        "packages",
        "command",
        "host",
        "user",
        "process",
        "recording",
        "simulated",
        "canceled_at",
        "error_type",
        "error_message",
        "error_traceback",
    )
)

_COUNTS = ("rows", "pictures", "examples", "num_examples", "num_rows", "count")
_NO_COUNTS = frozenset(("seed", "version", "created_at", "updated_at", "span", "id", "epoch", "is_external", "week"))


def parameters_of(step: Execution) -> Mapping[str, JsonValue]:
    """The parameters that a step was given.

    Those recorded here are marked; of a step that came from another tool without such marks, all properties that are
    nothing else.
    """
    own = {n.removeprefix(_PARAMETER): v for n, v in step.custom_properties.items() if n.startswith(_PARAMETER)}
    if not own and step.source:
        every = {**step.custom_properties, **step.properties}
        own = {name: value for name, value in every.items() if name not in _CIRCUMSTANCES and value != ""}
    return {name: plain_value(own[name]) for name in sorted(own)}


def versions_of(step: Node) -> Mapping[str, JsonValue]:
    """Python, commit, and the version of each library; what other tools record of versions besides."""
    found: dict[str, JsonValue] = {}
    for name in (*_VERSIONS, *_OTHER_VERSIONS):
        value = step.get(name)
        if value is not None and value != "":
            found[name.replace("_", " ")] = plain_value(value)
    packages = step.get("packages")
    listed = plain_value(packages) if packages is not None else None
    if isinstance(listed, dict):
        found |= {name: listed[name] for name in sorted(listed)}
    return found


def measurements_of(node: Artifact | Execution) -> Mapping[str, float]:
    """The numbers among the properties of an artifact, or among those of a step that are no parameters.

    Those inside a struct count too, as `NAME.KEY`. A step that came from another tool says no measurements apart.
    """
    if isinstance(node, Execution) and node.source:
        return {}
    found: dict[str, JsonValue] = {}
    for name, value in sorted({**node.custom_properties, **node.properties}.items()):
        if name not in _CIRCUMSTANCES and not name.startswith(_PARAMETER):
            plain = plain_value(value)
            inside = plain if isinstance(plain, dict) else {}
            found |= {name: plain, **{f"{name}.{key}": item for key, item in inside.items()}}
    return {n: v for n, v in found.items() if isinstance(v, int | float) and not isinstance(v, bool)}


def error_of(step: Execution) -> str:
    """The message of a step that failed, with its type; empty where it was not recorded."""
    kind, message = step.get("error_type"), step.get("error_message")
    return ": ".join(str(part) for part in (kind, message) if part)


def size_of(node: Node) -> str:
    """How much there is of it, by the first of its properties that counts something: `4,800 pictures`; else empty."""
    every = {**node.custom_properties, **node.properties}
    counts = {n: v for n, v in sorted(every.items()) if isinstance(v, int) and not isinstance(v, bool)}
    names = [name for name in _COUNTS if name in counts]
    names += [name for name in counts if name not in _NO_COUNTS | _CIRCUMSTANCES]
    return f"{counts[names[0]]:,} {names[0].removeprefix('num_').replace('_', ' ')}" if names else ""


def span_of(step: Execution) -> tuple[int | None, int | None]:
    """When a step started and ended, in epoch milliseconds.

    Where another tool recorded neither: when its record was made, and when that changed last, if the step is over.
    """
    over = step.state not in (ExecutionState.NEW, ExecutionState.RUNNING, ExecutionState.UNKNOWN)
    end = step.updated_at if over and step.source else None
    start = step.created_at if step.source else None
    return (
        step.started_at if step.started_at is not None else start,
        step.ended_at if step.ended_at is not None else end,
    )


def took(step: Execution) -> int | None:
    """Milliseconds that a step took; None where not recorded."""
    start, end = span_of(step)
    return None if start is None or end is None else end - start


def first_lines(message: str, lines: int = 4, letters: int = 150) -> str:
    """The beginning of a message: so many lines of at most so many letters."""
    kept = [line if len(line) <= letters else line[: letters - 1] + "…" for line in message.splitlines()]
    return "\n".join(kept[:lines] + ["…"] * (len(kept) > lines))


def short_value(value: object, most: int = 40) -> str:
    """A value in one line of at most `most` letters."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(words.split())
    return line if len(line) <= most else line[: most - 1] + "…"
