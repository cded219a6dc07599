"""What is said about one node beside the graph: chips, name, contexts, error, properties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from provgraph.cli.text import duration_text, local_time
from provgraph.interop.plain import plain_value
from provgraph.model import Artifact, Context, Execution, Node, Value
from provgraph_dashboard.drawable import called, state_of
from provgraph_dashboard.parts import Cell, Html, key_values, muted, notice, state_chip, subtitle, title, type_chip
from provgraph_dashboard.recorded_values import error_of, short_value

_LONGEST = 160
_PARAMETER = "param_"
# What a step takes down by itself: of use when something went wrong, and in the way until then.
_CIRCUMSTANCES = (
    "git_commit", "git_branch", "git_dirty", "command", "python", "packages", "host", "user", "process", "recording",
    "places",
)  # fmt: skip
_CONTEXTS_NAMED = 3
_ERROR = ("error_type", "error_message", "error_traceback")


def head(node: Node, contexts: Sequence[Context]) -> list[Html]:
    """Chips, name and where it belongs."""
    state = state_of(node)
    chips = [type_chip(node.type, kind=node.kind.word)]
    if state is not None and not (isinstance(node, Artifact) and state == "UNKNOWN"):
        chips.append(state_chip(state))
    found = [Html("".join(chips)), title(called(node))]
    places = ", ".join(f"{context.type} {context.label}" for context in contexts[:_CONTEXTS_NAMED])
    if len(contexts) > _CONTEXTS_NAMED:
        places += f" and {len(contexts) - _CONTEXTS_NAMED:,} more contexts"
    return [*found, muted(" · ".join(part for part in (node.ref, places) if part))]


def error(node: Node) -> Html | None:
    """The message of an execution that failed or was lost; None if there is nothing to say."""
    if not isinstance(node, Execution):
        return None
    if state_of(node) == "lost":
        return notice("warn", "Lost", "It says that it is running, and its process is gone.")
    message = error_of(node)
    if node.state.name == "FAILED":
        return notice("bad", "Failed", "" if message else "Why was not recorded.", code=message)
    return notice("warn", node.state.name.capitalize(), code=message) if message else None


def facts(node: Node) -> Mapping[str, Cell]:
    """Times and identity, as far as they are recorded."""
    found: dict[str, Cell] = {}
    if isinstance(node, Execution):
        if node.started_at is not None:
            found["started"] = local_time(node.started_at)
        if node.started_at is not None and node.ended_at is not None:
            found["took"] = duration_text(node.ended_at - node.started_at)
    elif node.created_at is not None:
        found["created"] = local_time(node.created_at)
    if isinstance(node, Artifact) and node.version:
        found["version"] = node.version
    if node.external_id:
        found["external id"] = node.external_id
    if node.source:
        found["from"] = node.source
    return found


def properties(node: Node) -> list[Html]:
    """Declared and custom properties, apart; parameters by their own name."""
    declared = dict(node.properties)
    custom = {n: v for n, v in node.custom_properties.items() if n not in _ERROR and n not in _CIRCUMSTANCES}
    parameters = {n.removeprefix(_PARAMETER): custom.pop(n) for n in list(custom) if n.startswith(_PARAMETER)}
    found: list[Html] = []
    known = facts(node)
    if known:
        found += [key_values(known)]
    for heading, values in (("Parameters", parameters), ("Declared properties", declared), ("Properties", custom)):
        if values:
            found += [subtitle(heading), key_values(_shown(values))]
    return found


def circumstances(node: Node) -> Html | None:
    """What the step took down of its surroundings; None if nothing."""
    own = {name: node.custom_properties[name] for name in _CIRCUMSTANCES if name in node.custom_properties}
    if isinstance(node, Artifact) and node.digest:
        own = {"digest": node.digest, **own}
    return key_values(_shown(own)) if own else None


def _shown(values: Mapping[str, Value]) -> dict[str, Cell]:
    return {name.replace("_", " "): _cell(values[name]) for name in sorted(values)}


def _cell(value: Value) -> Cell:
    plain = plain_value(value)
    return plain if isinstance(plain, bool | int | float) else short_value(plain, _LONGEST)
