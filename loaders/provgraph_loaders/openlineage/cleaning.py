"""Values of facets as they may be kept: without secrets, not endlessly long or deep."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from provgraph.loading import LoadReport, NoteKind
from provgraph.model import JsonValue
from provgraph.recording.redaction import HIDDEN, is_secret_name, redact_text

__all__ = ["Cleaner"]

_LONGEST: Final = 20_000  # characters of a text; engines keep long ones, but every later change of the node gets slow
_DEEPEST: Final = 40  # of lists and mappings
_CACHED: Final = 200  # characters of a text worth remembering


@lru_cache(50_000)
def _short_text(text: str) -> str:
    return redact_text(text, {})


@lru_cache(20_000)
def _is_secret(name: str) -> bool:
    return is_secret_name(name)


class Cleaner:
    """Cleans values and tells the report what it took out; `told` is how often it did."""

    def __init__(self, report: LoadReport) -> None:
        self._report = report
        self.told = 0

    def text(self, text: str, place: str) -> str:
        """The text with what looks like a secret replaced by `***`, cut where it is too long."""
        if len(text) <= _CACHED:
            found = _short_text(text)
        else:
            if len(text) > _LONGEST:
                reason = f"are longer than {_LONGEST:,} characters: what follows is left out"
                self._tell("texts", reason, place)
                text = text[:_LONGEST]
            found = redact_text(text, {})
        if found != text:
            self._report.note(
                NoteKind.DROPPED, "texts", "hold what looks like a secret: *** stands in its place", place
            )
        return found

    def value(self, value: JsonValue, place: str, depth: int = 0) -> JsonValue:
        """The value, all its texts cleaned."""
        if isinstance(value, str):
            return self.text(value, place)
        if not isinstance(value, dict | list):
            return value
        if depth >= _DEEPEST:
            reason = f"are nested more than {_DEEPEST} deep: what is below is left out"
            self._tell("values", reason, place)
            return "…"
        if isinstance(value, list):
            return [self.value(item, place, depth + 1) for item in value]
        owner = value.get("key") or value.get("name")
        hides_value = isinstance(owner, str) and _is_secret(owner)
        found: dict[str, JsonValue] = {}
        for name, item in value.items():
            if item and not isinstance(item, dict | list) and (_is_secret(name) or (hides_value and name == "value")):
                found[name] = self._hidden(place)
            else:
                found[name] = self.value(item, place, depth + 1)
        return found

    def named_value(self, name: str, value: JsonValue, place: str) -> JsonValue:
        """The value of a parameter of this name."""
        return self._hidden(place) if value is not None and _is_secret(name) else self.value(value, place)

    def _tell(self, what: str, reason: str, place: str) -> None:
        self.told += 1
        self._report.note(NoteKind.DROPPED, what, reason, place)

    def _hidden(self, place: str) -> str:
        reason = "have names that say that they are secret: *** stands in their place"
        self._tell("values", reason, place)
        return HIDDEN
