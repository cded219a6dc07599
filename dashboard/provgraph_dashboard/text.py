"""Text from the store, made fit to be shown."""

from __future__ import annotations

import unicodedata

# Control characters, lone surrogates, and the marks that turn the direction of what follows.
_UNFIT = frozenset({"Cc", "Cs"})
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str) -> str:
    """The text on one line, with what cannot be seen, or would disguise the rest, replaced by a sign for it."""
    if text.isprintable():
        return text
    return "".join(
        " " if c in "\n\t" else "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _UNFIT or c in _TURNING else c
        for c in text
    )
