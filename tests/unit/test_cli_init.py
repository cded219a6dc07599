"""The place for files that `provgraph init --files` is told."""

from __future__ import annotations

import pytest

from provgraph.errors import ConfigurationError
from provgraph.tables.place import check_files_url


@pytest.mark.parametrize(
    "url", ["s3://bucket/prefix", "file:///mnt/share", "/mnt/share", "gs://b", "abfs://container@account/x"]
)
def test_a_place_that_is_the_same_for_everybody_is_taken(url: str) -> None:
    check_files_url(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("files", "same place"),
        ("../files", "same place"),
        ("C:\\files", "same place"),
        ("s3://key:secret@bucket", "no user or password"),
        ("http://[bad", "no URL"),
    ],
)
def test_a_place_that_is_not_is_refused(url: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as caught:
        check_files_url(url)
    assert "secret" not in str(caught.value)
