"""Leaving nodes out of a graph keeps what flows through them, and how sure it is."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from provgraph.tracing.lineage import Edge
from provgraph_dashboard.contraction import Line, contract
from tests.dashboard.lineages import edge

_STEPS = [f"execution:{i}" for i in range(5)]
_DATA = [f"artifact:{i}" for i in range(6)]
_EDGES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(_DATA), st.sampled_from(_STEPS)),
        st.tuples(st.sampled_from(_STEPS), st.sampled_from(_DATA)),
    ),
    max_size=24,
    unique=True,
)


def _reached(edges: list[tuple[str, str]], start: str) -> set[str]:
    found: set[str] = set()
    todo = [start]
    while todo:
        at = todo.pop()
        new = {t for s, t in edges if s == at} - found
        found |= new
        todo += new
    return found


@given(_EDGES)
def test_data_reaches_the_same_data_without_the_steps_between(links: list[tuple[str, str]]) -> None:
    left = contract([edge(a, b) for a, b in links], _STEPS)
    lines = [(line.source, line.target) for line in left.lines]
    assert not {end for line in lines for end in line} & set(_STEPS)
    for start in _DATA:
        assert _reached(lines, start) - {start} == (_reached(links, start) & set(_DATA)) - {start}


def test_a_line_is_as_sure_as_the_least_sure_link_on_its_way() -> None:
    kinds = ("INPUT", "POSSIBLE_INPUT"), ("OUTPUT", "POSSIBLE_OUTPUT", "PENDING_OUTPUT")
    for first, second in product(*kinds):
        left = contract([Edge(first, "artifact:1", "execution:1"), Edge(second, "execution:1", "artifact:2")], _STEPS)
        expected = (
            second
            if second.startswith("PENDING")
            else "OUTPUT"
            if (first, second) == ("INPUT", "OUTPUT")
            else "POSSIBLE_OUTPUT"
        )
        assert left.lines == (Line(expected, "artifact:1", "artifact:2"),)


def test_of_several_ways_the_surest_counts() -> None:
    links = [edge("artifact:1", "execution:1"), edge("execution:1", "artifact:2")]
    links += [edge("artifact:1", "execution:2", "POSSIBLE_INPUT"), edge("execution:2", "artifact:2")]
    assert [line.kind for line in contract(links, _STEPS).lines] == ["OUTPUT"]


def test_a_step_between_too_many_ends_stays_and_keeps_its_links() -> None:
    links = [edge(a, "execution:0") for a in _DATA[:3]] + [edge("execution:0", a) for a in _DATA[3:]]
    left = contract(links, _STEPS, most=8)
    assert left.stayed == {"execution:0"}
    assert len(left.lines) == 6
    assert contract(links, _STEPS, most=9).stayed == frozenset()


def test_what_is_not_left_out_keeps_its_kind() -> None:
    links = [Edge("SAME_AS", "artifact:1", "artifact:2"), Edge("DERIVATION", "artifact:2", "artifact:3")]
    assert {line.kind for line in contract(links, []).lines} == {"SAME_AS", "DERIVATION"}
