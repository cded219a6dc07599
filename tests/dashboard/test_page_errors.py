"""The page Error analysis: what it says of tables of every kind, of an empty store, and of hostile addresses."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from provgraph_dashboard.errors.memory import tables
from provgraph_dashboard.errors.pictures import picture, places_of
from tests.dashboard.apps import run_with, words
from tests.dashboard.error_tables import HOSTILE, Filled, fill
from tests.dashboard.stores import page_store

pytestmark = pytest.mark.timeout(240)

SLICE = ("Camera~is~C2", "Capture.firmware~is~2.1")
Opener = Callable[..., AppTest]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Filled]]:
    folder = tmp_path_factory.mktemp("errors")
    with page_store(folder) as (url, graph):
        yield url, fill(graph, folder)


@pytest.fixture
def tables_of(store: tuple[str, Filled]) -> Filled:
    return store[1]


@pytest.fixture
def page(store: tuple[str, Filled], monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Open the page with a query."""
    monkeypatch.setenv("PROVGRAPH_URL", store[0])
    return opened


def opened(**query: str | Sequence[str]) -> AppTest:
    return run_with(AppTest.from_function(_script, default_timeout=120), query)


def _script() -> None:  # runs alone, in Streamlit: with its own imports
    import streamlit as st

    from provgraph_dashboard import records
    from provgraph_dashboard.navigation import pages
    from provgraph_dashboard.views import errors

    st.navigation(list(pages().values()), position="hidden")
    with records.trouble_shown():
        errors.page(records.graph())


def drawing(app: AppTest, name: str) -> Any:
    """What was sent to one of the drawings: `slices`, `days` or `matrix`."""
    found = [e.proto for e in app.get("bidi_component") if e.proto.component_name == f"provgraph_errors_{name}"]
    assert len(found) == 1
    return json.loads(found[0].json)


def names(app: AppTest) -> list[list[list[str]]]:
    return [row["terms"] for row in drawing(app, "slices")["rows"]]


def labels(app: AppTest) -> list[str]:
    return [link.proto.label.replace("\\", "") for link in app.get("page_link")]


def choose(app: AppTest, label: str, value: str) -> AppTest:
    [box] = [box for box in app.selectbox if box.label == label]
    box.set_value(value).run()
    assert [error.value for error in app.exception] == []
    return app


# -- What it finds ------------------------------------------------------------------------------------------------


def test_the_newest_sound_predictions_of_a_model_are_analysed(page: Opener) -> None:
    app = page(model="reader/2")
    said = words(app)
    assert re.search(r"\d+ of 1,260 rows wrong \(\d+\.\d %\) · 1 of \d+ tested slices shown, Benjamini-Hochberg", said)
    assert names(app) == [[["Camera", "C2"], ["Capture.firmware", "2.1"]]]
    assert re.search(r"\d+ of 210 rows wrong: 3\d\.\d % \(.* to .*\), elsewhere 4\.\d %\.", said)
    assert "cause" not in said.lower()


def test_a_row_carries_its_interval_the_rest_the_excess_and_its_q(page: Opener, tables_of: Filled) -> None:
    app = page(predictions=tables_of.sound)
    [row] = drawing(app, "slices")["rows"]
    assert row["low"] < row["rate"] < row["high"]
    assert row["rest"] < row["low"]
    assert row["cells"][0].startswith("+")
    assert row["cells"][1] == "< 0.0001"
    assert (row["n"], row["faint"], row["hand"]) == ("210", False, False)


def test_the_map_holds_the_rate_of_each_combination(page: Opener, tables_of: Filled) -> None:
    [shown] = drawing(page(predictions=tables_of.sound), "matrix")["matrices"]
    assert (shown["down"], shown["across"]) == ("Camera", "Capture.firmware")
    assert (shown["rows"], shown["columns"]) == (["C0", "C1", "C2"], ["2.0", "2.1"])
    rates = [[float(cell["words"].removesuffix(" %")) for cell in line] for line in shown["cells"]]
    assert rates[2][1] == max(max(line) for line in rates) > 25
    assert shown["cells"][2][1]["level"] > shown["cells"][0][0]["level"]


