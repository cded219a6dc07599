"""What a test needs and this machine may lack."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def require(name: str, reason: str) -> NoReturn:
    """Skip the test because `name` is not to be had here, or fail it where `name` must be.

    `PROVGRAPH_TEST_REQUIRED` lists, with commas, what must not be missing: continuous integration sets it, so that a
    broken installation cannot pass as a skip.
    """
    required = {part.strip() for part in os.environ.get("PROVGRAPH_TEST_REQUIRED", "").split(",")}
    if name in required:
        pytest.fail(f"{name} is required here: {reason}", pytrace=False)
    pytest.skip(f"needs {name}: {reason}")
