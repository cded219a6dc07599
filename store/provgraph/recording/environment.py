"""What is taken by itself of the circumstances of a step, and how each of it is switched off."""

from __future__ import annotations

import getpass
import os
import platform
import shlex
import socket
import subprocess
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import ModuleType

from provgraph.model import JsonValue, Struct, Value
from provgraph.recording.fingerprint import Progress
from provgraph.recording.redaction import redact_arguments, redact_text, redact_uri
from provgraph.recording.values import clean_text

__all__ = ["Capture", "circumstances", "failure", "imported_packages"]

_GIT_TIMEOUT = 3.0
_GIT_FRESH = 2.0
_TRACEBACK_LINES = 30
_MESSAGE_LENGTH = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What `Graph.execution` takes by itself, as custom properties of the execution.

    Attributes:
        git: `git_commit`, `git_branch` and `git_dirty` (whether a tracked file differs from the commit) of the
            repository that the running script is in, else of the current folder.
        command: `command`, the command line, with what looks like a secret replaced by `***`.
        python: `python`, the version.
        packages: `packages`, the versions of the distributions that the process has imported, as a struct.
        host: `host`, the name of the machine.
        user: `user`, the name of the user.
        traceback: `error_traceback`, the last lines of it, when the step fails; `error_type` and `error_message` are
            always recorded.
        progress: told how far the hashing of big files is; by default a line on stderr, if that is a terminal.

    The environment is never recorded.
    """

    git: bool = True
    command: bool = True
    python: bool = True
    packages: bool = True
    host: bool = True
    user: bool = True
    traceback: bool = True
    progress: Progress | None = None

    @classmethod
    def nothing(cls) -> Capture:
        """All switched off."""
        return cls(git=False, command=False, python=False, packages=False, host=False, user=False, traceback=False)


def circumstances(capture: Capture) -> dict[str, Value]:
    """What can be said when a step starts, without anything switched off in `capture`."""
    found: dict[str, Value] = {}
    if capture.git:
        found |= _git(_code_folder())
    if capture.command:
        found["command"] = clean_text(shlex.join(redact_arguments(_command())), "command")
    if capture.python:
        found["python"] = platform.python_version()
    if capture.packages:
        found["packages"] = imported_packages()
    if capture.host:
        found["host"] = clean_text(socket.gethostname(), "host")
    if capture.user and (user := _user()):
        found["user"] = clean_text(user, "user")
    return found


def failure(error: BaseException, capture: Capture) -> dict[str, Value]:
    """What is recorded of an exception: type, message, and the last lines of the traceback, without secrets."""
    kind = type(error)
    module = "" if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}."
    try:
        message = str(error)
    except Exception as broken:  # noqa: BLE001 - a user's own __str__ may raise anything
        message = f"(its text raised {type(broken).__name__})"
    found: dict[str, Value] = {
        "error_type": module + kind.__qualname__,
        "error_message": _clean(message[: 10 * _MESSAGE_LENGTH])[:_MESSAGE_LENGTH],
    }
    if capture.traceback:
        lines = "".join(traceback.format_exception(error)).splitlines()
        found["error_traceback"] = _clean("\n".join(line[:_MESSAGE_LENGTH] for line in lines[-_TRACEBACK_LINES:]))
    return found


def _clean(text: str) -> str:
    return redact_text(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _command() -> list[str]:
    arguments = list(sys.orig_argv)
    # `-c` is followed by a whole program, which may hold anything
    if "-c" in arguments[:4]:
        return [*arguments[: arguments.index("-c") + 1], "...", *sys.argv[1:]]
    return arguments


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user id without a name, as in some containers
        return None


# -- packages -------------------------------------------------------------------------------------------------------

_packages_lock = threading.Lock()
_distributions: dict[str, list[str]] | None = None
_versions: dict[str, str] = {}


def imported_packages() -> Struct:
    """The versions of the distributions whose modules this process has imported, by name."""
    global _distributions
    with _packages_lock:
        if _distributions is None:  # looked up once in the life of a process
            _distributions = {module: list(names) for module, names in metadata.packages_distributions().items()}
        found: dict[str, JsonValue] = {}
        for module in {name.partition(".")[0] for name in list(sys.modules)}:
            for name in _distributions.get(module, ()):
                if name not in _versions:
                    try:
                        _versions[name] = metadata.version(name)
                    except metadata.PackageNotFoundError:  # uninstalled since
                        continue
                found[name] = _versions[name]
    return Struct.of(found)


# -- git ------------------------------------------------------------------------------------------------------------

_git_lock = threading.Lock()
_git_known: dict[str, tuple[float, dict[str, Value]]] = {}


def _code_folder() -> Path:
    """Where the running script is; the current folder for an installed program, a notebook or a shell."""
    main: ModuleType | None = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    if isinstance(file, str):
        script = Path(file).absolute()
        if script.is_file() and not script.is_relative_to(sys.prefix) and not script.is_relative_to(sys.base_prefix):
            return script.parent
    return Path.cwd()


def _git(folder: Path) -> dict[str, Value]:
    with _git_lock:
        known = _git_known.get(str(folder))
        if known is not None and time.monotonic() - known[0] < _GIT_FRESH:
            return dict(known[1])
        found = _ask_git(folder)
        _git_known[str(folder)] = (time.monotonic(), found)
        return dict(found)


def _ask_git(folder: Path) -> dict[str, Value]:
    # No locks, no hooks, no prompts, no network: only what is there already.
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", "status", "--porcelain=v2", "--branch"]
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            [*command, "--untracked-files=no", "--ignore-submodules=dirty"],
            cwd=folder,
            env=quiet,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_GIT_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):  # no git here, or a tree too large to look through
        return {}
    if done.returncode != 0:  # no repository
        return {}
    found: dict[str, Value] = {"git_dirty": False}
    for line in done.stdout.decode("utf-8", "backslashreplace").splitlines():
        if line.startswith("# branch.oid "):
            oid = line.removeprefix("# branch.oid ")
            if oid != "(initial)":
                found["git_commit"] = oid
        elif line.startswith("# branch.head "):
            head = line.removeprefix("# branch.head ")
            if head != "(detached)":
                found["git_branch"] = redact_uri(head)
        elif not line.startswith("#"):
            found["git_dirty"] = True
    return found