def test_other_columns_can_be_put_on_the_map(page: Opener, tables_of: Filled) -> None:
    app = choose(page(predictions=tables_of.sound), "Across", "label")
    [shown] = drawing(app, "matrix")["matrices"]
    assert shown["columns"] == ["clean", "pit", "scratch"]
    assert app.query_params["x"] == "label"


def test_a_cell_of_the_address_filters_the_chart_until_it_is_cleared(page: Opener, tables_of: Filled) -> None:
    app = page(predictions=tables_of.sound, cell=["Camera~is~C0", "Capture.firmware~is~2.0"])
    assert "cell of the map: Camera is C0 and Capture.firmware is 2.0" in words(app)
    assert drawing(app, "matrix")["selected"] == [0, 0]
    app.button(key="errors_clear").click().run()
    assert "cell of the map" not in words(app)
    assert "cell" not in app.query_params


def test_the_chart_shows_slice_rest_the_time_before_and_the_change_upstream(page: Opener, tables_of: Filled) -> None:
    shown = drawing(page(predictions=tables_of.sound, every="week"), "days")
    assert len(shown["points"]) == 3
    assert len(shown["before"]) == 3
    assert len(shown["rest"]) == 6
    mark = next(mark for mark in shown["marks"] if mark["sure"])
    assert mark["words"] == "Capture.firmware 2.1"
    assert "before" in mark["about"]
    assert mark["time"] == shown["points"][0]["time"]


def test_the_confusion_of_the_slice_stands_beside_that_of_the_rest(page: Opener, tables_of: Filled) -> None:
    inside, rest = drawing(page(predictions=tables_of.sound, view="confusion"), "matrix")["matrices"]
    assert inside["title"] == "this slice, 210 rows"
    assert rest["title"] == "the rest, 1,050 rows"
    at = inside["columns"].index("clean")
    assert float(inside["cells"][at][at]["words"]) < float(rest["cells"][at][at]["words"])


def test_the_slice_is_compared_within_the_true_class(page: Opener, tables_of: Filled) -> None:
    said = words(page(predictions=tables_of.sound, view="strata"))
    assert re.search(r"With the same label, too, more: \d[\d.]* times the rate of the rest \([\d.]+ to [\d.]+\)", said)
    other = words(page(predictions=tables_of.sound, view="strata", strata="exposure"))
    assert "With the same exposure" in other


def test_what_cannot_be_separated_is_said_to_be_so(page: Opener, tables_of: Filled) -> None:
    said = words(page(predictions=tables_of.sound, view="strata", strata="camera", slice="Camera~is~C2"))
    assert "Cannot be told apart from camera" in said


def test_pictures_of_wrong_rows_stand_over_right_ones_of_the_same_class(page: Opener, tables_of: Filled) -> None:
    app = page(predictions=tables_of.sound)
    [gallery] = [piece.proto.body for piece in app.get("html") if "pg-gallery" in piece.proto.body]
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", gallery)
    wrong, right = captions[:6], captions[6:]
    assert len(right) == 6
    assert [caption.partition("\u2009")[0] for caption in wrong] == right
    assert gallery.count('<img src="data:image/png;base64,') == 12
    before = gallery
    app.button(key="errors_others").click().run()
    [gallery] = [piece.proto.body for piece in app.get("html") if "pg-gallery" in piece.proto.body]
    assert gallery != before


def test_origins_are_one_click_from_impact(page: Opener, tables_of: Filled) -> None:
    app = page(predictions=tables_of.sound)
    origins = [link for link in app.get("page_link") if link.proto.page == "impact"]
    assert "C2" in [link.proto.label for link in origins]
    assert all(link.proto.query_string.startswith("node=") for link in origins)
    assert re.search(r"Where they come from \d+ errors, \d+ upstream tested", words(app))


