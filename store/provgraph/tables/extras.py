"""What tables of predictions need beyond the library: the extra `slices`."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from provgraph.errors import ConfigurationError

__all__ = ["require_extras"]

_MODULES: Final = ("fsspec", "numpy", "pandas", "pyarrow")


def require_extras() -> None:
    """Make sure that what tables of predictions need is installed.

    Raises:
        ConfigurationError: something is not; says which, and how to install it.
    """
    missing = [module for module in _MODULES if find_spec(module) is None]
    if missing:
        raise ConfigurationError(f"tables of predictions need {', '.join(missing)}: pip install 'provgraph[slices]'")
