"""What datasets, jobs, runs and versions are called in names and keys.

A dataset is `NAMESPACE:NAME`, one version of it `NAMESPACE:NAME@VERSION`. The signs `: @ %` of names and versions are
written as `%3A %40 %25`, so that two things never share a name. Passwords are taken out.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import quote

from provgraph.recording.redaction import redact_text, redact_uri

__all__ = ["LONGEST_VERSION", "Named", "clean_name", "escaped", "named", "uri_of", "with_version"]

_LONGEST: Final = 3_000  # bytes; keys and names must fit in one entry of an index
LONGEST_VERSION: Final = 400
_KEPT: Final = 200  # characters of a longer one
_SPECIAL: Final = re.compile(r"[%:@\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SPECIAL_IN_NAMESPACE: Final = re.compile(r"[%\x00-\x1f\x7f-\x9f\u2028\u2029]")  # the last colon ends a namespace
_PASSWORD: Final = re.compile(r"^([A-Za-z][A-Za-z0-9+.\-]*://)([^/\s?#:]*):[^/\s?#]*@")


class Named(NamedTuple):
    """A dataset or a job: `text` is what it is called here, and `shortened` whether that is not all of it."""

    text: str
    namespace: str
    name: str
    shortened: bool


@lru_cache(20_000)
def named(namespace: str, name: str) -> Named:
    """The dataset or job of these two names."""
    space, plain = clean_name(namespace), clean_name(name)
    text = f"{_SPECIAL_IN_NAMESPACE.sub(_quoted, space)}:{_SPECIAL.sub(_quoted, plain)}"
    short = _short(text, _LONGEST)
    return Named(short, space, plain, short != text)


@lru_cache(20_000)
def clean_name(text: str) -> str:
    """A namespace or a name without what is secret in it. A user stays, as containers of stores stand in its place."""
    text = _PASSWORD.sub(r"\1\2@", text)
    if "?" in text:
        text = redact_uri(text) if "@" not in text else text[: text.index("?")] + redact_uri(text[text.index("?") :])
    return redact_text(text, {}) if "=" in text else text


def escaped(text: str, longest: int = _LONGEST) -> str:
    """A name in which `: @ %` and control characters are written as `%XX`, cut to a length that keys can hold."""
    return _short(_SPECIAL.sub(_quoted, text) if _SPECIAL.search(text) else text, longest)


def with_version(dataset: str, version: str) -> str:
    """One version of a dataset, both escaped; "" is the dataset before any version of it was seen."""
    return f"{dataset}@{version}" if version else dataset


def uri_of(namespace: str, name: str) -> str | None:
    """Where the dataset is, if its namespace is a URI or the local file system."""
    if namespace == "file":
        uri = f"file://{name}" if name.startswith("/") else None
    elif "://" in namespace:
        uri = f"{namespace.rstrip('/')}/{name.lstrip('/')}"
    else:
        uri = None
    return uri if uri is not None and len(uri.encode()) <= _LONGEST else None


def _quoted(match: re.Match[str]) -> str:
    return quote(match[0], safe="")


def _short(text: str, longest: int) -> str:
    if len(text) * 4 <= longest or len(text.encode()) <= longest:
        return text
    digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return f"{text[:_KEPT]}~{digest}"
