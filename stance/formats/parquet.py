"""Parquet, read and written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, Any

from stance.formats.flat import flat_columns
from stance.formats.rows import Row, flat_row, plain_row
from stance.formats.streams import stem_of
from stance.quoting import names_of, unquoted
from stance.records import InputError

_PARQUET_BATCH = 1000


def parquet_rows(name: str) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(name)
        if "text" not in table.schema_arrow.names:
            raise InputError(f'{name}: no "text" column; found: {names_of(table.schema_arrow.names)}')
        number = 0
        for batch in table.iter_batches(batch_size=_PARQUET_BATCH):
            for fields in batch.to_pylist():
                number += 1
                yield flat_row(plain_row(fields), f"{name}:{number}", f"{stem_of(name)}:{number}")
    except InputError:
        raise
    except (pyarrow.ArrowException, ArithmeticError, OSError, ValueError) as error:
        reason = unquoted(str(error) or type(error).__name__)
        raise InputError(f"{name}: not a Parquet file that can be read ({reason})") from None
    if not number:
        raise InputError(f"{name}: no rows; it should hold a row for each article")


class ParquetWriter:
    """Predictions as Parquet, written in row groups; takes `flatten`."""

    def __init__(self, stream: IO[bytes], frames: Sequence[str]):
        import pyarrow
        import pyarrow.parquet

        integers, floats = {"start", "end"}, {f"frame.{frame}" for frame in frames}
        types = {name: pyarrow.int64() for name in integers} | {name: pyarrow.float64() for name in floats}
        self.schema = pyarrow.schema([(n, types.get(n, pyarrow.string())) for n in flat_columns(frames)])
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
