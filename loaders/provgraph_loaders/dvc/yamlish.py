"""YAML as DVC writes it, read without any of YAML's dangers.

Values are built from the parser's events, so nothing recurses, no tag makes an object, and what aliases repeat is
counted as often as it stands there. Plain words mean what they mean in YAML 1.2, which DVC writes: `1e-05` is a number
and `on` a word, unlike in YAML 1.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import yaml

__all__ = ["DamagedError", "Plain", "parse"]

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"

_MOST_VALUES: Final = 1_000_000
_DEEPEST: Final = 100
_LONGEST_NUMBER: Final = 30
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT: Final = re.compile(r"[-+]?[0-9]+")
_OTHER_INT: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_STRING_TAGS: Final = frozenset({"!", "tag:yaml.org,2002:str"})
_PLAIN_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "int", "float", "bool", "null", "str")
)
_MERGE: Final = "<<"


class DamagedError(ValueError):
    """A text is not what it should be; the words say what is wrong and where."""


@dataclass(slots=True)
class _Open:
    """A mapping or a list that is being read."""

    value: dict[str, Plain] | list[Plain]
    anchor: str | None
    size: int = 1
    key: str | None = None
    merged: list[dict[str, Plain]] = field(default_factory=list)


def parse(data: bytes) -> Plain:
    """The value that a text stands for; None for an empty one.

    Raises:
        DamagedError: it is no YAML, holds several documents, tags of programs, a key twice, or repeats itself without
            end.
    """
    try:
        return _Builder().build(data)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)  # the two parsers have marks of their own
        where = f" in line {line + 1}" if isinstance(line, int) else ""
        words = getattr(error, "problem", None) or " ".join(str(error).split())[:200]
        raise DamagedError(f"is no YAML{where}: {words}") from error
    except (UnicodeError, RecursionError) as error:
        raise DamagedError("is no YAML: it is not UTF-8") from error


class _Builder:
    def __init__(self) -> None:
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Plain, int]] = {}
        self._result: Plain = None
        self._documents = 0
        self._values = 0

    def build(self, data: bytes) -> Plain:
        text = data.decode("utf-8-sig")
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            line = event.start_mark.line + 1 if event.start_mark else 0
            if isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    raise DamagedError(f"holds several documents (line {line})")
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                if event.tag is not None and event.tag not in _PLAIN_TAGS:
                    raise DamagedError(f"has a tag that is not read in line {line}")
                if len(self._stack) >= _DEEPEST:
                    raise DamagedError(f"is nested more than {_DEEPEST} deep in line {line}")
                self._stack.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor))
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                done = self._stack.pop()
                if isinstance(done.value, dict):
                    for given in done.merged:
                        for key, value in given.items():
                            done.value.setdefault(key, value)
                self._put(done.value, done.size, done.anchor, line)
            elif isinstance(event, yaml.ScalarEvent):
                if not event.value.isascii():
                    event.value.encode("utf-8")  # an escape can name half of a character
                if event.tag is not None and event.tag not in _PLAIN_TAGS | _STRING_TAGS:
                    raise DamagedError(f"has a tag that is not read in line {line}")
                is_word = event.tag in _STRING_TAGS or bool(event.style and event.style in "'\"|>")
                wanted = self._stack[-1] if self._stack else None
                if wanted is not None and isinstance(wanted.value, dict) and wanted.key is None:
                    self._key(wanted, event.value, is_word, line)
                else:
                    self._put(event.value if is_word else _plain(event.value), 1, event.anchor, line)
            elif isinstance(event, yaml.AliasEvent):
                known = self._anchors.get(event.anchor or "")
                if known is None:
                    raise DamagedError(f"repeats what is not there, or itself, in line {line}")
                self._put(known[0], known[1], None, line, known[1])
        return self._result

    def _key(self, wanted: _Open, text: str, is_word: bool, line: int) -> None:
        if isinstance(wanted.value, dict) and text in wanted.value:
            raise DamagedError(f"has the key {text[:100]!r} twice, in line {line}")
        wanted.key = text if text != _MERGE or is_word else _MERGE
        self._count(1)

    def _put(self, value: Plain, size: int, anchor: str | None, line: int, more: int = 1) -> None:
        self._count(more)
        if anchor is not None:
            self._anchors[anchor] = (value, size)
        if not self._stack:
            self._result = value
            return
        holder = self._stack[-1]
        holder.size += size
        if isinstance(holder.value, list):
            holder.value.append(value)
        elif holder.key is None:
            raise DamagedError(f"has a key that is no word in line {line}")
        else:
            key, holder.key = holder.key, None
            if key == _MERGE and isinstance(value, dict):
                holder.merged.append(value)
            elif key == _MERGE and isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
                holder.merged += [given for given in value if isinstance(given, dict)]
            else:
                holder.value[key] = value

    def _count(self, more: int) -> None:
        self._values += more
        if self._values > _MOST_VALUES:
            raise DamagedError(f"holds more than {_MOST_VALUES:,} values, or repeats itself so often")


def _plain(text: str) -> Plain:
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        # an id or a hash of digits alone is no number to count with
        is_number = len(text) <= _LONGEST_NUMBER and (text == "0" or not text.lstrip("-+").startswith("0"))
        return int(text) if is_number else text
    if _FLOAT.fullmatch(text):
        return float(text) if len(text) <= 400 else text
    if _OTHER_INT.fullmatch(text) and len(text) <= _LONGEST_NUMBER:
        return int(text, 0)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", ""))
    return text
