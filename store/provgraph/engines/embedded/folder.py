"""The data folder of the embedded engine: what lies in it, how it is made, and what locks it.

::

    .gitignore    "*": nothing of it belongs into a repository
    server.json   where the server is to be found (mode 0600: it holds the password)
    server.lock   locked by the server for its whole life: the only proof that there is one
    start.lock    locked by the user that is starting a server
    databases/    the data
    config/       the engine's own users and settings
    log/          what server and JVM said

Other parts of provgraph keep their own subfolders beside these.
"""

from __future__ import annotations

import errno
from pathlib import Path

from filelock import FileLock

from provgraph.errors import ConfigurationError, EngineError

__all__ = [
    "DATABASES",
    "FOLDER_NAME",
    "GITIGNORE",
    "LOCK_BUSY",
    "SERVER_LOCK",
    "SERVER_LOG",
    "START_LOCK",
    "file_lock",
    "identity",
    "prepare",
    "unusable",
]

FOLDER_NAME = ".provgraph"
DATABASES = "databases"
SERVER_LOCK = "server.lock"
START_LOCK = "start.lock"
SERVER_LOG = Path("log", "server.log")
GITIGNORE = ".gitignore"
LOCK_BUSY = 75  # exit status of a server that finds the lock held by another

# What may lie in a folder that we have not used yet: our own neighbours' folders, and what file systems put there.
_HARMLESS = frozenset({GITIGNORE, "files", "spool", "log", "config", START_LOCK, "lost+found", ".DS_Store"})


def file_lock(path: Path) -> FileLock:
    """A lock that the operating system takes back when its owner ends, however it ends."""
    # The "soft" fallback of filelock would be a mere file, which outlives its owner.
    return FileLock(path, mode=0o600, fallback_to_soft=False, preserve_lock_file=True, is_singleton=False)


def identity(path: Path) -> str:
    """Names the file itself, whatever paths lead to it: equal for a symbolic link, another one for a copy."""
    stat = path.stat()
    return f"{stat.st_dev}:{stat.st_ino}"


def prepare(folder: Path) -> None:
    """Make `folder` and what must be there before a server can start.

    Raises:
        ConfigurationError: it is not a folder, or one with other people's files.
        EngineError: it cannot be made or written.
    """
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)  # another process may be doing the same
        names = {entry.name for entry in folder.iterdir()}
        if SERVER_LOCK not in names and DATABASES not in names:
            if folder.name != FOLDER_NAME and not names <= _HARMLESS:
                raise ConfigurationError(
                    f"{folder} holds other files and was never a data folder of provgraph: name a new or an empty one"
                )
            if GITIGNORE not in names:
                (folder / GITIGNORE).write_text("# made by provgraph\n*\n", "utf-8")
        (folder / SERVER_LOG.parent).mkdir(exist_ok=True, mode=0o700)
    except FileExistsError as error:
        raise ConfigurationError(f"{folder} is a file, not a folder: name another data folder") from error
    except NotADirectoryError as error:
        raise ConfigurationError(f"{folder} lies below a file: name another data folder") from error
    except OSError as error:
        raise unusable(folder, error) from error


def unusable(folder: Path, error: OSError) -> EngineError:
    """The one line for a data folder that the operating system refuses to let us use."""
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EngineError(f"no room in the data folder {folder} ({reason}): make room on its disk, or name another")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return EngineError(
            f"the data folder {folder} cannot be written ({reason}): "
            "name another with embedded:PATH, or use a Neo4j server"
        )
    return EngineError(f"the data folder {folder} cannot be used ({reason}): name another with embedded:PATH")
