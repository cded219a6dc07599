"""Settings of the embedded engine from the environment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.engines.embedded import Settings
from provgraph.errors import ConfigurationError


def test_defaults_hold_where_nothing_or_emptiness_is_set() -> None:
    assert Settings.from_environment({}) == Settings(30, 30, 60, ())
    assert Settings.from_environment({"PROVGRAPH_LINGER": " ", "PROVGRAPH_JVM": ""}) == Settings()


def test_environment_is_read() -> None:
    environment = {
        "PROVGRAPH_LINGER": "0",
        "PROVGRAPH_START_TIMEOUT": "5",
        "PROVGRAPH_STATEMENT_TIMEOUT": "0.5",
        "PROVGRAPH_JVM": "-Xmx4g '-Dname=a b'",
    }
    assert Settings.from_environment(environment) == Settings(0, 5, 0.5, ("-Xmx4g", "-Dname=a b"))


@pytest.mark.parametrize("name", ["PROVGRAPH_LINGER", "PROVGRAPH_START_TIMEOUT", "PROVGRAPH_STATEMENT_TIMEOUT"])
@pytest.mark.parametrize("value", ["soon", "-1", "inf", "nan", "1,5"])
def test_what_is_no_time_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_environment({name: value})


def test_unbalanced_quotes_are_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="PROVGRAPH_JVM"):
        Settings.from_environment({"PROVGRAPH_JVM": "'-Xmx4g"})


@given(st.builds(Settings, st.floats(0, 1e6), st.floats(1, 1e6), st.floats(0.1, 1e6), st.lists(st.text()).map(tuple)))
def test_settings_travel_whole_in_an_argument(settings: Settings) -> None:
    assert Settings.from_argument(settings.to_argument()) == settings
