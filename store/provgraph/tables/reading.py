"""Tables that lie in files already: CSV and Parquet, read in pieces, with what is wrong named by its place."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, Protocol, cast

from provgraph.errors import LoadError, RecordingError
from provgraph.tables.arrow import Column, Table, pa, pcsv, pq
from provgraph.tables.columns import check_names, to_columns
from provgraph.tables.texts import typed

__all__ = ["Progress", "read_file"]

_PARQUET: Final = b"PAR1"
_HEAD: Final = 1 << 20  # bytes within which the head line of a CSV file ends
_BLOCK: Final = 8 << 20  # bytes of a CSV file that are read at once; a row may not be much longer
_BATCH: Final = 1 << 17  # rows of a Parquet file
_DELIMITERS: Final = ",;\t|"
_PANDAS_INDEX: Final = "__index_level_0__"
_COMPRESSED: Final[Mapping[bytes, Callable[[IO[bytes]], IO[bytes]]]] = {
    b"\x1f\x8b": lambda file: cast("IO[bytes]", gzip.GzipFile(fileobj=file)),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
_UNREADABLE: Final = (
    *(pa.ArrowException, OSError, EOFError, ValueError, OverflowError, MemoryError),
    *(zlib.error, lzma.LZMAError),
)


class Progress(Protocol):
    """Is told how far the reading is: `progress(12, 80, "MB of rows.csv")`."""

    def __call__(self, done: int, total: int | None, words: str, /) -> None:
        """Take note."""
        ...


def read_file(path: Path, note: Callable[[str], None], progress: Progress | None = None) -> Table:
    """The table in a CSV file (also compressed by gzip, bzip2 or xz) or a Parquet file, with canonical columns.

    A CSV file has a head line, is UTF-8, and is parted by comma, semicolon, tab or bar. What its cells hold is seen
    from all of them: see `provgraph.tables.texts`. An empty name at the head's start is that of an index, which is left
    out.

    Raises:
        LoadError: it cannot be read; the text names the file and the place in it.
    """
    tell = progress or _untold
    try:
        with path.open("rb") as file:
            magic = file.read(len(_PARQUET))
            file.seek(0)
            return _parquet(path, file, note, tell) if magic == _PARQUET else _csv(path, file, note, tell)
    except IsADirectoryError as error:
        raise LoadError(f"{path} is a folder: name one file") from error
    except FileNotFoundError as error:
        raise LoadError(f"{path}: there is no such file") from error
    except RecordingError as error:
        raise LoadError(f"{path}: {error}") from error
    except _UNREADABLE as error:
        raise LoadError(f"{path}: {_line(error)}") from error


def _untold(_done: int, _total: int | None, _words: str, /) -> None:
    """Nobody wants to know."""


# -- Parquet --------------------------------------------------------------------------------------------------------


def _parquet(path: Path, file: IO[bytes], note: Callable[[str], None], tell: Progress) -> Table:
    source = pq.ParquetFile(file)
    names = [name for name in source.schema_arrow.names if name != _PANDAS_INDEX]
    check_names(names)
    total = int(source.metadata.num_rows)
    batches: list[object] = []
    done = 0
    for group in range(source.num_row_groups):
        try:
            for batch in source.iter_batches(batch_size=_BATCH, row_groups=[group], columns=names):
                batches.append(batch)
                done += batch.num_rows
                tell(done, total, f"rows of {path.name}")
        except _UNREADABLE as error:
            place = f"row group {group + 1} of {source.num_row_groups}, after row {done:,}"
            raise LoadError(f"{path}: {place}: {_line(error)}") from error
    if not batches:
        raise RecordingError("the table has no rows: there is nothing to record")
    table: Table = pa.Table.from_batches(batches)
    return to_columns(table.column_names, table.columns, note)


# -- CSV ------------------------------------------------------------------------------------------------------------


class _Counted(io.RawIOBase):
    """A stream that knows how many quotes passed."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.quotes = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        data = self._source.read(len(buffer))
        self.quotes += data.count(b'"')
        buffer[: len(data)] = data
        return len(data)


