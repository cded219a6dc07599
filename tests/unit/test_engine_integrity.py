"""Which files in a database are taken for damage, and which are the engine's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provgraph.engines.embedded.integrity import check
from provgraph.errors import EngineError


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """One type with one bucket, as the engine lays them out."""
    schema = {"types": {"Artifact": {"buckets": ["Artifact_0"]}}}
    (tmp_path / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    (tmp_path / "Artifact_0.1.16384.v0.bucket").write_bytes(bytes(16384))
    return tmp_path


def test_buckets_over_which_the_edges_of_a_hub_are_spread_are_no_damage(database: Path) -> None:
    for number in (0, 15):
        (database / f"Artifact_sn_stripe_{number}.{70 + number}.16384.v0.bucket").write_bytes(bytes(16384))
    check(database)


@pytest.mark.parametrize("name", ["Artifact_1", "Other_sn_stripe_0", "Artifact_sn_stripe_x"])
def test_records_that_the_schema_does_not_know_are_damage(database: Path, name: str) -> None:
    (database / f"{name}.9.16384.v0.bucket").write_bytes(bytes(16384))
    with pytest.raises(EngineError, match="the schema does not know"):
        check(database)
