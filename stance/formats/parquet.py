"""Parquet, read and written."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import IO, Any

from stance.formats.columns import Columns, Layout, arranged
from stance.formats.notes import Tell
from stance.formats.rows import Row, plain_row
from stance.formats.streams import stem_of
from stance.quoting import unquoted
from stance.records import STANCES, InputError

_PARQUET_BATCH = 1000
_INTEGERS = ("start", "end", "unsure")


def parquet_rows(name: str, layout: Layout, tell: Tell) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    seen = False
    try:
        table = pyarrow.parquet.ParquetFile(name)
        for row in arranged(table.schema_arrow.names, _raw_rows(table, name), name, Columns(name, layout, tell)):
            seen = True
            yield row
    except InputError:
        raise
    except (pyarrow.ArrowException, ArithmeticError, OSError, ValueError) as error:
        reason = unquoted(str(error) or type(error).__name__)
        raise InputError(f"{name}: not a Parquet file that can be read ({reason})") from None
    if not seen:
        raise InputError(f"{name}: no rows; it should hold a row for each article")


def _raw_rows(table: Any, name: str) -> Iterator[Row]:
    numbers = itertools.count(1)
    for batch in table.iter_batches(batch_size=_PARQUET_BATCH):
        for fields, number in zip(batch.to_pylist(), numbers, strict=False):
            yield Row(f"{name}:{number}", plain_row(fields), default_id=f"{stem_of(name)}:{number}")


class ParquetWriter:
    """Rows of these columns as Parquet, written in row groups; takes cells by column."""

    def __init__(self, stream: IO[bytes], columns: Sequence[str]):
        import pyarrow
        import pyarrow.parquet

        types = dict.fromkeys(_INTEGERS, pyarrow.int64()) | dict.fromkeys(STANCES, pyarrow.float64())
        types |= {name: pyarrow.float64() for name in columns if name.startswith("frame.")}
        self.schema = pyarrow.schema([(name, types.get(name, pyarrow.string())) for name in columns])
        self.writer = pyarrow.parquet.ParquetWriter(stream, self.schema)
        self.rows: list[dict[str, Any]] = []

    def write(self, formed: dict[str, Any]) -> None:
        self.rows.append(formed)
        if len(self.rows) == _PARQUET_BATCH:
            self._flush()

    def _flush(self) -> None:
        import pyarrow

        self.writer.write_table(pyarrow.Table.from_pylist(self.rows, self.schema))
        self.rows = []

    def close(self) -> None:
        try:
            if self.rows:
                self._flush()
            self.writer.close()
        finally:
            self.writer.is_open = False  # else it would try once more when it is collected, and tell of that
