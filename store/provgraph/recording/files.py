"""What inputs and outputs come from: files and folders, hashed and watched; remote URIs, recorded as given."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from provgraph.errors import RecordingError
from provgraph.recording.declared import Declared
from provgraph.recording.environment import Capture
from provgraph.recording.fingerprint import Fingerprint, Signature, fingerprint, in_dvc_repository, signature
from provgraph.recording.redaction import redact_uri
from provgraph.recording.values import clean_text
from provgraph.recording.warn import warn

__all__ = ["Watched", "look", "to_uri"]

_MD5 = "digest_md5"  # the property of an artifact

# One letter before the colon is a drive of Windows.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:")


@dataclass(slots=True)
class Watched:
    """A file or folder, and by what a change of it is noticed; `taken` is None where it could not be read."""

    path: Path
    taken: Signature | None

    def again(self, thing: Declared, capture: Capture) -> str | None:
        """The digest as it is now; None if it is gone. Read anew only if something about it changed."""
        try:
            if self.taken is not None and signature(self.path) == self.taken:
                return thing.digest
            found = fingerprint(self.path, capture.progress, md5=in_dvc_repository(self.path))
        except OSError:
            if thing.role == "output":
                thing.properties.pop(_MD5, None)
            return None
        if thing.role == "output":
            _set_md5(thing, found)  # the bytes at the end are those that are recorded
            if self.taken is None:
                _set_digest(thing, found)
                thing.properties.pop("missing", None)
        return found.digest


def look(thing: Declared, source: str, capture: Capture, *, missing_is_error: bool) -> Watched | None:
    """Say of `thing` where it is and what its bytes are; what is to be watched of it until the step ends.

    Raises:
        RecordingError: it cannot be read, and `missing_is_error`.
    """
    path = _local(source)
    if path is None:
        thing.uri = redact_uri(clean_text(source, "uri"))
        return None
    thing.uri = to_uri(path)
    thing.host = clean_text(socket.gethostname(), "host") if capture.host else None
    if path.is_dir():
        thing.default_type = "Folder"
    else:
        thing.default_type = "File"
    if thing.digest is not None:  # the user knows it
        return None
    try:
        found = fingerprint(path, capture.progress, md5=in_dvc_repository(path))
    except OSError as error:
        reason = error.strerror or str(error)
        if missing_is_error and (thing.role == "input" or path.exists()):  # an output may be made later
            raise RecordingError(f"{path} cannot be read: {reason}") from error
        if thing.role == "input" or path.exists():
            warn(f"{path} cannot be read ({reason}): it was recorded without the digest of its bytes")
        thing.properties["missing"] = True
        return Watched(path, None)
    _set_digest(thing, found)
    return Watched(path, found.signature)


def to_uri(path: Path) -> str:
    """The `file://` URI of an absolute path; what is no Unicode in it is escaped."""
    return path.as_uri()


def _set_digest(thing: Declared, found: Fingerprint) -> None:
    thing.digest, thing.empty = found.digest, found.empty
    _set_md5(thing, found)


def _set_md5(thing: Declared, found: Fingerprint) -> None:
    """Say under what DVC knows the same bytes."""
    if found.md5 is not None and not found.empty:
        thing.properties[_MD5] = found.md5
    else:
        thing.properties.pop(_MD5, None)


def _local(source: str) -> Path | None:
    """The absolute path of a local source; None for a remote one."""
    if source.lower().startswith("file:"):
        parts = urlsplit(source)
        if parts.netloc not in ("", "localhost"):
            return None
        source = unquote(parts.path)
    elif _SCHEME.match(source) and not Path(source).exists():
        return None
    if "\0" in source or not source:
        raise RecordingError(f"{source!r} is no path: give a file, a folder or a URI")
    # not resolved: a link such as `data/latest` is the place that people know
    return Path(source).expanduser().absolute()
