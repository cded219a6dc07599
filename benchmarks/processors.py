"""The time that processors worked: of this process, and of the server at a port of this machine (Linux)."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Final

__all__ = ["own_time", "server_at", "time_of"]

_LISTENING: Final = "0A"


def own_time() -> float:
    """Seconds that processors worked for this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def server_at(port: int) -> int:
    """The id of the process that listens on a port.

    Raises:
        LookupError: none does that this user may look at.
    """
    sockets: set[str] = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                sockets.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(file.readlink()) in sockets for file in (process / "fd").iterdir()):
                return int(process.name)
        except OSError:  # another user's, or gone
            continue
    raise LookupError(f"nothing listens on port {port}")


def time_of(process: int) -> float:
    """Seconds that processors worked for a process."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
