"""Files that are no PROV documents, damaged or hostile: refused by one line, before anything is written."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from provgraph.errors import ConfigurationError
from provgraph_loaders.prov import ProvLoader, reading
from tests.loaders.prov.example import example_document, write_document, write_example
from tests.loaders.prov.reading import outcome, parsed, put_together
from tests.loaders.prov.strategies import damaged_texts

EX = {"ex": "http://example.org/"}


def refused(path: Path, data: bytes | str) -> str:
    path.write_bytes(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
    found = outcome(path)
    assert isinstance(found, str)
    assert "\n" not in found
    return found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1, column 1: no JSON"),
        ('{"entity": {"ex:e": {}},\n "used": {', "line 2, column 11: no JSON"),
        ("document\n  entity(ex:e)\nendDocument", "are read once prov-convert made JSON of them"),
        ("[]", "it holds no object"),
        ('{"a": 1}', "none of entity, activity, agent, used … stands in it"),
        ('{"prefix": {}}', "none of entity, activity, agent, used … stands in it"),
        ('{"entity": 3}', "is no PROV-JSON document: The 'entity' value must be a JSON object"),
        ('{"entity": {"nowhere:e": {}}}', "which 'nowhere:e' has not"),
        ('{"entity": {"_:e": {}}}', "need a name whose prefix is declared, which '_:e' has not"),
        ('{"entity": {}, "bundle": {"b": {"agent": {"n:e": {}}}}}', "which 'n:e' has not"),
        ('{"activity": {"e": {}}}', "which 'e' has not"),
        ('{"entity": {}, "bundle": []}', "is no PROV-JSON document:"),
        ('{"prefix": {"ex": 5}, "entity": {"ex:e": {}}}', "the prefix 'ex' stands for no IRI: it must be a text"),
        (
            '{"entity": {}, "bundle": {"b": {"prefix": {"b": []}}}}',
            "the prefix 'b' stands for no IRI: it must be a text",
        ),
        (
            '{"prefix": {"https://a:x@h/": "u", "a": "https://a:x@h/", "b": "https://b:y@h/"}, "entity": {}}',
            "two names",
        ),
        (
            '{"prefix": {"gs": "urn:x:"}, "entity": {"gs://b:pw1@h": {}, "gs://b:pw2@h": {}}}',
            "two names differ in nothing but what looks like a secret, or no Unicode: gs://***@h",
        ),
        ('{"prefix": {"ex": ""}, "entity": {}}', "is no PROV-JSON document: Not a valid URI"),
        ('{"entity": {"ex:e": [3]}}', "is no PROV-JSON document:"),
        ('{"used": {"u": {"prov:time": []}}}', "the value is an empty array"),
        ('{"entity": {"e": {"n": ' + "9" * 5_000 + "}}}", "holds a number that is too large"),
        ('{"entity": ' * 100_000, "nested too deep"),
        ("[" * 100_000, "nested too deep"),
        ('{"entity": {"e": ' + '{"a": ' * 20 + "1" + "}" * 22, "nested more than 12 deep"),
        ('{"prefix": {"ex": "http://' + "x" * 9_000 + '/"}, "entity": {"ex:e": {}}}', "longer than 8,000 bytes"),
        ('{"prefix": {"ex": "http://e/"}, "entity": {"ex:e": {"ex:\\u0000": "1"}}}', "null character"),
        (b'{"entity": \xff}', "line 1: is no UTF-8 text"),
    ],
)
def test_what_is_no_document_is_refused_by_one_line_that_says_where(
    tmp_path: Path, text: bytes | str, words: str
) -> None:
    if sys.getrecursionlimit() > 50_000:  # pragma: no cover - a debugger's
        pytest.skip("needs the usual limit of recursion")
    found = refused(tmp_path / "d.json", text)
    assert found.startswith(f"{tmp_path / 'd.json'}")
    assert words in found


def test_a_document_that_is_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_example(tmp_path / "d.json")
    monkeypatch.setattr(reading, "LARGEST", path.stat().st_size)
    assert not isinstance(outcome(path), str)
    monkeypatch.setattr(reading, "LARGEST", path.stat().st_size - 1)
    assert "more than 0 MiB are refused: split it" in str(outcome(path))


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    assert outcome(tmp_path / "none.json") == f"{tmp_path / 'none.json'}: there is no such file"
    assert outcome(tmp_path) == f"{tmp_path}: is a folder: name a PROV-JSON file"
    assert "there is no such file" in str(outcome(Path("a\0b")))


def test_odd_texts_are_kept_as_they_are(tmp_path: Path) -> None:
    odd = ["a\0b", "\ufeff", "ü\u2028", "'\"\\", "‮"]
    attributes = {"ex:n": odd, "ex:t": [{"$": text, "type": "ex:own"} for text in odd]}
    path = write_document(tmp_path / "d.json", {"prefix": EX, "entity": {"ex:e": attributes}})
    found = outcome(path)
    assert not isinstance(found, str)
    assert put_together(found.nodes) == parsed(path)


def test_halves_of_characters_are_written_out(tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    path.write_text('{"prefix": {"ex": "http://e/"}, "entity": {"ex:\\ud800": {"ex:n": "\\udfff"}}}')
    found = outcome(path)
    assert not isinstance(found, str)
    assert [node.custom_properties["ex:n"] for node in found.all_of("artifacts")] == ["\\udfff"]


def test_a_name_that_stands_twice_is_told(tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    path.write_text('{"prefix": {"ex": "http://e/"}, "entity": {"ex:e": {"ex:n": "1"}, "ex:e": {"ex:n": "2"}}}')
    found = outcome(path)
    assert not isinstance(found, str)
    assert found.notes() == ["dropped: 1 names: stand twice in one JSON object: the last one counts (ex:e)"]


_WHOLE = json.dumps(example_document())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=200)
@given(text=damaged_texts(_WHOLE))
@example(text=_WHOLE.replace("2026-11-24T06:00:00Z", "0001-01-01T00:00:00+14:00"))
@example(text=_WHOLE.replace("2026-11-24T06:00:00Z", "9999-12-31T23:59:59-14:00"))
def test_a_damaged_document_is_read_or_refused_by_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "d.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    found = outcome(path)
    if isinstance(found, str):
        assert found.startswith(str(path))
        assert "\n" not in found
        assert len(found) < 1_000


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    *sorted(reading.KEYWORDS),
                    "prov:entity",
                    "prov:activity",
                    "prov:time",
                    "$",
                    "type",
                    "lang",
                    "ex:a",
                    "_:b",
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=200)
@given(document=_JSON)
def test_any_json_is_read_or_refused_by_one_line(tmp_path: Path, document: Any) -> None:
    found = outcome(write_document(tmp_path / "d.json", document))
    assert not isinstance(found, str) or "\n" not in found
    ProvLoader().recognises(str(tmp_path / "d.json"))


def test_without_the_package_prov_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prov.model", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'provgraph\[prov\]'"):
        outcome(write_example(tmp_path / "d.json"))
