from __future__ import annotations

from collections import Counter
from itertools import pairwise

from provgraph.demo.plant import ANNOTATORS, BATCHES, CAMERAS, CONFIGS, CONFUSED_ANNOTATOR, FIRMWARES, PLANTED
from provgraph.demo.schedule import DEPLOYMENTS, RUNS

FOCUS = PLANTED[0].where


def test_every_camera_takes_one_batch_in_each_of_six_weeks() -> None:
    weeks = {batch.week for batch in BATCHES}

    assert len(weeks) == 6
    assert len({batch.name for batch in BATCHES}) == len(BATCHES)
    assert Counter(batch.camera for batch in BATCHES) == dict.fromkeys(CAMERAS, 6)


def test_a_batch_is_labelled_after_it_was_captured_and_before_the_next_week() -> None:
    for batch in BATCHES:
        assert batch.starts < batch.ends < batch.labelled_from
        assert (batch.labelled_from - batch.starts).days < 7


def test_annotators_share_the_work_evenly_over_weeks_and_lines() -> None:
    assert Counter(batch.annotator for batch in BATCHES) == dict.fromkeys(ANNOTATORS, len(BATCHES) // 4)
    for annotator in ANNOTATORS:
        mine = [batch for batch in BATCHES if batch.annotator == annotator]
        assert len({batch.week for batch in mine}) == 6
        assert len({batch.camera.line for batch in mine}) == 4


def test_one_camera_of_several_loses_focus_with_the_new_firmware() -> None:
    blurred = {(c.camera.name, c.firmware) for c in CONFIGS if c.focus_blur > 1}
    updated = {c.camera.name for c in CONFIGS if c.firmware == FOCUS["firmware"]}

    assert blurred == {(FOCUS["camera"], FOCUS["firmware"])}
    assert len(updated) == 4


def test_the_update_comes_after_the_release_and_between_two_batches() -> None:
    released = {firmware.version: firmware.released for firmware in FIRMWARES}

    for config in CONFIGS:
        assert config.since > released[config.firmware]
        assert not any(b.camera == config.camera and b.starts < config.since < b.ends for b in BATCHES)


def test_the_two_harmful_faults_never_meet_in_one_batch() -> None:
    out_of_focus = [batch for batch in BATCHES if batch.config.focus_blur > 1]

    assert len(out_of_focus) == 3
    assert CONFUSED_ANNOTATOR not in {batch.annotator for batch in out_of_focus}


def test_runs_follow_one_another_and_use_labelled_weeks_alone() -> None:
    weeks = sorted({batch.week for batch in BATCHES})

    assert [run.starts for run in RUNS] == sorted(run.starts for run in RUNS)
    for run in RUNS:
        used = [batch for batch in BATCHES if batch.week in weeks[: run.weeks]]
        assert all(batch.labelled_from < run.starts for batch in used)


def test_one_run_fails_and_the_next_repeats_it_with_another_extraction() -> None:
    (failed, repeated) = next(pair for pair in pairwise(RUNS) if pair[0].fails)

    assert sum(run.fails for run in RUNS) == 1
    assert failed.models == repeated.models
    assert failed.dataset == repeated.dataset
    assert failed.extractor != repeated.extractor


def test_models_are_trained_before_they_are_compared_or_deployed() -> None:
    trained = {model.full_name: run.starts for run in reversed(RUNS) if not run.fails for model in run.models}

    assert all(trained[run.champion] < run.starts for run in RUNS if run.champion is not None)
    assert all(trained[plan.model] < plan.at for plan in DEPLOYMENTS)


def test_the_bad_batch_reaches_some_live_endpoints_and_not_all() -> None:
    live: dict[str, str] = {}
    for plan in sorted(DEPLOYMENTS, key=lambda plan: plan.at):
        live[plan.endpoint] = plan.model
    bad = next(batch for batch in BATCHES if batch.config.focus_blur > 1)
    clean = {model.full_name for run in RUNS if run.starts < bad.ends for model in run.models}

    assert len(DEPLOYMENTS) > len(live)
    assert sum(plan.undeployed is not None for plan in DEPLOYMENTS) == 1
    assert {endpoint for endpoint, model in live.items() if model in clean} == {"plant-1/line-2", "plant-2/line-4"}
    assert live["plant-2/line-3"] not in clean
