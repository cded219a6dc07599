"""Generators of random numbers that depend on the seed and on a name, never on the order in which things are made."""

from __future__ import annotations

import hashlib

import numpy as np

__all__ = ["generator", "share"]


def generator(seed: int, *names: str) -> np.random.Generator:
    """The generator of `names` under `seed`: the same for ever, and independent of every other one."""
    return np.random.default_rng(int.from_bytes(_digest(seed, names)[:16]))


def share(*names: str) -> float:
    """A number in [0, 1) that belongs to `names` alone: what falls below a share is chosen, whoever else is."""
    return int.from_bytes(_digest(0, names)[:8]) / 2**64


def _digest(seed: int, names: tuple[str, ...]) -> bytes:
    return hashlib.sha256("\n".join((str(seed), *names)).encode()).digest()
