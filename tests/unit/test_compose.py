"""The compose file and the Dockerfile say what the code reads: no docker engine is needed to find out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from provgraph.cli.dashboard import dashboard
from provgraph.engines.url import open_engine
from tests.require import require
from tests.servers.neo4j import VERSION as TESTED_NEO4J

ROOT = Path(__file__).resolve().parents[2]
Service = Mapping[str, Any]


@pytest.fixture
def services() -> Mapping[str, Service]:
    content: Mapping[str, Mapping[str, Service]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return content["services"]


@pytest.fixture
def instructions() -> list[tuple[str, str]]:
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(name, rest.strip()) for name, rest in (line.split(maxsplit=1) for line in lines)]


def last(instructions: list[tuple[str, str]], name: str) -> str:
    return [rest for found, rest in instructions if found == name][-1]


def command(instructions: list[tuple[str, str]]) -> list[str]:
    words: list[str] = json.loads(last(instructions, "CMD"))
    return words


def test_the_server_is_the_neo4j_that_the_tests_run_on(services: Mapping[str, Service]) -> None:
    tested = ".".join(TESTED_NEO4J.split(".")[:2])
    assert services["neo4j"]["image"] == f"neo4j:{tested}-community"


def test_every_port_is_published_on_loopback_only(services: Mapping[str, Service]) -> None:
    published = {name: service["ports"] for name, service in services.items()}
    assert published == {
        "neo4j": ["127.0.0.1:7474:7474", "127.0.0.1:7687:7687"],
        "dashboard": ["127.0.0.1:8501:8501"],
    }


def test_the_password_has_no_default(services: Mapping[str, Service]) -> None:
    secrets = [
        services["neo4j"]["environment"]["NEO4J_AUTH"],
        services["dashboard"]["environment"]["PROVGRAPH_PASSWORD"],
    ]
    assert [re.sub(r":\?[^}]+", ":?", secret) for secret in secrets] == [
        "neo4j/${PROVGRAPH_PASSWORD:?}",
        "${PROVGRAPH_PASSWORD:?}",
    ]


def test_the_code_reads_every_variable_that_the_dashboard_is_given(services: Mapping[str, Service]) -> None:
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "store").rglob("*.py"))
    given = set(services["dashboard"]["environment"])
    assert {"PROVGRAPH_URL", "PROVGRAPH_USER", "PROVGRAPH_PASSWORD", "PROVGRAPH_DATABASE"} == given
    assert given <= set(re.findall(r'"(PROVGRAPH_[A-Z_]+)"', sources))


def test_the_dashboard_logs_in_at_the_server_of_the_same_file(
    services: Mapping[str, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in services["dashboard"]["environment"].items():
        monkeypatch.setenv(name, "a password" if name == "PROVGRAPH_PASSWORD" else value)
    address = open_engine().address()
    assert address.uri == "bolt://neo4j:7687"
    assert (address.user, address.password, address.database) == ("neo4j", "a password", "neo4j")
    assert "127.0.0.1:7687:7687" in services["neo4j"]["ports"]


def test_the_dashboard_waits_until_the_server_is_healthy(services: Mapping[str, Service]) -> None:
    assert services["dashboard"]["depends_on"] == {"neo4j": {"condition": "service_healthy"}}
    assert services["neo4j"]["healthcheck"]["test"][-1] == "http://127.0.0.1:7474"


def test_data_outlives_the_container(services: Mapping[str, Service]) -> None:
    volumes = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["volumes"]
    assert services["neo4j"]["volumes"] == ["neo4j-data:/data"]
    assert list(volumes) == ["neo4j-data"]


def test_the_image_runs_a_python_that_is_claimed(instructions: list[tuple[str, str]]) -> None:
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["classifiers"]
    versions = {
        re.sub(r"python:(\d+\.\d+)-slim-bookworm.*", r"\1", rest) for name, rest in instructions if name == "FROM"
    }
    assert len(versions) == 1
    assert f"Programming Language :: Python :: {versions.pop()}" in classifiers


def test_the_image_runs_the_dashboard_as_an_ordinary_user_on_the_published_port(
    instructions: list[tuple[str, str]],
) -> None:
    names = [name for name, _ in instructions]
    assert last(instructions, "USER") == "provgraph"
    assert names.index("USER") > max(index for index, name in enumerate(names) if name in ("RUN", "COPY"))
    assert last(instructions, "EXPOSE") == "8501"
    assert "http://127.0.0.1:8501/_stcore/health" in last(instructions, "HEALTHCHECK")


def test_the_command_line_takes_what_the_image_gives_it(instructions: list[tuple[str, str]]) -> None:
    program, *arguments = command(instructions)
    assert (program, arguments[0]) == ("provgraph", "dashboard")
    given = dashboard.make_context("dashboard", arguments[1:]).params
    assert (given["host"], given["port"], given["no_browser"]) == ("0.0.0.0", 8501, True)


def test_everything_that_the_image_copies_passes_the_ignore_file(instructions: list[tuple[str, str]]) -> None:
    ignore = (ROOT / ".dockerignore").read_text("utf-8").split()
    copied = {
        word for name, rest in instructions if name == "COPY" for word in rest.split()[:-1] if "/wheels" not in word
    }
    copied.discard("--from=build")
    assert ignore[0] == "*"
    assert {f"!{name}" for name in copied} == {line for line in ignore if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)


def test_docker_compose_accepts_the_file_and_asks_for_the_password() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        require("compose", "there is no docker client with `docker compose`")
    check = [docker, "compose", "--file", str(ROOT / "docker-compose.yml"), "config", "--quiet"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PROVGRAPH_")}
    refused = subprocess.run(check, env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "PROVGRAPH_PASSWORD" in refused.stderr
    accepted = {**environment, "PROVGRAPH_PASSWORD": "a password"}
    subprocess.run(check, env=accepted, check=True)
