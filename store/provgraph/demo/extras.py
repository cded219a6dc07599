"""What the demo needs beyond provgraph itself."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from provgraph.errors import ConfigurationError

__all__ = ["require_extras"]

_MODULES: Final = {
    "numpy": "numpy",
    "sklearn": "scikit-learn",
    "PIL": "pillow",
    "joblib": "joblib",
    "pandas": "pandas",
    "pyarrow": "pyarrow",
    "fsspec": "fsspec",
}


def require_extras() -> None:
    """Make sure that the packages of the extra `demo` are installed.

    Raises:
        ConfigurationError: one is not; says which, and how to install them all.
    """
    missing = [name for module, name in _MODULES.items() if find_spec(module) is None]
    if missing:
        raise ConfigurationError(f"the demo needs {', '.join(missing)}: pip install 'provgraph[demo]'")
