"""Options and arguments that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeAlias, TypeVar

import click

from provgraph.cli.text import parse_time
from provgraph.errors import InvalidValueError

__all__ = ["NODE", "TEXT", "TIME", "Settings", "Text", "Time", "output_options", "pass_settings", "url_option"]

Format: TypeAlias = Literal["table", "json", "csv"]
P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    _TextType = click.ParamType[str]
    _TimeType = click.ParamType[int]
else:  # older versions of click know no type arguments at run time
    _TextType = _TimeType = click.ParamType


@dataclass(slots=True)
class Settings:
    """What the options say that every verb has.

    Attributes:
        url: the store; None for that of the environment or the working directory.
        format: how the answer is written.
    """

    url: str | None = None
    format: Format = "table"


class Text(_TextType):
    """Text that a store can hold: the bytes of a command line need not be text at all."""

    def __init__(self, name: str = "text") -> None:
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text itself."""
        text = str(value)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            self.fail("this is no Unicode text", param, ctx)
        return text


class Time(_TimeType):
    """A moment, as epoch milliseconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Epoch milliseconds."""
        if isinstance(value, int):
            return value
        try:
            return parse_time(str(value))
        except InvalidValueError as error:
            self.fail(str(error), param, ctx)


TEXT = Text()
NODE = Text("node")
TIME = Time()


def _set_url(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(Settings).url = value


def _set_format(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        settings = ctx.ensure_object(Settings)
        wanted: Format = "json" if param.name == "json_" else "csv"
        if settings.format not in ("table", wanted):
            raise click.UsageError("--json and --csv exclude each other.", ctx)
        settings.format = wanted


def url_option(function: F) -> F:
    """`--url`, before the verb or after it."""
    return click.option(
        "--url",
        metavar="URL",
        type=TEXT,
        expose_value=False,
        callback=_set_url,
        help="The store: embedded:PATH, neo4j://HOST or bolt://HOST.",
    )(function)


def output_options(*, csv: bool = True) -> Callable[[F], F]:
    """`--json` and, where the answer is a table, `--csv`; before the verb or after it."""

    def decorate(function: F) -> F:
        if csv:
            function = click.option(
                "--csv", "csv_", is_flag=True, expose_value=False, callback=_set_format, help="Write CSV."
            )(function)
        return click.option(
            "--json", "json_", is_flag=True, expose_value=False, callback=_set_format, help="Write JSON."
        )(function)

    return decorate


def pass_settings(function: Callable[Concatenate[Settings, P], R]) -> Callable[P, R]:
    """Give the verb its `Settings`, and refuse a format that it does not have."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        ctx = click.get_current_context()
        settings = ctx.ensure_object(Settings)
        has = {param.name for param in ctx.command.params}
        if settings.format != "table" and f"{settings.format}_" not in has:
            raise click.UsageError(f"{ctx.info_name} has no --{settings.format}.", ctx)
        return function(settings, *args, **kwargs)

    return call
