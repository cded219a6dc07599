"""JSON values out of a stream, one at a time, each with the line it starts on.

Lines of JSON, one document, an array of any length and documents one after the other are read alike; memory holds one
value and a chunk.
"""

from __future__ import annotations

import codecs
import json
import re
import zlib
from collections.abc import Iterator
from typing import Final, Protocol

from provgraph.errors import LoadError
from provgraph.model import JsonValue

__all__ = ["Readable", "read_values"]

_CHUNK: Final = 1 << 20  # bytes
_LARGEST: Final = 64 << 20  # characters of one value
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_LONGEST_TOKEN: Final = 16  # characters at the end of a chunk that may be the first half of an escape or a literal
# What may follow the place of an error where a text just ends: the first half of a literal, a number or an escape.
_HALF: Final = re.compile(
    r"\s*(?:t|tr|tru|f|fa|fal|fals|n|nu|nul|N|Na|-|-?(?:I|In|Inf|Infi|Infin|Infini|Infinit)"
    r"|\.|[eE][+-]?|u[0-9a-fA-F]{0,3}\\?)?\s*\Z"
)


class Readable(Protocol):
    """What bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, none at the end."""
        ...


class _Stream:
    """The text of a stream: `text[at:]` is what was not used yet, and `line` is where `at` stands."""

    def __init__(self, file: Readable, name: str) -> None:
        self.text, self.at, self.line, self.ended = "", 0, 1, False
        self._file, self._name = file, name
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()

    def more(self) -> None:
        """Read on: at least as much again as is there."""
        wanted = max(_CHUNK, len(self.text) - self.at)
        try:
            data = self._file.read(wanted)
        except (OSError, EOFError, zlib.error) as error:
            raise LoadError(f"{self._name}: cannot be read: {error}") from error
        self.ended = not data
        self.text = self.text[self.at :]
        self.at = 0
        try:
            self.text += self._decoder.decode(data, self.ended)
        except UnicodeDecodeError as error:
            line = self.line + self.text.count("\n") + data.count(b"\n", 0, error.start)
            raise LoadError(f"{self._name}, line {line}: is no UTF-8 text") from error

    def advance(self, to: int) -> None:
        self.line += self.text.count("\n", self.at, to)
        self.at = to

    def next_sign(self) -> str:
        """The next character that is no space, which `at` then points to; "" at the end."""
        while True:
            match = _SPACE.match(self.text, self.at)
            self.advance(match.end() if match else self.at)
            if self.at < len(self.text):
                return self.text[self.at]
            if self.ended:
                return ""
            self.more()

    def refuse(self, position: int, words: str) -> LoadError:
        line = self.line + self.text.count("\n", self.at, position)
        column = position - max(self.text.rfind("\n", 0, position), -1)
        return LoadError(f"{self._name}, line {line}, column {column}: {words}")


def read_values(file: Readable, name: str) -> Iterator[tuple[int, JsonValue]]:
    """Each value with its line. `name` is what to call the file in errors.

    Raises:
        LoadError: the text is no JSON, is cut off, or holds a value that is too large; the text names the place.
    """
    stream = _Stream(file, name)
    inside = False
    while sign := stream.next_sign():
        if sign == "[" and not inside:
            inside = True
            stream.advance(stream.at + 1)
            if stream.next_sign() == "]":
                inside = False
                stream.advance(stream.at + 1)
            continue
        line = stream.line
        yield line, _value(stream)
        if not inside:
            continue
        sign = stream.next_sign()
        if sign not in {",", "]"}:
            words = "the array is cut off" if not sign else "a comma or ] is missing between two events"
            raise stream.refuse(stream.at, words)
        inside = sign == ","
        stream.advance(stream.at + 1)
    if inside:
        raise stream.refuse(stream.at, "the array is cut off")


_decode: Final = json.JSONDecoder().raw_decode


def _value(stream: _Stream) -> JsonValue:
    while True:
        try:
            decoded, end = _decode(stream.text, stream.at)
            value: JsonValue = decoded
            if stream.text.find("\\ud", stream.at, end) >= 0 or stream.text.find("\\uD", stream.at, end) >= 0:
                value = _without_surrogates(value)
        except json.JSONDecodeError as error:
            cut = error.pos >= len(stream.text) - _LONGEST_TOKEN or error.msg.startswith("Unterminated string")
            if cut and not stream.ended:
                if len(stream.text) - stream.at > _LARGEST:
                    raise stream.refuse(stream.at, f"a value of more than {_LARGEST >> 20} MiB, or no JSON") from error
                stream.more()
                continue
            raise _refusal(stream, error) from error
        except RecursionError as error:
            raise stream.refuse(stream.at, "nested too deep") from error
        except ValueError as error:  # a number of thousands of digits
            raise stream.refuse(stream.at, "holds a number that is too large") from error
        stream.advance(end)
        return value


def _refusal(stream: _Stream, error: json.JSONDecodeError) -> LoadError:
    text = stream.text
    place = _end_of_event(text, stream.at, error.pos)
    if place is not None:
        return stream.refuse(place, "the JSON is cut off: another event starts on the next line")
    if error.msg.startswith("Unterminated string") or (stream.ended and _HALF.match(text, error.pos)):
        return stream.refuse(error.pos, "the JSON is cut off")
    return stream.refuse(error.pos, f"no JSON: {error.msg}")


def _end_of_event(text: str, start: int, error: int) -> int | None:
    """Where an event ends that lacks its rest: before a line, up to that of the error, that holds an event of its own.

    Without its rest, what is on the next line is read as if it belonged to it, and the error seems to be further down.
    """
    line = text.find("\n{", start, error + 2)
    while line >= 0:
        following = text.find("\n", line + 1)
        end = line
        while text[end - 1].isspace():
            end -= 1
        # a line of an array stands behind a comma or the bracket
        own = error == line + 1 or text[end - 1] not in ",["
        if own and _is_event(text[line + 1 : following if following >= 0 else len(text)]):
            return end
        line = text.find("\n{", line + 1, error + 2)
    return None


def _is_event(line: str) -> bool:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "eventTime" in value


def _without_surrogates(value: JsonValue) -> JsonValue:
    """The value, halves of characters (which are no Unicode) written as they stand in JSON."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {str(_without_surrogates(name)): _without_surrogates(item) for name, item in value.items()}
    return value
