"""By what records are joined, and who says so."""

from __future__ import annotations

from enum import Enum
from typing import Final

from provgraph.errors import InvalidValueError

__all__ = ["RECORDED_BY", "Rule"]

RECORDED_BY: Final = "provgraph/stitch"
"""The `recorded_by` of every link that stitching makes, and of no other."""


class Rule(Enum):
    """By what two records are known to be one thing, the strongest first. The values stand on the links."""

    CONTENT = "content hash"
    URI = "version-exact URI"
    COMMIT = "path within a commit"

    @property
    def word(self) -> str:
        """What commands call it: `content-hash`."""
        return self.value.replace(" ", "-").lower()

    @classmethod
    def of(cls, word: Rule | str) -> Rule:
        """The rule of a word, as commands or links write it.

        Raises:
            InvalidValueError: there is none.
        """
        for rule in cls:
            if word in (rule, rule.value, rule.word):
                return rule
        raise InvalidValueError(f"no rule is called {word!r}: there are {', '.join(rule.word for rule in cls)}")
