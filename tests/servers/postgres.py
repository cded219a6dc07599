"""A throwaway PostgreSQL server for a test, from the system's own binaries (Debian: the package `postgresql`)."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["USER", "binaries", "running"]

USER = "anna"


def binaries() -> Path | None:
    """The folder with `initdb` and `pg_ctl`; None if there is none. Debian keeps them off PATH."""
    found = shutil.which("initdb")
    if found and (Path(found).parent / "pg_ctl").exists():
        return Path(found).parent
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(folders, key=lambda path: int(path.parent.name), default=None)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _user() -> str | None:
    """Whom to run it as: the server refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def running(folder: Path) -> Generator[str]:
    """The URL, with a password, of an empty database of a server that ends with the block; `folder`: the binaries."""
    user = _user()
    place = Path(tempfile.mkdtemp(prefix="provgraph-pg-"))
    password, data, secret = secrets.token_hex(8), place / "data", place / "password"
    secret.write_text(password)
    if user is not None:
        for path in (place, secret):
            shutil.chown(path, user)
    port = _free_port()

    def run(program: str, *arguments: str) -> None:
        command = [str(folder / program), *arguments]
        # not captured through a pipe: the server would inherit it, and keep it open
        with (place / "output").open("ab") as output:
            subprocess.run(command, check=True, stdout=output, stderr=output, user=user, cwd=place, timeout=60)

    try:
        run("initdb", "-D", str(data), "-U", USER, "-E", "UTF8", "-A", "scram-sha-256", f"--pwfile={secret}", "-N")
        options = f"-k {place} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off"
        run("pg_ctl", "-D", str(data), "-w", "-l", str(place / "log"), "-o", options, "start")
        try:
            yield f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(place, ignore_errors=True)
