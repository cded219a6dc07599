"""Which URIs name one version of a thing for good, in one spelling; and how other tools may have spelled them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

__all__ = ["ExactPlace", "InCommit", "exact_place", "in_commit", "is_relative", "spellings", "uri_in_commit"]

# Parameters of a URI that say which version it means, with their owners' spellings.
_PARAMETERS: Final = (
    "versionId",  # S3
    "versionid",  # Azure
    "generation",  # Google
    "version",
    "snapshot",  # Azure
    "snapshot-id",  # Iceberg
    "snapshotId",
    "versionAsOf",  # Delta
)
_USUAL: Final = {"s3": ("versionId", "version"), "gs": ("generation", "version")}
_VERSION_NAMES: Final = frozenset(name.lower() for name in _PARAMETERS)
# What stands where a version would and moves on, or is none (S3 calls `null` what was put before versions were kept).
_MOVING: Final = frozenset(
    {"", "null", "none", "latest", "current", "head", "main", "master", "trunk", "default", "production", "staging"}
)
_SAME_SCHEMES: Final = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "abfss": "abfs", "wasbs": "wasb"}
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_GIT: Final = re.compile(r"git\+(?P<url>.+)@(?P<commit>[0-9a-f]{40}|[0-9a-f]{64})#(?P<path>.+)")
_REGISTERED: Final = re.compile(r"models:/{1,3}(?P<name>[^/@]+)/(?P<version>\d+)")
_LOGGED: Final = re.compile(r"models:/{1,3}(?P<id>m-[0-9a-f]{32})")
_RUN: Final = re.compile(r"runs:/{1,3}(?P<run>[0-9a-f]{32})/(?P<path>.+)")
_FORMS: Final = ("models:/", "runs:/", "hf://")
_HUB: Final = re.compile(r"hf://[^@]+@[0-9a-f]{40}(/.*)?")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class ExactPlace(NamedTuple):
    """A place and its version.

    Attributes:
        place: the URI without its version, in one spelling.
        version: "" where the place itself never changes.
        registry: it is only unique within one model registry, and nothing says which.
    """

    place: str
    version: str = ""
    registry: bool = False

    @property
    def text(self) -> str:
        """Place and version as one text: equal for equal things."""
        return f"{self.place} version {self.version}" if self.version else self.place


class InCommit(NamedTuple):
    """A path within a commit. A commit's hash names all its content, in whichever clone or fork it is seen."""

    commit: str
    path: str

    @property
    def text(self) -> str:
        """Both as one text: equal for equal things."""
        return f"{self.path} at {self.commit}"


def in_commit(commit: object, path: object) -> InCommit | None:
    """The path within a commit; None for a part of a hash, a branch, or a path that leads out of the repository."""
    if not isinstance(commit, str) or not isinstance(path, str) or not _COMMIT.fullmatch(commit.lower()):
        return None
    if not is_relative(path):
        return None
    clean = posixpath.normpath(path.replace("\\", "/"))
    return None if clean in (".", "..") or clean.startswith("../") else InCommit(commit.lower(), clean)


def uri_in_commit(uri: str | None) -> InCommit | None:
    """The path within a commit that a URI such as `git+https://HOST/REPOSITORY@COMMIT#PATH` names."""
    found = _GIT.fullmatch(uri or "")
    return in_commit(found["commit"], found["path"]) if found else None


def exact_place(uri: str | None, version: str | None = None) -> ExactPlace | None:
    """The place and version that a URI names for good; None if what is there may change.

    Args:
        uri: as a tool wrote it.
        version: what the tool says beside it of the version, such as the version facet of OpenLineage.
    """
    if not uri or len(uri) > 4_000:
        return None
    if uri.startswith(_FORMS) and (found := _by_form(uri)):
        return found
    if (version is None and "?" not in uri and "#" not in uri) or not _SCHEME.match(uri):
        return None
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:  # not the URI it looks like
        return None
    query = parse_qsl(parts.query, keep_blank_values=True)
    named = [value for name, value in query if name.lower() in _VERSION_NAMES]
    if parts.scheme.lower() in ("gs", "gcs") and parts.fragment.isdigit():
        named.append(parts.fragment)
    if version is not None:
        named.append(version)
    versions = {value.strip() for value in named}
    if len(versions) != 1 or (only := versions.pop()).lower() in _MOVING:
        return None
    scheme = _SAME_SCHEMES.get(parts.scheme.lower(), parts.scheme.lower())
    if scheme == "file":  # the same path on another machine is another place
        return None
    host = (parts.hostname or "").lower() if parts.netloc else ""
    if port is not None and port != _DEFAULT_PORTS.get(scheme):
        host += f":{port}"
    if "@" in parts.netloc and scheme in ("abfs", "wasb"):  # the container stands in the place of a user
        host = f"{parts.netloc.rpartition('@')[0]}@{host}"
    rest = sorted((n, v) for n, v in query if n.lower() not in _VERSION_NAMES and v != "***" and not _is_signing(n))
    tail = f"?{urlencode(rest)}" if rest else ""
    path = quote(unquote(parts.path), safe="/").rstrip("/")
    return ExactPlace(f"{scheme}://{host}{path}{tail}", only)


def _by_form(uri: str) -> ExactPlace | None:
    """Forms in which the version stands inside the URI."""
    if found := _REGISTERED.fullmatch(uri):
        return ExactPlace(f"models:/{unquote(found['name'])}", found["version"], registry=True)
    if found := _LOGGED.fullmatch(uri):
        return ExactPlace(f"models:/{found['id']}")
    if found := _RUN.fullmatch(uri):
        return ExactPlace(f"runs:/{found['run']}/{found['path'].strip('/')}")
    if _HUB.fullmatch(uri):
        return ExactPlace(uri.rstrip("/"))
    return None


def _is_signing(name: str) -> bool:
    return name.lower().startswith(("x-amz-", "x-goog-", "x-ms-")) or name.lower() in ("sig", "se", "sp", "sv", "sr")


def spellings(exact: ExactPlace) -> Iterator[str]:
    """The usual spellings of a place and its version, by which other records of it are looked up."""
    place, version = exact.place, exact.version
    if place.startswith(("runs:/", "models:/", "hf://")):
        yield f"{place}/{version}" if version else place
        return
    scheme, _, rest = place.partition("://")
    path, question, query = rest.partition("?")
    query = question + query
    for spelled in dict.fromkeys((path, unquote(path))):
        for other in (scheme, *(name for name, same in _SAME_SCHEMES.items() if same == scheme)):
            yield f"{other}://{spelled}{query}"
        for name in _USUAL.get(scheme, _PARAMETERS):
            yield f"{scheme}://{spelled}{query}{'&' if query else '?'}{name}={version}"
        if scheme == "gs" and version.isdigit():
            yield f"{scheme}://{spelled}{query}#{version}"


def is_relative(uri: str | None) -> bool:
    """Whether it is a path inside of something, such as `data/train.csv`, and leads nowhere else."""
    return bool(uri) and not _SCHEME.match(str(uri)) and not str(uri).startswith(("/", "\\", "~", "../"))
