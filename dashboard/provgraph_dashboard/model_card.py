"""The six cards of a model, as values: question, answer, one muted line, a small table, a link."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from provgraph import Lineage
from provgraph.cli.text import count_text, duration_text, local_time
from provgraph.model import Artifact, Context, Execution, JsonValue, Node
from provgraph.tracing.explain import Answer, Explanation
from provgraph.tracing.impact import Impact
from provgraph_dashboard import links
from provgraph_dashboard.drawable import called, short_type, state_of
from provgraph_dashboard.parts import Cell, Html, changed, muted, notice, state_chip, table, text
from provgraph_dashboard.recorded_values import (
    error_of,
    first_lines,
    parameters_of,
    short_value,
    size_of,
    took,
    versions_of,
)
from provgraph_dashboard.run_compare import Pair, pairs
from provgraph_dashboard.shortest import shortest_routes

_ROWS = 5
_LETTERS = 26


POSSIBLY = "only possibly"


@dataclass(frozen=True, slots=True)
class Card:
    """One question and all that its card shows. `link` is a place, its words and its icon."""

    question: str
    words: str
    note: Cell = ""
    body: tuple[Html, ...] = ()
    link: tuple[links.Link, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """What the cards say besides the six answers; each may be missing.

    Attributes:
        previous: the version before this one, and the step that made it.
        run: the steps of the run that made the model.
        deployments: what all versions of the model reach.
    """

    previous: tuple[Artifact, Execution] | None = None
    run: Lineage | None = None
    deployments: Impact | None = None
    family: Mapping[str, Artifact] = field(default_factory=dict[str, Artifact])


def cards(found: Explanation, beside: Beside) -> tuple[Card, ...]:
    """The six cards, in the order in which people ask."""
    return (
        _data(found),
        _hyperparameters(found, beside),
        _pipeline(found, beside),
        _versions(found, beside),
        _failure(found),
        _deployment(found, beside),
    )


def _unknown(answer: Answer, link: tuple[links.Link, str, str] | None = None) -> Card:
    return Card(answer.question, "not recorded", _sentence(answer.advice), link=link)


def _sentence(advice: str) -> str:
    return f"To know it next time: {advice}." if advice else ""


def _data(found: Explanation) -> Card:
    answer = found.data
    link = (links.explore(found.model, direction="upstream"), "Show upstream", ":material/hub:")
    if not answer.known:
        return _unknown(answer, link)
    listed = answer.details.get("datasets")
    count = len(listed) if isinstance(listed, list) else len(answer.nodes)
    nearest, raw = answer.nodes[:count], answer.nodes[count:]
    kinds = Counter(node.type for node in raw)
    note = "made from " + ", ".join(f"{n:,} {short_type(name)}" for name, n in sorted(kinds.items())) if raw else ""
    doubtful = sum(node in answer.possible for node in raw)
    note += f", {doubtful:,} of them {POSSIBLY}" if doubtful else ""
    shown = [*nearest[:_ROWS], *raw[: max(_ROWS - len(nearest), 0)]]
    rows: list[tuple[Cell, ...]] = [(called(n), _kind(answer, n), size_of(n)) for n in shown]
    rest = len(answer.nodes) - len(rows)
    body = [table(("source", "type", "size"), rows)]
    if rest > 0:
        body.append(muted(f"and {rest:,} more upstream"))
    words = _listed([_maybe(answer, node) for node in nearest])
    return Card(answer.question, words, note, tuple(body), link)


def _kind(answer: Answer, node: Node) -> str:
    """The type, with a mark in front that a narrow column does not cut."""
    return f"possible {short_type(node.type)}" if node in answer.possible else short_type(node.type)


def _maybe(answer: Answer, node: Node) -> str:
    """What a node is called, and whether it belongs to the answer only possibly."""
    return f"{called(node)} ({POSSIBLY})" if node in answer.possible else called(node)


def _hyperparameters(found: Explanation, beside: Beside) -> Card:
    answer, step = found.hyperparameters, found.producer
    link = (links.explore(step), f"Open {called(step)}", ":material/tune:") if step else None
    if not answer.known or step is None:
        return _unknown(answer, link)
    mine = answer.details
    words = " · ".join(f"{name} {short_value(value, 18)}" for name, value in list(mine.items())[:3])
    if found.producer_possible:
        words += f" ({POSSIBLY})"
    return Card(answer.question, words, *_against(mine, beside, "value"), link=link)


def _versions(found: Explanation, beside: Beside) -> Card:
    answer, step = found.versions, found.producer
    link = (links.explore(step), f"Open {called(step)}", ":material/inventory_2:") if step else None
    if not answer.known:
        return _unknown(answer, link)
    mine = _all_versions(found.model, step)
    return Card(
        answer.question,
        answer.text.replace("_", " ").replace(", ", " · "),
        *_against(mine, beside, "version"),
        link=link,
    )


def _all_versions(model: Artifact, step: Execution | None) -> dict[str, JsonValue]:
    return {**versions_of(model), **(versions_of(step) if step else {})}


def _against(mine: Mapping[str, JsonValue], beside: Beside, noun: str) -> tuple[Cell, tuple[Html, ...]]:
    """The line and the table of values, beside those of the version before where there is one."""
    if beside.previous is None:
        rows: list[tuple[Cell, ...]] = [(name, short_value(value, _LETTERS)) for name, value in mine.items()]
        more = (muted(f"and {len(rows) - _ROWS:,} more"),) if len(rows) > _ROWS else ()
        note = f"{count_text(len(rows), noun)}, no version before this one to compare with"
        return note, (table(("name", noun), rows[:_ROWS]), *more) if rows else ()
    model, step = beside.previous
    theirs = parameters_of(step) if noun == "value" else _all_versions(model, step)
    every = sorted(pairs(theirs, mine), key=lambda pair: pair.equal)
    differ = sum(not pair.equal for pair in every)
    before = called(model)
    # Values are worth a line each, also where they are equal; of versions only those that changed.
    shown = every[:_ROWS] if noun == "value" or not differ else every[: min(differ, _ROWS)]
    lines = [_line(pair) for pair in shown]
    if len(every) > len(shown):
        equal = len(every) - max(differ, len(shown))
        hidden = len(every) - len(shown) - equal
        words = [f"{count_text(equal, 'other')} equal"] * (equal > 0) + [f"{hidden:,} more changed"] * (hidden > 0)
        lines.append((muted(", ".join(words)), "", ""))
    note = (
        f"{differ} of {count_text(len(every), noun)} differ from {before}"
        if differ
        else f"all equal to those of {before}"
    )
    return note, (table(("name", before, "this"), lines),) if lines else ()


def _line(pair: Pair) -> tuple[Cell, ...]:
    old, new = changed(_shown(pair.one), _shown(pair.other))
    return (pair.name, old, new)


def _shown(value: str | None) -> str:
    return "–" if value is None else short_value(value, _LETTERS)


def _pipeline(found: Explanation, beside: Beside) -> Card:
    answer = found.pipeline
    if not answer.known:
        return _unknown(answer)
    contexts = [node for node in answer.nodes if isinstance(node, Context)]
    runs = [node for node in contexts if node.label in str(answer.details.get("run") or "").split(", ")]
    pipelines = [node for node in contexts if node not in runs]
    link = (
        links.runs(pipelines[0] if pipelines else None, run=runs[0] if runs else None),
        "Show the run" if runs else "Show its runs",
        ":material/play_circle:",
    )
    words = _listed([_maybe(answer, node) for node in pipelines or runs])
    steps = sorted(beside.run.executions, key=lambda e: (e.started_at or e.created_at or 0, e.id)) if beside.run else []
    note = f"run {called(runs[0])}" if runs and pipelines else ""
    if steps:
        note = f"{note}, {count_text(len(steps), 'step')}" if note else count_text(len(steps), "step")
    rows = [
        (_step_name(step, steps), state_chip(state_of(step)), duration_text(took(step)) or None)
        for step in steps[:_ROWS]
    ]
    body = [table(("step", "state", "took"), rows)] if rows else []
    if len(steps) > _ROWS:
        body.append(muted(f"and {len(steps) - _ROWS:,} more"))
    return Card(answer.question, words, note, tuple(body), link)


def _step_name(step: Execution, steps: Sequence[Execution]) -> str:
    alone = sum(other.type == step.type for other in steps) == 1
    return short_type(step.type) if alone or step.name is None else step.name


def _failure(found: Explanation) -> Card:
    answer = found.failure
    step = next((node for node in answer.nodes if isinstance(node, Execution)), None)
    if step is None:
        group = next((node for node in answer.nodes if isinstance(node, Context)), None)
        link = (links.runs(group), "Show its runs", ":material/play_circle:") if group else None
        return Card(answer.question, answer.text, link=link) if answer.known else _unknown(answer, link)
    message = error_of(step)
    count = answer.details.get("failures")
    note = local_time(step.ended_at)
    if isinstance(count, int) and count > 1:
        note = f"{note}, the last of {count:,} failures".removeprefix(", ")
    body = [notice("bad", short_type(step.type), code=first_lines(message) if message else "no error was recorded")]
    if not message:
        body.append(muted(_sentence(answer.advice)))
    if found.producer is not None and found.producer.type == step.type:
        differing = [p for p in pairs(parameters_of(step), parameters_of(found.producer)) if not p.equal]
        lines = [_line(pair) for pair in differing[: _ROWS - 3]]
        if lines:
            body.append(table(("what differed", "failed", "this model"), lines))
    return Card(
        answer.question,
        _maybe(answer, step),
        note,
        tuple(body),
        (links.explore(step), "Open the failed step", ":material/error:"),
    )


def _deployment(found: Explanation, beside: Beside) -> Card:
    answer = found.deployment
    if not answer.known:
        return _unknown(answer)
    last = answer.nodes[0]
    since = answer.details.get("since")
    live = answer.details.get("this_version_live")
    notes = [f"since {local_time(since)}"] if isinstance(since, int) else []
    if live is not None:
        notes.append("this version is live" if live else "this version is not live")
    link = (links.explore(last), f"Open {called(last)}", ":material/rocket_launch:")
    return Card(answer.question, _last(found, beside), ", ".join(notes), _places(found, beside), link)


def _last(found: Explanation, beside: Beside) -> str:
    """The answer, with what unnamed things are called."""
    ref = found.deployment.nodes[0].ref
    reached = beside.deployments
    item = next((item for item in reached.deployments if item.node.ref == ref), None) if reached else None
    if reached is None or reached.lineage is None or item is None or item.deployment is None:
        return found.deployment.text
    way = shortest_routes(reached.lineage).to(ref)
    version = beside.family.get(way[0]) if way else None
    where = ", ".join(called(context) for context in item.deployment.endpoints) or "an endpoint that is not recorded"
    return f"{called(version or item.node)} to {where}" + (f" ({POSSIBLY})" if item.only_possible else "")


def _places(found: Explanation, beside: Beside) -> tuple[Html, ...]:
    """Where which version is, the live ones first."""
    reached = beside.deployments
    if reached is None or reached.lineage is None:
        listed = found.deployment.details.get("live")
        return tuple(muted(str(item)) for item in listed[:_ROWS]) if isinstance(listed, list) else ()
    routes = shortest_routes(reached.lineage)
    rows: list[tuple[Cell, ...]] = []
    for item in reached.deployments:
        way = routes.to(item.node.ref)
        version = beside.family.get(way[0]) if way else None
        name = called(version) if version else ""
        where = ", ".join(called(c) for c in item.deployment.endpoints) if item.deployment else ""
        state = "live" if item.live else "not recorded" if item.live is None else "replaced or ended"
        state += f", {POSSIBLY}" if item.only_possible else ""
        bold = Html(f"<b>{text(name)}</b>") if version is not None and version.ref == found.model.ref else name
        rows.append((where or called(item.node), bold, state))
    more = (muted(f"and {len(rows) - _ROWS:,} more"),) if len(rows) > _ROWS else ()
    return (table(("where", "version", "state"), rows[:_ROWS]), *more)


def _listed(names: Sequence[str], most: int = 2) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown
