"""The embedded engine: one local server per data folder, shared by any number of processes.

The server is one Python process with the JVM inside, so nothing can be orphaned, whatever is killed in which order. A
user is an open loopback connection, the *lease*; the server stops a while after the last one closed. The proof that a
server exists is its lock on ``server.lock``; ``server.json`` says where to find it, and both ends prove who they are
before either is trusted.
"""

from __future__ import annotations

from provgraph.engines.embedded.engine import EmbeddedEngine
from provgraph.engines.embedded.settings import Settings
from provgraph.engines.embedded.status import EngineStatus, inspect, stop

__all__ = ["EmbeddedEngine", "EngineStatus", "Settings", "inspect", "stop"]
