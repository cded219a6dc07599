"""Conditions as they are typed: `accuracy>0.9`, `factory=plant-2`, `name~inspector`."""

from __future__ import annotations

import re
from typing import Any, Final

import click

from provgraph.cli.options import Text
from provgraph.cli.text import parse_time
from provgraph.errors import InvalidValueError
from provgraph.model import kind_of
from provgraph.store.reader import Condition

__all__ = ["WHERE", "parse_condition"]

Plain = int | float | str | bool

_FORM: Final = re.compile(r"([^=!<>~]+?)\s*(!=|<=|>=|=|<|>|~)\s*(.*)", re.DOTALL)
_INT: Final = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_FLOAT: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.ASCII | re.IGNORECASE)
_TIMES: Final = frozenset(("created_at", "updated_at", "recorded_at", "started_at", "ended_at"))
_TEXTS: Final = frozenset(
    ("name", "type", "type_version", "source", "external_id", "uri", "digest", "family", "version", "state", "key")
)


def parse_condition(text: str) -> Condition:
    """The condition that a text says.

    `=` and `!=` take the value as every kind that it can be read as: `7` is the number and the text. The others compare
    numbers with numbers if the value is one, else texts. Quotes around the value make it a text. The node's own times
    are compared with moments, as `parse_time` reads them; its other own fields are texts.

    Raises:
        InvalidValueError: it says none.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise InvalidValueError(f"{text!r} is no condition: write KEY=VALUE, or with one of != < <= > >= ~")
    name, operator, value = found.groups()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return Condition(name, operator, value[1:-1])
    if operator == "~" or name in _TEXTS:
        return Condition(name, operator, value.upper() if name == "state" else value)
    if name in _TIMES and not _INT.fullmatch(value):
        return Condition(name, operator, parse_time(value))
    readings = _readings(value)
    return Condition(name, operator, readings if operator in ("=", "!=") else readings[0])


def _readings(value: str) -> tuple[Plain, ...]:
    found: list[Plain] = []
    if _INT.fullmatch(value):
        number = int(value)
        try:
            kind_of(number)
            found.append(number)
        except InvalidValueError:  # no stored integer is that large, but a double may be
            found.append(float(number))
    elif _FLOAT.fullmatch(value):
        found.append(float(value))
    elif value.lower() in ("true", "false"):
        found.append(value.lower() == "true")
    return (*found, value)


class _Where(Text):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The condition."""
        if isinstance(value, Condition):
            return value
        try:
            return parse_condition(super().convert(value, param, ctx))
        except InvalidValueError as error:
            self.fail(str(error), param, ctx)


WHERE: Final = _Where("condition")