def test_a_slice_made_by_hand_has_the_same_numbers_and_no_q(page: Opener, tables_of: Filled) -> None:
    app = page(predictions=tables_of.sound, slice=["camera~is~C2", "exposure~over~12"])
    row = drawing(app, "slices")["rows"][-1]
    assert row["hand"]
    assert row["terms"] == [["camera", "C2"], ["exposure", "over 12"]]
    assert row["cells"][1].startswith("p ")
    assert drawing(app, "slices")["selected"] == 1
    assert "Chosen by hand: p stands for this one question" in words(app)


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ("camera~is~C1~C2", "C1 or C2"),
        ("camera~not~C0", "not C0"),
        ("exposure~between~9~11", "9 to 11"),
        ("exposure~under~9.5", "under 9.5"),
        ("exposure~from~9.5", "9.5 and over"),
        ("label~is~pit", "pit"),
        ("taken.week~is~2026-W38", "2026-W38"),
    ],
)
def test_conditions_of_every_kind_are_measured(page: Opener, tables_of: Filled, condition: str, shown: str) -> None:
    app = page(predictions=tables_of.sound, slice=condition)
    row = drawing(app, "slices")["rows"][-1]
    assert row["terms"][0][1] == shown
    assert 0 < int(row["n"].replace(",", "")) < 1_260


def test_one_value_or_none_of_the_others_are_the_same_rows(page: Opener, tables_of: Filled) -> None:
    several = drawing(page(predictions=tables_of.sound, slice="camera~is~C1~C2"), "slices")["rows"][-1]
    without = drawing(page(predictions=tables_of.sound, slice="camera~not~C0"), "slices")["rows"][-1]
    assert (several["n"], several["rate"], several["cells"]) == (without["n"], without["rate"], without["cells"])


def test_the_form_measures_what_is_put_into_it(page: Opener, tables_of: Filled) -> None:
    app = page(predictions=tables_of.sound)
    choose(app, "Column 1", "camera")
    [values] = [box for box in app.multiselect if box.label == "Values 1"]
    values.set_value(["C1"]).run()
    choose(app, "Column 2", "")
    app.button(key="errors_measure").click().run()
    assert app.query_params["slice"] == "camera~is~C1"
    assert drawing(app, "slices")["rows"][-1]["terms"] == [["camera", "C1"]]


def test_outcomes_of_a_class_are_counted_over_the_right_rows(page: Opener, tables_of: Filled) -> None:
    app = choose(page(predictions=tables_of.sound), "What counts as an error", "misses:pit")
    said = words(app)
    assert "pit is missed" in said
    assert re.search(r"\d+ of \d\d\d rows wrong", said)
    assert app.query_params["outcome"] == "misses:pit"


