"""Which digests prove that bytes are equal, in one spelling."""

from __future__ import annotations

import hashlib
import re
from typing import Final, NamedTuple

__all__ = ["STRONG", "Digest", "spellings", "strong_digest"]

# Algorithms whose equal hashes mean equal bytes, with their number of hexadecimal digits. MD5 is no proof against a
# forger, and is one against chance; it is all that DVC writes. `md5-dos2unix`, of DVC before 3, hashes other bytes than
# those of the file, entity tags and checksums depend on how a file was uploaded, and a `weak:` one on its first rows.
_DIGITS: Final = {
    "md5": 32,
    "sha1": 40,
    "sha224": 56,
    "sha256": 64,
    "sha384": 96,
    "sha512": 128,
    "blake2b": 128,
    "blake3": 64,
    "sha256-tree": 64,  # the manifest of a folder as this package writes it
}
STRONG: Final = frozenset(_DIGITS)
"""The algorithms of strong digests."""
_HEX: Final = re.compile(r"[0-9a-f]+")
_FOLDER: Final = ".dir"  # the manifest of a folder as DVC writes it: no hash of bytes that another tool would take

_EMPTY: Final = frozenset(
    {
        *(f"{name}:{hashlib.new(name).hexdigest()}" for name in ("sha224", "sha256", "sha384", "sha512", "blake2b")),
        *(f"{name}:{hashlib.new(name, usedforsecurity=False).hexdigest()}" for name in ("md5", "sha1")),
        "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
        f"sha256-tree:{hashlib.sha256().hexdigest()}",
        "md5:d751713988987e9331980363e24189ce.dir",  # of the two signs [], a list of no files
    }
)


class Digest(NamedTuple):
    """A strong digest: `form` is the algorithm and whether it hashes bytes or a manifest; `text` says all."""

    form: str
    text: str


def strong_digest(text: str | None) -> Digest | None:
    """The digest, if equal ones prove equal bytes: of a known algorithm, whole, and of more than nothing."""
    if not text or len(text) > 200:
        return None
    algorithm, colon, digits = text.strip().lower().partition(":")
    if not colon:
        return None
    is_folder = algorithm == "md5" and digits.endswith(_FOLDER)
    plain = digits.removesuffix(_FOLDER) if is_folder else digits
    if len(plain) != _DIGITS.get(algorithm) or not _HEX.fullmatch(plain):
        return None
    whole = f"{algorithm}:{digits}"
    return None if whole in _EMPTY else Digest(algorithm + _FOLDER if is_folder else algorithm, whole)


def spellings(text: str) -> tuple[str, ...]:
    """How a tool may have written a digest that `strong_digest` spelled."""
    algorithm, _, digits = text.partition(":")
    return (text, f"{algorithm}:{digits.upper()}", text.upper())
