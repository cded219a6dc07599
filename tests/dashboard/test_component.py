"""The border between Python and the browser: plain data out, and nothing believed that comes in."""

from __future__ import annotations

import json

import pytest

from provgraph_dashboard.component.graph import Action, _action, graph_data
from provgraph_dashboard.picture import Picture, View, picture
from tests.dashboard.gallery.scenes import SCENES


def drawn(name: str) -> Picture:
    scene = SCENES[name]
    return picture(scene.nodes, scene.edges, scene.focus, limit=scene.limit)


@pytest.mark.parametrize("name", sorted(SCENES.keys() - {"parts"}))
def test_the_message_is_plain_json_and_names_only_what_is_drawn(name: str) -> None:
    scene = drawn(name)
    data = graph_data(scene, 600, None, (), False, 0.7, None)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    ids = {node["id"] for node in data["nodes"]}
    assert ids == {node.id for node in scene.nodes}
    assert all({edge["source"], edge["target"]} <= ids and len(edge["points"]) >= 2 for edge in data["edges"])


def test_the_same_picture_gives_the_same_message() -> None:
    first, second = (graph_data(drawn("plant"), 600, None, (), False, 0.7, None) for _ in range(2))
    assert first == second


def test_a_pill_is_as_wide_as_its_words_and_compact_cards_are_smaller() -> None:
    wide = {node["name"]: node for node in graph_data(drawn("plant"), 600, None, (), False, 0.7, None)["nodes"]}
    small = {node["name"]: node for node in graph_data(drawn("plant"), 300, None, (), True, 0.7, None)["nodes"]}
    assert wide["train #257"]["w"] < wide["evaluate #284"]["w"]
    assert small["inspector/v14"]["w"] < wide["inspector/v14"]["w"]


def test_only_a_member_of_an_unfolded_group_can_be_folded_again() -> None:
    scene = SCENES["plant"]
    group = next(node for node in drawn("plant").nodes if node.folded)
    opened = picture(scene.nodes, scene.edges, scene.focus, View().unfold(group.id))
    groups = {node["id"]: node["group"] for node in graph_data(opened, 600, None, (), False, 0.7, None)["nodes"]}
    assert {groups[member] for member in group.members} == {group.id}
    assert groups[scene.focus] is None


@pytest.mark.parametrize(
    ("sent", "action"),
    [
        ({"do": "focus", "id": "artifact:1", "side": None}, Action("focus", "artifact:1")),
        ({"do": "expand", "id": "group:artifact:1"}, Action("expand", "group:artifact:1")),
        ({"do": "more", "id": "artifact:1", "side": "left"}, Action("more", "artifact:1", "left")),
    ],
)
def test_what_the_browser_asks_for_is_read(sent: object, action: Action) -> None:
    assert _action(sent) == action


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "focus",
        [],
        {},
        {"do": "drop", "id": "artifact:1"},
        {"do": "focus", "id": 7},
        {"do": "focus", "id": "artifact:1", "side": "left"},
        {"do": "more", "id": "artifact:1"},
        {"do": "more", "id": "artifact:1", "side": "top"},
        {"do": ["focus"], "id": "artifact:1"},
    ],
)
def test_what_is_not_an_action_is_none(sent: object) -> None:
    assert _action(sent) is None