def test_other_columns_are_searched_without_reading_the_table_again(
    page: Opener, tables_of: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    page(predictions=tables_of.sound)
    monkeypatch.setattr("provgraph.tables.predictions.PredictionTable.table", lambda *_: pytest.fail("read again"))
    app = page(predictions=tables_of.sound, columns=["camera", "exposure"], depth="1")
    assert [name for row in names(app) for name, _ in row] == ["camera"]
    assert "2 columns" in [block.proto.popover.label for block in app.get("popover")]


def test_models_are_compared_on_the_same_samples(page: Opener, tables_of: Filled) -> None:
    app = page(predictions=tables_of.sound, against="reader/1", listed="worse")
    said = words(app)
    assert re.search(
        r"All 1,260 rows: \d+\.\d % wrong, with reader/1 \d+\.\d %; wrong here alone \d+, there alone 0", said
    )
    assert names(app)[0][0][1] == "C2"
    [row, *_] = drawing(app, "slices")["rows"]
    assert row["rest"] < row["rate"]
    better = page(predictions=tables_of.sound, against=tables_of.before, listed="better")
    assert "No slice is better beyond chance" in words(better)


def test_tables_that_cannot_be_matched_say_why(page: Opener, tables_of: Filled) -> None:
    said = words(page(predictions=tables_of.sound, against=tables_of.noise))
    assert "cannot be compared with" in said
    assert "does not say which sample each row is" in said


def test_what_is_shown_can_be_had_as_csv(page: Opener, tables_of: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr("streamlit.download_button", lambda _label, data, **_: given.append(data))
    page(predictions=tables_of.sound, slice="camera~is~C1")
    rows = list(csv.DictReader(io.StringIO(given[-1])))
    assert [row["slice"] for row in rows] == ["Camera is C2 and Capture.firmware is 2.1", "camera is C1"]
    assert int(rows[0]["n"]) == 210


# -- Tables of other kinds ----------------------------------------------------------------------------------------


def test_errors_by_chance_are_said_to_be_so(page: Opener, tables_of: Filled) -> None:
    said = words(page(predictions=tables_of.noise))
    assert re.search(r"Nothing beyond chance among \d+ slices", said)
    assert "When the rows came about is not known" in said


def test_a_slice_by_hand_of_a_bare_table_says_what_to_record(page: Opener, tables_of: Filled) -> None:
    said = words(page(predictions=tables_of.noise, slice="side~is~heads"))
    assert "Record predictions with sample=" in said
    assert "Where these rows came from is not recorded" in said
    assert "Record predictions with source=" in said


def test_losses_have_means_and_no_classes(page: Opener, tables_of: Filled) -> None:
    app = page(predictions=tables_of.losses)
    assert "900 rows, mean" in words(app)
    assert names(app)[0][0] == [HOSTILE, HOSTILE]
    assert "There are no classes" in words(page(predictions=tables_of.losses, view="confusion"))


def test_names_from_the_store_are_never_markup(page: Opener, tables_of: Filled) -> None:
    for view in ("map", "strata"):
        app = page(predictions=tables_of.losses, view=view)
        bodies = " ".join(str(piece.proto.body) for piece in app.get("html"))
        assert "onerror" in bodies
        assert "<img src=x" not in bodies
        assert "<b</b>" not in bodies


# -- What is wrong with a file, a store, an address ---------------------------------------------------------------


def test_a_missing_file_is_named_and_other_tables_stay_in_reach(page: Opener, tables_of: Filled) -> None:
    app = page(predictions=tables_of.missing)
    said = words(app)
    assert "The file of these predictions is missing" in said
    assert "files/" in said
    assert {"Model", "Predictions"} <= {box.label for box in app.selectbox}


def test_a_changed_file_is_named(page: Opener, tables_of: Filled) -> None:
    said = words(page(predictions=tables_of.changed))
    assert "The file of these predictions was changed" in said
    assert "its bytes are no longer those of its name" in said


def test_a_model_without_predictions_says_what_to_record(page: Opener) -> None:
    app = page(model="mute/1")
    assert "No predictions of mute/1 are recorded" in words(app)
    assert "graph.record_predictions(" in app.code[0].value
    assert "Predictions of another model" in labels(app)


def test_an_artifact_that_is_no_table_is_refused(page: Opener) -> None:
    assert "is no table of predictions" in words(page(predictions="val/1"))


HOSTILE_VALUES = ["<script>alert(1)</script>", "x" * 5_000, "' OR 1=1 --", "../../etc/passwd", "\0", "~", "a~is", "💥"]


@pytest.mark.parametrize("value", HOSTILE_VALUES)
@pytest.mark.parametrize("name", ["model", "predictions"])
def test_an_unknown_node_is_refused_calmly_with_the_way_back(page: Opener, name: str, value: str) -> None:
    app = page(**{name: value})
    assert "Nothing in this store is called" in words(app)
    assert len(app.get("page_link")) == 1


@pytest.mark.parametrize("value", HOSTILE_VALUES)
def test_hostile_values_are_left_aside_and_told(page: Opener, tables_of: Filled, value: str) -> None:
    wanted = ("slice", "cell", "x", "y", "view", "strata", "every", "listed", "depth")
    app = page(predictions=tables_of.sound, **dict.fromkeys(wanted, value))
    said = re.findall(r"The address names (.*): not known here, and left aside\.", words(app))
    assert names(app) == [[["Camera", "C2"], ["Capture.firmware", "2.1"]]]
    assert len(said) == 1
    for name in wanted:
        assert re.search(rf"\b{name}\b", said[0])


def test_another_model_that_is_not_there_is_told(page: Opener, tables_of: Filled) -> None:
    app = page(predictions=tables_of.sound, against="<b>")
    assert "Nothing in this store is called <b>" in unescape(words(app))
    assert names(app) == [[["Camera", "C2"], ["Capture.firmware", "2.1"]]]


@pytest.mark.parametrize("value", ["camera~is~C9", "nothing~is~1", "exposure~over~99", "camera~over~1", "a~b~c"])
def test_a_slice_without_rows_says_why(page: Opener, tables_of: Filled, value: str) -> None:
    app = page(predictions=tables_of.sound, slice=value)
    said = words(app)
    assert "cannot be shown" in said or "left aside" in said
    assert names(app) == [[["Camera", "C2"], ["Capture.firmware", "2.1"]]]


@pytest.mark.parametrize("query", [{"outcome": "nope"}, {"columns": "nope"}, {"unit": "nope"}, {"outcome": "misses:9"}])
def test_what_cannot_be_analysed_as_asked_can_be_as_usual(
    page: Opener, tables_of: Filled, query: dict[str, str]
) -> None:
    app = page(predictions=tables_of.sound, **query)
    assert "These predictions cannot be analysed as asked" in words(app)
    app.button(key="errors_usual").click().run()
    assert names(app) == [[["Camera", "C2"], ["Capture.firmware", "2.1"]]]


def test_an_empty_store_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with page_store(tmp_path) as (url, graph):
        monkeypatch.setenv("PROVGRAPH_URL", url)
        assert "Nothing is recorded in this store yet." in words(opened())
        with graph.execution("Train") as step:
            step.output(type="Model", name="first", version="1")
        app = opened()
        assert "No predictions are recorded yet" in words(app)
        assert any("provgraph load table" in block.value for block in app.code)


# -- Pictures -----------------------------------------------------------------------------------------------------


def test_a_picture_that_the_store_does_not_know_is_never_shown(page: Opener, store: tuple[str, Filled]) -> None:
    secret = store[1].secret
    places = places_of([(secret.parent / "pictures" / "b0").as_uri()])
    assert picture(str(secret.parent / "pictures" / "b0" / "0000.png"), places) is not None
    assert picture("0000.png", places) is not None
    for sample in (str(secret), secret.as_uri(), "../../secret.png", "/etc/passwd", "..", "", "\0", "http://x/y.png"):
        assert picture(sample, places) is None


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, store: tuple[str, Filled]) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (place / "link.png").symlink_to(store[1].secret)
    assert picture("link.png", places_of([place.as_uri()])) is None


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"x" * 100, b"%!PS-Adobe-3.0 EPSF"])
def test_what_is_no_picture_is_not_shown(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert picture("a.png", places_of([str(tmp_path)])) is None


def test_the_root_of_a_disk_and_remote_places_are_no_places() -> None:
    assert places_of(["/", "file:///", "s3://bucket/x", "relative/x", None, "\0", "file://other-host/tmp"]) == []


def test_a_table_is_read_once_for_all_who_ask(page: Opener, tables_of: Filled, store: tuple[str, Filled]) -> None:
    page(predictions=tables_of.sound)
    held = tables()
    key = next(key for key in held._found if tables_of.sound in str(key))
    first = held.get(key, lambda: pytest.fail("made again"))
    page(predictions=tables_of.sound)
    assert held.get(key, lambda: pytest.fail("made again")) is first


def test_what_is_only_possible_upstream_can_be_left_out(page: Opener, tables_of: Filled) -> None:
    app = page(predictions=tables_of.doubtful)
    assert "Lamp.watts" in searched(app)
    [switch] = app.toggle
    assert (switch.label, switch.value) == ("Certain only", False)
    switch.set_value(True).run()
    assert [error.value for error in app.exception] == []
    assert app.query_params["certain"] == "true"
    assert "Lamp.watts" not in searched(app)
    assert "were not walked" in words(app)
    [switch] = app.toggle
    switch.set_value(False).run()
    assert "Lamp.watts" in searched(app)


def test_where_nothing_is_only_possible_there_is_no_switch_for_it(page: Opener, tables_of: Filled) -> None:
    assert list(page(predictions=tables_of.sound).toggle) == []
    assert "perhaps" in words(page(predictions=tables_of.sound, certain="perhaps"))
    [switch] = page(predictions=tables_of.sound, certain="true").toggle
    assert switch.value


def searched(app: AppTest) -> Sequence[str]:
    """The columns that can be chosen for the search."""
    [box] = [box for box in app.multiselect if box.label.startswith("Columns")]
    return box.options
