"""What finding slices needs beyond the library: the extra `slices`."""

from __future__ import annotations

from importlib import import_module

from provgraph.errors import ConfigurationError

__all__ = ["load"]

_PACKAGES = ("numpy", "pandas", "pyarrow", "scipy")


def load(module: str) -> object:
    """The module, which imports numpy, pandas and scipy.

    Raises:
        ConfigurationError: one of them is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _PACKAGES:
            raise
        raise ConfigurationError(f"finding slices needs {package}: pip install 'provgraph[slices]'") from error
