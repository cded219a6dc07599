"""The `meta.yaml` files of a file store: flat mappings, with one level below for tags and aliases.

Everything in them is taken as text, as MLflow's fields are of known kinds: a model called 1e5 stays 1e5. Read from
the parser's events: nothing recurses, no object is made, nothing is repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

__all__ = ["DamagedError", "Meta", "read_meta", "read_text"]

Meta: TypeAlias = "Mapping[str, str | Mapping[str, str] | None]"

_LARGEST: Final = 4_000_000  # bytes; the schema of a dataset is the longest thing in one
_NULL: Final = frozenset(("", "~", "null", "Null", "NULL"))


class DamagedError(ValueError):
    """A file is not what MLflow writes; the words say what is wrong with it."""


def read_text(path: Path, most: int = _LARGEST) -> str:
    r"""The text of a regular file, at most `most` bytes of it; bytes that are no UTF-8 as \\xNN.

    Raises:
        DamagedError: it cannot be read.
    """
    try:
        if path.is_symlink() or not path.is_file():  # a link could lead anywhere, and a pipe would wait for ever
            raise DamagedError("is no regular file")
        with path.open("rb") as file:
            return file.read(most).decode("utf-8", "backslashreplace")
    except OSError as error:
        raise DamagedError(f"cannot be read: {error.strerror or error}") from error


def read_meta(path: Path, always: Mapping[str, bool]) -> Meta:
    """The fields of a file.

    Args:
        path: the file.
        always: the fields that it must have (one of several, where blanks part them), and whether with a value.

    Raises:
        DamagedError: it cannot be read, is no mapping in YAML, or lacks one of these fields.
    """
    import yaml

    text = read_text(path)
    try:
        found = _fields(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except (yaml.YAMLError, UnicodeError, ValueError, RecursionError) as error:
        if isinstance(error, DamagedError):
            raise
        line: object = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f" in line {line + 1}" if isinstance(line, int) else ""
        raise DamagedError(f"is no YAML{where}") from error
    lacking = [names for names, filled in always.items() if not _has(found, names.split(), filled)]
    if lacking:
        words = ", ".join(names.replace(" ", " or ") for names in lacking)
        raise DamagedError(f"lacks {words}, which MLflow always writes: it may be cut off")
    return found


def _has(fields: Meta, names: Sequence[str], filled: bool) -> bool:
    return any(name in fields and (not filled or fields[name] is not None) for name in names)


def _fields(events: Iterator[object]) -> Meta:
    import yaml

    found: dict[str, str | Mapping[str, str] | None] = {}
    inner: dict[str, str] = {}
    keys: list[str | None] = []  # of the open mappings, what waits for its value
    lists = 0
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            raise DamagedError("repeats itself by an alias, which MLflow does not write")
        if isinstance(event, yaml.SequenceStartEvent):
            lists += 1
        elif isinstance(event, yaml.SequenceEndEvent):
            lists -= 1
            if not lists and keys:
                keys[-1] = None  # lists hold nothing that is read
        elif lists or isinstance(event, yaml.DocumentStartEvent | yaml.DocumentEndEvent):
            continue
        elif isinstance(event, yaml.MappingStartEvent):
            if len(keys) > 1 or (keys and keys[0] is None):
                raise DamagedError("is nested deeper than MLflow writes")
            keys.append(None)
            inner = {}
        elif isinstance(event, yaml.MappingEndEvent):
            keys.pop()
            if keys and keys[0] is not None:
                found[keys[0]] = inner
                keys[0] = None
        elif isinstance(event, yaml.ScalarEvent):
            if not keys:
                raise DamagedError("holds a word where fields should be")
            value = _encodable(event.value)
            if keys[-1] is None:
                keys[-1] = value
                continue
            key, keys[-1] = keys[-1], None
            if len(keys) > 1:
                inner[key] = value
            else:
                found[key] = None if event.implicit[0] and value in _NULL else value
    if not found:
        raise DamagedError("holds no fields")
    return found


def _encodable(text: str) -> str:
    r"""The text, half characters (an escape can name one) written as \\uNNNN."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
