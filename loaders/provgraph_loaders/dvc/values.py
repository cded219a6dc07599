"""Values of YAML as properties, without what looks like a secret."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Final, cast

from provgraph.loading import LoadReport, NoteKind
from provgraph.model import JsonValue, Struct, Value
from provgraph.model.values import INT64_MAX, INT64_MIN
from provgraph.recording.redaction import HIDDEN, is_secret_name, redact_properties, redact_text
from provgraph_loaders.dvc.yamlish import DamagedError, Plain, parse

__all__ = ["command_text", "details", "metric_values", "parameters", "value_of"]

_LONGEST_NAME: Final = 1_000
_MOST_METRICS: Final = 1_000
_DEFAULT_FILE: Final = "params.yaml"


def value_of(value: Plain) -> Value:
    """A value as the store keeps it: lists, mappings and nothing as structs, integers beyond 64 bits as text."""
    if value is None or isinstance(value, list | dict):
        return Struct.of(cast("JsonValue", value))
    if isinstance(value, int) and not INT64_MIN <= value <= INT64_MAX:
        return str(value)
    return value


def parameters(given: Mapping[str, Mapping[str, Plain]], place: str, report: LoadReport) -> dict[str, Value]:
    """Locked parameters: `param_NAME`, and `param_FILE:NAME` of other files than `params.yaml`."""
    found: dict[str, Value] = {}
    for file, values in given.items():
        for name, value in values.items():
            full = f"param_{name}" if file == _DEFAULT_FILE else f"param_{file}:{name}"
            if not name or "\0" in full or len(full) > _LONGEST_NAME:
                report.note(NoteKind.DROPPED, "parameters", "have no name, or one that cannot be kept", place)
                continue
            kept, hidden = redact_properties({name.rpartition(".")[2]: value})
            if hidden or (isinstance(value, str) and is_secret_name(name)):
                reason = "are named like secrets: their values are not kept"
                report.note(NoteKind.LEFT_ALONE, "parameters", reason, f"{place}: {name}")
            [clean] = kept.values()
            if isinstance(clean, str) and clean != HIDDEN:
                clean = redact_text(clean, {})
            found[full] = value_of(cast("Plain", clean))
    return found


def command_text(cmd: tuple[str, ...], place: str, report: LoadReport) -> str:
    """The commands of a stage, one a line, without secrets."""
    text = "\n".join(cmd)
    clean = redact_text(text, {})
    if clean != text:
        report.note(NoteKind.LEFT_ALONE, "commands", f"hold what looks like secrets: {HIDDEN} stands there", place)
    return clean


def details(given: Mapping[str, Plain]) -> dict[str, Value]:
    """Descriptions, labels, sizes and the like, under their own names."""
    clean, _ = redact_properties(given)
    found: dict[str, Value] = {}
    for name, value in clean.items():
        if isinstance(value, str):
            value = redact_text(value, {})
        found[name] = value_of(cast("Plain", value))
    return found


def metric_values(data: bytes, path: str, algorithm: str, digest: str) -> dict[str, Value] | None:
    """Numbers in a file of metrics: `metric_NAME`, names of nested ones joined by dots.

    None if the bytes are others than those of the digest, or no file that metrics stand in (JSON, YAML, TOML).
    """
    unix = data.replace(b"\r\n", b"\n")
    if digest not in (_md5(data), *([_md5(unix)] if algorithm == "md5-dos2unix" else ())):
        return None
    try:
        if path.lower().endswith(".toml"):
            content: object = tomllib.loads(data.decode("utf-8"))
        elif path.lower().endswith(".json"):
            content = json.loads(data)
        else:
            content = parse(data)
    except (DamagedError, ValueError, RecursionError):
        return None
    found: dict[str, Value] = {}
    for name, value in _numbers(content, ""):
        if len(found) >= _MOST_METRICS:
            break
        if "\0" not in name and len(name) <= _LONGEST_NAME and not re.search("[\ud800-\udfff]", name):
            found[f"metric_{name}"] = value_of(value)
    return found


def _numbers(value: object, name: str, depth: int = 0) -> Iterator[tuple[str, Plain]]:
    if isinstance(value, bool | int | float):
        yield name or "value", value
    elif isinstance(value, dict) and depth < 20:
        for key, below in cast("dict[object, object]", value).items():
            yield from _numbers(below, f"{name}.{key}" if name else str(key), depth + 1)


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
