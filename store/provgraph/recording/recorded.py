"""What `input` and `output` of a step return: the artifact, as far as it is known at the time."""

from __future__ import annotations

from provgraph.model import NodeKind
from provgraph.recording.declared import Declared
from provgraph.recording.identity import artifact_name, key_of

__all__ = ["RecordedArtifact"]


class RecordedArtifact:
    """An artifact that a step declared.

    An output is written when its step ends, and what it turns out to be is decided then: under which name, if the
    version is taken by other bytes. From then on, and for inputs at once, this is how it stands in the store.
    """

    __slots__ = ("_declared",)

    def __init__(self, declared: Declared) -> None:
        self._declared = declared

    @property
    def declared(self) -> Declared:
        """What was said of it."""
        return self._declared

    @property
    def kind(self) -> NodeKind:
        """`NodeKind.ARTIFACT`."""
        return NodeKind.ARTIFACT

    @property
    def key(self) -> str:
        """Its identity in the store."""
        return self._declared.key or self._declared.link or key_of(self._declared)

    @property
    def id(self) -> int:
        """Its id in the store; 0 before it is written."""
        return self._declared.id

    @property
    def ref(self) -> str:
        """How commands and verbs name it: `artifact:12`, or its key before it is written."""
        return f"artifact:{self.id}" if self.id else self.key

    @property
    def type(self) -> str:
        """The name of its type."""
        return self._declared.stored_type or self._declared.type or self._declared.default_type

    @property
    def name(self) -> str | None:
        """Its name with the version, such as `inspector/7`; None for an unnamed one."""
        declared = self._declared
        if declared.stored_name is not None or declared.name is None:
            return declared.stored_name
        return artifact_name(declared.name, declared.version, declared.digest)[0]

    @property
    def digest(self) -> str | None:
        """The digest of its bytes, such as `sha256:9f86d0…`; None where there are none."""
        return self._declared.digest

    @property
    def uri(self) -> str | None:
        """Where it was seen."""
        return self._declared.uri

    def __repr__(self) -> str:
        return f"<{self.type} {self.name or self.key}>"
