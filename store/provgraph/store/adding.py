"""Adding what a source says of a node to what the store holds of it, so that older news never undoes newer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

from provgraph.model import ExecutionState

__all__ = ["needs_what_is_held", "what_it_adds"]

_TIME: Final = "updated_at"
_KINDS: Final = "kinds"
_ENDED: Final = frozenset(
    state.name
    for state in (ExecutionState.COMPLETE, ExecutionState.CACHED, ExecutionState.FAILED, ExecutionState.CANCELED)
)


def needs_what_is_held(given: Mapping[str, object]) -> bool:
    """Whether it depends on the stored node what these properties, added to it, change."""
    return _TIME in given or _KINDS in given


def what_it_adds(held: Mapping[str, object], given: Mapping[str, object]) -> tuple[dict[str, object], bool]:
    """The properties to set on a node that holds `held`, and whether `given` is older than that.

    Where both say when their source last changed the node (`updated_at`), the older one only adds what is absent, and
    a run that has ended is not running again. Of two as old as each other, the one in which the run has ended is newer.
    """
    timed = _TIME in held and _TIME in given
    was_over, is_over = held.get("state") in _ENDED, given.get("state") in _ENDED
    older = timed and (_when(given), is_over) < (_when(held), was_over)
    kept = {name for name in given if older and name in held}
    if timed and was_over and not is_over:
        kept.add("state")
    found = {name: value for name, value in given.items() if name not in kept and name != _KINDS}
    # which values are structs is one list for all of them: what is not set now stays what it was
    before, now = _entries(held), _entries(given)
    kinds = [before[name] for name in before if name not in found] + [now[name] for name in now if name in found]
    if sorted(kinds) != sorted(before.values()):
        found[_KINDS] = sorted(kinds)
    return found, older


def _when(properties: Mapping[str, object]) -> int:
    return cast("int", properties[_TIME])


def _entries(properties: Mapping[str, object]) -> dict[str, str]:
    """The entries `NAME=KIND` of the list of kinds, by name."""
    entries = cast("Sequence[str]", properties.get(_KINDS) or ())
    return {entry.rpartition("=")[0]: entry for entry in entries}
