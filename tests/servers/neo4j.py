"""A real Neo4j Community server for the tests, from the jars that its makers publish for Maven.

Start one for a shell, and stop it again:

    eval "$(python -m tests.servers.neo4j start)"
    python -m tests.servers.neo4j stop

It needs Java 17 or 21 and, the first time, `mvn`. Jars and data live under `build/neo4j`; `--folder` gives a second
server its own place for data. The jars are GPLv3: they are used here and never shipped.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

VERSION = "5.26.31"
JARS = Path(__file__).resolve().parents[2] / "build" / "neo4j" / VERSION
FOLDER = JARS.parent / "server"
START_SECONDS = 120.0
HOME_FOLDERS = ("conf", "data", "import", "lib", "licenses", "logs", "plugins", "run", "certificates")

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>tests</groupId><artifactId>neo4j</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>{version}</version>
  </dependency></dependencies>
</project>
"""

CONFIGURATION = """server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.heap.initial_size=512m
server.memory.heap.max_size=1g
dbms.usage_report.enabled=false
"""
# For tests: a server that holds little, and is thrown away.
SMALL = """server.memory.pagecache.size=256m
db.tx_log.preallocate=false
"""
# For benchmarks, as one that is in use: its page cache holds the store, its log is laid out before it is written.
IN_USE = "server.memory.pagecache.size=1g\n"

JVM_FLAGS = (
    "-Xms512m",
    "-Xmx1g",
    "-XX:+UseG1GC",
    "-Dfile.encoding=UTF-8",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it listens, who may log in, and its process."""

    url: str
    user: str
    password: str
    pid: int

    def variables(self) -> dict[str, str]:
        """The environment variables by which the tests find this server."""
        return {
            "PROVGRAPH_TEST_NEO4J_URL": self.url,
            "PROVGRAPH_TEST_NEO4J_USER": self.user,
            "PROVGRAPH_TEST_NEO4J_PASSWORD": self.password,
        }


def fetch() -> None:
    """Have Maven bring the server's jars (123 MB), unless they are there."""
    done = JARS / ".complete"
    if done.exists():
        return
    maven = shutil.which("mvn")
    if maven is None:
        sys.exit("Neo4j's jars are fetched with Maven, and there is no mvn on PATH: install maven.")
    shutil.rmtree(JARS, ignore_errors=True)
    JARS.mkdir(parents=True)
    pom = JARS.parent / "pom.xml"
    pom.write_text(POM.format(version=VERSION), encoding="utf-8")
    command = [maven, "--batch-mode", "--quiet", "--file", str(pom), "dependency:copy-dependencies"]
    subprocess.run([*command, "-DincludeScope=runtime", f"-DoutputDirectory={JARS}"], check=True, stdout=sys.stderr)
    done.touch()


def start(folder: Path = FOLDER, more: str = SMALL) -> Server:
    """Start an empty server in `folder`, on a free loopback port with a generated password; return once it answers.

    `more` is what its configuration says besides: `SMALL` or `IN_USE`.
    """
    java = shutil.which("java")
    if java is None:
        sys.exit("Neo4j needs a Java runtime 17 or 21, and there is no java on PATH.")
    fetch()
    stop(folder)
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    for name in HOME_FOLDERS:
        (home / name).mkdir(parents=True)
    port = _free_port()
    (home / "conf" / "neo4j.conf").write_text(CONFIGURATION.format(port=port) + more, encoding="utf-8")
    password = secrets.token_hex(24)
    environment = {**os.environ, "NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")}
    admin = [java, "-cp", f"{JARS}/*", "org.neo4j.server.startup.Neo4jAdminCommand", "dbms", "set-initial-password"]
    subprocess.run([*admin, password], check=True, env=environment, stdout=subprocess.DEVNULL)
    entry = ["org.neo4j.server.CommunityEntryPoint", f"--home-dir={home}", f"--config-dir={home / 'conf'}"]
    log = home / "logs" / "console.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [java, *JVM_FLAGS, "-cp", f"{home / 'conf'}:{JARS}/*", *entry, "--console-mode"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(f"bolt://127.0.0.1:{port}", "neo4j", password, process.pid)
    record = _record(folder)
    record.touch(mode=0o600)
    record.write_text(json.dumps(asdict(server)), encoding="utf-8")
    deadline = time.monotonic() + START_SECONDS
    while "Started." not in log.read_text(encoding="utf-8", errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(folder)
            sys.exit("Neo4j did not start:\n" + log.read_text(encoding="utf-8", errors="replace")[-2000:])
        time.sleep(0.1)
    return server


def stop(folder: Path = FOLDER) -> None:
    """Stop the server that `start` left in this folder; do nothing if there is none."""
    record = _record(folder)
    if not record.exists():
        return
    pid = int(json.loads(record.read_text(encoding="utf-8"))["pid"])
    while _is_our_server(pid, folder):
        # A clean end takes Neo4j ten seconds, and its data is thrown away at the next start.
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    record.unlink()


def _record(folder: Path) -> Path:
    return folder / "server.json"


def _is_our_server(pid: int, folder: Path) -> bool:
    """True while the process lives and is the one that `start` made: a pid may have been reused since."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False
    return os.fsencode(str(folder / "home")) in command


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="A Neo4j server for the tests.")
    parser.add_argument("command", choices=["fetch", "start", "stop"])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    folder: Path = options.folder.absolute()
    match options.command:
        case "fetch":
            fetch()
        case "start":
            for name, value in start(folder).variables().items():
                print(f"export {name}={value}")
        case _:
            stop(folder)


if __name__ == "__main__":
    main()
