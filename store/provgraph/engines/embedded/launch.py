"""Starting the server's process, and reading its last words when it does not come up."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from provgraph.engines.embedded import java
from provgraph.engines.embedded.folder import SERVER_LOG
from provgraph.engines.embedded.settings import Settings
from provgraph.errors import EngineError

__all__ = ["USE_A_SERVER", "Launch"]

USE_A_SERVER = (
    "use a Neo4j server instead: `docker compose up -d neo4j` with provgraph's docker-compose.yml, "
    "then PROVGRAPH_URL=neo4j://localhost:7687"
)
_LEAST_DISK = 32 << 20  # bytes that a start needs, with room for its log
_LOG_TURNS_AT = 1_000_000  # bytes
_PLATFORMS = {
    ("linux", "x86_64"): "Linux with glibc 2.34 or newer",
    ("linux", "aarch64"): "Linux with glibc 2.34 or newer",
    ("darwin", "arm64"): "macOS 11 or newer",
    ("win32", "amd64"): "Windows",
}
_MEMORY = re.compile(
    r"insufficient memory|could not reserve|OutOfMemory|cannot allocate|not enough space", re.IGNORECASE
)
_LAST_WORDS = "last words: "  # as the server's program writes them
_NO_JVM = "Unable to start JVM"  # as JPype says without a reason
_FAILURE = re.compile(r"error|exception|insufficient|unrecognized|invalid|failed|severe", re.IGNORECASE)

# Options for other Java programs, this program's own warnings, the login of some Neo4j server.
_NOT_FOR_THE_SERVER = frozenset(
    {"CLASSPATH", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "PYTHONWARNINGS", "PROVGRAPH_PASSWORD"}
)

_started: list[subprocess.Popen[bytes]] = []


class Launch:
    """One start of the server of `folder`.

    Raises:
        EngineError: there is no engine for this platform, no room on the disk, or no process can be made.
        OSError: the folder cannot be written.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._folder = folder
        self._log = folder / SERVER_LOG
        _require_engine()
        if shutil.disk_usage(folder).free < _LEAST_DISK:
            raise EngineError(
                f"no room in the data folder {folder}: make room on its disk (a start needs {_LEAST_DISK >> 20} MB)"
            )
        if self._log.exists() and self._log.stat().st_size > _LOG_TURNS_AT:
            self._log.replace(self._log.with_suffix(".old"))
        log = os.open(self._log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        try:
            self._log_start = os.fstat(log).st_size
            self._process = _spawn(folder, settings, log)
        finally:
            os.close(log)
        # Ended children are collected; those kept here are not taken for forgotten ones.
        _started[:] = [p for p in _started if p.poll() is None]
        _started.append(self._process)

    def exit_status(self) -> int | None:
        """The exit status, or None while the process runs."""
        return self._process.poll()

    def kill(self) -> None:
        """Give up on a server that has served nobody yet."""
        self._process.kill()

    def failure(self) -> EngineError:
        """The one line that says why it did not start, from its last words."""
        words = self._last_words()
        if _MEMORY.search(words):
            advice = "free some memory, or allow the JVM less with PROVGRAPH_JVM=-Xmx256m"
        elif "unrecognized" in words.lower() or ("invalid" in words.lower() and "option" in words.lower()):
            advice = "correct PROVGRAPH_JVM"
        else:
            advice = f"see {self._log}"
        return EngineError(f"the engine of {self._folder} did not start: {words}; {advice}")

    def _last_words(self) -> str:
        try:
            with self._log.open("rb") as file:
                file.seek(self._log_start)
                text = file.read().decode("utf-8", "replace")
        except OSError as error:
            return f"its log cannot be read ({error.strerror})"
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        said = [line.removeprefix(_LAST_WORDS) for line in lines if line.startswith(_LAST_WORDS)]
        if said and _NO_JVM not in said[-1]:
            return said[-1][:500].rstrip(" .;")
        # The JVM has said itself why it did not start.
        at = next((i for i, line in enumerate(lines) if _FAILURE.search(line)), None)
        status = self._process.poll()
        if at is None and (not lines or (status or 0) < 0):  # what a killed one said last is no reason
            return f"it ended without a word (exit status {status}; killed, or out of memory?)"
        return " ".join(lines[-2 if at is None else at :][:2])[:300].rstrip(" .;")


def _require_engine() -> None:
    if getattr(sys, "frozen", False) or not sys.executable:
        raise EngineError(
            f"the embedded engine needs a Python interpreter to run its server, and this is none; {USE_A_SERVER}"
        )
    if java.home() is not None and importlib.util.find_spec("jpype") is not None:
        return
    here = (sys.platform, platform.machine().lower())
    if here in _PLATFORMS:
        raise EngineError(
            "the embedded engine is not installed: `pip install arcadedb-embedded` "
            f"({_PLATFORMS[here]}), or {USE_A_SERVER}"
        )
    raise EngineError(f"the embedded engine has no build for this platform ({here[0]}, {here[1]}); {USE_A_SERVER}")


def _spawn(folder: Path, settings: Settings, log: int) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_THE_SERVER}
    if sys.platform.startswith("linux"):
        environment["LC_ALL"] = "C.UTF-8"  # Java encodes file names by the locale: under LC_ALL=C they would be lost
    # -P: the data folder is the working directory, and nothing is to be imported from there.
    command = [
        sys.executable,
        "-P",
        str(Path(__file__).with_name("program.py").absolute()),
        settings.to_argument(),
        *_module_folders(),
    ]
    try:
        if sys.platform == "win32":
            apart = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
            return subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                creationflags=apart,
            )
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    except OSError as error:
        raise EngineError(
            f"no process can be made for the engine ({error.strerror}): end others, or raise the limit"
        ) from error


def _module_folders() -> list[str]:
    """Where this process finds what the server imports, in case that it has a path of its own."""
    folders: list[str] = []
    for name in ("provgraph", "filelock", "jpype", "arcadedb_embedded"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            folder = str(Path(spec.origin).absolute().parents[1])
            if folder not in folders:
                folders.append(folder)
    return folders