def _csv(path: Path, file: IO[bytes], note: Callable[[str], None], tell: Progress) -> Table:
    size = path.stat().st_size
    with _plain(file) as plain:
        names, delimiter = _head(path, plain)
    file.seek(0)
    check_names([name for at, name in enumerate(names) if name or at])
    known = [name or "(index)" for name in names]
    parts: list[list[Column]] = [[] for _ in names]
    with _plain(file) as plain:
        counted = _Counted(plain)
        reader = _open_csv(counted, known, delimiter)
        last: object = None
        for batch in reader:
            for part, column in zip(parts, batch.columns, strict=True):
                part.append(column.dictionary_encode())
            if batch.num_rows:
                last = batch.column(batch.num_columns - 1)[batch.num_rows - 1].as_py()
            tell(file.tell() >> 20, size >> 20, f"MB of {path.name}")
        if counted.quotes % 2 and "\n" in str(last):
            raise LoadError(f"{path}: a quote is opened and never closed: the last cell runs to the end of the file")
    kept = [at for at, name in enumerate(names) if name]
    columns = [typed(_unified(parts[at]), names[at], note) for at in kept]
    return to_columns([names[at] for at in kept], columns, note)


def _open_csv(stream: io.RawIOBase, names: Sequence[str], delimiter: str) -> Iterator[Any]:
    try:
        reader = pcsv.open_csv(
            stream,
            read_options=pcsv.ReadOptions(
                use_threads=False, column_names=list(names), skip_rows_after_names=1, block_size=_BLOCK
            ),
            parse_options=pcsv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pcsv.ConvertOptions(column_types=dict.fromkeys(names, pa.large_string()), check_utf8=True),
        )
    except pa.ArrowInvalid as error:
        if "mpty CSV" in str(error):
            raise RecordingError("the table has no rows: there is nothing to record") from error
        raise
    return cast("Iterator[Any]", reader)


@contextmanager
def _plain(file: IO[bytes]) -> Generator[IO[bytes]]:
    """The stream without its compression."""
    magic = file.read(6)
    file.seek(0)
    opener = next((opener for start, opener in _COMPRESSED.items() if magic.startswith(start)), None)
    if opener is None:
        yield file
        return
    with opener(file) as opened:
        yield opened


def _head(path: Path, plain: IO[bytes]) -> tuple[list[str], str]:
    """The names in the head line, and what parts them."""
    start = plain.read(_HEAD)
    if not start.strip():
        raise LoadError(f"{path}: it is empty")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in start[:4_096]:
        raise LoadError(f"{path}: neither Parquet nor CSV in UTF-8: convert it first")
    text = start.decode("utf-8-sig", "replace")
    line, *more = text.splitlines()
    if not more:
        raise RecordingError("the table has no rows: there is nothing to record")
    counts = {delimiter: line.count(delimiter) for delimiter in _DELIMITERS}
    delimiter = max(counts, key=lambda sign: (counts[sign], -_DELIMITERS.index(sign)))
    try:
        names = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except (csv.Error, StopIteration) as error:
        raise LoadError(f"{path}, line 1: the head line cannot be read ({error})") from error
    if "\N{REPLACEMENT CHARACTER}" in "".join(names):
        raise LoadError(f"{path}, line 1: the head line is no UTF-8: convert the file first")
    return names, delimiter


def _unified(chunks: Sequence[Column]) -> Any:
    """One dictionary and the numbers of its words, of a column that was read in pieces."""
    if not chunks:
        raise RecordingError("the table has no rows: there is nothing to record")
    return pa.chunked_array(list(chunks)).unify_dictionaries().combine_chunks()


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if "straddl" in text:
        return "a row is many megabytes long: is a quote never closed?"
    return text[:200] or type(error).__name__
