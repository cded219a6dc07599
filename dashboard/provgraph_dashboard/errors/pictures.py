"""Pictures of samples, read with care: the cells of a table are outside input, and so are the files.

A picture is shown only if it is, or lies inside, what an artifact of the store was recorded to be: one that its row
came from, the data that the model predicted on, or a file that was recorded itself. Links are followed before that is
looked at. What is sent to the browser was decoded here, made small, and encoded anew.
"""

from __future__ import annotations

import base64
import io
import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import numpy as np
from PIL import Image, UnidentifiedImageError

__all__ = ["local_path", "picture", "places_of"]

SIZE: Final = 128  # pixels of the longer side of what is sent
_MOST_BYTES: Final = 20 << 20
_MOST_PIXELS: Final = 40_000_000
_LONGEST: Final = 4_000
_FORMATS: Final = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF", "PPM")
_UNREADABLE: Final = (  # what Pillow raises for files that are damaged, or made to do harm
    *(UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, MemoryError),
    *(Image.DecompressionBombError, Image.DecompressionBombWarning),
)


def local_path(text: str) -> Path | None:
    """The path on this machine that a URI or a path means; None if it means none."""
    if not text or "\0" in text or len(text) > _LONGEST:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme == "file":
        path = unquote(parts.path)
        return Path(path) if parts.netloc in ("", "localhost") and "\0" not in path else None
    return None if len(parts.scheme) > 1 and "://" in text else Path(text)


def places_of(uris: Iterable[str | None]) -> list[Path]:
    """Where artifacts lie on this machine, with links followed: whole paths, and never the root of a disk."""
    found: dict[Path, None] = {}
    for uri in uris:
        path = local_path(uri or "")
        if path is not None and path.is_absolute():
            try:
                real = path.resolve(strict=True)
            except (OSError, RuntimeError):
                continue
            if real != real.parent:
                found.setdefault(real)
    return list(found)


def picture(sample: str, places: Sequence[Path]) -> str | None:
    """The picture of a sample as a data URL; None if it is in none of the places, or cannot be shown.

    Args:
        sample: a path, a `file:` URL, or a path relative to one of the places.
        places: files and folders that may be read, as `places_of` makes them.
    """
    path = local_path(sample)
    if path is None:
        return None
    for place in places:
        try:
            real = (place / path).resolve(strict=True)  # of a whole path, itself
        except (OSError, RuntimeError):
            continue
        if real == place or real.is_relative_to(place):
            return _small(real)
    return None


def _small(path: Path) -> str | None:
    try:
        # no waiting for a pipe, no link in place of what was looked at
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode) or about.st_size > _MOST_BYTES:
                return None
            data = file.read(_MOST_BYTES)
    except OSError:
        return None
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as source:
            if source.width * source.height > _MOST_PIXELS:
                return None
            source.draft("RGB", (2 * SIZE, 2 * SIZE))
            shown = _eight_bits(source)
            shown.thumbnail((SIZE, SIZE))
            out = io.BytesIO()
            shown.save(out, format="PNG")
    except _UNREADABLE:
        return None
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"


def _eight_bits(source: Image.Image) -> Image.Image:
    """The picture in 8 bits; one of more is spread over its own range."""
    if source.mode.startswith(("I", "F")):
        values = np.nan_to_num(np.asarray(source, np.float64))
        low, high = float(values.min()), float(values.max())
        return Image.fromarray(((values - low) / (high - low or 1.0) * 255.0).astype(np.uint8))
    return source.convert("L" if source.mode in ("1", "L") else "RGB")
