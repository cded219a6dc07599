"""Finding loaders: entry points of the group `provgraph.loaders`."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from provgraph.errors import ConfigurationError, LoadError
from provgraph.loading.files import form_of, local_path, refuse_empty
from provgraph.loading.protocol import Loader

__all__ = ["GROUP", "available_loaders", "loader_named", "recognise"]

GROUP = "provgraph.loaders"


def available_loaders() -> dict[str, Loader]:
    """All installed loaders by name.

    Raises:
        ConfigurationError: one of them cannot be used; the text names its package.
    """
    return {name: _loader(entry) for name, entry in sorted(_entries().items())}


def loader_named(name: str) -> Loader:
    """The loader of this name. Others are not even imported.

    Raises:
        ConfigurationError: there is none, or it cannot be used.
    """
    entries = _entries()
    if name not in entries:
        raise ConfigurationError(f"no loader is called {name!r}: {_listed(sorted(entries))}")
    return _loader(entries[name])


def recognise(source: str) -> Loader:
    """The loader whose own `source` is.

    Raises:
        LoadError: none recognises it, or several do; the text lists the loaders to choose from, and says what the
            file is where its first bytes tell.
        ConfigurationError: a loader cannot be used.
    """
    refuse_empty(source)
    loaders = available_loaders()
    fitting = [loader for loader in loaders.values() if loader.recognises(source)]
    if len(fitting) == 1:
        return fitting[0]
    path = local_path(source)
    if not fitting and path is not None and not Path(path).exists():
        raise LoadError(f"{source}: there is no such file or folder")
    names = [f"{loader.name} ({loader.title})" for loader in fitting or loaders.values()]
    if fitting:
        raise LoadError(f"{source}: several loaders recognise it: name one of {', '.join(names)}")
    form = None if path is None else form_of(path)
    if form is not None and loaders:
        why = f"it is {form}, damaged or of another program: name a loader to see why"
        raise LoadError(f"{source}: no loader recognises it: {why} ({', '.join(loaders)})")
    raise LoadError(f"{source}: no loader recognises it: {_listed(names)}")


def _listed(names: list[str]) -> str:
    return f"there are {', '.join(names)}" if names else "none is installed"


def _entries() -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        other = found.setdefault(entry.name, entry)
        if other.value != entry.value:
            raise ConfigurationError(
                f"two loaders are called {entry.name!r} ({other.value} and {entry.value}): "
                "uninstall one of their packages"
            )
    return found


def _loader(entry: EntryPoint) -> Loader:
    package = entry.dist.name if entry.dist else "an unknown package"
    try:
        made: object = entry.load()
        if isinstance(made, type):
            made = made()
    except Exception as error:  # whatever the package of somebody else does when it is imported
        raise ConfigurationError(
            f"the loader {entry.name!r} of {package} cannot be used ({type(error).__name__}: {error}): "
            "update or uninstall the package"
        ) from error
    if not isinstance(made, Loader):
        raise ConfigurationError(
            f"the loader {entry.name!r} of {package} is none ({entry.value} lacks name, title, recognises or load): "
            "update or uninstall the package"
        )
    return made
