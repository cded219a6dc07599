from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("numpy", reason="the extra provgraph[demo] is not installed")
pytest.importorskip("PIL", reason="the extra provgraph[demo] is not installed")

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from provgraph.demo.chance import generator, share
from provgraph.demo.pictures import (
    SIZE,
    Optics,
    blur_matrix,
    read_picture,
    render_scene,
    take_shot,
    write_picture,
)
from provgraph.demo.plant import CLASSES

SHARP = Optics(focus_blur=0.45, exposure_ms=8.0, gain_db=0.0)


def shots(name: str, optics: Optics, count: int = 20) -> list[NDArray[np.float64]]:
    taken: list[NDArray[np.float64]] = []
    for number in range(count):
        rng = generator(3, name, str(number))
        taken.append(take_shot(render_scene(name, rng), optics, rng).astype(float))
    return taken


def detail(picture: NDArray[np.float64]) -> float:
    """How much neighbouring columns differ: what blur takes away."""
    return float(np.abs(np.diff(picture, axis=0)).mean())


@pytest.mark.parametrize("name", CLASSES)
def test_a_picture_follows_from_its_generator_alone(name: str) -> None:
    first, again = (take_shot(render_scene(name, r), SHARP, r) for r in (generator(1, name), generator(1, name)))
    other = generator(2, name)

    assert first.shape == (SIZE, SIZE)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, take_shot(render_scene(name, other), SHARP, other))


@pytest.mark.parametrize("name", CLASSES)
def test_lost_focus_takes_detail_away(name: str) -> None:
    blurred = Optics(focus_blur=2.6, exposure_ms=8.0, gain_db=0.0)

    for sharp, soft in zip(shots(name, SHARP), shots(name, blurred), strict=True):
        assert detail(soft) < 0.75 * detail(sharp)


def test_longer_exposure_is_brighter_in_proportion() -> None:
    dark, bright = (
        np.mean(shots("clean", Optics(focus_blur=0.45, exposure_ms=exposure, gain_db=0.0))) for exposure in (6.0, 9.0)
    )

    assert bright / dark == pytest.approx(1.5, rel=0.01)


def test_gain_adds_noise_and_no_brightness() -> None:
    # A blur this strong leaves nothing of the steel: what differs between neighbours is noise.
    quiet, loud = (
        shots("clean", Optics(focus_blur=6.0, exposure_ms=8.0, gain_db=gain), count=40) for gain in (0.0, 12.0)
    )

    assert np.mean(loud) == pytest.approx(np.mean(quiet), rel=0.01)
    assert np.mean([detail(p) for p in loud]) > 1.5 * np.mean([detail(p) for p in quiet])


def test_defects_darken_or_brighten_what_clean_steel_does_not() -> None:
    contrast = {name: float(np.mean([np.ptp(p) for p in shots(name, SHARP, count=60)])) for name in CLASSES}

    assert min(contrast, key=lambda name: contrast[name]) == "clean"


def test_a_picture_file_loses_nothing_and_is_always_the_same_bytes(tmp_path: Path) -> None:
    rng = generator(1, "file")
    picture = take_shot(render_scene("pit", rng), SHARP, rng)

    for name in ("a.png", "b.png"):
        write_picture(tmp_path / name, picture)

    assert np.array_equal(read_picture(tmp_path / "a.png"), picture)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_an_unknown_class_is_named() -> None:
    with pytest.raises(ValueError, match=r"'rust'.*clean, scratch, pit, stain, dent"):
        render_scene("rust", generator(1))


@given(size=st.integers(2, 48), sigma=st.floats(0.01, 20.0))
def test_blur_keeps_an_even_surface_even(size: int, sigma: float) -> None:
    assert np.allclose(blur_matrix(size, sigma) @ np.full(size, 0.7), 0.7)


@given(names=st.lists(st.text(), max_size=3))
def test_a_share_is_a_share_and_belongs_to_its_names(names: list[str]) -> None:
    assert 0.0 <= share(*names) < 1.0
    assert share(*names) == share(*names)
    assert share("part", "1") != share("part", "2")
