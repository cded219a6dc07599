"""`provgraph explain`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from provgraph.cli.options import NODE, Settings, output_options, pass_settings, url_option
from provgraph.cli.output import json_text, write_json, write_lines
from provgraph.cli.stores import open_graph
from provgraph.cli.tracing import certain_option

if TYPE_CHECKING:
    from provgraph.tracing.explain import Answer

__all__ = ["explain"]

_NODES: Final = 6
_LONG: Final = 100  # characters; a longer detail is for --json


@click.command(short_help="Answer six questions about a model.")
@click.argument("node", type=NODE)
@certain_option
@url_option
@output_options(csv=False)
@pass_settings
def explain(settings: Settings, node: str, certain_only: bool) -> None:
    """Answer six questions about a model.

    Which data, which hyperparameters, which pipeline and run, which library versions and code, what made its
    pipeline's last failure fail, and which version was deployed last, and where. What is not recorded is said to be so,
    with what to record.
    """
    with open_graph(settings) as graph:
        found = graph.explain(node, certain_only=certain_only)
    if settings.format == "json":
        write_json(found.to_json())
        return
    made = "possibly made" if found.producer_possible else "made"
    producer = f", {made} by {found.producer.ref} ({found.producer.type})" if found.producer else ""
    write_lines([f"{found.model.ref}  {found.model.type}  {found.model.label}{producer}"])
    for answer in found.answers:
        detailed = answer in (found.hyperparameters, found.versions)
        write_lines(["", answer.question, *(f"  {line}" for line in _lines(answer, detailed))])
    write_lines(["", str(found.certificate)])


def _lines(answer: Answer, detailed: bool) -> Iterator[str]:
    yield answer.text
    for node in answer.nodes[:_NODES]:
        yield f"  {node.ref}  {node.type}  {node.label}{'  (only possibly)' if node in answer.possible else ''}"
    if len(answer.nodes) > _NODES:
        yield f"  … and {len(answer.nodes) - _NODES:,} more: --json has all"
    for name, value in answer.details.items() if detailed else ():
        text = value if isinstance(value, str) else json_text(value, indent=None)
        if value not in (None, [], {}, "") and text not in answer.text and len(text) <= _LONG and "\n" not in text:
            yield f"  {name}: {text}"
    if answer.advice:
        yield f"  what to do: {answer.advice}"
