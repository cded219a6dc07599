"""Which engine a URL opens, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.engines.address import Engine
from provgraph.engines.url import open_engine
from provgraph.errors import ConfigurationError


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("URL", "USER", "PASSWORD", "DATABASE"):
        monkeypatch.delenv(f"PROVGRAPH_{name}", raising=False)


def test_opening_starts_and_makes_nothing(tmp_path: Path) -> None:
    engine: Engine = open_engine(f"embedded:{tmp_path / 'store'}")
    assert engine.embedded
    assert engine.url == f"embedded:{tmp_path / 'store'}"
    assert not engine.alive()
    assert list(tmp_path.iterdir()) == []
    engine.close()


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("embedded:store", "store"),
        ("embedded:./a/store", "a/store"),
        ("Embedded:store", "store"),
        ("embedded:a b:c", "a b:c"),
        ("embedded:%41", "%41"),
    ],
)
def test_relative_folder_is_below_the_current_directory(
    given: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_engine(given).url == f"embedded:{tmp_path / meant}"


def test_absolute_and_home_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert open_engine("embedded:/data/store").url == "embedded:/data/store"
    assert open_engine("embedded:///data/store").url == "embedded:/data/store"
    assert open_engine("embedded:~/store").url == f"embedded:{tmp_path / 'store'}"


def test_url_of_an_engine_opens_it_again(tmp_path: Path) -> None:
    for url in (f"embedded:{tmp_path}/a store", "neo4j+s://db.example:7687?region=eu"):
        assert open_engine(open_engine(url).url).url == open_engine(url).url


def test_without_a_url_the_environment_decides_and_then_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    assert open_engine().url == f"embedded:{tmp_path / '.provgraph'}"
    monkeypatch.setenv("PROVGRAPH_URL", "neo4j://db.example")
    assert open_engine().url == "neo4j://db.example"
    assert open_engine("embedded:").url == f"embedded:{tmp_path / '.provgraph'}"
    monkeypatch.setenv("PROVGRAPH_URL", "")
    assert open_engine().embedded


@pytest.mark.parametrize("scheme", ["neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc"])
def test_server_is_reached_at_its_url(scheme: str) -> None:
    engine = open_engine(f"{scheme}://db.example:7000", user="ada", password="secret", database="lineage")
    address = engine.address()
    assert (address.uri, address.user, address.password) == (f"{scheme}://db.example:7000", "ada", "secret")
    assert (address.database, address.generation) == ("lineage", 0)
    assert not engine.embedded
    assert engine.alive()
    assert "secret" not in engine.url + repr(address)


def test_arguments_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVGRAPH_USER", "env-user")
    monkeypatch.setenv("PROVGRAPH_PASSWORD", "env-password")
    monkeypatch.setenv("PROVGRAPH_DATABASE", "env-database")
    by_environment = open_engine("bolt://h").address()
    assert (by_environment.user, by_environment.password) == ("env-user", "env-password")
    assert by_environment.database == "env-database"
    by_argument = open_engine("bolt://h", user="u", password="p", database="d").address()
    assert (by_argument.user, by_argument.password, by_argument.database) == ("u", "p", "d")


def test_user_is_neo4j_where_only_a_password_is_given_and_nobody_where_nothing_is() -> None:
    assert open_engine("bolt://h", password="p").address().user == "neo4j"
    assert open_engine("bolt://h").address().user is None


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("http://localhost:7474", "not http:…"),
        ("sqlite:///x.db", "embedded:PATH, neo4j://HOST or bolt://HOST"),
        ("localhost:7687", "embedded:PATH"),
        (".provgraph", "embedded:PATH"),
        ("neo4j:host", "embedded:PATH"),
        ("neo4j://", "no host"),
        ("neo4j://:7687", "no host"),
        ("neo4j://h:99999", "port"),
        ("neo4j://h:x", "port"),
        ("neo4j://h:0", "port"),
        ("neo4j://h/movies", "PROVGRAPH_DATABASE"),
        ("bolt://h?policy=eu", "neo4j://"),
        ("embedded://store", "embedded:PATH"),
        ("embedded:a\0b", "null"),
    ],
)
def test_other_urls_are_refused_with_what_is_allowed(url: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        open_engine(url)
    assert complaint in str(refusal.value)
    assert "\n" not in str(refusal.value)


@given(
    password=st.text(st.characters(min_codepoint=48, max_codepoint=122), min_size=6).map(lambda text: "Zq9" + text),
    scheme=st.sampled_from(["neo4j", "bolt+s", "http", "postgres", "neo4j:", "ada"]),
)
def test_password_in_a_url_is_refused_and_never_repeated(password: str, scheme: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        open_engine(f"{scheme}://ada:{password}@db.example")
    assert password not in str(refusal.value)


def test_user_without_a_password_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="PROVGRAPH_PASSWORD"):
        open_engine("bolt://h", user="ada")


def test_embedded_engine_takes_no_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="embedded"):
        open_engine(f"embedded:{tmp_path}", password="p")
    monkeypatch.setenv("PROVGRAPH_PASSWORD", "for the server")
    assert open_engine(f"embedded:{tmp_path}").embedded
