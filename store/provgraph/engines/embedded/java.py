"""ArcadeDB with its Bolt port, inside this process: the only module that talks to the JVM."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from provgraph.engines.embedded.folder import DATABASES

__all__ = ["DATABASE", "Java", "engine_name", "start"]

DATABASE = "provgraph"

_DISTRIBUTION = "arcadedb-embedded"
_PACKAGE = "arcadedb_embedded"
_JVM_LIBRARY = {"win32": "bin/server/jvm.dll", "darwin": "lib/server/libjvm.dylib"}

_JVM_FLAGS = (
    # A small process that gives memory back: this server shares a machine with the training that it records.
    "-Xmx1g",
    "-Xms32m",
    "-XX:+UseSerialGC",
    "-XX:MinHeapFreeRatio=10",
    "-XX:MaxHeapFreeRatio=30",
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


@dataclass(frozen=True, slots=True)
class Java:
    """A running ArcadeDB server."""

    server: Any  # a Java object
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
    import jpype

    installed = home()
    if installed is None:
        raise ModuleNotFoundError(f"{_DISTRIBUTION} is not installed")
    jpype.startJVM(
        str(installed / "jre" / _JVM_LIBRARY.get(sys.platform, "lib/server/libjvm.so")),
        *_JVM_FLAGS,
        *flags,
        classpath=sorted(str(jar) for jar in (installed / "jars").glob("*.jar")),
        interrupt=False,
    )
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
        "indexDefaultPageSize": 16384,
        "server.saltIterations": 1,  # salt stretches weak passwords; ours has 256 bits
        "polyglotEngineEnabled": False,
        "serverMetrics": False,
    }
    configuration = jpype.JClass("com.arcadedb.ContextConfiguration")()
    everywhere = jpype.JClass("com.arcadedb.GlobalConfiguration")
    for name, value in settings.items():
        configuration.setValue(f"arcadedb.{name}", value)
        everywhere.findByKey(f"arcadedb.{name}").setValue(value)
    configuration.setValue("arcadedb.server.rootPassword", password)  # in memory: on no command line, in no file
    server = jpype.JClass("com.arcadedb.server.ArcadeDBServer")(configuration)
    server.start()
    if not server.existsDatabase(DATABASE):
        server.createDatabase(DATABASE, jpype.JClass("com.arcadedb.engine.ComponentFile").MODE.READ_WRITE)
    bolt = next(plugin for plugin in server.getPlugins() if "Bolt" in str(plugin.getName()))
    listener = bolt.getClass().getDeclaredField("listener")
    listener.setAccessible(True)
    return Java(server, int(listener.get(bolt).getPort()))
