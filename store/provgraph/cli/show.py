"""`provgraph show`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import click

from provgraph.cli.nodes import moment, node_as_json, state_of
from provgraph.cli.options import NODE, Settings, output_options, pass_settings, url_option
from provgraph.cli.output import Column, json_text, write_json, write_lines, write_table
from provgraph.cli.stores import open_core
from provgraph.cli.text import count_text, local_time

if TYPE_CHECKING:
    from provgraph.model import Node, NodeKind, Properties
    from provgraph.store.core import StoreCore

__all__ = ["show"]

SHOWN: Final = 20  # links of one sort, in the table

# (relationship, whether the link starts at the node) -> what the nodes at its other end are to it
_HEADS: Final[dict[str, dict[tuple[str, bool], str]]] = {
    "artifact": {
        ("OUTPUT", False): "Made by",
        ("POSSIBLE_OUTPUT", False): "Possibly made by",
        ("PENDING_OUTPUT", False): "To be made by",
        ("INPUT", True): "Used by",
        ("POSSIBLE_INPUT", True): "Possibly used by",
        ("DERIVATION", False): "Derived from",
        ("DERIVATION", True): "Derived from it",
        ("SAME_AS", False): "The same as",
        ("SAME_AS", True): "The same as",
        ("ATTRIBUTION", True): "Contexts",
    },
    "execution": {
        ("INPUT", False): "Inputs",
        ("POSSIBLE_INPUT", False): "Possible inputs",
        ("OUTPUT", True): "Outputs",
        ("POSSIBLE_OUTPUT", True): "Possible outputs",
        ("PENDING_OUTPUT", True): "Pending outputs",
        ("ASSOCIATION", True): "Contexts",
    },
    "context": {("PARENT", True): "Inside", ("PARENT", False): "Contexts inside it"},
}
_PLAIN_EVENTS: Final = (None, "INPUT", "OUTPUT", "PENDING_OUTPUT")

# relationship, from id, to id, properties, label of the other end
Link: TypeAlias = tuple[str, int, int, Mapping[str, Any], str]


@click.command(short_help="Show one node with all that is recorded of it.")
@click.argument("node", type=NODE)
@url_option
@output_options(csv=False)
@pass_settings
def show(settings: Settings, node: str) -> None:
    """Show one node with all that is recorded of it: fields, properties, contexts, and the nodes beside it.

    NODE is artifact:12, execution:5 or context:3, or a key, an external id, a name, or TYPE/NAME.
    """
    core = open_core(settings)
    with closing(core.store):
        found = core.reader.resolve(node)
        links = core.reader.links(found)
        if settings.format == "json":
            write_json(_as_json(found, links))
        else:
            _write(core, found, links)


def _as_json(node: Node, links: Sequence[Link]) -> dict[str, object]:
    from provgraph.store.rows import path_from_text

    described: list[dict[str, object]] = []
    for kind, start, end, own, label in links:
        other = f"{label.lower()}:{end if start == node.id else start}"
        source, target = (node.ref, other) if start == node.id else (other, node.ref)
        entry: dict[str, object] = {"kind": kind, "source": source, "target": target, **own}
        if "path" in entry:
            entry["path"] = list(path_from_text(own["path"]))
        described.append(entry)
    return {**node_as_json(node), "links": described}


def _write(core: StoreCore, node: Node, links: Sequence[Link]) -> None:
    write_lines([f"{node.ref}  {node.type}  {node.label}  {state_of(node)}".rstrip()])
    _write_pairs("", _fields(node))
    _write_pairs("Properties", _properties(node.properties))
    _write_pairs("Custom properties", _properties(node.custom_properties))
    groups: dict[str, list[Link]] = {}
    for link in links:
        if link[0] == "SAME_AS" and link[1] != node.id:
            continue  # there is one each way, and they say the same
        groups.setdefault(_head(node, link), []).append(link)
    order = list(dict.fromkeys(_HEADS[node.kind.word].values()))
    for head in sorted(groups, key=lambda head: order.index(head) if head in order else len(order)):
        _write_group(core, node, head, groups[head])
    if node.kind.word == "context":
        _write_members(core, node)
    else:
        write_lines(["", f"More: provgraph upstream {node.ref}, provgraph downstream {node.ref}"])


def _fields(node: Node) -> Iterator[tuple[str, str]]:
    for field in ("uri", "digest", "family", "version", "external_id", "key", "source", "type_version"):
        if value := getattr(node, field, None):
            yield field, str(value)
    for field in ("started_at", "ended_at", "created_at", "updated_at", "recorded_at"):
        value = getattr(node, field, None)
        if value is not None:
            yield field, local_time(value)


def _properties(properties: Properties) -> Iterator[tuple[str, str]]:
    from provgraph.interop.plain import plain_value

    for name in sorted(properties):
        value = plain_value(properties[name])
        yield name, value if isinstance(value, str) else json_text(value, indent=None)


def _write_pairs(head: str, pairs: Iterator[tuple[str, str]]) -> None:
    found = list(pairs)
    if not found:
        return
    room = min(28, max(len(name) for name, _ in found))
    write_lines(["", head] if head else [])
    for name, value in found:
        first, *more = value.splitlines() or [""]
        write_lines([f"  {name:<{room}}  {first}", *(f"  {'':<{room}}  {line}" for line in more)])


def _head(node: Node, link: Link) -> str:
    kind, start, _, own, _ = link
    if kind == "RELATION":
        return f"{own.get('name', 'Related')} {'->' if start == node.id else '<-'}"
    return _HEADS[node.kind.word].get((kind, start == node.id), kind)


def _write_group(core: StoreCore, node: Node, head: str, links: Sequence[Link]) -> None:
    shown = links[:SHOWN]
    wanted: dict[NodeKind, list[int]] = {}
    others = [(_kind(label), end if start == node.id else start) for _, start, end, _, label in shown]
    for kind, other in others:
        if kind is not None:
            wanted.setdefault(kind, []).append(other)
    nodes = {found.ref: found for kind, ids in wanted.items() for found in core.reader.by_ids(kind, ids)}
    write_lines(["", f"{head} ({len(links):,})"])
    rows: list[Sequence[object]] = []
    for (kind, other), link in zip(others, shown, strict=True):
        found = nodes.get(f"{kind.word}:{other}") if kind is not None else None
        if found is None:
            rows.append(("", f"{link[4]} {other}", "", "", "", ""))
            continue
        rows.append((found.ref, found.type, found.label, state_of(found), local_time(moment(found)), _remarks(link)))
    columns = [Column("  ID"), Column("TYPE", shrinks=True), Column("NAME", shrinks=True, keeps_end=True)]
    columns += [Column("STATE"), Column("TIME"), Column("LINK", shrinks=True)]
    used = len(columns) if any(row[-1] for row in rows) else len(columns) - 1
    write_table(columns[:used], [(f"  {row[0]}", *row[1:used]) for row in rows])
    if len(links) > len(shown):
        write_lines([f"  … and {len(links) - len(shown):,} more: --json has all"])


def _kind(label: str) -> NodeKind | None:
    from provgraph.model import NodeKind

    return next((kind for kind in NodeKind if kind.value == label), None)


def _remarks(link: Link) -> str:
    """What is not as usual: a special event, a position, a link that nobody saw happen; by what two are the same."""
    from provgraph.store.rows import path_from_text

    own = link[3]
    found: list[str] = []
    if own.get("rule"):
        found.append(f"{own['rule']} {own.get('evidence') or ''}".rstrip())
    if own.get("event_type") not in _PLAIN_EVENTS:
        found.append(own["event_type"].lower().replace("_", " "))
    if own.get("path"):
        found.append("/".join(str(step) for step in path_from_text(own["path"])))
    if own.get("certainty") not in (None, "observed"):
        found.append(own["certainty"])
    return ", ".join(found)


def _write_members(core: StoreCore, node: Node) -> None:
    from provgraph.model import NodeKind
    from provgraph.store.reader import Query

    query = Query(context=node.id)
    artifacts = core.reader.count(NodeKind.ARTIFACT, query)
    executions = core.reader.count(NodeKind.EXECUTION, query)
    held = f"{count_text(artifacts, 'artifact')} and {count_text(executions, 'execution')}"
    write_lines(["", f"Holds {held}: provgraph find --in {node.ref}"])
