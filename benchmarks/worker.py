"""A store in a process of its own, asked over pipes: one JSON line each way. Knows no store."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def peak_memory() -> int:
    """The most memory that this process has held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def serve(subject: object) -> None:
    """Answer requests until stdin ends: each names a public method of `subject` and its keyword arguments."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not come between the answers
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer: dict[str, Any] = {"result": getattr(subject, request["method"])(**request["arguments"])}
        except Exception as error:  # noqa: BLE001 - told to the other side, which raises it
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


class WorkerError(Exception):
    """A measurement failed in the worker."""


class Worker:
    """The other side of `serve`."""

    def __init__(self, python: Path | str, module: str, arguments: list[str], environment: dict[str, str]) -> None:
        self.what = f"{module} {' '.join(arguments)}"
        paths = [str(ROOT), str(ROOT / "store"), str(ROOT / "loaders"), str(ROOT / "dashboard")]
        self._process = subprocess.Popen(
            [str(python), "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
            env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(paths)},
        )

    def ask(self, method: str, **arguments: object) -> Any:
        """What the method answers."""
        self.send(method, **arguments)
        return self.receive()

    def send(self, method: str, **arguments: object) -> None:
        """Begin, without waiting for the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"method": method, "arguments": arguments}) + "\n")
        self._process.stdin.flush()

    def receive(self) -> Any:
        """Wait for the answer to `send`."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise WorkerError(f"{self.what} ended with code {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerError(f"{self.what}: {answer['error']}")
        return answer["result"]

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
