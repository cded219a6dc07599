"""Texts of MLflow to property values: numbers where they read as numbers, secrets taken out, nothing too long."""

from __future__ import annotations

import math
from typing import Final

from provgraph.loading import LoadReport, NoteKind
from provgraph.model import Struct, Value
from provgraph.model.values import INT64_MAX, INT64_MIN
from provgraph.recording.redaction import HIDDEN, is_secret_name, redact_text, redact_uri

__all__ = ["Bag", "number_in", "text_of", "time_of", "uri_of"]

_LONGEST: Final = 65_536  # characters of a text: more makes every later change of its node slow
_LONGEST_NAME: Final = 500
_LAST_MOMENT: Final = 253_402_300_800_000  # the end of the year 9999, which is all that calendars can tell
_TOO_SHORT_FOR_A_SECRET: Final = 16
_LONGEST_NUMBER: Final = 25


def text_of(value: object) -> str | None:
    """The text of a column that holds text, whatever else stands there; None for none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)


def whole(value: object) -> int | None:
    """A whole number of 64 bits, also where it stands as text; None where there is none."""
    if isinstance(value, str) and 0 < len(value) < _LONGEST_NUMBER and value.lstrip("+-").isdecimal():
        try:
            value = int(value)
        except ValueError:
            return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and INT64_MIN <= value <= INT64_MAX else None


def time_of(value: object, place: str, report: LoadReport) -> int | None:
    """Epoch milliseconds; None where there are none, with a note where what stands there is no time."""
    if value is None or value == "":
        return None
    found = whole(value)
    if found is not None and 0 < found < _LAST_MOMENT:
        return found
    if found != 0:
        report.note(NoteKind.DROPPED, "times", "are no moments between 1970 and 9999", place)
    return None


def number_in(text: str) -> int | float | bool | None:
    """The number or truth value that MLflow made this text of; None if it would have made another one.

    >>> [number_in(text) for text in ("8", "0.1", "1e-05", "True", "08", "1e-5", "nan")]
    [8, 0.1, 1e-05, True, None, None, None]
    """
    if text in ("True", "False"):
        return text == "True"
    if not text or len(text) > _LONGEST_NUMBER or text[-1] not in "0123456789" or not text.isascii():
        return None
    try:
        number = int(text)
    except ValueError:
        pass
    else:
        return number if str(number) == text and INT64_MIN <= number <= INT64_MAX else None
    try:
        double = float(text)
    except ValueError:
        return None
    return double if math.isfinite(double) and repr(double) == text else None


def uri_of(value: object, place: str, report: LoadReport) -> str | None:
    """A URI without user, password and tokens; None where there is none, or one that cannot be looked up."""
    text = text_of(value)
    if not text:
        return None
    uri = redact_uri(text)
    if uri != text:
        report.note(NoteKind.DROPPED, "secrets", "are not stored: *** stands in their place", place)
    if len(uri.encode("utf-8", "replace")) > 8_000:
        report.note(NoteKind.DROPPED, "URIs", "are longer than 8,000 bytes", place)
        return None
    return uri


class Bag:
    """The properties of one node as they come together; `place` names the node in the report."""

    def __init__(self, place: str, report: LoadReport) -> None:
        self.values: dict[str, Value] = {}
        self.weight = 0
        self._place, self._report = place, report

    def text(self, name: str, value: object, *, prefix: str = "", numbers: bool = False) -> None:
        """Put a text under `prefix` and `name`; None and "" are nothing. `numbers`: where it reads as one, as one."""
        text = text_of(value)
        if not text or not self._can_hold(name):
            return
        if is_secret_name(name):
            self._note_secret()
            text = HIDDEN
        number = number_in(text) if numbers else None
        self._put(prefix + name, self._clean(text) if number is None else number)

    def uri(self, name: str, value: object) -> None:
        """Put a URI."""
        self.text(name, uri_of(value, self._place, self._report))

    def number(self, name: str, value: float | None, *, prefix: str = "") -> None:
        """Put a number; None is nothing."""
        if value is not None and self._can_hold(name):
            self._put(prefix + name, value)

    def struct(self, name: str, data: Struct) -> None:
        """Put a JSON value."""
        self._put(name, data)

    def json(self, name: str, value: object) -> None:
        """Put a text that holds JSON as a JSON value, or as the text that it is if it holds none."""
        text = text_of(value)
        if not text:
            return
        clean = self._clean(text)
        try:
            self._put(name, Struct(clean))
        except ValueError:
            self._put(name, clean)

    def _can_hold(self, name: str) -> bool:
        if name and "\0" not in name and len(name) <= _LONGEST_NAME:
            return True
        reason = f"have no name, or one that no property can have (a null character, over {_LONGEST_NAME} characters)"
        self._report.note(NoteKind.DROPPED, "values", reason, self._place)
        return False

    def _clean(self, text: str) -> str:
        if len(text) > _LONGEST:
            reason = f"are longer than {_LONGEST:,} characters: cut there"
            self._report.note(NoteKind.GUESSED, "texts", reason, self._place)
            text = text[:_LONGEST] + "…"
        if len(text) < _TOO_SHORT_FOR_A_SECRET and ":" not in text and "=" not in text:
            return text
        clean = redact_text(text, {})
        if clean != text:
            self._note_secret()
        return clean

    def _note_secret(self) -> None:
        self._report.note(NoteKind.DROPPED, "secrets", "are not stored: *** stands in their place", self._place)

    def _put(self, name: str, value: Value) -> None:
        self.values[name] = value
        self.weight += len(name) + (len(value) if isinstance(value, str) else 8)
