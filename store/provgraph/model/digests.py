"""Which digests prove that bytes are equal, in one spelling."""

from __future__ import annotations

import hashlib
import re
from typing import Final, LiteralString, NamedTuple

__all__ = ["OF_NOTHING", "STRONG", "Digest", "spellings", "strong_digest"]

# Algorithms whose equal hashes mean equal bytes, with their number of hexadecimal digits. MD5 is no proof against a
# forger, and is one against chance; it is all that DVC writes. `md5-dos2unix`, of DVC before 3, hashes other bytes than
# those of the file, entity tags and checksums depend on how a file was uploaded, and a `weak:` one on its first rows.
# `sha256-tree` is the manifest of a folder as this package writes it; `.dir` marks one as DVC does, which is no hash of
# bytes that another tool would take.
STRONG: Final[LiteralString] = (
    "md5:[0-9a-f]{32}([.]dir)?|sha1:[0-9a-f]{40}|sha224:[0-9a-f]{56}|(sha256|blake3|sha256-tree):[0-9a-f]{64}"
    "|sha384:[0-9a-f]{96}|(sha512|blake2b):[0-9a-f]{128}"
)
"""What a strong digest looks like, in small letters and whole: a pattern for Python and for engines alike."""
_STRONG: Final = re.compile(STRONG)
_FOLDER: Final = ".dir"

OF_NOTHING: Final = frozenset(
    {
        *(f"{name}:{hashlib.new(name).hexdigest()}" for name in ("sha224", "sha256", "sha384", "sha512", "blake2b")),
        *(f"{name}:{hashlib.new(name, usedforsecurity=False).hexdigest()}" for name in ("md5", "sha1")),
        "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
        f"sha256-tree:{hashlib.sha256().hexdigest()}",
        "md5:d751713988987e9331980363e24189ce.dir",  # of the two signs [], a list of no files
    }
)
"""The digests of empty files and folders: no two of them are one thing for that."""


class Digest(NamedTuple):
    """A strong digest: `form` is the algorithm and whether it hashes bytes or a manifest; `text` says all."""

    form: str
    text: str


def strong_digest(text: str | None) -> Digest | None:
    """The digest, if equal ones prove equal bytes: of a known algorithm, whole, and of more than nothing."""
    if not text or len(text) > 200:
        return None
    whole = text.strip().lower()
    if not _STRONG.fullmatch(whole) or whole in OF_NOTHING:
        return None
    algorithm = whole.partition(":")[0]
    return Digest(algorithm + _FOLDER if whole.endswith(_FOLDER) else algorithm, whole)


def spellings(text: str) -> tuple[str, ...]:
    """How a tool may have written a digest that `strong_digest` spelled."""
    algorithm, _, digits = text.partition(":")
    return (text, f"{algorithm}:{digits.upper()}", text.upper())
