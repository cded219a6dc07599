"""The records of a repository with pointers, kept as a file: `python -m tests.loaders.lfs.golden` makes it anew."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from provgraph_loaders.lfs import LfsLoader
from tests.loaders import golden
from tests.loaders.dvc.making import Making
from tests.loaders.dvc.reading import read

__all__ = ["RECORDS", "records_of_example"]

RECORDS = Path(__file__).with_name("records.json")


def _pointer(digit: str, size: int) -> str:
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digit * 64}\nsize {size}\n"


def records_of_example(folder: Path) -> dict[str, Any]:
    """What the loader yields and notes of a model in two versions and a picture that Git holds itself."""
    source = folder / "pictures"
    made = Making(source)
    made.commit({".gitattributes": "*.onnx filter=lfs\n*.png filter=lfs\n", "net.onnx": _pointer("1", 12_345)})
    made.commit({"net.onnx": _pointer("2", 12_400), "old/net.onnx": _pointer("1", 12_345), "logo.png": "no pointer"})
    return golden.records_of(read(source, loader=LfsLoader()), source)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        golden.keep(RECORDS, records_of_example(Path(place)))
