"""Objects by their names, none larger than asked for, however small it is packed."""

from __future__ import annotations

import os
import stat
import traceback
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dulwich.object_store import DiskObjectStore
from dulwich.objects import ObjectID, RawObjectID

from provgraph.errors import LoadError
from provgraph_loaders.git.places import check_plain

if TYPE_CHECKING:
    from dulwich.object_format import ObjectFormat
    from dulwich.pack import Pack

__all__ = ["BLOB", "COMMIT", "TAG", "TREE", "MissingObjectError", "Objects", "TooLargeError"]

COMMIT, TREE, BLOB, TAG = 1, 2, 3, 4
_OFS_DELTA, _REF_DELTA = 6, 7
_LARGEST: Final = 64 << 20  # bytes of any object that is read
_LONGEST_CHAIN: Final = 4_096  # deltas upon deltas; Git packs 50, and never more than 4,095


class MissingObjectError(LoadError):
    """An object that another one names is not in the repository."""


class TooLargeError(LoadError):
    """An object is larger than what is asked for."""


class _Store(DiskObjectStore):
    """Objects of one folder."""

    @property
    def alternates(self) -> list[object]:  # type: ignore[override]
        """None: the folders are known, and one that names itself must not be followed forever."""
        return []


class Objects:
    """The objects of some folders. Sizes are looked at before anything is unpacked."""

    def __init__(self, source: str, folders: Sequence[Path], object_format: ObjectFormat) -> None:
        self._source, self._format = source, object_format
        self._stores = [
            _Store(folder, loose_object_size_limit=_LARGEST, object_format=object_format) for folder in folders
        ]
        self._packs: list[Pack] | None = None
        self._files: dict[str, int] = {}

    def close(self) -> None:
        """Let go of files."""
        for store in self._stores:
            store.close()
        for handle in self._files.values():
            os.close(handle)
        self._files.clear()

    def read(self, name: bytes, kind: int, largest: int = _LARGEST) -> bytes:
        """The content of an object.

        Args:
            name: hexadecimal.
            kind: what it must be: `COMMIT`, `TREE`, `BLOB` or `TAG`.
            largest: bytes that it may have.

        Raises:
            MissingObjectError: it is not there.
            TooLargeError: it is larger.
            LoadError: it is damaged, or of another kind.
        """
        found, content = self.read_any(name, largest)
        if found != kind:
            raise LoadError(f"{self._source}: object {name.decode()} is of another kind than its use: run `git fsck`")
        return content

    def read_any(self, name: bytes, largest: int = _LARGEST) -> tuple[int, bytes]:
        """The kind and the content of an object; errors as of `read`."""
        text = name.decode("ascii", "backslashreplace")
        try:
            self._check_size(name, largest)
            for store in self._stores:
                try:
                    kind, content = store.get_raw(ObjectID(name))
                except KeyError:
                    continue
                if len(content) > largest:
                    raise TooLargeError(f"{self._source}: object {text} is larger than {largest:,} bytes")
                return kind, content
        except LoadError:
            raise
        except Exception as error:  # what dulwich raises of damaged bytes is of a dozen kinds, and none is told
            traceback.clear_frames(error.__traceback__)  # they hold the pack, which could not be closed
            words = " ".join(str(error).split())[:200]
            raise LoadError(
                f"{self._source}: object {text} is damaged ({type(error).__name__}: {words}): run `git fsck`"
            ) from error
        raise MissingObjectError(
            f"{self._source}: object {text} is not there: the repository is damaged or a partial clone: run `git fsck` "
            "or clone it whole"
        )

    def _check_size(self, name: bytes, largest: int) -> None:
        """What a pack says of the sizes of an object and of all that it is a delta of."""
        raw = RawObjectID(bytes.fromhex(name.decode("ascii")))
        for pack in self._all_packs():
            try:
                offset = pack.index.object_offset(raw)
            except KeyError:
                continue
            for step in range(_LONGEST_CHAIN):
                size, base = self._header(pack, offset)
                # a larger object may be the base of one that fits
                if size > (_LARGEST if step else largest):
                    raise TooLargeError(f"{self._source}: object {name.decode()} is larger than {largest:,} bytes")
                if base is None:
                    return
                offset = base
            raise LoadError(f"{self._source}: object {name.decode()} is a delta of itself: run `git fsck`")
        for store in self._stores:
            try:
                mode = Path(store.path, name[:2].decode(), name[2:].decode()).stat().st_mode
            except OSError:
                continue
            if not stat.S_ISREG(mode):  # reading a pipe would hang
                raise LoadError(f"{self._source}: object {name.decode()} is no plain file: run `git fsck`")

    def _all_packs(self) -> list[Pack]:
        if self._packs is None:
            for store in self._stores:
                check_plain(Path(store.pack_dir), self._source)
            self._packs = [pack for store in self._stores for pack in store.packs]
        return self._packs

    def _header(self, pack: Pack, offset: int) -> tuple[int, int | None]:
        """The size of what stands at `offset`, and the offset of what it is a delta of."""
        path = os.fspath(pack.data.path)
        handle = self._files.get(path)
        if handle is None:
            handle = self._files[path] = os.open(path, os.O_RDONLY)
        data = os.pread(handle, 256, offset)
        kind = (data[0] >> 4) & 7
        size, at = _number(data, 0, data[0] & 15, 4)
        if kind not in (_OFS_DELTA, _REF_DELTA):
            return size, None
        if size > _LARGEST:
            raise TooLargeError(f"{self._source}: a delta in {path} is larger than {_LARGEST:,} bytes")
        if kind == _OFS_DELTA:
            distance = data[at] & 127
            while data[at] & 128:
                at += 1
                distance = ((distance + 1) << 7) | (data[at] & 127)
            at += 1
            if distance <= 0 or distance >= offset:
                raise ValueError("a delta of what stands nowhere")
            base = offset - distance
        else:
            end = at + self._format.oid_length
            base = pack.index.object_offset(RawObjectID(data[at:end]))
            at = end
        # a delta begins with two sizes: of what it is applied to, and of what comes of it
        start = zlib.decompressobj().decompress(data[at:], 32)
        _, at = _number(start, 0, None, 0)
        after, _ = _number(start, at, None, 0)
        return after, base


def _number(data: bytes, at: int, first: int | None, shift: int) -> tuple[int, int]:
    """A number of 7 bits a byte, the least first, and where it ends."""
    value = 0 if first is None else first
    more = first is None or bool(data[at] & 128)
    at += 0 if first is None else 1
    while more:
        value |= (data[at] & 127) << shift
        more = bool(data[at] & 128)
        shift += 7
        at += 1
    return value, at
