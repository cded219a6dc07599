from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

pytest.importorskip("numpy", reason="the extra provgraph[demo] is not installed")
pytest.importorskip("PIL", reason="the extra provgraph[demo] is not installed")

from provgraph.demo.capture import METADATA, true_classes, write_batch, write_config, write_labels
from provgraph.demo.csvfile import read_rows, write_rows
from provgraph.demo.datasets import VALIDATION_SHARE, assemble, split
from provgraph.demo.pictures import read_picture
from provgraph.demo.plant import (
    BATCHES,
    CONFUSED_ANNOTATOR,
    CONFUSED_CLASSES,
    PARTS_PER_BATCH,
    SHOTS_PER_PART,
    Batch,
)

SEED = 7
PICTURES = PARTS_PER_BATCH * SHOTS_PER_PART


def made(root: Path, batches: tuple[Batch, ...], target: Path) -> list[dict[str, str]]:
    sources = [
        (
            write_batch(root / "captures" / batch.name, batch, SEED),
            write_labels(root / "labels" / f"{batch.name}.csv", batch, SEED),
        )
        for batch in batches
    ]
    assert assemble(root, sources, target) == PICTURES * len(batches)
    return read_rows(target)


def test_a_batch_has_a_row_of_metadata_for_every_picture(tmp_path: Path) -> None:
    batch = BATCHES[5]

    rows = read_rows(write_batch(tmp_path, batch, SEED) / METADATA)

    assert len(rows) == PICTURES
    assert {row["picture"] for row in rows} == {path.name for path in tmp_path.glob("*.png")}
    assert {row["camera"] for row in rows} == {batch.camera.name}
    assert {row["firmware"] for row in rows} == {batch.config.firmware}
    assert {row["shift"] for row in rows} == {"early", "late"}
    assert len({row["part"] for row in rows}) == PARTS_PER_BATCH
    times = [datetime.fromisoformat(row["time"]) for row in rows]
    assert batch.starts <= min(times)
    assert max(times) <= batch.ends


def test_parts_of_different_batches_have_different_names(tmp_path: Path) -> None:
    rows = made(tmp_path, BATCHES[:9:4], tmp_path / "all.csv")

    assert len({row["part"] for row in rows}) == 3 * PARTS_PER_BATCH


def test_no_file_tells_what_only_nature_knows(tmp_path: Path) -> None:
    blurred = next(batch for batch in BATCHES if batch.config.focus_blur > 1)

    config = write_config(tmp_path / "config.json", blurred.config).read_text(encoding="utf-8")
    rows = made(tmp_path, (blurred,), tmp_path / "all.csv")

    assert "blur" not in config
    assert str(blurred.config.focus_blur) not in config
    assert not {"truth", "true_class", "focus_blur"} & set(rows[0])


def test_dead_frames_are_black_and_no_others(tmp_path: Path) -> None:
    batch = next(batch for batch in BATCHES if batch.dead_frames)

    write_batch(tmp_path, batch, SEED)

    black = [path.name for path in sorted(tmp_path.glob("*.png")) if not read_picture(path).any()]
    assert black == [f"{number:04d}.png" for number in batch.dead_frames]


def test_one_annotator_confuses_two_classes_and_nothing_else_is_mislabelled(tmp_path: Path) -> None:
    swapped = seen = 0
    for number, batch in enumerate(BATCHES):
        truth = true_classes(batch, SEED)
        rows = read_rows(write_labels(tmp_path / f"{number}.csv", batch, SEED))
        for part, name in enumerate(truth):
            labels = {row["label"] for row in rows[part * SHOTS_PER_PART : (part + 1) * SHOTS_PER_PART]}
            if batch.annotator == CONFUSED_ANNOTATOR and name in CONFUSED_CLASSES:
                assert labels in ({"pit"}, {"stain"})
                seen += 1
                swapped += labels != {name}
            else:
                assert labels == {name}

    assert 0.35 < swapped / seen < 0.65


def test_another_seed_makes_another_plant(tmp_path: Path) -> None:
    assert true_classes(BATCHES[0], 1) == true_classes(BATCHES[0], 1)
    assert true_classes(BATCHES[0], 1) != true_classes(BATCHES[0], 2)


def test_a_dataset_joins_each_picture_with_its_own_label_and_metadata(tmp_path: Path) -> None:
    batches = BATCHES[:2]

    rows = made(tmp_path, batches, tmp_path / "all.csv")

    assert all((tmp_path / row["picture"]).is_file() for row in rows)
    assert {(row["batch"], row["annotator"]) for row in rows} == {(b.name, b.annotator) for b in batches}
    for row in rows:
        labels = read_rows(tmp_path / "labels" / f"{row['batch']}.csv")
        assert row["label"] == next(r["label"] for r in labels if r["picture"] == Path(row["picture"]).name)


def test_a_part_stays_on_its_side_of_the_split_in_every_version(tmp_path: Path) -> None:
    sides: list[tuple[set[str], set[str]]] = []
    for count in (1, 3):
        whole = made(tmp_path, BATCHES[:count], tmp_path / f"{count}.csv")
        sizes = split(tmp_path / f"{count}.csv", tmp_path / "train.csv", tmp_path / "validation.csv")
        learned, held_out = read_rows(tmp_path / "train.csv"), read_rows(tmp_path / "validation.csv")
        assert sizes == (len(learned), len(held_out))
        assert sorted(row["picture"] for row in learned + held_out) == sorted(row["picture"] for row in whole)
        sides.append(({row["part"] for row in learned}, {row["part"] for row in held_out}))
    (old_learned, old_held_out), (learned_parts, held_out_parts) = sides

    assert not learned_parts & held_out_parts
    assert old_learned <= learned_parts
    assert old_held_out <= held_out_parts
    assert len(held_out_parts) / (3 * PARTS_PER_BATCH) == pytest.approx(VALIDATION_SHARE, abs=0.1)


def test_a_table_without_rows_or_with_other_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no rows for empty\.csv"):
        write_rows(tmp_path / "empty.csv", [])
    with pytest.raises(ValueError, match="fields not in fieldnames"):
        write_rows(tmp_path / "odd.csv", [{"a": "1"}, {"b": "2"}])
