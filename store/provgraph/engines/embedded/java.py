"""ArcadeDB with its Bolt port, inside this process: the only module that talks to the JVM."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Protocol, cast

from provgraph.engines.embedded.folder import DATABASES

__all__ = ["DATABASE", "Java", "engine_name", "home", "start"]

DATABASE = "provgraph"

_DISTRIBUTION = "arcadedb-embedded"
_PACKAGE = "arcadedb_embedded"
_JVM_LIBRARY = {"win32": "bin/server/jvm.dll", "darwin": "lib/server/libjvm.dylib"}

_JVM_FLAGS = (
    # A small process that gives memory back: this server shares a machine with the training that it records.
    "-Xms32m",
    "-XX:+UseSerialGC",
    "-XX:MinHeapFreeRatio=10",
    "-XX:MaxHeapFreeRatio=30",
    "-XX:+UseCompactObjectHeaders",  # a fifth less memory for a walk over 400,000 nodes
    # Python handles the signals.
    "-Xrs",
    # No files outside of the data folder, none of them a memory image with the password.
    "-XX:-UsePerfData",
    "-XX:-CreateCoredumpOnCrash",
    "-XX:ErrorFile=log/crash_%p.log",
    # A JVM that has run out of memory is not to be trusted with a commit; the users start a new one.
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "-Dfile.encoding=UTF8",
    # What ArcadeDB needs to reach.
    "--add-modules=jdk.incubator.vector",
    "--enable-native-access=ALL-UNNAMED",
    "--add-exports=java.management/sun.management=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
    "--add-opens=java.base/java.nio.channels.spi=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
)


def _largest_heap() -> str:
    """A quarter of the machine's memory, 1 to 2 GB. With 1 GB, a walk over 400,000 nodes takes twice as long."""
    try:
        megabytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    except (AttributeError, ValueError, OSError):  # Windows does not tell it this way
        megabytes = 0
    return f"-Xmx{min(2048, max(1024, megabytes // 4))}m"


def engine_name() -> str:
    """Name and version of the engine that is installed here.

    Raises:
        importlib.metadata.PackageNotFoundError: none is.
    """
    return f"ArcadeDB {version(_DISTRIBUTION)}"


def home() -> Path | None:
    """The folder of the installed engine, found without importing it; None if there is none."""
    spec = importlib.util.find_spec(_PACKAGE)
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


class _Field(Protocol):
    def setAccessible(self, yes: bool) -> None: ...  # noqa: N802 - Java's name
    def get(self, of: object) -> _Listener: ...


class _Listener(Protocol):
    def getPort(self) -> int: ...  # noqa: N802


class _Class(Protocol):
    def getDeclaredField(self, name: str) -> _Field: ...  # noqa: N802


class _Plugin(Protocol):
    def getName(self) -> object: ...  # noqa: N802
    def getClass(self) -> _Class: ...  # noqa: N802


class _Setting(Protocol):
    def setValue(self, value: object) -> None: ...  # noqa: N802


class _Settings(Protocol):
    def findByKey(self, key: str) -> _Setting: ...  # noqa: N802


class _Configuration(Protocol):
    def setValue(self, key: str, value: object) -> None: ...  # noqa: N802


class _Modes(Protocol):
    READ_WRITE: object


class _ComponentFile(Protocol):
    MODE: _Modes


class _Server(Protocol):
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def isStarted(self) -> bool: ...  # noqa: N802
    def existsDatabase(self, name: str) -> bool: ...  # noqa: N802
    def createDatabase(self, name: str, mode: object) -> object: ...  # noqa: N802
    def getPlugins(self) -> Iterable[_Plugin]: ...  # noqa: N802


class _JPype(Protocol):
    """As much of the untyped JPype as is used here."""

    def startJVM(self, *arguments: str, classpath: Sequence[str], interrupt: bool) -> None: ...  # noqa: N802
    def JClass(self, name: str) -> object: ...  # noqa: N802


@dataclass(frozen=True, slots=True)
class Java:
    """A running ArcadeDB server."""

    server: _Server
    bolt_port: int

    def running(self) -> bool:
        """Whether it has not stopped by itself."""
        return bool(self.server.isStarted())

    def stop(self) -> None:
        """Close the databases and stop."""
        self.server.stop()


def start(folder: Path, host: str, password: str, statement_timeout: float, flags: Sequence[str]) -> Java:
    """Start the JVM and the server, and make the database if it is not there.

    Raises whatever JPype and Java raise.
    """
    jpype = _start_jvm(flags)
    settings: dict[str, str | int | bool] = {
        "server.rootPath": str(folder),
        "server.databaseDirectory": str(folder / DATABASES),
        "server.httpIncomingHost": host,
        "server.httpIncomingPort": "0",  # the system chooses: no race for a free port
        "bolt.host": host,
        "bolt.port": 0,
        "server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
        "command.timeout": int(statement_timeout * 1000),
        "txWalFlush": 2,  # an acknowledged commit survives a power cut
        "bucketDefaultPageSize": 16384,  # a third of the size on disk, at equal speed
        "indexDefaultPageSize": 32768,  # smaller: longer lookups in bulk; larger: more copied by each small commit
        "server.saltIterations": 1,  # salt stretches weak passwords; ours has 256 bits
        "polyglotEngineEnabled": False,
        "serverMetrics": False,
    }
    configuration = cast("Callable[[], _Configuration]", jpype.JClass("com.arcadedb.ContextConfiguration"))()
    everywhere = cast("_Settings", jpype.JClass("com.arcadedb.GlobalConfiguration"))
    for name, value in settings.items():
        configuration.setValue(f"arcadedb.{name}", value)
        everywhere.findByKey(f"arcadedb.{name}").setValue(value)
    configuration.setValue("arcadedb.server.rootPassword", password)  # in memory: on no command line, in no file
    make = cast("Callable[[_Configuration], _Server]", jpype.JClass("com.arcadedb.server.ArcadeDBServer"))
    server = make(configuration)
    server.start()
    if not server.existsDatabase(DATABASE):
        files = cast("_ComponentFile", jpype.JClass("com.arcadedb.engine.ComponentFile"))
        server.createDatabase(DATABASE, files.MODE.READ_WRITE)
    bolt = next(plugin for plugin in server.getPlugins() if "Bolt" in str(plugin.getName()))
    listener = bolt.getClass().getDeclaredField("listener")
    listener.setAccessible(True)
    return Java(server, int(listener.get(bolt).getPort()))


def _start_jvm(flags: Sequence[str]) -> _JPype:
    installed = home()
    if installed is None:
        raise ModuleNotFoundError(f"{_DISTRIBUTION} is not installed")
    jpype = cast("_JPype", importlib.import_module("jpype"))
    jpype.startJVM(
        str(installed / "jre" / _JVM_LIBRARY.get(sys.platform, "lib/server/libjvm.so")),
        *_JVM_FLAGS,
        _largest_heap(),
        *flags,
        classpath=sorted(str(jar) for jar in (installed / "jars").glob("*.jar")),
        interrupt=False,
    )
    return jpype
