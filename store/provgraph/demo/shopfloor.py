"""The steps that happen in the plant itself: configure, capture, label, deploy, undeploy."""

from __future__ import annotations

from datetime import timedelta

from provgraph.demo.capture import write_batch, write_config, write_labels
from provgraph.demo.ledger import Ledger
from provgraph.demo.plant import FIRMWARES, Batch, CameraConfig
from provgraph.demo.schedule import RUNS, DeploymentPlan

__all__ = ["record_capture", "record_config", "record_deployment", "record_labels", "record_removal"]


def record_config(ledger: Ledger, config: CameraConfig) -> None:
    """Somebody sets a camera up, or brings a new firmware to it."""
    camera, version = config.camera, str(config.revision)
    firmware = next(release for release in FIRMWARES if release.version == config.firmware)
    path = write_config(ledger.root / "cameras" / camera.name / f"config-{version}.json", config)
    with ledger.step(
        "Configure",
        f"{camera.name}/{version}",
        config.since,
        timedelta(minutes=10),
        pipeline=None,
        contexts=camera.contexts,
        firmware=config.firmware,
    ) as step:
        ledger.firmwares[firmware.version] = step.input(
            firmware.uri, type="Firmware", name="steelcam", version=firmware.version, simulated=True
        )
        ledger.configs[camera.name, config.revision] = step.output(
            path,
            type="CameraConfig",
            name=camera.name,
            version=version,
            firmware=config.firmware,
            exposure_ms=config.exposure_ms,
            gain_db=config.gain_db,
            simulated=True,
        )


def record_capture(ledger: Ledger, batch: Batch) -> None:
    """A camera takes the pictures of one week."""
    folder = write_batch(ledger.root / "captures" / batch.name, batch, ledger.seed)
    config = batch.config
    with ledger.step(
        "Capture",
        batch.name,
        batch.starts,
        batch.ends - batch.starts,
        pipeline=None,
        contexts=batch.camera.contexts,
        camera=batch.camera.name,
        firmware=config.firmware,
        week=batch.week,
    ) as step:
        step.input(ledger.configs[batch.camera.name, config.revision])
        ledger.batches[batch.name] = step.output(
            folder, type="CaptureBatch", name=batch.name, version="1", week=batch.week, simulated=True
        )


def record_labels(ledger: Ledger, batch: Batch) -> None:
    """An annotator labels a batch."""
    path = write_labels(ledger.root / "labels" / f"{batch.name}.csv", batch, ledger.seed)
    with ledger.step(
        "Label",
        batch.name,
        batch.labelled_from,
        timedelta(minutes=105),
        pipeline=None,
        contexts={**batch.camera.contexts, "Annotator": batch.annotator},
        annotator=batch.annotator,
        job=batch.job,
        tool="labelbench 3.2",
    ) as step:
        step.input(ledger.batches[batch.name])
        ledger.labels[batch.name] = step.output(
            path, type="Labels", name=batch.name, version="1", annotator=batch.annotator, simulated=True
        )


def record_deployment(ledger: Ledger, plan: DeploymentPlan) -> None:
    """A model goes to an endpoint, in the place of the one before."""
    run = next((run.name for run in RUNS if run.starts.date() == plan.at.date()), None)
    ledger.contexts.add(("Endpoint", plan.endpoint))
    with ledger.step("Deploy", _place(plan), plan.at, timedelta(minutes=4), run=run, endpoint=plan.endpoint) as step:
        step.input(ledger.models[plan.model])
        ledger.deployments[plan.endpoint, plan.model] = step.output(
            type="Deployment",
            name=plan.endpoint,
            version=plan.model.rpartition("/")[2],
            contexts={"Endpoint": plan.endpoint},
            model=plan.model,
            simulated=True,
        )


def record_removal(ledger: Ledger, plan: DeploymentPlan) -> None:
    """A deployment is taken away, because the line complained."""
    if plan.undeployed is None:
        raise ValueError(f"{_place(plan)} was never taken away")
    with ledger.step(
        "Undeploy",
        _place(plan),
        plan.undeployed,
        timedelta(minutes=2),
        endpoint=plan.endpoint,
        reason="too many good parts rejected",
    ) as step:
        step.input(ledger.deployments[plan.endpoint, plan.model])


def _place(plan: DeploymentPlan) -> str:
    return f"{plan.model} at {plan.endpoint}"
