"""The server: where it listens, what it says and where, and how it ends."""

from __future__ import annotations

import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from provgraph_dashboard.server import flags, free_port, has_display, main
from tests.dashboard.conftest import start_gallery


def get(url: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status, answer.read()


@pytest.fixture
def taken() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def test_a_taken_port_gives_way_to_the_next_free_one(taken: socket.socket) -> None:
    with taken:
        port: int = taken.getsockname()[1]
        assert free_port(port) != port
    assert free_port(port) == port


def test_the_flags_keep_the_server_at_home_and_quiet() -> None:
    given = dict(flag.removeprefix("--").split("=") for flag in flags(8765))
    assert given["server.address"] == "127.0.0.1"
    assert given["server.port"] == "8765"
    assert given["browser.gatherUsageStats"] == "false"
    assert given["client.showErrorDetails"] == "none"
    assert given["client.showErrorLinks"] == "false"
    assert given["client.toolbarMode"] == "minimal"
    assert given["server.enableStaticServing"] == "true"


def test_every_flag_is_an_option_that_streamlit_knows() -> None:
    from streamlit import config

    options = config.get_config_options()
    assert [flag for flag in flags(1) if flag.removeprefix("--").split("=")[0] not in options] == []


def test_it_serves_on_loopback_says_where_on_stderr_and_ends_with_ctrl_c(taken: socket.socket, tmp_path: Path) -> None:
    with taken:
        port: int = taken.getsockname()[1]
        process, address, printed = start_gallery(tmp_path, port)
        served = urlsplit(address).port
        assert served != port
        assert f"Port {port} is taken: using {served}.\n" in printed
    try:
        assert get(f"{address}_stcore/health") == (200, b"ok")
        status, font = get(f"{address}app/static/inter-400.woff2")
        assert (status, font[:4]) == (200, b"wOF2")
        with pytest.raises(urllib.error.HTTPError):
            get(f"{address}app/static/../main.py")
        listening = [c.laddr.ip for c in psutil.Process(process.pid).net_connections() if c.status == "LISTEN"]
        assert listening == ["127.0.0.1"]
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out == ""
    assert "Traceback" not in err


def test_it_ends_with_sigterm_too(tmp_path: Path) -> None:
    process, _, _ = start_gallery(tmp_path, free_port(8650))
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode in (0, -signal.SIGTERM)


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert all(option in shown for option in ("--port", "--url", "--page", "--no-browser"))


@pytest.mark.parametrize(
    ("platform", "environment", "shown"),
    [("linux", {}, False), ("linux", {"DISPLAY": ":0"}, True), ("linux", {"DISPLAY": ""}, False), ("darwin", {}, True)],
)
def test_a_browser_is_opened_only_where_it_has_a_window(
    platform: str, environment: dict[str, str], shown: bool
) -> None:
    assert has_display(platform, environment) is shown
