"""What the container of the dashboard runs, run here: its command, its health check, its variables."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PORT = "8501"


def instruction(name: str) -> list[str]:
    """The words of the last CMD of the Dockerfile, or of the one inside its HEALTHCHECK."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    line = [line for line in text.splitlines() if line.startswith(name)][-1]
    words: list[str] = json.loads(line[line.index("[") :])
    return words


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_the_image_serves_the_dashboard_on_neo4j_and_is_healthy_until_it_is_told_to_end(
    neo4j_url: str, tmp_path: Path
) -> None:
    port = free_port()
    program, *arguments = (port if word == PORT else word for word in instruction("CMD"))
    health = [sys.executable, *(word.replace(PORT, port) for word in instruction("HEALTHCHECK")[1:])]
    environment = {**os.environ, "PROVGRAPH_URL": neo4j_url, "PROVGRAPH_DATABASE": "neo4j"}
    assert subprocess.run(health, capture_output=True, check=False).returncode == 1
    with subprocess.Popen(
        [Path(sys.executable).parent / program, *arguments], env=environment, cwd=tmp_path, stderr=subprocess.PIPE
    ) as server:
        try:
            deadline = time.monotonic() + 60
            while subprocess.run(health, capture_output=True, check=False).returncode != 0:
                assert server.poll() is None
                assert time.monotonic() < deadline
        finally:
            server.send_signal(signal.SIGTERM)
            _, printed = server.communicate(timeout=30)
    assert server.returncode == 0, printed
